"""Every reason the issuer has to say no, in the order in which the reasons are looked at, with the code it answers.

The codes are ISO 8583:1987 DE39; "99" is the card scheme's own code for a PIN block that cannot be read.
"""

from __future__ import annotations

import enum
from typing import Final

from counterfoil.iso8583 import responses


class Refusal(enum.Enum):
    """One per cause. The order here is the order of the checks and of the list in the documentation."""

    FORMAT = "format"
    MAC_WRONG = "mac_wrong"
    NOT_SUPPORTED = "not_supported"
    OTHER_CONTENT = "other_content"
    REVERSED_BEFORE = "reversed_before"
    TOO_LATE = "too_late"
    FORGOTTEN = "forgotten"
    ENTRY_UNKNOWN = "entry_unknown"
    TRACK_OF_OTHER_CARD = "track_of_other_card"
    TYPED_NOT_ALLOWED = "typed_not_allowed"
    STRIPE_MISSING = "stripe_missing"
    STRIPE_GUESSED = "stripe_guessed"
    STRIPE_WRONG = "stripe_wrong"
    NUMBER_GUESSED = "number_guessed"
    CARD_UNKNOWN = "card_unknown"
    NUMBER_WRONG = "number_wrong"
    CARD_LOST = "card_lost"
    CARD_STOLEN = "card_stolen"
    CARD_BLOCKED = "card_blocked"
    CARD_EXPIRED = "card_expired"
    EXPIRY_DIFFERS = "expiry_differs"
    CURRENCY_NOT_HELD = "currency_not_held"
    SERVICE_NOT_ALLOWED = "service_not_allowed"
    ORIGINAL_UNKNOWN = "original_unknown"
    ORIGINAL_FALLEN = "original_fallen"
    ORIGINAL_OTHER_KIND = "original_other_kind"
    ORIGINAL_CLOSED = "original_closed"
    ORIGINAL_EXPIRED = "original_expired"
    ORIGINAL_AMOUNT = "original_amount"
    PIN_TRIES_EXCEEDED = "pin_tries_exceeded"
    PIN_MISSING = "pin_missing"
    PIN_UNREADABLE = "pin_unreadable"
    PIN_WRONG = "pin_wrong"
    AMOUNT_ZERO = "amount_zero"
    LIMIT_EACH = "limit_each"
    LIMIT_DAY = "limit_day"
    COUNT_DAY = "count_day"
    FUNDS = "funds"
    FUNDS_ABOVE_HOLD = "funds_above_hold"


CODES: Final[dict[Refusal, str]] = {
    Refusal.FORMAT: responses.FORMAT_ERROR,
    # "Security violation": a definite no the switch may pass on, because the refusal burns the key (decide.py).
    Refusal.MAC_WRONG: responses.SECURITY_VIOLATION,
    Refusal.NOT_SUPPORTED: responses.NOT_SUPPORTED,
    Refusal.OTHER_CONTENT: responses.DUPLICATE,
    Refusal.REVERSED_BEFORE: responses.INVALID_TRANSACTION,
    Refusal.TOO_LATE: responses.TOO_LATE,
    # The switch does not know an earlier request of this card any more: nothing is booked until a person says.
    Refusal.FORGOTTEN: responses.MALFUNCTION,
    Refusal.ENTRY_UNKNOWN: responses.INVALID_TRANSACTION,
    Refusal.TRACK_OF_OTHER_CARD: responses.INVALID_CARD,
    Refusal.TYPED_NOT_ALLOWED: responses.NOT_PERMITTED_TO_CARD,
    # One answer for whatever a stripe does not prove, whether or not there is such a card and however often it was
    # tried: a guesser learns nothing from it.
    Refusal.STRIPE_MISSING: responses.VERIFICATION_FAILED,
    Refusal.STRIPE_GUESSED: responses.VERIFICATION_FAILED,
    Refusal.STRIPE_WRONG: responses.VERIFICATION_FAILED,
    # And one for a typed number: that of a card which does not exist.
    Refusal.NUMBER_GUESSED: responses.INVALID_CARD,
    Refusal.CARD_UNKNOWN: responses.INVALID_CARD,
    Refusal.NUMBER_WRONG: responses.INVALID_CARD,
    Refusal.CARD_LOST: responses.LOST_CARD,
    Refusal.CARD_STOLEN: responses.STOLEN_CARD,
    Refusal.CARD_BLOCKED: responses.RESTRICTED_CARD,
    Refusal.CARD_EXPIRED: responses.EXPIRED_CARD,
    Refusal.EXPIRY_DIFFERS: responses.EXPIRED_CARD,
    Refusal.CURRENCY_NOT_HELD: responses.NOT_PERMITTED_TO_CARD,
    Refusal.SERVICE_NOT_ALLOWED: responses.NOT_PERMITTED_TO_CARD,
    # One answer for an original that is not there and for one of somebody else: nobody learns of others' transactions.
    Refusal.ORIGINAL_UNKNOWN: responses.NO_ORIGINAL,
    Refusal.ORIGINAL_FALLEN: responses.INVALID_TRANSACTION,
    Refusal.ORIGINAL_OTHER_KIND: responses.INVALID_TRANSACTION,
    Refusal.ORIGINAL_CLOSED: responses.INVALID_TRANSACTION,
    Refusal.ORIGINAL_EXPIRED: responses.OUT_OF_TIME,
    Refusal.ORIGINAL_AMOUNT: responses.AMOUNT_MISMATCH,
    Refusal.PIN_TRIES_EXCEEDED: responses.PIN_TRIES_EXCEEDED,
    Refusal.PIN_MISSING: responses.WRONG_PIN,
    Refusal.PIN_UNREADABLE: responses.PIN_ERROR,
    Refusal.PIN_WRONG: responses.WRONG_PIN,
    Refusal.AMOUNT_ZERO: responses.INVALID_AMOUNT,
    Refusal.LIMIT_EACH: responses.OVER_LIMIT,
    Refusal.LIMIT_DAY: responses.OVER_LIMIT,
    Refusal.COUNT_DAY: responses.TOO_MANY_USES,
    Refusal.FUNDS: responses.INSUFFICIENT_FUNDS,
    Refusal.FUNDS_ABOVE_HOLD: responses.INSUFFICIENT_FUNDS,
}
