"""emupos, a receipt printer in software that nobody of this project wrote, in a Python environment of its own.

It needs Python 3.13 or newer: every interpreter of this machine is tried, and where the checks must be complete
(CI=true) one is fetched. The environment is made once, outside the repository, and kept.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from printers import newer_python

VERSION = "0.4.0"
OLDEST = (3, 13)
INSTALL_SECONDS = 400
START_SECONDS = 30
ASK = "import sys, venv; print(*sys.version_info[:2])"
NOT_FOUND = (
    f"no emupos {VERSION}: needs Python {OLDEST[0]}.{OLDEST[1]} or newer (on PATH, or pyenv install 3.13) and pip"
)
PIP = "pip==26.3"
HOME = Path(tempfile.gettempdir()) / f"counterfoil-tests-{os.getuid()}"


def interpreters() -> Iterator[str]:
    """Every Python of this machine that may be new enough, the newest names first."""
    for minor in range(19, OLDEST[1] - 1, -1):
        yield from filter(None, [shutil.which(f"python3.{minor}")])
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions", Path("/opt"), Path("/usr/local")]
    for root in roots:
        yield from map(str, sorted(root.glob("*/bin/python3"), reverse=True))
    yield from filter(None, map(shutil.which, ("python3", "python")))


def new_enough(python: str) -> bool:
    """Whether this one starts, is new enough and can make environments."""
    try:
        said = subprocess.run([python, "-c", ASK], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = said.stdout.split()
    return said.returncode == 0 and len(found) == 2 and (int(found[0]), int(found[1])) >= OLDEST


@cache
def find() -> Path | None:
    """The program, installed where it was not yet; None where it cannot be."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    folder = HOME / f"emupos-{VERSION}"
    program, done = folder / "bin" / "emupos", folder / "done"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be installing it
        if done.exists():
            return program
        python = next(filter(new_enough, interpreters()), None)
        if python is None and os.environ.get("CI") == "true":
            found = newer_python.fetched(HOME / newer_python.PACKAGE)
            python = str(found) if found is not None else None
        if python is None:
            return None
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _install(python, folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            sys.stderr.write(
                f"emupos is not installed: {error} {(error.stderr or b'')[-2000:].decode(errors='replace')}\n"
            )
            return None
        done.touch()
        return program


def _install(python: str, folder: Path) -> None:
    """An environment of that Python with the program in it. The pip that comes with an older Python cannot run in a
    newer one, so one that can is put beside it first.
    """

    def run(*command: str, **environment: str) -> None:
        env = {**os.environ, **environment}
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS, env=env)

    install = ("-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    run(python, "-m", "venv", "--without-pip", str(folder))
    run(sys.executable, *install, "--no-deps", "--target", str(folder / "pip"), PIP)
    run(str(folder / "bin" / "python"), *install, f"emupos=={VERSION}", PYTHONPATH=str(folder / "pip"))


class Emupos:
    """One running printer, on a TCP port and on a serial line."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port, self.api = free_port(), free_port()
        self.name = f"p{self.port}"
        self._folder = folder
        self._program = program
        self._before: set[str] = set()
        device = {
            "id": self.name, "type": "printer", "profile": "epson-tm-t20iii", "job_idle_timeout_ms": 600_000,
            "receipts_dir": "./receipts",
            "connections": [{"tcp": {"host": "127.0.0.1", "port": self.port}}, {"serial": {"pty": True}}],
        }  # fmt: skip
        config = {"schema": 1, "api": {"host": "127.0.0.1", "port": self.api}, "devices": [device]}
        (folder / "emupos.yaml").write_text(json.dumps(config))  # JSON is YAML
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._program, "run", "--config", "emupos.yaml"], cwd=self._folder, stdout=log, stderr=log
            )
        eventually(self._healthy, START_SECONDS)
        return process

    def _healthy(self) -> bool:
        try:
            return bool(self.ask("health")["status"] == "ok")
        except urllib.error.URLError:
            return False

    # --- its control port ---

    def ask(self, what: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}/api/v1/{what}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
            return json.loads(body) if answer.headers.get_content_type() == "application/json" else body

    def set(self, fault: str) -> None:
        """Something goes wrong: paper-out, paper-near-end, cover-open, offline."""
        self.ask(f"devices/{self.name}/faults/{fault}", "PUT")

    def mend(self, fault: str) -> None:
        """Somebody puts it right."""
        self.ask(f"devices/{self.name}/faults/{fault}", "DELETE")

    @property
    def line(self) -> str:
        """The device file of its serial line."""
        connections = self.ask("devices")[0]["connections"]
        return str(next(each["device_path"] for each in connections if each["kind"] == "serial"))

    # --- what came out ---

    def fresh_roll(self) -> None:
        """All well again; what is printed from here on is what counts."""
        for fault in ("paper-out", "paper-near-end", "cover-open", "offline"):
            self.mend(fault)
        self._before = {each["id"] for each in self.ask(f"devices/{self.name}/receipts")}

    def ids(self) -> list[str]:
        """The receipts, oldest first."""
        found = [each["id"] for each in self.ask(f"devices/{self.name}/receipts") if each["id"] not in self._before]
        return found[::-1]

    def text(self) -> str:
        """Everything on the paper, as text."""
        found = [self.ask(f"devices/{self.name}/receipts/{each}/text") for each in self.ids()]
        return b"\n".join(found).decode()

    def picture(self) -> bytes:
        """The last receipt as PNG, dot for dot."""
        return bytes(self.ask(f"devices/{self.name}/receipts/latest/image"))

    def out(self) -> tuple[int, int]:
        """ORIGINALs and DUPLICATEs."""
        lines = [line.strip() for line in self.text().splitlines()]
        return lines.count("ORIGINAL"), sum(line.startswith("DUPLICATE ") for line in lines)

    # --- its power ---

    def power_off(self) -> None:
        """At once, with everything it held."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def power_on(self) -> None:
        """With the same settings."""
        self._process = self._started()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.02)
