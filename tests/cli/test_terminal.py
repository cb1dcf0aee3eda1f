"""`counterfoil terminal status` and `last` as people read them: one language, one line a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from cli.calling import said
from counterfoil.cli import terminal
from counterfoil.cli.failure import Exit

DISPLAY = [{"en": "Approved", "zh": "交易成功"}, {"en": "Printing", "zh": "正在打印"}]
LANES = [
    {"terminal": "T0000001", "phase": "printing", "batch": "000001", "stan": "000004", "display": DISPLAY},
    {"terminal": "T0000002", "phase": "idle", "batch": "000001", "stan": "000001", "display": []},
]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(_: object, what: str, args: dict[str, Any]) -> dict[str, Any]:
        assert what == "status"
        return {"terminals": LANES[:1] if args else LANES}

    monkeypatch.setattr(terminal, "told", told)


def test_the_whole_station_is_a_line_for_each_terminal(capsys: Capture) -> None:
    answer = said(capsys, "terminal", "status", "--lang", "zh")
    assert answer.status == Exit.OK
    assert answer.out.splitlines() == [
        "T0000001  printing    000001/000004  正在打印",
        "T0000002  idle        000001/000001",
    ]


@pytest.mark.parametrize(
    ("lang", "shown", "hidden"), [("en", "Approved / Printing", "交易"), ("zh", "交易成功 / 正在打印", "Approved")]
)
def test_the_display_of_one_terminal_is_in_the_reader_s_language(
    capsys: Capture, lang: str, shown: str, hidden: str
) -> None:
    out = said(capsys, "terminal", "status", "T0000001", "--lang", lang).out
    assert f"display: {shown}\n" in out
    assert hidden not in out


def test_programs_get_all_of_it(capsys: Capture) -> None:
    assert said(capsys, "terminal", "status", "--json").json == {"terminals": LANES}
