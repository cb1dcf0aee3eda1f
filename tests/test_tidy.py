"""Style is a test: what can be checked about the shape of the code is checked here, over every file of the project."""

from __future__ import annotations

import ast
import os
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from counterfoil.cli.app import VERBS
from counterfoil.security import is_test_range, luhn_ok

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "counterfoil"
TESTS = ROOT / "tests"
STATIONS = ("terminal", "switch", "issuer")
# The rooms that own the outside world: sockets, clocks, processes, people.
OUTSIDE = ("links", "stack", "cli", "console", "simulation", "day")
# What a customer is told; a state of a station says only what that station knows.
VERDICTS = {"PAID", "PAID_RECEIPT_OPEN", "NOT_CHARGED", "RETURNING", "RETURNED", "UNKNOWN", "EXCEPTION"}
SKIPPED = {
    ".git",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}


def files(folder: Path) -> Iterator[Path]:
    """Every file that people wrote; what is skipped is not even looked into."""
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(at, name) for name in names)


@cache
def python_files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in files(folder) if path.suffix == ".py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, walked once for all who look."""
    return tuple(ast.walk(tree(path)))


@cache
def every_text() -> dict[Path, str]:
    """Every file of the project that people wrote, but the data of others in tests/vectors."""
    texts = {}
    for path in files(ROOT):
        inside = path.relative_to(ROOT)
        if inside.name in SKIPPED or inside.parts[:2] == ("tests", "vectors"):
            continue
        try:
            texts[inside] = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
    return texts


def room(path: Path) -> str:
    """The room a source file belongs to: its folder, or its own name on the ground floor."""
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def named(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def source(*, inside: bool = True, outside: bool = True) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every source file, of the rooms that touch the outside world and of those that do not."""
    for path in python_files(SRC):
        if outside if room(path) in OUTSIDE else inside:
            for node in nodes(path):
                yield path, node


# --- sizes -----------------------------------------------------------------------------------------------------------


def lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


NO_SOURCE = {".md", ".txt", ".json"}  # prose, tables and pins; what is read by a machine is source in any language


def test_no_file_is_longer_than_500_lines() -> None:
    sizes = {str(path): text.count("\n") for path, text in every_text().items() if path.suffix not in NO_SOURCE}
    assert {path: size for path, size in sizes.items() if size > 500} == {}
    assert {Path(path).suffix for path in sizes} >= {".py", ".pyx", ".pxi", ".c", ".h", ".js", ".css", ".html", ".sql"}


def test_no_line_of_compiled_code_is_longer_than_120_characters() -> None:
    """What ruff says of a line of Python."""
    long = [
        f"{path}:{number}"
        for path, text in every_text().items()
        if path.suffix in {".pyx", ".pxd", ".pxi", ".c", ".h"}
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > 120
    ]
    assert long == []


def test_the_median_file_is_at_most_150_lines() -> None:
    assert statistics.median(map(lines, python_files(SRC))) <= 150


def test_functions_fit_on_a_screen() -> None:
    too_long = [
        (named(path, node.lineno), node.name, length)
        for path in python_files(ROOT)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 60
    ]
    assert too_long == []


def test_there_is_about_as_much_test_as_code() -> None:
    assert sum(map(lines, python_files(TESTS))) > 0.5 * sum(map(lines, python_files(SRC)))


# --- banned in code --------------------------------------------------------------------------------------------------


def calls(*names: str, inside: bool = True, outside: bool = True) -> list[str]:
    """Where one of these names is called."""
    found = []
    for path, node in source(inside=inside, outside=outside):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            found.append(named(path, node.lineno))
    return found


def test_no_float_is_made_where_money_is() -> None:
    assert calls("float", outside=False) == []


def test_no_fraction_is_written_where_money_is() -> None:
    found = [
        named(path, node.lineno)
        for path, node in source(outside=False)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert found == []


CLOCKS = [
    "datetime.now",
    "datetime.datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.sleep",
]


def test_no_clock_is_read_outside_the_rooms_that_own_one() -> None:
    assert calls(*CLOCKS, outside=False) == []


@pytest.mark.parametrize("module", ["random", "secrets", "uuid"])
def test_randomness_is_an_argument(module: str) -> None:
    found = [
        named(path, node.lineno)
        for path, node in source(outside=False)
        if isinstance(node, ast.Import | ast.ImportFrom) and module in imported(node) and path != SRC / "drawing.py"
    ]
    assert found == []


def test_no_station_draws_by_a_seed() -> None:
    """drawing.py is for the rooms that touch the outside world; what it draws is no argument of anybody else."""
    found = [
        named(path, node.lineno)
        for path, node in source(outside=False)
        if isinstance(node, ast.ImportFrom) and node.module == "counterfoil.drawing"
    ]
    assert found == []


def imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The top-level modules an import statement names."""
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


def test_the_driver_alone_catches_everything() -> None:
    found = {path for path, node in source() if isinstance(node, ast.ExceptHandler) and is_broad(node)}
    assert {str(path.relative_to(SRC)) for path in found} <= {"links/driver.py"}


def test_only_the_command_line_prints() -> None:
    assert [place for place in calls("print") if not place.startswith("src/counterfoil/cli/")] == []


def test_no_class_is_named_after_nothing() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in python_files(ROOT)
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Utils?|Handler)s?$", node.name)
    ]
    assert found == []


EVERY_STATION = frozenset(
    [
        "Alarm",
        "Attempt",
        "Case",
        "Desk",
        "Event",
        "Keeping",
        "Lane",
        "Offer",
        "Quota",
        "Records",
        "Request",
        "Settings",
        "State",
        "Trail",
        "Unfit",
        "Work",
    ]
)
"""What several stations have, each its own, and what the simulator's second telling has of each: one meaning."""


def test_no_two_classes_have_one_name_and_two_meanings() -> None:
    """The shapes of the API are called as what they show."""
    named: dict[str, list[str]] = {}
    for path in python_files(SRC):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and path.name != "shapes.py":
                named.setdefault(node.name, []).append(str(path.relative_to(SRC)))
    assert {name: places for name, places in named.items() if len(places) > 1 and name not in EVERY_STATION} == {}


def test_no_modules_import_one_another_in_a_circle() -> None:
    """Not even for their types."""
    graph = grimp.build_graph("counterfoil", cache_dir=None, exclude_type_checking_imports=False)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
    assert [str(path) for path, text in every_text().items() if path.suffix == ".py" and later.search(text)] == []


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""


def test_every_docstring_stands_alone() -> None:
    """What one says needs no other: none begins by pointing at its neighbour."""
    read = [(path, line, text) for path in python_files(ROOT) for line, text in docstrings(path) if text]
    assert [
        f"{path}:{line}" for path, line, text in read if re.match(r"(The s|S)ame\b|As (above|before)\b", text)
    ] == []
    assert len(read) > 5000


def test_no_module_is_dead() -> None:
    """Every module is imported by another, or is a program, or a verb that is imported when it is called."""
    verbs = {f"counterfoil.cli.{module}" for module, _ in VERBS.values()}
    graph = grimp.build_graph("counterfoil", cache_dir=None)
    dead = [
        path.relative_to(ROOT)
        for path in python_files(SRC)
        if path.name not in {"__init__.py", "__main__.py"}
        and "__main__" not in path.read_text("utf-8")
        and module_name(path) not in verbs
        and not graph.find_modules_that_directly_import(module_name(path))
    ]
    assert dead == []


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SRC.parent).with_suffix("").parts)


# --- what must not be in any file ------------------------------------------------------------------------------------

CARD_NUMBER = re.compile(
    r"(?<![0-9A-Fa-f.])[0-9]{13,19}(?![0-9A-Fa-f])|(?<![0-9])(?:[0-9]{4}[ -]){3}[0-9]{1,7}(?![0-9])"
)


# Digits that happen to pass the check and are something else.
NO_CARDS = {
    "2600000000000000": "DE53: format and method of the security fields",
    "103000058140001": "DE42 of a published packet",
    "31507080000000": "microseconds into a year at which a simulated day began",
}


def test_no_file_holds_a_card_number_outside_the_test_ranges() -> None:
    found = []
    for path, text in every_text().items():
        for match in CARD_NUMBER.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            issued = digits[0] != "0" and luhn_ok(digits) and not is_test_range(digits)
            if issued and digits not in NO_CARDS:
                found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}")
    assert found == []


def test_no_file_names_a_package_index_or_a_place_on_one_machine() -> None:
    hosts = re.compile(
        r"pypi\." + r"org|python" + r"hosted|(?<!no-emit-)index" + r"-url|extra-" + r"index|find-" + r"links"
    )
    places = re.compile(r"(?<![\w.])/(home|Users|root|wo" + r"rk)/\w")
    found = [str(path) for path, text in every_text().items() if hosts.search(text) or places.search(text)]
    assert found == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert "://" not in text
    logical = [
        line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    assert [line.split()[0] for line in logical if "==" not in line or "--hash=sha256:" not in line] == []


# --- the stations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("station", STATIONS)
def test_every_station_has_the_same_files(station: str) -> None:
    have = {path.name for path in (SRC / station).iterdir()}
    rooms = ["lifecycle", "rows", "records", "stubs", "work", "wire", "decide", "undo", "station", "settings"]
    assert {"__init__.py", "migrations", *(f"{room}.py" for room in rooms)} <= have
    assert (SRC / station / "migrations" / "0001.sql").is_file()


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("phrase", ["Receives from", "Sends to", "Records", "If it dies here"])
def test_every_station_says_where_it_stands(station: str, phrase: str) -> None:
    assert phrase in (ast.get_docstring(tree(SRC / station / "__init__.py")) or "")


@pytest.mark.parametrize("station", STATIONS)
def test_no_state_of_a_station_is_named_like_a_verdict(station: str) -> None:
    states = {
        str(value.value).upper().replace(" ", "_").replace("-", "_")
        for enum in ast.walk(tree(SRC / station / "lifecycle.py"))
        if isinstance(enum, ast.ClassDef) and enum.name.endswith("State")
        for value in ast.walk(enum)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    assert states
    assert states & VERDICTS == set()


def test_every_file_opens_with_what_it_is() -> None:
    found = [
        str(path.relative_to(SRC))
        for path in python_files(SRC)
        if not ast.get_docstring(tree(path)) and path.read_text("utf-8").strip()
    ]
    assert found == []
