"""Two directories change places. Linux and macOS do it in one step; where the file system cannot, it takes two."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

AT_FDCWD: Final = -100
EXCHANGE: Final = 2  # RENAME_EXCHANGE of renameat2 (Linux), RENAME_SWAP of renamex_np (macOS)
CANNOT: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV, errno.EPERM})
"""The kernel or the file system has no such step: EXDEV is overlayfs on a directory of a lower layer."""


def swap(one: Path, other: Path) -> None:
    """Let them change places. OSError when that cannot be; then both are where they were."""
    code = _in_one_step(os.fsencode(one), os.fsencode(other))
    if code not in CANNOT:
        if code:
            raise OSError(code, os.strerror(code), str(other))
        return
    third = one.with_name(f"{one.name}.swapping")
    other.rename(third)
    try:
        one.rename(other)
    except OSError:
        third.rename(other)
        raise
    third.rename(one)


def _in_one_step(one: bytes, other: bytes) -> int:
    """0, or the number of the error."""
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(one, other, EXCHANGE)
        else:
            failed = library.renameat2(AT_FDCWD, one, AT_FDCWD, other, EXCHANGE)
    except AttributeError:  # a C library without it
        return errno.ENOSYS
    return ctypes.get_errno() if failed else 0
