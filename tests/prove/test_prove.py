"""A short slice of the proof, and the report that is written from its figures."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from mutmut.mutation.file_mutation import mutate_file_contents

from counterfoil.simulation import MIXES, WorldJob, play
from mutants.drawn import Drawn, told
from printers.schedules import campaign as printing
from prove import campaign, report
from prove.record import RECORD, ROOT, Campaign, Part, Record, Tally, executed, load, save, take_in
from prove.repeat import hashes
from prove.rings import COMMANDS
from prove.rules import ROOMS as RULES
from prove.rules import Room
from prove.sample import ROOMS as SAMPLED
from prove.sample import drawn as sampled
from prove.sections import SECTIONS
from prove.survivors import NOBODY, REASONS, SINCE, UNSEEN

FEW = ("calm", "loss", "copies", "swarm")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "CHUNK", 1)
    monkeypatch.setattr(campaign, "sales_of", lambda _world: 3)
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
    campaign.play_on(campaign.Run(record, path, 7, target, lines.append, FEW), time.monotonic() + 400, 1)
    return load(path)


@pytest.mark.usefixtures("small")
def test_a_campaign_goes_on_where_it_stopped_and_adds_up_to_the_same(tmp_path: Path) -> None:
    whole = go_on(tmp_path / "whole.json", 9).campaigns
    go_on(tmp_path / "halves.json", 3)
    halves = go_on(tmp_path / "halves.json", 9).campaigns
    assert len(halves) == 1
    assert set(halves[0].mixes) == set(whole[0].mixes) == set(FEW)
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
    def spoiled(job: WorldJob) -> object:
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


@pytest.mark.usefixtures("small")
def test_a_campaign_that_is_cut_short_has_played_every_mix_alike(tmp_path: Path) -> None:
    run = campaign.Run(Record(), tmp_path / "figures.json", 7, 9, lambda _: None)
    drawn = [run.next() for _ in range(len(campaign.PLAYED) + 4)]
    count = Counter(chunk.mix for chunk in drawn if chunk is not None)
    assert set(count) == set(campaign.PLAYED) < set(MIXES)
    assert max(count.values()) - min(count.values()) <= 1


def test_ctrl_c_keeps_every_chunk_that_was_finished_and_writes_the_report(tmp_path: Path) -> None:
    record = tmp_path / "figures.json"
    words = ["--parts", "simulator", "--record", str(record), "--jobs", "1", "--mix", "calm"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "prove", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("calm: ")
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does it: the workers hear it too
        said = run.stdout.read()
    assert run.returncode == 0
    assert "stopped; what was played is kept" in said
    (found,) = load(record).campaigns
    assert found.mixes["calm"].worlds % campaign.CHUNK == 0
    assert found.mixes["calm"].worlds > 0
    assert record.with_suffix(".md").read_text("utf-8") == report.written(load(record))


def test_what_no_world_executes_leaves_a_campaign_as_it_is() -> None:
    took = [path.relative_to(ROOT / "src" / "counterfoil").as_posix() for path in executed()]
    assert {"simulation/oracle.py", "terminal/station.py", "ledger/book.py", "issuer/migrations/0001.sql"} <= set(took)
    rooms = {path.partition("/")[0] for path in took}
    assert rooms.isdisjoint({"cli", "console", "day", "stack"})


def test_one_seed_gives_one_hash_under_every_hash_seed() -> None:
    found = hashes(5, 8)
    assert len(found) > 2
    assert len(set(found.values())) == 1


def test_every_ring_has_its_section_and_a_broken_one_says_so() -> None:
    assert set(SECTIONS) == set(COMMANDS)
    part = Part(command="c", commit="d", date="e", seconds=1, found={"transactions": 3, "hashes": {"0": "a", "1": "b"}})
    assert "not the same" in SECTIONS["repeat"](part)
    part.held = False
    assert "A promise was broken" in SECTIONS["repeat"](part)


def test_the_printers_ring_says_what_its_command_counted() -> None:
    figures, failures = printing(3, seed=1)
    part = Part(command="c", commit="d", date="e", seconds=1, found={**figures, "failures": failures})
    said = SECTIONS["printers"](part)
    assert said.startswith("## The printer")
    assert "3 random schedules" in said
    assert "and is not: 0." in said


def test_a_sample_is_drawn_by_its_seed_and_only_what_changed_is_drawn_anew() -> None:
    names = {"switch": [f"s{number}" for number in range(900)], "issuer": [f"i{number}" for number in range(600)]}
    first = sampled(names, 100, 1)
    assert sum(map(len, first.values())) == 100
    assert sampled(names, 100, 2) != first
    fewer = {**names, "switch": names["switch"][10:]}
    again = sampled(fewer, 100, 1)
    assert set(again["issuer"]) >= set(first["issuer"])
    assert set(again["switch"]) >= set(first["switch"]) & set(fewer["switch"])


def test_what_the_simulator_does_not_notice_is_named_with_its_reason() -> None:
    seen = Drawn("switch/rules.py:1:compare:0", "a -> b", "noticed", 75, "calm 0: broken")
    unseen = Drawn("switch/rules.py:2:compare:0", "c -> d", "unnoticed", 5000, "calm 0: said")
    same = Drawn("switch/rules.py:3:compare:0", "e -> f", "same", 5000, "")
    figures = told([seen, unseen, same], 1, 5000)
    said = SECTIONS["drawn"](Part(command="c", commit="d", date="e", seconds=1, found=figures))
    assert "Of the other 2 the simulator notices 1, 50%" in said
    assert "- `switch/rules.py:2:compare:0` c -> d: nobody has looked at it yet" in said


def functions(code: str) -> dict[str, list[str]]:
    """The lines of every function in a source, by its name."""
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    return {node.name: [line.strip() for line in ast.unparse(node).splitlines()] for node in found}


def made_by_mutmut(name: str) -> tuple[str, ...]:
    """The lines of a mutant that its function has not; none when there is no such function or mutant today."""
    module, _, mutant = name.rpartition(".")
    path = (ROOT / "src" / module.replace(".", "/")).with_suffix(".py")
    if not path.exists():
        return ()
    lines = functions(mutate_file_contents(str(path), path.read_text("utf-8")).code)
    before = {*lines.get(f"{mutant.rpartition('__mutmut_')[0]}__mutmut_orig", ())}
    return tuple(line for line in lines.get(mutant, ())[1:] if line not in before)


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_is_that_of_a_mutant_that_mutmut_makes_of_the_source_of_today(name: str) -> None:
    assert made_by_mutmut(name) == (REASONS[name].line,)


@pytest.mark.parametrize(
    "name",
    [
        "counterfoil.switch.intake.x_settle__mutmut_21",
        "counterfoil.switch.wire.x_unsettled__mutmut_1",
        "counterfoil.switch.wire.x_settle__mutmut_999",
    ],
)
def test_of_a_module_a_function_or_a_number_that_is_no_more_no_mutant_is_made(name: str) -> None:
    assert made_by_mutmut(name) == ()


def test_what_has_become_of_a_survivor_is_a_reason_or_a_test_that_is_there() -> None:
    for now in SINCE.values():
        path, _, test = now.partition("::")
        assert now in REASONS or test in functions((ROOT / path).read_text("utf-8")), now


def test_every_survivor_in_the_record_was_looked_at_and_nothing_is_said_of_any_other() -> None:
    parts = load(RECORD).parts
    survivors = {name for room in parts["sample"].found["rooms"].values() for name in room["survivors"]}
    assert survivors >= set(SINCE)
    assert survivors <= set(SINCE) | set(REASONS)
    assert {one["name"] for one in parts["drawn"].found["survivors"]} == set(UNSEEN)
    assert NOBODY not in RECORD.with_suffix(".md").read_text("utf-8")


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


def test_a_campaign_that_went_on_elsewhere_takes_the_place_of_its_beginning() -> None:
    def campaign_of(code: str, worlds: int) -> Campaign:
        mixes = {"calm": Tally(worlds=worlds)}
        return Campaign(code=code, commit="d", date="e", machine="f", seed=1, first_world=0, mixes=mixes)

    part = Part(command="c", commit="d", date="e", seconds=1, found={})
    record = Record(campaigns=[campaign_of("old", 9), campaign_of("new", 3)])
    for _ in range(2):
        take_in(record, Record(campaigns=[campaign_of("new", 8)], parts={"disk": part}))
        take_in(record, Record(campaigns=[campaign_of("new", 5)]))
        assert record.campaigns == [campaign_of("old", 9), campaign_of("new", 8)]
        assert record.parts == {"disk": part}


def test_the_figures_are_kept_as_they_are(tmp_path: Path) -> None:
    record = Record(campaigns=[Campaign(code="c", commit="d", date="e", machine="f", seed=1, first_world=0)])
    save(record, tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == record


@pytest.mark.parametrize(
    "room", [*RULES.values(), *SAMPLED.values()], ids=[*RULES, *(f"sampled {name}" for name in SAMPLED)]
)
def test_every_file_and_test_that_a_room_names_is_there(room: Room) -> None:
    """A test that is gone stops mutmut before its first mutant."""
    sources = ROOT / "src" / "counterfoil"
    assert [name for name in room.files if not any(sources.glob(name))] == []
    assert [name for name in room.tests if not (ROOT / name).exists()] == []
