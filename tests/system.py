"""Programs and fonts of the distribution that tests need: installed where the checks must be complete (CI=true),
elsewhere the test is skipped with the command that installs them.

What `find` asks must be what the test uses: a program that starts, a back end, a header. Its name on the path proves
neither that it runs nor that its parts are there.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pytest

Found = TypeVar("Found")
APT: Final = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
SECONDS: Final = 600
LOCK: Final = Path(tempfile.gettempdir()) / "counterfoil-tests-install.lock"


def fribidi() -> bool | None:
    """Whether what Pillow writes from right to left with can be loaded."""
    try:
        return bool(ctypes.CDLL("libfribidi.so.0"))
    except OSError:
        return None


def install(find: Callable[[], Found | None], *packages: str) -> Found | None:
    """What `find` finds, after installing the Debian packages where it finds nothing."""
    return _installed(find, (*APT, "update"), (*APT, "install", "--no-install-recommends", *packages))


def needed(what: str, find: Callable[[], Found | None], *packages: str) -> Found:
    """What `find` finds, after installing the Debian packages when it must and can; else the test is skipped."""
    return _needed(
        what,
        find,
        f"apt-get install -y {' '.join(packages)}",
        (*APT, "update"),
        (*APT, "install", "--no-install-recommends", *packages),
    )


def runs(program: str, *arguments: str) -> str | None:
    """The path of a program that is there and ends well when it is called with these arguments; else None."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if done.returncode == 0 else None


def needed_of_npm(what: str, find: Callable[[], Found | None], folder: Path, *packages: str) -> Found:
    """What `find` finds, after installing npm itself and then its packages into `folder`; else the test is skipped."""
    needed("npm", lambda: runs("npm", "--version"), "nodejs", "npm")
    install = ("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages)
    return _needed(what, find, " ".join(install), install)


def _needed(what: str, find: Callable[[], Found | None], hint: str, *commands: tuple[str, ...]) -> Found:
    found = _installed(find, *commands) if os.environ.get("CI") == "true" else find()
    if found is None:
        pytest.skip(f"no {what}: {hint}")
    return found


def _installed(find: Callable[[], Found | None], *commands: tuple[str, ...]) -> Found | None:
    found = find()
    if found is None:
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be installing it
            found = find()
            if found is None:
                environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                for command in commands:
                    subprocess.run(command, check=False, capture_output=True, timeout=SECONDS, env=environ)
                found = find()
    return found
