"""Asking a printer how it is, without printing: DLE EOT 1 to 4, and its model where somebody wants to know."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.receipts.printers.dialogue import Dialogue, Passed, Said
from counterfoil.receipts.printers.round import Round, Timings
from counterfoil.receipts.printers.status import Sign, Trouble
from counterfoil.receipts.profile import Profile
from counterfoil.step import Instant

NOBODY: Final = "???"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt. `answers`: the byte each question brought, in hex; `in_order`: it answered GS I in order, so it
    is online and takes what it is sent; None when that was not asked.
    """

    trouble: str = ""
    near_end: bool = False
    answers: dict[str, str] = {}
    in_order: bool | None = None
    log: tuple[str, ...] = ()


class Probe:
    """One conversation over a connection that is open; the shell drives it as it drives a job."""

    def __init__(self, profile: Profile, timings: Timings, *, in_order: bool = False) -> None:
        self.result: Health | None = None
        self.trouble: Trouble | None = None
        self._profile = profile
        self._timings = timings
        self._dialogue = Dialogue(profile, NOBODY)
        self._round: Round | None = None
        self._wants_order = in_order
        self._ordered: bool | None = None
        self._out = bytearray()
        self._due: Instant = 0

    def begin(self, now: Instant) -> None:
        """The connection is open; stale bytes may come first."""
        self._due = now + self._timings.settle

    def outgoing(self) -> bytes:
        """What is to be written now."""
        return bytes(self._out)

    def wrote(self, count: int, now: Instant) -> None:  # noqa: ARG002 - as a job
        """So many bytes were taken by the kernel."""
        self._dialogue.note(">", bytes(self._out[:count]))
        del self._out[:count]

    def received(self, data: bytes, now: Instant) -> None:
        """Bytes from the printer."""
        for heard in self._dialogue.hear(data):
            if isinstance(heard, Said) and self._round is not None:
                self._out += self._round.heard(heard, now)
                self._round_over(now)
            elif isinstance(heard, Passed):
                self._ordered = True
                self._end()

    def closed(self) -> None:
        """The connection is gone."""
        self.unreachable(Trouble.LOST)

    def unreachable(self, why: Trouble) -> None:
        """No connection came about, or it broke."""
        self.trouble = self.trouble or why
        self._end()

    def give_up(self, now: Instant) -> None:  # noqa: ARG002 - as a job
        """Nobody waits any longer."""
        self.unreachable(Trouble.MUTE)

    def wakes_at(self) -> Instant:
        """When `tick` is wanted."""
        return self._round.due if self._round is not None and not self._round.over else self._due

    def tick(self, now: Instant) -> None:
        """Time passed."""
        if self.result is not None or now < self.wakes_at():
            return
        if self._round is None:
            self._round = Round(self._dialogue, self._timings)
            self._out += self._round.begin(now)
        elif not self._round.over:
            self._out += self._round.tick(now)
            self._round_over(now)
        else:
            self._end()

    def _round_over(self, now: Instant) -> None:
        done = self._round
        if done is None or not done.over or self.result is not None:
            return
        self.trouble = done.trouble
        if not self._wants_order or self.trouble is not None:
            self._end()
        else:
            self._ordered = False
            self._out += self._dialogue.sync("P")
            self._due = now + self._timings.answer

    def _end(self) -> None:
        if self.result is not None:
            return
        answers = self._round.answers if self._round is not None else {}
        self.result = Health(
            trouble=self.trouble.value if self.trouble is not None else "",
            near_end=self._round is not None and bool(self._round.signs & Sign.NEAR_END),
            answers={f"DLE EOT {question}": f"{byte:02X}" for question, byte in answers.items()},
            in_order=self._ordered,
            log=tuple(self._dialogue.lines),
        )
