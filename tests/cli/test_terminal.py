"""`counterfoil terminal status` and `last` as people read them: one language, one line a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.calling import said
from counterfoil.cli import terminal
from counterfoil.cli.failure import Exit
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import Layout

DISPLAY = [{"en": "Approved", "zh": "交易成功"}, {"en": "Printing", "zh": "正在打印"}]
LANES = [
    {"terminal": "T0000001", "phase": "printing", "batch": "000001", "stan": "000004", "display": DISPLAY,
     "signed_on": True, "waiting": 0},
    {"terminal": "T0000002", "phase": "idle", "batch": "000001", "stan": "000001", "display": [],
     "signed_on": True, "waiting": 0},
]  # fmt: skip
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
        "T0000001  打印中                000001/000004  正在打印",
        "T0000002  空闲                  000001/000001",
    ]


@pytest.mark.parametrize(
    ("lang", "shown", "hidden"), [("en", "Approved / Printing", "交易"), ("zh", "交易成功 / 正在打印", "Approved")]
)
def test_the_display_of_one_terminal_is_in_the_reader_s_language(
    capsys: Capture, lang: str, shown: str, hidden: str
) -> None:
    out = said(capsys, "terminal", "status", "T0000001", "--lang", lang).out
    assert f"{'屏幕：' if lang == 'zh' else 'display: '}{shown}\n" in out
    assert hidden not in out


def test_programs_get_all_of_it(capsys: Capture) -> None:
    assert said(capsys, "terminal", "status", "--json").json == {"terminals": LANES}


def lanes(**odd: Any) -> list[dict[str, Any]]:
    """A hundred terminals at rest, but for the second."""
    idle = [LANES[1] | {"terminal": f"T{number:07d}"} for number in range(1, 101)]
    return [idle[0], idle[1] | odd, *idle[2:]]


@pytest.mark.parametrize(
    ("odd", "phase"),
    [
        ({"phase": "reversal_pending"}, {"en": "reversal pending    ", "zh": "冲正待发            "}),
        ({"signed_on": False}, {"en": "idle                ", "zh": "空闲                "}),
        ({"waiting": 1}, {"en": "idle                ", "zh": "空闲                "}),
    ],
)
@pytest.mark.parametrize(
    ("lang", "rest"), [("en", "99 idle (--all shows every row)"), ("zh", "99 台空闲（--all 显示全部）")]
)
def test_terminals_at_rest_are_counted_and_the_others_listed(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any], phase: dict[str, str], lang: str, rest: str
) -> None:
    monkeypatch.setattr(terminal, "told", lambda *_: {"terminals": lanes(**odd)})
    assert said(capsys, "terminal", "status", "--lang", lang).out.splitlines() == [
        f"T0000002  {phase[lang]}  000001/000001",
        rest,
    ]
    assert len(said(capsys, "terminal", "status", "--lang", lang, "--all").out.splitlines()) == 100
    assert len(said(capsys, "terminal", "status", "--json").json["terminals"]) == 100


@pytest.mark.parametrize(("lang", "whose"), [("en", ("ours", "not ours")), ("zh", ("本系统", "外部"))])
def test_the_list_is_a_line_for_each_merchant_and_one_for_what_is_not_ours(
    capsys: Capture, tmp_path: Path, lang: str, whose: tuple[str, str]
) -> None:
    Demo.of(Layout(tmp_path), make=True)
    words = ("terminal", "list", "--data", str(tmp_path))
    lines = said(capsys, *words, "--lang", lang).out.splitlines()
    assert len(lines) == 12
    assert lines[0] == f"T0000001  898001054110001  {whose[0]}  … T0000010 (10)"
    assert lines[10] == f"OUTSIDE1  898001054110001  {whose[1]}"
    every = said(capsys, *words, "--lang", lang, "--all").out.splitlines()
    assert (len(every), every[1]) == (101, f"T0000002  898001054110001  {whose[0]}")
    assert len(said(capsys, *words, "--json").json) == 101
