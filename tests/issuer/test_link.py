"""The link to the switch: network messages, and what should not be on it."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import Message
from counterfoil.iso8583.recollection import NEWEST, PAGE, Named, RecollectionQuery, build_question, parse_answer
from counterfoil.issuer.wire import SwitchLink
from counterfoil.step import Closed, Command, Hangup, Performed, Send
from issuer.bank import LINK, PANS, Bank, described


@pytest.mark.parametrize(
    ("code", "answer"), [("001", "00"), ("301", "00"), ("002", "00"), ("101", "40"), ("201", "40")]
)
def test_network_messages(code: str, answer: str) -> None:
    bank = Bank()
    (got,) = bank.ask(Message("0800", de7="0314120000", de11="000001", de70=code))
    assert (got.mti, got.de39, got.present()) == ("0810", answer, (7, 11, 39, 70, 128))


def test_signed_on_is_per_connection_and_ends_with_it() -> None:
    bank = Bank()
    sign_on = Message("0800", de7="0314120000", de11="000001", de70="001")
    sign_off = Message("0800", de7="0314120000", de11="000002", de70="002")
    assert bank.command("status")["signed_on"] is False
    bank.step(bank.frame(sign_on, conn=1), bank.frame(sign_on, conn=2))
    bank.step(bank.frame(sign_off, conn=1))
    assert bank.command("status")["signed_on"] is True
    bank.step(Closed(LINK, 2))
    assert bank.command("status")["signed_on"] is False


def test_a_sign_on_under_the_wrong_key_is_not_answered_and_does_not_count() -> None:
    bank = Bank()
    data = bank.sealed(Message("0800", de7="0314120000", de11="000001", de70="001"))
    assert bank.answers(bank.step(bank.frame(data[:-1] + bytes([data[-1] ^ 1])))) == []
    assert bank.command("status")["signed_on"] is False
    assert bank.command("status")["alarms"] == 1


@pytest.mark.parametrize("spoilt", [False, True])
def test_an_answer_says_whether_its_question_was_genuine(spoilt: bool) -> None:
    """A network message without a valid MAC gets none."""
    bank = Bank()
    sign_on = Message("0800", de7="0314120000", de11="000001", de70="001")
    for message, answered in ((sign_on, not spoilt), (bank.purchase(), True)):
        data = bank.sealed(message)
        said = bank.step(bank.frame(data[:-1] + bytes([data[-1] ^ 1]) if spoilt else data))
        assert [send.proven for send in said if isinstance(send, Send)] == [not spoilt] * answered


@pytest.mark.parametrize("data", [b"", b"0", b"\0" * 3, b"garbage!" * 40, b"\xff" * 300])
def test_garbage_closes_the_connection_and_nothing_else(data: bytes) -> None:
    bank = Bank()
    purchase = bank.purchase()
    said = bank.step(bank.frame(data, conn=5), bank.frame(purchase, conn=6))
    assert said[0] == Hangup(LINK, 5)
    assert [answer.de39 for answer in bank.answers(said)] == ["00"]


@pytest.mark.parametrize("mti", ["0210", "0430", "0810", "0999"])
def test_an_answer_nobody_asked_for_closes_the_connection(mti: str) -> None:
    bank = Bank()
    message = bank.purchase()
    message.mti = mti
    assert bank.step(bank.frame(message)) == [Hangup(LINK, 1)]


def test_a_purchase_cut_off_at_any_byte_never_books_and_never_raises() -> None:
    bank = Bank()
    data = bank.sealed(bank.purchase())
    codes = {bank.code(data[:size]) if size > 60 else None for size in range(len(data))}
    assert codes <= {None, "", "30"}
    assert bank.balance("alice") == "5000.00"


def test_a_purchase_with_any_byte_changed_never_books() -> None:
    bank = Bank()
    data = bank.sealed(bank.purchase())
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :]
        answers = bank.answers(bank.step(bank.frame(changed)))
        assert all(answer.de39 in {"30", "63"} for answer in answers)
    assert bank.balance("alice") == "5000.00"
    assert all(state == "declined" for (state,) in bank.rows("txn", "state"))
    bank.assert_sound()


def test_a_damaged_copy_after_the_real_one_is_met_with_silence() -> None:
    """Any answer to it could pass for the answer to the real one, and say no to a sale that was posted."""
    bank = Bank()
    purchase = bank.purchase()
    data = bank.sealed(purchase)
    damaged = data[:40] + bytes([data[40] ^ 1]) + data[41:]  # in the amount
    answers = bank.answers(bank.step(bank.frame(purchase), bank.frame(data[:-1]), bank.frame(damaged)))
    assert [answer.de39 for answer in answers] == ["00"]


def test_a_damaged_copy_before_the_real_one_decides() -> None:
    bank = Bank()
    purchase = bank.purchase()
    data = bank.sealed(purchase)
    answers = bank.answers(bank.step(bank.frame(data[:-1] + b"\0"), bank.frame(purchase)))
    assert [answer.de39 for answer in answers] == ["63", "63"]
    assert bank.balance("alice") == "5000.00"


def test_what_makes_a_step_fail_may_be_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*_: object) -> None:
        raise ValueError("nobody expected this")

    bank = Bank()
    monkeypatch.setattr(SwitchLink, "_authorisation", poisoned)
    with pytest.raises(ValueError, match="nobody"):
        bank.step(bank.frame(bank.purchase()))
    bank.issuer.quarantine(bank.now, bank.frame(bank.purchase()), "boom")
    assert [row[0] for row in bank.rows("quarantine", "reason")] == ["boom"]


def test_what_makes_a_step_fail_is_kept_masked() -> None:
    bank = Bank()
    bank.issuer.quarantine(bank.now, bank.frame(bank.purchase()), "boom")
    bank.issuer.quarantine(bank.now, Command(1, "enrol", {"cards": [described("bob")]}), "bang")
    bank.issuer.quarantine(bank.now, Performed("sms", "x", True), "bing")
    rows = bank.rows("quarantine", "link, reason, message")
    assert [row[1] for row in rows] == ["boom", "bang", "bing"]
    assert rows[0][0] == LINK
    assert PANS["alice"] not in str(rows)
    assert PANS["bob"] not in str(rows)
    assert bank.command("status")["quarantined"] == 3
    assert bank.code(bank.purchase()) == "00"


def test_a_network_advice_is_left_unanswered() -> None:
    bank = Bank()
    assert bank.step(bank.frame(Message("0820", de7="0314120000", de11="000001", de70="301"))) == []


def test_a_message_the_switch_vouches_for_but_that_names_no_key_ends_the_connection() -> None:
    bank = Bank()
    assert bank.step(bank.frame(Message("0800", de7="0314120000", de11="000001"))) == [Hangup(LINK, 1)]
    assert bank.step(bank.frame(bank.purchase(de11=None))) == [Hangup(LINK, 1)]
    assert bank.command("status")["last_alarms"][0]["what"] == "unanswerable"


def test_an_advice_for_no_card_number_at_all_is_a_format_error_and_kept() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    assert bank.code(bank.advice(purchase, de2="123")) == "30"
    assert bank.balance("alice") == "4987.50"


def test_a_damaged_copy_of_an_advice_is_met_with_silence_in_either_order() -> None:
    """An answer under our key to what nobody vouched for could pass for the answer to the real one."""
    for first in (True, False):
        bank = Bank()
        purchase = bank.purchase()
        bank.code(purchase)
        data = bank.sealed(bank.advice(purchase))
        damaged, intact = bank.frame(data[:-1] + bytes([data[-1] ^ 1])), bank.frame(data)
        answers = bank.answers(bank.step(*((damaged, intact) if first else (intact, damaged))))
        assert [(answer.mti, answer.de39) for answer in answers] == [("0430", "00")]
        assert bank.balance("alice") == "5000.00"


@pytest.mark.parametrize(
    "changes", [{"de3": "200000"}, {"de38": "999999"}, {"de49": "999"}], ids=["DE3", "DE38", "DE49"]
)
def test_an_advice_that_names_other_money_is_for_a_person(changes: dict[str, str]) -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.code(purchase)
    assert bank.code(bank.advice(purchase, **changes)) == "64"
    assert bank.balance("alice") == "4987.50"


def test_what_nobody_vouches_for_fills_no_table() -> None:
    bank = Bank(stranger_lines=20)
    purchase = bank.purchase()
    assert bank.code(purchase) == "00"
    tables = ("txn", "trail", "alarm", "advice", "quarantine")
    before = sum(len(bank.rows(table)) for table in tables)
    for number in range(100):
        sealed = [
            bank.sealed(bank.purchase(de11=f"{number + 100:06d}")),
            bank.sealed(bank.advice(purchase, de11=f"{number + 300:06d}")),
            bank.sealed(Message("0800", de7="0314120000", de11=f"{number + 1:06d}", de70="001")),
        ]
        bank.step(*[bank.frame(data[:-1] + bytes([data[-1] ^ 1])) for data in sealed])
    assert sum(len(bank.rows(table)) for table in tables) - before <= 3 * 20
    assert bank.code(bank.advice(purchase)) == "00"
    assert bank.balance("alice") == "5000.00"


def test_what_was_decided_is_named_a_page_at_a_time_the_newest_first() -> None:
    bank = Bank()
    sold = [bank.purchase(amount=100) for _ in range(PAGE + 2)]
    bank.ask(*sold)
    others = bank.purchase("bob", de32="00099999")
    bank.ask(others, bank.sealed(bank.purchase("bob"))[:-1] + b"X")
    expected = [Named(f"{one.de7}{one.de11}", one.de37 or "", "T0000001") for one in reversed(sold)]

    def named(older: str) -> list[Named]:
        asked = build_question(RecollectionQuery((), (), older))
        (got,) = bank.ask(
            Message("0800", de7="0314120000", de11="000900", de32=sold[0].de32, de48=asked, de70="001"),
        )
        return list(parse_answer(got.de48 or "").named)

    assert named(NEWEST) == expected[:PAGE]
    assert named(expected[PAGE - 1].request) == expected[PAGE:]
    assert named(expected[-1].request) == named("0314120000000999") == []
