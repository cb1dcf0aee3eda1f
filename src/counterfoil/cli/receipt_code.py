"""`counterfoil receipt verify` and `key`: is this receipt genuine, and the key anyone can check it with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.receipts.proof import CodeFacts, NotProven

LARGEST: Final = 4_000_000  # bytes of a file that is read as a receipt
PICTURE: Final = (b"\x89PNG", b"\xff\xd8\xff", b"%PDF")
LABELS: Final[dict[str, Text]] = {
    "kind": Text("TRANS TYPE", "交易类型"),
    "merchant": Text("MERCHANT NO", "商户编号"),
    "terminal": Text("TERMINAL NO", "终端编号"),
    "batch": Text("BATCH NO", "批次号"),
    "voucher": Text("VOUCHER NO", "凭证号"),
    "rrn": Text("REF NO", "交易参考号"),
    "auth_code": Text("AUTH NO", "授权码"),
    "amount": Text("AMOUNT", "金额"),
    "date": Text("DATE", "日期"),
    "time": Text("TIME", "时间"),
    "last4": Text("CARD NO ENDS IN", "卡号末四位"),
}
GENUINE: Final = Text("GENUINE: signed with this key and unaltered.", "验证通过：由该密钥签发，未被改动。")
VERIFY_EPILOG: Final = """\b
CODE is what a scanner reads from the QR code; FILE a receipt as text, SVG or HTML; - is standard input.
Of a file it is also checked that the words around the code say what the code says.

\b
Examples:
  counterfoil receipt verify receipt.svg --key shop.pub
Exit codes: 0 genuine · 1 not genuine, altered or damaged · 3 signed with another key, or a newer format
"""


@click.command(epilog=VERIFY_EPILOG)
@click.argument("receipt", metavar="CODE|FILE")
@click.option("--key", "key_file", type=click.Path(dir_okay=False), help="The public key [default: this data's own].")
@verb
def verify(session: Session, receipt: str, key_file: str | None) -> int:
    """Check offline that a receipt is genuine and unaltered."""
    from counterfoil.errors import OurError
    from counterfoil.receipts import agreement, proof

    whole, code = found(receipt)
    try:
        public = proof.read_key(text_of(Path(key_file))) if key_file else proof.public_key(own_key(session))
        facts = proof.verified(proof.read(code), public)
        if whole:
            agreement.compare(whole, facts)
    except proof.NotProven as error:
        unsure = error.problem in {proof.CodeProblem.OTHER_KEY, proof.CodeProblem.NEWER}
        status = Exit.UNKNOWN if unsure else Exit.FAILED
        raise Failure(status, error.problem.value, sentence(error)) from None
    except OurError as error:
        raise Failure(Exit.USAGE, "bad_key", Text(str(error), error.zh)) from None
    body = {name: getattr(facts, name) for name in facts.__struct_fields__}
    session.answer({"genuine": True, "compared": bool(whole), "facts": body}, lambda: tell(session, facts, bool(whole)))
    return Exit.OK


@click.command(epilog="\b\nExample: counterfoil receipt key --out shop.pub")
@click.option("--out", type=click.Path(dir_okay=False), help="Write it into this file.")
@verb
def key(session: Session, out: str | None) -> int:
    """The public key of this installation: with it anyone can check its receipts."""
    from counterfoil.receipts import proof

    public = proof.public_key(own_key(session))
    pem, identity = proof.pem(public), proof.key_id(public).hex()
    if out is not None:
        try:
            Path(out).write_text(pem, "ascii")
        except OSError as error:
            from counterfoil.reasons import reason

            why = reason(error)
            raise Failure(Exit.FAILED, "failed", Text(f"{out}: {why.en}", f"{out}：{why.zh}")) from None
    session.answer({"key_id": identity, "pem": pem, "out": out}, lambda: print(out or pem, end="\n" if out else ""))
    return Exit.OK


def sentence(error: NotProven) -> Text:
    """Why it is not proven; the fact that differs is named as on the slip."""
    from counterfoil.receipts.proof import SENTENCES

    label = LABELS.get(error.fact)
    if label is None:
        return Text(str(error), error.zh)
    return SENTENCES[error.problem].filled(what=label)


def own_key(session: Session) -> bytes:
    """The key this installation signs with; Failure when it has none yet."""
    from counterfoil.cli.stack import receipt_seed

    seed = receipt_seed(session)
    if seed is None:
        text = Text(
            "this data has no key for receipts: give one with --key, or start with `{up}`",
            "该数据目录没有签购单密钥：请用 --key 指定公钥，或先执行 `{up}`",
        )
        raise Failure(Exit.UNREACHABLE, "no_key", text.filled(up=session.typed("up")))
    return seed


def found(receipt: str) -> tuple[str, str]:
    """The receipt as text, "" when a code alone was given; and the code. Failure when there is none."""
    from counterfoil.receipts import proof

    if receipt != "-" and not names_file(receipt):
        return "", receipt
    whole = text_of(None if receipt == "-" else Path(receipt))
    code = proof.found_in(whole)
    if code is None:
        text = Text("there is no receipt code in it", "其中没有签购单验证码")
        raise Failure(Exit.FAILED, "no_code", text)
    alone = "".join(whole.split()) == "".join(code.split())
    return "" if alone else whole, code


def names_file(receipt: str) -> bool:
    """Whether a file is meant: there is one, or this looks like a path, as no code does."""
    if set(receipt) & {"/", "\\", "."}:
        return True
    try:
        return Path(receipt).exists()
    except (OSError, ValueError):
        return False  # longer than a file's name may be, as every code is


def text_of(path: Path | None) -> str:
    """A file as text; None is standard input. Failure for what cannot be read, and for a picture."""
    try:
        if path is None:
            raw = sys.stdin.buffer.read(LARGEST)
        else:
            with path.open("rb") as file:
                raw = file.read(LARGEST)
    except (OSError, ValueError):
        raise Failure(Exit.USAGE, "usage", Text(f"{path} cannot be read", f"无法读取 {path}")) from None
    if raw.startswith(PICTURE):
        text = Text(
            "this is a picture: scan its QR code and give the text of it",
            "这是图片：请扫描其二维码，并输入扫描得到的文字",
        )
        raise Failure(Exit.USAGE, "picture", text)
    return raw.decode("utf-8", "replace")


def tell(session: Session, facts: CodeFacts, compared: bool) -> None:
    """The facts as a person reads them."""
    from counterfoil.receipts.document import amount_text
    from counterfoil.receipts.document.slip import kind_text

    shown = {name: str(getattr(facts, name)) for name in LABELS}
    shown |= {"kind": session.word(kind_text(facts.kind)), "amount": amount_text(facts.amount, facts.currency)}
    print(session.word(GENUINE))
    if not compared:
        print(session.word(Text("Compare with the paper:", "请与签购单核对：")))
    for name, value in shown.items():
        if value:
            print(f"  {session.word(LABELS[name])}: {value}")
