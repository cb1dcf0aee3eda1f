"""`counterfoil receipt`: a receipt again, on the screen or on paper."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.language import Lang
from counterfoil.cli.receipt_code import key, verify
from counterfoil.cli.receipt_ways import link, open_command, send
from counterfoil.cli.reprint import chosen, close, printed, reprint
from counterfoil.cli.session import Session, verb
from counterfoil.transaction import AttemptKey, parse_ref
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry.papers import NoPaper
    from counterfoil.receipts.document import Document

COPIES: Final = ("cardholder", "merchant", "bank")
PAPERS: Final = (*COPIES, "reversal", "fault", "not-charged", "explanation", "declaration")
FORMS: Final = ("text", "svg", "html", "png")
AS = click.option("--as", "form", type=click.Choice(FORMS), default="text", show_default=True, help="In which form.")
OUT = click.option("--out", type=click.Path(dir_okay=False), help="Write it into this file.")
WIDTH = click.option(
    "--width", type=click.Choice(["32", "42", "48"]), default="32", show_default=True, help="Columns of the paper."
)
PRINTER = click.option("--printer", metavar="second|ADDRESS", help="Another printer than the terminal's.")
PRINT_EPILOG: Final = """\b
Examples:
  counterfoil receipt print T0000001/000001/000002
  counterfoil receipt print T0000001/000001/000002 --copy explanation --lang zh
Exit codes: 0 printed, or sent where nothing can prove more · 3 not out, or nobody knows
"""
EPILOG: Final = """\b
Examples:
  counterfoil receipt show T0000001/000001/000002
  counterfoil receipt print T0000001/000001/000002
  counterfoil receipt key --out shop.pub
  counterfoil receipt verify receipt.svg --key shop.pub
"""
SHOW_EPILOG: Final = """\b
Papers: the cardholder's, the merchant's and the bank's copy of the sales slip; reversal, fault, not-charged,
explanation and declaration (of no dispute) are no receipts.

\b
Examples:
  counterfoil receipt show T0000001/000001/000002 --copy merchant --lang zh
  counterfoil receipt show T0000001/000001/000002 --as svg --out receipt.svg
  counterfoil receipt show T0000001/000001/000002 --as png --out receipt.png
  counterfoil receipt show T0000001/000001/000002 --copy explanation
"""


@click.group(name="receipt", epilog=EPILOG)
def command() -> None:
    """Show a receipt, print it again, check that one is genuine."""


@command.command(epilog=SHOW_EPILOG)
@click.argument("ref")
@click.option("--copy", type=click.Choice(PAPERS), default="cardholder", show_default=True, help="Which paper.")
@AS
@OUT
@WIDTH
@verb
def show(session: Session, ref: str, copy: str, form: str, out: str | None, width: str) -> int:
    """A paper about one transaction, in your language; works on stopped data too."""
    document = document_of(session, check(ref), copy)
    hand_over(session, {"ref": ref, "copy": copy}, document, form, out, width)
    return Exit.OK


@command.command(
    "list",
    epilog="""\b
Example: counterfoil receipt list --terminal T0000001 --as svg --out list.svg
Exit code with --print: 3 when it is not out, or nobody knows
""",
)
@click.option("--terminal", help="Whose [default: the first of the demo].")
@click.option("--batch", default="", help="Which batch [default: the present one].")
@AS
@OUT
@WIDTH
@click.option("--print", "on_paper", is_flag=True, help="Print it instead.")
@PRINTER
@verb
def list_command(
    session: Session,
    terminal: str | None,
    batch: str,
    form: str,
    out: str | None,
    width: str,
    on_paper: bool,
    printer: str | None,
) -> int:
    """The list of a batch: every sale that stands."""
    from counterfoil.cli.on_paper import hand_out
    from counterfoil.cli.stack import first_terminal, now, stores
    from counterfoil.inquiry.papers import NoPaper, details

    terminal = terminal or first_terminal(session)
    with stores(session) as opened:
        try:
            document = details(opened, terminal, batch, now())
        except NoPaper as error:
            raise no_paper(error) from None
    about = {"terminal": terminal, "batch": batch}
    if on_paper:
        return hand_out(session, about, document, printer, terminal)
    hand_over(session, about, document, form, out, width)
    return Exit.OK


@command.command("print", epilog=PRINT_EPILOG)
@click.argument("ref")
@click.option("--copy", type=click.Choice(PAPERS), default="cardholder", show_default=True, help="Which paper.")
@PRINTER
@verb
def print_command(session: Session, ref: str, copy: str, printer: str | None) -> int:
    """A paper about one transaction on paper. A copy of the slip is counted, as with reprint; the others are not."""
    from counterfoil.cli.on_paper import hand_out

    key = check(ref)
    if copy in COPIES:
        return printed(session, ref, copy, chosen(printer or ""))
    return hand_out(session, {"ref": ref, "copy": copy}, document_of(session, key, copy), printer, key.terminal)


def document_of(session: Session, key: AttemptKey, copy: str) -> Document:
    """A paper about one transaction; Failure when there is none."""
    from counterfoil.cli.stack import now, seal, stores
    from counterfoil.inquiry.papers import NoPaper, paper

    with stores(session) as opened:
        try:
            return paper(opened, key, copy, now(), seal(session))
        except NoPaper as error:
            raise no_paper(error) from None


def check(ref: str) -> AttemptKey:
    """The reference of a sale; Failure for what is none."""
    key = parse_ref(ref)
    if key is None:
        raise Failure(Exit.USAGE, "usage", Text("REF is TERMINAL/BATCH/STAN", "REF 应为 终端编号/批次号/凭证号"))
    return key


def no_paper(error: NoPaper) -> Failure:
    """Why there is no such paper, with its exit code."""
    status = Exit.UNREACHABLE if error.code == "unreadable" else Exit.NOT_FOUND
    return Failure(status, error.code, Text(str(error), error.zh))


def hand_over(
    session: Session, about: dict[str, Any], document: Document, form: str, out: str | None, width: str
) -> None:
    """Say a paper in the form that was asked for, or write it into a file."""
    made = drawn(document, form, session.lang, int(width))
    if out is not None:
        write(Path(out), made)
        session.answer({**about, "as": form, "out": out}, lambda: print(out))
    elif form == "png":
        if session.json or sys.stdout.isatty():
            text = Text("a picture needs a file: --out receipt.png", "图片需要写入文件：--out receipt.png")
            raise Failure(Exit.USAGE, "usage", text)
        sys.stdout.buffer.write(made)
        sys.stdout.flush()
    else:
        text_made = made.decode()
        session.answer({**about, "as": form, "text": text_made}, lambda: print(text_made, end=""))


def drawn(document: Document, form: str, lang: Lang, width: int) -> bytes:
    """A paper in one form."""
    from counterfoil.receipts.render import fonts, png, svg, text

    if form == "svg":
        return svg.render(document, lang, width).encode()
    if form == "html":
        return svg.page(document, lang, width).encode()
    if form == "png":
        return png.render(document, lang, width, fonts.find(os.environ.get("COUNTERFOIL_FONT", "")))
    return text.render(document, lang, width).encode()


def write(path: Path, made: bytes) -> None:
    """Write a file; Failure when the disk does not let us."""
    try:
        path.write_bytes(made)
    except OSError as error:
        from counterfoil.reasons import reason

        why = reason(error)
        text = Text(f"{path} cannot be written: {why.en}", f"无法写入 {path}：{why.zh}")
        raise Failure(Exit.FAILED, "failed", text) from None


command.add_command(verify)
command.add_command(key)
command.add_command(reprint)
command.add_command(close)
command.add_command(open_command)
command.add_command(link)
command.add_command(send)
