"""Fault mixes: what may go wrong in a world, and how often. A mix names the choices, the seed draws from them."""

from __future__ import annotations

import random
from typing import Final

import msgspec

from counterfoil.step import SECOND, Instant


class Cut(msgspec.Struct, frozen=True):
    """From `start` to `end` (microseconds of the world) nothing that `source` says reaches `target`."""

    source: str
    target: str
    start: Instant
    end: Instant


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What one world suffers. Rates are per mille of the occasions, `mean_delay` is in microseconds."""

    drop: int = 0
    duplicate: int = 0
    slow: int = 0
    corrupt: int = 0
    crash: int = 0
    disk_full: int = 0
    mean_delay: int = 20_000
    skew: Instant = 0
    lost_terminal: bool = False
    cuts: tuple[Cut, ...] = ()

    def cut(self, source: str, target: str, elapsed: Instant) -> bool:
        """Whether a partition swallows what `source` says to `target` at this moment."""
        return any(c.start <= elapsed < c.end and c.source == source and c.target == target for c in self.cuts)


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """The choices a seed draws its faults from; a tuple with one value is that value."""

    drop: tuple[int, ...] = (0,)
    duplicate: tuple[int, ...] = (0,)
    slow: tuple[int, ...] = (0,)
    corrupt: tuple[int, ...] = (0,)
    crash: tuple[int, ...] = (0,)
    disk_full: tuple[int, ...] = (0,)
    mean_delay: tuple[int, ...] = (20_000,)
    skew_seconds: tuple[int, ...] = (0,)
    partition: tuple[bool, ...] = (False,)
    lost_terminal: tuple[bool, ...] = (False,)


SWARM: Final = Mix(
    drop=(0, 20, 100, 300),
    duplicate=(0, 50, 300),
    slow=(0, 50, 200),
    corrupt=(0, 0, 10, 50),
    crash=(0, 2, 20),
    disk_full=(0, 0, 2),
    mean_delay=(20_000, 300_000, 3_000_000),
    skew_seconds=(0, 0, -3600, 3600),
    partition=(False, True),
    lost_terminal=(False, False, True),
)

MIXES: Final[dict[str, Mix]] = {
    "calm": Mix(),
    "loss": Mix(drop=(20, 100, 300)),
    "duplicate": Mix(duplicate=(50, 300)),
    "delay": Mix(slow=(50, 200), mean_delay=(20_000, 300_000, 3_000_000)),
    "partition": Mix(partition=(True,)),
    "crash": Mix(crash=(2, 20)),
    "disk": Mix(disk_full=(2, 10), crash=(0, 2)),
    "lost-terminal": Mix(lost_terminal=(True,), drop=(0, 20, 100), crash=(0, 2)),
    "swarm": SWARM,
}


def draw(mix: Mix, rng: random.Random, pairs: list[tuple[str, str]], span: Instant) -> Faults:
    """The faults of one world: one choice per kind, and partitions between some of `pairs` within `span`."""
    cuts: list[Cut] = []
    if rng.choice(mix.partition):
        for _ in range(rng.randint(1, 3)):
            a, b = rng.choice(pairs)
            start = rng.randrange(span)
            end = start + int(rng.expovariate(1 / 60) * SECOND)
            ways = rng.choice((((a, b),), ((b, a),), ((a, b), (b, a))))
            cuts += [Cut(source, target, start, end) for source, target in ways]
    return Faults(
        drop=rng.choice(mix.drop),
        duplicate=rng.choice(mix.duplicate),
        slow=rng.choice(mix.slow),
        corrupt=rng.choice(mix.corrupt),
        crash=rng.choice(mix.crash),
        disk_full=rng.choice(mix.disk_full),
        mean_delay=rng.choice(mix.mean_delay),
        skew=rng.choice(mix.skew_seconds) * SECOND,
        lost_terminal=rng.choice(mix.lost_terminal),
        cuts=tuple(cuts),
    )
