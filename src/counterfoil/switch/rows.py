"""The rows a step reads and writes, as values. `records.py` moves them to and from the store.

The order of the attributes is the order of the columns. None of these values is shared: each step loads its own, so a
step that fails takes its changes with it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from counterfoil.security import KeyUsage, MacAlgorithm, StoredKey
from counterfoil.step import Instant
from counterfoil.switch.lifecycle import State
from counterfoil.transaction import AttemptKey

NO_KEY = b""
# Looking a member up on its enum takes longer than making the key.
_TMK, _PIN, _MAC, _TRACK = KeyUsage.TMK, KeyUsage.PIN, KeyUsage.MAC, KeyUsage.TRACK


class Terminal(msgspec.Struct):
    """A registered terminal: whose it is, its keys, how it speaks. Batch numbers are issued here."""

    terminal: str
    merchant: str
    batch: str = "000001"
    tmk_blob: bytes = NO_KEY
    tmk_kcv: bytes = NO_KEY
    pik_blob: bytes = NO_KEY
    pik_kcv: bytes = NO_KEY
    mak_blob: bytes = NO_KEY
    mak_kcv: bytes = NO_KEY
    tdk_blob: bytes = NO_KEY
    tdk_kcv: bytes = NO_KEY
    signed_on_at: Instant = 0
    signon_stan: str = ""
    signon_code: str = ""
    overrides: str = ""
    mac_algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB
    mac_raw: bool = False
    mak_size: int = 8
    amount_limit: int = 0

    @property
    def tmk(self) -> StoredKey | None:
        """The terminal's master key; None when it was registered without one."""
        return StoredKey(_TMK, self.tmk_blob, self.tmk_kcv) if self.tmk_blob else None

    @property
    def pik(self) -> StoredKey | None:
        """The PIN key of the running sign-on."""
        return StoredKey(_PIN, self.pik_blob, self.pik_kcv) if self.pik_blob else None

    @property
    def mak(self) -> StoredKey | None:
        """The MAC key of the running sign-on; None when the terminal is not signed on."""
        return StoredKey(_MAC, self.mak_blob, self.mak_kcv) if self.mak_blob else None

    @property
    def tdk(self) -> StoredKey | None:
        """The track key of the running sign-on; None when none was asked for."""
        return StoredKey(_TRACK, self.tdk_blob, self.tdk_kcv) if self.tdk_blob else None

    def take(self, pik: StoredKey | None, mak: StoredKey | None, tdk: StoredKey | None) -> None:
        """Work under these keys from now on; all None is a sign-off."""
        self.pik_blob, self.pik_kcv = (pik.blob, pik.kcv) if pik else (NO_KEY, NO_KEY)
        self.mak_blob, self.mak_kcv = (mak.blob, mak.kcv) if mak else (NO_KEY, NO_KEY)
        self.tdk_blob, self.tdk_kcv = (tdk.blob, tdk.kcv) if tdk else (NO_KEY, NO_KEY)


class Attempt(msgspec.Struct):
    """One attempt. Amounts are minor units, `currency` is DE49, `issuer` is "" when it was never routed.

    `transmitted` and `trace` are DE7 and DE11 towards the issuer. `forwarded` is False when it is known that no byte
    of the request went upstream.
    """

    terminal: str
    batch: str
    stan: str
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

    @property
    def key(self) -> AttemptKey:
        """The key the terminal made."""
        return AttemptKey(self.terminal, self.batch, self.stan)


class Advice(msgspec.Struct):
    """A reversal advice in the outbox. `message` is its fields as JSON, without the card number."""

    rrn: str
    issuer: str
    transmitted: str
    trace: str
    message: str
    tries: int = 0
    sent_at: Instant = 0
    next_at: Instant = 0


class Trail(NamedTuple):
    """One line of evidence."""

    tick: Instant
    rrn: str
    terminal: str
    what: str
    leg: str
    message: str


class Alarm(NamedTuple):
    """Something an operator must look at. `subject` is a terminal or an issuer; `detail` holds no card data."""

    tick: Instant
    rrn: str
    subject: str
    what: str
    detail: str


class Case(NamedTuple):
    """Something a person must decide, with the number they are told."""

    number: str
    rrn: str
    at: Instant
    owner: str
    what: str
    detail: str


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
