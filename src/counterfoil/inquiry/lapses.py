"""What the stations have forgotten of what they told each other (storage/forgotten.py), brought together.

One transaction that was forgotten can have a row at each of two stations: it is one lapse. What names it is the request
that went to an issuer, or the number where there is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.inquiry.search import Candidate, Search, search
from counterfoil.inquiry.stores import Stores
from counterfoil.inquiry.witness import evidence
from counterfoil.step import Instant
from counterfoil.storage.forgotten import Forgotten, every_row, open_rows
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals

MOST: Final = 100_000


class Lapse(NamedTuple):
    """One transaction that `station` has forgotten. `rows` are by the station that keeps them; `ref` and what stands
    behind it are "" and 0 where nobody knows it.
    """

    number: str
    station: str
    ref: str
    rrn: str
    terminal: str
    amount: int
    currency: str
    last4: str
    opened_at: Instant
    rows: dict[str, Forgotten]

    @property
    def open(self) -> bool:
        """Whether any of its rows still is."""
        return any(not row.ended_at for row in self.rows.values())

    def to_json(self) -> dict[str, Any]:
        """As JSON carries it; instants in microseconds."""
        told = {name: value for name, value in self._asdict().items() if name != "rows"}
        return {**told, "open": self.open, "rows": {name: row._asdict() for name, row in self.rows.items()}}


def lapses(stores: Stores, *, ended: bool = False, limit: int = MOST) -> list[Lapse]:
    """Every one that is open, with `ended` also those that ended; the oldest first."""
    rows = defaultdict[str, dict[str, Forgotten]](dict)
    for holder, row in _rows(stores, ended=ended, limit=limit):
        rows[row.request or row.number].setdefault(holder, row)
    return sorted((_lapse(stores, one) for one in rows.values()), key=lambda one: (one.opened_at, one.number))


def _rows(stores: Stores, *, ended: bool, limit: int) -> Iterator[tuple[str, Forgotten]]:
    for holder in ("switch", *stores.issuers):
        store = stores.of(holder)
        if store is not None:
            for row in every_row(store, limit) if ended else open_rows(store, limit):
                yield holder, row


def _lapse(stores: Stores, rows: dict[str, Forgotten]) -> Lapse:
    first = next(iter(rows.values()))
    known = next((row for row in rows.values() if row.key), first)
    told = (known.rrn, known.terminal or first.terminal, known.amount, known.currency, known.last4)
    opened = min(row.opened_at for row in rows.values())
    return Lapse(first.number, first.station, _ref(stores, known), *told, opened, rows)


def _ref(stores: Stores, row: Forgotten) -> str:
    """The reference of the sale, as far as the switch or the terminal knows it by all that was told of it."""
    stub = switches.stub(stores.switch, row.rrn, history=False) if stores.switch is not None and row.rrn else None
    if stub is not None:
        return stub.ref
    sold = terminals.find(stores.terminal, rrn=row.rrn) if stores.terminal is not None and row.rrn else []
    fitting = [
        one.ref for one in sold if (one.terminal, one.amount, one.last4) == (row.terminal, row.amount, row.last4)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def known_of(stores: Stores, lapse: Lapse) -> dict[str, Any]:
    """What the stations that have not forgotten it know of it, masked and without its history: what is imported."""
    question = Search(rrn=lapse.rrn) if lapse.rrn else None
    found = search(stores, question) if question is not None else []
    one = next((each for each in found if lapse.ref in ("", each.ref)), None)
    return _told(stores, one) if one is not None else {}


def _told(stores: Stores, one: Candidate) -> dict[str, Any]:
    stubs = evidence(stores, one)._asdict()
    plain = {name: msgspec.to_builtins(stub) for name, stub in stubs.items() if isinstance(stub, msgspec.Struct)}
    return {
        name: {key: value for key, value in stub.items() if key not in ("history", "cases") and value not in ("", 0)}
        for name, stub in plain.items()
    }
