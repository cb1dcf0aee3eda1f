"""docs/operations.md tells all there is: every event, alarm, fault, setting and exit code of the running stack."""

import re
from pathlib import Path

import pytest

from counterfoil.console import visitor
from counterfoil.links import limits
from counterfoil.links.faults import KINDS
from counterfoil.links.limits import PortLimits
from counterfoil.stack import config, descriptors, layout, service

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/operations.md").read_text("utf-8")
SRC = ROOT / "src" / "counterfoil"


def found(pattern: str, *rooms: str) -> list[str]:
    """What a pattern finds in the source of some rooms."""
    sources = [path.read_text("utf-8") for room in rooms for path in (SRC / room).rglob("*.py")]
    return sorted({name for source in sources for name in re.findall(pattern, source)})


@pytest.mark.parametrize("event", found(r'(?:\.note|\._note|\blog|\._log|\._trace)\(\s*"([a-z_]+)"', "links", "stack"))
def test_every_event_of_the_logs_is_explained(event: str) -> None:
    assert f"`{event}`" in TEXT


@pytest.mark.parametrize("alarm", found(r'\.alarm\(\s*(?:[a-z., ]+)?"([a-z_]+)"', "switch"))
def test_every_alarm_of_the_switch_is_explained(alarm: str) -> None:
    assert f"`{alarm}`" in TEXT


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_explained(kind: str) -> None:
    assert re.search(rf"\| `{kind}\b", TEXT)


def test_settings_stations_and_exit_codes_are_named() -> None:
    for name in config.KNOWN:
        assert f"`{name} = " in TEXT
    for name in layout.STATIONS:
        assert f"`{name}`" in TEXT
    for code in (service.EXIT_FAULT, service.EXIT_COMMIT):
        assert f"code {code}" in TEXT


@pytest.mark.parametrize(
    ("row", "door"),
    [
        ("terminals, and each issuer's", limits.MESSAGES),
        ("control, of every process", limits.CONTROL),
        ("the console", limits.PAGES),
    ],
)
def test_the_figures_of_the_doors_are_the_codes(row: str, door: PortLimits) -> None:
    (cells,) = re.findall(rf"^\| {row} \|[^|]+\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert tuple(map(float, cells)) == tuple(door)


def test_the_bytes_before_the_token_are_the_codes() -> None:
    assert f"at most {limits.BEFORE_TOKEN} bytes from somebody whose token" in TEXT


def test_the_figures_of_the_console_s_requests_are_the_codes() -> None:
    assert f"a request's head ({visitor.MOST_HEAD} bytes at most)" in TEXT
    assert f"a connection without a request is closed after {visitor.KEEP_ALIVE_SECONDS} seconds" in TEXT


def test_what_a_limit_of_open_files_allows_is_what_the_code_gives() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+|–) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 4
    for limit, *told in rows:
        plain, lab = (descriptors.shares(int(limit), lab=lab) for lab in (False, True))
        in_lab = str(lab.terminals.total) if int(limit) >= descriptors.least(lab=True) else "–"
        assert told == [*map(str, (plain.terminals.total, plain.control.total, plain.pages.total)), in_lab]
    least, least_lab, day = (
        descriptors.least(lab=False),
        descriptors.least(lab=True),
        descriptors.RESERVE + descriptors.OWN,
    )
    assert f"Below {least} ({least_lab} with `--lab`) `up` refuses" in TEXT
    assert f"below {day}; a simulation needs none" in TEXT
    assert f"keeps {descriptors.RESERVE} aside" in TEXT
    assert f"up to {limits.OPEN_FILES}, and" in TEXT
