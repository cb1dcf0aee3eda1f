"""The issuers' accounts, and what they add up to per currency: zero."""

from __future__ import annotations

from collections import Counter
from typing import Any

from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs


def books(stores: Stores, *, audit: bool = False) -> dict[str, Any]:
    """Every account of every issuer whose store can be read, and the sums in minor units.

    With `audit` every entry is checked too: `violations` is there when an invariant of a ledger is broken.
    """
    accounts: list[dict[str, Any]] = []
    total: Counter[str] = Counter()
    broken: list[str] = []
    for name, store in stores.each_issuer():
        found = stubs.accounts(store)
        accounts += [{"issuer": name, **account} for account in found["accounts"]]
        total.update(found["sum"])
        if audit:
            broken += [f"{name}: {violation}" for violation in stubs.violations(store)]
    value: dict[str, Any] = {"accounts": accounts, "sum": dict(total)}
    if broken:
        value["violations"] = broken
    return value
