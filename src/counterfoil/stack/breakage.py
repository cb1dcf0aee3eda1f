"""The proxies of a stack that was started for the lab, and the faults on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from counterfoil.errors import InputError
from counterfoil.links.faults import DELAY_SECONDS, FaultPlan
from counterfoil.links.limits import PortLimits
from counterfoil.links.proxy import Proxy
from counterfoil.stack import ports as ports_of
from counterfoil.stack.layout import ISSUERS
from counterfoil.stack.logs import Log
from counterfoil.step import wrong_field
from counterfoil.words import Text

NO_FAULT: Final = Text("{field} is missing, unknown or makes no sense", "{field} 缺失、未知或无效")


class FaultRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The arguments of `fault.set`: one fault on a leg, or a `rate` with its `seed` on all of them."""

    leg: int = 0
    kind: str = ""
    times: int | None = None
    seconds: float | None = None
    mti: str = ""
    rate: float | None = None
    seed: int = 0


class Breakage:
    """One proxy before the switch (legs 1 and 4) and one before each issuer (legs 2 and 3), under one plan."""

    def __init__(self, host: str, ports: dict[str, int], log: Log, limits: Mapping[str, PortLimits]) -> None:
        self.plan = FaultPlan()
        self._log = log
        routes = {"switch": (ports_of.TERMINALS, (1, 4))}
        routes |= {issuer: (ports_of.proxy_of(issuer), (2, 3)) for issuer in ISSUERS}
        self.proxies = {
            upstream: Proxy(
                name,
                (host, ports[name]),
                (host, ports[upstream]),
                legs,
                self.plan,
                log,
                limits["issuer" if upstream in ISSUERS else upstream],
            )
            for upstream, (name, legs) in routes.items()
        }

    def start(self) -> None:
        """Begin to watch the stations."""
        for proxy in self.proxies.values():
            proxy.start()

    async def stop(self) -> None:
        """Close every connection."""
        for proxy in self.proxies.values():
            await proxy.stop()

    def look(self) -> None:
        """A station came or went."""
        for proxy in self.proxies.values():
            proxy.look()

    def links(self) -> dict[str, bool]:
        """The links, and whether each can be connected."""
        return {proxy.name: proxy.listening for proxy in self.proxies.values()}

    @property
    def refusing(self) -> bool:
        """Whether any link is refused."""
        return any(self._refused(proxy) for proxy in self.proxies.values())

    @property
    def settled(self) -> bool:
        """Whether no link is open that should be refused."""
        return not any(proxy.listening and self._refused(proxy) for proxy in self.proxies.values())

    def _refused(self, proxy: Proxy) -> bool:
        return self.plan.refusing(proxy.legs, asyncio.get_running_loop().time())

    def set(self, args: dict[str, Any]) -> dict[str, Any]:
        """Set a fault or a rate; InputError when it is none."""
        try:
            asked = msgspec.convert(args, FaultRequest)
        except msgspec.ValidationError as error:
            raise InputError(*NO_FAULT.filled(field=wrong_field(error, FaultRequest) or "fault.set")) from None
        if asked.rate is not None:
            self.plan.set_rate(asked.rate, asked.seed, asked.seconds or DELAY_SECONDS)
            self._log("fault_rate", rate=str(asked.rate), seed=asked.seed)
            return {"rate": asked.rate, "seed": asked.seed}
        now = asyncio.get_running_loop().time()
        fault = self.plan.set(asked.leg, asked.kind, times=asked.times, seconds=asked.seconds, mti=asked.mti, now=now)
        self._log("fault_set", leg=fault.leg, kind=fault.kind)
        self.look()
        return {"leg": fault.leg, "kind": fault.kind, "times": fault.times, "seconds": asked.seconds, "mti": fault.mti}

    def clear(self) -> dict[str, Any]:
        """End every fault."""
        cleared = len(self.plan.faults)
        self.plan.clear()
        for proxy in self.proxies.values():
            proxy.unhang()
        self._log("fault_clear")
        self.look()
        return {"cleared": cleared}

    def cut(self, name: str) -> bool:
        """Break every connection of one link at once, as the death of a process in it would; False: no such link."""
        found = [proxy for proxy in self.proxies.values() if proxy.name == name]
        for proxy in found:
            self._log("fault_kill", child=name)
            proxy.cut()
        return bool(found)

    def faults(self) -> list[dict[str, Any]]:
        """What is broken at present."""
        return [{"leg": f.leg, "kind": f.kind, "times": f.times, "mti": f.mti} for f in self.plan.faults]
