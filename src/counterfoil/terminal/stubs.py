"""What other processes read of the terminal's store: any `Store`, also a read-only one of another process.

For the verdict, the console, whoever compares the stations, and the oracles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterfoil.receipts.document import Slip
from counterfoil.security import last4_only
from counterfoil.step import Instant
from counterfoil.storage import MOST_COUNTED, NumbersHeld, Store, arrival, held
from counterfoil.storage.sql import selecting
from counterfoil.terminal.lifecycle import PAID, STANDING, State
from counterfoil.terminal.records import (
    _DEVICE,
    _MOVING,
    _SELECT,
    BY_KEYS,
    CHILDREN,
    DEVICES,
    FAMILY,
    HELD,
    LAST,
    NOT_AT_REST,
    OLDEST_HELD,
    ONE,
    TRAIL,
    attempts_of,
    decode,
)
from counterfoil.terminal.rows import Attempt, Device
from counterfoil.transaction import Against, AttemptKey, Happened, TerminalStub

THESE: Final = _SELECT + "WHERE (terminal, batch, stan) IN ({marks})"
BEHIND: Final = arrival.behind(_SELECT, "attempt")
SAID: Final = _SELECT + "WHERE rrn <> '' AND rrn IN ({marks})"
FACTS_OF: Final = "SELECT terminal, batch, stan, facts FROM slip WHERE (terminal, batch, stan) IN ({marks})"
EVERY: Final = _SELECT + "ORDER BY terminal, batch, stan"
BY_RRN: Final = _SELECT + "WHERE rrn <> '' AND rrn = ? ORDER BY started_at DESC"
BY_APPROVAL: Final = _SELECT + "WHERE auth_code <> '' AND auth_code = ? ORDER BY started_at DESC"
BY_CARD: Final = _SELECT + "WHERE last4 = ? AND amount = ? ORDER BY started_at DESC"
BY_LAST4: Final = _SELECT + "WHERE last4 = ? ORDER BY started_at DESC"
BY_STAN: Final = _SELECT + "WHERE terminal = ? AND stan = ? ORDER BY started_at DESC"
BEFORE: Final = _SELECT + "WHERE terminal = ? AND started_at < ? ORDER BY started_at DESC LIMIT ?"
AFTER: Final = _SELECT + "WHERE terminal = ? AND started_at > ? ORDER BY started_at LIMIT ?"
NOTED: Final = (
    "SELECT at FROM trail WHERE sale = (SELECT place FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?) "
    "AND what = ? ORDER BY +line LIMIT 1"
)
OPEN_COUNTS: Final = " ".join(("SELECT state, count(*), min(started_at) FROM attempt WHERE", _MOVING, "GROUP BY state"))
FACTS_OF_BATCH: Final = (
    "SELECT slip.facts, attempt.state FROM slip, attempt WHERE slip.terminal = attempt.terminal AND slip.batch = "
    "attempt.batch AND slip.stan = attempt.stan AND slip.terminal = ? AND slip.batch = ? ORDER BY slip.stan"
)
DEVICE: Final = selecting(_DEVICE, "device", "WHERE terminal = ?")
TERMINALS: Final = "SELECT terminal, merchant FROM device ORDER BY terminal"
NAMED: Final = "SELECT terminal, name FROM device ORDER BY terminal"


def stub(store: Store, key: AttemptKey, *, history: bool = True) -> TerminalStub | None:
    """What this store says of one sale, with its history unless nobody wants it; None when it has none."""
    if not history:
        return _one(store, attempts_of(store.query(ONE, key)))
    with store.reading():
        found = attempts_of(store.query(ONE, key))
        return _with_history(store, found[0]) if found else None


def sale(store: Store, key: AttemptKey) -> Attempt | None:
    """One sale with the state of each copy of its receipt; None when this store has none."""
    found = attempts_of(store.query(ONE, key))
    return found[0] if found else None


def every(store: Store) -> list[TerminalStub]:
    """All sales in the order of their keys, without history: what is read once in a small store, not on the way."""
    return _told(store, attempts_of(store.query(EVERY)))


def last(store: Store, terminal: str) -> TerminalStub | None:
    """The newest sale of a terminal, with its history."""
    with store.reading():
        found = attempts_of(store.query(LAST, (terminal,)))
        return _with_history(store, found[0]) if found else None


def find(
    store: Store, *, last4: str | None = None, amount: int | None = None, rrn: str | None = None
) -> list[TerminalStub]:
    """Sales by RRN, or by the card's last four digits with or without the amount (minor units); newest first."""
    if rrn:
        rows = store.query(BY_RRN, (rrn,))
    elif last4 and amount is not None:
        rows = store.query(BY_CARD, (last4, amount))
    else:
        rows = store.query(BY_LAST4, (last4 or "",))
    return _told(store, attempts_of(rows))


def approved_as(store: Store, auth_code: str) -> list[TerminalStub]:
    """The sales with this approval code, newest first: issuers give them out again, so several can have one."""
    return _told(store, attempts_of(store.query(BY_APPROVAL, (auth_code,))))


def numbered(store: Store, terminal: str, stan: str) -> list[TerminalStub]:
    """The sales of a terminal under this number, one a batch at most; newest first."""
    return _told(store, attempts_of(store.query(BY_STAN, (terminal, stan))))


def recent(store: Store, terminal: str, before: Instant, limit: int) -> list[TerminalStub]:
    """The sales of a terminal that began before an instant, newest first, without history."""
    return _told(store, attempts_of(store.query(BEFORE, (terminal, before, limit))))


def begun(store: Store, terminal: str, after: Instant, limit: int) -> list[TerminalStub]:
    """The sales of a terminal that began after an instant, oldest first, without history."""
    return _told(store, attempts_of(store.query(AFTER, (terminal, after, limit))))


def open_counts(store: Store) -> dict[str, tuple[int, Instant]]:
    """How many sales are open in each state, and when the oldest began. What is at rest is not looked at."""
    return {state: (count, oldest) for state, count, oldest in store.query(OPEN_COUNTS)}


def numbers_held(store: Store, most: int = MOST_COUNTED) -> NumbersHeld:
    """The sealed card numbers in this store, counted up to `most`."""
    return held.asked(store, HELD, OLDEST_HELD, most)


def keyed(store: Store, key: str) -> TerminalStub | None:
    """The sale that is bound to this key of the till."""
    return _one(store, attempts_of(store.select_in(BY_KEYS, [key])) if key else [])


def bound(store: Store, key: str) -> TerminalStub | None:
    """The sale that uses this key of the till up; None when the key is free."""
    found = attempts_of(store.select_in(BY_KEYS, [key])) if key else []
    return _one(store, found) if found and not found[0].frees_key else None


def device(store: Store, terminal: str) -> Device | None:
    """A terminal as it is registered here."""
    rows = store.query(DEVICE, (terminal,))
    return Device(*rows[0]) if rows else None


def devices(store: Store) -> list[Device]:
    """Every terminal as it is registered here."""
    return [Device(*row) for row in store.query(DEVICES)]


def head(store: Store) -> dict[str, str]:
    """How far this store has come: the batch and the last STAN of each terminal."""
    return {one.terminal: f"{one.batch}/{one.stan:06d}" for one in devices(store)}


def slips_of_batch(store: Store, terminal: str, batch: str) -> list[Slip]:
    """The slips of a batch whose sales stand, in the order of their vouchers."""
    rows = store.query(FACTS_OF_BATCH, (terminal, batch))
    return [decode(facts, type=Slip) for facts, state in rows if State(state) in PAID]


def terminals(store: Store) -> list[tuple[str, str]]:
    """The terminals registered here, each with its merchant."""
    return [(terminal, merchant) for terminal, merchant in store.query(TERMINALS)]


def named(store: Store) -> list[tuple[str, str]]:
    """The terminals registered here, each with the name of its shop."""
    return [(terminal, name) for terminal, name in store.query(NAMED)]


def open_items(store: Store) -> list[TerminalStub]:
    """Sales that are not at rest: asked, approved with an open receipt, reversing, escalated. Oldest first."""
    return _told(store, unsettled(store))


def unsettled(store: Store) -> list[Attempt]:
    """The attempts that are not at rest, oldest first."""
    return attempts_of(store.query(NOT_AT_REST))


def noted_at(store: Store, key: AttemptKey, what: str) -> Instant:
    """When the trail of a sale first says so; 0 for never."""
    rows = store.query(NOTED, (*key, what))
    return int(rows[0][0]) if rows else 0


def family(store: Store, key: AttemptKey) -> list[TerminalStub]:
    """The attempts that replaced one another, this one among them, oldest first; [] when it stands alone."""
    found = attempts_of(store.query(ONE, key))
    root = found[0].root if found else ""
    return _told(store, attempts_of(store.query(FAMILY, (root,)))) if root else []


def _told(store: Store, attempts: list[Attempt]) -> list[TerminalStub]:
    """What the store says of these, each with what stands against it; without history."""
    if not attempts:
        return []
    against = _against(store, [attempt.ref for attempt in attempts])
    return [attempt.stub(against=against.get(attempt.ref, ())) for attempt in attempts]


def _one(store: Store, attempts: list[Attempt]) -> TerminalStub | None:
    """The first of these, without history; None when there is none."""
    found = _told(store, attempts[:1])
    return found[0] if found else None


def _against(store: Store, refs: Sequence[str]) -> dict[str, tuple[Against, ...]]:
    """What stands against each of these transactions, by reference."""
    found: dict[str, tuple[Against, ...]] = {}
    for child in attempts_of(store.select_in(CHILDREN, refs)):
        if child.state in STANDING:
            found[child.original] = (
                *found.get(child.original, ()),
                Against(child.kind, child.ref, child.amount),
            )
    return found


def _with_history(store: Store, attempt: Attempt) -> TerminalStub:
    rows = store.query(TRAIL, (attempt.place,))
    history = tuple(Happened(at, what, decode(last4_only(message)) if message else None) for at, what, message in rows)
    return attempt.stub(history, _against(store, [attempt.ref]).get(attempt.ref, ()))


def key_checks(store: Store) -> dict[str, tuple[bytes, bytes]]:
    """The check values of every terminal's PIN and MAC key, b"" for none."""
    return {
        device.terminal: (device.pik_kcv, device.mak_kcv) for device in (Device(*row) for row in store.query(DEVICES))
    }


# --- for whoever compares all stations, some sales at a time ----------------------------------------------------------


def behind(store: Store, place: int, limit: int) -> list[tuple[int, TerminalStub]]:
    """The sales behind a place, in the order they were written, each with its own place; without history."""
    rows = store.query(BEHIND, (place, limit))
    stubs = _told(store, attempts_of(row[1:] for row in rows))
    return [(row[0], stub) for row, stub in zip(rows, stubs, strict=True)]


def these(store: Store, keys: Sequence[AttemptKey]) -> dict[str, TerminalStub]:
    """Those of the sales that are here, by reference; without history."""
    return {stub.ref: stub for stub in _told(store, attempts_of(store.select_in(THESE, keys)))}


def placed(store: Store, place: int | None = None) -> tuple[int, str]:
    """What lies at a place, or the newest: its place and reference; (0, "") for nothing."""
    return arrival.placed(store, "terminal || '/' || batch || '/' || stan", "attempt", place)


def said(store: Store, rrns: Sequence[str]) -> list[TerminalStub]:
    """Every sale to which an answer gave one of these numbers."""
    return _told(store, attempts_of(store.select_in(SAID, rrns)))


def slips(store: Store, keys: Sequence[AttemptKey]) -> dict[str, Slip]:
    """What the slips of these sales say, by reference."""
    rows = store.select_in(FACTS_OF, keys)
    return {str(AttemptKey(*key)): decode(facts, type=Slip) for *key, facts in rows}
