"""What a schedule of faults holds, drawn from its seed: a model with its habits, a till's prints, what goes wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import Profile, profile_of
from printers.fake import BLOCKS, SECOND, Habits

MODELS: dict[str, Profile] = {
    "gs-h": profile_of("epson-tm-t20iii"),
    "gs-r": profile_of("generic-80", identifies=True),
    "gs-r nameless": profile_of("generic-80"),
    "gs-r without asb": profile_of("generic-58"),
    "no barrier": profile_of("generic-80", barrier="none"),
    "says nothing": profile_of("generic-80", barrier="none", status=False, asb=False, identifies=False),
}
STOPS = (*BLOCKS, "mute")
ONCE = ("power cycle", "power cycle", "line lost", "line closed", "crash", "give up", "noise", "cutter_sticks")
NOT_THERE = "nobody listens"
TIMINGS = Timings(patience=15 * SECOND, barrier=5 * SECOND)


@dataclass(frozen=True)
class Fault:
    """`kind` happens in print `during`, `at` microseconds after its beginning or, for stops, after `lines` lines of
    paper; what can be mended is mended `lasts` microseconds later.
    """

    during: int
    kind: str
    at: int
    lines: int
    lasts: int


@dataclass(frozen=True)
class Plan:
    """One schedule. `prints`: the sale each print belongs to, and the pause before it in seconds."""

    number: int
    model: str
    serial: bool
    habits: Habits
    lines: int
    prints: tuple[tuple[int, int], ...]
    faults: tuple[Fault, ...]

    def without(self, index: int) -> Plan:
        """This plan, less one fault."""
        return replace(self, faults=self.faults[:index] + self.faults[index + 1 :])


def drawn(seed: int, number: int) -> Plan:
    """Schedule `number` of a seed: always the same one."""
    dice = random.Random(f"{seed}/{number}")
    model = dice.choice(list(MODELS))
    prints = _prints(dice)
    return Plan(
        number=number,
        model=model,
        serial=dice.random() < 0.3,
        habits=_habits(dice, model),
        lines=dice.choice((0, 3, 10, 30)),
        prints=prints,
        faults=tuple(_fault(dice, len(prints)) for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 5)))),
    )


def _prints(dice: random.Random) -> tuple[tuple[int, int], ...]:
    """Sales one after the other; what a cashier prints again is sometimes not the last one."""
    sales = dice.choice((1, 1, 2, 3))
    found = []
    for sale in range(sales):
        found += [(sale, dice.choice((0, 0, 1, 5, 40))) for _ in range(dice.choice((1, 2, 3)))]
    if dice.random() < 0.3:
        found.append((0, dice.choice((0, 60))))
    return tuple(found)


def _habits(dice: random.Random, model: str) -> Habits:
    rare = dice.random()
    return Habits(
        clears=dice.random() < 0.8,
        mute=model == "says nothing" and dice.random() < 0.8,
        asb_zero=rare < 0.04,
        wrong_id=b"1234" if 0.04 < rare < 0.08 else b"",
        id_late=dice.choice((0, 0, 0, SECOND // 10, 3 * SECOND, 20 * SECOND)),
        buffer=dice.choice((64, 256, 1024, 4096, 65536)),
        line_time=dice.choice((1000, 20_000, 20_000, 200_000)),
        near_end_at=dice.choice((0, 0, 9990)),
    )


def _fault(dice: random.Random, prints: int) -> Fault:
    roll = dice.random()
    kind = NOT_THERE if roll < 0.05 else dice.choice(STOPS if roll < 0.6 else ONCE)
    return Fault(
        during=dice.randrange(prints),
        kind=kind,
        at=dice.choice((0, 30_000, 60_000, 110_000, 300_000, SECOND, 4 * SECOND, 12 * SECOND)) + dice.randrange(20_000),
        lines=dice.choice((0, 1, 2, 5, 12, 31, 32, 40)),
        lasts=dice.choice((SECOND // 2, 3 * SECOND, 9 * SECOND, 40 * SECOND, 200 * SECOND)),
    )
