"""The signed code of a receipt: its key facts under an Ed25519 signature, so that anyone can check it without us.

    CF1: base32( key id (4) · facts · signature (64) )

The facts are their texts in the order of `CodeFacts`, a line feed between each two; there is one way to write them and
one way to write the code. The signature covers a name of this format, the key id and the facts. The key id is the
beginning of the SHA-256 of the public key: it says which key to take and proves nothing.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from counterfoil.errors import OurError
from counterfoil.receipts.document import Slip
from counterfoil.words import Text

PREFIX: Final = "CF1:"
DOMAIN: Final = b"counterfoil receipt 1\n"
KEY_ID: Final = 4
SIGNATURE: Final = 64
LONGEST: Final = 1000  # characters of a code; ours have fewer than 300
_HEAD: Final = re.compile(r"CF([0-9]{1,3}):")
_BODY: Final = re.compile(r"[A-Z2-7]+")
_SEARCH: Final = re.compile(r"CF[0-9]{1,3}:[A-Z2-7]+(?:\s+[A-Z2-7]+(?![a-z]))*")
_KEY_TEXT: Final = re.compile(r"[0-9a-fA-F]{64}")


class CodeProblem(enum.StrEnum):
    """Why a code is not accepted, in the order of the checks."""

    NO_CODE = "no_code"
    NEWER = "newer"
    DAMAGED = "damaged"
    OTHER_KEY = "other_key"
    FORGED = "forged"
    DIFFERS = "differs"


SENTENCES: Final[dict[CodeProblem, Text]] = {
    CodeProblem.NO_CODE: Text("This is not the code of a receipt.", "这不是签购单验证码。"),
    CodeProblem.NEWER: Text(
        "This code is of a newer format: check it with a newer version.", "该验证码格式较新：请用新版本验证。"
    ),
    CodeProblem.DAMAGED: Text(
        "The code is damaged or was changed: read it again from the paper.", "验证码已损坏或被改动：请重新扫描签购单。"
    ),
    CodeProblem.OTHER_KEY: Text(
        "The code was signed with another key than this one; whether it is genuine is not known.",
        "该验证码由另一密钥签发，用此公钥无法判断真伪。",
    ),
    CodeProblem.FORGED: Text("NOT GENUINE: the facts do not match their signature.", "伪造或被改动：内容与签名不符。"),
    CodeProblem.DIFFERS: Text(
        "ALTERED: the code is genuine, but the receipt around it does not say the same: {what}.",
        "签购单被改动：验证码真实，但签购单内容与其不符：{what}。",
    ),
}


class NotProven(OurError):  # noqa: N818 - says what it is
    """A code, a key or a receipt that proves nothing; `problem` is the cause, `fact` the one that differs, or ""."""

    def __init__(self, problem: CodeProblem, **values: object) -> None:
        text = SENTENCES[problem].filled(**values)
        super().__init__(text.en, text.zh)
        self.problem = problem
        self.fact = str(values.get("what", ""))


class BadKey(OurError):  # noqa: N818 - says what it is
    """Not an Ed25519 public key."""


class CodeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a code says. `amount` minor units; `date` YYYY/MM/DD; `time` hh:mm:ss; the others as on the slip."""

    kind: str
    merchant: str
    terminal: str
    batch: str
    voucher: str
    rrn: str
    auth_code: str
    amount: int
    currency: str
    date: str
    time: str
    last4: str


SHAPES: Final[dict[str, re.Pattern[str]]] = {
    "kind": re.compile(r"[a-z-]{1,20}"),
    "merchant": re.compile(r"[!-~][ -~]{0,14}"),
    "terminal": re.compile(r"[!-~]{1,8}"),
    "batch": re.compile(r"[0-9]{6}"),
    "voucher": re.compile(r"[0-9]{6}"),
    "rrn": re.compile(r"[!-~]{0,12}"),
    "auth_code": re.compile(r"[!-~]{0,6}"),
    "amount": re.compile(r"0|[1-9][0-9]{0,14}"),
    "currency": re.compile(r"[A-Z]{3}"),
    "date": re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}"),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}"),
    "last4": re.compile(r"[0-9*]{4}"),
}

Seal: TypeAlias = Callable[[Slip], str]
"""Makes the code of a slip, "" when it has none."""


class SignedCode(msgspec.Struct, frozen=True):
    """A code that could be read; whether it is genuine only `verified` says."""

    facts: CodeFacts
    key_id: bytes
    signature: bytes


def facts_of(slip: Slip) -> CodeFacts:
    """The key facts of a slip."""
    return CodeFacts(
        kind=slip.kind,
        merchant=slip.merchant.strip(),
        terminal=slip.terminal.strip(),
        batch=slip.batch,
        voucher=slip.voucher,
        rrn=slip.rrn.strip(),
        auth_code=slip.auth_code.strip(),
        amount=slip.amount,
        currency=slip.currency,
        date=slip.date,
        time=slip.time,
        last4=slip.card[-4:],
    )


def sealer(seed: bytes) -> Seal:
    """What signs for one installation; `seed` is its private key, 32 bytes. The same slip always gets the same code."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    identity = key_id(private.public_key())

    def seal(slip: Slip) -> str:
        body = _body(facts_of(slip))
        return _written(identity + body + private.sign(DOMAIN + identity + body)) if body else ""

    return seal


def public_key(seed: bytes) -> Ed25519PublicKey:
    """The public key that belongs to a private one."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key()


def key_id(public: Ed25519PublicKey) -> bytes:
    """Which key."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()[:KEY_ID]


def pem(public: Ed25519PublicKey) -> str:
    """A public key as others read it."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def read_key(text: str) -> Ed25519PublicKey:
    """A public key, PEM or 64 hexadecimal digits; BadKey for anything else."""
    words = text.strip()
    try:
        if _KEY_TEXT.fullmatch(words):
            return Ed25519PublicKey.from_public_bytes(bytes.fromhex(words))
        found = load_pem_public_key(words.encode("utf-8", "replace"))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise BadKey("this is not an Ed25519 public key", "这不是 Ed25519 公钥")
    return found


def read(text: str) -> SignedCode:
    """A code as it was scanned or typed: blanks and small letters do not matter. NotProven for anything else."""
    words = "".join(text[: 2 * LONGEST].split())
    words = words.upper() if words.isascii() else ""
    head = _HEAD.match(words)
    if head is None or len(text) > 2 * LONGEST:
        raise NotProven(CodeProblem.NO_CODE)
    if int(head[1]) > 1:
        raise NotProven(CodeProblem.NEWER)
    body = words[head.end() :]
    if head[0] != PREFIX or not _BODY.fullmatch(body):
        raise NotProven(CodeProblem.DAMAGED)
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        raise NotProven(CodeProblem.DAMAGED) from None
    if _written(raw) != PREFIX + body or len(raw) <= KEY_ID + SIGNATURE:
        raise NotProven(CodeProblem.DAMAGED)
    return SignedCode(_facts(raw[KEY_ID:-SIGNATURE]), raw[:KEY_ID], raw[-SIGNATURE:])


def verified(code: SignedCode, public: Ed25519PublicKey) -> CodeFacts:
    """What a code says, once it is proven; NotProven when the key does not prove it."""
    if code.key_id != key_id(public):
        raise NotProven(CodeProblem.OTHER_KEY)
    try:
        public.verify(code.signature, DOMAIN + code.key_id + _body(code.facts))
    except InvalidSignature:
        raise NotProven(CodeProblem.FORGED) from None
    return code.facts


def found_in(text: str) -> str | None:
    """The code somewhere in a receipt that is text; None without one."""
    found = _SEARCH.search(text)
    return found[0] if found else None


def _body(facts: CodeFacts) -> bytes:
    """The facts in their one way to be written; empty when one of them has a shape no code carries."""
    texts = [str(getattr(facts, name)) for name in SHAPES]
    if not all(shape.fullmatch(text) for shape, text in zip(SHAPES.values(), texts, strict=True)):
        return b""
    return "\n".join(texts).encode("ascii")


def _facts(body: bytes) -> CodeFacts:
    try:
        texts = body.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise NotProven(CodeProblem.DAMAGED) from None
    if len(texts) != len(SHAPES):
        raise NotProven(CodeProblem.DAMAGED)
    values = dict(zip(SHAPES, texts, strict=True))
    if not all(SHAPES[name].fullmatch(text) for name, text in values.items()):
        raise NotProven(CodeProblem.DAMAGED)
    return msgspec.convert({**values, "amount": int(values["amount"])}, CodeFacts)


def _written(raw: bytes) -> str:
    return PREFIX + base64.b32encode(raw).decode("ascii").rstrip("=")
