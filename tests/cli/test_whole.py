"""Nothing that a person must read is cut off, on any screen: tables in both languages, and the examples of --help."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from cli.calling import said
from counterfoil.cli import screen
from counterfoil.cli.app import command
from counterfoil.cli.day import ROWS, STRUCK
from counterfoil.cli.day import table as day_table
from counterfoil.cli.session import Session
from counterfoil.kinds import TABLE
from counterfoil.words import Text

WIDTHS: Final = ("", "0", "1", "7", "20", "40", "60", "80", "200")
LONG: Final = Text(
    "Do not take the card again; wait for the terminal: it reverses by itself, RRN 632623A1B2C3, 2026-11-30 16:15:29. "
    + "1234567890ABCDEF" * 12,
    "请勿再次刷卡，请等待终端自动冲正；如客户要求退款，请凭小票上的参考号632623A1B2C3联系收单机构，最迟11-30。" * 4,
)
PACKETS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8")
)
LABEL: Final = Text("contradiction", "记录矛盾")


def squeezed(text: str) -> str:
    """A text without its spaces and the lines of a box."""
    return "".join(letter for letter in text if not letter.isspace() and not "─" <= letter <= "╿")


def columns_of(text: str) -> int:
    """The columns that the widest line takes."""
    wide = [sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in line) for line in text.splitlines()]
    return max(wide, default=0)


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """COLUMNS, as it stands when a verb is called in this process: the screen itself must bear it."""
    wide: str = request.param
    monkeypatch.setenv("COLUMNS", wide)
    return wide


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("title", [Text("", ""), Text("The day", "一天的交易")], ids=["plain", "boxed"])
@pytest.mark.parametrize("columns", [2, 3])
def test_no_table_cuts_anything_off(
    capsys: pytest.CaptureFixture[str], width: str, lang: str, title: Text, columns: int
) -> None:
    word, name, heading = (text.zh if lang == "zh" else text.en for text in (LONG, LABEL, title))
    grid = screen.table(columns, title=heading, right=bool(heading))
    grid.add_row(name, *[""] * (columns - 2), word)
    screen.console(soft_wrap=True).print(grid)
    out = capsys.readouterr().out
    assert "…" not in out
    # a label that has to be folded too stands between the lines of the text: the letters count, not their order
    assert sorted(squeezed(out)) == sorted(squeezed(heading + name + word))
    if columns == 2:
        assert squeezed(word)[:8] in squeezed(out)
    if width.isdigit() and int(width) >= screen.NARROWEST:
        assert columns_of(out) <= int(width)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_packet_is_read_whole_on_any_screen(capsys: pytest.CaptureFixture[str], width: str, lang: str) -> None:
    words = ("decode", max((packet["hex"] for packet in PACKETS), key=len), "--lang", lang)
    answer = said(capsys, *words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "1000")
        whole = said(capsys, *words)
    assert answer.status == whole.status == 0
    assert sorted(squeezed(answer.out)) == sorted(squeezed(whole.out)), width


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_day_is_told_whole_on_any_screen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, width: str, lang: str
) -> None:
    session = Session(str(tmp_path), json=False, lang="zh" if lang == "zh" else "en")
    value: dict[str, Any] = {name: 123456 for name, _ in ROWS}
    value |= {name: {"issuer-a": 17, "switch": 4} for name, _ in STRUCK}
    value |= {"posted_and_undone": {"4": 2}, "closing_seconds": {"p50": 0.1, "p99": 1.25, "max": 31.5}}
    value |= {"faults": {"3": {"drop": 1, "duplicate": 2, "delay": 3, "corrupt": 4}}, "stopped": False, "at_rest": True}
    value |= {"half_written_where": [], "originals_twice": [], "unowned": [], "suspects": ["T0000001/000001/000002"]}
    value |= {"kinds": {kind.name: {"approved": 123, "declined": 45} for kind in TABLE}}
    day_table(session, value)
    out = capsys.readouterr().out
    assert "…" not in out
    for text in (text for _, text in (*ROWS, *STRUCK)):
        label = session.word(text)
        assert not set(squeezed(label)) - set(out), (width, label)
    for kind in TABLE:
        assert not set(squeezed(session.word(kind.says))) - set(out), (width, kind.name)
    assert session.typed("why T0000001/000001/000002") in out, "a command line stays on one line"


def test_every_table_is_made_in_one_place() -> None:
    """One made elsewhere would cut off what does not fit."""
    for path in Path(screen.__file__).parent.glob("*.py"):
        made = re.search(r"rich\.table|\bTable\(|Table\.grid|overflow=", path.read_text("utf-8"))
        assert path.name == "screen.py" or made is None, path


def every(of: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every verb and group with the words that call it."""
    yield path, of
    if isinstance(of, click.Group):
        context = click.Context(of)
        for name in of.list_commands(context):
            inner = of.get_command(context, name)
            assert inner is not None
            yield from every(inner, (*path, name))


EVERY: Final = [pytest.param(path, verb, id=" ".join(("counterfoil", *path))) for path, verb in every(command)]


@pytest.mark.parametrize(("path", "verb"), EVERY)
def test_every_line_below_the_options_stands_as_it_was_written(
    capsys: pytest.CaptureFixture[str], width: str, path: tuple[str, ...], verb: click.Command
) -> None:
    """An example that is wrapped cannot be pasted: what is below the options of --help is for copying."""
    lines = [line.strip() for line in (verb.epilog or "").replace("\b", "").splitlines() if line.strip()]
    assert lines
    told = [line.strip() for line in said(capsys, *path, "--help").out.splitlines()]
    assert [line for line in lines if "counterfoil " in line and line not in told] == [], width
