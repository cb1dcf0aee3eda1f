"""`counterfoil accounts`: both issuers' books, and the proof that they balance."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.screen import padded
from counterfoil.cli.session import Session, verb
from counterfoil.money import Money, written
from counterfoil.verdict.names import violation
from counterfoil.words import Text

KINDS: Final = {
    "cardholder": Text("cardholder", "持卡人"),
    "clearing": Text("clearing", "清算"),
    "funding": Text("funding", "资金"),
}
HELD: Final = Text("held", "冻结")
SUM: Final = Text("sum", "合计")
BROKEN: Final = Text("BROKEN", "账目不符")


@click.command(epilog="\b\nExample: counterfoil accounts --json")
@verb
def command(session: Session) -> int:
    """Every account of every issuer, and the sum per currency, which is zero."""
    from counterfoil.cli.stack import stores
    from counterfoil.inquiry.books import books

    with stores(session) as opened:
        value = books(opened, audit=True)
    session.answer(value, lambda: rows(session, value))
    return Exit.BREAKS if "violations" in value or any(value["sum"].values()) else Exit.OK


def rows(session: Session, value: dict[str, Any]) -> None:
    """One account a line, then the sums."""
    for one in value["accounts"]:
        amount = written(one["balance"], one["currency"])
        held = f" {session.word(HELD)} {written(one['held'], one['currency'])}" if one["held"] else ""
        kind = padded(session.word(KINDS[one["kind"]]), 11)
        print(f"{one['issuer']:<9} {kind} {one['id']:<28} {amount:>18} {one['currency']}{held}")
    for currency, total in value["sum"].items():
        print(f"{session.word(SUM)} {Money(total, currency)}")
    for broken in value.get("violations", ()):
        print(f"{session.word(BROKEN)} {session.word(violation(broken))}")
