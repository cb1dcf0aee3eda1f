"""The rows a step reads and writes, as values. `records.py` moves them to and from the store.

Whoever changes an attempt or an advice has a copy of its own, so a step that fails takes its changes with it; the other
rows do not change. None of them holds anything that could lead back to it, so the garbage collector need not look.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from counterfoil.iso8583.responses import MAC_ERROR
from counterfoil.security import MacAlgorithm, StoredKey
from counterfoil.step import Instant
from counterfoil.switch.lifecycle import INQUIRIES, State
from counterfoil.transaction import AttemptKey

SEALED: Final = f"NOT ({{0}}.processing = '' AND {{0}}.response_code = '{MAC_ERROR}')"
"""In SQL: an attempt that is not `unsealed`. Only what a terminal vouched for proves anything about the one before."""

IS_INQUIRY: Final = f"kind IN ({', '.join(map(repr, sorted(INQUIRIES)))})"
"""In SQL: an attempt of which nothing is ever booked."""


class Offer(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a sign-on was told: working keys, and the batch to work in; in effect from the first message under them.

    `code` is DE60.3 of the sign-on and `stan` its DE11, `rrn` DE37 of its answer, `at` when it was answered. `behind`
    is the batch in which the terminal stands behind what this switch has heard from it, "" where it does not. `named`
    is the batch of the sign-on, DE60.2.
    """

    batch: str
    code: str
    stan: str
    at: Instant
    rrn: str
    pik: StoredKey
    mak: StoredKey
    tdk: StoredKey | None = None
    behind: str = ""
    named: str = ""


packed: Final = msgspec.msgpack.Encoder().encode
"""The offers of a terminal as its row holds them."""
_unpacked: Final = msgspec.msgpack.Decoder(tuple[Offer, ...]).decode


def unpacked(offers: bytes) -> tuple[Offer, ...]:
    """The offers of a terminal from its row; b"" is none."""
    return _unpacked(offers) if offers else ()


class TerminalRow(msgspec.Struct, frozen=True, gc=False):
    """A registered terminal: whose it is, its keys, how it speaks. Batch numbers are issued here.

    `tmk` is the master key it was registered with; `pik`, `mak` and `tdk` (PIN, MAC, track) are those of the running
    sign-on, that of `signed_on_at`. None: it has no such key. `offers` are sign-ons that nothing has proved yet, the
    oldest first. `shared`: another device may have been told the batch too, and the next sign-on gets another one.
    """

    terminal: str
    merchant: str
    batch: str = "000001"
    tmk: StoredKey | None = None
    pik: StoredKey | None = None
    mak: StoredKey | None = None
    tdk: StoredKey | None = None
    signed_on_at: Instant = 0
    offers: tuple[Offer, ...] = ()
    overrides: str = ""
    mac_algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB
    mac_raw: bool = False
    mak_size: int = 8
    amount_limit: int = 0
    shared: bool = False


class Attempt(msgspec.Struct, gc=False):
    """One attempt. `key` is the one the terminal made; the order of the attributes is the order of the columns.

    Amounts are minor units, `currency` is DE49, `issuer` is "" when it was never routed. `transmitted` and `trace` are
    DE7 and DE11 towards the issuer. `forwarded` is False when it is known that no byte of the request went upstream.
    `kind` is the name of one of `kinds.TABLE`, "" when nobody said which (a tombstone, a burnt key). `original` is the
    transaction it refers to (TERMINAL/BATCH/STAN), `balances` what the issuer told of the account (DE54), "" for none.
    """

    key: AttemptKey
    rrn: str
    state: State
    merchant: str
    processing: str = ""
    amount: int = 0
    currency: str = ""
    entry_mode: str = ""
    condition: str = ""
    token: str = ""
    first6: str = ""
    last4: str = ""
    pan: bytes = b""
    issuer: str = ""
    transmitted: str = ""
    trace: str = ""
    forwarded: bool = False
    deadline: Instant = 0
    response_code: str = ""
    auth_code: str = ""
    started_at: Instant = 0
    answered_at: Instant = 0
    updated_at: Instant = 0
    reversal_reason: str = ""
    reversal_rrn: str = ""
    reversal_tries: int = 0
    reversal_code: str = ""
    case_number: str = ""
    kind: str = ""
    original: str = ""
    balances: str = ""

    @property
    def terminal(self) -> str:
        """The terminal that made it."""
        return self.key.terminal

    @property
    def burnt(self) -> bool:
        """Whether its key was refused before anybody looked at what was asked under it (strangers.py)."""
        return not self.processing and self.state is State.DECLINED

    @property
    def unsealed(self) -> bool:
        """Whether a message without a valid MAC burnt it: its terminal may know nothing of it."""
        return self.burnt and self.response_code == MAC_ERROR


class OwedAdvice(msgspec.Struct, gc=False):
    """A reversal advice in the outbox. `message` is its fields as JSON, without the card number.

    `tries` counts how often it was sent, `hangups` how often the issuer ended the connection it was on its way on.
    `family` is the key of the transaction that began what it belongs to (TERMINAL/BATCH/STAN); `owed_at`, a tick, is
    the order in a family.
    The order of the attributes is the order of the columns.
    """

    rrn: str
    issuer: str
    transmitted: str
    trace: str
    message: str
    tries: int = 0
    sent_at: Instant = 0
    next_at: Instant = 0
    family: str = ""
    owed_at: Instant = 0
    hangups: int = 0


class Trail(msgspec.Struct, gc=False):
    """A row of evidence: what was heard or happened, and what the switch said to it in the same breath, if anything.

    `tick` is that of the last line in it, `then_after` how many ticks the first one came before that. The order of the
    attributes is the order of the columns.
    """

    tick: Instant
    rrn: str
    terminal: str
    what: str
    leg: str
    message: str
    then_after: Instant = 0
    then_what: str = ""
    then_leg: str = ""
    then_message: str = ""


class Alarm(NamedTuple):
    """Something an operator must look at. `subject` is a terminal or an issuer; `detail` holds no card data."""

    tick: Instant
    rrn: str
    subject: str
    what: str
    detail: str


class Case(NamedTuple):
    """Something a person must decide, with the number they are told. `ended_at` is 0 while it is open."""

    number: str
    rrn: str
    at: Instant
    owner: str
    what: str
    detail: str
    ended_at: Instant = 0
    how: str = ""


class Quarantined(NamedTuple):
    """A message that could not be processed, as far as it may be kept."""

    tick: Instant
    link: str
    reason: str
    message: str


class IssuerRow(NamedTuple):
    """An issuer: its link's name, its institution number (DE44.1) and the zone keys shared with it."""

    name: str
    institution: str
    pin: StoredKey
    mac: StoredKey
