"""The rows a step reads and writes, as values. `records.py` moves them to and from the store."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.issuer.card import Card
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.refusal import Refusal
from counterfoil.ledger import Account
from counterfoil.security import StoredKey, last4_only
from counterfoil.step import Instant
from counterfoil.transaction import Happened

# The fields an answer repeats of its request.
ECHOED = (2, 3, 4, 7, 11, 12, 13, 32, 33, 37, 41, 42, 49, 70, 90)
UNAUTHENTICATED = frozenset({Refusal.FORMAT.value, Refusal.MAC_WRONG.value})


class Txn(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction, decided. The order of the attributes is the order of the columns of `txn`.

    `refusal` is the value of a `Refusal`, "" when there was none; `debited_at` and `returned_at` are 0 until booked.
    `kind` is the name of one of `kinds.TABLE`, "" when nobody said which (a tombstone, what cannot be read). `original`
    is the key of the transaction it refers to, "" for none. A kind that books nothing has no `debited_at`.
    """

    key: str
    rrn: str
    token: str
    account: str
    first6: str
    last4: str
    processing: str
    amount: int
    currency: str
    terminal: str
    merchant: str
    state: State
    refusal: str = ""
    code: str
    auth_code: str = ""
    started_at: Instant
    updated_at: Instant
    debited_at: Instant = 0
    returned_at: Instant = 0
    case_number: str = ""
    kind: str = ""
    original: str = ""

    @property
    def authentic(self) -> bool:
        """False for a row made by a message that nobody vouched for: its key is burnt, its content means nothing."""
        return self.refusal not in UNAUTHENTICATED

    @property
    def record_id(self) -> str:
        """The id of its first record in the ledger."""
        return self.key

    @property
    def return_id(self) -> str:
        """The id of the first record that undoes it."""
        return f"{self.key}/reversal"


TXN_COLUMNS: Final = Txn.__struct_fields__
STATE: Final = TXN_COLUMNS.index("state")


def txn_of(row: tuple[Any, ...]) -> Txn:
    """A row of `txn` as its value."""
    return Txn(**{**dict(zip(TXN_COLUMNS, row, strict=True)), "state": State(row[STATE])})


class AdviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reversal advice, answered. The order of the attributes is the order of the columns of `advice`."""

    key: str
    original: str
    rrn: str
    amount: int
    terminal: str
    merchant: str
    reason: str
    outcome: str
    code: str
    at: Instant


class Case(NamedTuple):
    """Something a person must decide, with the number they are told. `ended_at` is 0 while it is open."""

    number: str
    txn: str
    rrn: str
    at: Instant
    what: str
    detail: str
    ended_at: Instant = 0
    how: str = ""


class EvidenceLine:
    """One message as evidence: what it was, what may be kept of it (`Dialect.told`), and what answered it.

    `answered` is "" until it is answered, then the answer's type, DE39 and DE38: an answer repeats its request
    (`ECHOED`), so it is kept as what it adds to that.
    """

    __slots__ = ("answered", "told", "what")

    def __init__(self, what: str, told: str) -> None:
        self.what = what
        self.told = told
        self.answered = ""


NO_LINE: Final = EvidenceLine("", "")


class Trail(NamedTuple):
    """A line of evidence that is not the beginning of a purchase, filed under the purchase it is about, if any."""

    at: Instant
    txn: str
    line: EvidenceLine


def read_line(at: Instant, what: str, told: str, answered: str) -> list[Happened]:
    """What a line says happened: that a message came, and what answered it."""
    message = msgspec.json.decode(last4_only(told))
    message.pop("mti", None)  # `what` says it
    happened = [Happened(at, what, message)]
    if answered:
        mti, code, *auth_code = answered.split()
        kept = {number: message[number] for number in map(str, ECHOED) if number in message}
        added = {**({"38": auth_code[0]} if auth_code else {}), "39": code}
        happened.append(Happened(at, f"{mti} answered", {**kept, **added}))
    return happened


class Quota(NamedTuple):
    """What was kept within an hour of messages without a valid MAC, and how many more came."""

    hour: int = 0
    lines: int = 0
    more: int = 0


class Alarm(NamedTuple):
    """Something an operator must look at. `detail` holds no card data."""

    at: Instant
    txn: str
    what: str
    detail: str


class Notice(NamedTuple):
    """A message to a cardholder. `name` is unique, so that delivering it twice delivers it once."""

    name: str
    text: str


class OwedNotices(NamedTuple):
    """The notices a step owes, and the row of the outbox that holds them."""

    row: int
    notices: tuple[Notice, ...]


class IssuerKeys(NamedTuple):
    """The keys of this issuer: shared with the switch (`mac`, `pin`) and its own (`pvk`, `cvk`, `token`)."""

    mac: StoredKey
    pin: StoredKey
    pvk: StoredKey
    cvk: StoredKey
    token: StoredKey


class Counts(NamedTuple):
    """How many rows there are of each kind."""

    transactions: int
    advices: int
    cases: int
    alarms: int
    quarantined: int


class KnownCard(NamedTuple):
    """A card, its account and the last entry of that, "" for none, as the last commit left them."""

    card: Card
    account: Account
    last_entry: str
