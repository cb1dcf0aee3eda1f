"""How this command is typed again: a hint that is copied must find the same program and the same stack."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

NAME: Final = "counterfoil"
MODULE: Final = "__main__.py"


def program(own: str | None = None) -> str:
    """`counterfoil` where the shell finds this very program under that name, else its path, or the interpreter's."""
    called = Path(sys.argv[0] if own is None else own)
    if called.name == MODULE:
        return f"{shlex.quote(_near(Path(sys.executable)))} -m {NAME}"
    found = shutil.which(NAME)
    if called.name != NAME or not called.exists() or (found and Path(found).resolve() == called.resolve()):
        return NAME
    return shlex.quote(_near(called))


def typed(words: str, chosen: str | None) -> str:
    """A whole command line; `chosen` is the --data of this call, which the next one needs too."""
    return f"{program()} {words}" + (f" --data {shlex.quote(chosen)}" if chosen else "")


def _near(path: Path) -> str:
    """The path from here when it lies below, else in full. A link stays a link: a virtual environment is one."""
    whole = path.absolute()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
