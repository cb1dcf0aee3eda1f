"""Descriptors: how many files and sockets a process may have open, and what its ports may have of them.

Every process of a stack keeps RESERVE of them for what must go on in any case: its store, its log, the files it writes,
connections that are just being closed. The rest is shared out between its ports, so that no number of strangers can
leave it without one. The same limit (`ulimit -n`) holds for each process, and every one of them counts alike.
"""

from __future__ import annotations

import resource
from itertools import count
from typing import Final, NamedTuple

from counterfoil.errors import OurError
from counterfoil.links.limits import CONTROL, MESSAGES, OPEN_FILES, PAGES, PortLimits, raise_open_files
from counterfoil.stack.demo import LANES, MERCHANTS, STORES
from counterfoil.words import Text

RESERVE: Final = 64
"""Of these a station uses 16 at rest and some 30 while it archives, prints and tells at once."""

OWN: Final = len(MERCHANTS) * STORES * LANES
"""Connections of our own terminals to the switch."""

SPARE: Final = 32
"""Connections of others that a terminal port has room for beside those, at least."""

READERS: Final = 40
READER: Final = 16
"""Threads that read stores for the console's pages, at most, and what one has open: four stores of three files each,
and parts of the archive.
"""
VISIT: Final = 3
"""What a connection to the console costs: itself, and the questions it makes the console ask of two processes."""

PAIR: Final = 2
"""What a connection through a proxy costs."""

ISSUER_PAIRS: Final = 24
"""Connections a proxy before an issuer bears; the switch makes one."""

MARGIN: Final = 8
"""A station takes so many fewer connections than the proxy before it: the station knows who proved who it is, so the
choice who makes room should be its own.
"""
STEP: Final = 64
TOO_FEW: Final = Text(
    "{who} needs at least {least} open files and may have {limit} here: raise the limit (ulimit -n {least}, or more)",
    "{who} 至少需要打开 {least} 个文件，此处上限为 {limit}：请提高上限（ulimit -n {least} 或更大）",
)
ALLOWED: Final = Text(
    "at most {limit} open files here (ulimit -n): room for {terminals} connections of terminals, {pages} of browsers",
    "此处最多可打开 {limit} 个文件（ulimit -n）：可容纳 {terminals} 个终端连接、{pages} 个浏览器连接",
)


class OpenFilesError(OurError):
    """The limit of open files is too low; the text says how high it must be."""


class Shares(NamedTuple):
    """What the ports of a stack may bear. `tills` is the control port of the terminals' process, `control` any other;
    `readers` are threads; `proxies` are by what stands behind them.
    """

    tills: PortLimits
    control: PortLimits
    terminals: PortLimits
    issuer: PortLimits
    pages: PortLimits
    readers: int
    proxies: dict[str, PortLimits]


def shares(limit: int, *, lab: bool) -> Shares:
    """What `limit` descriptors a process allow."""
    control = min(CONTROL.total, limit // 8)
    messages = limit - RESERVE - control
    readers = min(READERS, max(2, (limit - RESERVE) // 4 // READER))
    pages = (limit - RESERVE - readers * READER) // VISIT
    shared = Shares(
        tills=CONTROL.within(limit - RESERVE - OWN),
        control=CONTROL.within(control),
        terminals=MESSAGES.within(messages),
        issuer=MESSAGES.within(messages),
        pages=PAGES.within(pages),
        readers=readers,
        proxies={},
    )
    if not lab:
        return shared
    pairs = min(messages // PAIR - 2 * ISSUER_PAIRS, MESSAGES.each)
    return shared._replace(
        terminals=MESSAGES.within(pairs - MARGIN),
        issuer=MESSAGES.within(ISSUER_PAIRS - MARGIN),
        proxies={"switch": MESSAGES.within(pairs), "issuer": MESSAGES.within(ISSUER_PAIRS)},
    )


def least(*, lab: bool) -> int:
    """The lowest limit with which a stack can work: every terminal of ours connected and asked, and SPARE others."""

    def suffices(limit: int) -> bool:
        found = shares(limit, lab=lab)
        return min(found.tills.total, found.terminals.total) >= OWN + SPARE and found.pages.total >= SPARE

    return next(limit for limit in count(STEP, STEP) if suffices(limit))


def claim(who: str, needs: int) -> int:
    """Raise this process's limit as far as the system lets it; OpenFilesError when that is less than it `needs`.

    The limit now in force; `who` is what the person began.
    """
    limit = raise_open_files()
    if limit == resource.RLIM_INFINITY:
        return OPEN_FILES
    if limit < needs:
        raise OpenFilesError(*TOO_FEW.filled(who=who, least=needs, limit=limit))
    return limit


def claim_stack(who: str, *, lab: bool) -> tuple[int, Shares]:
    """The limit of a process of a stack, and what its ports may have; OpenFilesError when that is too little."""
    limit = claim(who, least(lab=lab))
    return limit, shares(limit, lab=lab)
