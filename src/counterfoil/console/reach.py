"""The stations as the console reaches them: their stores, read-only, and the terminals' and supervisor's channels."""

from __future__ import annotations

import time
from typing import Any

from counterfoil.errors import NotSent
from counterfoil.inquiry import Stores
from counterfoil.links.control import ControlClient
from counterfoil.receipts.proof import Seal, sealer
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import ISSUERS, Layout
from counterfoil.step import Instant


class Reach:
    """One data directory."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._demo: Demo | None = None
        self._seal: Seal | None = None

    def now(self) -> Instant:
        """The present instant."""
        return time.time_ns() // 1000

    def stores(self) -> Stores:
        """Every station's store, for reading; close it soon."""
        layout = self.layout
        issuers = {name: layout.store(name) for name in ISSUERS}
        return Stores(layout.store("terminal"), layout.store("switch"), issuers, layout.archive)

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

    async def ask(self, station: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One request on a control channel: NotSent when nothing left, OutcomeUnknown when no answer came."""
        running = self.layout.find(station)
        if running is None:
            raise NotSent(f"{station} is not running")
        client = await ControlClient.connect(running.host, running.port, running.token)
        try:
            return await client.call(verb, args, seconds)
        finally:
            client.close()
