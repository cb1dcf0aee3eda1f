"""The stub of one sale with its history, for other processes, at the same price however much this store holds.

A terminal's trail is kept in the order of its lines. Asked for the lines of one sale in that order, SQLite walks
through all of the terminal's rather than sort a handful; the unary plus tells it to find them by the sale first.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.storage import Store
from counterfoil.terminal import records
from counterfoil.transaction import AttemptKey, Happened, TerminalStub

LINES: Final = "SELECT at, what, message FROM trail WHERE terminal = ? AND batch = ? AND stan = ? ORDER BY +line"


def stub(store: Store, key: AttemptKey) -> TerminalStub | None:
    """What this store says of one sale, with its history; None when it has none."""
    with store.reading():
        found = records.stub(store, key, history=False)
        rows = store.query(LINES, tuple(key)) if found is not None else []
    if found is None:
        return None
    history = tuple(Happened(at, what, msgspec.json.decode(text) if text else None) for at, what, text in rows)
    return msgspec.structs.replace(found, history=history)
