"""`counterfoil cards` as people read it: what each card is for, and how many are all alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.calling import said
from counterfoil.cli.cards import PURPOSES
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import Layout

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> str:
    Demo.of(Layout(tmp_path), make=True)
    return str(tmp_path)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_named_card_says_what_it_is_for_and_the_shoppers_are_counted(
    capsys: Capture, data: str, lang: str
) -> None:
    lines = said(capsys, "cards", "--data", data, "--lang", lang).out.splitlines()
    *named, last = lines
    assert [line.split()[0] for line in named] == list(PURPOSES)
    for line, purpose in zip(named, PURPOSES.values(), strict=True):
        assert line.endswith(purpose.zh if lang == "zh" else purpose.en)
    assert "80" in last
    assert "shopper-001" in last
    assert "shopper-080" in last


def test_all_of_them_are_shown_when_asked(capsys: Capture, data: str) -> None:
    lines = said(capsys, "cards", "--data", data, "--all").out.splitlines()
    assert len(lines) == len(PURPOSES) + 80
    assert lines[-1].endswith("pays in `day`")
    assert len(said(capsys, "cards", "--data", data, "--json").json) == len(lines)
