"""`counterfoil accounts`: both issuers' books, and the proof that they balance."""

from __future__ import annotations

from typing import Any

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.session import Session, verb
from counterfoil.money import plain


@click.command(epilog="Example: counterfoil accounts --json")
@verb
def command(session: Session) -> int:
    """Every account of every issuer, and the sum per currency, which is zero."""
    from counterfoil.cli.stack import stores
    from counterfoil.inquiry.books import books

    with stores(session) as opened:
        value = books(opened, audit=True)
    session.answer(value, lambda: rows(value))
    return Exit.BREAKS if "violations" in value or any(value["sum"].values()) else Exit.OK


def rows(value: dict[str, Any]) -> None:
    """One account a line, then the sums."""
    for one in value["accounts"]:
        amount = plain(one["balance"], one["currency"])
        held = f" held {plain(one['held'], one['currency'])}" if one["held"] else ""
        print(f"{one['issuer']:<9} {one['kind']:<11} {one['id']:<28} {amount:>16} {one['currency']}{held}")
    for currency, total in value["sum"].items():
        print(f"sum {plain(total, currency)} {currency}")
    for broken in value.get("violations", ()):
        print(f"BROKEN {broken}")
