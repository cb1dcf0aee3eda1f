"""Why the switch itself refuses a purchase, before any issuer is asked.

`RULES` is the order; the first that objects names the code.
"""

from __future__ import annotations

from collections.abc import Callable
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


Rule = Callable[[Wanted], str]


def batch_is_the_hosts(wanted: Wanted) -> str:
    """The terminal works in the batch this host issued last."""
    return "" if wanted.key.batch == wanted.terminal.batch else BATCH_DIFFERS


def amount_is_positive(wanted: Wanted) -> str:
    """A purchase of nothing is refused."""
    return "" if wanted.amount > 0 else INVALID_AMOUNT


def currency_is_known(wanted: Wanted) -> str:
    """A currency whose decimals we do not know is not guessed."""
    return "" if wanted.ask.message.de49 in BY_NUMBER else INVALID


def within_terminal_limit(wanted: Wanted) -> str:
    """The highest amount this terminal may take."""
    limit = wanted.terminal.amount_limit
    return OVER_LIMIT if limit and wanted.amount > limit else ""


def card_can_be_told(wanted: Wanted) -> str:
    """There is a card number, and it is one."""
    return wanted.card.code if isinstance(wanted.card, Missing) else ""


def issuer_is_known(wanted: Wanted) -> str:
    """A range of ours holds the card."""
    return "" if wanted.issuer is not None else NO_ISSUER


def terminal_still_waits(wanted: Wanted) -> str:
    """A request that lay in front of us for longer than an issuer may take is not worth starting."""
    return TOO_LATE if wanted.waited >= wanted.longest_wait else ""


def issuer_is_up(wanted: Wanted) -> str:
    """The link to the issuer is connected."""
    return "" if wanted.up else ISSUER_DOWN


RULES: Final[tuple[Rule, ...]] = (
    batch_is_the_hosts,
    amount_is_positive,
    currency_is_known,
    within_terminal_limit,
    card_can_be_told,
    issuer_is_known,
    terminal_still_waits,
    issuer_is_up,
)


def objection(wanted: Wanted) -> str:
    """The code of the first rule that objects, "" when none does."""
    for rule in RULES:
        code = rule(wanted)
        if code:
            return code
    return ""
