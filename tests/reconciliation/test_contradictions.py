"""Every way in which stations can contradict each other opens a numbered row, which ends when they agree again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from archive.shop import Shop
from counterfoil.inquiry import Candidate
from counterfoil.inquiry.search import candidate
from counterfoil.money import plain
from counterfoil.reconciliation.kinds import KINDS, BreakKind, said
from counterfoil.step import SECOND, Instant
from counterfoil.switch import stubs as switches
from counterfoil.verdict import Clocks
from reconciliation.compared import STORES, Compared, copy_of

X = "'000003'"
"""The STAN that is spoiled: the second sale of three."""
ONE = f"stan = {X}"
POSTED = "rrn = (SELECT rrn FROM txn ORDER BY rowid LIMIT 1 OFFSET 1)"
ENTRY = "reverses = '' AND id IN (SELECT key FROM txn ORDER BY rowid LIMIT 1 OFFSET 1)"
OTHER_RRN = "(SELECT rrn FROM attempt WHERE stan = '000002')"
TXN = (
    "token, account, first6, last4, processing, amount, currency, terminal, merchant, state, refusal, code, auth_code, "
    "started_at, updated_at, debited_at, returned_at, case_number, part, received, request, answered"
)
NEW = "'10344/0101000000/000777'"
AGAIN = (
    "INSERT INTO entry (id, debit, credit, amount, currency, at, ref, reverses, before_debit) "
    f"SELECT {NEW}, debit, credit, amount, currency, at, ref, '', before_debit FROM entry WHERE {ENTRY}; "
    f"INSERT INTO txn (key, rrn, {TXN}) SELECT {NEW}, {{rrn}}, {TXN} FROM txn WHERE {POSTED}"
)
DECLINED = f"DELETE FROM entry WHERE {ENTRY}; UPDATE txn SET state = 'declined', debited_at = 0 WHERE {POSTED}"
BACK = (
    "INSERT INTO entry (id, debit, credit, amount, currency, at, ref, reverses, forced, before_debit, before_credit) "
    "SELECT id || '/reversal', credit, debit, amount, currency, at, ref, id, 1, '', id FROM entry "
    f"WHERE {ENTRY}; UPDATE txn SET state = 'reversed', returned_at = updated_at WHERE {POSTED}"
)
REQUEST = "issuer-a 10344/0101000000/000777"

SPOILED: dict[str, tuple[dict[str, str], set[str]]] = {
    "the till was told A0": (
        {"terminal": f"UPDATE attempt SET state = 'declined', response_code = 'A0' WHERE {ONE}"},
        {"told_not_charged"},
    ),
    "the till was told that nothing left": (
        {"terminal": f"UPDATE attempt SET state = 'not_sent' WHERE {ONE}"},
        {"told_not_charged"},
    ),
    "the till was told that it is reversed": (
        {"terminal": f"UPDATE attempt SET state = 'reversed' WHERE {ONE}"},
        {"told_not_charged"},
    ),
    "told no, and the switch says no too": (
        {
            "terminal": f"UPDATE attempt SET state = 'declined', response_code = '51' WHERE {ONE}",
            "switch": f"UPDATE attempt SET state = 'declined', response_code = '51' WHERE {ONE}",
        },
        {"told_not_charged"},
    ),
    "approved, and the issuer declined": ({"issuer": DECLINED}, {"not_held"}),
    "approved, and the money went back": ({"issuer": BACK}, {"not_held"}),
    "closed at the terminal, reversed at the switch": (
        {"switch": f"UPDATE attempt SET state = 'reversed', reversal_code = '00' WHERE {ONE}"},
        {"stations_differ"},
    ),
    "the terminal does not know it": ({"terminal": f"DELETE FROM attempt WHERE {ONE}"}, {"missing_at_terminal"}),
    "the switch does not know it": ({"switch": f"DELETE FROM attempt WHERE {ONE}"}, {"missing_at_switch"}),
    "the issuer does not know it": ({"issuer": f"DELETE FROM txn WHERE {POSTED}"}, {"missing_at_issuer"}),
    "another amount at the terminal": (
        {"terminal": f"UPDATE attempt SET amount = amount + 1 WHERE {ONE}"},
        {"values_differ", "receipt_differs"},
    ),
    "another amount at the switch": (
        {"switch": f"UPDATE attempt SET amount = amount + 1 WHERE {ONE}"},
        {"values_differ"},
    ),
    "another amount at the issuer": (
        {"issuer": f"UPDATE txn SET amount = amount + 1 WHERE {POSTED}"},
        {"values_differ", "ledger_differs"},
    ),
    "another card at the switch": ({"switch": f"UPDATE attempt SET last4 = '0000' WHERE {ONE}"}, {"values_differ"}),
    "another merchant at the terminal": (
        {"terminal": f"UPDATE attempt SET merchant = 'M2' WHERE {ONE}"},
        {"values_differ"},
    ),
    "another merchant at the issuer": ({"issuer": f"UPDATE txn SET merchant = 'M2' WHERE {POSTED}"}, {"values_differ"}),
    "another terminal at the issuer": ({"issuer": f"UPDATE txn SET terminal = 'T2' WHERE {POSTED}"}, {"values_differ"}),
    "another currency at the switch": (
        {"switch": f"UPDATE attempt SET currency = '840' WHERE {ONE}"},
        {"values_differ"},
    ),
    "another approval code at the terminal": (
        {"terminal": f"UPDATE attempt SET auth_code = 'XXXXXX' WHERE {ONE}"},
        {"values_differ"},
    ),
    "another approval code at the issuer": (
        {"issuer": f"UPDATE txn SET auth_code = 'XXXXXX' WHERE {POSTED}"},
        {"values_differ"},
    ),
    "the ledger took another amount": (
        {"issuer": f"UPDATE entry SET amount = amount + 1 WHERE {ENTRY}"},
        {"ledger_differs"},
    ),
    "the ledger took nothing": ({"issuer": f"DELETE FROM entry WHERE {ENTRY}"}, {"ledger_differs"}),
    "the ledger took it from no card": (
        {"issuer": f"UPDATE entry SET debit = 'funding:CNY' WHERE {ENTRY}"},
        {"ledger_differs"},
    ),
    "the receipt says another amount": (
        {"terminal": f"""UPDATE slip SET facts = replace(facts, '"amount":', '"amount":1') WHERE {ONE}"""},
        {"receipt_differs"},
    ),
}


class Made(NamedTuple):
    good: Path
    now: Instant
    ref: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Three sales at one terminal, all in order."""
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(folder, terminals=1, days=0)
    for _ in range(3):
        shop.sell(shop.terminals)
        shop.now += 60 * SECOND
    yield Made(copy_of(shop, folder / "good"), shop.now, f"{shop.terminals[0]}/000001/000003")
    shop.close()


@pytest.fixture
def compared(made: Made, tmp_path: Path) -> Compared:
    for name in STORES:
        shutil.copy(made.good / f"{name}.db", tmp_path)
    return Compared(tmp_path, made.now)


def test_what_agrees_is_no_contradiction(compared: Compared) -> None:
    assert compared.found() == {}
    assert compared.comparison.last is not None
    assert (compared.comparison.last.compared, compared.comparison.last.unread) == (9, "")


@pytest.mark.parametrize("what", SPOILED)
def test_a_contradiction_is_a_row_until_the_stations_agree_again(what: str, compared: Compared, made: Made) -> None:
    changes, expected = SPOILED[what]
    assert compared.found() == {}
    compared.spoil(changes)
    assert compared.found() == {made.ref: expected}
    numbers = {row.kind: row.number for row in compared.open}
    assert sorted(numbers.values()) == [f"C-{n:06d}" for n in range(1, len(expected) + 1)]
    first = compared.now
    assert compared.found(whole=False) == {made.ref: expected}  # seen again: the same rows
    assert {row.kind: (row.number, row.first_seen, row.last_seen) for row in compared.open} == {
        kind: (number, first, compared.now) for kind, number in numbers.items()
    }
    compared.put_back(made.good)
    assert compared.found(whole=False) == {}
    assert {(row.number, row.ended_at, row.how) for row in compared.ended} == {
        (number, compared.now, "agreed") for number in numbers.values()
    }
    compared.spoil(changes)
    assert compared.found() == {made.ref: expected}
    assert len({row.number for row in (*compared.open, *compared.ended)}) == 2 * len(expected)


@pytest.mark.parametrize(("rrn", "kind"), [("rrn", "debited_twice"), ("'63270NOBODYS'", "unasked_debit")])
def test_a_debit_that_the_switch_did_not_ask_for_is_a_row_under_its_request(
    rrn: str, kind: str, compared: Compared, made: Made
) -> None:
    compared.spoil({"issuer": AGAIN.format(rrn=rrn)})
    assert compared.found() == {REQUEST: {kind}}
    (row,) = compared.open
    assert (row.ref, row.issuer, row.request, row.detail) == (
        "",
        "issuer-a",
        "10344/0101000000/000777",
        made.ref if kind == "debited_twice" else "",
    )
    assert (row.at_terminal, row.at_switch, row.at_issuer) == ("-", "-", "posted 00")


def test_two_sales_with_one_number_are_each_told_so(compared: Compared, made: Made) -> None:
    compared.spoil({"terminal": f"UPDATE attempt SET rrn = {OTHER_RRN} WHERE {ONE}"})
    other = made.ref.replace("000003", "000002")
    assert compared.found() == {made.ref: {"values_differ", "number_twice"}, other: {"number_twice"}}
    assert {row.name: row.detail for row in compared.open if row.kind is BreakKind.NUMBER_TWICE} == {
        made.ref: other,
        other: made.ref,
    }
    compared.put_back(made.good)
    assert compared.found(whole=False) == {}


def test_what_came_since_the_last_pass_is_found_without_looking_at_everything(compared: Compared, made: Made) -> None:
    """The till's key is no part of it: an old row that is spoiled later is seen by the next whole pass."""
    compared.spoil({"issuer": AGAIN.format(rrn="'63270NOBODYS'")})
    compared.spoil({"terminal": f"UPDATE attempt SET state = 'declined' WHERE {ONE}"})
    assert set(compared.found(whole=False)) == {REQUEST, made.ref}  # nothing was seen before: all is new
    compared.put_back(made.good)
    compared.run()
    before = compared.open
    assert before == []
    compared.spoil({"issuer": AGAIN.format(rrn="'63270NOBODYS'")})
    assert compared.found(whole=False) == {REQUEST: {"unasked_debit"}}
    assert compared.comparison.last is not None
    assert (compared.comparison.last.whole, compared.comparison.last.compared) == (False, 1)


@pytest.mark.parametrize("gone", STORES)
def test_a_store_that_cannot_be_read_says_nothing_and_ends_nothing(gone: str, compared: Compared, made: Made) -> None:
    changes, expected = SPOILED["the till was told A0"]
    compared.spoil(changes)
    assert compared.found() == {made.ref: expected}
    (compared.folder / f"{gone}.db").unlink()
    kept = compared.found()
    assert kept == {made.ref: expected}
    assert compared.comparison.last is not None
    assert compared.comparison.last.unread == {"issuer": "issuer-a"}.get(gone, gone)
    (row,) = compared.open
    assert "?" in (row.at_terminal, row.at_switch, row.at_issuer)
    compared.put_back(made.good)
    assert compared.found() == {}


def test_what_is_in_flight_gets_its_time(compared: Compared, made: Made) -> None:
    """An answer is owed for a day, a reversal for two (verdict.Clocks); then somebody must know."""
    compared.spoil({"terminal": f"UPDATE attempt SET state = 'reversing' WHERE {ONE}"})
    assert compared.found() == {}
    assert compared.store.query("SELECT ref FROM waiting") == [(made.ref,)]
    compared.now += Clocks().reversal
    assert compared.found(whole=False) == {made.ref: {"overdue"}}
    compared.put_back(made.good)
    assert compared.found(whole=False) == {}
    assert compared.store.query("SELECT ref FROM waiting") == []


def test_a_contradiction_does_not_end_while_something_is_on_its_way(compared: Compared, made: Made) -> None:
    compared.spoil(SPOILED["the till was told A0"][0])
    assert compared.found() == {made.ref: {"told_not_charged"}}
    compared.spoil({"switch": f"UPDATE attempt SET state = 'reversing' WHERE {ONE}"})
    assert compared.found(whole=False) == {made.ref: {"told_not_charged"}}
    compared.spoil({"switch": f"UPDATE attempt SET state = 'reversed', reversal_code = '00' WHERE {ONE}"})
    compared.spoil({"issuer": BACK})
    assert compared.found(whole=False) == {}
    assert [(row.number, row.how) for row in compared.ended] == [("C-000001", "agreed")]


def test_an_open_case_of_a_station_is_not_numbered_twice(compared: Compared) -> None:
    compared.spoil({"switch": f"UPDATE attempt SET case_number = 'S-1' WHERE {ONE}"})
    compared.now += 3 * Clocks().reversal
    assert compared.found() == {}


def test_every_kind_has_a_sentence_in_both_languages_and_a_spoiled_store_that_shows_it() -> None:
    assert set(KINDS) == set(BreakKind)
    assert all(text.en and text.zh for text in KINDS.values())
    shown = set[str]().union(*(kinds for _, kinds in SPOILED.values()))
    elsewhere = {"debited_twice", "unasked_debit", "overdue", "number_twice"}
    of_families = {"original_missing", "family_exceeded"}  # test_families.py
    assert shown | elsewhere | of_families == {kind.value for kind in BreakKind}


def test_a_row_tells_all_of_its_transaction(compared: Compared, made: Made) -> None:
    compared.spoil(SPOILED["another amount at the switch"][0])
    compared.run()
    (row,) = compared.open
    with compared.stores() as stores:
        assert stores.switch is not None
        stub = switches.stub(stores.switch, made.ref, history=False)
    assert stub is not None
    assert row.one == candidate(stub.ref, stub)
    assert isinstance(row.one, Candidate)
    told: dict[str, Any] = row.to_json()
    assert told["positions"] == {"terminal": "closed 00", "switch": "approved 00", "issuer": "posted 00"}
    less, more = (plain(amount, "CNY") for amount in (stub.amount - 1, stub.amount))
    assert told["detail"] == f"amount {less}/{more}; amount {more}/{less}"
    assert said(row.detail).zh == f"金额 {less}/{more}；金额 {more}/{less}"
    assert (told["ended_at"], told["how"], told["number"]) == (None, "", "C-000001")
