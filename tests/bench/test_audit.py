"""The comparison after a bench notices what it is there for: each rule is broken once."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from bench.audit import BACK, NO, OPEN, YES, Verdict, audit, learn
from bench.frames import Kind, Outcome
from bench.history import fill

from counterfoil.storage import migrations_of, open_store

TXN = (
    "INSERT INTO txn (key, rrn, token, account, first6, last4, processing, amount, currency, terminal, merchant, "
    "state, refusal, code, auth_code, started_at, updated_at, debited_at, returned_at, case_number, "
    "received, request, answered, part) "
    "VALUES (?1, ?1, '', 'card:1', '', '', '', ?2, 'CNY', '', '', ?3, '', '', '', 0, 0, 0, 0, '', '', '{}', '', 1)"
)
ENTRY = "INSERT INTO entry (id, debit, credit, amount, currency, at, ref, reverses, before_debit) "
ENTRY += "VALUES (?, ?, ?, ?, 'CNY', 0, ?, ?, '')"
CLEARING = "clearing:1:CNY"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An issuer with one sale of 250 posted and one of 70 returned."""
    path = tmp_path / "store.db"
    made = open_store(path, migrations_of("counterfoil.issuer"))
    with made.transaction():
        made.execute("INSERT INTO account (id, kind, currency, balance) VALUES ('card:1', 'card', 'CNY', 750)")
        made.execute(ENTRY, ("o", "funding:CNY", "card:1", 1000, "opening", ""))
        made.execute(TXN, ("one", 250, "posted"))
        made.execute(ENTRY, ("one", "card:1", CLEARING, 250, "one", ""))
        made.execute(TXN, ("two", 70, "reversed"))
        made.execute(ENTRY, ("two", "card:1", CLEARING, 70, "two", ""))
        made.execute(ENTRY, ("two/r", CLEARING, "card:1", 70, "two", "two"))
        made.commit()
    made.close()
    return path


TOLD = {"one": (250, YES), "two": (70, BACK)}


def broken(store: Path, told: dict[str, tuple[int, str]], *changes: str) -> set[str]:
    book = apsw.Connection(str(store))
    for change in changes:
        book.execute(change)
    book.close()
    verdict: Verdict = audit(told, store, None)
    return set(verdict.broken)


def test_stores_that_agree_pass(store: Path) -> None:
    assert broken(store, TOLD) == set()


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({**TOLD, "three": (10, YES)}, "an approval the client saw is booked exactly once"),
        ({**TOLD, "one": (251, YES)}, "an approval the client saw is booked exactly once"),
        ({**TOLD, "one": (250, NO)}, "what the client saw refused is not booked"),
        ({**TOLD, "one": (250, BACK)}, "what was reversed is not booked any more"),
        ({"two": (70, BACK)}, "nothing is booked that the client did not send"),
    ],
)
def test_a_client_that_was_told_something_else_is_noticed(
    store: Path, told: dict[str, tuple[int, str]], rule: str
) -> None:
    assert rule in broken(store, told)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("DELETE FROM entry WHERE id = 'one'", "every posted sale has its one entry"),
        ("DELETE FROM entry WHERE id = 'two/r'", "every reversed sale has its return"),
        ("UPDATE account SET balance = 751", "balances are their entries' sums"),
        ("UPDATE account SET balance = 751", "sums are equal"),
        ("UPDATE txn SET amount = 249 WHERE key = 'one'", "an approval the client saw is booked exactly once"),
    ],
)
def test_a_store_that_lost_something_is_noticed(store: Path, change: str, rule: str) -> None:
    assert rule in broken(store, TOLD, change)


@pytest.mark.parametrize(
    ("sale", "state", "code", "fate"),
    [
        (YES, 2, b"00", BACK),
        (YES, 2, b"25", BACK),
        (YES, 2, b"64", YES),
        (YES, 1, b"", OPEN),  # sent and not answered: it may have been undone
        (YES, 0, b"", YES),  # never sent
        (NO, 1, b"", NO),
        (NO, 2, b"00", NO),
    ],
)
def test_what_a_reversal_makes_of_a_sale(sale: str, state: int, code: bytes, fate: str) -> None:
    found = {"T1/000007": (250, sale)}
    learn(found, [Outcome(0, Kind.REVERSAL, 0, 7, 250, state, code)], {(0, 0): "T1"}, issuer=False)
    assert found == {"T1/000007": (250, fate)}


def test_a_past_put_into_the_stores_is_not_taken_for_what_the_client_did(store: Path) -> None:
    past = fill(store, "issuer", 10)
    assert past["txn"].rows == 2 + 10
    assert set(audit(TOLD, store, None).broken) > {"nothing is booked that the client did not send"}
    assert audit(TOLD, store, None, past).broken == {}
    told = {**TOLD, "three": (5, YES)}
    assert set(audit(told, store, None, past).broken) > {"an approval the client saw is booked exactly once"}
