"""What the sale verb does before and after it asks the terminal: amounts, the PIN, exit codes."""

from __future__ import annotations

import sys
from typing import Any

import click
import pytest

from counterfoil.cli import sale
from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.words import Text


@pytest.mark.parametrize(("typed", "minor"), [("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0.01", 1)])
def test_an_amount_is_minor_units(typed: str, minor: int) -> None:
    assert sale.minor(typed, "CNY") == minor


@pytest.mark.parametrize("typed", ["0", "0.00", "-1", "1.234", "1,50", "", "NaN", "1e3", "٣", "10000000000.00"])
def test_an_amount_no_till_would_take_is_refused(typed: str) -> None:
    with pytest.raises(Failure) as failed:
        sale.minor(typed, "CNY")
    assert failed.value.status is Exit.USAGE


@pytest.mark.parametrize(("pin", "at_a_keyboard", "typed"), [("1234", True, "4321"), ("", True, ""), ("", False, "")])
def test_the_pin_is_asked_for_hidden_and_only_when_there_is_one(
    monkeypatch: pytest.MonkeyPatch, pin: str, at_a_keyboard: bool, typed: str
) -> None:
    def prompt(text: str, **how: Any) -> str:
        assert how["hide_input"] is True
        return "4321"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: at_a_keyboard, raising=False)
    monkeypatch.setattr(click, "prompt", prompt)
    assert sale.prompted(pin) == typed


def test_without_a_keyboard_and_without_the_pin_nothing_is_sent_that_would_count_as_a_wrong_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(Failure) as failed:
        sale.prompted("1234")
    assert (failed.value.status, failed.value.code) == (Exit.USAGE, "no_pin")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("unknown_terminal", 5),
        ("unknown_sale", 5),
        ("bad_request", 2),
        ("key_reused", 2),
        ("open_sale", 1),
        ("busy", 1),
    ],
)
def test_what_the_terminal_turned_down_keeps_its_reason_and_what_it_shows(code: str, status: int) -> None:
    reply = {"error": code, "message": {"en": "No.", "zh": "不。"}, "sale": {"ref": "T1/000001/000001"}}
    failure = sale.turned_down(reply)
    assert (failure.status, failure.code, failure.text.zh) == (status, code, "不。")
    assert failure.more == {"sale": {"ref": "T1/000001/000001"}}


class Channel:
    """A control channel that breaks after the request has left, and what it was asked."""

    def __init__(self, *said: dict[str, Any] | Failure) -> None:
        self.said = list(said)
        self.asked: list[dict[str, Any]] = []

    def ask(self, session: Session, station: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        self.asked.append(args)
        answer = self.said.pop(0)
        if isinstance(answer, Failure):
            raise answer
        return answer


def failure(status: Exit) -> Failure:
    return Failure(status, "x", Text("x", "x"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sale, "PAUSE", 0.0)
    monkeypatch.setattr("counterfoil.cli.stack.patience", lambda _: 5.0)
    return monkeypatch


def test_a_channel_that_broke_is_asked_again_with_the_same_key(quick: pytest.MonkeyPatch) -> None:
    channel = Channel(failure(Exit.UNKNOWN), failure(Exit.UNREACHABLE), {"outcome": "approved"})
    quick.setattr("counterfoil.cli.stack.ask", channel.ask)
    assert sale.sell(Session(None, json=True, lang="en"), {"key": "k"}) == {"outcome": "approved"}
    assert channel.asked == [{"key": "k"}] * 3


def test_a_terminal_that_was_never_reached_is_not_asked_again(quick: pytest.MonkeyPatch) -> None:
    channel = Channel(failure(Exit.UNREACHABLE))
    quick.setattr("counterfoil.cli.stack.ask", channel.ask)
    with pytest.raises(Failure) as failed:
        sale.sell(Session(None, json=True, lang="en"), {"key": "k"})
    assert failed.value.status is Exit.UNREACHABLE


def test_an_outcome_nobody_could_tell_in_time_stays_unknown(quick: pytest.MonkeyPatch) -> None:
    quick.setattr("counterfoil.cli.stack.patience", lambda _: -1.0)
    channel = Channel(failure(Exit.UNKNOWN))
    quick.setattr("counterfoil.cli.stack.ask", channel.ask)
    with pytest.raises(Failure) as failed:
        sale.sell(Session(None, json=True, lang="en"), {"key": "k"})
    assert failed.value.status is Exit.UNKNOWN
