"""All mutants: those that can be hunted, and those that wait for a part that is not built."""

from __future__ import annotations

from typing import Final

from mutants import early, forgotten, issuer, kinds, lines, paper, saf, switch, terminal, together, trust, verdict
from mutants.mutant import CATALOGUE, Mutant, Waiting

STATIONS: Final = (early, terminal, paper, switch, trust, saf, issuer, kinds, forgotten, verdict, together, lines)

MUTANTS: Final[tuple[Mutant, ...]] = tuple(CATALOGUE.values())

WAITING: Final[tuple[Waiting, ...]] = (
    Waiting("card_refusal_ignored", ("L8", "chip refusal"), "chip cards: a card that refuses after the host approved"),
    Waiting("no_completion_leg", ("L9",), "a completion advice or batch upload from the terminal"),
    Waiting("reversal_after_cutover_refused", ("cut-over",), "settlement: cut-over and the clearing extract"),
    Waiting("carry_twice", ("settlement",), "settlement: what is carried over to the next batch"),
    Waiting("clearing_file_twice", ("settlement",), "settlement: clearing files"),
    Waiting("escrow_release_unconfirmed", ("barter",), "barter: escrow until delivery is confirmed"),
    Waiting("refund_after_release", ("barter",), "barter: refunds of what was released"),
    Waiting("z_number_gap", ("till",), "the till: Z reports"),
)
