"""The messages people are looking at in the inspector: in memory only, each its owner's, forgotten after a while.

A page shows a message masked, so what it hides must stay here between two requests. It is never written anywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from counterfoil.inspector import Wrapping
from counterfoil.security import Sensitive
from counterfoil.step import SECOND, Instant

KEPT: Final[Instant] = 20 * 60 * SECOND
MOST: Final = 64
OWN: Final = 8


class Draft:
    """One message on the bench. `given` are settings to be checked against it, `other` what it is compared with.

    `unread` is how much of what was pasted is not in it. One that was made again from what a station kept of the
    payment `ref` has fillers in the fields `veiled`.
    """

    __slots__ = ("data", "given", "how", "other", "owner", "ref", "seen_at", "unread", "veiled", "wire")

    def __init__(
        self, owner: str, data: bytes, wire: Wrapping, how: str, given: Wrapping | None, unread: int = 0
    ) -> None:
        self.owner = owner
        self.data = Sensitive(data)
        self.wire = wire
        self.how = how
        self.unread = unread
        self.given = given
        self.other: tuple[Sensitive[bytes], Wrapping] | None = None
        self.ref = ""
        self.veiled: frozenset[str] = frozenset()
        self.seen_at: Instant = 0


class Bench:
    """Everybody's messages; the oldest make room."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._drafts: dict[str, Draft] = {}

    def put(self, draft: Draft) -> str:
        """Lay a message on the bench: the name it has in addresses."""
        self._sweep()
        own = [name for name, each in self._drafts.items() if each.owner == draft.owner]
        for name in own[: max(0, len(own) - OWN + 1)]:
            del self._drafts[name]
        while len(self._drafts) >= MOST:
            del self._drafts[next(iter(self._drafts))]
        name = secrets.token_urlsafe(12)
        draft.seen_at = self._now()
        self._drafts[name] = draft
        return name

    def of(self, name: str, owner: str) -> Draft | None:
        """A message of this person; None when it is forgotten, or somebody else's."""
        self._sweep()
        found = self._drafts.get(name)
        if found is None or found.owner != owner:
            return None
        found.seen_at = self._now()
        return found

    def forget(self, name: str, owner: str) -> None:
        """Take a message off the bench."""
        if self.of(name, owner) is not None:
            del self._drafts[name]

    def _sweep(self) -> None:
        old = self._now() - KEPT
        for name in [name for name, each in self._drafts.items() if each.seen_at < old]:
            del self._drafts[name]
