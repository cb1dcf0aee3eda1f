"""Who, to what and why in the audit log are said in Chinese where they are words of ours; what people type stays."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from counterfoil.console import lines
from counterfoil.console.api import shapes
from counterfoil.console.people import Role
from counterfoil.console.till import ACTS
from counterfoil.terminal.sentences import ERRORS

LETTERS = re.compile("[A-Za-z]")


def choices(shape: type[BaseModel], name: str) -> list[str]:
    """The words a field of a request may be."""
    return [str(word) for word in get_args(shape.model_fields[name].annotation) if isinstance(word, str)]


REASONS = [
    *((name, act) for act, (_, _, name) in ACTS.items()),
    *(("receipt printed again", copy) for copy in ("missing", "merchant", "cardholder", "bank")),
    *(("receipt closed", how) for how in ("attested", "e_delivered", "declined", "e-delivered")),
    *(("fault set", kind) for kind in choices(shapes.FaultIn, "kind")),
    *((what, role.value) for what in ("person added", "role changed", "token made") for role in Role),
    ("sale", "guard"),
    ("log-in refused", "and 12 before it"),
    ("audit log unwritable", "7 s, 3 times refused"),
]


@pytest.mark.parametrize(("what", "why"), REASONS)
def test_a_reason_of_ours_is_said_in_chinese(what: str, why: str) -> None:
    said = lines.why(what, why, "begun")
    assert not LETTERS.search(said.zh.replace("MAC", ""))
    assert said.zh
    assert said.en == (why if what not in lines.OF_ROLES else lines.deed(why).en)


@pytest.mark.parametrize("code", sorted({*ERRORS, *lines.REFUSALS}))
def test_the_code_of_a_refusal_is_said_in_chinese(code: str) -> None:
    assert not LETTERS.search(lines.why("sale", code, "refused").zh.replace("{detail}", "X"))


@pytest.mark.parametrize("what", ["card revealed", "person disabled", "escalate asked", "token ended"])
@pytest.mark.parametrize("typed", ["cardholder", "missing", "guard", "kept", "and 2 before it"])
def test_what_a_person_typed_stays(what: str, typed: str) -> None:
    assert lines.why(what, typed, "ok") == (typed, typed)


def test_who_and_to_what() -> None:
    assert lines.who("first start").zh == "首次启动"
    assert lines.who("token till").zh == "令牌 till"
    assert lines.who("li") == ("li", "li")
    assert lines.subject("leg 3").zh == "第 3 段"
    assert lines.subject("switch").zh == "交换中心"
    assert lines.subject("T0000001/000001/000002").zh == "T0000001/000001/000002"
    assert lines.why("escalate approved", "asked by li: lost: twice", "begun").zh == "li 申请：lost: twice"
