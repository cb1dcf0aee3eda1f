"""Mutants of what stations know of each other: nobody says what a store that was put back does not know any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from counterfoil.issuer.work import Work
from counterfoil.switch import forgotten, signon
from counterfoil.switch.memory import RecollectionWalk
from counterfoil.switch.rows import Offer, TerminalRow
from mutants.mutant import mutant
from mutants.seams import Seams

ROW = "one station restored from a backup, or without its log"
ISSUER = "tests/forgotten/test_issuer.py"
RESTORED = ("restored",)


def reaching(seams: Seams, answer: Any) -> Callable[..., Any]:
    """What gives one answer to everything, and tells that it was asked."""

    def asked(*_: Any) -> Any:
        seams.hit()
        return answer

    return asked


@mutant(ROW, mixes=RESTORED)
def forgetful_issuer_unheard(seams: Seams) -> None:
    """The switch does not look at what an issuer says that it does not know."""
    seams.function(forgotten, "_lost", lambda _: lambda *_args: seams.hit())


@mutant(ROW, mixes=RESTORED)
def forgetful_switch_unheard(seams: Seams) -> None:
    """The switch takes whatever an issuer names for something it made."""
    seams.function(forgotten, "_never_made", lambda _: reaching(seams, []))


@mutant(ROW, mixes=RESTORED)
def forgotten_cards_taken(seams: Seams) -> None:
    """What is forgotten is a row and a case, and its card buys."""
    seams.function(forgotten, "objection", lambda _: reaching(seams, ""))


@mutant(ROW, mixes=RESTORED)
def forgotten_cards_taken_by_the_issuer(seams: Seams) -> None:
    """The issuer books on what the switch has forgotten something of."""
    seams.method(Work, "withholds", lambda _: reaching(seams, False))


@mutant(ROW, mixes=RESTORED)
def forgetful_terminal_unheard(seams: Seams) -> None:
    """A terminal that proves that it stands behind what it has done sells on."""
    seams.function(forgotten, "by_terminal", lambda _: reaching(seams, None))


@mutant(ROW, killed_by="tests/switch/test_forgotten.py")
def nearest_sign_on_counts(seams: Seams) -> None:
    """What a terminal has forgotten is told from its last sign-on alone, each of which has a number of its own."""

    def make(original: Callable[..., str]) -> Callable[..., str]:
        def furthest_back(terminal: TerminalRow, taken: Offer) -> str:
            if original(terminal, taken) != taken.stan:
                seams.hit()
            return taken.stan

        return furthest_back

    seams.function(signon, "_furthest_back", make)


@mutant(ROW, mixes=RESTORED)
def closed_sale_reversed(seams: Seams) -> None:
    """A terminal that was put back gives back the money of a sale that it has closed."""
    seams.function(forgotten, "closed_since", lambda _: reaching(seams, False))


@mutant(ROW, killed_by=ISSUER)
def one_page_compared(seams: Seams) -> None:
    """The comparison ends with its first page."""

    def make(original: Callable[..., RecollectionWalk | None]) -> Callable[..., Any]:
        def go_on(*args: Any) -> None:
            seams.hit()
            original(*args)

        return go_on

    seams.function(forgotten, "go_on", make)
