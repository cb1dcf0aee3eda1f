"""What `make bench` is made of runs, in a small slice: journals hold what was written, tables can be copied."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.steps import measured

from bench import journal, report

ROOT = Path(__file__).parents[2]


def test_every_way_of_a_commit_is_measured_on_the_same_rows(tmp_path: Path) -> None:
    found = journal.measured(4, 16, tmp_path, 1)
    assert (found["batch"], found["sales"]) == (4, 16)
    assert found["bytes"] > 500
    assert all(found[way]["wall_us"] > 0 for way in journal.WAYS)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_ends_before_a_record_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ROOM", 2**20)
    steps: list[journal.Written] = [[("INSERT", [[1, "a"], [2, "b"]])], [("UPDATE", [[3, "c"]])]]
    kept = journal.Journal(tmp_path / "j")
    for step in steps:
        kept.append(step)
    kept.close()
    assert list(journal.read_back(tmp_path / "j")) == steps
    data = bytearray((tmp_path / "j").read_bytes())
    data[data.index(b"UPDATE")] ^= 1
    (tmp_path / "j").write_bytes(data)
    assert list(journal.read_back(tmp_path / "j")) == steps[:1]


def test_the_step_of_every_station_is_measured(tmp_path: Path) -> None:
    found = measured(tmp_path, 8, 16)
    assert {"issuer", "switch", "terminal", "loop"} < set(found)
    assert found["sales"] >= 96


def test_a_part_nobody_knows_is_refused_and_a_table_can_be_copied() -> None:
    command = [sys.executable, "-m", "bench.report", "--only", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "parts are codec, loop" in done.stderr
    told = report.table([("a", "1 µs", "make bench")])
    assert told.splitlines()[1:] == ["|---|---|---|", "| a | 1 µs | `make bench` |"]


def test_a_run_whose_stores_disagree_is_not_told_as_sound() -> None:
    said = {"audit": {"broken": {}}, "macs_wrong": 0, "unreadable": 0}
    assert report.soundness(said) == ""
    assert "DISAGREE" in report.soundness({**said, "macs_wrong": 1})
    assert "DISAGREE" in report.soundness({**said, "audit": {"broken": {"sums are equal": 1}}})


def test_growth_compares_stores_with_a_history_against_empty_ones(tmp_path: Path) -> None:
    options = ["--history", "1000", "--terminals", "300", "--routes", "50", "--batch", "8", "--rounds", "2", "--json"]
    command = [sys.executable, "-m", "bench.growth", *options, "--store", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"]["issuer"]["txn"] >= 2000
    assert set(found["ratio"]) == {"issuer", "switch", "terminal"}
