"""What the switch remembers of its own store: enough to ask it nothing, never more than is on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from counterfoil.storage import Store
from switch.scene import ALICE, MERCHANT, TERMINALS, Scene, scene


@pytest.fixture
def asked_of_store(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every SELECT, as it is asked."""
    found: list[str] = []
    query = Store.query

    def counted(self: Store, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found.append(sql)
        return query(self, sql, params)

    monkeypatch.setattr(Store, "query", counted)
    return found


def failing(made: Scene, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """From now on the step that writes into this table fails before its commit."""
    many = Store.executemany

    def executemany(self: Store, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows and sql.startswith(f"INSERT INTO {table}"):
            raise RuntimeError("a step that nobody expected to fail")
        many(self, sql, rows)

    assert made.store
    monkeypatch.setattr(Store, "executemany", executemany)


def test_a_sale_in_good_order_asks_the_store_for_nothing(asked_of_store: list[str]) -> None:
    made = scene()
    made.approved()
    asked_of_store.clear()
    made.approved()
    assert asked_of_store == []


def test_a_repeat_is_found_however_many_came_after_it() -> None:
    made = scene()
    request, _ = made.approved()
    for _ in range(3):
        made.approved()
    assert made.codes(made.frame(request.copy())) == ["00"]
    assert made.codes(made.frame(request.copy(de4="000000000001"))) == ["94"]


def test_a_reversal_of_an_old_sale_is_found_after_a_restart() -> None:
    made = scene()
    request, _ = made.approved()
    made.sign_on(TERMINALS[1])
    made.approved(terminal=TERMINALS[1])
    after = made.restarted()
    assert after.codes(after.frame(made.reversal(request))) == ["00"]
    assert after.state(request) == "reversing"


def test_a_tombstone_is_remembered_like_any_attempt() -> None:
    made = scene()
    late = made.purchase()
    assert made.codes(made.frame(made.reversal(late))) == ["25"]
    assert made.codes(made.frame(late)) == ["12"]
    stub = made.stub(late)
    assert (stub.state, stub.amount, stub.currency, stub.merchant) == ("tombstone", 1250, "CNY", MERCHANT)


@pytest.mark.parametrize(
    ("de2", "first6", "last4"),
    [(ALICE, ALICE[:6], ALICE[-4:]), (None, "", ""), ("6" * 11, "", ""), ("629999100001", "629999", "0001")],
)
def test_a_tombstone_knows_the_card_when_the_reversal_names_one(de2: str | None, first6: str, last4: str) -> None:
    made = scene()
    late = made.purchase()
    assert made.codes(made.frame(made.reversal(late, de2=de2))) == ["25"]
    ((*card, token),) = made.store.query("SELECT first6, last4, token FROM attempt WHERE state = 'tombstone'")
    assert (card, bool(token)) == ([first6, last4], bool(first6))
    assert made.codes(made.frame(late)) == ["12"]


def test_a_step_that_failed_leaves_nothing_remembered() -> None:
    made = scene()
    made.approved()
    request = made.purchase()
    frame = made.frame(request)
    with pytest.MonkeyPatch.context() as patch:
        failing(made, patch, "trail")
        with pytest.raises(RuntimeError):
            made.step(frame)
    before = len(made.sent)
    made.step(frame)
    (forwarded,) = [made.read(send) for send in made.to_issuers(before)]
    assert forwarded.mti == "0200"
    with pytest.MonkeyPatch.context() as patch:
        failing(made, patch, "trail")
        with pytest.raises(RuntimeError):
            made.step(made.reply(forwarded, "51"))
    assert made.codes(made.reply(forwarded, "00")) == ["00"]
    assert made.state(request) == "approved"


def test_a_terminal_that_signed_on_in_a_failed_step_works_under_its_old_keys() -> None:
    made = scene()
    made.approved()
    old = made.lines["T0000001"]
    with pytest.MonkeyPatch.context() as patch:
        failing(made, patch, "trail")
        with pytest.raises(RuntimeError):
            made.sign_on()
    assert made.lines["T0000001"] == old
    made.approved()
