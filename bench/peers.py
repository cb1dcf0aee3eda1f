"""What others reach on the same machine and disk, in the same run: pgbench for durable transactions, starkbank-iso8583
for the codec. One that cannot be had is skipped with a sentence that says how to get it.

    python -m bench.peers [--seconds 10] [--clients 16] [--store DIR] [--json]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pwd
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.codec import timed
from bench.frames import Acquirer, cards

from counterfoil.iso8583 import ISO87_ASCII

NO_POSTGRES: Final = "no PostgreSQL here: apt-get install postgresql"
NO_STARKBANK: Final = (
    "no starkbank-iso8583 here: pip install --no-deps --target bench/build/peers starkbank-iso8583==0.7.1"
)
PEERS: Final = Path(__file__).parent / "build" / "peers"
SCALE: Final = 20
TICKS: Final = os.sysconf("SC_CLK_TCK")
ROWS_OF_TPCB: Final = "3 rows changed, 1 row added"


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def program(name: str) -> str | None:
    """A program of PostgreSQL, where Debian hides it too."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(hidden[-1]) if hidden else None)


class Server:
    """A PostgreSQL of our own in a directory, reached by its socket only; its settings are the distribution's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix: list[str] = []
        if os.geteuid() == 0:  # it refuses to run as root
            account = next((a for a in ("postgres", "nobody") if _exists(a)), "nobody")
            shutil.chown(folder, account)
            self._prefix = ["runuser", "-u", account, "--"]
        self._initdb, self._ctl, self._bench = (program(name) or "" for name in ("initdb", "pg_ctl", "pgbench"))

    def start(self) -> None:
        """Make the cluster, start it, fill the tables."""
        data = str(self.folder / "data")
        self._run(self._initdb, "-D", data, "-A", "trust", "-U", "bench")
        listen = f"-k {self.folder} -c listen_addresses="
        self._run(self._ctl, "-D", data, "-o", listen, "-l", str(self.folder / "log"), "-w", "start")
        self.run("-i", "-s", str(SCALE), "-q")

    def stop(self) -> None:
        """End it at once; nothing of it is kept."""
        self._run(self._ctl, "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def run(self, *options: str) -> str:
        """What pgbench says."""
        return self._run(self._bench, "-h", str(self.folder), "-U", "bench", *options, "postgres")

    def backends_cpu(self) -> int:
        """Microseconds the backends that have ended used."""
        pid = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[13]) + int(stat[14])) * 1_000_000 // TICKS

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [*self._prefix, *command], cwd=self.folder, capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            raise SystemExit(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")
        return done.stdout


def _exists(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def pgbench(seconds: float, clients: int, where: Path | None) -> dict[str, Any]:
    """TPC-B, synchronous commit on, through a local socket."""
    if not all(map(program, ("initdb", "pg_ctl", "pgbench"))):
        return {"skipped": NO_POSTGRES}
    with tempfile.TemporaryDirectory(prefix="counterfoil-pg-", dir=where) as folder:
        server = Server(Path(folder))
        server.start()
        try:
            before = server.backends_cpu()
            said = server.run("-c", str(clients), "-j", "1", "-T", str(max(1, int(seconds))), "-M", "prepared")
            done, tps, latency = (
                float(_found(pattern, said))
                for pattern in (r"actually processed: (\d+)", r"tps = ([\d.]+)", r"latency average = ([\d.]+)")
            )
            return {
                "clients": clients,
                "per_second": round(tps, 1),
                "latency_ms": latency,
                "cpu_us": round((server.backends_cpu() - before) / max(done, 1), 1),
                "transaction": ROWS_OF_TPCB,
            }
        finally:
            server.stop()


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"pgbench says something else than expected: {text[-300:]}")
    return match[1]


# --- starkbank-iso8583 -----------------------------------------------------------------------------------------------


def starkbank(rounds: int) -> dict[str, Any]:
    """Decode and encode the 0200 a switch sends to an issuer, with our codec and with theirs, rounds interleaved.

    Theirs has no field in packed digits and no track separator check; all fields of this message are plain text or
    bytes to it.
    """
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    try:
        theirs: Any = importlib.import_module("starkbank.iso8583")
    except ImportError:
        return {"skipped": NO_STARKBANK}
    body = Acquirer(bytes(range(16)), bytes(range(16))).purchase(1250, cards(1, bytes(range(16)))[0], pin=True)
    message, parsed = ISO87_ASCII.decode(body), theirs.parse(body)
    if theirs.unparse(parsed) != body or ISO87_ASCII.encode(message) != body:
        raise SystemExit("the two libraries do not write the same bytes")
    ours_decode, ours_encode = ISO87_ASCII.decode, ISO87_ASCII.encode
    jobs: list[tuple[Callable[[], object], Callable[[], object]]] = [
        (lambda: ours_decode(body), lambda: theirs.parse(body)),
        (lambda: ours_encode(message), lambda: theirs.unparse(parsed)),
    ]
    ours, others = [], []
    for _ in range(rounds):
        ours.append(sum(timed(job, 1000) for job, _ in jobs))
        others.append(sum(timed(job, 50) for _, job in jobs))
    return {
        "bytes": len(body),
        "us_ours": round(statistics.median(ours), 2),
        "us_starkbank": round(statistics.median(others), 2),
        "ratio_starkbank": round(statistics.median(b / a for a, b in zip(ours, others, strict=True)), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {
        "starkbank-iso8583": starkbank(asked.rounds),
        "pgbench": pgbench(asked.seconds, asked.clients, asked.store),
    }
    if asked.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(f"{name:<18} {'  '.join(f'{key} {value}' for key, value in figures.items())}")


if __name__ == "__main__":
    main()
