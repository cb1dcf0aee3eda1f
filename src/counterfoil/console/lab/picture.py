"""The loop as a picture: three stations, four legs, the paper, and what is broken. Numbers only; SVG in the page."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.console.lab.breaks import ANSWERED, ASKED
from counterfoil.verdict.names import party
from counterfoil.words import Text

WIDTH, HEIGHT = 480, 176
BOX_WIDTH, BOX_HEIGHT, BOX_TOP = 100, 104, 8
LEFTS: Final = {"terminal": 2, "switch": 190, "issuer": 378}
UPPER, LOWER = BOX_TOP + 34, BOX_TOP + BOX_HEIGHT - 22
MESSAGES: Final = {"leg-1": ASKED, "leg-2": ASKED, "leg-3": ANSWERED, "leg-4": ANSWERED}


class Box(NamedTuple):
    """A station: where it stands, what it is called, whether it is chosen."""

    place: str
    name: Text
    x: int
    y: int
    chosen: bool


class Leg(NamedTuple):
    """An arrow from `x1` to `x2` at the height `y`; `stopped` where the sale stopped."""

    place: str
    number: int
    message: str
    x1: int
    x2: int
    y: int
    chosen: bool
    stopped: bool

    @property
    def middle(self) -> int:
        """Where its number stands."""
        return (self.x1 + self.x2) // 2


class Picture(NamedTuple):
    """Everything that is drawn. `verdict` is "" before there is one."""

    boxes: list[Box]
    legs: list[Leg]
    verdict: str
    width: int = WIDTH
    height: int = HEIGHT
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def picture(chosen: str, verdict: str = "", stopped: int = 0) -> Picture:
    """The loop with one place chosen."""
    boxes = [Box(name, party(name), x, BOX_TOP, name == chosen) for name, x in LEFTS.items()]
    gap = 6
    right = {name: x + BOX_WIDTH + gap for name, x in LEFTS.items()}
    ends = {
        "leg-1": (right["terminal"], LEFTS["switch"] - gap, UPPER),
        "leg-2": (right["switch"], LEFTS["issuer"] - gap, UPPER),
        "leg-3": (LEFTS["issuer"] - gap, right["switch"], LOWER),
        "leg-4": (LEFTS["switch"] - gap, right["terminal"], LOWER),
    }
    legs = [
        Leg(place, number, MESSAGES[place], x1, x2, y, place == chosen, number == stopped)
        for number, (place, (x1, x2, y)) in enumerate(ends.items(), 1)
    ]
    return Picture(boxes, legs, verdict)
