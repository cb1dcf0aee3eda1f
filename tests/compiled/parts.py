"""The accelerator for tests: the one that is installed, else one that is built for them."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, cast

from counterfoil import accelerator
from system import needed

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = "counterfoil_accelerator"
PIP: Final = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
INSTALL: Final = [*PIP, "--no-deps", "--no-build-isolation"]


class Parts(NamedTuple):
    """Both parts, and where they can be imported from by another process."""

    messages: accelerator.Messages
    macs: accelerator.Macs
    path: str


def copy_of_the_source(folder: Path) -> Path:
    """The distribution as a clean clone has it."""
    return shutil.copytree(
        ROOT / "accelerator", folder / "accelerator", ignore=shutil.ignore_patterns("dist", "*.egg-info", "__pycache__")
    )


def built(source: Path, target: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build and install into a directory of its own, the way README says."""
    env = {**os.environ, "PIP_NO_INDEX": "1", **environment}
    command = [*INSTALL, "--target", str(target), str(source)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)


def unoptimised(folder: Path) -> str:
    """The compiler in half the time, for what is built to see whether it is built."""
    script = folder / "quick-cc"
    script.write_text('#!/bin/sh\nexec cc "$@" -O0\n', "utf-8")
    script.chmod(0o755)
    return str(script)


def compiler() -> None:
    """A C compiler, and the headers of the Python that runs the tests."""
    needed("C compiler with Python's headers", lambda: _compiles("Python.h"), "gcc", "libc6-dev", "python3-dev")


def headers() -> None:
    """A C compiler, and what the MACs are compiled against."""
    compiler()
    needed("headers of OpenSSL", lambda: _compiles("openssl/evp.h"), "libssl-dev")


@cache
def parts() -> Parts:
    """Both parts, tested or not: what is missing of compiler and headers is installed, or the test is skipped."""
    if accelerator.messages is not None and accelerator.macs is not None:
        return Parts(accelerator.messages, accelerator.macs, "")
    headers()
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-accelerator-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = built(copy_of_the_source(folder), folder / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.path.insert(0, str(folder / "site"))
    importlib.invalidate_caches()
    messages, macs = (importlib.import_module(f"{PACKAGE}.{part}") for part in ("messages", "macs"))
    return Parts(cast("accelerator.Messages", messages), cast("accelerator.Macs", macs), str(folder / "site"))


def _compiles(header: str) -> bool | None:
    """Whether the compiler finds a header; None where it does not, or where there is no compiler."""
    command = ["cc", "-E", f"-I{sysconfig.get_path('include')}", "-x", "c", "-"]
    try:
        tried = subprocess.run(command, input=f"#include <{header}>", capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return tried.returncode == 0 or None
