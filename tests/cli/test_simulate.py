"""`counterfoil simulate`: what it prints, and what it says when a promise is broken."""

from __future__ import annotations

import json
import re

import pytest

from counterfoil import simulation
from counterfoil.cli.app import run
from counterfoil.cli.simulate import JUDGED, MIXES
from counterfoil.simulation import campaign
from counterfoil.step import SECOND
from counterfoil.switch import undo

PROMISED = {
    *("transactions", "seed", "mix", "one_sided", "one_sided_unreported", "exceptions", "ledger_sum"),
    *("closing_seconds", "faults", "events_hash"),
}
WORDS = ("simulate", "--transactions", "6", "--seed", "4", "--json")


def test_it_prints_the_promised_figures_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(list(WORDS)) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == PROMISED
    assert (said["transactions"], said["seed"], said["mix"]) == (6, 4, "swarm")
    assert (said["one_sided_unreported"], said["ledger_sum"]) == (0, 0)
    assert isinstance(said["faults"], dict)


def test_it_says_more_when_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "-v"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.keys() > PROMISED
    assert len(said["exception_list"]) == said["exceptions"]


def test_every_mix_of_the_simulator_can_be_asked_for() -> None:
    assert set(MIXES) == set(simulation.MIXES)


def test_a_broken_promise_is_told_with_commit_seed_events_and_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "owe_reversal", lambda *_: None)
    assert run(["simulate", "--transactions", "40", "--seed", "3", "--mix", "loss", "--json"]) == 7
    captured = capsys.readouterr()
    said = json.loads(captured.out)
    assert [said[name] for name in JUDGED] == [None] * 4
    failure = said["failure"]
    assert 0 < len(failure["last_events"]) <= 40
    assert re.fullmatch(r"[0-9a-f]{10}\+?|\d+\.\d+\.\d+", failure["commit"])
    again = "counterfoil simulate --seed 3 --mix loss --world 0 --transactions "
    assert failure["replay"] == f"{again}40"
    assert failure["shrunk"].startswith(again)
    assert failure["shrunk"] != failure["replay"]
    for told in (failure["commit"], "seed 3", failure["broken"], failure["replay"], failure["shrunk"]):
        assert told in captured.err
    assert failure["last_events"][-1] in captured.err


class Lossy:
    """Worlds in which a terminal is lost: each makes two sales fewer than it has, as long as it has that many."""

    def __init__(self) -> None:
        self.jobs: list[simulation.WorldJob] = []

    def play(self, job: simulation.WorldJob) -> simulation.WorldOutcome:
        self.jobs.append(job)
        outcome = simulation.WorldOutcome(world=job.world, mix=job.mix, transactions=max(1, job.transactions - 2))
        outcome.digest, outcome.faults, outcome.exposures = str(job.world), {"drop": 1}, [SECOND]
        return outcome


def test_it_plays_as_many_sales_as_were_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lossy = Lossy()
    monkeypatch.setattr(campaign, "play", lossy.play)
    assert run(["simulate", "--transactions", "160", "--seed", "4", "--without", "drop", "--json", "-v"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["transactions"] == 160 == sum(max(1, job.transactions - 2) for job in lossy.jobs)
    assert [job.world for job in lossy.jobs] == list(range(said["worlds"]))
    assert {job.without for job in lossy.jobs} == {("drop",)}
    assert said["faults"] == {"drop": said["worlds"]}
    assert said["exposure_seconds"]["max"] == 1.0
    first = said["events_hash"]
    run(["simulate", "--transactions", "160", "--seed", "4", "--without", "drop", "--json", "-v"])
    assert json.loads(capsys.readouterr().out)["events_hash"] == first


@pytest.mark.parametrize(("lang", "words"), [("en", "75 were asked for and 73 made"), ("zh", "要求 75 笔，完成 73 笔")])
def test_one_world_says_that_it_made_fewer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str, words: str
) -> None:
    monkeypatch.setattr(campaign, "play", Lossy().play)
    assert run(["simulate", "--transactions", "75", "--world", "2", "--lang", lang]) == 0
    assert words in capsys.readouterr().out
