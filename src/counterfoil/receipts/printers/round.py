"""One round of status questions, DLE EOT 1 to 4, asked one at a time and each again when no answer comes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterfoil.receipts.printers.dialogue import Dialogue, Said
from counterfoil.receipts.printers.status import QUESTIONS, Sign, Trouble, trouble
from counterfoil.step import SECOND, Instant


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """How long what may take, in microseconds.

    `settle`: how long a stream must be silent before what was said in it counts as over, `doubt` the same where nothing
    tells an earlier job's replies from ours. `answer` per status question,
    asked `tries` times. `barrier` and `per_10cm` of paper: until a job counts as held up. Held up, it is asked every
    `poll` what is wrong, until `patience` ends. `clear`: how long emptying the buffer may take. `others`: how long
    another process that has the printer in use is waited for.
    """

    connect: Instant = 2 * SECOND
    settle: Instant = SECOND // 20
    doubt: Instant = 2 * SECOND
    answer: Instant = SECOND
    tries: int = 2
    start: Instant = 5 * SECOND
    barrier: Instant = 15 * SECOND
    per_10cm: Instant = SECOND
    poll: Instant = SECOND
    patience: Instant = 120 * SECOND
    clear: Instant = 2 * SECOND
    others: Instant = 5 * SECOND

    def barrier_after(self, millimetres: int) -> Instant:
        """How long so much paper may take."""
        return self.barrier + self.per_10cm * millimetres // 100


class Round:
    """Asks every question once; `tick` and `heard` return the bytes to send next. `due` is when `tick` is wanted."""

    def __init__(self, dialogue: Dialogue, timings: Timings, questions: Sequence[int] = QUESTIONS) -> None:
        self.signs = Sign.NONE
        self.answers: dict[int, int] = {}
        self.over = False
        self.due: Instant = 0
        self._dialogue = dialogue
        self._timings = timings
        self._left = list(questions)
        self._tries = 0

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong, once the round is over; a printer that answers nothing is mute."""
        return trouble(self.signs) if self.answers else Trouble.MUTE

    def begin(self, now: Instant) -> bytes:
        """The first question."""
        return self._ask(now)

    def heard(self, said: Said, now: Instant) -> bytes:
        """An answer. After a repeated question a second one may come: it must not be taken for the next one's."""
        self.signs |= said.signs
        self.answers[said.question] = said.byte
        again = self._tries > 1
        self._next()
        if again and not self.over:
            self.due = now + self._timings.settle
            return b""
        return b"" if self.over else self._ask(now)

    def tick(self, now: Instant) -> bytes:
        """Time passed."""
        if self.over or now < self.due:
            return b""
        if self._dialogue.asking and self._tries >= self._timings.tries:
            self._dialogue.drop()
            if not self.answers:
                self._left = [self._left[0]]  # mute: there is no use in asking more
            self._next()
        return b"" if self.over else self._ask(now)

    def _ask(self, now: Instant) -> bytes:
        self._tries += 1
        self.due = now + self._timings.answer
        return self._dialogue.ask(self._left[0])

    def _next(self) -> None:
        del self._left[0]
        self._tries = 0
        self.over = not self._left
