"""What a process of ours may hold open at once, and how much it may hold back."""

from __future__ import annotations

import resource
from typing import Final, NamedTuple


class PortLimits(NamedTuple):
    """What a listening port bears: connections in all (`total`) and from one address (`each`), the seconds until
    somebody must have said a whole message (`unspoken`), and those a message may take from its first byte (`half`).
    """

    total: int
    each: int
    unspoken: float
    half: float

    def within(self, connections: int) -> PortLimits:
        """These limits where no more than so many connections can be had."""
        return self._replace(total=min(self.total, connections), each=min(self.each, connections))


MESSAGES: Final = PortLimits(total=16_384, each=4_096, unspoken=30.0, half=15.0)
"""The terminal port and the issuers' ports. Many terminals may stand behind one address; the slowest line, a modem at
2400 baud, brings a long message in some three seconds."""

CONTROL: Final = PortLimits(total=512, each=256, unspoken=5.0, half=5.0)
"""A control port. Callers are programs on this machine, each with its token at hand."""

PAGES: Final = PortLimits(total=2_048, each=512, unspoken=10.0, half=20.0)
"""The console; `half` is for the head of a request and again for its body. Browsers open connections ahead of need."""

BEFORE_TOKEN: Final = 4096
"""Bytes a control port takes from somebody whose token it has not seen."""

MAX_WAITING: Final = 1 << 20
"""Bytes one connection may hold back for a peer that does not read; more, and the connection is cut."""

MAX_STEP: Final = 256
"""Items one step takes, for fairness between peers and for short commits."""

INBOX_FULL: Final = 4096
"""Items waiting for a step at which every link stops reading."""

INBOX_LOW: Final = 1024
"""Items at which the links read again."""


OPEN_FILES: Final = 65_536
"""Descriptors a process asks for, where the system lets it."""


def raise_open_files() -> int:
    """Raise the soft limit of open files towards OPEN_FILES, as far as the hard one allows; the limit now in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    # macOS grants less than the hard limit it reports
    for limit in (wanted, min(wanted, 10_240)):
        if soft == resource.RLIM_INFINITY or soft >= limit:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
