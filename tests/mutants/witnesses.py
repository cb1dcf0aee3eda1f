"""The worlds in which mutants were seen, kept so that a short run can show them again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from mutants.hunt import Kill

FILE: Final = Path(__file__).with_name("witnesses.json")


class Witness(msgspec.Struct, frozen=True):
    """One world, with as few sales as still show the mutant. It was found after `found_after` sales."""

    seed: int
    mix: str
    world: int
    transactions: int
    found_after: int


def witnesses() -> dict[str, Witness]:
    """All that are kept, by mutant."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Witness]) if FILE.exists() else {}


def record(kill: Kill, seed: int) -> None:
    """Keep the world of this kill beside those that are kept already."""
    kept = {**witnesses(), kill.name: Witness(seed, kill.mix, kill.world, kill.fewest, kill.transactions)}
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(kept.items()))))
    FILE.write_bytes(text + b"\n")
