"""`counterfoil kinds`: the table of kinds, for people and for programs, without a stack."""

from __future__ import annotations

import pytest

from cli.calling import said
from counterfoil.kinds import TABLE


def test_programs_get_every_kind_with_its_movements_and_their_undoing(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "kinds", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert [one["name"] for one in answer.json] == [kind.name for kind in TABLE]
    (purchase,) = [one for one in answer.json if one["name"] == "purchase"]
    assert purchase["wire"] == {"mti": "0200", "processing": "000000", "condition": "00", "type": "22"}
    assert purchase["says"] == {"en": "SALE", "zh": "消费"}
    assert purchase["mode"] == "request"
    assert purchase["legs"] == [{"deed": "move", "debit": "card", "credit": "clearing", "forced": False}]
    assert purchase["undo"] == [{"deed": "move", "debit": "clearing", "credit": "card", "forced": True}]


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_one_kind_is_shown_by_its_name(capsys: pytest.CaptureFixture[str], kind: object) -> None:
    name = str(getattr(kind, "name", ""))
    assert [one["name"] for one in said(capsys, "kinds", name, "--json").json] == [name]
    shown = said(capsys, "--lang", "zh", "kinds", name)
    assert shown.status == 0
    assert "冲正" in shown.out


def test_a_kind_that_there_is_not_is_said_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "kinds", "loan")
    assert (answer.status, answer.out) == (5, "")
    assert "loan" in answer.err
    assert "purchase" in answer.err
