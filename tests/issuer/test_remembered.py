"""What the issuer remembers of its own store: enough to ask it nothing, never more than is on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from counterfoil.storage import Store
from issuer.bank import Bank


def failing(patch: pytest.MonkeyPatch) -> None:
    """The step fails when it writes what it owes to cardholders, after everything else was written."""
    many = Store.executemany

    def executemany(self: Store, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows and sql.startswith("INSERT INTO outbox"):
            raise RuntimeError("a step that nobody expected to fail")
        many(self, sql, rows)

    patch.setattr(Store, "executemany", executemany)


def test_a_purchase_in_good_order_asks_the_store_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank()
    assert bank.code(bank.purchase()) == "00"
    asked: list[str] = []
    query = Store.query

    def counted(self: Store, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return query(self, sql, params)

    monkeypatch.setattr(Store, "query", counted)
    assert bank.code(bank.purchase()) == "00"
    assert asked == []


def test_money_and_counters_go_on_where_the_last_commit_left_them() -> None:
    bank = Bank()
    assert bank.code(bank.purchase(amount=300_000)) == "00"
    with pytest.MonkeyPatch.context() as patch:
        failing(patch)
        with pytest.raises(RuntimeError):
            bank.ask(bank.purchase(amount=200_000))
    assert bank.balance("alice") == "2000.00"
    assert bank.code(bank.purchase(amount=200_000)) == "00"
    assert bank.code(bank.purchase(amount=1)) == "51"
    assert bank.balance("alice") == "0.00"
    assert bank.command("check")["sound"]


def test_wrong_pins_are_counted_on_over_steps_and_restarts() -> None:
    bank = Bank()
    assert bank.code(bank.purchase(pin="9999")) == "55"
    assert bank.code(bank.purchase(pin="9999")) == "55"
    bank.restart()
    assert bank.code(bank.purchase(pin="9999")) == "55"
    assert bank.code(bank.purchase()) == "75"


def test_a_repeat_is_found_however_many_came_after_it_and_after_a_restart() -> None:
    bank = Bank()
    first = bank.purchase()
    assert bank.code(first) == "00"
    for _ in range(3):
        assert bank.code(bank.purchase()) == "00"
    assert bank.code(first) == "00"
    bank.restart()
    assert bank.code(bank.purchase()) == "00"
    assert bank.code(first) == "00"
    assert bank.balance("alice") == "4937.50"


def test_a_key_below_all_others_is_looked_up_and_booked_once() -> None:
    """The year turns: the keys of January sort before those of December."""
    bank = Bank()
    assert bank.code(bank.purchase(de7="1231235959")) == "00"
    january = bank.purchase(de7="0101000001")
    assert [bank.code(january), bank.code(january)] == ["00", "00"]
    assert bank.balance("alice") == "4975.00"


def test_numbers_of_evidence_go_on_above_those_of_the_process_before() -> None:
    bank = Bank()
    bank.code(bank.purchase())
    with pytest.MonkeyPatch.context() as patch:
        failing(patch)
        with pytest.raises(RuntimeError):
            bank.ask(bank.purchase())
    bank.code(bank.purchase())
    bank.restart()
    repeated = bank.purchase()
    bank.ask(repeated, repeated)
    bank.issuer.quarantine(bank.now, bank.frame(bank.purchase()), "RuntimeError")
    seqs = [seq for table in ("trail", "alarm", "outbox") for (seq,) in bank.rows(table, "seq")]
    assert len(seqs) == len(set(seqs)) == 5
    ((reserved,),) = bank.rows("reserved", "up_to")
    assert reserved >= max(seqs)
