"""The documents tell the truth about the code: their links lead somewhere, and the names beside them are there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from counterfoil.cli.app import VERBS
from counterfoil.console.lines import CHINESE
from counterfoil.iso8583.responses import RESPONSES
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.verdict import Verdict

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
MAP = ROOT / "docs/map.md"
SRC = ROOT / "src/counterfoil"
STATIONS = ("terminal", "switch", "issuer")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)((?:[ ,]+`\w+`)*)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_the_names_beside_them_are_in_those_files(document: Path) -> None:
    for target, names in LINK.findall(document.read_text("utf-8")):
        file = (document.parent / target).resolve()
        assert file.exists(), target
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"\b{name}\b", file.read_text("utf-8")), (target, name)


def test_every_verdict_is_explained() -> None:
    text = (ROOT / "docs/loop.md").read_text("utf-8")
    for verdict in Verdict:
        assert f"| `{verdict.value}` |" in text


def test_every_verb_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in VERBS:
        assert re.search(rf"`[^`\n]*\b{verb}\b[^`\n]*`", readme), verb


def test_the_issuers_refusals_are_documented_in_their_order() -> None:
    text = (ROOT / "docs/answers.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w\w) \| `(\w+)` \|$", text, re.MULTILINE)
    assert rows == [(CODES[refusal], refusal.value) for refusal in Refusal]


def test_what_is_told_of_each_code_is_documented_as_it_is() -> None:
    text = (ROOT / "docs/answers.md").read_text("utf-8")
    rows = re.findall(r"^\| ([0-9A-Z]{2}(?: [0-9A-Z]{2})*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    told = {code: rest for codes, *rest in rows for code in codes.split()}
    advice = {code: response.advice for code, response in RESPONSES.items()}
    assert told == {code: [one.customer.en, one.cashier.en, one.again.value] for code, one in advice.items()}


def test_every_line_of_the_audit_log_has_its_chinese() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/counterfoil/console").rglob("*.py"))
    who = r'(?:[\w.]+(?: if known else "somebody")?|"console")'
    deeds = set(re.findall(rf'(?:Act\(\s*{who}, |\.begin\(\s*(?:site\.log, )?)"([^"{{]+)"', sources))
    assert {"log-in", "sale", "card revealed", "person added", "fault set"} <= deeds
    assert deeds - set(CHINESE) == set()


# --- docs/map.md ------------------------------------------------------------------------------------------------------


def table(head: str) -> list[list[str]]:
    """The rows of all tables of the map with this head, cell by cell."""
    found = re.findall(rf"^{re.escape(head)}\n\|[-|]+\|\n((?:\|.*\n)+)", MAP.read_text("utf-8"), re.MULTILINE)
    lines = "".join(found).splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def first_sentence(room: str) -> str:
    """What the docstring of a room begins with."""
    folder = SRC / room
    text = ast.get_docstring(ast.parse((folder / "__init__.py" if folder.is_dir() else SRC / f"{room}.py").read_text()))
    assert text, room
    return re.split(r"(?<=\.) (?=[A-Z])", " ".join(text.split("\n\n")[0].split()))[0]


def station_files() -> dict[str, tuple[bool, ...]]:
    """A file -> which of the stations have it, as the map says."""
    rows = table("| file | terminal | switch | issuer | what it is for |")
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0].strip("`"): tuple(cell == "✓" for cell in row[1:4]) for row in rows}


def test_the_floors_of_the_map_are_those_of_the_contract() -> None:
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    drawn = re.search(r"## The floors\n.*?```\n(.*?)```", MAP.read_text("utf-8"), re.DOTALL)
    assert drawn is not None
    assert drawn[1].splitlines() == contract["layers"]


def test_every_room_is_on_the_map_once_with_the_first_sentence_of_its_docstring() -> None:
    rooms = {path.name.removesuffix(".py") for path in SRC.iterdir() if path.suffix == ".py" or path.is_dir()}
    rooms -= {"__init__", "__pycache__"}
    rows = [(re.sub(r"\[(.*?)\]\(.*", r"\1", room), line) for room, line in table("| room | what it is |")]
    said = [(room.replace("\\", ""), line.replace("\\|", "|")) for room, line in rows]
    assert sorted(said) == sorted((room, first_sentence(room)) for room in rooms)


def test_every_station_has_the_files_of_the_map_and_what_two_have_is_on_it() -> None:
    have = {name: tuple((SRC / station / name).exists() for station in STATIONS) for name in station_files()}
    assert station_files() == have
    shared = {path.name for station in STATIONS for path in (SRC / station).glob("*.py")}
    shared = {name for name in shared if sum((SRC / station / name).exists() for station in STATIONS) > 1}
    assert shared - set(have) == set()


def test_every_path_of_the_map_leads_somewhere() -> None:
    """NAME, NNNN and STATION are for the reader to fill in: there are files of that pattern."""
    text = MAP.read_text("utf-8")
    named = set(re.findall(r"`([\w./]+\.(?:py|md|toml|txt|html|sql)|(?:src|tests|docs)/[\w./]+)`", text))
    assert {"pyproject.toml", "src/counterfoil/kinds/NAME.py", "tests/switch/told"} <= named
    for path in named - set(station_files()):
        pattern = re.sub("NAME|NNNN|STATION", "*", path)
        assert list(ROOT.glob(pattern)), path
