"""One program at a time on a data directory: `up` while the stack runs, `restore` while it puts another there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from counterfoil.errors import StoreError
from counterfoil.reasons import reason
from counterfoil.stack.layout import SUPERVISOR, UNUSABLE, Layout
from counterfoil.storage.lock import hold


@contextlib.contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Hold the lock of the data directory, which is there; StoreError when another program does."""
    try:
        descriptor = hold(layout.lock)
    except OSError as error:
        raise StoreError(*UNUSABLE.filled(data=layout.data, reason=reason(error))) from None
    if descriptor is None:
        running = layout.find(SUPERVISOR)
        by, of = (f", started by process {running.pid}", f"（进程 {running.pid}）") if running else ("", "")
        raise StoreError(f"a stack is already running on {layout.data}{by}", f"{layout.data} 上已有系统在运行{of}")
    try:
        yield
    finally:
        os.close(descriptor)
