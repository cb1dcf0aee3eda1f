"""A card as its issuer knows it: never its number, only the keyed token of it and the digits that may be shown."""

from __future__ import annotations

import enum
from datetime import timedelta
from functools import lru_cache

import msgspec

from counterfoil.step import DAY, Instant
from counterfoil.zone import EPOCH, Zone


class CardStatus(enum.StrEnum):
    """What the issuer allows a card to do."""

    ACTIVE = "active"
    LOST = "lost"
    STOLEN = "stolen"
    BLOCKED = "blocked"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One card and its counters. Amounts in minor units of `currency`; a limit of 0 means no limit.

    `expiry` is YYMM, the last month in which it is valid. `pvv` "" is a card without a PIN. `spent` and `count` belong
    to the business day `day` (YYYYMMDD), and so do `guesses`, the times it was claimed without proof; none of them is
    ever given back by a reversal, nor are `pin_failures`.
    """

    token: str
    account: str
    name: str
    first6: str
    last4: str
    expiry: str
    currency: str
    pvv: str = ""
    status: CardStatus = CardStatus.ACTIVE
    limit_each: int = 0
    limit_day: int = 0
    count_day: int = 0
    pin_failures: int = 0
    day: str = ""
    spent: int = 0
    count: int = 0
    guesses: int = 0

    def used_on(self, day: str) -> tuple[int, int]:
        """(amount, number) of the purchases approved on `day`; a day that is over counts for nothing."""
        return (self.spent, self.count) if self.day == day else (0, 0)

    def used(self, day: str, amount: int) -> Card:
        """The card after one more approved purchase on `day`."""
        spent, count = self.used_on(day)
        guesses = self.guessed_on(day)
        return msgspec.structs.replace(self, day=day, spent=spent + amount, count=count + 1, guesses=guesses)

    def guessed_on(self, day: str) -> int:
        """How often somebody claimed this card on `day` and could not prove it."""
        return self.guesses if self.day == day else 0

    def guessed(self, day: str) -> Card:
        """The card after one more such claim on `day`."""
        (spent, count), guesses = self.used_on(day), self.guessed_on(day)
        return msgspec.structs.replace(self, day=day, spent=spent, count=count, guesses=guesses + 1)


def business_day(now: Instant, clock: Zone) -> str:
    """The local calendar day of `now` as YYYYMMDD: what daily limits and expiry months are counted by."""
    return _day((now + clock.offset(now)) // DAY)


@lru_cache(maxsize=16)
def _day(number: int) -> str:
    return (EPOCH + timedelta(days=number)).strftime("%Y%m%d")
