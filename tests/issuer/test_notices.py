"""What the cardholder is told, and when it is told again."""

from __future__ import annotations

from pathlib import Path

from counterfoil.issuer import stub
from counterfoil.step import SECOND, Performed
from issuer.bank import PANS, Bank


def test_each_ledger_event_sends_exactly_one_notice_and_says_it_is_no_receipt() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase, purchase)
    bank.ask(bank.advice(purchase))
    bank.ask(bank.advice(purchase), bank.purchase("lost"))
    assert {item.kind for item in bank.performs()} == {"sms"}
    debited, returned = bank.told()
    assert "12.50 CNY" in debited.text
    assert "not a receipt" in debited.text
    assert "扣款已经退回到账" in returned.text
    assert PANS["alice"] not in debited.text
    assert PANS["alice"][-4:] in debited.text
    assert "/" not in debited.name


def test_what_a_step_owes_leaves_the_outbox_when_all_is_delivered_with_the_next_commit_or_within_a_second() -> None:
    bank = Bank()
    bank.ask(bank.purchase(), bank.purchase())
    bank.ask(bank.purchase())
    first, second = bank.performs()
    names = [name for name, _ in first.texts]
    assert len(names) == 2
    bank.deliver(second.name)
    assert len(bank.rows("outbox")) == 2
    bank.ask(bank.purchase("lost"))
    ((held,),) = bank.rows("outbox", "notices")
    assert all(name in held for name in names)
    assert bank.command("status")["undelivered"] == 2
    bank.deliver(first.name)
    assert bank.command("status")["undelivered"] == 0
    assert bank.issuer.wakes_at() == bank.now + SECOND
    bank.now += SECOND
    assert bank.step() == []
    assert bank.rows("outbox") == []
    assert bank.issuer.wakes_at() is None


def test_a_notice_that_was_not_delivered_is_told_again_later_and_later() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    (notice,) = bank.performs()
    waits = []
    for _ in range(9):
        bank.deliver(notice.name, ok=False)
        due = bank.issuer.wakes_at()
        assert due is not None
        waits.append((due - bank.now) // SECOND)
        bank.now = due - 1
        assert bank.step() == []
        bank.now = due
        assert bank.step() == [notice]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_after_a_restart_undelivered_notices_are_told_again_under_the_same_name(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    for _ in range(70):
        bank.ask(bank.purchase(), bank.purchase())
    first = bank.performs()
    bank.said.clear()
    bank.restart()
    steps = 0
    while bank.issuer.wakes_at() == 0:
        bank.step()
        steps += 1
    assert steps == 2
    assert bank.issuer.wakes_at() is None  # so many are under way; the others wait for their reports
    assert bank.performs() == first[:64]
    assert bank.command("status")["undelivered"] == 140
    bank.deliver(*(notice.name for notice in first[:10]))
    while bank.issuer.wakes_at() == 0:
        bank.step()
    assert bank.performs() == first
    assert bank.command("status")["undelivered"] == 120


def test_a_notice_that_is_not_delivered_is_an_alarm_once_and_keeps_nothing_else_waiting() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    (poison,) = bank.performs()
    for number in range(25):
        bank.deliver(poison.name, ok=False)
        alarms = [row for row in bank.rows("alarm", "what, detail") if row[0] == "notice_undelivered"]
        assert len(alarms) == (number >= 9)
        bank.said.clear()
        bank.ask(bank.purchase("lost"), bank.purchase())
        (other,) = bank.performs()
        assert other.name != poison.name
        bank.deliver(other.name)
        due = bank.issuer.wakes_at()
        assert due is not None
        bank.now = max(bank.now + SECOND, due)
        bank.step()
        bank.now += 60 * SECOND
        bank.step()
    bank.deliver(poison.name)
    assert bank.command("status")["undelivered"] == 0


def test_a_report_about_nothing_is_ignored() -> None:
    bank = Bank()
    assert bank.step(Performed("sms", "no such", True), Performed("receipt", "x", False)) == []
    assert bank.issuer.wakes_at() is None


def test_after_a_restart_only_a_few_notices_are_told_in_a_step_however_many_a_row_holds(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    for size in (100, 1, 40, 24, 1):
        bank.ask(*(bank.purchase() for _ in range(size)))
    bank.restart()
    told = []
    while bank.issuer.wakes_at() is not None:
        bank.said.clear()
        bank.step()
        told.append([len(item.texts) for item in bank.performs()])
    assert told == [[100], [1, 40], [24, 1]]


def test_a_delivery_that_failed_and_succeeded_after_all_is_not_told_again() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    (notice,) = bank.performs()
    bank.deliver(notice.name, ok=False)
    bank.deliver(notice.name)
    bank.now += 2 * SECOND
    assert bank.step() == []


def test_a_notice_is_named_by_the_station_the_purchase_and_the_event() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    bank.ask(bank.advice(purchase))
    named = [f"issuer-a-10344-0314120000-000001-{event}" for event in ("debited", "returned")]
    assert [notice.name for notice in bank.told()] == named
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert list(told.notices) == named
