"""The test page of a printer: a fresh code on paper proves that it prints."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.on_paper import print_document
from counterfoil.cli.session import Session
from counterfoil.step import UNREADABLE
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.links.address import PrinterAddress

KEPT: Final = "printer-test.json"
NONE_SENT: Final = Text("no test page was sent: `{test}`", "尚未发送测试页：`{test}`")


class PageCode(msgspec.Struct, frozen=True):
    """What is kept of the code on the last test page: it can be recognised, and not told."""

    salt: str
    digest: str


def send_page(session: Session, address: PrinterAddress) -> tuple[str, str]:
    """Print a test page with a fresh code; the state of the job and the trouble. Failure when it did not come out, and
    when nobody knows.
    """
    from counterfoil.receipts.testpage import page

    code = f"{secrets.randbelow(10_000):04d}"
    keep(session, code)
    return print_document(session, page(address.profile, str(address), code), address)


def keep(session: Session, code: str) -> None:
    """Remember a code without being able to tell it."""
    from counterfoil.links.performers import write_file

    salt = secrets.token_hex(16)
    session.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(session.data / KEPT, msgspec.json.encode(PageCode(salt, digest(salt, code))).decode())


def is_code(session: Session, typed: str) -> bool:
    """Whether these are the digits of the last test page; Failure when none was sent. A right code is used up."""
    try:
        kept = msgspec.json.decode((session.data / KEPT).read_bytes(), type=PageCode)
    except (OSError, *UNREADABLE):
        raise Failure(Exit.NOT_FOUND, "no_test_page", NONE_SENT.filled(test=session.typed("printer test"))) from None
    right = hmac.compare_digest(kept.digest.encode(), digest(kept.salt, typed.strip()).encode())
    if right:
        (session.data / KEPT).unlink(missing_ok=True)
    return right


def digest(salt: str, code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(f"{salt}{code}".encode()).hexdigest()
