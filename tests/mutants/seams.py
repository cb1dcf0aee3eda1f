"""Where a mutant is put into the real stations, and how it is taken out again.

A seam is a name in the source. One that is no longer there, or no longer what the mutant expects, is an error at once
(`SeamGone`): a mutant that changes nothing would count as killed for a reason of its own, or never.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import FunctionType, ModuleType, TracebackType
from typing import Any, Self


class SeamGone(Exception):  # noqa: N818 - says what happened
    """The source has changed and this mutant with it: look at both."""


class Ways(dict[Any, Any]):
    """A row of a lifecycle table that tells when the mutated way is taken."""

    def __init__(self, row: Mapping[Any, Any], event: Any, seams: Seams) -> None:
        super().__init__(row)
        self._event = event
        self._seams = seams

    def __getitem__(self, event: Any) -> Any:
        if event == self._event:
            self._seams.hit()
        return super().__getitem__(event)


class Seams:
    """The changes of one mutant, undone when it is left. `reached` counts how often a mutated branch was taken."""

    def __init__(self) -> None:
        self.reached = 0
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._undo:
            self._undo.pop()()

    @property
    def changes(self) -> int:
        """How many places were changed."""
        return len(self._undo)

    def hit(self) -> None:
        """A mutated branch was taken."""
        self.reached += 1

    def function(self, module: ModuleType, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
        """Another function in the place of a module's, wherever somebody has imported it or keeps it in a table."""
        original = getattr(module, name, None)
        if not isinstance(original, FunctionType):
            raise SeamGone(f"{module.__name__} has no function {name}")
        mutated = make(original)
        for place, key in list(_places(original)):
            self._put(place, key, mutated)

    def method(self, owner: type, name: str, make: Callable[[Any], Any]) -> None:
        """Another method, or property, in the place of a class's own."""
        original = vars(owner).get(name)
        if original is None:
            raise SeamGone(f"{owner.__name__} has no {name} of its own")
        setattr(owner, name, make(original))
        self._undo.append(lambda: setattr(owner, name, original))

    def constant(self, module: ModuleType, name: str, make: Callable[[Any], Any]) -> None:
        """Another constant in one module."""
        if name not in vars(module):
            raise SeamGone(f"{module.__name__} has no constant {name}")
        value = make(vars(module)[name])
        if value == vars(module)[name]:
            raise SeamGone(f"{module.__name__}.{name} is so already")
        self._put(vars(module), name, value)

    def way(self, table: Mapping[Any, Mapping[Any, Any]], state: Any, event: Any, to: Any) -> None:
        """Another way out of a state in a lifecycle table."""
        if state not in table or event not in table[state] or table[state][event] is to:
            raise SeamGone(f"the table has no such way out of {state} by {event}, or it leads to {to} already")
        if not isinstance(table, MutableMapping):
            raise SeamGone("the table cannot be changed")
        self._put(table, state, Ways({**table[state], event: to}, event, self))

    def _put(self, place: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        original = place[key]
        place[key] = value
        self._undo.append(lambda: place.__setitem__(key, original))


def _places(value: object) -> Iterator[tuple[MutableMapping[Any, Any], Any]]:
    """Every module of the product, and every table in one, that holds this very object."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "counterfoil":
            continue
        for key, held in list(vars(module).items()):
            if held is value:
                yield vars(module), key
            elif isinstance(held, dict) and not key.startswith("__"):
                yield from ((held, inner) for inner, one in list(held.items()) if one is value)
