"""One program at a time on a data directory: `up` while the stack runs, `restore` while it puts another there."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from counterfoil.errors import StoreError
from counterfoil.reasons import reason
from counterfoil.stack.layout import SUPERVISOR, UNUSABLE, Layout


@contextlib.contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Hold the lock of the data directory, which is there; StoreError when another program does."""
    try:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(*UNUSABLE.filled(data=layout.data, reason=reason(error))) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = layout.find(SUPERVISOR)
            by, of = (f", started by process {running.pid}", f"(进程 {running.pid})") if running else ("", "")
            raise StoreError(
                f"a stack is already running on {layout.data}{by}", f"{layout.data} 上已有系统在运行{of}"
            ) from None
        yield
    finally:
        os.close(descriptor)
