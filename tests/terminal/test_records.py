"""What other processes read from the terminal's store, on a real file, beside its owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.errors import StoreError
from counterfoil.storage import Store, open_store
from counterfoil.terminal import records, stubs
from counterfoil.terminal.rows import Attempt
from counterfoil.transaction import AttemptKey
from terminal.counter import MERCHANT, PAN, T1, T2, TIMER, Counter


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    """Four sales: approved, declined, unknown (on T1), approved with a failed receipt (on T2)."""
    counter = Counter(str(tmp_path / "store.db"), terminals=(T1, T2)).open_for_business()
    counter.sale(key="till-1")
    counter.answer()
    counter.step(after=1)
    counter.sale(amount=500)
    counter.answer("51")
    counter.step(after=1)
    counter.sale(amount=900)
    counter.time_out()
    counter.step(after=1)
    counter.line.clear()
    counter.printer = False
    counter.sale(terminal=T2)
    counter.answer(mti="0200")
    return counter


@pytest.fixture
def reader(counter: Counter, tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "store.db", records.migrations(), readonly=True)
    yield store
    store.close()


def test_a_stub_tells_the_whole_story(reader: Store) -> None:
    stub = stubs.stub(reader, AttemptKey(T1, "000001", "000002"))
    assert stub is not None
    assert (stub.ref, stub.merchant, stub.state, stub.receipt) == (f"{T1}/000001/000002", MERCHANT, "closed", "printed")
    assert (stub.amount, stub.currency, stub.last4, stub.key) == (1250, "CNY", PAN[-4:], "till-1")
    assert (stub.response_code, stub.auth_code) == ("00", "123456")
    assert [happened.what for happened in stub.history] == [
        "request sent",
        "approved",
        "print 1",
        "merchant copy printed",
        "cardholder copy printed",
    ]
    request = stub.history[0].message
    assert request is not None
    assert request["mti"] == "0200"
    assert {"35", "52", "53", "64"}.isdisjoint(request)
    assert request["4"] == "000000001250"


def test_a_pending_reversal_shows_its_reason_tries_and_clock(reader: Store) -> None:
    stub = stubs.stub(reader, AttemptKey(T1, "000001", "000004"))
    assert stub is not None
    assert (stub.state, stub.reversal_reason, stub.reversal_tries) == ("reversing", "98", 1)
    assert stub.due > stub.started_at + TIMER


def test_a_stub_that_is_not_there(reader: Store) -> None:
    assert stubs.stub(reader, AttemptKey(T1, "000001", "000099")) is None
    assert stubs.last(reader, "nobody") is None


def test_last_find_terminals_and_open_items(reader: Store, counter: Counter) -> None:
    last = stubs.last(reader, T1)
    assert last is not None
    assert last.amount == 900
    assert stubs.terminals(reader) == [(T1, MERCHANT), (T2, MERCHANT)]
    assert [item.state for item in stubs.open_items(reader)] == ["reversing", "approved"]
    assert [found.amount for found in stubs.find(reader, last4=PAN[-4:])] == [1250, 900, 500, 1250]
    assert [found.terminal for found in stubs.find(reader, last4=PAN[-4:], amount=1250)] == [T2, T1]
    rrn = counter.newest(T2).rrn
    assert [found.rrn for found in stubs.find(reader, rrn=rrn)] == [rrn]
    assert stubs.find(reader) == []


def test_a_reader_never_writes(reader: Store) -> None:
    with pytest.raises(StoreError):
        reader.execute("DELETE FROM attempt")


def test_every_field_of_an_attempt_comes_back(counter: Counter) -> None:
    values: dict[str, Any] = {"str": "text", "bytes": b"\x00\xff", "int": 7, "Instant": 8, "bool": True}
    odd = {name: values[str(kind)] for name, kind in Attempt.__annotations__.items() if str(kind) in values}
    attempt = msgspec.structs.replace(counter.newest(T2), **odd)
    store = records.Records(counter.store)
    store.write(records.StepWrites((), [attempt], (), (), ()))
    assert store.one(attempt.number) == attempt
    assert store.by_keys([attempt.key]) == [attempt]
    assert store.family("text") == [attempt]


def test_the_columns_of_the_store_are_the_fields_of_the_nouns(counter: Counter) -> None:
    for table, select in (("attempt", records.ONE), ("device", records.DEVICES)):
        columns = [row[1] for row in counter.store.query(f"PRAGMA table_info({table})")]
        assert select.startswith(f"SELECT {', '.join(columns)} FROM {table}")
