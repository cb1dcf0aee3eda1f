"""What can be asked on the control channel, and how cards are enrolled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from counterfoil.fields import called
from counterfoil.issuer.desk import case_number
from counterfoil.step import SECOND, Command, Reply
from issuer.bank import DAY, NOON, PANS, Bank, described


def test_accounts_add_up_to_zero() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase, bank.purchase("bob", 2000))
    bank.ask(bank.advice(purchase))
    body = bank.command("accounts")
    assert body["sum"] == {"CNY": 0}
    balances = {account["id"]: account["balance"] for account in body["accounts"]}
    assert balances["clearing:00010344:CNY"] == 2000
    assert balances["funding:CNY"] == -(10 * 500_000 + 100)
    assert balances[bank.card("bob")["account"]] == 498_000
    assert bank.command("check") == {"sound": True, "violations": []}


def test_a_cooked_balance_is_found() -> None:
    bank = Bank()
    bank.store.execute("UPDATE account SET balance = balance + 1 WHERE id = ?", (bank.card("bob")["account"],))
    body = bank.command("check")
    assert body["sound"] is False
    assert any("balance_differs" in violation for violation in body["violations"])
    assert bank.command("accounts")["sum"] == {"CNY": 1}


def test_cards_are_listed_masked() -> None:
    bank = Bank()
    listed = bank.command("cards")["cards"]
    assert len(listed) == 11
    assert not any(number in str(listed) for number in PANS.values())
    assert bank.card("alice")["pan"] == f"{'*' * 12}{PANS['alice'][-4:]}"


def test_enrolment_may_run_again_and_changes_nothing_that_is_there() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    assert bank.command("enrol", cards=[described("alice"), described("unknown")]) == {"enrolled": 1, "known": 1}
    assert bank.balance("alice") == "4987.50"
    assert bank.code(bank.purchase("unknown")) == "00"
    bank.assert_sound()


def test_an_enrolled_card_can_pay_in_the_same_step() -> None:
    bank = Bank(enrol=())
    said = bank.step(Command(1, "enrol", {"cards": [described("alice")]}), bank.frame(bank.purchase()))
    assert [item.body for item in said if isinstance(item, Reply)] == [{"enrolled": 1, "known": 0}]
    assert [answer.de39 for answer in bank.answers(said)] == ["00"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pan": "6299991000000000"}, "pan"),
        ({"pan": "62999910"}, "pan"),
        ({"pin": "", "pvv": "12a4"}, "pvv"),
        ({"expiry": "312"}, "expiry"),
        ({"currency": "XXX"}, "currency"),
        ({"balance": -1}, "balance"),
        ({"balance": 10**12}, "balance"),
        ({"limit_day": -1}, "limit_day"),
        ({"pin": "12"}, "pin"),
        ({"pin": "", "pvv": "12345"}, "pvv"),
        ({"status": "asleep"}, "status"),
        ({"balance": "many"}, "balance"),
        ({"colour": "red"}, "a field that is not known"),
        ({PANS["alice"]: 1}, "a field that is not known"),
    ],
)
def test_a_card_that_makes_no_sense_enrols_none_of_the_list(change: dict[str, object], field: str) -> None:
    bank = Bank(enrol=())
    body = bank.command("enrol", cards=[described("bob"), {**described("alice"), **change}])
    assert body["error"] == "bad_request"
    assert body["message"]["en"].startswith("card 2 of the list")
    assert field in body["message"]["en"]
    assert "known" in field or called(field).zh in body["message"]["zh"]
    assert PANS["alice"] not in str(body)
    assert bank.rows("card") == []


@pytest.mark.parametrize(("verb", "error"), [("dance", "unknown_verb"), ("statement", "bad_request")])
def test_a_question_that_makes_no_sense_is_answered(verb: str, error: str) -> None:
    body = Bank().command(verb)
    assert body["error"] == error
    assert set(body["message"]) == {"en", "zh"}
    assert Bank().command("enrol")["error"] == "bad_request"


def test_velocity_and_expiry_follow_the_issuers_own_day() -> None:
    """23:59 and 00:01 of the issuer are two days, though both are the same day in UTC."""
    bank = Bank()
    bank.now = NOON + 12 * 3600 * SECOND - 60 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "00"
    assert bank.code(bank.purchase("daily", 1)) == "61"
    bank.now += 120 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "00"
    bank = Bank(zone="UTC")
    bank.now = NOON + 12 * 3600 * SECOND - 60 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "00"
    bank.now += 120 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "61"
    bank.now += 10 * 365 * DAY
    assert bank.code(bank.purchase("alice", de14=None)) == "54"


def test_a_card_without_money_opens_an_account_without_an_entry() -> None:
    bank = Bank(enrol=())
    assert bank.command("enrol", cards=[{**described("alice"), "balance": 0}])["enrolled"] == 1
    assert bank.rows("entry") == []
    assert bank.code(bank.purchase(amount=1)) == "51"
    bank.assert_sound()


def test_status_counts_once_and_keeps_count(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank()
    asked: list[str] = []
    real = bank.store.query

    def query(sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return real(sql, params)

    monkeypatch.setattr(bank.store, "query", query)
    names = ("transactions", "advices", "cases", "alarms", "quarantined")
    assert [bank.command("status")[name] for name in names] == [0, 0, 0, 0, 0]
    purchase = bank.purchase()
    bank.ask(purchase, purchase, bank.purchase(pin="0000"), bank.advice(purchase))
    bank.ask(bank.advice(bank.purchase("bob")), bank.sealed(bank.purchase())[:-1] + b"X")
    bank.issuer.quarantine(bank.now, bank.frame(bank.purchase()), "boom")
    told = [bank.command("status")[name] for name in names]
    assert sum("count(*)" in sql for sql in asked) == 1
    tables = ("txn", "advice", "exception_case", "alarm", "quarantine")
    assert told == [len(bank.rows(table)) for table in tables] == [4, 2, 0, 2, 1]
    bank.restart()
    assert [bank.command("status")[name] for name in names] == told


def test_status_says_all_of_it_under_these_names() -> None:
    bank = Bank()
    purchase = bank.purchase()
    advice = bank.advice(purchase, de4="000000000001")
    bank.ask(purchase)
    bank.ask(advice)
    number = case_number("issuer-a", bank.key(advice))
    assert bank.command("status") == {
        "station": "issuer-a",
        "signed_on": False,
        "undelivered": 1,
        "transactions": 1,
        "advices": 1,
        "cases": 1,
        "alarms": 1,
        "quarantined": 0,
        "last_alarms": [
            {"at": NOON, "what": "reversal_differs", "txn": bank.key(purchase), "detail": f"DE4; case {number}"}
        ],
        "open_cases": [
            {"number": number, "rrn": purchase.de37, "at": NOON, "what": "reversal_differs", "detail": "DE4"}
        ],
    }


def test_accounts_say_of_each_what_it_is_and_holds() -> None:
    bank = Bank(enrol=("alice",))
    bank.ask(bank.purchase())
    alice = bank.card("alice")["account"]
    assert bank.command("accounts") == {
        "accounts": [
            {
                "id": alice,
                "kind": "cardholder",
                "currency": "CNY",
                "balance": 498_750,
                "held": 0,
            },
            {"id": "clearing:00010344:CNY", "kind": "clearing", "currency": "CNY", "balance": 1250, "held": 0},
            {"id": "funding:CNY", "kind": "funding", "currency": "CNY", "balance": -500_000, "held": 0},
        ],
        "sum": {"CNY": 0},
    }
