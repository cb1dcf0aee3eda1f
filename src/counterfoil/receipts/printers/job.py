"""One print job: pre-flight, body, barrier, cut. Pure: bytes and instants in, bytes and a result out.

    check ─▶ sync ─▶ arm ─▶ head ─▶ print ─▶ (held ─▶ clear) ─▶ cut ─▶ over
      └────────┴──────┤       └──▶ failed: the header may be on paper, the receipt never left
                      └──▶ queued: not one printable byte left

Rule 1: a written byte proves nothing. Only a barrier with our own name, or one in an undisturbed order, says printed.
Rule 2: nothing is ever sent twice. A job that is held up keeps its connection and asks once a second what is wrong.
Rule 3: failed is a proof, not a guess: the receipt waits here until the barrier behind its header has come back, and
        a header alone is no receipt. No reply that was lost or came late can make this wrong.
Rule 4: a serial line does not tell that the printer was switched off and on over it, with what it held. There every
        line of the receipt has a barrier of its own, and one that never came back makes the end prove nothing.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from counterfoil.receipts.printers.dialogue import (
    AUTOMATIC_ON,
    COUNT,
    INITIALISE,
    Changed,
    Cleared,
    Dialogue,
    Heard,
    Passed,
    Said,
    Unasked,
)
from counterfoil.receipts.printers.round import Round, Timings
from counterfoil.receipts.printers.status import ReplyKind, Sign, Trouble, trouble
from counterfoil.receipts.profile import Profile
from counterfoil.step import Instant

SYNC, ARM, HEAD, END = "S", "A", "H", "E"


class JobState(enum.StrEnum):
    """What is known of a job. `sent`: all bytes left, and this printer can give no proof."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PRINTED = "printed"
    UNKNOWN = "unknown"
    FAILED = "failed"


class PrintResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended. `trouble`: why, "" when nothing is wrong. `parts`: it was held up in the middle and went on.

    `log` is the conversation in hex, without the receipt's text.
    """

    state: JobState
    trouble: str = ""
    near_end: bool = False
    parts: bool = False
    log: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to print: a header that is no receipt yet, the rest of it with its footer last, and how long it gets.

    `stops`: where in the rest a command may stand between two of it, in ascending order.
    """

    head: bytes
    rest: bytes
    millimetres: int = 100
    stops: tuple[int, ...] = ()


class Phase(enum.Enum):
    """Where a job is."""

    SETTLE = "settle"
    CHECK = "check"
    SYNC = "sync"
    ARM = "arm"
    HEAD = "head"
    PRINT = "print"
    AFTER = "after"
    HELD = "held"
    CLEAR = "clear"
    CUT = "cut"
    OVER = "over"


ORDERED: Final = frozenset({
    Phase.ARM, Phase.HEAD, Phase.PRINT, Phase.AFTER, Phase.HELD, Phase.CLEAR, Phase.CUT
})  # fmt: skip
"""Where a nameless reply that nobody asked for shows that nameless replies prove nothing here."""


class PrintJob:
    """One attempt to print over one connection that is already open. `name`: three characters nobody else uses.

    `endless`: the line stays open whatever becomes of the printer.
    """

    def __init__(self, order: Order, profile: Profile, timings: Timings, name: str, *, endless: bool = False) -> None:
        self.order = order
        self.endless = endless
        self.profile = profile
        self.timings = timings
        self.dialogue = Dialogue(profile, name)
        self.phase = Phase.SETTLE
        self.state = JobState.QUEUED
        self.result: PrintResult | None = None
        self.trouble: Trouble | None = None
        """What is wrong right now, as far as the printer said."""
        self._out = bytearray()
        self._due: Instant = 0
        self._deadline: Instant = 0
        self._round: Round | None = None
        self._near_end = False
        self._parts = False
        self._let_go = False
        """Whether the receipt itself, behind its header, has been handed out."""
        self._downgraded = False

    # --- what the shell does ----------------------------------------------------------------------------------------

    def begin(self, now: Instant) -> None:
        """The connection is open."""
        self._due = now + self.timings.settle

    def outgoing(self) -> bytes:
        """What is to be written now. What was returned once counts as gone: it may have left, whatever happens next."""
        return bytes(self._out)

    def wrote(self, count: int, now: Instant) -> None:
        """So many bytes of `outgoing` were taken by the kernel."""
        if self.state is JobState.SENDING:
            self.dialogue.remark(f"> {count} bytes of the receipt")
        else:
            self.dialogue.note(">", bytes(self._out[:count]))
        del self._out[:count]
        if self._out or self.state is not JobState.SENDING or not self._let_go:
            return
        self.state = JobState.SENT
        if self.phase is Phase.PRINT and self.profile.barrier == "none":
            self._enter(Phase.AFTER, now + self.timings.settle)
        elif self.phase is Phase.PRINT:
            self._due = now + self.timings.barrier_after(self.order.millimetres)

    def received(self, data: bytes, now: Instant) -> None:
        """Bytes from the printer."""
        for heard in self.dialogue.hear(data):
            if self.result is None:
                self._hear(heard, now)

    def closed(self) -> None:
        """The connection is gone, or its reading half is."""
        if self.result is None:
            if self.phase is not Phase.CUT:
                self.trouble = self.trouble or Trouble.LOST
            self._end(self._as_it_stands())

    def unreachable(self, why: Trouble) -> None:
        """No connection came about."""
        self.trouble = why
        self._end(JobState.QUEUED)

    def give_up(self, now: Instant) -> None:
        """The cashier waits no longer."""
        if self.result is None:
            self._give_up(now)

    def wakes_at(self) -> Instant:
        """When `tick` is wanted at the latest."""
        due = self._due
        if self._round is not None:
            due = self._round.due
        return min(due, self._deadline) if self.phase is Phase.HELD else due

    def tick(self, now: Instant) -> None:
        """Time passed."""
        if self.result is None and self._round is not None:
            self._out += self._round.tick(now)
            self._round_over(now)
        if self.result is None and self.phase is Phase.HELD and now >= self._deadline:
            self._give_up(now)
        if self.result is None and self._round is None and now >= self._due:
            self._expired(now)

    # --- what arrives -----------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard, now: Instant) -> None:
        if isinstance(heard, Said):
            if self._round is not None:
                self._out += self._round.heard(heard, now)
                self._round_over(now)
        elif isinstance(heard, Changed):
            self._changed(heard.signs, now)
        elif isinstance(heard, Passed):
            self._passed(heard.tag, now)
        elif isinstance(heard, Cleared):
            self._end(self._as_it_stands())
        elif isinstance(heard, Unasked) and heard.reply.kind is ReplyKind.PLAIN and self.phase in ORDERED:
            self._downgraded = self.profile.barrier == "gs-r"

    def _changed(self, signs: Sign, now: Instant) -> None:
        """The printer reports by itself; once it prints, trouble means that the job is held up from now on."""
        self._near_end = self._near_end or bool(signs & Sign.NEAR_END)
        found = trouble(signs)
        if self.phase in (Phase.HEAD, Phase.PRINT) and found is not None:
            self.trouble = found
            self._hold(now)
        elif self.phase in (Phase.HELD, Phase.SYNC, Phase.ARM):
            self.trouble = found

    def _passed(self, tag: str, now: Instant) -> None:
        if tag == SYNC and self.phase is Phase.SYNC:
            self._arm(now)
        elif tag == ARM and self.phase is Phase.ARM:
            self._due = now + self.timings.settle  # what comes in this time shows whether the order can be trusted
        elif tag == HEAD and self.phase in (Phase.HEAD, Phase.HELD):
            self._release(now)
        elif tag == END and self.phase in (Phase.PRINT, Phase.HELD, Phase.CLEAR):
            self._parts = self.phase is Phase.HELD
            self._round = None
            if self.dialogue.awaits(COUNT):
                self.trouble = Trouble.LOST
                self._end(JobState.UNKNOWN)
                return
            self.trouble = None
            self._out = bytearray(self.profile.cut)
            self._enter(Phase.CUT, now + self.timings.settle)

    def _round_over(self, now: Instant) -> None:
        done = self._round
        if done is None or not done.over:
            return
        self._round = None
        if done.answers or self.phase is not Phase.HELD:  # one whose buffer is full hears nothing: what it said stands
            self.trouble = done.trouble
        self._near_end = self._near_end or bool(done.signs & Sign.NEAR_END)
        if self.phase is Phase.HELD:
            self._due = now + self.timings.poll
        elif self.phase is Phase.AFTER:
            self._end(JobState.UNKNOWN if self.trouble else JobState.SENT)
        elif self.phase is Phase.CHECK and self.trouble is None:
            self._get_ready(now)
        else:
            self._end(JobState.QUEUED)

    # --- what is due ------------------------------------------------------------------------------------------------

    def _expired(self, now: Instant) -> None:
        if self.phase is Phase.SETTLE:
            self._enter(Phase.CHECK, now)
            if self.profile.status:
                self._ask(now)
            else:
                self._get_ready(now)
        elif self.phase in (Phase.SYNC, Phase.ARM):
            self._start(now)
        elif self.phase in (Phase.HEAD, Phase.PRINT):
            self._hold(now)
        elif self.phase is Phase.AFTER:
            if self.profile.status:
                self._ask(now)
            else:
                self._end(JobState.SENT)
        elif self.phase is Phase.HELD:
            self._poll(now)
        elif self.phase in (Phase.CLEAR, Phase.CUT):
            self._end(self._as_it_stands())

    def _get_ready(self, now: Instant) -> None:
        """A known state, and a barrier behind whatever an earlier job has left in there."""
        self._out += INITIALISE + self.dialogue.sync(SYNC)
        self._enter(Phase.SYNC, now + self.timings.start)
        if not self.dialogue.awaits(SYNC):
            self._enter(Phase.ARM, now + self.timings.settle)

    def _arm(self, now: Instant) -> None:
        """Automatic status on; a second barrier, before which nobody may say a thing without a name."""
        nameless = self.profile.barrier == "gs-r" and not self.profile.identifies
        if nameless or not self.profile.asb:
            self._out += AUTOMATIC_ON if self.profile.asb else b""
            self._enter(Phase.ARM, now + (self.timings.doubt if nameless else 0))
        else:
            self._out += AUTOMATIC_ON + self.dialogue.sync(ARM)
            self._enter(Phase.ARM, now + self.timings.start)

    def _start(self, now: Instant) -> None:
        """From here on bytes may be on paper: the header, and the receipt when that is known to have come through."""
        if self.dialogue.awaits(SYNC) or self.dialogue.awaits(ARM) or self.trouble is not None:
            self.trouble = self.trouble or Trouble.MUTE
            self._end(JobState.QUEUED)
            return
        self.state = JobState.SENDING
        self._out += self.order.head + self.dialogue.barrier(HEAD)
        self._enter(Phase.HEAD, now + self.timings.barrier)
        if not self.dialogue.awaits(HEAD):
            self._release(now)

    def _release(self, now: Instant) -> None:
        """The receipt itself."""
        self._let_go = True
        self.trouble = None
        self._round = None
        self.dialogue.drop()
        self._out += self._rest() + self.dialogue.barrier(END)
        self._enter(Phase.PRINT, now + self.timings.barrier_after(self.order.millimetres))

    def _rest(self) -> bytes:
        """The rest of the receipt, counted where nobody else would notice that a part of it was lost."""
        rest, stops = self.order.rest, self.order.stops
        if not self.endless or self.profile.barrier == "none":
            return rest
        pieces = [rest[start:end] for start, end in zip((0, *stops), (*stops, len(rest)), strict=True)]
        return b"".join(piece + self.dialogue.count() for piece in pieces)

    def _hold(self, now: Instant) -> None:
        self._enter(Phase.HELD, now)
        self._deadline = now + self.timings.patience

    def _poll(self, now: Instant) -> None:
        """Ask what is wrong, but never in the middle of what is still to be written."""
        self._due = now + self.timings.poll
        if self.profile.status and not self._out:
            self._ask(now)

    def _ask(self, now: Instant) -> None:
        self._round = Round(self.dialogue, self.timings)
        self._out += self._round.begin(now)

    def _give_up(self, now: Instant) -> None:
        self._round = None
        if self.phase is Phase.HELD and self.profile.clear:
            self._out = bytearray(self.dialogue.clear())  # what has not left by now never will
            self._enter(Phase.CLEAR, now + self.timings.clear)
        else:
            self._end(self._as_it_stands())

    # --- the end ----------------------------------------------------------------------------------------------------

    def _as_it_stands(self) -> JobState:
        """What is known when nothing more can be learnt."""
        if self.phase is Phase.CUT:
            return self._proven()
        if self._let_go:
            return JobState.UNKNOWN
        return JobState.FAILED if self.state is JobState.SENDING else JobState.QUEUED

    def _proven(self) -> JobState:
        return JobState.SENT if self._downgraded else JobState.PRINTED

    def _enter(self, phase: Phase, due: Instant) -> None:
        self.phase, self._due = phase, due

    def _end(self, state: JobState) -> None:
        self.state = state
        self.phase = Phase.OVER
        self._out.clear()
        self.result = PrintResult(
            state=state,
            trouble=self.trouble.value if self.trouble is not None else "",
            near_end=self._near_end,
            parts=self._parts,
            log=tuple(self.dialogue.lines),
        )
