"""What customer and cashier are told of a transaction at the till, kind by kind.

Of a payment in the sentences of `sentences`; of any other kind in those of its description, with what happened to the
line, the slip and the reversal around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from counterfoil.iso8583 import responses
from counterfoil.kinds import TABLE, Kind
from counterfoil.terminal import causes, sentences
from counterfoil.words import Text, Told


class Sayings(NamedTuple):
    """Everything that is said of one kind: per state of the transaction, of its slip, and of what was not sent.

    Places to fill: {amount}, {case} in `escalated`, {other} where another one stands instead.
    """

    closed: Told
    slip_failed: Told
    slip_out: Told
    slip_unsure: Told
    given_up: Told
    asked: Told
    reversing: Told
    cancelled: Told
    kept: Told
    elsewhere: Told
    elsewhere_done: Told
    reversed: Told
    escalated: Told
    lapsed: Told
    not_sent: Mapping[str, Told]
    pending: Text
    held: Text
    already: str
    """Why a second one is turned down: the code of ERRORS."""


PAYMENT: Final = Sayings(
    closed=sentences.APPROVED,
    slip_failed=sentences.RECEIPT_FAILED,
    slip_out=sentences.RECEIPT_OUT,
    slip_unsure=sentences.RECEIPT_UNSURE,
    given_up=sentences.GIVEN_UP,
    asked=sentences.ASKED,
    reversing=sentences.UNKNOWN,
    cancelled=sentences.CANCELLED_WAITING,
    kept=sentences.GOODS_KEPT,
    elsewhere=sentences.PAID_ELSEWHERE,
    elsewhere_done=sentences.PAID_ELSEWHERE_DONE,
    reversed=sentences.RETURNED,
    escalated=sentences.ESCALATED,
    lapsed=sentences.UNKNOWN,
    not_sent=sentences.NOT_SENT,
    pending=sentences.RECEIPT_PENDING,
    held=sentences.RECEIPT_HELD,
    already="already_paid",
)


LEFT: Final = {"amount": "{amount}", "other": "{other}", "case": "{case}"}
"""Places that are filled when it is said."""


def _beside(first: Text, then: Text) -> Text:
    return sentences.joined((first, then))


def _composed(kind: Kind) -> Sayings:
    """What is said of a kind that is no payment."""
    words, stands = kind.words, kind.headings.stands
    places = LEFT | {"back": sentences.GOES_BACK, "display": sentences.REVERSAL_DONE}
    nothing = words.nothing.free.filled(**places)
    nothing_yet = words.nothing.busy.filled(**places)
    fallen, falling = words.going_back.free.filled(**places), words.going_back.busy.filled(**places)
    twice = words.going_back.twice

    def slip(what: Told) -> Told:
        return Told(_beside(words.stands.customer, what.customer), what.cashier.filled(stands=stands))

    def because(why: Told, then: Told) -> Told:
        return Told(_beside(why.customer, then.customer), _beside(why.cashier, then.cashier))

    return Sayings(
        closed=words.stands,
        slip_failed=Told(_beside(words.stands.customer, sentences.SLIP_FAILED), words.receipt_open.cashier),
        slip_out=slip(sentences.SLIP_OUT),
        slip_unsure=slip(sentences.SLIP_UNSURE),
        given_up=because(sentences.BANK_SILENT, fallen),
        asked=sentences.ASKED_FOR,
        reversing=because(sentences.NO_USABLE_ANSWER, falling),
        cancelled=because(sentences.CANCELLED_FOR, falling),
        kept=falling,
        elsewhere=twice.filled(**places) if twice is not None else falling,
        elsewhere_done=twice.filled(**places) if twice is not None else fallen,
        reversed=fallen,
        escalated=words.exception.filled(**places),
        lapsed=because(sentences.NO_USABLE_ANSWER, nothing),
        not_sent={
            cause: because(Told(Text("", ""), why), nothing_yet if cause == causes.REVERSAL else nothing)
            for cause, why in sentences.WHY_NOT_SENT.items()
        },
        pending=sentences.SLIP_PENDING.filled(stands=stands),
        held=sentences.SLIP_HELD.filled(stands=stands),
        already="already_stands",
    )


OF: Final[Mapping[str, Sayings]] = {kind.name: PAYMENT if kind.pays else _composed(kind) for kind in TABLE}
"""By the name of the kind."""


def declined(kind: Kind, code: str) -> Told:
    """A refusal with this code, in the words of its kind; the amount is not filled in."""
    if kind.pays:
        return responses.declined(code)
    known = responses.advice(code)
    places = {"why": responses.named(code), "advice": known.cashier, "more": known.customer}
    return kind.words.refused.filled(**LEFT, **places)
