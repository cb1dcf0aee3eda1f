"""`counterfoil up` with stations that fail on some messages, and whose errors quote all they were given.

The worst a bug could do: it raises in the middle of a step, with the card in its text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from counterfoil.cli.app import run
from counterfoil.issuer import Issuer
from counterfoil.step import Command, Frame, Inbound, Instant, Outbound
from counterfoil.switch import Switch
from counterfoil.terminal import TerminalStation

AT_SWITCH: Final = "T0000031"
AT_TERMINAL: Final = "T0000032"
AT_ISSUER: Final = "T0000033"
EVERYTHING: Final = "T0000034"  # the switch fails on whatever comes next, with no message to blame


def _holds(item: Inbound, terminal: str, mti: bytes) -> bool:
    return isinstance(item, Frame) and terminal.encode() in item.data and mti in item.data


def _sale_at_the_terminal(item: Inbound) -> bool:
    return isinstance(item, Command) and item.verb == "sale" and item.args.get("terminal") == AT_TERMINAL


def sabotage(station: type[Any], fails: Callable[[Inbound], bool], end: Callable[[Inbound], bool]) -> None:
    """Let the steps of a station fail when they meet such an item; after an `end`, the empty step fails too."""
    whole: Callable[[Any, Instant, Sequence[Inbound]], Sequence[Outbound]] = station.step
    ending: list[str] = []

    def step(self: Any, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        ending.extend(repr(item) for item in arrived if end(item))
        guilty = [repr(item) for item in arrived if fails(item)] + ending
        if guilty:
            raise ValueError(f"cannot happen: {guilty}")
        return whole(self, now, arrived)

    station.step = step


def main() -> int:
    """Break the classes, then be `counterfoil`: the stations are forks and inherit it."""
    sabotage(
        Switch, lambda item: _holds(item, AT_SWITCH, b"\x02\x00"), lambda item: _holds(item, EVERYTHING, b"\x02\x00")
    )
    sabotage(Issuer, lambda item: _holds(item, AT_ISSUER, b"0200"), lambda _: False)
    sabotage(TerminalStation, _sale_at_the_terminal, lambda _: False)
    return run(sys.argv[1:])
