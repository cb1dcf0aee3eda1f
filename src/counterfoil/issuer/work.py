"""The working set of one step: what it read, what it will write, and its one commit.

Whoever comes later in the step sees what was put before. Statements and columns are those of `records.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self

import msgspec

from counterfoil.errors import OurError
from counterfoil.issuer import card_accounts, chart
from counterfoil.issuer.card import Card
from counterfoil.issuer.effect import key_of_record, record_ids
from counterfoil.issuer.families import (
    Family,
    families,
    hold_row,
    resolution_row,
)
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.records import (
    ADVICE_COLUMNS,
    DELETE_EXPIRING,
    DELETE_OUTBOX,
    END_CASES,
    INSERT_ADVICE,
    INSERT_ALARM,
    INSERT_CASE,
    INSERT_EXPIRING,
    INSERT_HOLD,
    INSERT_OUTBOX,
    INSERT_RESOLUTION,
    INSERT_TRAIL,
    LEG_IN,
    SELECT_ADVICES,
    SELECT_ARCHIVED,
    SELECT_FALLEN,
    SELECT_TXNS,
    UPDATE_TXN,
    Records,
    json,
    moves,
)
from counterfoil.issuer.rows import (
    NO_LINE,
    AdviceRow,
    Alarm,
    Case,
    Counts,
    EvidenceLine,
    KnownCard,
    Notice,
    OwedNotices,
    Quota,
    Trail,
    Txn,
    txn_of,
)
from counterfoil.ledger import Account, Book, Entry
from counterfoil.step import Instant
from counterfoil.storage import forgotten


class Work:
    """What one step knows and what it will write. Whoever comes later in the step sees what was put before."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._store = records.store
        self.txns: dict[str, Txn] = {}
        self.archived: dict[str, str] = {}  # the states of purchases that left for the archive, by key
        self.advices: dict[str, AdviceRow] = {}
        self.cards: dict[str, Card] = {}
        self._book: Book | None = None
        self._last_entries: dict[str, str] = {}  # of the accounts that were loaded
        self._new_txns: dict[str, Txn] = {}
        self._lines: dict[str, EvidenceLine] = {}  # what a new purchase began with, by key
        self._changed_txns: dict[str, Txn] = {}
        self._new_advices: list[AdviceRow] = []
        self._changed_cards: dict[str, Card] = {}
        self._trail: list[Trail] = []
        self._alarms: list[Alarm] = []
        self._cases: list[Case] = []
        self._forgotten: list[forgotten.Forgotten] = []
        self._ended: list[tuple[Instant, str, str, str]] = []
        self._notices: list[Notice] = []
        self._delivered: list[int] = []
        self.owed: OwedNotices | None = None
        self.quota = Quota()
        self._enrolled = False

    def __enter__(self) -> Self:
        self._store.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._store.rollback()

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(
        self,
        txns: Sequence[str],
        advices: Sequence[str],
        tokens: Iterable[str],
        contra: Iterable[str],
        records: Collection[str] = (),
        named: Sequence[str] = (),
    ) -> None:
        """Everything a step needs, in a few SELECTs per table whatever its size.

        `txns` are the keys of its requests and of all that is `named` in them and in advices as an original, `tokens`
        its cards, `contra` the accounts (clearing) its requests go to, `records` other entries, holds and ends of holds
        that it undoes or adds to: they and what the named have booked are loaded with their families, and the accounts
        of both their sides.
        """
        keys = self._records.maybe_known(txns)
        if keys:
            self._read(keys)
        if advices:
            rows = self._store.select_in(SELECT_ADVICES, advices)
            self.advices = {row[0]: AdviceRow(**dict(zip(ADVICE_COLUMNS, row, strict=True))) for row in rows}
        originals = [self.txns[key] for key in dict.fromkeys(named) if key in self.txns]
        originals = [txn for txn in originals if txn.state is State.POSTED]
        if above := [txn.original for txn in originals if txn.original and txn.original not in self.txns]:
            self._read(above)
        wanted = [token for token in {**dict.fromkeys(tokens), **{txn.token: None for txn in originals}} if token]
        ids = [*records, *(record_id for txn in originals for record_id in record_ids(txn))]
        self._open_book(wanted, contra, families(self._store, ids) if ids else None)

    def _read(self, keys: Sequence[str]) -> None:
        self.txns.update((row[0], txn_of(row)) for row in self._store.select_in(SELECT_TXNS, keys))
        if unknown := [key for key in keys if key not in self.txns]:
            self.archived.update(self._store.select_in(SELECT_ARCHIVED, unknown))

    def _open_book(self, tokens: Iterable[str], contra: Iterable[str], family: Family | None) -> None:
        """The book of this step: these cards, these accounts, and both sides of all that a family names."""
        cards = [self._take(held) for held in self._held(tokens).values()]
        if family is None:
            self._book = Book([*cards, *map(chart.contra, dict.fromkeys(contra))])
            return
        sides = {**dict.fromkeys(contra), **family.sides()}
        on = [side for side in sides if chart.is_cardholders(side) and side not in self._last_entries]
        rows = self._store.select_in(card_accounts.SELECT_CARDS_ON, on)
        cards += [self._take(card_accounts.held_of(row)) for row in rows]
        self._book = Book(
            [*cards, *(chart.contra(side) for side in sides if not chart.is_cardholders(side))],
            entries=family.entries.values(),
            holds=family.holds.values(),
            resolutions=family.resolutions.values(),
            undone=self._undone(family),
        )

    def _undone(self, family: Family) -> list[str]:
        """The entries of a family of which a reversal was acknowledged, whether or not anything was left to go back."""
        keys = {entry.id: key_of_record(entry.id) for entry in family.entries.values() if not entry.reverses}
        fallen = {key for key, txn in self.txns.items() if txn.state is State.REVERSED}
        if others := [key for key in dict.fromkeys(keys.values()) if key not in self.txns]:
            fallen.update(key for (key,) in self._store.select_in(SELECT_FALLEN, others))
            archived = self._store.select_in(SELECT_ARCHIVED, others)
            fallen.update(key for key, state in archived if state == State.REVERSED)
        return [record_id for record_id, key in keys.items() if key in fallen]

    def _take(self, held: KnownCard) -> Account:
        card, account, last_entry = held
        self.cards[card.token] = card
        self._last_entries[account.id] = last_entry
        return account

    def _held(self, tokens: Iterable[str]) -> dict[str, KnownCard]:
        found, missing = self._records.held.split(tokens)
        if missing:
            read = map(card_accounts.held_of, self._store.select_in(card_accounts.SELECT_CARDS, missing))
            found.update((held.card.token, held) for held in read)
        return found

    @property
    def book(self) -> Book:
        """The accounts that were loaded, and what this step moves between them."""
        if self._book is None:
            self._book = Book([])
        return self._book

    # --- writing ----------------------------------------------------------------------------------------------------

    def begin(self, txn: Txn, line: EvidenceLine) -> None:
        """A purchase never seen before, and the message it began with."""
        self.txns[txn.key] = self._new_txns[txn.key] = txn
        self._lines[txn.key] = line

    def put(self, txn: Txn) -> None:
        """A purchase moved on, or known before it began (a tombstone)."""
        fresh = txn.key not in self.txns or txn.key in self._new_txns
        (self._new_txns if fresh else self._changed_txns)[txn.key] = txn
        self.txns[txn.key] = txn

    def put_card(self, card: Card) -> None:
        """A card with its counters moved."""
        if self.cards.get(card.token) != card:
            self.cards[card.token] = self._changed_cards[card.token] = card

    def put_advice(self, advice: AdviceRow) -> None:
        """An advice, answered."""
        self.advices[advice.key] = advice
        self._new_advices.append(advice)

    def saw(self, trail: Trail) -> None:
        """A line of evidence of anything but the beginning of a purchase."""
        self._trail.append(trail)

    def alarm(self, alarm: Alarm) -> None:
        """Something for an operator."""
        self._alarms.append(alarm)

    def open_case(self, case: Case) -> None:
        """Something for a person to decide."""
        self._cases.append(case)

    def end_cases(self, txn: str, now: Instant, how: str, *, but: str = "") -> None:
        """What a person was to decide has settled itself, all `but` the case of this number; the rows stay."""
        self._ended.append((now, how, txn, but))
        ended = [one.txn == txn and one.number != but for one in self._cases]
        self._cases = [
            one._replace(ended_at=now, how=how) if ends else one for one, ends in zip(self._cases, ended, strict=True)
        ]

    def forget(self, row: forgotten.Forgotten) -> None:
        """Something that this store, or the switch's, does not know any more."""
        self._forgotten.append(row)

    def withholds(self, token: str) -> bool:
        """Whether the switch has forgotten something of this card, and nobody has ended that."""
        return token in self._records.withheld or any(row.token == token for row in self._forgotten)

    def tell(self, notice: Notice) -> None:
        """A message to a cardholder, said once this step is committed."""
        self._notices.append(notice)

    def delivered(self, rows: Iterable[int]) -> None:
        """Every delivery of these rows of the outbox was reported: they may go."""
        self._delivered.extend(rows)

    def enrol(self, cards: Sequence[Card], opened: Sequence[tuple[Account, Entry | None]]) -> None:
        """New cards, their accounts, and the entries that fund them."""
        self._enrolled = True
        rows = [card_accounts.opened(card, *account) for card, account in zip(cards, opened, strict=True)]
        self._store.executemany(card_accounts.INSERT_ACCOUNT, rows)
        self._store.executemany(card_accounts.INSERT_CARD, [card_accounts.card_row(card) for card in cards])
        funding = [chart.row_of(entry) for _, entry in opened if entry is not None]
        self._store.executemany(self._records.insert_entry, funding)

    def known_cards(self, tokens: Sequence[str]) -> set[str]:
        """Which of these are enrolled."""
        return {
            card_accounts.held_of(row).card.token for row in self._store.select_in(card_accounts.SELECT_CARDS, tokens)
        }

    @property
    def writes(self) -> bool:
        """Whether there is anything to commit."""
        return bool(
            self._enrolled
            or self._new_txns
            or self._changed_txns
            or self._new_advices
            or self._changed_cards
            or self._trail
            or self._alarms
            or self._forgotten
            or self._delivered
            or (self._book is not None and self._book.wrote)
        )

    def commit(self, now: int) -> None:
        """One executemany per table, one COMMIT. Nothing to write: no commit."""
        if not self.writes:
            return
        many = self._store.executemany
        many(self._records.insert_txn, self._born())
        many(UPDATE_TXN, [(*moves(txn), txn.key) for txn in self._changed_txns.values()])
        many(INSERT_ADVICE, [msgspec.structs.astuple(advice) for advice in self._new_advices])
        many(self._records.insert_entry, self._booked())
        many(INSERT_HOLD, [hold_row(hold) for hold in self.book.new_holds])
        many(INSERT_RESOLUTION, [resolution_row(end) for end in self.book.new_resolutions])
        ended = {end.hold for end in self.book.new_resolutions}
        open_ = [hold for hold in self.book.new_holds if hold.expires_at and hold.id not in ended]
        many(INSERT_EXPIRING, [(hold.id, hold.expires_at) for hold in open_])
        many(DELETE_EXPIRING, [(hold,) for hold in ended])
        many(card_accounts.UPDATE_ACCOUNT, self._changed_accounts())
        seq = self._records.seq
        last = seq + len(self._trail) + len(self._alarms) + bool(self._notices)
        reserved = self._records.reserve(last)
        trail = enumerate(self._trail, start=seq + 1)
        many(
            INSERT_TRAIL,
            [(txn, n, at, line.what, LEG_IN, line.told, line.answered) for n, (at, txn, line) in trail],
        )
        alarms = enumerate(self._alarms, start=seq + len(self._trail) + 1)
        many(INSERT_ALARM, [(n, *alarm) for n, alarm in alarms])
        many(END_CASES, self._ended)
        many(INSERT_CASE, self._cases)
        many(forgotten.INSERT, self._forgotten)
        if self._notices:
            self.owed = OwedNotices(last, tuple(self._notices))
            many(INSERT_OUTBOX, [(last, now, json(self._notices).decode())])
        many(DELETE_OUTBOX, [(row,) for row in self._delivered])
        self._store.commit()
        self._records.counted(last, reserved)
        self._remember()

    def _born(self) -> list[tuple[Any, ...]]:
        """The new purchases in the order of BEGUN_COLUMNS."""
        line_of, part = self._lines.get, self._records.parts.now
        rows = []
        for key, txn in self._new_txns.items():
            line = line_of(key, NO_LINE)
            row = msgspec.structs.astuple(txn)
            rows.append((*row[:-2], part, line.what, line.told, line.answered, *row[-2:]))
        return rows

    def _booked(self) -> list[tuple[Any, ...]]:
        """The new entries as the table has them, each behind the ones before it on the statements of its cards."""
        last = self._last_entries
        rows = []
        for entry in self.book.new_entries:
            debit, credit = entry.debit, entry.credit
            rows.append(chart.row_of(entry, last.get(debit, ""), last.get(credit, "")))
            if debit in last:
                last[debit] = entry.id
            if credit in last:
                last[credit] = entry.id
        return rows

    def _changed_accounts(self) -> list[tuple[Any, ...]]:
        """Whose balance or counters have moved, each once, as UPDATE_ACCOUNT takes them.

        Raises OurError for a changed account that is no loaded card's: its balance would not be written.
        """
        changed = {account.id: account for account in self.book.changed_accounts}
        rows = []
        for token, card in self.cards.items():
            account = changed.pop(card.account, None)
            if account is None and token in self._changed_cards:
                account = self.book.account(card.account)
            if account is not None:
                rows.append(card_accounts.changed(card, account, self._last_entries[account.id]))
        if changed:
            raise OurError("an account changed whose card this step did not load")
        return rows

    def _remember(self) -> None:
        """What the commit that has just returned made true."""
        self._records.wrote(self._new_txns)
        if self.book.new_holds or self.book.new_resolutions:
            self._records.expired()
        self._records.withheld.update(row.token for row in self._forgotten if row.token)
        self._records.parts.grew(len(self._new_txns))
        new = (self._new_txns, self._new_advices, self._cases, self._alarms, ())
        self._records.grew(Counts(*map(len, new)))
        account, last = self.book.account, self._last_entries
        held = {token: KnownCard(card, account(card.account), last[card.account]) for token, card in self.cards.items()}
        self._records.held.keep_all(held)
