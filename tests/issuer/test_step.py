"""One step: what it reads together, what it commits together, and what is left when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.issuer import Issuer, Records, Settings, find, stub
from counterfoil.step import SECOND, Closed, Command, CommitFailed, Connected, Hangup, Perform, Performed, Reply, Send
from issuer.bank import DAY, LINK, NOON, PANS, Bank, described


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
    assert len(bank.performs()) == 1


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
    assert [notice.name.rpartition("-")[2] for notice in bank.performs()] == ["debited", "returned"]
    bank.assert_sound()


def test_a_reversal_and_its_late_original_in_one_step_book_nothing() -> None:
    bank = Bank()
    purchase = bank.purchase()
    assert [answer.de39 for answer in bank.ask(bank.advice(purchase), purchase)] == ["25", "12"]
    assert bank.balance("alice") == "5000.00"
    assert bank.rows("txn", "state, code") == [("late", "12")]


def test_an_answer_repeats_the_fields_of_its_request_and_goes_to_its_connection() -> None:
    bank = Bank()
    purchase = bank.purchase(de33="00000000007", de35=f"{PANS['alice']}=3012201")
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
    bank.store.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON trail BEGIN SELECT raise(ABORT, 'no'); END")
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
    assert len({seq for (seq,) in bank.rows("trail", "seq")}) == len(bank.rows("trail"))


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


# --- the network, and what should not be there ----------------------------------------------------------------------


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


def test_a_sign_on_under_the_wrong_key_is_told_so_and_does_not_count() -> None:
    bank = Bank()
    data = bank.sealed(Message("0800", de7="0314120000", de11="000001", de70="001"))
    assert bank.code(data[:-1] + bytes([data[-1] ^ 1])) == "63"
    assert bank.command("status")["signed_on"] is False
    assert bank.command("status")["alarms"] == 1


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


# --- whose store it is ----------------------------------------------------------------------------------------------


def test_a_store_without_keys_or_of_another_issuer_is_refused(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    with pytest.raises(StoreError, match="the store of issuer-a, not of issuer-b"):
        Issuer(Records(bank.store), bank.switch, Settings(name="issuer-b"), lambda size: bytes(size))
    bank.store.execute("DELETE FROM station_key WHERE name = 'pvk'")
    with pytest.raises(StoreError, match="does not hold the keys"):
        bank.restart()
    bank.store.execute("DELETE FROM station_key")
    with pytest.raises(StoreError, match="never set up"):
        bank.restart()


def test_no_card_data_ever_reaches_the_disk(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    track = f"{PANS['alice']}=30122010000012345"
    purchase = bank.purchase(de35=track, de36="99" + PANS["alice"], de55=b"\x9f\x26\x08CANARYAC", de18="5411")
    assert purchase.de52 is not None
    odd = bank.purchase("unknown", de48=PANS["unknown"])
    bank.ask(purchase, odd, bank.advice(purchase), bank.sealed(bank.purchase("bob"))[:-1])
    bank.issuer.quarantine(bank.now, bank.frame(purchase), "boom")
    bank.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"T0000001" in kept
    canaries = [PANS["alice"], PANS["bob"], PANS["unknown"], "30122010000012345", purchase.de52.hex(), "CANARYAC"]
    for canary in canaries:
        assert canary.encode() not in kept
        assert canary.upper().encode() not in kept
    assert purchase.de52 not in kept
    assert b"CANARYAC".hex().encode() not in kept.lower()


# --- stubs ----------------------------------------------------------------------------------------------------------


def test_the_stub_tells_the_whole_story() -> None:
    bank = Bank()
    purchase = bank.purchase()
    (answer,) = bank.ask(purchase)
    bank.now += 30 * SECOND
    bank.ask(bank.advice(purchase))
    told = stub(bank.store, purchase.de37 or "")
    assert told is not None
    assert (told.issuer, told.state, told.response_code, told.auth_code) == ("issuer-a", "reversed", "00", answer.de38)
    assert (told.debited, told.returned, told.amount, told.currency) == (1250, 1250, 1250, "CNY")
    assert (told.debited_at, told.returned_at) == (NOON, NOON + 30 * SECOND)
    assert (told.stan, told.transmitted, told.last4) == (purchase.de11, purchase.de7, PANS["alice"][-4:])
    assert [line.what for line in told.history] == ["0200 received", "0210 answered", "0420 received", "0430 answered"]
    assert told.history[1].message is not None
    assert told.history[1].message["39"] == "00"
    assert [name.rpartition("-")[2] for name in told.notices] == ["debited", "returned"]
    assert stub(bank.store, "999999999999") is None


def test_what_is_kept_of_an_answer_is_what_the_dialect_would_keep() -> None:
    bank = Bank()
    purchase = bank.purchase(de33="00000000007")
    (answer,) = bank.ask(purchase)
    told = stub(bank.store, purchase.de37 or "")
    assert told is not None
    assert told.history[1].message == ISO87_ASCII.kept(answer)


def test_purchases_are_found_by_last_four_and_amount() -> None:
    bank = Bank()
    bank.ask(bank.purchase(amount=1250), bank.purchase(amount=990), bank.purchase("bob", 1250), bank.purchase("lost"))
    digits = PANS["alice"][-4:]
    assert [found.amount for found in find(bank.store, last4=digits)] == [1250, 990]
    assert [found.amount for found in find(bank.store, last4=digits, amount=990)] == [990]
    assert find(bank.store, last4="0000") == []
    assert [found.response_code for found in find(bank.store, last4=PANS["lost"][-4:])] == ["41"]


def test_a_partial_match_opens_one_case_with_a_number_for_the_telephone() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    wrong = bank.advice(purchase, de41="T0000002", de4="000000000001")
    assert [answer.de39 for answer in bank.ask(wrong, wrong)] == ["64", "64"]
    told = stub(bank.store, purchase.de37 or "")
    assert told is not None
    assert len(told.case) == 11
    assert (told.debited, told.returned, told.state) == (1250, 0, "posted")
    (case,) = bank.command("status")["open_cases"]
    assert (case["number"], case["rrn"], case["detail"]) == (told.case, purchase.de37, "DE4, DE41")
    assert [alarm["what"] for alarm in bank.command("status")["last_alarms"]] == ["reversal_differs"]


# --- notices --------------------------------------------------------------------------------------------------------


def test_each_ledger_event_sends_exactly_one_notice_and_says_it_is_no_receipt() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase, purchase)
    bank.ask(bank.advice(purchase))
    bank.ask(bank.advice(purchase), bank.purchase("lost"))
    debited, returned = bank.performs()
    assert isinstance(debited, Perform)
    assert debited.kind == "sms"
    assert "12.50 CNY" in debited.text
    assert "not a receipt" in debited.text
    assert "扣款已经退回到账" in returned.text
    assert PANS["alice"] not in debited.text
    assert PANS["alice"][-4:] in debited.text
    assert "/" not in debited.name


def test_a_delivered_notice_leaves_the_outbox_with_the_next_commit_or_within_a_second() -> None:
    bank = Bank()
    bank.ask(bank.purchase(), bank.purchase())
    first, second = (notice.name for notice in bank.performs())
    bank.deliver(first)
    assert len(bank.rows("outbox")) == 2
    bank.ask(bank.purchase("lost"))
    assert bank.rows("outbox", "name") == [(second,)]
    bank.deliver(second)
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
    bank.ask(*(bank.purchase() for _ in range(70)))
    first = bank.performs()
    bank.said.clear()
    bank.restart()
    assert bank.issuer.wakes_at() == 0
    bank.step()
    assert bank.issuer.wakes_at() == 0
    bank.step()
    assert bank.issuer.wakes_at() is None
    assert bank.performs() == first
    assert bank.command("status")["undelivered"] == 70


def test_a_report_about_nothing_is_ignored() -> None:
    bank = Bank()
    assert bank.step(Performed("sms", "no such", True), Performed("receipt", "x", False)) == []
    assert bank.issuer.wakes_at() is None


# --- commands -------------------------------------------------------------------------------------------------------


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
    assert bank.card("alice")["pan"] == f"629999******{PANS['alice'][-4:]}"


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
        ({"expiry": "312"}, "expiry"),
        ({"currency": "XXX"}, "currency"),
        ({"balance": -1}, "balance"),
        ({"balance": 10**12}, "balance"),
        ({"limit_day": -1}, "limit_day"),
        ({"pin": "12"}, "pin"),
        ({"pin": "", "pvv": "12345"}, "pvv"),
        ({"status": "asleep"}, "status"),
        ({"balance": "many"}, "balance"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_card_that_makes_no_sense_enrols_none_of_the_list(change: dict[str, object], field: str) -> None:
    bank = Bank(enrol=())
    body = bank.command("enrol", cards=[described("bob"), {**described("alice"), **change}])
    assert body["error"] == "bad_request"
    assert body["message"]["en"].startswith("card 2 of the list")
    assert field in body["message"]["en"]
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
    bank = Bank(utc_offset_minutes=0)
    bank.now = NOON + 12 * 3600 * SECOND - 60 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "00"
    bank.now += 120 * SECOND
    assert bank.code(bank.purchase("daily", 3_000)) == "61"
    bank.now += 10 * 365 * DAY
    assert bank.code(bank.purchase("alice", de14=None)) == "54"
