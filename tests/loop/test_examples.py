"""Every example of every --help and of the README is typed, on one stack that was just started: none fails.

What stands in an example for something of the reader's own is put in: a folder, a reference number that was printed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click
import pytest

from cli.calling import Said
from counterfoil.cli import app
from counterfoil.cli.cards import PURPOSES
from counterfoil.cli.decode import PACKET
from loop.running import Running

pytestmark = [pytest.mark.loop, pytest.mark.xdist_group("examples"), pytest.mark.usefixtures("font")]

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
NAME: Final = "counterfoil"
REF: Final = "T0000001/000001/000002"
NUMBER: Final = "632623A1B2C3"
FOLDERS: Final = re.compile(r" /(?:backups|tmp|media/safe)/")
TYPED: Final = {"PIN": "1234", "Supervisor": "123456"}
"""What somebody at the keyboard types when he is asked for it; a password for anything else."""
NEEDED: Final = {
    "void": "counterfoil sale --amount 12.50 --card alice",
    "complete": "counterfoil preauth --amount 300 --card alice",
    "preauth-void": "counterfoil preauth --amount 300 --card alice",
}
"""What makes the transaction that an example of this verb refers to."""
ANY_REF: Final = re.compile(r"T0000001/000001/(\d{6})")
SHELL: Final = re.compile(r"[<>|]")
PARSED: Final = {
    "up": "it would not end; test_processes.py starts and stops it",
    "day": "minutes; test_day.py has one",
    "simulate --transactions 10000": "minutes",
    "simulate --mix crash": "half a minute",
    "simulate --mix swarm": "half a minute",
    "printer test": "there is no printer, and it asks what stands on the paper",
}
"""What is only parsed, by how it begins, and why."""
ANSWERS: Final = {
    "why 0015": ({0, 2}, "several sales with this card and amount: it lists them"),
    "sale --amount 12.50 --card bob": ({1}, "the sale it should replace was approved"),
    "terminal cancel": ({1}, "no sale waits for its answer"),
    "terminal escalate": ({1}, "no reversal is pending"),
    "terminal goods": ({1}, "no sale waits for this answer"),
    "printer status": ({5, 6}, "there is no printer"),
    "printer list": ({0, 5}, "5: there is no printer"),
    "printer tickets --all": ({0, 7}, "7: an earlier example opened one"),
    "printer tickets --close": ({0, 5}, "5: no ticket was opened yet"),
    "receipt print": ({0, 5}, "5: an explanation is put on paper only, and there is no printer"),
    "receipt reprint": ({0, 3}, "3: that printer is not there"),
    "receipt close": ({5}, "no copy is in doubt"),
    "restore /backups/monday --force": ({1}, "the stack runs"),
    "restore /backups/monday --data": ({0}, "into a folder of its own"),
    "forgotten import S-": ({5}, "nothing is forgotten"),
}
"""What an example may answer where this stack does not have what it is about, by how it begins, and why."""
Capture = pytest.CaptureFixture[str]


class Example(NamedTuple):
    """A line, and the words of the verb whose help it stands in."""

    of: str
    line: str

    @property
    def words(self) -> str:
        """The line without the program."""
        return self.line.removeprefix(NAME).strip()

    def found(self, table: dict[str, object]) -> object | None:
        """The entry of a table that this example begins with."""
        return next((value for begins, value in table.items() if self.words.startswith(begins)), None)


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every verb with its words, the groups too."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def examples() -> list[Example]:
    """All of them, each once."""
    found: dict[str, Example] = {}
    for path, command in commands(app.command):
        for line in (command.epilog or "").splitlines():
            match = re.match(r"\s*(?:Examples?: |Then, now and again: )?(counterfoil .*\S)", line)
            if match:
                found.setdefault(match[1], Example(path, match[1]))
    # what the others need comes first: a backup before it is read, a key before it is used; an inquiry last, for it
    # has no receipt of which the others could speak
    first = ("backup", "receipt key", "receipt show", "audit anchor")
    return sorted(found.values(), key=lambda one: (not one.words.startswith(first), one.of == "balance"))


EXAMPLES: Final = examples()


class Keyboard(io.StringIO):
    """Somebody who types what is asked for."""

    def isatty(self) -> bool:
        return True


class Shop(NamedTuple):
    """A stack that has sold once, and the folder somebody stands in."""

    running: Running
    here: Path
    number: str

    def referring(self, example: Example) -> str:
        """The line of an example, about a transaction of its own where it refers to one that only one can refer to."""
        needed = NEEDED.get(example.of)
        if needed is None:
            return example.line
        made = ANY_REF.search(self.typed(needed).out)
        assert made is not None
        return example.line.replace(REF, made[0])

    def typed(self, line: str) -> Said:
        """A line as typed, the folders and the reference number of the example being this reader's."""
        line = FOLDERS.sub(f" {self.here}/", line).replace(NUMBER, self.number)
        environment = {"COUNTERFOIL_DATA": str(self.running.data), "COUNTERFOIL_LANG": "en"}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.here)
            for name, value in environment.items():
                patch.setenv(name, value)
            if SHELL.search(line.partition("#")[0]):
                patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
                done = subprocess.run(
                    ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, timeout=60, check=False
                )
                return Said(done.returncode, done.stdout, done.stderr)
            patch.setattr(click, "prompt", lambda text, **_: TYPED.get(text, "a long password"))
            patch.setattr(sys, "stdin", Keyboard())
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = app.run(shlex.split(line, comments=True)[1:])
            return Said(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def shop(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """What the first example sells is what the others are about."""
    here = tmp_path_factory.mktemp("here")
    for name in ("packet.hex", "capture.txt", "request.hex", "answer.hex"):
        (here / name).write_text(f"{PACKET}\n")
    made = Shop(running, here, "")
    sold = made.typed("counterfoil sale --amount 12.50 --card alice")
    assert sold.status == 0, sold
    assert REF in sold.out
    return made._replace(number=sold.out.split(REF)[1].split()[0])


def parsed(line: str) -> None:
    """That a line is one the verb understands."""
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = app.command
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        context = click.Context(command)
        inner = command.get_command(context, words.pop(0))
        assert inner is not None, line
        command = inner
    command.make_context(command.name, words)


def test_every_verb_has_an_example() -> None:
    with_one = {one.words for one in EXAMPLES}
    for path, command in commands(app.command):
        if not isinstance(command, click.Group):
            assert any(words.startswith(path) for words in with_one), path


def test_nothing_is_cut_short() -> None:
    for one in EXAMPLES:
        assert "..." not in one.line, one
        assert "…" not in one.line, one


@pytest.mark.parametrize("table", [PARSED, ANSWERS], ids=["parsed", "answers"])
def test_every_row_of_the_tables_is_about_an_example(table: dict[str, object]) -> None:
    for begins in table:
        assert any(one.words.startswith(begins) for one in EXAMPLES), begins


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.words[:60])
def test_an_example_of_the_help_does_what_it_says(shop: Shop, example: Example) -> None:
    if example.found(dict(PARSED)) is not None:
        parsed(example.line)
        return
    shop.running.until(lambda: shop.running.ask("terminal", "last", "T0000001").status == 0, 20.0)
    said = shop.typed(shop.referring(example))
    row = example.found(dict(ANSWERS))
    expected = row[0] if isinstance(row, tuple) else {0}
    assert said.status in expected, said
    assert said.out or said.err or ">" in example.line
    if "--json" in example.line:
        assert json.loads(said.out) is not None
    assert "Traceback" not in said.err


# --- the README -------------------------------------------------------------------------------------------------------


def lines_of(document: Path) -> list[str]:
    """The command lines of this program in the code blocks of a document, in order."""
    blocks = re.findall(r"```\w*\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
    found = [
        re.match(r"\$? ?(?:\.venv/bin/)?(counterfoil .*)", line) for block in blocks for line in block.splitlines()
    ]
    return [match[1] for match in found if match]


def test_the_readme_is_a_story_in_which_returning_can_be_seen(shop: Shop) -> None:
    lines = lines_of(ROOT / "README.md")
    ref, made = REF, dict[str, str]()  # the references it names, and those that were printed here
    for at, line in enumerate(lines):
        words = shlex.split(line, comments=True)
        said = shop.typed(ANY_REF.sub(lambda named: made[named[0]], line))
        if words[1] in {"sale", "void", "preauth", "balance"}:
            made[f"T0000001/000001/{len(made) + 2:06d}"] = re.findall(r"T0000001/\d{6}/\d{6}", said.out)[0]
        if words[1] == "sale" and at > lines.index(next(each for each in lines if "fault" in each)):
            assert said.status == 3, said
            ref = re.findall(r"T0000001/\d{6}/\d{6}", said.out)[0]
            assert said.out.rstrip().endswith(f"counterfoil why {ref}")
        else:
            assert said.status == 0, said
        if words[1] == "why":
            asked = shop.running.why(ref)
            assert "RETURNING" in said.out
            assert asked["evidence"]["switch"]["state"] == "approved", "until the terminal tries again"
    assert ref != REF
    assert shop.running.at_rest(ref)["verdict"] == "RETURNED"


def test_no_document_has_a_command_line_of_its_own_that_nobody_types() -> None:
    assert [document.name for document in sorted(ROOT.glob("docs/*.md")) if lines_of(document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_verbs_and_options_named_in_the_text_of_a_document_are_there(document: Path) -> None:
    for line in re.findall(r"`(?:\.venv/bin/)?counterfoil ([a-z][^`]*)`", document.read_text("utf-8")):
        command: click.Command = app.command
        words = re.sub(r"[\[\]]", " ", line).split()
        while isinstance(command, click.Group) and words and words[0].isalpha() and words[0].islower():
            inner = command.get_command(click.Context(command), words.pop(0))
            assert inner is not None, line
            command = inner
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, line


def shape(value: object) -> object:
    """A value by what it is made of: the names of its parts, and the kinds of what stands under them."""
    return {name: shape(inner) for name, inner in value.items()} if isinstance(value, dict) else type(value)


def test_the_line_of_up_has_the_shape_that_is_shown(shop: Shop) -> None:
    (shown,) = re.findall(r"```json\n(.*?)\n```", (ROOT / "docs/operations.md").read_text("utf-8"), re.DOTALL)
    assert shape(json.loads(shown)) == shape(shop.running.ready)


# --- what the cards are for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PURPOSES)
def test_a_card_does_what_is_said_it_is_for(shop: Shop, name: str) -> None:
    code = (re.findall(r"\d\d$", PURPOSES[name].en) or ["00"])[0]
    amount = "12.50" if code == "00" else "200.00"
    terminal = f"T00000{30 + list(PURPOSES).index(name)}"
    reply = shop.running.sell(terminal, amount=amount, card=name).json
    assert reply["response_code"] == code, reply
    assert PURPOSES[name].zh.endswith(code) or code == "00"
