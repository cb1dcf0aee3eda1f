"""Yesterday's backup of one station beside the others of today: who says so, what is refused, how a person ends it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from loop.running import Running

pytestmark = pytest.mark.loop

TERMINAL, ELSEWHERE = "T0000001", "T0000020"


class Days(NamedTuple):
    """A stack's data after its first sale, and after its second one."""

    yesterday: Path
    today: Path
    before: str
    since: str
    balance: int


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Two days with one sale each; nothing runs any more."""
    folder = tmp_path_factory.mktemp("days")
    stack = Running(folder / "today")
    stack.start()
    before = stack.sell(TERMINAL, card="carol").json["ref"]
    stack.stop()
    shutil.copytree(stack.data, folder / "yesterday")
    stack.start()
    since = stack.sell(TERMINAL).json["ref"]
    balance = stack.balance("alice")
    stack.stop()
    return Days(folder / "yesterday", stack.data, before, since, balance)


class Restored:
    """A stack with two sales, of which one station has seen the first only: its directory was put back alone."""

    def __init__(self, station: str, days: Days, folder: Path) -> None:
        self.stack = Running(folder / "data")
        shutil.copytree(days.today, self.stack.data)
        shutil.rmtree(self.stack.data / station)
        shutil.copytree(days.yesterday / station, self.stack.data / station)
        self.stack.start()

    def code(self, card: str, terminal: str) -> str:
        """What a sale comes to."""
        sold = self.stack.sell(terminal, card=card).json
        return "" if sold["outcome"] == "approved" else str(sold["response_code"])

    def end(self, how: str) -> None:
        said = self.stack.ask("forgotten", how, "--all", "--by", "Lin", "--reason", "the slips were looked at")
        assert said.status == 0, said

    def open_rows(self) -> list[str]:
        said = self.stack.ask("forgotten", "list")
        assert said.status == (7 if said.json["forgotten"] else 0)
        return [one["station"] for one in said.json["forgotten"]]


REFUSED = {
    "switch": {
        ("alice", TERMINAL): "96",
        ("carol", TERMINAL): "96",
        ("alice", ELSEWHERE): "96",
        ("carol", ELSEWHERE): "",
    },
    "terminal": {("alice", TERMINAL): "96", ("bob", ELSEWHERE): "", ("carol", TERMINAL): "96"},
    "issuer-a": {("alice", TERMINAL): "96", ("carol", TERMINAL): "", ("alice", ELSEWHERE): "96", ("bob", TERMINAL): ""},
}
BACK = {"terminal": 0, "switch": 0, "issuer-a": 12_50}
"""What the cardholder has more than after the sale."""


@pytest.mark.parametrize("station", REFUSED)
@pytest.mark.parametrize("how", ["accept", "import"])
def test_a_station_from_a_backup_is_told_what_it_has_forgotten(
    station: str, how: str, days: Days, tmp_path: Path
) -> None:
    town = Restored(station, days, tmp_path)
    stack = town.stack
    try:
        if station == "terminal":  # what it says at its sign-on is a claim; its first sale proves it
            assert town.code("carol", TERMINAL) == "96"
        assert town.open_rows() == [TERMINAL if station == "terminal" else station]
        assert stack.why(days.before)["verdict"] == "PAID"
        assert stack.why(days.since)["verdict"] == "EXCEPTION"
        assert stack.balance("alice") - days.balance == BACK[station]
        assert {asked: town.code(*asked) for asked in REFUSED[station]} == REFUSED[station]
        assert stack.balance("alice") - days.balance == BACK[station]
        town.end(how)
        assert town.open_rows() == []
        assert [town.code("alice", TERMINAL), town.code("alice", ELSEWHERE)] == ["", ""]
        assert stack.ledger_is_sound()
        ended = stack.ask("forgotten", "list", "--ended").json["forgotten"]
        rows = [row for one in ended for row in one["rows"].values()]
        assert {(row["ended_by"], row["reason"]) for row in rows} == {("Lin", "the slips were looked at")}
        assert any('"state"' in row["evidence"] for row in rows) == (how == "import")
    finally:
        stack.stop()
