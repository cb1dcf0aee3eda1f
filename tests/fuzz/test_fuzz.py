"""Whatever bytes come: a value or an error of our own tree, soon, and nothing of a card in what it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.errors import PeerError
from fuzz.__main__ import main
from fuzz.harness import tried
from fuzz.mutation import fuzz
from fuzz.targets import PAN, TARGETS, TRACK, Fuzzed

SLICE = 400  # inputs for each target; `python -m fuzz` tries as many as there is time for
SLOW = {"files", "inspector"}


@pytest.mark.parametrize("name", TARGETS)
def test_a_slice_of_the_mutations(name: str) -> None:
    wanted = SLICE // 4 if name in SLOW else SLICE
    tally = fuzz(name, TARGETS[name], 1, executions=wanted)
    assert tally.failures == []
    assert tally.executions == wanted


QUICK = [name for name in TARGETS if name not in {"decode_verb", "override_verb", "files"}]


@pytest.mark.parametrize("name", QUICK)
def test_any_bytes_are_read_or_refused(name: str) -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.binary(max_size=600) | st.builds(lambda a, b: a + TRACK.encode() + b, st.binary(), st.binary()))
    def any_bytes(data: bytes) -> None:
        assert tried(TARGETS[name].run, data).crash == ""

    any_bytes()


# --- the control: what looks for crashes finds them ---


def surprised(data: bytes) -> None:
    raise KeyError(data[:1])


def talkative(data: bytes) -> None:
    raise PeerError(f"what is {data.decode()}?")


def talkative_behind(data: bytes) -> None:
    try:
        int(data.decode() + "x")
    except ValueError:
        raise PeerError("no number")  # noqa: B904 - the mistake this looks for


def packed(data: bytes) -> None:
    raise PeerError(f"not read: {bytes.fromhex(data.decode()).hex()}")


def endless(_data: bytes) -> None:
    while True:
        pass


@pytest.mark.parametrize("target", [surprised, talkative, talkative_behind, packed, endless])
def test_a_crash_a_leak_and_a_loop_are_found(target: object) -> None:
    tally = fuzz("control", Fuzzed(target, lambda: [PAN.encode()]), 1, executions=1)  # type: ignore[arg-type]
    assert (tally.executions, tally.crashes) == (1, 1)
    assert tally.failures[0]["input"] == PAN.encode().hex()


def test_the_same_seed_tries_the_same_inputs() -> None:
    given_: list[list[bytes]] = []
    for seed in (1, 1, 2):
        taken: list[bytes] = []
        fuzz("tlv", Fuzzed(taken.append, TARGETS["tlv"].corpus), seed, executions=50)
        given_.append(taken)
    assert given_[0] == given_[1] != given_[2]


def test_the_command_counts_and_names_its_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "0.2", "--seed", "7", "--engine", "mutation", "--json", "--target", "tlv"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["seed"], said["engine"], said["failures"]) == (7, "mutation", [])
    assert said["targets"]["tlv"]["executions"] > 10
    assert said["targets"]["tlv"]["crashes"] == 0
