"""CUPS as the distribution brings it: a scheduler of our own with a raw queue, on loopback, for one test."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from printers.emupos import eventually, free_port

QUEUE = "kitchen"
PROGRAMS = ("cupsd", "lp", "lpadmin", "lpstat")
BACKENDS = (Path("/usr/lib/cups/backend"), Path("/usr/libexec/cups/backend"))
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
FILES = """\
ServerRoot {folder}
CacheDir {folder}/cache
StateDir {folder}/state
RequestRoot {folder}/spool
TempDir {folder}/temp
DocumentRoot {folder}
AccessLog {folder}/access_log
ErrorLog {folder}/error_log
PageLog {folder}/page_log
User {user}
Group {group}
SystemGroup {other}
"""
SETTINGS = """\
Listen 127.0.0.1:{port}
Browsing off
LogLevel warn
DefaultAuthType None
PreserveJobHistory yes
<Location />
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
    Allow all
  </Limit>
</Policy>
"""


def found() -> dict[str, str] | None:
    """The programs; None when one is missing, or the back end that prints over TCP."""
    if not any((folder / "socket").exists() for folder in BACKENDS):
        return None
    there = {name: shutil.which(name, path=PATH) for name in PROGRAMS}
    return {name: path for name, path in there.items() if path} if all(there.values()) else None


class Spooler:
    """A running scheduler. `port` is its own; its queue prints on `printer`."""

    def __init__(self, programs: dict[str, str], printer: int) -> None:
        self._programs = programs
        self._folder = tempfile.TemporaryDirectory(prefix="counterfoil-tests-cups-")
        folder = Path(self._folder.name)
        folder.chmod(0o755)  # what prints runs as another user
        self.port = free_port()
        self.environ = {**os.environ, "CUPS_SERVER": f"127.0.0.1:{self.port}", "LC_ALL": "C"}
        for name in ("cache", "state", "spool", "temp"):
            (folder / name).mkdir()
        mine, roots = grp.getgrgid(os.getgid()).gr_name, grp.getgrgid(0).gr_name
        user, group, other = ("lp", "lp", roots) if os.getuid() == 0 else (getpass.getuser(), mine, roots)
        names = {"folder": folder, "port": self.port, "user": user, "group": group, "other": other}
        (folder / "cups-files.conf").write_text(FILES.format(**names))
        (folder / "cupsd.conf").write_text(SETTINGS.format(**names))
        command = [programs["cupsd"], "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
        self._log = (folder / "out").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        self._where = f"socket://127.0.0.1:{printer}"

    def __enter__(self) -> Spooler:
        try:
            eventually(lambda: self.run("lpstat", "-r") == "scheduler is running", 30)
            said = self.run("lpadmin", "-p", QUEUE, "-E", "-v", self._where, "-m", "raw")
            assert self._where in self.run("lpstat", "-v"), said
        except AssertionError:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        self._folder.cleanup()

    def run(self, program: str, *words: str) -> str:
        """One of its programs; what it said."""
        command = [self._programs[program], *words]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=30, check=False)
        return (done.stdout or done.stderr).strip()

    def completed(self) -> int:
        """Jobs it calls completed."""
        return len([line for line in self.run("lpstat", "-W", "completed", "-o").splitlines() if QUEUE in line])

    def open(self) -> int:
        """Jobs it still has."""
        return len([line for line in self.run("lpstat", "-W", "not-completed", "-o").splitlines() if QUEUE in line])

    def idle(self) -> bool:
        """Whether it calls the queue idle."""
        return "is idle" in self.run("lpstat", "-p", QUEUE)
