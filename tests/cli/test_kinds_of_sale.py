"""The verbs that ask a terminal for a kind: one shared implementation, with the options the kind needs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import click
import pytest

from counterfoil.cli import balance, complete, preauth, preauth_void, sale, void
from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.kinds import BY_NAME

VERBS = {
    "purchase": sale.command,
    "void": void.command,
    "preauth": preauth.command,
    "completion": complete.command,
    "preauth_void": preauth_void.command,
    "balance": balance.command,
}
REF = "T0000003/000001/000002"
ALWAYS = {"name", "typed", "key", "data", "lang", "as_json"}
CARD = SimpleNamespace(
    pan="6299991000000013", track2="6299991000000013=30122011234500000", expiry="3012", pin="1234", currency="CNY"
)


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("purchase", {"amount", "pin", "terminal", "retry_of"}),
        ("void", {"ref", "supervisor"}),
        ("preauth", {"amount", "pin", "terminal", "retry_of"}),
        ("completion", {"ref", "amount"}),
        ("preauth_void", {"ref", "supervisor"}),
        ("balance", {"pin", "terminal", "on_paper"}),
    ],
)
def test_a_verb_has_the_options_its_kind_needs(kind: str, own: set[str]) -> None:
    command = VERBS[kind]
    assert {param.name for param in command.params} == ALWAYS | own
    required = {param.name for param in command.params if param.required}
    assert required == {"name"} | ({"ref"} & own) | ({"amount"} & own if "ref" not in own else set())


def test_every_kind_has_a_verb() -> None:
    assert VERBS.keys() == BY_NAME.keys()


def asked(monkeypatch: pytest.MonkeyPatch, kind: str, **given: Any) -> dict[str, Any]:
    """What the terminal would be asked."""
    args: dict[str, Any] = {}

    def sell(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
        args.update(asked)
        return {"error": "busy", "message": {"en": "Busy.", "zh": "忙。"}}

    monkeypatch.setattr("counterfoil.cli.stack.card_named", lambda *_: CARD)
    monkeypatch.setattr("counterfoil.cli.stack.first_terminal", lambda _: "T0000001")
    monkeypatch.setattr(sale, "sell", sell)
    with pytest.raises(Failure) as failed:
        sale.take(
            Session(None, json=True, lang="en"), BY_NAME[kind], {"name": "alice", "typed": False, "key": "k"} | given
        )
    if failed.value.code != "busy":
        raise failed.value
    assert args.pop("card")
    assert (args.pop("entry"), args.pop("key")) == ("swipe", "k")
    return args


@pytest.mark.parametrize(
    ("kind", "given", "args"),
    [
        ("purchase", {"amount": "1", "pin": ""}, {"terminal": "T0000001", "amount": 100, "currency": "CNY"}),
        (
            "preauth",
            {"amount": "1", "pin": "1", "terminal": "T0000009"},
            {"terminal": "T0000009", "amount": 100, "currency": "CNY", "pin": "1", "kind": "preauth"},
        ),
        (
            "void",
            {"ref": REF, "supervisor": "s"},
            {"terminal": "T0000003", "kind": "void", "original": REF, "supervisor": "s"},
        ),
        ("completion", {"ref": REF}, {"terminal": "T0000003", "kind": "completion", "original": REF}),
        (
            "completion",
            {"ref": REF, "amount": "2"},
            {"terminal": "T0000003", "amount": 200, "kind": "completion", "original": REF},
        ),
        (
            "balance",
            {"pin": "1234", "on_paper": True},
            {"terminal": "T0000001", "currency": "CNY", "pin": "1234", "kind": "balance", "print": True},
        ),
    ],
)
def test_a_verb_asks_for_what_its_kind_needs(
    monkeypatch: pytest.MonkeyPatch, kind: str, given: dict[str, Any], args: dict[str, Any]
) -> None:
    assert asked(monkeypatch, kind, **given) == args


def test_what_is_no_reference_is_a_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure) as failed:
        asked(monkeypatch, "void", ref="12.50", supervisor="s")
    assert failed.value.status is Exit.USAGE


def test_the_supervisors_password_is_asked_for_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def prompt(text: str, **how: Any) -> str:
        assert how["hide_input"] is True
        return "secret"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", prompt)
    assert asked(monkeypatch, "void", ref=REF)["supervisor"] == "secret"
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(Failure) as failed:
        asked(monkeypatch, "void", ref=REF)
    assert (failed.value.status, failed.value.code) == (Exit.USAGE, "no_supervisor")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("original_unknown", 5),
        ("original_other_kind", 2),
        ("original_fallen", 1),
        ("original_closed", 1),
        ("original_other_batch", 1),
        ("original_expired", 1),
        ("amount_above_original", 2),
        ("wrong_supervisor", 2),
        ("supervisor_locked", 1),
    ],
)
def test_a_refusal_of_an_original_has_its_exit_code(code: str, status: int) -> None:
    assert sale.turned_down({"error": code, "message": {"en": "No.", "zh": "不。"}}).status == status
