"""Wherever a disk fails, with a kill or a power cut: before the step or after it, the books sound, and it goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from counterfoil.links.proxy import cup_offset, mti_at
from counterfoil.step import Frame
from counterfoil.storage import Store
from crash.__main__ import main
from crash.points import DAYS, MOST_STEPS, ROOM, Day, Ending, enumerate_points, recorded_day
from failing_disk import Disk, killed, power_cut

# How many of a run's operations are tried, evenly spread. COUNTERFOIL_DISK_OPERATIONS=100000 tries every one.
OPERATIONS = int(os.environ.get("COUNTERFOIL_DISK_OPERATIONS", "24"))


# What must be among the messages whose steps are failed.
REVERSED = {
    "tills-1": {"0210", "0410"},
    "switch": {"0200", "0210", "0400", "0430"},
    "issuer-a": {"0200", "0420", "0421"},
}


@pytest.fixture(scope="module")
def days() -> dict[str, Day]:
    return {which: recorded_day(which) for which in DAYS}


@pytest.fixture
def day(days: dict[str, Day]) -> Day:
    return days["quiet"]


@pytest.fixture
def disk() -> Iterator[Disk]:
    vfs = Disk()
    yield vfs
    vfs.unregister()


@pytest.mark.parametrize("ending", [killed, power_cut], ids=lambda ending: ending.__name__)
@pytest.mark.parametrize("name", ROOM)
@pytest.mark.parametrize("which", DAYS)
def test_the_store_is_before_or_after_the_step_that_failed_and_the_station_goes_on(
    which: str, name: str, ending: Ending, days: dict[str, Day], disk: Disk, tmp_path: Path
) -> None:
    store, ledger = enumerate_points(name, ending, days[which], disk, tmp_path, OPERATIONS)
    for tally in (store, ledger or store):
        assert tally.failures == []
        assert tally.passed == tally.operations >= min(OPERATIONS, 24)
    assert store.undone, "the disk never failed in the middle"


@pytest.mark.parametrize("name", ROOM)
def test_the_rush_hour_has_reversals_and_steps_with_several_messages(name: str, days: dict[str, Day]) -> None:
    steps = days["rush"].steps[name][:MOST_STEPS]
    frames = [item for step in steps for item in step.arrived if isinstance(item, Frame)]
    packed = ("terminals", "switch") if name == "tills-1" else ("terminals",)
    kinds = {mti_at(item.data, cup_offset(item.data) if item.link in packed else 0) for item in frames}
    assert kinds >= REVERSED[name]
    assert sum(len(step.arrived) > 1 for step in steps) >= 5


def test_a_step_of_two_commits_is_found(day: Day, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what looks for half-written steps and unsound books finds them."""
    whole = Store.executemany

    def torn(store: Store, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        whole(store, sql, rows)
        if store.in_transaction:
            store.commit()
            store.begin()

    monkeypatch.setattr(Store, "executemany", torn)
    store, ledger = enumerate_points("issuer-a", killed, day, disk, tmp_path, 40)
    assert ledger is not None
    assert store.half_written
    assert ledger.half_written
    assert store.failures


def test_the_command_counts_what_the_tests_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--operations", "3"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["stores"]) == {"ledger", *ROOM.values()}
    for counted in said["stores"].values():
        assert counted["passed"] == counted["operations"] >= 6
    assert (said["half_written"], said["stuck"], said["failures"]) == (0, 0, [])
