"""docs/operations.md tells all there is: every event, alarm, fault, setting and exit code of the running stack."""

import re
from pathlib import Path

import pytest

from counterfoil.links.faults import KINDS
from counterfoil.stack import config, layout, service

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/operations.md").read_text("utf-8")
SRC = ROOT / "src" / "counterfoil"


def found(pattern: str, *rooms: str) -> list[str]:
    """What a pattern finds in the source of some rooms."""
    sources = [path.read_text("utf-8") for room in rooms for path in (SRC / room).rglob("*.py")]
    return sorted({name for source in sources for name in re.findall(pattern, source)})


@pytest.mark.parametrize("event", found(r'(?:\.note|\._note|\.log|\._log|\._trace)\(\s*"([a-z_]+)"', "links", "stack"))
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
