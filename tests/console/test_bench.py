"""Messages on the bench are their owner's, stay in memory, make room and are forgotten."""

from __future__ import annotations

import pickle

import pytest

from counterfoil.console.bench import KEPT, MOST, OWN, Bench, Draft
from counterfoil.inspector import Wrapping


class Clock:
    def __init__(self) -> None:
        self.at = 1_000_000

    def __call__(self) -> int:
        return self.at


def draft(owner: str, byte: int = 0) -> Draft:
    return Draft(owner, bytes((byte,)), Wrapping(), "hex", None)


def test_a_message_is_its_owner_s_alone() -> None:
    bench = Bench(Clock())
    name = bench.put(draft("ann"))
    assert bench.of(name, "ann") is not None
    assert bench.of(name, "ben") is None
    bench.forget(name, "ben")
    assert bench.of(name, "ann") is not None
    bench.forget(name, "ann")
    assert bench.of(name, "ann") is None


def test_it_is_forgotten_when_nobody_looked_at_it_for_long() -> None:
    clock = Clock()
    bench = Bench(clock)
    name = bench.put(draft("ann"))
    clock.at += KEPT
    assert bench.of(name, "ann") is not None
    clock.at += KEPT + 1
    assert bench.of(name, "ann") is None


def test_one_person_s_newest_are_kept_and_nobody_fills_the_bench() -> None:
    bench = Bench(Clock())
    mine = [bench.put(draft("ann", number)) for number in range(OWN + 3)]
    assert [bench.of(name, "ann") is not None for name in mine] == [False] * 3 + [True] * OWN
    for number in range(MOST):
        bench.put(draft(f"person {number}"))
    assert bench.of(mine[-1], "ann") is None


def test_what_is_on_the_bench_cannot_be_written_anywhere() -> None:
    one = draft("ann", 0x62)
    assert "62" not in repr(one.data)
    with pytest.raises(TypeError):
        pickle.dumps(one.data)
