"""The ports of a data directory: picked once, kept, because others were told them.

They lie below the range the system gives to outgoing connections, so that a station that restarts finds its own port
free.
"""

from __future__ import annotations

import secrets
import socket
from typing import Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.stack.layout import CONSOLE, ISSUERS, NOT_THERE, Layout

FIRST: Final = 21_000
LAST: Final = 31_999
TRIES: Final = 500
TERMINALS: Final = "terminals"
"""The port terminals connect to: the switch's, or in a stack for the lab that of the proxy before it."""


def proxy_of(issuer: str) -> str:
    """The name of the port of the proxy before an issuer."""
    return f"to-{issuer}"


def listened(station: str, *, lab: bool) -> str:
    """The name of the port a station listens on. The one that terminals were told is the proxy's where there is one."""
    return TERMINALS if station == "switch" and not lab else station


def reached(issuer: str, *, lab: bool) -> str:
    """The name of the port the switch reaches an issuer at."""
    return proxy_of(issuer) if lab else issuer


NAMES: Final = (TERMINALS, "switch", *ISSUERS, *(proxy_of(issuer) for issuer in ISSUERS), CONSOLE)


def is_free(host: str, port: int) -> bool:
    """Whether somebody could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _pick(host: str, taken: set[int]) -> int:
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if port not in taken and is_free(host, port):
            return port
    raise StoreError(
        f"there is no free port between {FIRST} and {LAST} on {host}", f"{host} 上 {FIRST} 到 {LAST} 之间没有空闲端口"
    )


def read(layout: Layout) -> dict[str, int]:
    """The ports that are kept, of those names that still exist."""
    try:
        kept = msgspec.json.decode(layout.ports.read_bytes(), type=dict[str, int])
    except NOT_THERE:
        return {}
    return {name: kept[name] for name in NAMES if 0 < kept.get(name, 0) < 65536}


def claim(layout: Layout, host: str) -> tuple[dict[str, int], list[str]]:
    """The ports to use, and the names of those that had to move because a stranger took them. Kept for next time."""
    kept = read(layout)
    ports: dict[str, int] = {}
    moved = []
    for name in NAMES:
        port = kept.get(name, 0)
        if port and port not in ports.values() and is_free(host, port):
            ports[name] = port
        else:
            moved += [name] if port else []
            ports[name] = _pick(host, {*ports.values(), *kept.values()})
    if ports != kept:
        layout.write(layout.ports, msgspec.json.encode(ports).decode() + "\n")
    return ports, moved
