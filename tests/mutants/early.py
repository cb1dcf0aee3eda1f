"""Stations that speak before their commit, and stations whose one commit is two.

The commit of a step is put off until the station is stepped again, a millisecond later. Whatever crashes in between
has said what it does not know.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final

from counterfoil.issuer import work as issuer_work
from counterfoil.issuer.station import Issuer
from counterfoil.simulation.disk import Disk, Fate
from counterfoil.step import Instant
from counterfoil.switch import records as switch_records
from counterfoil.switch.rows import Trail
from counterfoil.switch.station import Switch
from counterfoil.terminal import records as terminal_records
from counterfoil.terminal.station import TerminalStation
from mutants.mutant import LESSON, PROTOTYPE, mutant
from mutants.seams import Seams

Owed = Callable[[], None]
OWED: Final = "_owed_to_the_disk"


def put_off(
    seams: Seams, station: type, owner: type, write: str, early: Callable[[Any, tuple[Any, ...]], bool]
) -> None:
    """The station's commits for which `early` holds come with its next step."""

    def make_write(original: Any) -> Any:
        @functools.wraps(original)
        def later(self: Any, *args: Any) -> None:
            records = getattr(self, "_records", self)
            if early(self, args):
                seams.hit()
                setattr(records, OWED, lambda: original(self, *args))
            else:
                original(self, *args)

        return later

    def make_step(original: Any) -> Any:
        def step(self: Any, now: int, arrived: Any) -> Any:
            owed: Owed | None = self._records.__dict__.pop(OWED, None)
            if owed is not None:
                with self._records.store.transaction() if station is Issuer else _nothing():
                    owed()
            return original(self, now, arrived)

        return step

    def make_wakes(original: Any) -> Any:
        return lambda self: 0 if OWED in self._records.__dict__ else original(self)

    seams.method(owner, write, make_write)
    seams.method(station, "step", make_step)
    seams.method(station, "wakes_at", make_wakes)


class _nothing:  # noqa: N801 - a context that does nothing, as contextlib's
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def says(lines: Iterable[Any], *what: str) -> bool:
    """Whether one of these lines of evidence is among those of a step. A line of the switch may tell of two things."""
    return any(line.what in what or (isinstance(line, Trail) and line.then_what in what) for line in lines)


def answers(step: issuer_work.Work, mti: str) -> bool:
    """Whether one of the lines of the issuer's evidence tells of such an answer."""
    lines = [*step._lines.values(), *(trail.line for trail in step._trail)]
    return any(line.answered.startswith(mti) for line in lines)


@mutant("L1", "leg 2 lost", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def forward_before_journal(seams: Seams) -> None:
    """The switch forwards a request before its intent is on the disk."""
    put_off(seams, Switch, switch_records.Records, "write", lambda _, args: says(args[0].trail, "forwarded"))


@mutant("L1", "duplicate request", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def answer_before_journal(seams: Seams) -> None:
    """The switch answers a terminal before the result is on the disk."""
    put_off(seams, Switch, switch_records.Records, "write", lambda _, args: says(args[0].trail, "answered"))


@mutant("L6", "leg 4 lost (approval)", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def ack_before_durable(seams: Seams) -> None:
    """The switch answers an 0400 before REVERSING and the 0420 are on the disk."""
    put_off(seams, Switch, switch_records.Records, "write", lambda _, args: says(args[0].trail, "reversal_answered"))


@mutant("L1", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def request_before_journal(seams: Seams) -> None:
    """The terminal asks before the attempt and its reversal are on the disk."""
    put_off(
        seams, TerminalStation, terminal_records.Records, "write", lambda _, args: says(args[0].lines, "request sent")
    )


@mutant("L7", "receipt fails", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def receipt_before_journal(seams: Seams) -> None:
    """The terminal prints before the approval is on the disk."""
    put_off(seams, TerminalStation, terminal_records.Records, "write", lambda _, args: bool(args[0].slips))


@mutant("L1", origin=PROTOTYPE, mixes=("crash", "swarm", "disk"))
def issuer_answers_before_journal(seams: Seams) -> None:
    """The issuer answers a purchase before it is booked."""
    put_off(seams, Issuer, issuer_work.Work, "commit", lambda step, _: answers(step, "0210"))


@mutant("L6", "leg 3 lost, or late", origin=PROTOTYPE, mixes=("crash", "disk", "swarm"))
def issuer_acks_before_durable(seams: Seams) -> None:
    """The issuer answers an advice before the money is given back on the disk."""
    put_off(seams, Issuer, issuer_work.Work, "commit", lambda step, _: answers(step, "0430"))


# --- one step, two commits -------------------------------------------------------------------------------------------


def surely(store: Any, write: Owed) -> None:
    """A commit that the crash of this step comes after, whatever the step's fate."""
    assert isinstance(store, Disk)
    fate, store.fate = store.fate, Fate.DURABLE
    write()
    store.fate = fate


@mutant("L1", "leg 2 lost", "a station is killed at any instant", origin=PROTOTYPE, mixes=("crash", "swarm"))
def torn_journal(seams: Seams) -> None:
    """The switch commits its attempts first, and what is owed for them after that."""

    def make(original: Any) -> Any:
        def write(self: switch_records.Records, changes: switch_records.Changes) -> None:
            rest = changes._replace(terminals=(), born=(), moved=(), trail=())
            if not changes.advices and not changes.acknowledged:
                original(self, changes)
                return
            seams.hit()
            first = changes._replace(advices=(), acknowledged=(), alarms=(), cases=(), quarantined=())
            surely(self.store, lambda: original(self, first))
            original(self, rest)

        return write

    seams.method(switch_records.Records, "write", make)


@mutant("L1", "cardholder money", "a station is killed at any instant", origin=PROTOTYPE, mixes=("crash", "swarm"))
def torn_posting(seams: Seams) -> None:
    """The issuer commits its decisions first, and the entries after that."""

    def make(original: Any) -> Any:
        def commit(self: issuer_work.Work, now: Instant) -> None:
            entries = self.book.new_entries
            if not entries or self._enrolled:
                original(self, now)
                return
            seams.hit()
            self.book.new_entries = []
            changed, self.book._changed = self.book._changed, {}
            surely(self._store, lambda: original(self, now))
            self.book.new_entries, self.book._changed = entries, changed
            for name in ("_new_txns", "_changed_txns", "_changed_cards", "_lines"):
                setattr(self, name, {})
            for name in ("_new_advices", "_alarms", "_cases", "_delivered", "_notices", "_trail"):
                setattr(self, name, [])
            self._enrolled = True  # there is something to write, though it is none of those
            self._store.begin()
            original(self, now)

        return commit

    seams.method(issuer_work.Work, "commit", make)


@mutant("L7", "a station is killed at any instant", origin=LESSON, mixes=("crash", "swarm"))
def torn_receipt(seams: Seams) -> None:
    """The terminal commits an approval first, and what its slip says after that."""

    def make(original: Any) -> Any:
        def write(self: terminal_records.Records, written: terminal_records.StepWrites) -> None:
            if not written.slips:
                original(self, written)
                return
            seams.hit()
            surely(self.store, lambda: original(self, written._replace(slips=[])))
            original(self, written._replace(devices=[], born=[], moved=[], lines=[]))

        return write

    seams.method(terminal_records.Records, "write", make)
