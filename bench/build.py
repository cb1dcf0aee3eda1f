"""Compiles the load client with the machine's own compiler: `python -m bench.build`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SOURCE: Final = HERE / "load"
PROGRAM: Final = HERE / "build" / "load"
FLAGS: Final = ("-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11")
NO_COMPILER: Final = "the load client needs a C compiler on Linux: apt-get install gcc libc6-dev"


def compiler() -> str | None:
    """The C compiler, None when there is none."""
    return shutil.which(os.environ.get("CC", "cc"))


def client() -> Path:
    """The program, compiled when it is missing or older than a source; SystemExit in a sentence when it cannot be."""
    newest = max(path.stat().st_mtime for path in SOURCE.glob("*.[ch]"))
    if PROGRAM.exists() and PROGRAM.stat().st_mtime >= newest:
        return PROGRAM
    found = compiler()
    if found is None:
        raise SystemExit(NO_COMPILER)
    PROGRAM.parent.mkdir(exist_ok=True)
    fresh = PROGRAM.with_name(f"load.{os.getpid()}")  # two at once do not meet half a program
    sources = map(str, sorted(SOURCE.glob("*.c")))
    done = subprocess.run([found, *FLAGS, "-o", str(fresh), *sources], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{NO_COMPILER}\n{done.stderr}")
    return fresh.replace(PROGRAM)


if __name__ == "__main__":
    print(client())
