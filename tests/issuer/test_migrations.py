"""A store of an earlier format: what it held is told as before, and the issuer goes on with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.issuer import cards, statement, stub
from counterfoil.issuer.records import Records
from counterfoil.issuer.rows import Notice
from counterfoil.issuer.stubs import (
    BEGUN,
    BY_DIGITS,
    BY_DIGITS_AND_AMOUNT,
    BY_RRN,
    CASES_OF,
    HISTORY,
    STATEMENT,
    cases,
    ended_cases,
)
from counterfoil.storage import Store, migrations_of, open_store
from issuer.bank import NOON, PANS, Bank

KEY = "10344/0314120000/000900"
REQUEST = '{"2":"629999******0011","3":"000000","11":"000900","37":"607300000900"}'
ANSWER = '{"2":"629999******0011","3":"000000","11":"000900","37":"607300000900","38":"123456","39":"00"}'


def test_counters_move_to_the_account_and_answers_of_before_stay_lines(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of("counterfoil.issuer")[:2])
    with old.transaction():
        old.execute("INSERT INTO station (name) VALUES ('issuer-a')")
        for name, balance in (("card:a", 700), ("card:b", 5)):
            old.execute("INSERT INTO account VALUES (?, 'cardholder', 'CNY', ?)", (name, balance))
        described = "'6299', '0011', '3012', 'CNY', '', 'active', 0, 0, 0"
        old.execute(f"INSERT INTO card VALUES ('a', 'card:a', 'ann', {described}, 2, '20260314', 300, 1)")
        old.execute(f"INSERT INTO card VALUES ('b', 'card:b', 'bob', {described}, 0, '', 0, 0)")
        decided = "'000000', 300, 'CNY', 'T1', 'M1', 'posted', '', '00', '123456', 1, 1, 1, 0, ''"
        row = f"'{KEY}', '607300000900', 'a', 'card:a', '629999', '0011', {decided}"
        old.execute(f"INSERT INTO txn VALUES ({row})")
        for line in ((1, "0200 received", "2", REQUEST), (2, "0210 answered", "3", ANSWER)):
            old.execute("INSERT INTO trail (txn, seq, at, what, leg, message) VALUES (?, ?, 1, ?, ?, ?)", (KEY, *line))
        old.commit()
    old.close()

    new = open_store(path, migrations_of("counterfoil.issuer"))
    counted = new.query("SELECT id, balance, pin_failures, day, spent, count FROM account ORDER BY id")
    assert counted == [("card:a", 700, 2, "20260314", 300, 1), ("card:b", 5, 0, "", 0, 0)]
    assert [(card["name"], card["pin_failures"]) for card in cards(new)] == [("ann", 2), ("bob", 0)]
    told = stub(new, KEY)
    assert told is not None
    assert [line.what for line in told.history] == ["0200 received", "0210 answered"]
    assert [(line.message or {}).get("39") for line in told.history] == [None, "00"]
    assert new.query("PRAGMA foreign_key_check") == []
    new.close()


def test_an_answer_is_one_line_with_its_request_and_is_told_as_two() -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    ((answered,),) = bank.rows("txn", "answered")
    told = stub(bank.store, bank.key(purchase))
    assert told is not None
    request, answer = told.history
    assert (answer.at, answer.what) == (NOON, "0210 answered")
    assert request.message is not None
    assert answer.message is not None
    assert answered == f"0210 00 {answer.message['38']}"
    assert answer.message["2"] == request.message["2"] != PANS["alice"]


@pytest.mark.parametrize("sql", [BY_DIGITS, BY_DIGITS_AND_AMOUNT, STATEMENT, BY_RRN, BEGUN, HISTORY, CASES_OF])
def test_a_search_reads_only_what_it_finds(sql: str) -> None:
    plan = [row[3] for row in Bank().store.query("EXPLAIN QUERY PLAN " + sql.replace("?", "'x'"))]
    assert [what for what in plan if what.startswith("SCAN") and what not in ("SCAN line", "SCAN parts")] == []
    assert any("txn_digits (part=? AND last4=?" in what for what in plan) is (sql in (BY_DIGITS, BY_DIGITS_AND_AMOUNT))


def test_entries_of_before_are_renamed_and_lie_in_the_order_of_their_account(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of("counterfoil.issuer")[:4])
    row = (
        "INSERT INTO entry (id, debit, credit, amount, currency, at, ref, reverses) VALUES (?, ?, ?, ?, 'CNY', ?, ?, ?)"
    )
    clearing, funding = "clearing:10344:CNY", "funding:CNY"
    with old.transaction():
        old.execute("INSERT INTO station (name) VALUES ('issuer-a')")
        for name, balance in (("card:a", 700), ("card:b", 5), ("card:c", 0)):
            old.execute("INSERT INTO account (id, kind, currency, balance) VALUES (?, 'x', 'CNY', ?)", (name, balance))
        old.execute(row, ("card:a/#opening", funding, "card:a", 1000, 7, "opening", ""))
        old.execute(row, ("card:b/#opening", funding, "card:b", 5, 7, "opening", ""))
        old.execute(row, ("card:a/1/2/4", "card:a", clearing, 40, 9, "R4", ""))
        old.execute(row, ("card:a/1/2/3", "card:a", clearing, 300, 8, "R3", ""))
        old.execute(row, ("card:a/1/2/4/reversal", clearing, "card:a", 40, 9, "R4", "card:a/1/2/4"))
        for name in ("a", "b"):
            old.execute("INSERT INTO outbox (name, text, at) VALUES (?, ?, 9)", (name, f'say "{name}"\nto C:\\'))
        old.commit()
    old.close()

    new = open_store(path, migrations_of("counterfoil.issuer"))
    assert new.query("SELECT id, before_debit, before_credit, reverses, forced FROM entry ORDER BY at, id") == [
        ("card:a/#opening", "", "", "", 0),
        ("card:b/#opening", "", "", "", 0),
        ("1/2/3", "card:a/#opening", "", "", 0),
        ("1/2/4", "1/2/3", "", "", 0),
        ("1/2/4/reversal", "", "1/2/4", "1/2/4", 1),
    ]
    assert [line["amount"] for line in statement(new, "card:a")] == [1000, -300, -40, 40]
    assert [line["balance"] for line in statement(new, "card:b")] == [5]
    assert statement(new, "card:c") == []
    records = Records(new)
    owed = records.undelivered()
    assert [told for _, told in owed] == [(Notice(name, f'say "{name}"\nto C:\\'),) for name in ("a", "b")]
    assert records.notices([one.row for one in owed]) == owed
    new.close()


def test_a_store_of_before_holds_was_worth_the_same_and_goes_on(tmp_path: Path) -> None:
    """What a station of today has written, written as the one before it would have, is brought over to just that."""
    bank = Bank(tmp_path, enrol=("alice", "bob", "poor"))
    sold, back, left = bank.purchase(), bank.purchase("bob", 990), bank.purchase("alice", 17)
    bank.ask(sold, back, bank.advice(back), bank.purchase("poor", 101))
    bank.ask(left)
    tables = [name for (name,) in bank.store.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = {table: columns_and_rows(bank.store, table) for table in tables if table != "migration"}
    bank.store.close()
    Path(bank.path).unlink()

    old = open_store(bank.path, migrations_of("counterfoil.issuer")[:10])
    with old.transaction():
        old.execute("DELETE FROM reserved")
        for table, kept in rows.items():
            for row in kept if table not in ("hold", "resolution") else ():
                if table == "entry":
                    row = {**row, "previous": row["before_debit"] or row["before_credit"]}
                there = [name for name in columns(old, table) if name in row]
                sql = f"INSERT INTO {table} ({', '.join(there)}) VALUES ({', '.join('?' * len(there))})"
                old.execute(sql, [row[name] for name in there])
        old.commit()
    assert "held" not in columns(old, "account")
    old.close()

    bank.restart()
    assert {table: columns_and_rows(bank.store, table) for table in rows} == rows
    assert bank.store.query("PRAGMA foreign_key_check") == []
    assert bank.command("check") == {"sound": True, "violations": []}
    assert [bank.code(bank.advice(left)), bank.code(bank.purchase("alice", 500_001 - 1250))] == ["00", "51"]
    assert [line["amount"] for line in statement(bank.store, bank.card("alice")["account"])] == [
        500_000,
        -1250,
        -17,
        17,
    ]
    bank.store.close()


def columns(store: Store, table: str) -> list[str]:
    return [str(row[1]) for row in store.query(f"PRAGMA table_info({table})")]


def columns_and_rows(store: Store, table: str) -> list[dict[str, object]]:
    names = columns(store, table)
    found = [dict(zip(names, row, strict=True)) for row in store.query(f"SELECT {', '.join(names)} FROM {table}")]
    return sorted(found, key=lambda row: [str(row[name]) for name in names])


def test_a_case_whose_purchase_was_given_back_since_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of("counterfoil.issuer")[:6])
    with old.transaction():
        old.execute("INSERT INTO station (name) VALUES ('issuer-a')")
        for n, (state, returned) in enumerate((("posted", 0), ("reversed", 90))):
            row = f"'{KEY[:-1]}{n}', 'R{n}', 'a', 'card:a', '629999', '0011', '000000', 300, 'CNY', 'T1', 'M1'"
            old.execute(
                f"INSERT INTO txn VALUES ({row}, '{state}', '', '00', '', 1, 1, 1, {returned}, 'C{n}', 0, '', '', '')"
            )
            old.execute(
                f"INSERT INTO exception_case VALUES ('C{n}', '{KEY[:-1]}{n}', 'R{n}', 50, 'reversal_differs', '')"
            )
        old.commit()
    old.close()
    new = open_store(path, migrations_of("counterfoil.issuer"))
    assert [case.number for case in cases(new)] == ["C0"]
    assert [(case.number, case.ended_at) for case in ended_cases(new, 0)] == [("C1", 90)]
    assert new.query("SELECT case_number FROM txn ORDER BY key") == [("C0",), ("",)]
    new.close()
