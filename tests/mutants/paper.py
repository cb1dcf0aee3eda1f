"""Mutants of the receipts: a printer never moves money, and paper never lies."""

from __future__ import annotations

from typing import Any

from counterfoil.receipts.document import Copy
from counterfoil.step import Performed
from counterfoil.terminal import flow, outcome, printing, undo
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work
from mutants.mutant import LOOP, mutant
from mutants.seams import Seams


@mutant("L7", "receipt fails", origin="what reprints must say", mixes=("calm", "swarm"))
def resend_prints_original(seams: Seams) -> None:
    """A copy that comes again does not say that it is a duplicate."""

    def make(original: Any) -> Any:
        def duplicate_number(work: Work, attempt: Attempt, copy: Copy) -> int:
            if original(work, attempt, copy):
                seams.hit()
            return 0

        return duplicate_number

    seams.function(printing, "duplicate_number", make)


@mutant("receipt fails", mixes=("calm", "swarm"))
def receipt_failure_reverses(seams: Seams) -> None:
    """A printer that fails gives the sale back."""

    def make(original: Any) -> Any:
        def performed(work: Work, lane: Lane, item: Performed) -> None:
            attempt, at_the_printer = lane.current, lane.printing
            mine = attempt is not None and printing.of_job(item.name)[0] == attempt.ref
            if item.ok or at_the_printer is None or attempt is None or not mine or attempt.state is not State.APPROVED:
                original(work, lane, item)
                return
            seams.hit()
            lane.printing = None
            attempt = undo.owe(work, lane, Event.GOODS_KEPT)
            work.reply(at_the_printer.commands, outcome.body(attempt, "", lane.display))

        return performed

    seams.function(printing, "performed", make)


@mutant(
    "a station is killed at any instant",
    origin=LOOP,
    killed_by="tests/terminal/test_restart.py",
)
def goods_question_skipped(seams: Seams) -> None:
    """A sale that is found approved after a start is not asked about."""

    def make(original: Any) -> Any:
        def restart(work: Work, lane: Lane) -> None:
            if lane.current is not None and lane.current.state is State.APPROVED:
                seams.hit()
                lane.current = None
            original(work, lane)

        return restart

    seams.function(flow, "restart", make)
