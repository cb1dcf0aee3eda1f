"""`counterfoil cards`: the demo cards with everything a tester needs. Never anything but demo data."""

from __future__ import annotations

from typing import Any

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.session import Session, verb
from counterfoil.money import plain


@click.command(epilog="Example: counterfoil cards --json")
@verb
def command(session: Session) -> int:
    """The demo cards: number, expiry, track 2, PIN, issuer, balance."""
    from counterfoil.cli.stack import cards

    found = cards(session)
    session.answer(found, lambda: rows(found))
    return Exit.OK


def rows(found: list[dict[str, Any]]) -> None:
    """One card a line; the track stays out of sight of people."""
    for one in found:
        balance = "–" if one["balance"] is None else plain(one["balance"], one["currency"])
        print(
            f"{one['name']:<12} {one['pan']:<19} {one['expiry']} pin {one['pin'] or '–':<6} {one['issuer']} {balance}"
        )
