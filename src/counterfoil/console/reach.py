"""The stations as the console reaches them: their stores, read-only, and the terminals' and supervisor's channels."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import AbstractContextManager
from typing import Any, Final

from counterfoil.console.deeds import RunningAct
from counterfoil.errors import NothingSentError, OurError
from counterfoil.inquiry import Stores
from counterfoil.links.control import ControlClient
from counterfoil.receipts.proof import Seal, sealer
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import Layout
from counterfoil.stack.reading import found_by_comparison, stores_of
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch.control import LINKS

LOOKS: Final = frozenset({"status", "fault.counts", LINKS})
"""The verbs of control channels that change nothing."""


class Reach:
    """One data directory."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.selling: Counter[str] = Counter()
        """The tills' keys of the sales that are on their way to a terminal."""
        self._demo: Demo | None = None
        self._seal: Seal | None = None

    def now(self) -> Instant:
        """The present instant."""
        return time.time_ns() // 1000

    def stores(self) -> Stores:
        """Every station's store, for reading; close it soon."""
        return stores_of(self.layout)

    def contradictions(self) -> AbstractContextManager[Store | None]:
        """What the comparison of all stubs wrote down, for reading; None where there is nothing to read."""
        return found_by_comparison(self.layout)

    @property
    def demo(self) -> Demo:
        """The demo's cards and terminals; StoreError when there are none."""
        if self._demo is None:
            self._demo = Demo.of(self.layout)
        return self._demo

    @property
    def seal(self) -> Seal | None:
        """What puts the signed code on a receipt; None where there is no key."""
        if self._seal is None:
            seed = self.layout.receipt_seed()
            self._seal = sealer(seed) if seed is not None else None
        return self._seal

    async def look(self, station: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Ask a station how it is, one of LOOKS: it changes nothing. NotSent, OutcomeUnknown as for `act`."""
        if verb not in LOOKS:
            raise OurError(f"{verb} is a deed: it needs its line in the audit log")
        client = await self._connected(station)
        try:
            return await client.call(verb, args, seconds)
        finally:
            client.close()

    async def act(
        self, deed: RunningAct, station: str, verb: str, args: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Have a station do something, whose line is in the audit log by now.

        NotSent when nothing left, OutcomeUnknown when no answer came.
        """
        client = await self._connected(station)
        before, deed.left = deed.left, True
        try:
            return await client.call(verb, args, seconds)
        except NothingSentError:
            deed.left = before
            raise
        finally:
            client.close()

    async def _connected(self, station: str) -> ControlClient:
        running = self.layout.find(station)
        if running is None:
            raise NothingSentError(f"{station} is not running")
        return await ControlClient.connect(running.host, running.port, running.token)
