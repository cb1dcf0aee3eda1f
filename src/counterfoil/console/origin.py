"""The addresses requests come from, and what counts as one of them where tries are counted."""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
HOME: Final = 64
"""Bits of an IPv6 address that name a place: the rest is whatever a machine there likes."""


def address_of(text: str) -> Address | None:
    """An IP address, an IPv4 one in the clothes of IPv6 as itself; None for what is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def place_of(origin: str) -> str:
    """What counts as one address where tries are counted: an IPv4 address, or the network an IPv6 one is at home in."""
    found = address_of(origin)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found) >> HOME << HOME, HOME)))
    return origin if found is None else str(found)
