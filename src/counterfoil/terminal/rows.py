"""The two nouns of the terminal: the device as it is registered here, and one attempt at a transaction."""

from __future__ import annotations

from typing import Any, Final, Self

import msgspec

from counterfoil import money
from counterfoil.errors import PeerError
from counterfoil.iso8583 import nested
from counterfoil.kinds import BY_NAME, PURCHASE, Kind
from counterfoil.receipts.copies import Copies, CopyState, worst
from counterfoil.receipts.document import Copy
from counterfoil.security import KeyUsage, StoredKey
from counterfoil.step import Instant
from counterfoil.terminal.causes import CANCELLED
from counterfoil.terminal.lifecycle import BY_KIND, CAUSES, REASONS, Event, State, moved
from counterfoil.transaction import NO_BATCH, Against, AttemptKey, Balance, CaseStub, Happened, TerminalStub

HANDED_OVER: Final = "reversal_escalated"
"""The batch of a terminal the host has not given one yet: never the host's own, so no key of it can be in use there."""

FIRST_CONTENT: Final = 3
"""Blanks in `Attempt.content` as long as it did not name the terminal."""

BORN_WITH: Final = frozenset(
    [
        "terminal",
        "batch",
        "stan",
        "merchant",
        "amount",
        "currency",
        "card",
        "last4",
        "entry",
        "started_at",
        "key",
        "content",
        "retry_of",
        "place",
        "kind",
        "original",
    ]
)
"""What an attempt is made with and keeps: the store writes it once."""

LETTERS: Final = {"01": "M", "02": "S", "05": "I", "07": "C", "91": "C", "92": "N", "96": "C"}
"""How the card number came in, as slips print it beside the card, by the first two digits of DE22."""

AT_AN_END: Final = frozenset(
    {State.CLOSED, State.DECLINED, State.NOT_SENT, State.REVERSED, State.ESCALATED, State.LAPSED}
)
"""What this terminal asks nothing more about: no reversal can be needed, so the card number goes at once."""

BALANCES: Final = {"01": "ledger", "02": "available"}
"""What balances are called, by the amount type of DE54."""

INDEXED: Final = frozenset(["auth_code", "rrn", "root", "balances"])
"""By what it is found that may still change, once or twice in its life; and what is told with it."""


class Device(msgspec.Struct, frozen=True):
    """One terminal: who it is, its keys (sealed), its batch, the last STAN it used, and the printers it was given.

    A printer is an address, NO_PRINTER, or "" for the one the settings name.
    """

    terminal: str
    merchant: str
    name: str
    operator: str
    tpdu: bytes
    header: bytes
    tmk: bytes
    tmk_kcv: bytes
    pik: bytes = b""
    pik_kcv: bytes = b""
    mak: bytes = b""
    mak_kcv: bytes = b""
    batch: str = NO_BATCH
    stan: int = 0
    printer: str = ""
    printer2: str = ""

    def after(self, earlier: Self) -> bool:
        """Whether this is the earlier one with another STAN, and nothing else."""
        return msgspec.structs.replace(earlier, stan=self.stan) == self

    @property
    def master(self) -> StoredKey:
        """The terminal master key."""
        return StoredKey(KeyUsage.TMK, self.tmk, self.tmk_kcv)

    @property
    def pin_key(self) -> StoredKey:
        """The working key for PIN blocks of this sign-on."""
        return StoredKey(KeyUsage.PIN, self.pik, self.pik_kcv)

    @property
    def mac_key(self) -> StoredKey:
        """The working key for MACs of this sign-on."""
        return StoredKey(KeyUsage.MAC, self.mak, self.mak_kcv)


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at a transaction, as the store keeps it: everything its reversal needs, nothing of loop.md's list.

    `pan` is the encrypted card number, dropped when no reversal can be needed any more, or on its date. `root` is the
    first attempt of a chain of retries, `linked` says that there is such a chain. `cause` says why nothing was sent, or
    why it does not stand (causes.py). The copies of the receipt are each in a state of
    receipts/copies.py, with the number of the print that may be its ORIGINAL; the bank's is optional and keeps no sale
    open. `trouble` is what the printer last said was wrong. `place` is its number among all sales and lines of evidence
    of the store, by which its evidence is found. `kind` is the name of one of `kinds.TABLE`, `original` the reference
    of the transaction it refers to, `balances` DE54 of the answer that told them. An amount of 0 is none.
    """

    terminal: str
    batch: str
    stan: str
    merchant: str
    amount: int
    currency: str
    card: str
    last4: str
    pan: bytes
    entry: str
    state: State
    started_at: Instant
    updated_at: Instant
    due: Instant = 0
    response_code: str = ""
    rrn: str = ""
    auth_code: str = ""
    key: str = ""
    content: str = ""
    retry_of: str = ""
    root: str = ""
    linked: bool = False
    reason: str = ""
    tries: int = 0
    merchant_copy: CopyState = CopyState.NONE
    cardholder_copy: CopyState = CopyState.NONE
    copies_sent: int = 0
    case: str = ""
    operator: str = ""
    cause: str = ""
    merchant_original: int = 0
    cardholder_original: int = 0
    trouble: str = ""
    bank_copy: CopyState = CopyState.NONE
    bank_original: int = 0
    place: int = 0
    kind: str = PURCHASE.name
    original: str = ""
    balances: str = ""

    @property
    def described(self) -> Kind:
        """What kind of transaction it is."""
        return BY_NAME[self.kind]

    @property
    def entry_letter(self) -> str:
        """How the card number came in, as slips print it; "" for none of the known ways."""
        return LETTERS.get(self.entry[:2], "")

    @property
    def ref(self) -> str:
        """TERMINAL/BATCH/STAN."""
        return f"{self.terminal}/{self.batch}/{self.stan}"

    @property
    def number(self) -> AttemptKey:
        """The key of the attempt."""
        return AttemptKey(self.terminal, self.batch, self.stan)

    @property
    def asked(self) -> str:
        """Everything the till asked for under its key, as far as it may be kept: what a repeat must ask for again.

        Amount, currency, card, the attempt it replaces, terminal, and how the card came in, with a PIN or without.
        Earlier versions left the last two out of `content`.
        """
        whole = self.content.count(" ") > FIRST_CONTENT
        return self.content if whole else f"{self.content} {self.terminal} {self.entry}"

    @property
    def frees_key(self) -> bool:
        """Whether the till's key may be used again: nothing was sent, and not because a person said so."""
        return self.state is State.NOT_SENT and self.cause != CANCELLED

    @property
    def receipt(self) -> CopyState:
        """The merchant's and the cardholder's copy in one word, the worse one counts."""
        return worst((self.merchant_copy, self.cardholder_copy))

    @property
    def each_copy(self) -> tuple[CopyState, ...]:
        """The states of all copies, in the order of `Copy`."""
        return self.merchant_copy, self.cardholder_copy, self.bank_copy

    def copies(self, copy: Copy) -> Copies:
        """What is known of one copy."""
        if copy is Copy.MERCHANT:
            return Copies(self.merchant_copy, self.merchant_original)
        if copy is Copy.CARDHOLDER:
            return Copies(self.cardholder_copy, self.cardholder_original)
        return Copies(self.bank_copy, self.bank_original)

    def changed(self, **changes: Any) -> Self:
        """This attempt with some fields replaced; never its state, nor what it was born with."""
        assert BORN_WITH.isdisjoint(changes)
        assert "state" not in changes  # only `after` moves an attempt
        return msgspec.structs.replace(self, **changes)

    def after(self, event: Event, now: Instant, **changes: Any) -> Self:
        """The attempt after an event of its lifecycle; OurError when the table has no such move."""
        assert BORN_WITH.isdisjoint(changes)
        state = moved(self.state, event, BY_KIND[self.kind])
        if state is State.REVERSING and self.state is not State.REVERSING:
            changes.setdefault("reason", REASONS[event])
            changes.setdefault("cause", CAUSES[event])
        elif state is State.LAPSED:
            changes.setdefault("cause", CAUSES[event])
        if state in AT_AN_END:
            changes |= {"pan": b"", "due": 0}
        elif state is State.APPROVED:
            changes["due"] = 0
        return msgspec.structs.replace(self, state=state, updated_at=now, **changes)

    def stub(self, history: tuple[Happened, ...] = (), against: tuple[Against, ...] = ()) -> TerminalStub:
        """What this store says of the transaction, for verdicts and people."""
        return TerminalStub(
            ref=self.ref,
            terminal=self.terminal,
            merchant=self.merchant,
            amount=self.amount,
            currency=self.currency,
            last4=self.last4,
            state=self.state.value,
            started_at=self.started_at,
            updated_at=self.updated_at,
            response_code=self.response_code,
            rrn=self.rrn,
            auth_code=self.auth_code,
            key=self.key,
            retry_of=self.retry_of,
            reversal_reason=self.reason,
            reversal_tries=self.tries,
            cause=self.cause,
            receipt=self.receipt.value,
            trouble=self.trouble,
            case=self.case,
            due=self.due,
            history=history,
            cases=(CaseStub(number=self.case, what=HANDED_OVER, at=self.updated_at, owner="supervisor"),)
            if self.case
            else (),
            kind=self.kind,
            original=self.original,
            against=against,
            balances=balances_of(self.balances),
        )


def copied(copy: Copy, known: Copies) -> dict[str, Any]:
    """What is known of one copy as changes of an attempt."""
    return {f"{copy}_copy": known.state, f"{copy}_original": known.original}


def balances_of(told: str) -> tuple[Balance, ...]:
    """The balances in a DE54 that may be believed; PeerError when it cannot be read, or names a currency nobody knows.

    Amounts of other types than BALANCES are none.
    """
    items = nested.de54(told) if told else []
    if any(item.currency not in money.BY_NUMBER for item in items):
        raise PeerError("a balance in a currency that nobody knows")
    return tuple(
        Balance(BALANCES[item.type], money.BY_NUMBER[item.currency], item.minor)
        for item in items
        if item.type in BALANCES
    )
