"""Whatever the ledger books reaches the store in the commit of its step, and the next process reads it back.

Holds, increments, movements between two cards, what stands against an original, what is forced and what is undone: no
message asks for most of them yet, so the steps here ask the book as a station will. Beside the store runs one book that
is never written down; that says every time what the answer and every account must be.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.errors import Refused
from counterfoil.issuer import chart, statement
from counterfoil.issuer.families import (
    SELECT_ENTRIES,
    families,
    hold_of,
    hold_row,
    resolution_of,
    resolution_row,
)
from counterfoil.issuer.records import Records
from counterfoil.issuer.rows import Alarm
from counterfoil.issuer.stubs import ENDS, HOLDS, accounts, cards, unbalanced, violations
from counterfoil.issuer.work import Work
from counterfoil.ledger import Book, Entry, Hold, HoldOutcome, Resolution, undo
from counterfoil.step import CommitFailed
from counterfoil.storage import Store, migrations_of, open_store
from failing_disk import Disk, killed, power_cut
from issuer.bank import NOON, Bank

CLEARING: Final = "clearing:00010344:CNY"
NAMES: Final = ("alice", "bob")
Ask = Callable[[Book, dict[str, Any]], Any]


class Kept:
    """One issuer's store, and the book beside it that holds all that ever happened."""

    def __init__(self, path: Path | None = None) -> None:
        self.bank = Bank(path, enrol=NAMES)
        self.card = {name: str(self.bank.card(name)["account"]) for name in NAMES}
        self.tokens = {account: token for token, account in self.bank.rows("card", "token, account")}
        entries = [chart.entry_of(row) for row in self.bank.rows("entry", ", ".join(chart.ENTRY_COLUMNS))]
        owned = [chart.cardholder(account, "CNY", 500_000) for account in self.card.values()]
        self.whole = Book([*owned, chart.contra(CLEARING)], entries=entries)
        self.made: dict[str, Any] = {}
        self.now = NOON

    def records(self) -> Records:
        return Records(self.bank.store)

    def step(self, step: Work, names: list[str], ask: Ask) -> Any:
        """One step of a station: it loads what it names, and asks."""
        step.load([], [], self.tokens.values(), [CLEARING], names)
        return ask(step.book, self.made)

    def asks(self, names: list[str], ask: Ask) -> str:
        """Asks the store's book and the one beside it; "" or the refusal, which is the answer of both."""
        wanted = got = ""
        whole: Any = None
        try:
            whole = ask(self.whole, self.made)
        except Refused as refused:
            wanted = str(refused)
        with Work(self.records()) as step:
            try:
                assert self.step(step, names, ask) == whole
            except Refused as refused:
                got = str(refused)
            step.commit(self.now)
        assert got == wanted
        for record in whole if isinstance(whole, list) else [whole]:
            if record is not None:
                self.made[record.id] = record
        return got

    def assert_same(self) -> None:
        store = self.bank.store
        assert violations(store) == []
        assert unbalanced(store) == []
        kept = {one["id"]: (one["balance"], one["held"]) for one in accounts(store)["accounts"]}
        for account in self.card.values():
            mine = self.whole.account(account)
            assert kept[account] == (mine.balance, mine.held)
            lines = statement(store, account)
            assert lines[-1]["balance"] == mine.balance
            booked = [e for e in self.whole.new_entries if account in (e.debit, e.credit)]
            assert len(lines) == 1 + len(booked)
        found = families(store, [record.id for record in self.whole.new_entries])
        assert [found.entries[entry.id] for entry in self.whole.new_entries] == self.whole.new_entries
        assert {row[0] for row in store.query(HOLDS)} == {hold.id for hold in self.whole.new_holds}
        assert {row[0] for row in store.query(ENDS)} == {end.hold for end in self.whole.new_resolutions}


names = st.sampled_from([f"r{n}" for n in range(9)])
sides = st.sampled_from(["alice", "bob", "clearing"])
amounts = st.sampled_from([1, 700, 200_000, 500_000])
verbs = st.sampled_from(["move", "move", "hold", "hold", "post", "void", "undo", "undo", "again", "time", "restart"])
actions = st.tuples(verbs, names, names, sides, sides, amounts, st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(actions, min_size=3, max_size=25))
def test_a_store_knows_what_a_book_that_was_never_closed_knows(story: list[tuple[Any, ...]]) -> None:
    kept = Kept()
    for number, action in enumerate(story):
        play(kept, f"u{number}", *action)
    kept.assert_same()


def play(
    kept: Kept, undoing: str, verb: str, name: str, of: str, debit: str, credit: str, amount: int, flag: bool
) -> None:
    """One thing that may happen: a request, time, or another process."""
    sides = kept.card.get(debit, CLEARING), kept.card.get(credit, CLEARING)
    way: tuple[Any, ...] = (*sides, amount, "CNY", kept.now, "r")
    other, at, original, first = kept.made.get(of), kept.now, "", ""
    if isinstance(other, Entry) and flag:
        original, way = of, (other.credit, other.debit, *way[2:])
    if isinstance(other, Hold) and flag and verb == "hold":
        first, way = of, (other.debit, other.credit, *way[2:])
    forced = not flag and amount == 200_000
    asked: dict[str, Ask] = {
        "move": lambda book, _: book.transfer(name, *way, original=original, forced=forced),
        "hold": lambda book, _: book.hold(name, *way, ttl=3 if amount == 1 else 0, original=first),
        "post": lambda book, _: book.post(name, of, at, amount if flag else None),
        "void": lambda book, _: book.void(name, of, at),
        "again": lambda book, _: book.again(name, of, at),
        "undo": lambda book, made: undo(book, undoing, [made[of]] if of in made else [], at),
    }
    if verb == "time":
        kept.now += 2
    elif verb == "restart":
        kept.bank.restart()
    elif verb != "undo" or not getattr(other, "reverses", ""):
        kept.asks([name, of, undoing], asked[verb])


def test_an_open_hold_is_beside_the_balance_and_a_purchase_cannot_spend_it() -> None:
    kept = Kept()
    alice = kept.card["alice"]
    kept.asks([], lambda book, _: book.hold("H", alice, CLEARING, 499_000, "CNY", NOON, "r"))
    kept.bank.restart()
    assert [(one["name"], one["balance"], one["held"]) for one in cards(kept.bank.store)] == [
        ("alice", 500_000, 499_000),
        ("bob", 500_000, 0),
    ]
    bank = kept.bank
    assert [bank.code(bank.purchase("alice", amount)) for amount in (1001, 1000)] == ["51", "00"]
    assert (bank.card("alice")["balance"], bank.card("alice")["held"]) == (499_000, 499_000)
    assert bank.command("check") == {"sound": True, "violations": []}


@pytest.mark.parametrize(
    ("given_back", "codes", "balance"),
    [(0, ["00", "00"], 500_000), (300, ["00", "00"], 500_000), (1250, ["00", "00"], 500_000)],
    ids=["nothing", "a part", "all of it"],
)
def test_the_reversal_of_a_sale_books_what_still_stands_of_it(given_back: int, codes: list[str], balance: int) -> None:
    """An entry that a later kind books against a sale: what it gave back does not go back a second time."""
    kept = Kept()
    bank, alice = kept.bank, kept.card["alice"]
    sale = bank.purchase("alice", 1250)
    answers = [bank.code(sale)]
    key = bank.key(sale)
    if given_back:
        with Work(kept.records()) as step:
            step.load([], [], [kept.tokens[alice]], [CLEARING], [key])
            step.book.transfer("V", CLEARING, alice, given_back, "CNY", NOON, "v", original=key)
            step.commit(NOON)
    bank.restart()
    answers += [bank.code(bank.advice(sale))]
    assert (answers, bank.card("alice")["balance"]) == (codes, balance)
    assert bank.rows("entry WHERE reverses <> ''", "id, amount") == (
        [(f"{key}/reversal", 1250 - given_back)] if given_back < 1250 else []
    )
    assert [row for (row,) in bank.rows("txn", "state")] == ["reversed"]
    told = list(dict.fromkeys(notice.name.rpartition("-")[2] for notice in bank.told()))
    assert told == (["debited", "returned"] if given_back < 1250 else ["debited"])
    assert bank.command("check") == {"sound": True, "violations": []}


def test_a_credit_that_was_spent_is_taken_back_all_the_same_and_an_operator_is_told() -> None:
    """No message credits a card yet: the entry of a sale is turned round."""
    kept = Kept()
    bank, alice = kept.bank, kept.card["alice"]
    sale = bank.purchase("alice", 1250)
    bank.ask(sale)
    bank.store.execute("UPDATE entry SET debit = credit, credit = debit WHERE id = ?", (bank.key(sale),))
    bank.store.execute("UPDATE entry SET before_credit = before_debit WHERE id = ?", (bank.key(sale),))
    bank.store.execute("UPDATE account SET balance = balance + 2500 WHERE id = ?", (alice,))
    bank.restart()
    assert [bank.code(bank.purchase("alice", 501_000)), bank.code(bank.advice(sale))] == ["00", "00"]
    assert bank.card("alice")["balance"] == 250 - 1250
    assert bank.rows("alarm", "txn, what, detail") == [(bank.key(sale), "overdrawn", f"{alice} by 10.00 CNY")]
    assert bank.code(bank.purchase("alice", 1)) == "51"
    assert bank.command("check") == {"sound": True, "violations": []}


def test_an_entry_between_two_cards_is_on_both_statements() -> None:
    kept = Kept()
    alice, bob = kept.card["alice"], kept.card["bob"]
    kept.asks([], lambda book, _: book.transfer("T1", alice, bob, 700, "CNY", NOON, "t1"))
    kept.bank.restart()
    kept.asks([], lambda book, _: book.transfer("T2", bob, CLEARING, 500_500, "CNY", NOON + 1, "t2"))
    kept.bank.restart()
    # Only the entry is named: both its sides are loaded with it, and bob has spent what he must give back.
    with Work(kept.records()) as step:
        step.load([], [], [], [], ["T1"])
        undo(step.book, "U1", [step.book.record("T1")], NOON + 2)
        step.commit(NOON + 2)
    lines = {name: [line["amount"] for line in statement(kept.bank.store, kept.card[name])] for name in NAMES}
    assert lines == {"alice": [500_000, -700, 700], "bob": [500_000, 700, -500_500, -700]}
    assert kept.bank.card("bob")["balance"] == -500
    assert kept.bank.command("check") == {"sound": True, "violations": []}
    assert unbalanced(kept.bank.store) == []


def test_holds_that_are_broken_are_told_of() -> None:
    kept = Kept()
    alice = kept.card["alice"]
    kept.asks([], lambda book, _: book.hold("H", alice, CLEARING, 700, "CNY", NOON, "r"))
    kept.asks(["H"], lambda book, _: book.post("P", "H", NOON, 600))
    store = kept.bank.store
    store.execute("UPDATE account SET held = 5 WHERE id = ?", (alice,))
    assert unbalanced(store) == [alice]
    store.execute("UPDATE resolution SET amount = 599")
    assert [str(one) for one in violations(store)] == [
        "posting_differs: P, expected 599, found 600",
        f"held_differs: {alice}, expected 0, found 5",
    ]


def test_the_floor_is_a_rule_and_no_column() -> None:
    kept = Kept()
    alice = kept.card["alice"]
    assert kept.asks([], lambda book, _: book.transfer("T", alice, CLEARING, 500_001, "CNY", NOON)) == "limit_exceeded"
    kept.asks([], lambda book, _: book.transfer("T", alice, CLEARING, 500_001, "CNY", NOON, forced=True))
    assert kept.bank.card("alice")["balance"] == -1
    assert violations(kept.bank.store) == []
    assert kept.bank.code(kept.bank.purchase("alice", 1)) == "51"
    kept.bank.store.execute("UPDATE entry SET forced = 0")
    assert [str(one) for one in violations(kept.bank.store)] == [f"below_floor: {alice}, expected 0, found -1"]


# --- a disk that fails ------------------------------------------------------------------------------------------------


def booked(records: Records, tokens: list[str], alice: str) -> None:
    """One step that makes, posts, releases and restores holds, and moves money."""
    with Work(records) as step:
        step.load([], [], tokens, [CLEARING], ["H1", "H2"])
        book = step.book
        book.hold("H1", alice, CLEARING, 700, "CNY", NOON, "r")
        book.hold("H2", alice, CLEARING, 50, "CNY", NOON, "r")
        book.post("P1", "H1", NOON, 600)
        book.void("V2", "H2", NOON)
        book.again("A2", "H2", NOON)
        book.transfer("T1", alice, CLEARING, 1, "CNY", NOON, "t")
        step.alarm(Alarm(NOON, "", "what", ""))
        step.commit(NOON)


@pytest.mark.parametrize("ending", [killed, power_cut])
def test_a_failing_disk_leaves_all_of_a_step_or_nothing(ending: Callable[[Path, Disk], None], tmp_path: Path) -> None:
    seen = set()
    for fails_at in range(1, 40):
        folder = tmp_path / str(fails_at)
        folder.mkdir()
        bank = Bank(folder, enrol=NAMES)
        ((token, alice),) = bank.rows("card WHERE name = 'alice'", "token, account")
        bank.store.close()
        disk = Disk()
        disk.safe.update((str(file), file.read_bytes()) for file in folder.iterdir())
        path = folder / "store.db"
        store = open_store(path, migrations_of("counterfoil.issuer"), vfs="failing disk")
        records = Records(store)
        disk.fails_at = disk.count + fails_at
        try:
            booked(records, [token], alice)
            whole = True
        except CommitFailed:
            whole = False
        ending(path, disk)
        disk.fails_at = 0
        store.close()
        disk.unregister()
        after = open_store(path, migrations_of("counterfoil.issuer"))
        rows = tuple(after.query(f"SELECT count(*) FROM {table}")[0][0] for table in ("hold", "resolution", "alarm"))
        assert rows in ((0, 0, 0), (3, 2, 1))
        assert rows == (3, 2, 1) or not whole
        assert (violations(after), unbalanced(after)) == ([], [])
        seen.add(rows)
        after.close()
        if whole:
            break
    assert seen == {(0, 0, 0), (3, 2, 1)}


def test_records_come_back_as_they_were() -> None:
    hold = Hold("H", "card:1", CLEARING, 5, "CNY", NOON, "r", NOON + 9, "F", "G")
    end = Resolution("P", "H", HoldOutcome.POSTED, 4, NOON)
    entry = Entry("E", "card:1", CLEARING, 5, "CNY", NOON, "r", "X", "H", "O", forced=True)
    store: Store = Bank(enrol=()).store
    store.executemany(store.appending("entry", chart.LINKED_COLUMNS), [chart.row_of(entry, "B1", "B2")])
    store.executemany("INSERT INTO hold VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [hold_row(hold)])
    store.executemany("INSERT INTO resolution VALUES (?, ?, ?, ?, ?)", [resolution_row(end)])
    assert [chart.entry_of(row) for row in store.query(SELECT_ENTRIES.format(marks="'E'"))] == [entry]
    assert [hold_of(row) for row in store.query(HOLDS)] == [hold]
    assert [resolution_of(row) for row in store.query(ENDS)] == [end]
    assert store.query("SELECT before_debit, before_credit FROM entry") == [("B1", "B2")]
