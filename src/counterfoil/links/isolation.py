"""Messages that made a step fail: kept apart, so that who sends one again and again stops nobody, and fills no disk.

The first time the connection it came on is closed. Whoever then connects and sends it again gets silence, and the
connection stays: another hang-up would be an invitation to send it once more. After a pause, longer each time, it is
decided again, alone: what failed may have been the moment, not the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from counterfoil.step import SECOND, Frame, Inbound, Instant

PAUSE_FIRST: Final[Instant] = SECOND
PAUSE_LAST: Final[Instant] = 60 * SECOND
KNOWN: Final = 1024
"""Messages remembered; the one that failed longest ago is forgotten first."""
FORGOTTEN: Final[Instant] = 3600 * SECOND
KEPT_A_MINUTE: Final = 60
"""Rows of quarantine, with an alarm and a log line each, that one station writes in a minute."""
CLOSED_A_MINUTE: Final = 3
"""Connections of one link that are closed in a minute because of what came on them; the others hear nothing."""
MINUTE: Final[Instant] = 60 * SECOND


class Sentence(NamedTuple):
    """What becomes of a message that failed: whether it is kept with an alarm, and whether its connection is closed."""

    kept: bool
    closed: bool = False


class _Failed:
    """One message: how often it failed, and until when it is not looked at."""

    def __init__(self) -> None:
        self.times = 0
        self.at: Instant = 0
        self.until: Instant = 0

    def again(self, now: Instant) -> None:
        self.times += 1
        self.at = now
        self.until = now + min(PAUSE_FIRST << min(self.times - 1, 16), PAUSE_LAST)


class _Budget:
    """So many in a minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._since: Instant = 0
        self._spent = 0

    def spend(self, now: Instant) -> bool:
        if now - self._since >= MINUTE:
            self._since, self._spent = now, 0
        self._spent += 1
        return self._spent <= self._most


class Isolation:
    """What failed at one station. Empty as long as nothing did."""

    def __init__(self) -> None:
        self.ignored = 0
        """Messages that were not looked at because they had failed a moment ago."""
        self._failed: dict[bytes, _Failed] = {}
        self._rows = _Budget(KEPT_A_MINUTE)
        self._lines = _Budget(KEPT_A_MINUTE)
        self._hangups: dict[str, _Budget] = {}

    def __len__(self) -> int:
        """How many messages are known to fail."""
        return len(self._failed)

    def sift(self, batch: Sequence[Inbound], now: Instant) -> tuple[list[Inbound], list[Inbound]]:
        """What may be decided together, and what has failed before and is decided alone; the rest is ignored."""
        together: list[Inbound] = []
        alone: list[Inbound] = []
        for item in batch:
            known = self._failed.get(_digest(item)) if isinstance(item, Frame) else None
            if known is None:
                together.append(item)
            elif known.until <= now:
                known.until = now + PAUSE_FIRST  # one of several copies is enough
                alone.append(item)
            else:
                self.ignored += 1
        self._forget(now)
        return together, alone

    def failed(self, item: Inbound, now: Instant) -> Sentence:
        """It made a step fail, all by itself."""
        if not isinstance(item, Frame):
            return Sentence(self._rows.spend(now))
        digest = _digest(item)
        known = self._failed.pop(digest, None) or _Failed()
        known.again(now)
        self._failed[digest] = known
        if known.times > 1:
            return Sentence(kept=False)
        while len(self._failed) > KNOWN:
            del self._failed[next(iter(self._failed))]
        return Sentence(self._rows.spend(now), self._hangups.setdefault(item.link, _Budget(CLOSED_A_MINUTE)).spend(now))

    def noted(self, now: Instant) -> bool:
        """Whether a failure of which no row is kept gets a line in the log."""
        return self._lines.spend(now)

    def passed(self, item: Inbound) -> None:
        """It was decided after all."""
        if isinstance(item, Frame) and self._failed:
            self._failed.pop(_digest(item), None)

    def _forget(self, now: Instant) -> None:
        while self._failed:
            digest, known = next(iter(self._failed.items()))
            if known.at + FORGOTTEN > now:
                break
            del self._failed[digest]


def _digest(frame: Frame) -> bytes:
    return hashlib.blake2b(frame.data, digest_size=16, key=frame.link.encode()[:64]).digest()
