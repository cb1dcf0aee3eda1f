"""What a mutant is, and the list they all join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from mutants.seams import Seams

PROTOTYPE: Final = "a mutant of the prototype of the simulator"
LESSON: Final = "a defect seen in another system"
LOOP: Final = "docs/loop.md"


class Mutant(NamedTuple):
    """One rule taken out of the real stations.

    `serves` are the rules it breaks: L1 to L9, the first words of a row of the break table in docs/loop.md, or the name
    of a rule that holds everywhere. `mixes` are the worlds to look for it in, at their rush hour where only a step with
    several messages can show it; `killed_by` is the test that sees it instead, where no world can.
    """

    name: str
    serves: tuple[str, ...]
    origin: str
    mixes: tuple[str, ...]
    apply: Callable[[Seams], None]
    killed_by: str = ""
    rush: bool = False


class Waiting(NamedTuple):
    """A mutant of a part that is not built yet. It is counted as nothing."""

    name: str
    serves: tuple[str, ...]
    needs: str


CATALOGUE: Final[dict[str, Mutant]] = {}


def mutant(
    *serves: str, origin: str = LOOP, mixes: tuple[str, ...] = ("swarm",), killed_by: str = "", rush: bool = False
) -> Callable[[Callable[[Seams], None]], Callable[[Seams], None]]:
    """Put a mutant on the list under the name of the function that makes it."""

    def listed(apply: Callable[[Seams], None]) -> Callable[[Seams], None]:
        assert serves, f"{apply.__name__} breaks no rule"
        assert apply.__name__ not in CATALOGUE, f"{apply.__name__} is there twice"
        CATALOGUE[apply.__name__] = Mutant(apply.__name__, serves, origin, mixes, apply, killed_by, rush)
        return apply

    return listed
