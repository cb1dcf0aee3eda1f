"""Is the printer ready? Asked before the card is, so that nobody pays first and learns afterwards that paper is out.

It stops a sale only where the merchant sells with paper only; a reversal or a refund it never stops.
"""

from __future__ import annotations

from typing import Final

from counterfoil.step import SECOND, Instant
from counterfoil.terminal import birth, causes, sentences
from counterfoil.terminal.lane import Checking, Lane
from counterfoil.terminal.work import Work

KIND: Final = "printer"
LONGEST: Final[Instant] = 8 * SECOND


def check(work: Work, lane: Lane) -> None:
    """Ask it for the sale that just came in. Only a merchant who needs paper waits for the answer."""
    if not work.settings.printer or lane.checking is not None:
        return
    lane.checks += 1
    name = f"{lane.device.terminal}.check.{lane.checks}"
    work.perform(KIND, name)
    if work.settings.paper == "required":
        lane.checking = Checking(name, work.now + min(LONGEST, work.settings.timer))


def checked(work: Work, lane: Lane, name: str, *, ready: bool, trouble: str) -> None:
    """The printer told how it is. Ready with a trouble: the usual printer is not, another one is."""
    if trouble:
        lane.show(sentences.trouble(trouble))
        if ready:
            lane.show(sentences.ELSEWHERE)
    if lane.checking is None or lane.checking.name != name:
        return
    lane.checking = None
    if not ready:
        birth.give_up(work, lane, causes.PRINTER, trouble)
