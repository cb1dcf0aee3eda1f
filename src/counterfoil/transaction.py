"""A transaction: the key of one attempt, and the stub that each station keeps of it.

Stubs are what `why`, the console and every oracle compare. Each station writes its own; nobody else makes one up.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.step import Instant

LAST_STAN: Final = 999_999
NO_BATCH: Final = "000000"
"""DE60.2 of a terminal that was not given a batch number yet: no attempt is in it."""


class AttemptKey(NamedTuple):
    """The key of an attempt, born and stored at the terminal before the first send (DE41, DE60.2, DE11)."""

    terminal: str
    batch: str
    stan: str

    def __str__(self) -> str:
        return f"{self.terminal}/{self.batch}/{self.stan}"


REF: Final = re.compile(r"(?P<terminal>[^/\s]{1,8})/(?P<batch>[0-9]{6})/(?P<stan>[0-9]{6})")


REQUEST: Final = re.compile(r"[0-9]{1,11}/[0-9]{10}/[0-9]{6}")
"""DE32/DE7/DE11: what names a request at an issuer, whatever number it says."""


def parse_ref(text: str) -> AttemptKey | None:
    """`TERMINAL/BATCH/STAN` as a key, or None when the text is something else (an RRN, a last-four search)."""
    match = REF.fullmatch(text)
    return AttemptKey(match["terminal"], match["batch"], match["stan"]) if match else None


class Happened(msgspec.Struct, frozen=True):
    """One line of a stub's history: when, what, and the masked message it came from or went out as (flat fields)."""

    at: Instant
    what: str
    message: dict[str, Any] | None = None


class CaseStub(msgspec.Struct, frozen=True, kw_only=True):
    """Something a station handed to a person, under the number the customer is told. It never vanishes: it ends.

    `ended_at` is 0 while it is open; `how` says what ended it, a word of verdict/names.py.
    """

    number: str
    what: str
    at: Instant
    owner: str
    detail: str = ""
    ended_at: Instant = 0
    how: str = ""


class Against(NamedTuple):
    """A transaction that stands against another one: what kind it is, what it is called where it is said, and the minor
    units it takes of its original. A station names it as its own stub names itself: TERMINAL/BATCH/STAN, or
    DE32/DE7/DE11 at an issuer.
    """

    kind: str
    name: str
    amount: int


class Balance(NamedTuple):
    """A balance an issuer told: "ledger" or "available", a currency, and minor units; below zero is owed."""

    type: str
    currency: str
    amount: int


class TerminalStub(msgspec.Struct, frozen=True, kw_only=True):
    """What the terminal's own store says. `state` is a terminal lifecycle state.

    `cause` is why nothing was sent or why it does not stand, a word of terminal/causes.py; `receipt` a state of
    receipts/copies.py, of the copy that needs somebody most; `trouble` what the printer last said was wrong. `due` is
    when the running clock ends (0: no clock). `case` is the number of the case it opened. `kind` is the name of one of
    `kinds.TABLE`, `original` the reference of the sale it refers to, `against` what stands against it here.
    """

    ref: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    state: str
    started_at: Instant
    updated_at: Instant
    response_code: str = ""
    rrn: str = ""
    auth_code: str = ""
    key: str = ""
    retry_of: str = ""
    reversal_reason: str = ""
    reversal_tries: int = 0
    cause: str = ""
    receipt: str = "none"
    trouble: str = ""
    case: str = ""
    due: Instant = 0
    history: tuple[Happened, ...] = ()
    cases: tuple[CaseStub, ...] = ()
    kind: str = "purchase"
    original: str = ""
    against: tuple[Against, ...] = ()
    balances: tuple[Balance, ...] = ()


class SwitchStub(msgspec.Struct, frozen=True, kw_only=True):
    """What the switch's store says. `issuer` is the station it was routed to, "" when it never was.

    `acquirer`, `transmitted` and `stan` are DE32, DE7 and DE11 of what it sent upstream, "" when it never did.
    `forwarded` False means no byte of the request went upstream, and the switch knows it. `followed_at` is when the
    same terminal's next financial request arrived (0: none yet): it proves that the terminal closed this one. `case` is
    the number of its open case, "" when none is open; `cases` are all it ever had, when its history is read. `kind`,
    `original` and `against` as at the terminal.
    """

    ref: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    state: str
    started_at: Instant
    updated_at: Instant
    forwarded: bool
    issuer: str = ""
    rrn: str = ""
    acquirer: str = ""
    stan: str = ""
    transmitted: str = ""
    response_code: str = ""
    auth_code: str = ""
    reversal_reason: str = ""
    reversal_tries: int = 0
    reversal_code: str = ""
    case: str = ""
    due: Instant = 0
    followed_at: Instant = 0
    history: tuple[Happened, ...] = ()
    cases: tuple[CaseStub, ...] = ()
    kind: str = "purchase"
    original: str = ""
    against: tuple[Against, ...] = ()


class IssuerStub(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer's store says, in minor units of the cardholder's account.

    `debited` was taken off it and `returned` given back by the reversal; `credited` was given to it and `withdrawn`
    taken again by the reversal; `held` was set aside and `released` of it by the reversal. Of a kind that ends a hold,
    `freed` is what it released beyond what it took, and `held_again` what its reversal set aside of that again.
    `debited_at` is when it was booked and `returned_at` when it was undone, whatever it did; `expired_at` when what it
    set aside was released because its time was over, 0 when it was not.

    What ties it to the switch's stub is the request itself: `acquirer` (DE32), `transmitted` (DE7) and `stan` (DE11).
    The `rrn` is what the request said, which another party can say too. `case` and `cases` as at the switch.
    """

    issuer: str
    rrn: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    state: str
    started_at: Instant
    updated_at: Instant
    acquirer: str = ""
    stan: str = ""
    transmitted: str = ""
    response_code: str = ""
    auth_code: str = ""
    debited: int = 0
    returned: int = 0
    debited_at: Instant = 0
    returned_at: Instant = 0
    notices: tuple[str, ...] = ()
    case: str = ""
    history: tuple[Happened, ...] = ()
    cases: tuple[CaseStub, ...] = ()
    kind: str = "purchase"
    original: str = ""
    against: tuple[Against, ...] = ()
    credited: int = 0
    withdrawn: int = 0
    held: int = 0
    released: int = 0
    freed: int = 0
    held_again: int = 0
    expired_at: Instant = 0

    @property
    def done(self) -> int:
        """How much it moved or set aside in all, minor units."""
        return self.debited + self.credited + self.held + self.freed

    @property
    def undone(self) -> int:
        """How much of that its reversal undid."""
        return self.returned + self.withdrawn + self.released + self.held_again

    @property
    def request(self) -> str:
        """What names it at this issuer: DE32/DE7/DE11, the first without leading zeros."""
        return f"{self.acquirer}/{self.transmitted}/{self.stan}"
