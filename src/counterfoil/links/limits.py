"""What a process of ours may hold open at once, and how much it may hold back."""

from __future__ import annotations

import resource
from typing import Final

MAX_CONNECTIONS: Final = 16_384
"""Connections one server link accepts; the next one is closed at once."""

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
