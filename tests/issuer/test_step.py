"""One step: what it reads together, what it commits together, and what is left when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.iso8583 import Message
from counterfoil.step import Closed, Command, CommitFailed, Connected, Send
from issuer.bank import LINK, Bank, track


def test_two_purchases_of_one_step_cannot_both_spend_the_last_yuan() -> None:
    bank = Bank()
    answers = bank.ask(bank.purchase("poor", 100), bank.purchase("poor", 100), bank.purchase("poor", 1))
    assert [answer.de39 for answer in answers] == ["00", "51", "51"]
    assert bank.balance("poor") == "0.00"
    bank.assert_sound()


def test_a_duplicate_in_the_same_step_gets_the_same_result_and_is_booked_once() -> None:
    bank = Bank()
    purchase = bank.purchase()
    repeat = purchase.copy()
    repeat.mti = "0201"
    first, second, third = bank.ask(purchase, purchase, repeat)
    assert first == second == third
    assert first.mti == "0210"
    assert bank.balance("alice") == "4987.50"
    assert len(bank.told()) == 1


def test_a_wrong_pin_repeated_in_the_same_step_counts_once() -> None:
    bank = Bank()
    purchase = bank.purchase(pin="0000")
    assert [answer.de39 for answer in bank.ask(purchase, purchase, purchase)] == ["55"] * 3
    assert bank.card("alice")["pin_failures"] == 1


def test_a_purchase_and_its_reversal_in_one_step_leave_both_entries() -> None:
    bank = Bank()
    purchase = bank.purchase()
    advice = bank.advice(purchase)
    assert [answer.de39 for answer in bank.ask(purchase, advice, purchase, advice)] == ["00", "00", "12", "00"]
    assert bank.balance("alice") == "5000.00"
    account = bank.card("alice")["account"]
    lines = bank.command("statement", account=account)["entries"]
    assert [(line["what"], line["amount"], line["balance"]) for line in lines] == [
        ("funded", 500_000, 500_000),
        ("debited", -1250, 498_750),
        ("returned", 1250, 500_000),
    ]
    assert [notice.name.rpartition("-")[2] for notice in bank.told()] == ["debited", "returned"]
    bank.assert_sound()


def test_a_reversal_and_its_late_original_in_one_step_book_nothing() -> None:
    bank = Bank()
    purchase = bank.purchase()
    assert [answer.de39 for answer in bank.ask(bank.advice(purchase), purchase)] == ["25", "12"]
    assert bank.balance("alice") == "5000.00"
    assert bank.rows("txn", "state, code") == [("late", "12")]


def test_an_answer_repeats_the_fields_of_its_request_and_goes_to_its_connection() -> None:
    bank = Bank()
    purchase = bank.purchase(de33="00000000007", de35=track("alice"))
    (send, _) = bank.step(bank.frame(purchase, conn=9))
    assert isinstance(send, Send)
    assert (send.link, send.conn) == (LINK, 9)
    answer = bank.opened(send.data)
    assert answer.present() == (2, 3, 4, 7, 11, 12, 13, 32, 33, 37, 38, 39, 41, 42, 49, 64)
    for number in (2, 3, 4, 7, 11, 12, 13, 32, 33, 37, 41, 42, 49):
        assert answer.get(number) == purchase.get(number)
    assert answer.de38 is not None
    assert answer.de38.isdigit()
    (answer,) = bank.ask(bank.advice(purchase))
    assert answer.mti == "0430"
    assert answer.present() == (2, 3, 4, 7, 11, 32, 37, 39, 41, 42, 49, 90, 128)


def test_a_step_that_fails_before_its_commit_leaves_nothing_and_can_be_run_again() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.store.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'no'); END")
    for _ in range(2):
        with pytest.raises(StoreError):
            bank.step(bank.frame(purchase), Command(1, "status", {}))
        assert not bank.store.in_transaction
        assert bank.balance("alice") == "5000.00"
        assert bank.rows("txn") == []
        assert bank.issuer.wakes_at() is None
    bank.store.execute("DROP TRIGGER full")
    assert bank.code(purchase) == "00"
    assert bank.balance("alice") == "4987.50"
    assert [received for (received,) in bank.rows("txn", "received")] == ["0200 received"]


def test_a_failed_commit_is_not_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank()

    def failing() -> None:
        raise CommitFailed("disk")

    monkeypatch.setattr(bank.store, "commit", failing)
    with pytest.raises(CommitFailed):
        bank.step(bank.frame(bank.purchase()))
    monkeypatch.undo()
    bank.restart()
    assert bank.balance("alice") == "5000.00"


def test_after_a_restart_everything_that_was_answered_is_still_known(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    bought, undone, declined, never = (bank.purchase(), bank.purchase(), bank.purchase(pin="0000"), bank.purchase())
    before = bank.ask(bought, undone, declined)
    advice, orphan = bank.advice(undone), bank.advice(never)
    bank.ask(advice, orphan)
    bank.restart()
    assert bank.ask(bought)[0] == before[0]
    assert bank.ask(declined)[0] == before[2]
    assert bank.code(undone) == "12"
    assert bank.code(never) == "12"
    assert [answer.de39 for answer in bank.ask(advice, orphan)] == ["00", "25"]
    assert bank.card("alice")["pin_failures"] == 1
    assert bank.balance("alice") == "4987.50"
    bank.assert_sound()


def test_a_crash_between_commit_and_answer_is_a_lost_answer(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    purchase = bank.purchase()
    bank.step(bank.frame(purchase))  # the answer never leaves
    bank.restart()
    advice = bank.advice(purchase)
    assert bank.code(advice) == "00"
    assert bank.balance("alice") == "5000.00"


def test_a_step_with_nothing_to_write_does_not_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank()
    commits: list[int] = []
    real = bank.store.commit

    def counted() -> None:
        commits.append(1)
        real()

    monkeypatch.setattr(bank.store, "commit", counted)
    echo = Message("0800", de7="0314120000", de11="000001", de70="301")
    assert bank.code(echo) == "00"
    bank.step(Connected(LINK, 1), Closed(LINK, 1), Command(1, "accounts", {}))
    assert commits == []
    bank.code(bank.purchase())
    assert commits == [1]


def failing(bank: Bank, turn: int) -> Callable[[str, Sequence[Sequence[object]]], None]:
    """The store's `executemany`, with a disk that says no at its call number `turn`."""
    real, calls = bank.store.executemany, count()

    def executemany(sql: str, rows: Sequence[Sequence[object]]) -> None:
        if next(calls) == turn:
            raise StoreError("the disk says no")
        real(sql, rows)

    return executemany


def test_a_failure_at_any_statement_of_the_commit_leaves_the_disk_and_the_memory_as_they_were(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    stands, wrong = bank.purchase(), bank.purchase(pin="0000")
    bank.ask(stands, wrong)
    batch = [bank.purchase(), bank.advice(stands), bank.purchase("bob", pin="0000"), bank.advice(bank.purchase())]
    tables = ("txn", "advice", "entry", "account", "card", "outbox", "trail", "alarm")
    before = {table: bank.rows(table) for table in tables}
    for turn in range(10):  # one statement a table and verb
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bank.store, "executemany", failing(bank, turn))
            with pytest.raises(StoreError):
                bank.ask(*batch)
        assert {table: bank.rows(table) for table in tables} == before
        if turn % 2:
            bank.restart()
    assert [answer.de39 for answer in bank.ask(*batch)] == ["00", "00", "55", "25"]
    bank.assert_sound()
