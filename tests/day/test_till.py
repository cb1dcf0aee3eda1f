"""What a cashier of a day makes of the terminal's answers, and which transactions are asked for at all."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

from counterfoil.day import till
from counterfoil.day.baskets import Basket
from counterfoil.day.till import TillChannel, work_through
from counterfoil.day.town import BasketSale, ChannelAddress, Shopper, Town
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.kinds import TABLE

SHOPPER = Shopper("shopper-1", "6299990000000001", "3112", "track", "1234", "CNY")
REFERRING = next(kind for kind in TABLE if kind.original is not None)
PAID: dict[str, Any] = {"outcome": "approved", "ref": "T1/000001/000001"}


def town() -> Town:
    def nothing() -> Any:
        return nullcontext()

    return Town(
        *(
            ["T1"],
            [SHOPPER],
            lambda _: ChannelAddress("", 0, ""),
            lambda _verb, _args: {},
            nothing,
            dict,
            lambda: 0,
            1.0,
        ),
        supervisor="secret",
    )


def lane() -> list[BasketSale]:
    first = BasketSale(Basket(1, 1, 1, 500), SHOPPER, "T1", "first")
    return [first, BasketSale(Basket(1, 1, 1, 500), SHOPPER, "T1", "second", kind=REFERRING, of=first)]


def worked(monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any] | Exception]) -> tuple[list[str], list[Any]]:
    """How the transactions of a lane ended, and what the terminal was asked."""
    asked: list[Any] = []
    left = iter(answers)

    async def call(_till: TillChannel, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        asked.append((verb, args))
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(TillChannel, "call", call)
    monkeypatch.setattr(till, "PAUSE", 0.0)
    done: list[BasketSale] = []
    asyncio.run(work_through(town(), lane(), done.append))
    assert next(left, None) is None
    return [sale.outcome for sale in done], asked


@pytest.mark.parametrize(
    ("answers", "outcomes"),
    [
        ([PAID, PAID], ["approved", "approved"]),
        ([PAID, {"outcome": "declined", "ref": "T1/000001/000002"}], ["approved", "declined"]),
        ([{"outcome": "declined", "ref": "T1/000001/000001"}], ["declined"]),
        ([{"outcome": "unknown", "ref": "T1/000001/000001"}], ["unknown"]),
        ([PAID, {"error": "original_other_batch"}], ["approved", "not_sent"]),
        ([PAID, {"error": "wrong_supervisor"}], ["approved", "lost"]),
        ([PAID, {"error": "original_unknown"}], ["approved", "lost"]),
        ([PAID, {"error": "busy"}, PAID], ["approved", "approved"]),
        ([NothingSentError("gone"), PAID, OutcomeUnknown("gone"), PAID], ["approved", "approved"]),
    ],
)
def test_what_the_cashier_was_told_is_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any] | Exception], outcomes: list[str]
) -> None:
    assert worked(monkeypatch, answers)[0] == outcomes


def test_the_original_is_named_as_the_terminal_called_it_and_a_repeat_asks_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, asked = worked(monkeypatch, [PAID, OutcomeUnknown("gone"), PAID])
    (_, first), (_, second), (_, again) = asked
    assert (second["original"], second["supervisor"], second["key"]) == (PAID["ref"], "secret", "second")
    assert second == again
    assert "original" not in first
