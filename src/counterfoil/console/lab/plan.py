"""A seed becomes a sale: which break where none was chosen, which card, how much, where. Same seed, same sale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from counterfoil.console.lab.breaks import BREAKS, BY_KEY, LabBreak
from counterfoil.drawing import drawing

CARDS: Final = ("alice", "bob", "carol")
"""Demo cards that are good for it, of both issuers, with and without a PIN."""
LEAST, MOST = 100, 9_999
"""Minor units."""
SEEDS: Final = 1_000_000


class RunPlan(NamedTuple):
    """What a run will do. `terminals` in the order in which they are tried: the first one that is free is taken."""

    chosen: LabBreak
    seed: int
    card: str
    amount: int
    terminals: tuple[str, ...]


def plan(seed: int, terminals: Sequence[str], key: str = "") -> RunPlan:
    """The plan of a seed; `key` names the break, "" lets the seed choose. KeyError for a name that is none."""
    draw = drawing(f"lab/{seed}")
    drawn = draw.choice(BREAKS)
    order = list(terminals)
    draw.shuffle(order)
    return RunPlan(
        chosen=BY_KEY[key] if key else drawn,
        seed=seed,
        card=draw.choice(CARDS),
        amount=draw.randint(LEAST, MOST),
        terminals=tuple(order),
    )
