"""Where each station stands in one transaction, read from its stub.

A station's lifecycle has more states than the money question needs. The tables below fold them; a test holds them
against the lifecycles, so that a new state cannot be forgotten here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from counterfoil.iso8583 import responses
from counterfoil.kinds import BY_NAME, Mode
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict.finding import TerminalEvidence


class T(enum.Enum):
    """The terminal's position."""

    MISSING = "no stub"
    NOT_OURS = "not ours"
    NOT_SENT = "nothing left the terminal, and it knows"
    ASKED = "asked, no answer yet"
    APPROVED = "approved, receipt open"
    CLOSED = "approved, receipt out"
    DECLINED = "a definite no under a valid MAC"
    LAPSED = "an inquiry without an answer: nothing is owed"
    REVERSING = "its reversal is pending"
    REVERSED = "its reversal was acknowledged"
    ESCALATED = "a supervisor handed it to a person"


class S(enum.Enum):
    """The switch's position."""

    MISSING = "no stub"
    ASKED = "intent, answer owed"
    APPROVED = "answered yes"
    DECLINED = "answered no"
    REVERSING = "reversal in the outbox"
    REVERSED = "the issuer acknowledged the reversal"
    EMPTY = "reversed, and nothing was ever booked upstream"
    TOMBSTONE = "a reversal without an original: a late original is refused"


class I(enum.Enum):  # noqa: E742 - terminal, switch, issuer: T S I, as docs/loop.md writes them
    """The issuer's position, read from the money and not from the word."""

    MISSING = "no stub"
    HOLDS = "what it does to the card stands"
    TOLD = "it answered an inquiry, which books nothing"
    RETURNED = "done and undone"
    NOTHING = "nothing booked: declined, tombstone, too late"


TERMINAL: Final[Mapping[str, T]] = {
    "keyed": T.NOT_SENT,
    "sent": T.ASKED,
    "approved": T.APPROVED,
    "closed": T.CLOSED,
    "declined": T.DECLINED,
    "lapsed": T.LAPSED,
    "not_sent": T.NOT_SENT,
    "reversing": T.REVERSING,
    "reversed": T.REVERSED,
    "escalated": T.ESCALATED,
}

SWITCH: Final[Mapping[str, S]] = {
    "asked": S.ASKED,
    "approved": S.APPROVED,
    "declined": S.DECLINED,
    "reversing": S.REVERSING,
    "reversed": S.REVERSED,
    "tombstone": S.TOMBSTONE,
}


def of_terminal(stub: TerminalEvidence) -> T:
    """Where the terminal stands; KeyError for a state that no lifecycle has."""
    if stub is None:
        return T.MISSING
    return TERMINAL[stub.state.lower()] if isinstance(stub, TerminalStub) else T.NOT_OURS


def of_switch(stub: SwitchStub | None) -> S:
    """Where the switch stands; KeyError for a state that no lifecycle has."""
    if stub is None:
        return S.MISSING
    position = SWITCH[stub.state.lower()]
    if position is S.REVERSED and (not stub.forwarded or stub.reversal_code == responses.NO_ORIGINAL):
        return S.EMPTY
    return position


def of_issuer(stub: IssuerStub | None) -> I:
    """Where the issuer stands. Of what moved an amount, that decides: the rest of a hold need not stand again."""
    if stub is None:
        return I.MISSING
    done, undone = stub.debited + stub.credited + stub.held, stub.returned + stub.withdrawn + stub.released
    if not done:
        done, undone = stub.freed, stub.held_again
    if done > undone:
        return I.HOLDS
    if undone:
        return I.RETURNED
    return I.TOLD if only_asks(stub) and responses.is_approval(stub.response_code) else I.NOTHING


def only_asks(stub: TerminalStub | SwitchStub | IssuerStub) -> bool:
    """Whether its kind is an inquiry, which moves nothing and owes nothing."""
    return BY_NAME[stub.kind].mode is Mode.INQUIRY
