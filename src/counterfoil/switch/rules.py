"""Why the switch itself refuses a purchase, before any issuer is asked."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.money import BY_NUMBER
from counterfoil.step import Instant
from counterfoil.switch.card import Card, Missing
from counterfoil.switch.intake import Ask
from counterfoil.switch.rows import IssuerRow, Terminal
from counterfoil.transaction import AttemptKey

BATCH_DIFFERS: Final = "77"
INVALID_AMOUNT: Final = "13"
INVALID: Final = "12"
OVER_LIMIT: Final = "61"
NO_ISSUER: Final = "15"
TOO_LATE: Final = "68"
ISSUER_DOWN: Final = "91"


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """What a rule may look at. `issuer` is None when no range fits the card."""

    ask: Ask
    terminal: Terminal
    key: AttemptKey
    amount: int
    card: Card | Missing
    issuer: IssuerRow | None
    up: bool
    waited: Instant
    longest_wait: Instant


def objection(wanted: Wanted) -> str:
    """The code of the first rule that objects, "" when none does."""
    terminal, amount, card = wanted.terminal, wanted.amount, wanted.card
    code = ""
    if wanted.key.batch != terminal.batch:  # the terminal works in the batch this host issued last
        code = BATCH_DIFFERS
    elif amount <= 0:  # a purchase of nothing is refused
        code = INVALID_AMOUNT
    elif wanted.ask.message.de49 not in BY_NUMBER:  # a currency whose decimals we do not know is not guessed
        code = INVALID
    elif terminal.amount_limit and amount > terminal.amount_limit:  # the highest amount this terminal may take
        code = OVER_LIMIT
    elif isinstance(card, Missing):  # there is a card number, and it is one
        code = card.code
    elif wanted.issuer is None:  # a range of ours holds the card
        code = NO_ISSUER
    elif wanted.waited >= wanted.longest_wait:  # what lay in front of us longer than an issuer may take is not started
        code = TOO_LATE
    elif not wanted.up:  # the link to the issuer is connected
        code = ISSUER_DOWN
    return code
