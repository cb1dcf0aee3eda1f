"""As many sales as were asked for: a world that loses terminals for good makes fewer, and further worlds are played."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

from counterfoil.simulation import Report, WorldJob, WorldOutcome, run
from counterfoil.simulation.campaign import quantiles, sales_of


class Played:
    """A campaign and, where it made fewer sales than were asked for, the worlds after it; one report of all."""

    def __init__(self, processes: int, progress: Callable[[WorldOutcome], object]) -> None:
        self._processes = processes
        self._progress = progress
        self._digest = hashlib.blake2b(digest_size=16)
        self._exposures: list[int] = []

    def whole(self, asked: int, listed: Sequence[WorldJob]) -> Report:
        """Play the listed worlds, and further ones until `asked` sales were made or a promise was broken."""
        report = self.once(listed)
        while report.failure is None and report.transactions < asked:
            further = self.once(after(listed[0], report.worlds, asked - report.transactions))
            add(report, further)
            report.events_hash = self._digest.hexdigest()
            report.exposure_seconds = quantiles(self._exposures)
            if not further.transactions:
                break
        return report

    def once(self, listed: Sequence[WorldJob]) -> Report:
        """Play these worlds and no others."""
        return run(listed, self._processes, self._note)

    def _note(self, outcome: WorldOutcome) -> None:
        self._digest.update(outcome.digest.encode())
        self._exposures += outcome.exposures
        self._progress(outcome)


def after(first: WorldJob, number: int, missing: int) -> list[WorldJob]:
    """The worlds of a campaign from this number on, for so many more sales."""
    listed: list[WorldJob] = []
    while missing > 0:
        sales = min(missing, sales_of(number))
        listed.append(WorldJob(first.seed, first.mix, number, sales, first.without))
        missing -= sales
        number += 1
    return listed


def add(report: Report, further: Report) -> None:
    """What further worlds came to, into the report of those before them."""
    for name in (
        *("transactions", "one_sided", "one_sided_unreported", "exceptions", "ledger_sum"),
        *("worlds", "attempts", "steps", "virtual_seconds", "exception_list"),
    ):
        setattr(report, name, getattr(report, name) + getattr(further, name))
    report.closing_seconds = max(report.closing_seconds, further.closing_seconds)
    report.faults = dict(sorted((Counter(report.faults) + Counter(further.faults)).items()))
    report.failure = further.failure
