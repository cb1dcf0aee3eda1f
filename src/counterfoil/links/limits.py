"""What a process of ours may hold open at once, and how much it may hold back."""

from __future__ import annotations

import resource
from typing import Final

MAX_CONNECTIONS: Final = 4096
"""Connections one server link accepts; the next one is closed at once."""

MAX_WAITING: Final = 1 << 20
"""Bytes one connection may hold back for a peer that does not read; more, and the connection is cut."""

MAX_STEP: Final = 256
"""Items one step takes, for fairness between peers and for short commits."""

INBOX_FULL: Final = 4096
"""Items waiting for a step at which every link stops reading."""

INBOX_LOW: Final = 1024
"""Items at which the links read again."""


def raise_open_files() -> int:
    """Raise the soft limit of open files to the hard one; returns the limit now in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        # macOS reports an unlimited hard limit it does not grant
        wanted = max(soft, 10240)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):
            return soft
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
