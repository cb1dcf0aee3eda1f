"""Before a page or the API sees a request: which address it came from, and whether it was meant for this console.

What a request says of its own origin (X-Forwarded-For) counts only when it comes through a proxy of the settings. Then
it is the right-most address that is none of them: what stands left of it anybody may have written. A Host that is none
of ours is refused, because a page somewhere else may have had its name point here (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from counterfoil.console.api.problem import Problem
from counterfoil.console.origin import Address, address_of
from counterfoil.stack.config import Config, Network
from counterfoil.words import Text

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")
FORWARDED: Final = "x-forwarded-for"
SCHEME: Final = "x-forwarded-proto"
WRONG_HOST: Final = Text(
    "This address is not one of this console's; see the setting hosts.", "该地址不属于本控制台；参见设置 hosts。"
)


class Trusted(NamedTuple):
    """The proxies whose word counts, and the names this console answers to (lower case, without a port)."""

    proxies: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset(LOOPBACK_NAMES)

    @classmethod
    def of(cls, config: Config) -> Trusted:
        """What holds for a stack; it answers to the names of its address, of its e-receipts and of the settings."""
        names = {config.host, *config.hosts, urlsplit(config.receipt_url).hostname or config.host}
        if ipaddress.ip_address(config.host).is_loopback:
            names |= set(LOOPBACK_NAMES)
        return cls(config.proxies, frozenset(name.lower() for name in names))

    def trusts(self, address: Address) -> bool:
        """Whether this is a proxy of the settings."""
        return any(address in network for network in self.proxies)

    def origin(self, peer: str, forwarded: Iterable[str]) -> str:
        """The address a request came from, of the one that connected and what the request says."""
        found = address_of(peer)
        if found is None or not self.trusts(found):
            return peer
        for hop in reversed([hop.strip() for line in forwarded for hop in line.split(",")]):
            said = address_of(hop)
            if said is None:  # a proxy of ours passed it on, so who stands before it is not known
                break
            found = said
            if not self.trusts(found):
                break
        return str(found)


class Doorstep:
    """Passes a request on as if it had come from its real origin, or refuses it."""

    def __init__(self, app: ASGIApp, trusted: Trusted) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if host_of(headers.getlist("host")) not in self._trusted.hosts:
            await refusal(scope["path"])(scope, receive, send)
            return
        host, port = scope.get("client") or ("", 0)
        peer = address_of(host)
        if peer is not None and self._trusted.trusts(peer):
            scope["client"] = (self._trusted.origin(host, headers.getlist(FORWARDED)), port)
            if headers.get(SCHEME) in ("http", "https"):
                scope["scheme"] = headers[SCHEME]
        await self._app(scope, receive, send)


def refusal(path: str) -> Response:
    """The answer to a request that was meant for somebody else."""
    if path.startswith("/api/"):
        return Problem(400, "wrong_host", WRONG_HOST).answer()
    return PlainTextResponse(f"{WRONG_HOST.en}\n{WRONG_HOST.zh}\n", 400)


def host_of(values: Sequence[str]) -> str:
    """The name in the one Host header there must be, without its port; "" for anything else."""
    if len(values) != 1:
        return ""
    try:
        parts = urlsplit(f"//{values[0]}")
        if parts.netloc != values[0] or parts.username is not None or (parts.port or 1) < 1:
            return ""
    except ValueError:
        return ""
    return (parts.hostname or "").removesuffix(".")
