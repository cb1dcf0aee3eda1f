"""Which message of which leg is broken, and how: the plan behind the proxies.

Legs are numbered as in the loop: 1 terminal to switch, 2 switch to issuer, 3 issuer to switch, 4 switch to terminal.
A fault that was set hits the next messages that match it; the rate breaks any message with that probability, drawn
from a seed. Without an `mti` a set fault leaves network management (08xx) alone: who breaks a leg means the money.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from counterfoil.drawing import drawing
from counterfoil.errors import InputError

LEGS: Final = (1, 2, 3, 4)
KINDS: Final = ("drop", "delay", "duplicate", "corrupt", "close", "hang", "refuse")
RATED: Final = {"drop": 4, "delay": 2, "duplicate": 2, "corrupt": 2, "close": 1}
"""Kinds the rate draws from, with their weights."""
DELAY_SECONDS: Final = 2.0
REFUSE_SECONDS: Final = 5.0


class Hit(NamedTuple):
    """What happens to one message; `seconds` is the hold of a delay, `anywhere` widens a corruption."""

    kind: str
    seconds: float = 0.0
    anywhere: bool = False


class Fault(msgspec.Struct):
    """A fault somebody set. `times` None means as often as it matches, `until` None means until cleared."""

    leg: int
    kind: str
    times: int | None
    seconds: float
    until: float | None
    mti: str


class _Rate(NamedTuple):
    rate: float
    seconds: float
    draw: dict[int, random.Random]


def check(leg: int, kind: str, times: int | None, seconds: float | None, mti: str) -> None:
    """InputError when this is not a fault."""
    if leg not in LEGS:
        raise InputError("a leg is 1, 2, 3 or 4", "leg 应为 1、2、3 或 4")
    if kind not in KINDS:
        raise InputError(f"a fault is one of {', '.join(KINDS)}", f"故障类型应为 {'、'.join(KINDS)} 之一")
    if times is not None and times < 1:
        raise InputError("times must be at least 1", "times 至少为 1")
    if seconds is not None and not 0 < seconds <= 86_400:
        raise InputError("seconds must be more than 0 and at most 86400", "seconds 须大于 0，最多 86400")
    if mti and not (len(mti) == 4 and mti.isascii() and mti.isdigit()):
        raise InputError("an MTI has four digits", "MTI 应为四位数字")


class FaultPlan:
    """All faults in force, and the count of those that happened. Times are monotonic seconds given by the caller."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._rate: _Rate | None = None
        self._counts: dict[int, dict[str, int]] = {leg: {} for leg in LEGS}

    def set(self, leg: int, kind: str, *, times: int | None, seconds: float | None, mti: str, now: float) -> Fault:
        """Add a fault. For delay `seconds` is the hold, for the others how long the fault stays in force.

        With neither `times` nor a period it hits once; a refusal, which hits connections and not messages, lasts until
        it is cleared then, and `times` periods of REFUSE_SECONDS with `times` alone. InputError when it is not a fault.
        """
        check(leg, kind, times, seconds, mti)
        if kind == "refuse" and seconds is None and times is not None:
            seconds = times * REFUSE_SECONDS
        until = None if seconds is None or kind == "delay" else now + seconds
        if kind == "refuse":
            times = None
            self._hit(leg, Hit(kind))
        elif times is None and until is None:
            times = 1
        fault = Fault(leg, kind, times, seconds or DELAY_SECONDS, until, mti)
        self.faults.append(fault)
        return fault

    def set_rate(self, rate: float, seed: int, seconds: float = DELAY_SECONDS) -> None:
        """Break any message with probability `rate`; 0 ends it. A delay lasts up to `seconds`. InputError else."""
        if not 0 <= rate <= 1:
            raise InputError("a rate is between 0 and 1", "rate 应在 0 到 1 之间")
        # one source for each leg: what one leg carries does not change what another one suffers
        draw = {leg: drawing(f"{seed}/{leg}") for leg in LEGS}
        self._rate = _Rate(rate, seconds, draw) if rate else None

    def clear(self) -> None:
        """End every fault and the rate; the counts stay."""
        self.faults.clear()
        self._rate = None

    def active(self, leg: int) -> bool:
        """Whether messages of this leg must be looked at."""
        return self._rate is not None or any(fault.leg == leg for fault in self.faults)

    def choose(self, leg: int, mti: Callable[[], str], now: float) -> Hit | None:
        """What happens to a message of `leg`; None leaves it alone."""
        self.faults = [fault for fault in self.faults if fault.until is None or fault.until > now]
        for fault in self.faults:
            if fault.leg != leg or fault.kind == "refuse" or not _matches(fault, mti()):
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
            return self._hit(leg, Hit(fault.kind, fault.seconds))
        if self._rate is None:
            return None
        draw = self._rate.draw[leg]
        if draw.random() >= self._rate.rate:
            return None
        kind = draw.choices(list(RATED), list(RATED.values()))[0]
        return self._hit(leg, Hit(kind, draw.uniform(0.05, self._rate.seconds), anywhere=True))

    def refusing(self, legs: tuple[int, int], now: float) -> bool:
        """Whether the connection that carries these legs is refused at present."""
        return any(
            fault.kind == "refuse" and fault.leg in legs and (fault.until is None or fault.until > now)
            for fault in self.faults
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Faults that happened since the start, by leg and kind."""
        return {str(leg): dict(kinds) for leg, kinds in self._counts.items() if kinds}

    def _hit(self, leg: int, hit: Hit) -> Hit:
        kinds = self._counts[leg]
        kinds[hit.kind] = kinds.get(hit.kind, 0) + 1
        return hit


def _matches(fault: Fault, mti: str) -> bool:
    return mti == fault.mti if fault.mti else not mti.startswith("08")
