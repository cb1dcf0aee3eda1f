"""Mutants of what stations know of each other: nobody says what a store that was put back does not know any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from counterfoil.issuer.records import Step
from counterfoil.switch import forgotten
from counterfoil.switch.memory import Walk
from mutants.mutant import mutant
from mutants.seams import Seams

ROW = "one station restored from a backup, or without its log"
ISSUER, SWITCH = "tests/forgotten/test_issuer.py", "tests/forgotten/test_switch.py"


def reaching(seams: Seams, answer: Any) -> Callable[..., Any]:
    """What gives one answer to everything, and tells that it was asked."""

    def asked(*_: Any) -> Any:
        seams.hit()
        return answer

    return asked


@mutant(ROW, killed_by=ISSUER)
def forgetful_issuer_unheard(seams: Seams) -> None:
    """The switch does not look at what an issuer says that it does not know."""
    seams.function(forgotten, "_lost", lambda _: lambda *_args: seams.hit())


@mutant(ROW, killed_by=SWITCH)
def forgetful_switch_unheard(seams: Seams) -> None:
    """The switch takes whatever an issuer names for something it made."""
    seams.function(forgotten, "_never_made", lambda _: reaching(seams, []))


@mutant(ROW, killed_by=ISSUER)
def forgotten_cards_taken(seams: Seams) -> None:
    """What is forgotten is a row and a case, and its card buys."""
    seams.function(forgotten, "objection", lambda _: reaching(seams, ""))


@mutant(ROW, killed_by=SWITCH)
def forgotten_cards_taken_by_the_issuer(seams: Seams) -> None:
    """The issuer books on what the switch has forgotten something of."""
    seams.method(Step, "withholds", lambda _: reaching(seams, False))


@mutant(ROW, killed_by=ISSUER)
def one_page_compared(seams: Seams) -> None:
    """The comparison ends with its first page."""

    def make(original: Callable[..., Walk | None]) -> Callable[..., Any]:
        def go_on(*args: Any) -> None:
            seams.hit()
            original(*args)

        return go_on

    seams.function(forgotten, "go_on", make)
