"""Mutants of the verdict, of the ledger's holds and of the start: pure rules, seen in a world or by their tests."""

from __future__ import annotations

import sys
from typing import Any

from counterfoil.ledger import Book, Entry
from counterfoil.ledger.hold import Hold
from counterfoil.stack import config
from counterfoil.step import SECOND
from counterfoil.verdict import Verdict, judge
from counterfoil.verdict.position import S, T
from mutants.mutant import LESSON, mutant
from mutants.seams import Seams


def _module() -> Any:
    return sys.modules[judge.__module__]


@mutant("the terminal never comes back", mixes=("lost-terminal", "swarm"))
def missing_stub_means_no(seams: Seams) -> None:
    """A terminal that has nothing to say is taken to have said no."""

    def make(original: Any) -> Any:
        def fits(terminal: T, switch: S, issuer: Any, evidence: Any) -> Verdict:
            if terminal is T.MISSING and switch is S.APPROVED:
                seams.hit()
                return Verdict.NOT_CHARGED
            found: Verdict = original(terminal, switch, issuer, evidence)
            return found

        return fits

    seams.function(_module(), "fits", make)


@mutant("the terminal never comes back", mixes=("lost-terminal", "swarm"))
def nobody_after_24_hours(seams: Seams) -> None:
    """What rests open too long is nobody's."""

    def make(original: Any) -> Any:
        def overdue(verdict: Verdict, *args: Any) -> Verdict:
            if original(verdict, *args) is not verdict:
                seams.hit()
            return verdict

        return overdue

    seams.function(_module(), "overdue", make)


@mutant("cardholder money", origin=LESSON, killed_by="tests/ledger/test_tables.py")
def fulfil_after_timeout(seams: Seams) -> None:
    """A hold whose time is over can still be posted."""

    def make(original: Any) -> Any:
        def still_open(self: Book, hold: Hold, at: int) -> list[Hold]:
            if hold.expired(at):
                seams.hit()
                at = hold.at
            found: list[Hold] = original(self, hold, at)
            return found

        return still_open

    seams.method(Book, "_open", make)


@mutant("cardholder money", killed_by="tests/ledger/test_tables.py")
def given_back_twice(seams: Seams) -> None:
    """A reversal gives back all of an entry, whatever gave it back before."""

    def make(original: Any) -> Any:
        def standing(self: Book, entry: Entry) -> int:
            if original(self, entry) != entry.amount:
                seams.hit()
            return entry.amount

        return standing

    seams.method(Book, "standing", make)


@mutant("cardholder money", killed_by="tests/ledger/test_tables.py")
def promise_asked_for_the_floor(seams: Seams) -> None:
    """What was promised is refused when the account has not got it any more."""

    def make(original: Any) -> Any:
        def movable(self: Book, *way: Any, forced: bool = False) -> None:
            if forced:
                seams.hit()
            original(self, *way)

        return movable

    seams.method(Book, "_movable", make)


@mutant("cardholder money", killed_by="tests/ledger/test_tables.py")
def completed_hold_gone(seams: Seams) -> None:
    """The undoing of a posting gives the money back, and its hold stays released."""

    def make(original: Any) -> Any:
        def ended_by(self: Book, record_id: str) -> list[Hold]:
            if original(self, record_id):
                seams.hit()
            return []

        return ended_by

    seams.method(Book, "ended_by", make)


@mutant("L2", killed_by="tests/stack/test_config.py")
def timers_not_checked(seams: Seams) -> None:
    """Timers that do not nest are taken at the start."""

    def make(_: Any) -> Any:
        def parse_timers(text: str) -> config.Timers:
            seams.hit()
            return config.Timers(*(int(SECOND * float(part)) for part in text.split(",")))

        return parse_timers

    seams.function(config, "parse_timers", make)
