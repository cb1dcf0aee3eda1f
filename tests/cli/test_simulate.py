"""`counterfoil simulate`: what it prints, and what it says when a promise is broken."""

from __future__ import annotations

import json
import re

import pytest

from counterfoil import simulation
from counterfoil.cli.app import run
from counterfoil.cli.simulate import JUDGED, MIXES
from counterfoil.switch import reverse

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
    monkeypatch.setattr(reverse, "owe_reversal", lambda *_: None)
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
