"""Every reason the issuer has to say no, in the order in which the reasons are looked at, with the code it answers.

The codes are ISO 8583:1987 DE39; "99" is the card scheme's own code for a PIN block that cannot be read.
"""

from __future__ import annotations

import enum
from typing import Final


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
    PIN_TRIES_EXCEEDED = "pin_tries_exceeded"
    PIN_MISSING = "pin_missing"
    PIN_UNREADABLE = "pin_unreadable"
    PIN_WRONG = "pin_wrong"
    AMOUNT_ZERO = "amount_zero"
    LIMIT_EACH = "limit_each"
    LIMIT_DAY = "limit_day"
    COUNT_DAY = "count_day"
    FUNDS = "funds"


CODES: Final[dict[Refusal, str]] = {
    Refusal.FORMAT: "30",
    # "Security violation": a definite no the switch may pass on, because the refusal burns the key (purchases.py).
    Refusal.MAC_WRONG: "63",
    Refusal.NOT_SUPPORTED: "40",
    Refusal.OTHER_CONTENT: "94",
    Refusal.REVERSED_BEFORE: "12",
    Refusal.TOO_LATE: "68",
    # The switch does not know an earlier request of this card any more: nothing is booked until a person says.
    Refusal.FORGOTTEN: "96",
    Refusal.ENTRY_UNKNOWN: "12",
    Refusal.TRACK_OF_OTHER_CARD: "14",
    Refusal.TYPED_NOT_ALLOWED: "57",
    # One answer for whatever a stripe does not prove, whether or not there is such a card and however often it was
    # tried: a guesser learns nothing from it.
    Refusal.STRIPE_MISSING: "59",
    Refusal.STRIPE_GUESSED: "59",
    Refusal.STRIPE_WRONG: "59",
    # And one for a typed number: that of a card which does not exist.
    Refusal.NUMBER_GUESSED: "14",
    Refusal.CARD_UNKNOWN: "14",
    Refusal.NUMBER_WRONG: "14",
    Refusal.CARD_LOST: "41",
    Refusal.CARD_STOLEN: "43",
    Refusal.CARD_BLOCKED: "62",
    Refusal.CARD_EXPIRED: "54",
    Refusal.EXPIRY_DIFFERS: "54",
    Refusal.CURRENCY_NOT_HELD: "57",
    Refusal.SERVICE_NOT_ALLOWED: "57",
    Refusal.PIN_TRIES_EXCEEDED: "75",
    Refusal.PIN_MISSING: "55",
    Refusal.PIN_UNREADABLE: "99",
    Refusal.PIN_WRONG: "55",
    Refusal.AMOUNT_ZERO: "13",
    Refusal.LIMIT_EACH: "61",
    Refusal.LIMIT_DAY: "61",
    Refusal.COUNT_DAY: "65",
    Refusal.FUNDS: "51",
}
APPROVED: Final = "00"
NO_ORIGINAL: Final = "25"
AMOUNT_OR_PLACE_DIFFERS: Final = "64"
