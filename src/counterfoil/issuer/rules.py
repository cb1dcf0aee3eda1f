"""May this transaction be approved? A list of rules, each a named refusal or nothing, asked in order.

First what the card must prove by the way it came in: a stripe its verification value, a typed number its expiry. Until
then nothing of the card is told, not even whether there is one.

Pure: the card and its money arrive as arguments, stripe and PIN as questions that are asked at most once and only when
the list gets that far, so that nothing but a PIN that was really compared is ever counted as a try.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from counterfoil.issuer.card import Card, CardStatus
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.refusal import Refusal
from counterfoil.issuer.rows import Txn
from counterfoil.issuer.settings import Settings
from counterfoil.kinds import TABLE, Deed, Needs, Party
from counterfoil.ledger import Record


class Pin(enum.Enum):
    """What the HSM said of the PIN block."""

    ABSENT = "absent"
    UNREADABLE = "unreadable"
    RIGHT = "right"
    WRONG = "wrong"


class EntryMode(enum.Enum):
    """How a card number came into a terminal, as far as purchases are taken that way."""

    STRIPE = "stripe"
    TYPED = "typed"


class Authorisation(msgspec.Struct, frozen=True):
    """A request as the rules see it: no card number, no track, no PIN block.

    `kind` is the name of what it asks for, "" when it is nothing that is done here.
    `currency` is "" when DE49 names none we know. `expiries` are the YYMM values the request carries (DE14, track 2);
    `same_card` is False when track 2 names another card than DE2. `entry` is the first two digits of DE22, `stripe`
    whether there is a track 2, `service` the service code on it. `original` is the key of the transaction that a kind
    refers to, `original_type` its message type, `approval` its approval code; "" for a kind that refers to none.
    """

    kind: str
    key: str
    acquirer: str
    token: str
    processing: str
    amount: int
    currency: str
    terminal: str
    merchant: str
    rrn: str
    expiries: tuple[str, ...] = ()
    same_card: bool = True
    entry: str = ""
    stripe: bool = False
    service: str = ""
    original: str = ""
    approval: str = ""
    original_type: str = ""


class RuleInput(NamedTuple):
    """Everything a rule may look at. `available` is the money on the card's account, `day` the local day YYYYMMDD.

    `set_aside` is what its original holds of that account, 0 when it has none that does.
    """

    wanted: Authorisation
    card: Card
    available: int
    day: str
    settings: Settings
    set_aside: int = 0


class Decision(NamedTuple):
    """`refusal` None is an approval. `card` is the card with its counters moved, None when no such card exists."""

    refusal: Refusal | None
    card: Card | None


Rule = Callable[[RuleInput], Refusal | None]

WAYS: Final[dict[str, EntryMode]] = {"01": EntryMode.TYPED, "02": EntryMode.STRIPE, "90": EntryMode.STRIPE}
"""By the first two digits of DE22. A chip or a wallet proves itself otherwise, and nobody here could check that."""

GUESSES: Final = frozenset({Refusal.STRIPE_WRONG, Refusal.NUMBER_WRONG})
WITH_PIN: Final = frozenset("035")
"""Third digits of a service code that ask for a PIN (ISO/IEC 7813)."""

CASH_ONLY: Final = frozenset("34")
"""Third digits of a service code with which no goods are bought."""

STATUS: Final[dict[CardStatus, Refusal]] = {
    CardStatus.LOST: Refusal.CARD_LOST,
    CardStatus.STOLEN: Refusal.CARD_STOLEN,
    CardStatus.BLOCKED: Refusal.CARD_BLOCKED,
}
PINS: Final[dict[Pin, Refusal | None]] = {
    Pin.ABSENT: Refusal.PIN_MISSING,
    Pin.UNREADABLE: Refusal.PIN_UNREADABLE,  # a wrong key or a mangled block: no PIN was tried, none is counted
    Pin.WRONG: Refusal.PIN_WRONG,
    Pin.RIGHT: None,
}


def unproved(
    purchase: Authorisation, card: Card | None, day: str, settings: Settings, stripe: Callable[[], bool]
) -> Refusal | None:
    """What the card does not prove by the way it came in. A card that does not exist gets the answer of one that does.

    Once a day has seen its guesses nothing is compared any more, and the right value is refused as well, for the rest
    of that day: whoever guesses on purpose locks no card for longer.
    """
    way = WAYS.get(purchase.entry)
    if way is None or (way is EntryMode.TYPED and purchase.stripe):
        return Refusal.ENTRY_UNKNOWN
    if not purchase.same_card:
        return Refusal.TRACK_OF_OTHER_CARD
    guessed = card is not None and card.guessed_on(day) >= settings.guesses
    if way is EntryMode.STRIPE:
        if not purchase.stripe:
            return Refusal.STRIPE_MISSING
        if guessed:
            return Refusal.STRIPE_GUESSED
        return None if stripe() else Refusal.STRIPE_WRONG
    if not settings.typed:
        return Refusal.TYPED_NOT_ALLOWED
    if guessed:
        return Refusal.NUMBER_GUESSED
    return None if card is None or purchase.expiries == (card.expiry,) else Refusal.NUMBER_WRONG


def card_may_be_used(asked: RuleInput) -> Refusal | None:
    """Not reported lost or stolen, not blocked."""
    return STATUS.get(asked.card.status)


def card_is_in_date(asked: RuleInput) -> Refusal | None:
    """Our own date decides first, then every date the request claims: a past one is an expired card."""
    month = asked.day[2:6]
    if asked.card.expiry < month:
        return Refusal.CARD_EXPIRED
    for claimed in asked.wanted.expiries:
        if claimed < month:
            return Refusal.CARD_EXPIRED
    return None


def expiry_is_the_cards_own(asked: RuleInput) -> Refusal | None:
    """A date in the future that is not this card's date is a guess."""
    expiry = asked.card.expiry
    for claimed in asked.wanted.expiries:
        if claimed != expiry:
            return Refusal.EXPIRY_DIFFERS
    return None


def currency_is_held(asked: RuleInput) -> Refusal | None:
    """The account is kept in one currency and nothing is converted here."""
    return None if asked.wanted.currency == asked.card.currency else Refusal.CURRENCY_NOT_HELD


def service_is_for_goods(asked: RuleInput) -> Refusal | None:
    """A card for cash only buys nothing."""
    return Refusal.SERVICE_NOT_ALLOWED if asked.wanted.service[2:] in CASH_ONLY else None


def tries_are_left(asked: RuleInput) -> Refusal | None:
    """After `tries` wrong PINs in a row even the right one is refused, and not compared."""
    used_up = bool(asked.card.pvv) and asked.card.pin_failures >= asked.settings.pin_tries
    return Refusal.PIN_TRIES_EXCEEDED if used_up else None


def amount_is_positive(asked: RuleInput) -> Refusal | None:
    """A purchase of nothing is refused."""
    return None if asked.wanted.amount > 0 else Refusal.AMOUNT_ZERO


def within_limit_each(asked: RuleInput) -> Refusal | None:
    """The limit of a single purchase."""
    limit = asked.card.limit_each
    return Refusal.LIMIT_EACH if limit and asked.wanted.amount > limit else None


def within_limit_day(asked: RuleInput) -> Refusal | None:
    """The amount of one day."""
    limit = asked.card.limit_day
    return Refusal.LIMIT_DAY if limit and asked.card.used_on(asked.day)[0] + asked.wanted.amount > limit else None


def within_count_day(asked: RuleInput) -> Refusal | None:
    """The number of purchases of one day."""
    limit = asked.card.count_day
    return Refusal.COUNT_DAY if limit and asked.card.used_on(asked.day)[1] >= limit else None


def funds_suffice(asked: RuleInput) -> Refusal | None:
    """The ledger would refuse it too (its floor); asked here so that the answer is ours and in its place."""
    return None if asked.wanted.amount <= asked.available else Refusal.FUNDS


def funds_suffice_above_hold(asked: RuleInput) -> Refusal | None:
    """What is set aside was promised; what is asked above it must be there."""
    above = asked.wanted.amount - asked.set_aside
    return None if above <= 0 or above <= asked.available else Refusal.FUNDS_ABOVE_HOLD


BEFORE_PIN: Final[tuple[Rule, ...]] = (
    card_may_be_used,
    card_is_in_date,
    expiry_is_the_cards_own,
    currency_is_held,
    service_is_for_goods,
    tries_are_left,
)
PROMISED: Final[tuple[Rule, ...]] = (expiry_is_the_cards_own, currency_is_held)
"""What is asked before the original of a kind that has one. The card itself was judged with the original: what that
promised is kept, and what it took goes back, also to a card that is lost, blocked or out of date by now.
"""
AFTER_PIN: Final[dict[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        amount_is_positive,
        within_limit_each,
        within_limit_day,
        within_count_day,
        funds_suffice,
        funds_suffice_above_hold,
    )
}
"""By their names, which kinds give in the order of their asking."""
RULES: Final[dict[str, tuple[Rule, ...]]] = {kind.name: tuple(AFTER_PIN[name] for name in kind.rules) for kind in TABLE}
WITHOUT_PIN: Final = frozenset(kind.name for kind in TABLE if Needs.PIN not in kind.needs)
"""Kinds for which nobody is asked for a PIN."""
COUNTED: Final = frozenset(
    kind.name
    for kind in TABLE
    if any(one.deed in (Deed.MOVE, Deed.HOLD) and one.debit is Party.CARD for one in kind.movements)
)
"""Kinds that count as a use of the card: they spend, or set aside. What takes a hold was counted with the hold."""


class Referred(NamedTuple):
    """The original of a request: why it is none to refer to, its record in the ledger, and what it still sets aside."""

    refusal: Refusal | None = None
    record: Record | None = None
    set_aside: int = 0


def decide(
    wanted: Authorisation,
    card: Card | None,
    available: int,
    *,
    day: str,
    settings: Settings,
    stripe: Callable[[], bool],
    pin: Callable[[], Pin],
    original: Referred | None = None,
) -> Decision:
    """The first refusal that applies, or none; and the card as it is afterwards.

    `stripe` says whether the verification value on the stripe is right. `pin` is called only for a kind that asks for
    one, and a card that proved itself, has a PIN, is in date and in use, with tries left. A right PIN resets its
    counter even when a later rule says no. A stripe that asks for a PIN which its issuer does not have is refused:
    nobody could compare it. `original` is what was found of the original, None for a kind that has none.
    """
    refusal = unproved(wanted, card, day, settings, stripe)
    if card is None:
        return Decision(refusal or Refusal.CARD_UNKNOWN, None)
    if refusal is not None:
        return Decision(refusal, card.guessed(day) if refusal in GUESSES else card)
    kind = wanted.kind
    if original is None:
        asked = RuleInput(wanted, card, available, day, settings)
        refusal = first(BEFORE_PIN, asked)
    else:
        asked = RuleInput(wanted, card, available, day, settings, original.set_aside)
        refusal = first(PROMISED, asked) or original.refusal
    if refusal is None and (card.pvv or wanted.service[2:] in WITH_PIN) and kind not in WITHOUT_PIN:
        answer = pin() if card.pvv else Pin.ABSENT
        refusal = PINS[answer]
        if answer is Pin.WRONG:
            card = msgspec.structs.replace(card, pin_failures=card.pin_failures + 1)
        elif answer is Pin.RIGHT and card.pin_failures:
            card = msgspec.structs.replace(card, pin_failures=0)
    refusal = refusal or first(RULES[kind], asked)
    return Decision(refusal, card if refusal or kind not in COUNTED else card.used(day, wanted.amount))


def first(rules: tuple[Rule, ...], asked: RuleInput) -> Refusal | None:
    """What the first rule that objects says."""
    for rule in rules:
        if refusal := rule(asked):
            return refusal
    return None


def repeated(earlier: Txn, wanted: Authorisation | None) -> Refusal | None:
    """What a 0200 with a known key gets: a refusal, or None for the result it got before.

    `wanted` is None when this one cannot be read. A key that a message without a valid MAC has burnt stays refused as
    it was, whatever comes under it.
    """
    if not earlier.authentic:
        return None
    if wanted is None or not same_content(earlier, wanted):
        return Refusal.OTHER_CONTENT
    return None if earlier.state in (State.POSTED, State.DECLINED) else Refusal.REVERSED_BEFORE


def same_content(earlier: Txn, wanted: Authorisation) -> bool:
    """Whether it is the same sale. A tombstone knows only what its reversal told."""
    claimed = (wanted.amount, wanted.terminal, wanted.merchant)
    if (earlier.amount, earlier.terminal, earlier.merchant) != claimed:
        return False
    if earlier.state in (State.TOMBSTONED, State.LATE):
        return earlier.token in ("", wanted.token)
    known = (earlier.token, earlier.currency, earlier.processing, earlier.rrn, earlier.kind, earlier.original)
    return known == (wanted.token, wanted.currency, wanted.processing, wanted.rrn, wanted.kind, wanted.original)
