"""Why the switch itself refuses a request, before any issuer is asked."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583.responses import (
    FORMAT_ERROR,
    INVALID_AMOUNT,
    INVALID_TRANSACTION,
    ISSUER_UNAVAILABLE,
    NO_SUCH_ISSUER,
    NOT_PERMITTED_AT_TERMINAL,
    OVER_LIMIT,
    SIGN_ON_AGAIN,
    TOO_LATE,
)
from counterfoil.kinds import TABLE, Needs
from counterfoil.money import BY_NUMBER
from counterfoil.switch import originals
from counterfoil.switch.card import Missing
from counterfoil.switch.desk import Desk
from counterfoil.switch.forward import askers
from counterfoil.switch.rows import Attempt, IssuerRow, TerminalRow
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work

TYPED: Final = "01"
STRIPE: Final = frozenset({"02", "90"})
"""How the card number came in: the first two digits of DE22."""

WITH_AMOUNT: Final = frozenset(kind.name for kind in TABLE if kind.has_amount)
TYPED_AMOUNT: Final = frozenset(kind.name for kind in TABLE if Needs.AMOUNT in kind.needs)
"""Kinds whose amount is the cashier's; that of the others was within the limit once."""


def objection(
    desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt, issuer: IssuerRow | None
) -> str:
    """The code of the first rule that objects, "" when none does. `issuer` is None when no range fits the card."""
    card, entry, kind, amount = ask.card, (ask.message.de22 or "")[:2], attempt.kind, attempt.amount
    code = ""
    if attempt.key.batch != terminal.batch:  # the terminal works in the batch this host issued last
        code = SIGN_ON_AGAIN
    elif amount <= 0 and kind in WITH_AMOUNT:  # a purchase of nothing is refused
        code = INVALID_AMOUNT
    elif ask.message.de49 not in BY_NUMBER:  # a currency whose decimals we do not know is not guessed
        code = INVALID_TRANSACTION
    elif (
        terminal.amount_limit and amount > terminal.amount_limit and kind in TYPED_AMOUNT
    ):  # the highest amount this terminal may take
        code = OVER_LIMIT
    elif entry == TYPED and terminal.merchant not in desk.settings.typed:  # by hand only where the merchant may
        code = NOT_PERMITTED_AT_TERMINAL
    elif isinstance(card, Missing):  # there is a card number, and it is one
        code = card.code
    elif entry in STRIPE and card is not None and not card.track:  # what is said to be a stripe is one
        code = FORMAT_ERROR
    elif issuer is None:  # a range of ours holds the card
        code = NO_SUCH_ISSUER
    elif attempt.original and (wrong := _refers_wrongly(desk, work, ask, terminal, attempt)):
        code = wrong
    elif work.now - (ask.at or work.now) >= desk.settings.switch_timer:  # an issuer may take no longer: not started
        code = TOO_LATE
    elif not work.sessions[issuer.name].open:  # the link is connected, and both know what they told each other
        code = ISSUER_UNAVAILABLE
    return code


def _refers_wrongly(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt) -> str:
    """Why what a request refers to is not there, does not stand, or does not fit; "" when it does."""
    return originals.objection(work, attempt, ask.message, terminal.batch, desk.settings.percent_above)


def hangs_up_on(work: Work, issuer: IssuerRow, attempt: Attempt) -> bool:
    """Whether the issuer has hung up too often on this terminal's requests, or this card's: they wait for a while, so
    that the others' requests pass.
    """
    known = work.memory.askers[issuer.name]
    return bool(known) and known.wait(askers(attempt), work.now)
