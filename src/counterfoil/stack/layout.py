"""Where everything lies in a data directory, made so that only its owner reads it.

DIR/counterfoil.toml            settings, if somebody wrote them
DIR/demo.key                    what the demo's keys are derived from
DIR/ports.json                  the ports of this directory
DIR/<station>/store.db, lmk.key the station's store, and the key its keys are sealed under
DIR/console/store.db            the console's users, sessions and audit log
DIR/console/lab.db              the runs of the fault lab
DIR/audit.key                   what the anchors of the audit log are signed with
DIR/reconciliation/store.db     what the comparison of all stubs found, and how far it is
DIR/tls/                        certificates that were made here, with their keys
DIR/terminal/receipt.key        what receipts are signed with; `counterfoil receipt key` shows its public half
DIR/archive/                    closed business dates, as Parquet files
DIR/receipts/, DIR/sms/         what came out of printers and telephones
DIR/logs/<station>.log          JSON lines
DIR/logs/audit.anchor           the newest anchor of the audit log, where no setting puts it elsewhere
DIR/run/<station>.json          port, token and process of a running station; `up` is the supervisor
DIR/run/printers/               whose slip each printer has, or may still hold
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.links.performers import make_file, sync_directory, write_file
from counterfoil.links.uses import Uses
from counterfoil.reasons import UNWRITTEN, reason
from counterfoil.step import UNREADABLE
from counterfoil.storage import Migration, migrations_of
from counterfoil.words import Text

ISSUERS: Final = ("issuer-a", "issuer-b")
STATIONS: Final = ("terminal", "switch", *ISSUERS)
SUPERVISOR: Final = "up"
CONSOLE: Final = "console"
RECONCILIATION: Final = "reconciliation"
SECRET_BYTES: Final = 32
UNUSABLE: Final = Text("{data} cannot be used: {reason}", "无法使用 {data}：{reason}")
NOT_THERE: Final = (OSError, *UNREADABLE)
"""What reading a small JSON file can come to: it is missing, or it is none."""


def formats(station: str) -> list[Migration]:
    """The store format of a station."""
    return migrations_of("counterfoil.issuer" if station in ISSUERS else f"counterfoil.{station}")


class Running(msgspec.Struct, frozen=True):
    """How to reach a running process. `extra` is what it says about itself."""

    port: int
    token: str
    pid: int
    host: str = "127.0.0.1"
    extra: dict[str, Any] = {}


class Layout:
    """The paths of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.run = data / "run"
        self.logs = data / "logs"
        self.receipts = data / "receipts"
        self.sms = data / "sms"
        self.archive = data / "archive"
        self.tls = data / "tls"
        self.ports = data / "ports.json"
        self.demo_key = data / "demo.key"
        self.receipt_key = data / "terminal" / "receipt.key"
        self.audit_key = data / "audit.key"
        self.audit_anchor = self.logs / "audit.anchor"
        self.lock = data / "run" / "up.lock"
        self.zone = data / "zone"
        self.uses = Uses(data / "run" / "printers")

    def station(self, name: str) -> Path:
        """The directory of a station."""
        return self.data / name

    def store(self, name: str) -> Path:
        """The store of a station."""
        return self.data / name / "store.db"

    def lmk(self, name: str) -> Path:
        """The local master key of a station."""
        return self.data / name / "lmk.key"

    def seeded(self, name: str) -> Path:
        """Is there once everything a station is seeded with is in its store."""
        return self.data / name / "seeded"

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"

    def running(self, name: str) -> Path:
        """Where a running process says how to reach it."""
        return self.run / f"{name}.json"

    def prepare(self) -> None:
        """Make the directories; StoreError, in a sentence, when the disk does not let us."""
        own = [self.station(name) for name in (*STATIONS, CONSOLE, RECONCILIATION)]
        try:
            for directory in (self.data, self.run, self.logs, self.receipts, self.sms, *own):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.data, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
                raise PermissionError(13, os.strerror(13))
        except OSError as error:
            raise StoreError(*UNUSABLE.filled(data=self.data, reason=reason(error))) from None

    def publish(self, name: str, running: Running) -> None:
        """Say how to reach a process; StoreError when the disk does not let us."""
        self.write(self.running(name), msgspec.json.encode(running).decode())

    def retract(self, name: str) -> None:
        """The process ends."""
        self.running(name).unlink(missing_ok=True)

    def find(self, name: str) -> Running | None:
        """How to reach a process; None when it does not say."""
        try:
            return msgspec.json.decode(self.running(name).read_bytes(), type=Running)
        except NOT_THERE:
            return None

    def zone_name(self) -> str:
        """The zone this stack was first started in; "" for one that never was, or is of an earlier version."""
        try:
            return self.zone.read_text("ascii").strip()
        except NOT_THERE:
            return ""

    def receipt_seed(self) -> bytes | None:
        """What this installation signs its receipts with; None when it was never started, StoreError when damaged."""
        return self.secret(self.receipt_key, make=False) if self.receipt_key.exists() else None

    def write(self, path: Path, text: str) -> None:
        """Write a small file in one piece, readable by its owner only; StoreError when the disk does not let us."""
        self._written(write_file, path, text)

    @staticmethod
    def _written(how: Callable[[Path, str], object], path: Path, text: str) -> None:
        try:
            how(path, text)
            sync_directory(path.parent)
        except OSError as error:
            raise StoreError(*UNWRITTEN.filled(path=path, reason=reason(error))) from None

    def secret(self, path: Path, *, make: bool) -> bytes:
        """The 32 bytes kept in a file as hex, made first when `make` and there are none; StoreError when damaged.

        Of several who make it at once all get what the first has made.
        """
        if make and not path.exists():
            self._written(make_file, path, os.urandom(SECRET_BYTES).hex() + "\n")
        try:
            kept = bytes.fromhex(path.read_text("ascii"))
        except (OSError, ValueError):
            kept = b""
        if len(kept) != SECRET_BYTES:
            raise StoreError(
                f"{path} is missing or damaged: without it the keys beside it cannot be used",
                f"{path} 缺失或已损坏：没有它，旁边的密钥无法使用",
            )
        return kept
