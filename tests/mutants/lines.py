"""Mutants of what stands between the stations: streams, redialling, sign-ons, and messages that make a step fail.

No world shows them: the simulator delivers whole messages to stations that do not fail.
"""

from __future__ import annotations

from typing import Any

from counterfoil.iso8583.framing import FrameBuffer
from counterfoil.links.client import RETRY_FIRST, Redial
from counterfoil.links.isolation import Isolation
from counterfoil.step import Inbound, Instant
from counterfoil.terminal import numbers, rows
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import Event, State, Table
from mutants.mutant import LESSON, mutant
from mutants.seams import Seams

HANGS_UP = "one advice a peer cannot take (it hangs up on it)"
FRAMING = "tests/iso8583/test_framing.py"
ISOLATION = "tests/links/test_isolation.py"


@mutant("L4", origin=LESSON, killed_by=FRAMING)
def keep_alive_ends_the_stream(seams: Seams) -> None:
    """A frame of no bytes is taken for garbage."""

    def make(original: Any) -> Any:
        def size_of(buffer: FrameBuffer, prefix: bytes) -> int:
            size: int = original(buffer, prefix)
            if size == 0 and not buffer.broken:
                seams.hit()
                buffer.broken = "a packet of no bytes"
            return size

        return size_of

    seams.method(FrameBuffer, "_size", make)


@mutant("L4", origin=LESSON, killed_by=FRAMING)
def garbage_takes_what_was_before_it(seams: Seams) -> None:
    """Packets that were whole before a senseless length are lost with it."""

    def make(original: Any) -> Any:
        def feed(buffer: FrameBuffer, data: bytes) -> list[bytes]:
            packets: list[bytes] = original(buffer, data)
            if buffer.broken and packets:
                seams.hit()
                return []
            return packets

        return feed

    seams.method(FrameBuffer, "feed", make)


@mutant(HANGS_UP, origin=LESSON, killed_by="tests/links/test_client.py")
def redials_at_once(seams: Seams) -> None:
    """Whoever hangs up is dialled again at once, every time."""

    def make(original: Any) -> Any:
        def after(redial: Redial, lasted: float | None) -> float:
            if lasted is None:
                return float(original(redial, lasted))
            seams.hit()
            return RETRY_FIRST

        return after

    seams.method(Redial, "after", make)


@mutant(HANGS_UP, killed_by=ISOLATION)
def poison_decided_every_time(seams: Seams) -> None:
    """A message that failed a moment ago is looked at again."""

    def make(_: Any) -> Any:
        def sift(_isolation: Isolation, batch: list[Inbound], _now: Instant) -> tuple[list[Inbound], list[Inbound]]:
            seams.hit()
            return list(batch), []

        return sift

    seams.method(Isolation, "sift", make)


@mutant(HANGS_UP, killed_by=ISOLATION)
def poison_never_decided_again(seams: Seams) -> None:
    """What failed once is never looked at again, though it was only the moment."""

    def make(original: Any) -> Any:
        def sift(isolation: Isolation, batch: list[Inbound], now: Instant) -> tuple[list[Inbound], list[Inbound]]:
            together, alone = original(isolation, batch, now)
            if alone:
                seams.hit()
            return together, []

        return sift

    seams.method(Isolation, "sift", make)


@mutant("L4", killed_by="tests/terminal/test_bounds.py")
def sign_on_ends_a_pause(seams: Seams) -> None:
    """A terminal that must sign on does so at once, and the reversal that rested follows."""

    def make(original: Any) -> Any:
        def require_sign_on(lane: Lane, _now: Instant) -> None:
            seams.hit()
            original(lane, 0)

        return require_sign_on

    seams.function(numbers, "require_sign_on", make)


@mutant("an inquiry without a usable answer", killed_by="tests/terminal/test_kinds.py")
def inquiry_owes_a_reversal(seams: Seams) -> None:
    """An inquiry that nobody answered is reversed like a request."""

    def make(original: Any) -> Any:
        def moved(state: State, event: Event, table: Table) -> State:
            after: State = original(state, event, table)
            if after is not State.LAPSED:
                return after
            seams.hit()
            return State.REVERSING

        return moved

    seams.function(rows, "moved", make)
