"""A short slice of the proof, and the report that is written from its figures."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from counterfoil.simulation import MIXES, Job, play
from prove import campaign, report
from prove.record import RECORD, Campaign, Record, Tally, load, save


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "CHUNK", 1)
    monkeypatch.setattr(campaign, "SALES", 3)
    monkeypatch.setattr(campaign, "ProcessPoolExecutor", Here)


class Here:
    """Plays chunks at once, in this process: what was patched holds here."""

    def __init__(self, *_: object, **__: object) -> None:
        self._futures: list[object] = []

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is running."""

    def submit(self, function: object, chunk: object) -> object:
        assert callable(function)
        return Done(function(chunk))

    def shutdown(self, **_: object) -> None:
        """Nothing is running."""


class Done:
    def __init__(self, value: object) -> None:
        self.result = lambda: value


def go_on(path: Path, target: int) -> Record:
    record = load(path)
    lines: list[str] = []
    campaign.play_on(campaign.Run(record, path, 7, target, lines.append), time.monotonic() + 60, 1)
    return load(path)


@pytest.mark.usefixtures("small")
def test_a_campaign_goes_on_where_it_stopped_and_adds_up_to_the_same(tmp_path: Path) -> None:
    whole = go_on(tmp_path / "whole.json", 9).campaigns
    go_on(tmp_path / "halves.json", 3)
    halves = go_on(tmp_path / "halves.json", 9).campaigns
    assert len(halves) == 1
    assert halves[0].mixes.keys() == whole[0].mixes.keys() == MIXES.keys()
    for mix, tally in halves[0].mixes.items():
        assert tally.worlds == 3
        assert timeless(tally) == timeless(whole[0].mixes[mix])
    assert go_on(tmp_path / "whole.json", 9).campaigns == whole  # nothing is left to do


def timeless(tally: Tally) -> Tally:
    return msgspec.structs.replace(tally, cpu_seconds=0.0)


@pytest.mark.usefixtures("small")
def test_new_code_plays_worlds_that_nobody_has_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "figures.json"
    go_on(path, 6)
    monkeypatch.setattr(campaign, "code", lambda: "other")
    old, new = go_on(path, 3).campaigns
    assert (old.first_world, new.first_world) == (0, 2)
    text = report.written(load(path))
    assert "Under earlier code" in text


@pytest.mark.usefixtures("small")
def test_a_broken_world_is_told_and_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(job: Job) -> object:
        outcome = play(job)
        if job.mix == "calm":
            outcome.broken = "the money is gone"
        return outcome

    monkeypatch.setattr(campaign, "play", spoiled)
    record = go_on(tmp_path / "figures.json", 3)
    (found,) = record.campaigns
    assert [told["broken"] for told in found.failures] == ["the money is gone"]
    assert found.mixes["calm"].transactions == 0
    text = report.written(record)
    assert "the money is gone" in text
    assert "counterfoil simulate --seed 7 --mix calm --world 0" in text


def test_quantiles_come_from_the_counts() -> None:
    assert report.quantile({"1": 98, "70": 1, "9": 1}, 0.5) == 1
    assert report.quantile({"1": 98, "70": 1, "9": 1}, 0.99) == 9
    assert report.quantile({"1": 98, "70": 1, "9": 1}, 1.0) == 70
    assert report.quantile({}, 0.5) == "–"


def test_the_report_is_what_the_figures_say() -> None:
    record = load(RECORD)
    assert RECORD.with_suffix(".md").read_text("utf-8") == report.written(record)
    assert all(not was.failures for was in record.campaigns[-1:])
    assert all(tally.unreported == tally.ledger_sum == 0 for was in record.campaigns for tally in was.mixes.values())


def test_the_figures_are_kept_as_they_are(tmp_path: Path) -> None:
    record = Record(campaigns=[Campaign(code="c", commit="d", date="e", machine="f", seed=1, first_world=0)])
    save(record, tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == record
