"""What a turn makes of the transactions it looked at: rows that open, rows that are seen again, rows that end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from counterfoil.inquiry import Candidate
from counterfoil.reconciliation.kinds import AGREED, MISSING, NOT_OURS, POSITIONS, UNREADABLE, BreakKind
from counterfoil.reconciliation.looking import name_of
from counterfoil.reconciliation.records import Records
from counterfoil.reconciliation.rows import Contradiction, InFlight
from counterfoil.reconciliation.rules import Break, Looked, breaks, in_flight
from counterfoil.step import Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Clocks


class Turn:
    """The rows that one turn writes."""

    def __init__(self, records: Records, now: Instant, clocks: Clocks) -> None:
        self._records = records
        self.now = now
        self._clocks = clocks
        self.born: list[Contradiction] = []
        self.moved: list[Contradiction] = []
        self.waits: dict[str, InFlight] = {}
        self.rests: dict[str, None] = {}

    @property
    def ended(self) -> int:
        """How many rows this turn ends."""
        return sum(row.ended_at > 0 for row in self.moved)

    def later(self, one: Candidate, looked_at: Instant) -> None:
        """Look at this one again, before those looked at since then."""
        name = name_of(one)
        self.rests.pop(name, None)
        self.waits[name] = InFlight(name, one.ref, one.issuer, one.request, looked_at)

    def rest(self, one: Candidate) -> None:
        """Nothing of it is in flight any more."""
        if name_of(one) not in self.waits:
            self.rests[name_of(one)] = None

    def found(
        self, one: Candidate, looked: Looked | None, known: Mapping[tuple[str, BreakKind], Contradiction]
    ) -> None:
        """What was settled of one transaction; None while it moves."""
        mine = {kind: row for (name, kind), row in known.items() if name == name_of(one)}
        if looked is None:
            self.moved += [msgspec.structs.replace(row, looked_at=self.now) for row in mine.values()]
            self.later(one, self.now)
            return
        moving = not looked.nobodys and in_flight(looked.evidence, self.now, self._clocks)
        at = positions(looked)
        for each in breaks(looked, self.now, self._clocks):
            row = mine.pop(_known_as(each.kind, mine), None)
            if row is None:
                self.born.append(self._new(one, each, at))
            else:
                seen = {"last_seen": self.now, "looked_at": self.now, "detail": each.detail}
                kind = each.kind if all(looked.sight) else row.kind
                self.moved.append(msgspec.structs.replace(row, kind=kind, **seen, **at))
        # Who is not heard agrees to nothing, and what is on its way has not arrived.
        over = {"ended_at": self.now, "how": AGREED} if all(looked.sight) and not moving else {}
        self.moved += [msgspec.structs.replace(row, looked_at=self.now, **at, **over) for row in mine.values()]
        if moving:
            self.later(one, self.now)
        else:
            self.rest(one)

    def _new(self, one: Candidate, each: Break, at: dict[str, Any]) -> Contradiction:
        return Contradiction(
            number=self._records.next_number(),
            kind=each.kind,
            name=name_of(one),
            detail=each.detail,
            **one._asdict(),
            **at,
            first_seen=self.now,
            last_seen=self.now,
            looked_at=self.now,
        )


def _known_as(kind: BreakKind, mine: Mapping[BreakKind, Contradiction]) -> BreakKind:
    """The kind under which a contradiction has a row already."""
    return next((known for known in mine if {kind, known} <= POSITIONS), kind)


def positions(looked: Looked) -> dict[str, Any]:
    """Where each station stands, as the row tells it."""
    terminal, switch, issuer = looked.evidence
    sight = looked.sight
    return {
        "at_terminal": NOT_OURS if isinstance(terminal, str) else _position(terminal, readable=sight.terminal),
        "at_switch": _position(switch, readable=sight.switch),
        "at_issuer": _position(issuer, readable=sight.issuer),
    }


def _position(stub: TerminalStub | SwitchStub | IssuerStub | None, *, readable: bool) -> str:
    if stub is None:
        return MISSING if readable else UNREADABLE
    return f"{stub.state} {stub.response_code}".rstrip()
