"""An open store: transactions leave no trace unless committed, and no float goes in or out."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from counterfoil.errors import OurError, StoreError
from counterfoil.ledger import MAX_INTEGER
from counterfoil.step import CommitFailed
from counterfoil.storage import Migration, Store, open_store

FORMAT = [
    Migration(
        1,
        """
        CREATE TABLE account (id text NOT NULL PRIMARY KEY, balance bigint NOT NULL
          CHECK (balance BETWEEN -9223372036854775807 AND 9223372036854775807));
        CREATE TABLE sale (terminal text NOT NULL, stan text NOT NULL, amount bigint, PRIMARY KEY (terminal, stan));
        CREATE TABLE line (sale text NOT NULL REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED);
        """,
    )
]
ADD = "INSERT INTO account (id, balance) VALUES (?, ?)"
COUNT = "SELECT count(*) FROM account"


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    opened = open_store(tmp_path / "store.db" if request.param == "file" else ":memory:", FORMAT)
    yield opened
    opened.close()


def test_a_commit_keeps_and_a_rollback_forgets(store: Store) -> None:
    store.begin()
    store.execute(ADD, ("a", 1))
    assert store.in_transaction
    store.commit()
    store.begin()
    store.execute(ADD, ("b", 2))
    store.rollback()
    assert not store.in_transaction
    assert store.query("SELECT id, balance FROM account") == [("a", 1)]


def test_leaving_a_transaction_without_commit_leaves_no_trace(store: Store) -> None:
    with store.transaction() as step:
        step.execute(ADD, ("a", 1))
    with pytest.raises(StoreError), store.transaction() as step:
        step.executemany(ADD, [("b", 1), ("b", 2)])
    assert store.query(COUNT) == [(0,)]
    with store.transaction() as step:
        step.execute(ADD, ("c", 1))
        step.commit()
    assert store.query(COUNT) == [(1,)]


def test_a_rollback_is_harmless_when_nothing_is_open(store: Store) -> None:
    store.rollback()
    store.rollback()


@pytest.mark.parametrize("calls", [["begin", "begin"], ["commit"]])
def test_transactions_are_opened_and_closed_in_turn(calls: list[str], store: Store) -> None:
    *good, bad = calls
    for call in good:
        getattr(store, call)()
    with pytest.raises(OurError):
        getattr(store, bad)()


def test_reading_is_one_view_and_sees_its_own_transaction(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", FORMAT)
    reader = open_store(tmp_path / "store.db", FORMAT, readonly=True)
    with reader.reading() as view:
        before = view.query(COUNT)
        store.begin()
        store.execute(ADD, ("a", 1))
        with store.reading() as own:
            assert own.query(COUNT) == [(1,)]
        assert store.in_transaction
        store.commit()
        assert view.query(COUNT) == before
    assert reader.query(COUNT) == [(1,)]
    store.close()
    reader.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    open_store(tmp_path / "store.db", FORMAT).close()
    reader = open_store(tmp_path / "store.db", FORMAT, readonly=True)
    assert reader.readonly
    with pytest.raises(OurError, match="read-only"):
        reader.begin()
    with pytest.raises(StoreError, match="readonly"):
        reader.execute(ADD, ("a", 1))
    reader.close()


# --- statements ------------------------------------------------------------------------------------------------------


def test_a_wrong_statement_names_the_table_and_never_the_value(store: Store) -> None:
    store.begin()
    store.execute(ADD, ("6299990000000000", 1))
    with pytest.raises(StoreError, match=r"UNIQUE constraint failed: account\.id") as caught:
        store.executemany(ADD, [("6299990000000000", 1)])
    assert "629999" not in str(caught.value)
    with pytest.raises(StoreError, match="no such table"):
        store.query("SELECT 1 FROM no_such_place")
    assert store.in_transaction
    store.rollback()


def test_a_broken_reference_fails_the_commit_and_nothing_stays(store: Store) -> None:
    store.begin()
    store.execute("INSERT INTO line (sale) VALUES ('nobody')")
    with pytest.raises(CommitFailed, match="FOREIGN KEY"):
        store.commit()
    store.rollback()
    assert store.query("SELECT count(*) FROM line") == [(0,)]


def test_no_rows_are_no_statement(store: Store) -> None:
    store.executemany("this is never looked at", [])


def test_a_statement_may_give_back_what_it_wrote(store: Store) -> None:
    assert store.query("INSERT INTO account (id, balance) VALUES ('a', 5) RETURNING balance") == [(5,)]


@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 17, 499, 500, 501, 1203])
def test_any_number_of_keys_is_looked_up(number: int, store: Store) -> None:
    store.begin()
    store.executemany(ADD, [(f"k{n}", n) for n in range(1300)])
    store.executemany("INSERT INTO sale VALUES (?, ?, ?)", [(f"T{n % 7}", f"{n}", n) for n in range(1300)])
    store.commit()
    rows = store.select_in("SELECT id, balance FROM account WHERE id IN ({marks})", [f"k{n}" for n in range(number)])
    assert sorted(rows, key=lambda row: row[1]) == [(f"k{n}", n) for n in range(number)]
    pairs = [(f"T{n % 7}", f"{n}") for n in range(number)]
    found = store.select_in("SELECT amount FROM sale WHERE (terminal, stan) IN ({marks})", pairs)
    assert sorted(found) == [(n,) for n in range(number)]


def test_a_key_asked_for_twice_is_found_once(store: Store) -> None:
    store.executemany(ADD, [("a", 1), ("b", 2)])
    keys = [key for n in range(600) for key in ("a", f"no{n}")]
    assert store.select_in("SELECT balance FROM account WHERE id IN ({marks})", keys) == [(1,)]


def test_a_key_of_several_columns_uses_the_index(store: Store) -> None:
    plan = store.select_in(
        "EXPLAIN QUERY PLAN SELECT amount FROM sale WHERE (terminal, stan) IN ({marks})", [("a", "b"), ("c", "d")]
    )
    assert "SEARCH sale USING INDEX" in plan[0][3]


# --- no float near money ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["query", "execute", "executemany"])
def test_a_float_is_no_parameter(verb: str, store: Store) -> None:
    params: Any = [("a", 1), ("b", 1.0)] if verb == "executemany" else ("a", 1.0)
    with pytest.raises(OurError, match="a float as a parameter"):
        getattr(store, verb)(ADD, params)


@pytest.mark.parametrize("verb", ["execute", "executemany"])
def test_an_integer_of_more_than_64_bits_is_no_parameter(verb: str, store: Store) -> None:
    params: Any = ("a", MAX_INTEGER + 1)
    with pytest.raises(OurError, match="does not fit 64 bits"):
        getattr(store, verb)(ADD, [params] if verb == "executemany" else params)


def test_an_integer_that_outgrows_63_bits_in_an_expression_is_stopped_on_both_ways(store: Store) -> None:
    store.execute(ADD, ("a", MAX_INTEGER))
    with pytest.raises(StoreError, match="gave a float"):
        store.query("SELECT id, balance + 1 FROM account")
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        store.execute("UPDATE account SET balance = balance + 1")
    assert store.query("SELECT balance FROM account") == [(MAX_INTEGER,)]


def test_sums_that_outgrow_63_bits_are_an_error_and_not_a_float(store: Store) -> None:
    store.executemany(ADD, [("a", MAX_INTEGER), ("b", 1)])
    with pytest.raises(StoreError, match="integer overflow"):
        store.query("SELECT sum(balance) FROM account")


@pytest.mark.parametrize("readonly", [False, True])
def test_a_text_that_is_none_is_a_damaged_disk_and_its_bytes_are_not_shown(readonly: bool, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, FORMAT)
    store.execute("INSERT INTO sale (terminal, stan) VALUES ('T1', CAST(x'36323939C3' AS text))")
    store.close()
    store = open_store(path, FORMAT, readonly=readonly)
    with pytest.raises(StoreError if readonly else CommitFailed) as caught:
        store.query("SELECT stan FROM sale")
    assert "not UTF-8" in str(caught.value)
    assert "6299" not in "".join(traceback.format_exception(caught.value))
    store.close()
