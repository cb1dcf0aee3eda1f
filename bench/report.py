"""Every figure the README quotes, each beside its peer, in one run: what `make bench` does.

    python -m bench.report [--seconds 5] [--history 100000] [--only loop,codec] [--store DIR] [--json FILE]

It runs the other benches one after the other, with and without the accelerator where that is installed, prints what
each says as soon as it says it, and ends with a table to be copied. Some five minutes; --seconds 60 for long runs.

Absolute figures are those of the machine at that moment (its load is printed). What survives a busy machine: CPU
microseconds of a transaction, and ratios of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apsw

from counterfoil import accelerator

ROOT: Final = Path(__file__).parents[1]
PURE: Final = "pure Python"
FAST: Final = "accelerated"
PARTS: Final = ("codec", "loop", "steps", "journal", "peers", "growth", "simulator", "first sale")
SIMULATED: Final = 3000

Row = tuple[str, str, str]
"""What, the figure, the command."""


def machine(where: Path | None) -> str:
    """What all of it ran on."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    folder = where or Path(tempfile.gettempdir())
    disk = subprocess.run(["df", "-T", str(folder)], capture_output=True, text=True, check=False).stdout.split("\n")
    kind = disk[1].split()[1] if len(disk) > 1 and len(disk[1].split()) > 1 else "unknown"
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"{os.cpu_count()} x {model[1] if model else platform.machine()}, {platform.system()} {platform.release()}, "
        f"CPython {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}, stores on {kind}; "
        f"load averages when it began {loads}"
    )


def modes() -> list[str]:
    """Without the accelerator, and with it where it is in use."""
    return [PURE, FAST] if accelerator.messages is not None else [PURE]


class Reporter:
    """Runs the benches and collects the rows of the table."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.seconds: float = asked.seconds
        self.history: int = asked.history
        self.where: Path | None = asked.store
        self.found: dict[str, Any] = {"machine": machine(asked.store)}
        self.rows: list[Row] = []

    def bench(self, module: str, *options: str, mode: str = PURE) -> Any:
        """What a bench says, as JSON."""
        command = ["-m", f"bench.{module}", *options, "--json"]
        if self.where is not None and module != "codec":
            command += ["--store", str(self.where)]
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment(mode), capture_output=True, text=True, check=False
        )
        if not done.stdout.strip():
            raise SystemExit(f"bench.{module} failed:\n{done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        self.found.setdefault(module, []).append({"mode": mode, "options": options, "said": said})
        return said

    def row(self, what: str, figure: str, command: str) -> None:
        """A line of the table, told at once."""
        self.rows.append((what, figure, command))
        print(f"  {what}: {figure}", flush=True)

    # --- the parts ---

    def codec(self) -> None:
        """Beside pyiso8583, and beside starkbank-iso8583 where it is there."""
        for mode in modes():
            said = self.bench("codec", mode=mode)
            figure = (
                f"{said['us_ours']} µs, pyiso8583 {said['us_pyiso8583']} µs: {said['ratio_pyiso8583']:.1f} times faster"
            )
            self.row(f"decode + encode of a 0200/0210 pair, both ways, {mode}", figure, "python -m bench.codec")

    def loop(self) -> None:
        """Real processes under load."""
        best = modes()[-1]
        for mode in modes():
            self._load("issuer", "an issuer host alone", mode)
            self._load("issuer", "the same, one request outstanding on each connection", mode, "1000", "1")
            most = self._load("loop", "the whole loop, five legs, two stores", mode)
            rate = max(100, int(most / 2 / 100) * 100)
            said = self._said("loop", mode, "--rate", str(rate))
            late = said["latency_us"]
            self.row(
                f"the whole loop at {rate:,} a second, half of that, open loop, {mode}",
                f"p50 {late['p50'] / 1000:.1f} ms, p99 {late['p99'] / 1000:.1f} ms, p99.9 {late['p99.9'] / 1000:.1f} ms"
                f"{costs(said)}{soundness(said)}",
                f"python -m bench.loop --runs loop --rate {rate}",
            )
        self._load("signed", "the loop with a PIN in every purchase", best)
        self._load("mixed", "the loop with a tenth reversed and 1 % of the requests broken", best)

    def _load(self, run: str, what: str, mode: str, connections: str = "32", window: str = "64") -> float:
        said = self._said(run, mode, "--connections", connections, "--window", window)
        late = said["latency_us"]
        self.row(
            f"{what}, {connections} × {window}, {mode}",
            f"{said['per_second']:,.0f} a second (p50 {late['p50'] / 1000:.0f} ms, p99 {late['p99'] / 1000:.0f} ms)"
            f"{costs(said)}{soundness(said)}",
            f"python -m bench.loop --runs {run} --connections {connections} --window {window}",
        )
        return float(said["per_second"])

    def _said(self, run: str, mode: str, *options: str) -> dict[str, Any]:
        said = self.bench("loop", "--runs", run, "--seconds", str(self.seconds), *options, mode=mode)
        return dict(said["runs"][0])

    def steps(self) -> None:
        """The step alone, by how many arrive together."""
        for mode in modes():
            for each in self.bench("steps", "--batches", "1,16,256", mode=mode):
                self.row(
                    f"CPU of a sale's steps, {each['batch']} arriving together, {mode}",
                    f"issuer {each['issuer']} µs, switch {each['switch']} µs, terminal {each['terminal']} µs",
                    "python -m bench.steps",
                )

    def journal(self) -> None:
        """SQLite alone, against a journal in front of it."""
        for each in self.bench("journal", "--batches", "1,16,256", "--sales", "2048", "--rounds", "3"):
            told = ", ".join(
                f"{way} {each[way]['per_second']:,}/s ({each[way]['cpu_us']} µs CPU)"
                for way in ("sqlite", "journal", "both")
            )
            self.row(f"an issuer's rows made durable, {each['batch']} sales a commit", told, "python -m bench.journal")

    def peers(self) -> None:
        """pgbench on the same disk, starkbank-iso8583 on the same processor."""
        said = self.bench("peers", "--seconds", str(self.seconds))
        postgres, starkbank = said["pgbench"], said["starkbank-iso8583"]
        self.row(
            "the peer for durable transactions: PostgreSQL, pgbench TPC-B, 16 clients",
            postgres.get("skipped")
            or f"{postgres['per_second']:,} a second ({postgres['cpu_us']} µs CPU of its backends)",
            "python -m bench.peers",
        )
        ours, theirs = starkbank.get("us_ours"), starkbank.get("us_starkbank")
        self.row(
            "the peer for the codec: starkbank-iso8583, a 0200 both ways",
            starkbank.get("skipped")
            or f"ours {ours} µs, starkbank {theirs} µs: {starkbank['ratio_starkbank']} times faster",
            "python -m bench.peers",
        )

    def growth(self) -> None:
        """Stores with a history, against empty ones."""
        terminals, routes = 100_000, 10_000
        options = ("--history", str(self.history), "--terminals", str(terminals), "--routes", str(routes))
        said = self.bench("growth", *options)
        ratios = ", ".join(f"{name} {ratio}" for name, ratio in said["ratio"].items())
        starts = ", ".join(f"{name} {took:.0f} ms" for name, took in said["start_ms"]["full"].items())
        self.row(
            f"CPU of a sale on stores with {self.history:,} transactions, {terminals:,} terminals, {routes:,} routes, "
            "against empty ones",
            f"{ratios} ({said['gib']} GiB; to start: {starts})",
            f"python -m bench.growth {' '.join(options)}",
        )

    def simulator(self) -> None:
        """Sales a second and core through simulated worlds."""
        options = ["simulate", "--transactions", str(SIMULATED), "--mix", "swarm", "--json"]
        for mode in modes():
            before = os.times()
            command = [sys.executable, "-m", "counterfoil", *options]
            done = subprocess.run(command, cwd=ROOT, env=environment(mode), capture_output=True, text=True, check=True)
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            said = json.loads(done.stdout)
            sound = "" if said["one_sided_unreported"] == 0 == said["ledger_sum"] else " UNSOUND"
            self.row(
                f"simulated sales with every kind of fault, {mode}",
                f"{SIMULATED / cpu:,.0f} a second and core{sound}",
                f"counterfoil simulate --transactions {SIMULATED} --mix swarm",
            )

    def first_sale(self) -> None:
        """From `counterfoil up` in an empty directory to an approved sale."""
        with tempfile.TemporaryDirectory(prefix="counterfoil-up-", dir=self.where) as data:
            began = time.perf_counter()
            stack = subprocess.Popen(
                [sys.executable, "-m", "counterfoil", "up", "--data", data],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            try:
                assert stack.stdout is not None
                ready = next((line for line in stack.stdout if '"ready":true' in line), "")
                up = time.perf_counter() - began
                if not ready:
                    raise SystemExit("the stack did not come up")
                verb = [sys.executable, "-m", "counterfoil"]
                cards = subprocess.run([*verb, "cards", "--data", data, "--json"], capture_output=True, check=True)
                card = json.loads(cards.stdout)[0]
                sale = [
                    "sale",
                    "--data",
                    data,
                    "--amount",
                    "12.50",
                    "--card",
                    card["name"],
                    "--pin",
                    card["pin"],
                    "--json",
                ]
                sold = subprocess.run([*verb, *sale], capture_output=True, check=True)
                took = time.perf_counter() - began
                if json.loads(sold.stdout)["outcome"] != "approved":
                    raise SystemExit("the first sale was not approved")
            finally:
                stack.terminate()
                stack.wait(30)
        self.row(
            "from `up` to ready, to the first approved sale",
            f"{up:.1f} s, {took:.1f} s",
            "python -m bench.report --only 'first sale'",
        )


def environment(mode: str) -> dict[str, str]:
    """With the accelerator or without."""
    return {**os.environ, "COUNTERFOIL_PURE": "" if mode == FAST else "1"}


def costs(said: dict[str, Any]) -> str:
    """CPU of every station, and what it wrote."""
    each = [f"{name} {cost['cpu_us']} µs" for name, cost in said["stations"].items()]
    written = sum(cost["bytes_written"] for cost in said["stations"].values())
    return f"; CPU {', '.join(each)}; {written:,} bytes written"


def soundness(said: dict[str, Any]) -> str:
    """Nothing, when the stores say what the client was told."""
    broken = said["audit"]["broken"]
    return f"; STORES AND CLIENT DISAGREE: {broken}" if broken or said["macs_wrong"] or said["unreadable"] else ""


def table(rows: list[Row]) -> str:
    """As the README has it."""
    return "\n".join(["| what | figure | command |", "|---|---|---|", *(f"| {a} | {b} | `{c}` |" for a, b, c in rows)])


def main() -> int:
    """Measure, print; 1 when something measured was unsound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="of every run under load")
    parser.add_argument("--history", type=int, default=100_000, help="transactions behind the stations of `growth`")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts: {', '.join(PARTS)}")
    parser.add_argument("--store", type=Path, help="where stores go (default: the temporary directory)")
    parser.add_argument("--json", type=Path, help="write all that was said into this file")
    asked = parser.parse_args()
    reporter = Reporter(asked)
    parts: dict[str, Callable[[], None]] = {
        part: getattr(reporter, part.replace(" ", "_")) for part in asked.only.split(",") if part in PARTS
    }
    if len(parts) != len(asked.only.split(",")):
        parser.error(f"parts are {', '.join(PARTS)}")
    print(reporter.found["machine"], flush=True)
    began = time.monotonic()
    for name, part in parts.items():
        print(f"{name}:", flush=True)
        part()
    print(f"\n{table(reporter.rows)}\n\nMeasured in {time.monotonic() - began:.0f} s on {reporter.found['machine']}.")
    if asked.json is not None:
        asked.json.write_text(json.dumps(reporter.found))
    return int(any("DISAGREE" in figure or "UNSOUND" in figure for _, figure, _ in reporter.rows))


if __name__ == "__main__":
    sys.exit(main())
