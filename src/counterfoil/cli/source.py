"""Which code this is: whoever reports a failure names it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from counterfoil import __version__

HERE: Final = Path(__file__)


def source() -> str:
    """The commit of the working tree this runs from, with a plus sign when that has changed since; else the version."""
    git = shutil.which("git")
    if git is None or _said(git, "ls-files", "--error-unmatch", HERE.name) == "":
        return __version__
    return _said(git, "rev-parse", "--short=10", "HEAD") + ("+" if _said(git, "status", "--porcelain", "..") else "")


def _said(git: str, *words: str) -> str:
    command = [git, "-C", str(HERE.parent), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return done.stdout.strip() if done.returncode == 0 else ""
