"""The password of the shop's supervisor, which some kinds need; how often it may be guessed is bounded.

The count is each terminal's own, so that nobody at one till locks the others, and is forgotten when the process ends:
that takes a person at the machine.
"""

from __future__ import annotations

from typing import Final

from counterfoil.kinds import NEEDING, Kind, Needs
from counterfoil.receipts.document.slip import same
from counterfoil.step import HOUR, Command
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.work import Work

WITH_PASSWORD: Final = NEEDING[Needs.SUPERVISOR]
MOST_WRONG: Final = 5
"""Wrong ones in an hour; after that none is looked at until the oldest of them is an hour old."""


def refused(work: Work, lane: Lane, command: Command, kind: Kind) -> bool:
    """Whether a kind needs the password and this is not it; then the till is told, and the trail."""
    if kind.name not in WITH_PASSWORD:
        return False
    lane.wrong = tuple(at for at in lane.wrong if work.now - at < HOUR)
    if len(lane.wrong) >= MOST_WRONG:
        until = work.settings.clock.text(lane.wrong[0] + HOUR, "%H:%M")
        work.refuse((command.id,), "supervisor_locked", detail=same(until))
        return True
    given, kept = command.args.get("supervisor"), work.settings.supervisor
    if isinstance(given, str) and given and kept is not None and kept.matches(given):
        return False
    if given:  # what was not given was not guessed
        lane.wrong = (*lane.wrong, work.now)
        work.note(lane, "wrong supervisor password")
        if len(lane.wrong) == MOST_WRONG:
            work.note(lane, "supervisor passwords refused for an hour")
    work.refuse((command.id,), "wrong_supervisor")
    return True
