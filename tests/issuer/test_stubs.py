"""What the issuer's store tells whoever may read it."""

from __future__ import annotations

from pathlib import Path

from counterfoil.iso8583 import ISO87_ASCII
from counterfoil.issuer import accounts, cards, find, stub
from counterfoil.issuer.stubs import Booked, booked, cases, ended_cases, every, numbered, placed, these
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store
from issuer.bank import NOON, PANS, Bank


def test_the_stub_tells_the_whole_story() -> None:
    bank = Bank()
    purchase = bank.purchase()
    (answer,) = bank.ask(purchase)
    bank.now += 30 * SECOND
    bank.ask(bank.advice(purchase))
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert (told.issuer, told.state, told.response_code, told.auth_code) == ("issuer-a", "reversed", "00", answer.de38)
    assert (told.debited, told.returned, told.amount, told.currency) == (1250, 1250, 1250, "CNY")
    assert (told.debited_at, told.returned_at) == (NOON, NOON + 30 * SECOND)
    assert (told.stan, told.transmitted, told.last4) == (purchase.de11, purchase.de7, PANS["alice"][-4:])
    assert [line.what for line in told.history] == ["0200 received", "0210 answered", "0420 received", "0430 answered"]
    assert told.history[1].message is not None
    assert told.history[1].message["39"] == "00"
    assert [name.rpartition("-")[2] for name in told.notices] == ["debited", "returned"]
    assert stub(bank.store, "10344/0101000000/000001") is None


def test_what_is_kept_of_an_answer_is_what_the_dialect_would_keep() -> None:
    bank = Bank()
    purchase = bank.purchase(de33="00000000007")
    (answer,) = bank.ask(purchase)
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert told.history[1].message == ISO87_ASCII.kept(answer)


def test_a_request_that_came_corrupted_is_found_under_the_number_its_reversal_says() -> None:
    bank = Bank()
    purchase = bank.purchase()
    (answer,) = bank.ask(bank.sealed(purchase.copy(de37="NOTTHESAMEAS"))[:-1] + b"X")
    assert answer.de39 == "63"
    assert [answer.de39 for answer in bank.ask(bank.advice(purchase))] == ["00"]
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert (told.state, told.response_code, told.debited) == ("declined", "63", 0)


def test_a_number_that_somebody_repeated_does_not_change_whose_request_is_meant() -> None:
    """A damaged copy stands under the key it seems to have, one that was made up under any: both say the same DE37."""
    bank = Bank()
    purchase = bank.purchase()
    rrn = purchase.de37 or ""
    damaged = bank.sealed(purchase.copy(de11="999999"))[:-1] + b"X"
    assert [answer.de39 for answer in bank.ask(damaged)] == ["63"]
    assert [answer.de39 for answer in bank.ask(purchase)] == ["00"]
    bank.now += SECOND
    other = bank.purchase(amount=777).copy(de37=rrn)
    bank.ask(other)
    for asked, state, amount in ((purchase, "posted", 1250), (other, "posted", 777)):
        told = stub(bank.store, bank.key(asked), history=False)
        assert told is not None
        assert (told.state, told.amount, told.stan) == (state, amount, asked.de11)
        assert every(bank.store)[bank.key(asked)] == told
    assert len(numbered(bank.store, rrn)) == 3


def test_a_number_that_was_said_twice_names_nobody() -> None:
    bank = Bank()
    ours = bank.purchase()
    other = bank.purchase("bob", amount=990, de32="00099999", de37=ours.de37)
    bank.ask(other)
    bank.now += SECOND
    bank.ask(ours)
    said = numbered(bank.store, ours.de37 or "")
    assert [(one.acquirer, one.amount) for one in said] == [("99999", 990), ("10344", 1250)]
    told = stub(bank.store, bank.key(ours))
    assert told is not None
    assert (told.amount, told.rrn, told.request) == (1250, ours.de37, bank.key(ours))
    assert set(every(bank.store)) == {bank.key(ours), bank.key(other)}


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
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert len(told.case) == 11
    assert (told.debited, told.returned, told.state) == (1250, 0, "posted")
    (case,) = bank.command("status")["open_cases"]
    assert (case["number"], case["rrn"], case["detail"]) == (told.case, purchase.de37, "DE4, DE41")
    assert [alarm["what"] for alarm in bank.command("status")["last_alarms"]] == ["reversal_differs"]
    assert [case.number for case in cases(bank.store)] == [told.case]


def test_an_advice_that_fits_ends_the_case_of_one_that_did_not_and_the_case_stays_to_be_read() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase, bank.advice(purchase, de4="000000000001"))
    opened = stub(bank.store, bank.key(purchase))
    assert opened is not None
    assert opened.case
    bank.now += SECOND
    assert [answer.de39 for answer in bank.ask(bank.advice(purchase))] == ["00"]
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert (told.case, told.returned, cases(bank.store)) == ("", 1250, [])
    (case,) = told.cases
    assert (case.number, case.what, case.ended_at, case.how) == (
        opened.case,
        "reversal_differs",
        bank.now,
        "acknowledged",
    )
    assert [case.number for case in ended_cases(bank.store, bank.now)] == [opened.case]
    assert ended_cases(bank.store, bank.now + 1) == []
    assert bank.command("status")["open_cases"] == []


def test_a_case_that_opens_and_ends_in_one_step_has_ended() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    bank.ask(bank.advice(purchase, de4="000000000001"), bank.advice(purchase))
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert (told.case, [bool(case.ended_at) for case in told.cases]) == ("", [True])


def test_every_card_is_listed_with_its_balance_and_the_last_digits_of_its_number() -> None:
    bank = Bank()
    bank.ask(bank.purchase())
    listed = cards(bank.store)
    assert len(listed) == 11
    assert sorted({card["balance"] for card in listed}) == [100, 498_750, 500_000]
    assert all(card["pan"] == "*" * 12 + card["last4"] for card in listed)


def test_another_process_reads_while_the_issuer_works(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    purchase = bank.purchase()
    bank.ask(purchase)
    reader = open_store(bank.path, migrations_of("counterfoil.issuer"), readonly=True)
    told = stub(reader, bank.key(purchase))
    assert told is not None
    assert told.state == "posted"
    bank.ask(bank.advice(purchase))
    told = stub(reader, bank.key(purchase))
    assert told is not None
    assert told.state == "reversed"
    assert accounts(reader)["sum"] == {"CNY": 0}
    reader.close()


def test_a_tombstone_has_a_stub_under_the_number_of_its_original() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(bank.advice(purchase))
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    assert (told.state, told.debited, told.returned, told.amount) == ("tombstoned", 0, 0, 1250)
    assert (told.last4, told.terminal) == (PANS["alice"][-4:], "T0000001")


def test_the_place_of_a_purchase_names_it_and_the_newest_is_the_last() -> None:
    bank = Bank()
    assert placed(bank.store) == placed(bank.store, 1) == (0, "")
    first, second = bank.purchase(), bank.purchase("bob")
    bank.ask(first)
    bank.ask(second)
    assert [placed(bank.store, place) for place in (1, 2, 3)] == [(1, bank.key(first)), (2, bank.key(second)), (0, "")]
    assert placed(bank.store) == (2, bank.key(second))


def test_what_the_ledger_says_of_purchases_is_what_was_taken_and_given_back() -> None:
    bank = Bank()
    taken, given_back, refused = bank.purchase(), bank.purchase("bob", 990), bank.purchase("lost")
    bank.ask(taken, given_back, refused)
    bank.ask(bank.advice(given_back))
    asked = [bank.key(one) for one in (taken, given_back, refused)]
    assert booked(bank.store, asked) == {asked[0]: Booked(1250, 0, "CNY"), asked[1]: Booked(990, 990, "CNY")}
    assert set(these(bank.store, [*asked, "10344/0101000000/000001"])) == set(asked)
