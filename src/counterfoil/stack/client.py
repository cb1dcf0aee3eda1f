"""How everybody else reaches a stack: its control channels while it runs, its stores at any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from counterfoil.errors import NotSent, StoreError
from counterfoil.links.control import ControlClient, ask
from counterfoil.stack.layout import ISSUERS, STATIONS, Layout, Running, formats
from counterfoil.storage import Store, open_store


def reach(data: Path, station: str) -> Running:
    """Where a station (or "up", the supervisor) listens; NotSent when it does not run."""
    running = Layout(data).find(station)
    if running is None:
        raise NotSent(f"no running stack on {data}: start one with `counterfoil up`")
    return running


def call(data: Path, station: str, verb: str, args: dict[str, Any], timeout: float) -> dict[str, Any]:
    """One request to a station and its answer, in at most `timeout` seconds.

    NotSent when it is certain that the station never got it, OutcomeUnknown when no answer came.
    """
    running = reach(data, station)
    try:
        return ask(running.host, running.port, running.token, verb, args, timeout)
    except NotSent:
        raise NotSent(f"{station} on {data} does not answer: is the stack running?") from None


async def channel(data: Path, station: str) -> ControlClient:
    """A channel for many requests, one at a time, inside an event loop; NotSent when the station does not run."""
    running = reach(data, station)
    return await ControlClient.connect(running.host, running.port, running.token)


class Stores:
    """The stations' stores, read-only. Read in short transactions: a reader left open makes a log grow."""

    def __init__(self, stores: dict[str, Store]) -> None:
        self._stores = stores

    def __getitem__(self, station: str) -> Store:
        return self._stores[station]

    @property
    def terminal(self) -> Store:
        """The terminals' store."""
        return self._stores["terminal"]

    @property
    def switch(self) -> Store:
        """The switch's store."""
        return self._stores["switch"]

    def issuers(self) -> list[tuple[str, Store]]:
        """Every issuer's store with its name."""
        return [(name, self._stores[name]) for name in ISSUERS]


@contextmanager
def stores(data: Path) -> Iterator[Stores]:
    """Open every store of a data directory for reading; StoreError when it holds no stack."""
    layout = Layout(data)
    if not layout.demo_key.exists():
        raise StoreError(f"{data} holds no stack: start one with `counterfoil up`")
    with ExitStack() as opened:
        found: dict[str, Store] = {}
        for name in STATIONS:
            store = found[name] = open_store(layout.store(name), formats(name), readonly=True)
            opened.callback(store.close)
        yield Stores(found)
