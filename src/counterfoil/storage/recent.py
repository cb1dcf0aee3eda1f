"""Rows that were read or written lately, so that the next step need not ask the store for them.

Only the one writer of a store may keep such rows, and only what a commit that returned has made true: `keep` is called
after it. At most `most` rows are remembered, and those kept at once with the last of them; the ones not looked at for
longest go first, half of them at a time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Cache of values by key. Values must not be changed by whoever gets them."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def keep(self, key: K, value: V) -> None:
        """Remember the current value of a key."""
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[key] = value

    def keep_all(self, more: Mapping[K, V]) -> None:
        """Remember many at once: somewhat more than half of the capacity at most, not twice as many."""
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young.update(more)

    def get(self, key: K) -> V | None:
        """Remembered value of a key, None when there is none."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def split(self, keys: Iterable[K]) -> tuple[dict[K, V], list[K]]:
        """Remembered values of these keys, and the keys to ask the store for, each once."""
        found: dict[K, V] = {}
        missing: dict[K, None] = {}
        young = self._young
        for key in keys:
            value = young.get(key) or self.get(key)
            if value is None:
                missing[key] = None
            else:
                found[key] = value
        return found, list(missing)

    def drop(self, key: K) -> None:
        """Forget a key that the store has no more."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
