"""Fuzzing without coverage: inputs that lead to something new are kept, and everything kept is changed further."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import msgspec

from fuzz.harness import tried
from fuzz.targets import Fuzzed

LONGEST: Final = 4096
FINDINGS: Final = 5
ODD: Final = (0, 1, 0x0F, 0x1F, 0x7F, 0x80, 0x81, 0x82, 0x84, 0x9F, 0xF0, 0xFF, *b'09D=F. {["\\\n')


class Tally(msgspec.Struct):
    """Inputs tried and crashes seen; of each kind of crash the first input, in hex."""

    executions: int = 0
    crashes: int = 0
    failures: list[dict[str, str]] = []


def fuzz(name: str, target: Fuzzed, seed: int, *, seconds: float = 0.0, executions: int = 0) -> Tally:
    """Try inputs for so many seconds, or exactly so many; the same seed and number try the same ones."""
    rng = random.Random(f"{seed}/{name}")
    corpus = target.corpus()
    tally, seen = Tally(), set()
    ends = time.monotonic() + seconds
    waiting = list(corpus)
    while tally.executions < executions if executions else time.monotonic() < ends:
        data = waiting.pop() if waiting else mutated(rng, corpus)
        outcome = tried(target.run, data)
        note(tally, outcome.crash, data)
        if outcome not in seen:
            seen.add(outcome)
            corpus.append(data)
    return tally


def note(tally: Tally, crash: str, data: bytes) -> None:
    """One execution."""
    tally.executions += 1
    if crash:
        tally.crashes += 1
        if len(tally.failures) < FINDINGS and crash not in {one["error"] for one in tally.failures}:
            tally.failures = [*tally.failures, {"error": crash, "input": data.hex()}]


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """One input made of another, changed once to eight times."""
    data = bytearray(rng.choice(corpus))
    for _ in range(1 << rng.randrange(4)):
        rng.choice(CHANGES)(rng, data)
    if rng.random() < 0.1:
        data += rng.choice(corpus)
    return bytes(data[:LONGEST])


def _turn(rng: random.Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _put(rng: random.Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice(ODD)


def _any(rng: random.Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _insert(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = bytes((rng.choice(ODD),)) * rng.choice((1, 1, 2, 8, 300))


def _drop(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 1, 2, 8))]


def _double(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = data[at : at + rng.randrange(1, 40)]


def _cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _count(rng: random.Random, data: bytearray) -> None:
    """A byte one more or less: lengths, most of all."""
    if data:
        at = rng.randrange(len(data))
        data[at] = (data[at] + rng.choice((-1, 1))) % 256


CHANGES: Final[tuple[Callable[[random.Random, bytearray], None], ...]] = (
    _turn, _put, _any, _insert, _drop, _double, _cut, _count,
)  # fmt: skip
