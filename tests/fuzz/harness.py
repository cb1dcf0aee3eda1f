"""What holds for whatever reads what others send: a value or an error of our own tree, soon, and no card data in it."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from counterfoil.errors import PaymentError

Target = Callable[[bytes], None]
"""Reads the bytes and looks at what came out. AssertionError when that shows what it must not."""

CPU_SECONDS: Final = 2.0
# An error may name fields, tags and offsets; a decimal run this long out of the input is part of a card, track or PIN.
DIGITS: Final = re.compile(r"[0-9]{7,}|[0-9A-F]{12,}|[0-9a-f]{12,}")


class TooSlow(BaseException):
    """One input took more than CPU_SECONDS of processor time. Not an `Exception`: nothing may swallow it."""


class Outcome(str):
    """What became of one input: "" for a value, else the error without its numbers. `crash` tells what is wrong."""

    crash: str = ""

    @classmethod
    def crashed(cls, what: str) -> Outcome:
        outcome = cls(what)
        outcome.crash = what
        return outcome


def tried(target: Target, data: bytes) -> Outcome:
    """Give the bytes to the target."""
    try:
        with patience():
            target(data)
    except PaymentError as error:
        found = leaked(error, data)
        if found:
            return Outcome.crashed(f"{type(error).__name__} shows {len(found)} characters of its input")
        return Outcome(re.sub(r"[0-9]+", "0", f"{type(error).__name__} {error}"))
    except TooSlow:
        return Outcome.crashed(f"more than {CPU_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome.crashed(f"{type(error).__name__} at {place.name}:{place.lineno}")
    return Outcome("")


def leaked(error: BaseException, data: bytes) -> str:
    """A run of digits of the input that an error, or one shown behind it, shows; "" when none does."""
    shown = "".join(f"{one} {one!r} {one.args!r}\n" for one in chain(error))
    haystack = f"{data.decode('latin-1')} {data.hex()} {data.hex().upper()}"
    return next((run for run in DIGITS.findall(shown) if run in haystack), "")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything behind it that a traceback shows."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@contextmanager
def patience() -> Iterator[None]:
    """Processor time, not time: a busy machine makes nothing too slow."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
