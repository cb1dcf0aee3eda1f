"""Whatever is typed, wherever the data is, whatever takes the answer: a sentence and an exit code, no traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import click
import pytest

from cli.calling import Said, called
from counterfoil.cli import screen
from counterfoil.cli.app import command, run
from counterfoil.cli.receipt import write
from stack.laid import laid

WRONG: Final = (
    *("", " ", "-", "[/x]", "[bold]x", ":smile:", "—", "签购单", "\U0001f600", "\x1b[31m", "a\nb", "\u202e", "٣", "²"),
    *("-1", "0", "1e999", "nan", "inf", "9" * 23, "9" * 5000, "{", "[]", "null", '{"a":' * 2000, "1.5", "--", "=", "@"),
    *("/", "/dev/zero", "/dev/null/x", "~nobody-of-this-name/x", "../" * 2000, "x" * 300, "{x}", "\udcff", "\0"),
    *("last", "T0000001/000001/000001", "T/1/1", "//", "tcp://127.0.0.1:1", "tcp://[", "usb:zz:zz", "second"),
)  # fmt: skip
LATE: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("up",): ("--timers", "x"),
    ("simulate",): ("--transactions", "0"),
    ("day",): ("--faults", "2"),
}
"""What keeps a verb that would run for long from running, whatever else is asked."""
LANGUAGES: Final = ("en", "zh")


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every verb with its words."""
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield (name,), found
        if isinstance(found, click.Group):
            yield from (((name, inner), one) for inner, one in found.commands.items())


COMMANDS: Final = dict(commands())


def lines(path: tuple[str, ...]) -> Iterator[list[str]]:
    """Each argument and each option of a verb with each wrong word, the others as they should be; and too many."""
    found = COMMANDS[path]
    every = {one.name or "": fitting(one) for one in found.params}
    late = LATE.get(path, ())
    yield [*path, *late]
    for number, wrong in enumerate(WRONG):
        yield [*path, *(word for words in every.values() for word in words), *late, wrong]
        for one in found.params[number % 2 :: 2]:
            if (isinstance(one, click.Option) and one.is_flag) or one.name in {"lang", "data"}:
                continue
            words = {
                **every,
                one.name or "": [wrong] if isinstance(one, click.Argument) else [f"{one.opts[0]}={wrong}"],
            }
            yield [*path, *(word for some in words.values() for word in some), *late]


def fitting(one: click.Parameter) -> list[str]:
    """Words a verb must be given, of the right kind."""
    if not one.required:
        return []
    value = {"leg": "1", "amount": "1.00", "name": "alice", "how": "attested"}.get(one.name or "", "")
    value = value or (next(iter(one.type.choices)) if isinstance(one.type, click.Choice) else "T0000001/000001/000001")
    return [value] if isinstance(one, click.Argument) else [one.opts[0], value]


def said(words: list[str]) -> Said:
    """A command line in this process, nobody at the keyboard."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run(words)
    return Said(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("stopped") / "data").data


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keyboard, and a working directory that may be written into."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe not text")))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_whatever_is_typed_is_answered_by_a_sentence(stopped: Path, path: tuple[str, ...]) -> None:
    for number, words in enumerate(lines(path)):
        answer = said(
            [*words[: len(path)], "--lang", LANGUAGES[number % 2], "--data", str(stopped), *words[len(path) :]]
        )
        assert answer.status in {*range(8)}, (words, answer)
        assert "Traceback" not in answer.err
        assert answer.out or answer.err, words
        assert answer.out or answer.err.startswith(("counterfoil: ", "Usage: ")), (words, answer)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_wherever_the_data_is_said_to_be(stopped: Path, tmp_path: Path, path: tuple[str, ...]) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in stopped.iterdir():
        (broken / name.name).write_text("{") if name.is_file() else (broken / name.name).symlink_to("/proc/self/mem")
    (tmp_path / "file").write_text("")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    whole = [word for one in COMMANDS[path].params for word in fitting(one)]
    for data in (
        "/dev/null",
        "/proc",
        str(broken),
        str(tmp_path / "file"),
        str(tmp_path / "round"),
        "x" * 300,
        "~nobody-here",
        "a\nb[/x]",
    ):
        if isinstance(COMMANDS[path], click.Group) and not COMMANDS[path].params:
            break
        answer = said([*path, "--json", "--data", data, *whole, *LATE.get(path, ())])
        assert answer.status in {*range(8)}, (data, answer)
        told = answer.json
        if isinstance(told, dict) and "error" in told:
            assert answer.err.startswith("counterfoil: "), (data, answer)
            assert told["message"]["zh"]


# --- in a process of its own -----------------------------------------------------------------------------------------


def ran(words: str, **environment: str) -> Said:
    """A line of a shell, `counterfoil` being this program."""
    line = words.replace("counterfoil", f"{sys.executable} -m counterfoil")
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )  # fmt: skip
    return Said(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode())


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("counterfoil", 2, "Usage: counterfoil"),
        ("counterfoil fault", 2, "Usage: counterfoil fault"),
        ("counterfoil --help > /dev/full", 1, "could not be written"),
        ("counterfoil decode 0800 --json > /dev/full", 1, ""),
        ("counterfoil decode zz --lang zh 2> /dev/full", 2, ""),
        ("counterfoil decode zz --lang zh >&- 2>&- <&-", 2, ""),
        ("counterfoil decode - <&-", 2, "hex digits"),
        ("counterfoil --help | true; exit ${PIPESTATUS[0]}", 0, ""),
        ("counterfoil decode - < /proc/self/mem", 2, "counterfoil: "),
    ],
)  # fmt: skip
def test_whatever_takes_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, status: int, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ran(line)
    assert "Traceback" not in answer.err
    assert "Exception ignored" not in answer.err
    assert sentence in answer.err
    assert answer.status in {status, 1 if "PIPESTATUS" in line else status}, answer


def test_a_stream_that_takes_ascii_only_is_given_ascii(stopped: Path) -> None:
    environment = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
        "COLUMNS": "²",
        "COUNTERFOIL_LANG": "zh",
    }
    people = called("cards", "--data", str(stopped), seconds=60.0, **environment)
    assert (people.status, people.err) == (0, "")
    assert people.out.isascii()
    programs = called("decode", "zz", "--json", seconds=60.0, **environment)
    assert programs.out.isascii()
    assert "成对" in programs.json["message"]["zh"]


@pytest.mark.parametrize("columns", ["0", "1", "20", "-3", "²", "abc", "100000000000", "9" * 5000, " 40 "])
def test_any_width_is_a_width(columns: str) -> None:
    found = screen.measured(columns)["COLUMNS"]
    assert found == "" or screen.NARROWEST <= int(found) <= screen.WIDEST


def test_nothing_else_makes_a_screen() -> None:
    """A table or a bar made elsewhere would read what a person wrote in brackets as markup."""
    folder = Path(screen.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text()
        assert path.name == "screen.py" or not any(name in text for name in ("Console(", "TextColumn(")), path


def test_what_is_in_brackets_and_between_colons_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table

    grid = Table(show_header=False, box=None)
    grid.add_row("[hidden, 4 characters]", "[/x] :smile:")
    screen.console().print(grid)
    assert capsys.readouterr().out.split() == ["[hidden,", "4", "characters]", "[/x]", ":smile:"]


def test_json_is_json_on_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(screen.json_text({"a": "\udcff"})) == {"a": "\udcff"}
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "latin-1"))
    text = screen.json_text({"a": "签 · \U0001f600"})
    assert text.isascii()
    assert json.loads(text) == {"a": "签 · \U0001f600"}


def test_the_system_s_reason_is_in_the_reader_s_language(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "none" / "shop.pub")
    laid(tmp_path / "data")
    answer = said(["receipt", "key", "--out", out, "--data", str(tmp_path / "data"), "--lang", "zh"])
    assert answer.err == f"counterfoil: {out}：文件或目录不存在\n"


def test_a_paper_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException) as failed:
        write(tmp_path / "none" / "receipt.svg", b"")
    assert str(failed.value.message) == f"{tmp_path}/none/receipt.svg cannot be written: no such file or directory"
