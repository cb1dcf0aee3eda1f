"""What the issuer's store tells whoever may read it."""

from __future__ import annotations

from pathlib import Path

from counterfoil.iso8583 import ISO87_ASCII
from counterfoil.issuer import accounts, balance_by_token, find, stub
from counterfoil.issuer.stubs import every
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store
from issuer.bank import NOON, PANS, Bank


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


def test_a_request_that_came_corrupted_is_found_under_the_number_its_reversal_says() -> None:
    bank = Bank()
    purchase = bank.purchase()
    (answer,) = bank.ask(bank.sealed(purchase.copy(de37="NOTTHESAMEAS"))[:-1] + b"X")
    assert answer.de39 == "63"
    assert [answer.de39 for answer in bank.ask(bank.advice(purchase))] == ["00"]
    told = stub(bank.store, purchase.de37 or "")
    assert told is not None
    assert (told.state, told.response_code, told.debited) == ("declined", "63", 0)


def test_a_number_that_somebody_repeated_still_names_the_request_that_was_asked() -> None:
    """A damaged copy stands under the key it seems to have, one that was made up under any: both say the same DE37."""
    bank = Bank()
    purchase = bank.purchase()
    rrn, asked = purchase.de37 or "", (purchase.de7 or "", purchase.de11 or "")
    damaged = bank.sealed(purchase.copy(de11="999999"))[:-1] + b"X"
    assert [answer.de39 for answer in bank.ask(damaged)] == ["63"]
    assert [answer.de39 for answer in bank.ask(purchase)] == ["00"]
    bank.now += SECOND
    other = bank.purchase(amount=777)
    bank.ask(other.copy(de37=rrn))
    by_number, named = stub(bank.store, rrn), stub(bank.store, rrn, asked)
    assert by_number is not None
    assert (by_number.state, by_number.stan) == ("posted", purchase.de11)  # vouched for, which the damaged one was not
    assert named == by_number
    second = stub(bank.store, rrn, (other.de7 or "", other.de11 or ""))
    assert second is not None
    assert (second.amount, second.stan) == (777, other.de11)
    of = every(bank.store)
    for key in (asked, (other.de7 or "", other.de11 or ""), ("", "")):
        whole = stub(bank.store, rrn, key, history=False)
        assert whole is not None
        assert of(rrn, key) == whole


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


def test_balances_are_told_by_token() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    balances = balance_by_token(bank.store)
    assert len(balances) == 11
    assert sorted(set(balances.values())) == [100, 498_750, 500_000]


def test_another_process_reads_while_the_issuer_works(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    purchase = bank.purchase()
    bank.ask(purchase)
    reader = open_store(bank.path, migrations_of("counterfoil.issuer"), readonly=True)
    told = stub(reader, purchase.de37 or "")
    assert told is not None
    assert told.state == "posted"
    bank.ask(bank.advice(purchase))
    told = stub(reader, purchase.de37 or "")
    assert told is not None
    assert told.state == "reversed"
    assert accounts(reader)["sum"] == {"CNY": 0}
    reader.close()


def test_a_tombstone_has_a_stub_under_the_number_of_its_original() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(bank.advice(purchase))
    told = stub(bank.store, purchase.de37 or "")
    assert told is not None
    assert (told.state, told.debited, told.returned, told.amount) == ("tombstoned", 0, 0, 1250)
    assert (told.last4, told.terminal) == (PANS["alice"][-4:], "T0000001")
