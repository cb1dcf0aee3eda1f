"""Sales that leave this store for an archive: which may, and what is remembered of the till's keys.

The key of an attempt never comes round again here: the device counts on. The till's own key does, when the till repeats
itself, so a fingerprint of it is left behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, Final

from counterfoil.kinds import TABLE
from counterfoil.step import SECOND
from counterfoil.storage.archiving import Belonging, Key, Left, Row, TransactionShape, leave, wanted_of
from counterfoil.terminal.causes import CANCELLED
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import STANDING, State
from counterfoil.terminal.records import Records

KEY: Final = ("terminal", "batch", "stan")


def fingerprint(till_key: str) -> int:
    """63 bits of a till's key. Two keys in 3,000,000,000 share one: the second would be turned down unsold."""
    return int.from_bytes(hashlib.sha256(till_key.encode()).digest()[:8], "big") >> 1


def _remembered(row: Mapping[str, Any]) -> Row | None:
    """The key of a sale that was never sent is free, and is not remembered as used."""
    used = row["till_key"] and (row["state"] != State.NOT_SENT or row["cause"] == CANCELLED)
    return (fingerprint(row["till_key"]),) if used else None


_NOW: Final = "(SELECT max(n.started_at) FROM attempt n)"
"""The newest attempt says how late it is: the store has no clock."""
_HELD: Final = " OR ".join(
    " ".join(("t.kind =", f"'{kind.name}'", "AND t.started_at >", _NOW, "-", str(kind.keeps_for * SECOND)))
    for kind in TABLE
    if kind.keeps_for
)
_STANDS: Final = " OR ".join(f"c.state = '{state}'" for state in sorted(STANDING))
_REFERRED_TO: Final = " ".join(
    (
        "AND NOT (t.state = 'closed' AND (",
        _HELD,
        ") AND NOT EXISTS (SELECT 1 FROM attempt c WHERE c.original <> ''",
        "AND c.original = t.terminal || '/' || t.batch || '/' || t.stan AND (",
        _STANDS,
        "))) AND NOT EXISTS (SELECT 1 FROM attempt o WHERE t.original <> ''",
        "AND o.terminal = substr(t.original, 1, length(t.original) - 14)",
        "AND o.batch = substr(t.original, -13, 6) AND o.stan = substr(t.original, -6))",
    )
)
"""What may still be completed or voided stays; and what stands against an original does not leave before that."""

SHAPE: Final = TransactionShape(
    table="attempt",
    key=KEY,
    belongings=(
        Belonging("slip", KEY, KEY, KEY),
        Belonging("trail", ("sale",), ("place",), ("line",)),
    ),
    # The newest sale of a terminal stays: it can be asked for it. So does the one with the newest line of evidence, the
    # lines are counted on from it, and a sale whose copy is at a printer.
    rest=" ".join(
        (
            "t.state IN ('closed', 'declined', 'not_sent', 'reversed', 'lapsed') AND t.case_number = ''",
            "AND t.merchant_copy NOT IN ('queued', 'sending') AND t.cardholder_copy NOT IN ('queued', 'sending')",
            "AND t.bank_copy NOT IN ('queued', 'sending')",
            "AND t.started_at < (SELECT max(n.started_at) FROM attempt n WHERE n.terminal = t.terminal)",
            "AND t.place <> coalesce((SELECT sale FROM trail ORDER BY line DESC LIMIT 1), 0)",
            _REFERRED_TO,
        )
    ),
    remember="INSERT INTO archived_key (fingerprint) VALUES (?) ON CONFLICT (fingerprint) DO NOTHING",
    remembered=_remembered,
    sealed=frozenset({"pan"}),
)

OLDER: Final = ((5, SHAPE._replace(belongings=(SHAPE.belongings[0], Belonging("trail", KEY, KEY, ("line",))))),)
"""What a sale was in stores up to a format: what was archived from them is read by it."""


def let_go(records: Records, lanes: Collection[Lane], args: Mapping[str, Any]) -> Left | None:
    """The verb of the control channel; None when its arguments make no sense. What a lane is busy with stays."""
    wanted = wanted_of(args)
    if wanted is None:
        return None
    current = [lane.current.ref for lane in lanes if lane.current is not None]
    printing = [lane.printing.ref for lane in lanes if lane.printing is not None]
    busy: list[Key] = [tuple(ref.split("/")) for ref in (*current, *printing)]
    left = leave(records.store, SHAPE, wanted, busy)
    if left.left:
        records.any_archived = True
    return left
