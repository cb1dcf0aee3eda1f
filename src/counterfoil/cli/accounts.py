"""`counterfoil accounts`: both issuers' books, and the proof that they balance."""

from __future__ import annotations

from collections import Counter
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
    from counterfoil.issuer import stubs

    accounts: list[dict[str, Any]] = []
    total: Counter[str] = Counter()
    broken: list[str] = []
    with stores(session) as opened:
        for name, store in opened.each_issuer():
            found = stubs.accounts(store)
            accounts += [{"issuer": name, **account} for account in found["accounts"]]
            total.update(found["sum"])
            broken += [f"{name}: {violation}" for violation in stubs.violations(store)]
    value = {"accounts": accounts, "sum": dict(total)}
    if broken:
        value["violations"] = broken
    session.answer(value, lambda: rows(value))
    return Exit.BREAKS if broken or any(total.values()) else Exit.OK


def rows(value: dict[str, Any]) -> None:
    """One account a line, then the sums."""
    for one in value["accounts"]:
        amount = plain(one["balance"], one["currency"])
        print(f"{one['issuer']:<9} {one['kind']:<11} {one['id']:<28} {amount:>16} {one['currency']}")
    for currency, total in value["sum"].items():
        print(f"sum {plain(total, currency)} {currency}")
    for broken in value.get("violations", ()):
        print(f"BROKEN {broken}")
