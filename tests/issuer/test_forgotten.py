"""The rows an issuer keeps of what it or the switch has forgotten, each to the letter."""

from __future__ import annotations

from counterfoil.iso8583.recollection import NOTHING, RecollectionQuery
from counterfoil.issuer.desk import case_number
from counterfoil.issuer.records import Records
from counterfoil.issuer.stubs import cases, head
from counterfoil.storage.forgotten import Forgotten, open_rows
from issuer.bank import ACQUIRER, PANS, Bank
from issuer.test_alarms import sign_on

REQUEST = "0314120000000777"
KEY = f"{ACQUIRER.lstrip('0')}/{REQUEST[:10]}/{REQUEST[10:]}"
NUMBER = case_number("issuer-a", KEY)


def test_an_answer_the_switch_has_and_this_store_has_not_is_a_row_of_this_issuer() -> None:
    bank = Bank()
    bank.ask(sign_on(RecollectionQuery((REQUEST,), (), NOTHING)))
    assert open_rows(bank.store) == [
        Forgotten(NUMBER, "issuer-a", "switch", "", REQUEST, "", "", "", 0, "", "", bank.now)
    ]


def test_a_request_neither_of_them_knows_is_a_row_of_the_switch_without_a_sale() -> None:
    bank = Bank()
    bank.ask(sign_on(RecollectionQuery((), (REQUEST,), NOTHING)))
    assert open_rows(bank.store) == [
        Forgotten(NUMBER, "switch", "switch", "", REQUEST, "", "", "", 0, "", "", bank.now)
    ]
    assert cases(bank.store) == []
    assert bank.code(bank.purchase()) == "00"  # no card is refused for it


def test_a_purchase_the_switch_does_not_know_is_a_row_with_all_of_it_and_a_case() -> None:
    bank = Bank()
    sold = bank.purchase(amount=700, de7=REQUEST[:10], de11=REQUEST[10:])
    assert bank.code(sold) == "00"
    bank.ask(sign_on(RecollectionQuery((), (REQUEST,), NOTHING)))
    (row,) = open_rows(bank.store)
    ((token,),) = bank.rows("txn", "token")
    assert row == Forgotten(
        NUMBER,
        "switch",
        "switch",
        KEY,
        REQUEST,
        sold.de37 or "",
        "T0000001",
        token,
        700,
        "CNY",
        PANS["alice"][-4:],
        bank.now,
    )
    (case,) = cases(bank.store)
    assert (case.number, case.rrn, case.what) == (NUMBER, sold.de37, "forgotten")
    assert bank.code(bank.purchase()) == "96"
    assert bank.code(bank.purchase("bob")) == "00"


def test_the_head_of_a_store_is_beyond_every_line_it_has() -> None:
    bank = Bank()
    assert head(bank.store) == {"evidence": "0"}
    sold = bank.purchase()
    bank.ask(sold)
    bank.ask(sold)
    ((newest,),) = bank.rows("trail", "max(seq)")
    assert int(head(bank.store)["evidence"]) >= newest > 0


def test_what_is_reserved_is_used_to_its_last_number_before_more_is_reserved() -> None:
    records = Records(Bank().store)
    reserved = records.reserve(1)
    records.counted(1, reserved)
    before = records.store.query("SELECT total_changes()")
    assert records.reserve(reserved) == reserved
    assert records.store.query("SELECT total_changes()") == before
    assert records.reserve(reserved + 1) > reserved + 1
