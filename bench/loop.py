"""Transactions a second through real station processes, by a compiled client on the same machine.

    python -m bench.loop [--runs issuer,loop,signed,mixed] [--seconds 10] [--connections 32] [--window 64] [--rate R]
                         [--history N] [--files] [--syncs] [--store DIR] [--json]

issuer  an issuer alone; the client plays the switch
loop    switch and issuer: a terminal's request to its answer, all five legs, MACs both ways on both links
signed  the same with a PIN in every purchase, and the sign-on of every terminal counted as a load of its own
mixed   the same with a tenth of the purchases reversed and one in a hundred broken: the client drops the connection,
        repeats itself, or sends a wrong MAC

Closed loop: --connections with --window requests outstanding on each (one terminal for each). Open loop with --rate: so
many requests are due a second, whatever the answers do, and latency counts from when a request was due. With --history
the stations stop once they are warm, their stores are filled (bench/history.py), and they start again on these.

Processes, stores and links are those of production (bench/stand.py says what is not); a short probe warms them up
and tells how many frames to make. CPU is that of the whole process over the whole run, from /proc/PID/stat; bytes are
/proc/PID/io write_bytes; `a step` is messages taken by one step and its one commit. Flushes are counted in SQLite's
file layer by --syncs, which slows the stations a little. After every run the stores are compared with what the client
was told (bench/audit.py), and the MACs of a sample of the answers with the terminals' keys.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw
from bench.frames import (
    EXPIRY,
    PIN,
    Acquirer,
    Card,
    Fleet,
    Outcome,
    Stream,
    Terminal,
    cards,
    forwarded,
    kept,
    outcomes,
    write,
)
from bench.history import Filled, fill
from bench.stand import ISSUER, SWITCH, Stand, Used, stand

from bench import audit, build

RUNS: Final = ("issuer", "loop", "signed", "mixed")
BALANCE: Final = 10**11
PROBE_FRAMES: Final = 8_000
PROBE_SECONDS: Final = 3.0
TIMEOUT: Final = 15  # seconds; longer than a switch waits for an issuer
SPARE: Final = 2.5  # frames made beyond what the probe promises
KEPT_ANSWERS: Final = 2_000
MOST_FRAMES: Final = 6_000_000
SEED: Final = 8583
REST_SECONDS: Final = 40.0
OPEN: Final = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM attempt WHERE state = 'asked')"


class Options(NamedTuple):
    """What was asked for."""

    seconds: float
    connections: int
    window: int
    rate: float
    files: bool
    syncs: bool
    store: Path | None
    cards: int
    history: int


class Client:
    """The compiled client against one port."""

    def __init__(self, program: Path, folder: Path, dialect: str, port: int, options: Options) -> None:
        self._command = [str(program), "--port", str(port), "--dialect", dialect]
        self._folder = folder
        self._options = options
        self.answers = folder / "answers"
        self.results = folder / "results"

    def run(self, streams: Sequence[Stream], seconds: float, *, rate: float = 0, sample: int = 1) -> dict[str, Any]:
        """Replay; what the client reports."""
        frames = self._folder / "frames"
        write(streams, frames)
        bounds = [
            "--timeout",
            str(TIMEOUT),
            "--seconds",
            str(seconds),
            "--window",
            str(self._options.window),
            "--rate",
            str(rate),
        ]
        bounds += ["--frames", str(frames), "--results", str(self.results)]
        bounds += ["--answers", str(self.answers), "--sample", str(sample)]
        done = subprocess.run([*self._command, *bounds], capture_output=True, text=True, check=False, timeout=900)
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        report: dict[str, Any] = json.loads(done.stdout)
        return report


# --- a run -----------------------------------------------------------------------------------------------------------


class Run:
    """One scenario on a stand: what was sent, what came back, what it cost."""

    def __init__(self, name: str, place: Stand, options: Options, wallet: Sequence[Card]) -> None:
        self.name = name
        self.place = place
        self.options = options
        self.wallet = wallet
        self.stations = [ISSUER] if name == "issuer" else [ISSUER, SWITCH]
        dialect = "ascii" if name == "issuer" else "cup"
        port = place.port(self.stations[-1])
        self.client = Client(build.client(), place.layout.data, dialect, port, options)
        self.fates: dict[str, tuple[int, str]] = {}
        self.names: dict[tuple[int, int], str] = {}
        self.past: dict[str, Filled] = {}  # by table
        self.result: dict[str, Any] = {"run": name}

    def used(self) -> dict[str, Used]:
        """What every station has used so far."""
        return {name: self.place.used(name) for name in self.stations}

    def measure(self, make: Callable[[int], list[Stream]], check: Callable[[int, int, bytes], bool]) -> None:
        """Probe, then run for as long as was asked."""
        options = self.options
        first = self._probe(make)
        if options.history:
            self._age()
            first = self._probe(make)
        wanted = (options.rate or first["per_second"] * SPARE) * options.seconds
        each = int(min(wanted, MOST_FRAMES)) // options.connections + options.window + 1
        streams = make(each)
        before = self.used()
        sample = max(1, int(first["per_second"] * options.seconds) // KEPT_ANSWERS)
        report = self.client.run(streams, options.seconds, rate=options.rate, sample=sample)
        after = self.used()
        self.remember(outcomes(streams, self.client.results))
        answered = max(1, report["answered"])
        costs = {name: cost(before[name], after[name], answered, self._messages(name)) for name in self.stations}
        good = [check(*answer) for answer in kept(self.client.answers)]
        self.result |= {**report, "stations": costs, "macs_checked": len(good), "macs_wrong": good.count(False)}

    def _probe(self, make: Callable[[int], list[Stream]]) -> dict[str, Any]:
        options = self.options
        probe = make(max(options.window, PROBE_FRAMES // options.connections))
        report = self.client.run(probe, min(PROBE_SECONDS, options.seconds))
        self.remember(outcomes(probe, self.client.results))
        return report

    def _age(self) -> None:
        """Stop the stations, put a past behind what they have done so far, and start them on it."""
        place, options = self.place, self.options
        if SWITCH in self.stations:
            rest(place.layout.store(SWITCH))
        place.stop()
        for name in self.stations:
            store = place.layout.store(name)
            self.past |= fill(store, "issuer" if name == ISSUER else name, options.history)
            size = store.stat().st_size / 2**30
            self.result.setdefault("history", {})[name] = {"sales": options.history, "gib": round(size, 2)}
        for name in self.stations:
            place.start(name, files=options.files and name == ISSUER, syncs=options.syncs)

    def _messages(self, name: str) -> int:
        return 2 if name == SWITCH else 1

    def remember(self, ended: Iterable[Outcome]) -> None:
        """How every sale of a replay ended."""
        audit.learn(self.fates, ended, self.names, issuer=self.name == "issuer")

    def conclude(self) -> None:
        """Stop the stations and compare, once what the switch gave up on is undone at the issuer too."""
        layout = self.place.layout
        if SWITCH in self.stations:
            rest(layout.store(SWITCH))
        self.place.stop()
        switch = layout.store(SWITCH) if SWITCH in self.stations else None
        verdict = audit.audit(self.fates, layout.store(ISSUER), switch, self.past)
        self.result["audit"] = verdict._asdict()


def rest(store: Path) -> None:
    """Wait until the switch owes nobody anything: no open request, no reversal that was not acknowledged."""
    reader = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    ends = time.monotonic() + REST_SECONDS
    while reader.execute(OPEN).fetchall()[0][0] and time.monotonic() < ends:
        time.sleep(0.2)
    reader.close()


def cost(before: Used, after: Used, answered: int, messages: int) -> dict[str, Any]:
    """What one transaction cost a station."""
    steps = max(1, after.steps - before.steps)
    each: dict[str, Any] = {
        "cpu_us": round((after.cpu - before.cpu) / answered, 1),
        "system_us": round((after.system - before.system) / answered, 1),
        "messages_a_step": round(messages * answered / steps, 1),
        "bytes_written": round((after.written - before.written) / answered),
        "rss_mib": round(after.rss / 2**20),
    }
    if after.syncs:
        each |= {
            "flushes_a_step": round((after.syncs - before.syncs) / steps, 3),
            "flushes": round((after.syncs - before.syncs) / answered, 4),
        }
    return each


# --- the four --------------------------------------------------------------------------------------------------------


def issuer_alone(run: Run) -> None:
    """The client is the switch."""
    demo, options = run.place.demo, run.options
    acquirer = Acquirer(demo.zone_mac_key(ISSUER), demo.zone_pin_key(ISSUER))
    make = partial(forwarded, acquirer, run.wallet, options.connections, pin=False)
    run.measure(make, lambda _connection, _frame, packet: acquirer.vouches(packet))


def whole_loop(run: Run) -> None:
    """The client is the terminals."""
    place, options = run.place, run.options
    pin, mixed = run.name != "loop", run.name == "mixed"
    terminals = [
        Terminal(number, place.demo.derived(f"tmk/bench/{number}", 16))
        for number in range(options.connections * options.window)
    ]
    fleet = Fleet(terminals, options.connections, options.window, run.wallet)
    run.names = {(at, slot): t.name for at, lane in enumerate(fleet.lanes) for slot, t in enumerate(lane)}
    _sign_on(run, fleet)
    seeds = iter(range(SEED, SEED + 100))
    asked: list[Stream] = []

    def make(each: int) -> list[Stream]:
        asked[:] = fleet.sales(each, pin=pin, mixed=next(seeds) if mixed else None)
        return asked

    def check(connection: int, frame: int, packet: bytes) -> bool:
        return fleet.lanes[connection][asked[connection].slots[frame]].vouches(packet)

    run.measure(make, check)
    if mixed:
        _close(run, fleet, asked)


def _sign_on(run: Run, fleet: Fleet) -> None:
    streams = fleet.sign_ons()
    before = run.used()
    report = run.client.run(streams, 120)
    after = run.used()
    for connection, frame, packet in kept(run.client.answers):
        fleet.lanes[connection][streams[connection].slots[frame]].take(packet)
    if report["approved"] != sum(map(len, fleet.lanes)):
        raise SystemExit(f"terminals could not sign on: {report['codes']}, {report['unanswered']} unanswered")
    if run.name == "signed":
        spent = cost(before[SWITCH], after[SWITCH], report["answered"], 1)
        run.result["sign_on"] = {**{key: report[key] for key in ("per_second", "latency_us")}, **spent}


def _close(run: Run, fleet: Fleet, asked: Sequence[Stream]) -> None:
    """Reverse what the client does not know the outcome of, as its terminals would, until every reversal is taken."""
    known = run.fates
    open_ones = [
        one
        for one in outcomes(asked, run.client.results)
        if one.kind in audit.SALES and one.state == 1 and known[_ref(run, one)][1] == audit.OPEN
    ]
    run.result["reversed_at_the_end"] = len(open_ones)
    if open_ones:
        streams = fleet.closing(open_ones, pin=True)
        run.client.run(streams, 60)
        run.remember(outcomes(streams, run.client.results))


def _ref(run: Run, one: Outcome) -> str:
    return f"{run.names[one.connection, one.slot]}/{one.stan:06d}"


def play(name: str, options: Options) -> dict[str, Any]:
    """One run on a stand of its own."""
    with stand(options.store) as place:
        wallet = cards(options.cards, place.demo.card_verification_key(ISSUER))
        pin = {} if name in ("issuer", "loop") else {"pin": PIN}
        held = [{"name": "x", "pan": c.pan, "expiry": EXPIRY, "balance": BALANCE, **pin} for c in wallet]
        place.start(ISSUER, files=options.files, syncs=options.syncs)
        place.tell(ISSUER, "enrol", "cards", held)
        if name != "issuer":
            place.start(SWITCH, syncs=options.syncs)
            place.tell(SWITCH, "register", "terminals", _registrations(place, options))
        run = Run(name, place, options, wallet)
        (issuer_alone if name == "issuer" else whole_loop)(run)
        run.conclude()
        return run.result


def _registrations(place: Stand, options: Options) -> list[dict[str, Any]]:
    count = options.connections * options.window
    return [
        {"terminal": f"B{n:07d}", "merchant": "103441054110001", "tmk": place.demo.derived(f"tmk/bench/{n}", 16).hex()}
        for n in range(count)
    ]


# --- telling ---------------------------------------------------------------------------------------------------------


def told(result: dict[str, Any]) -> str:
    """A run in a few lines."""
    latency = result["latency_us"]
    shape = f"{result['connections']} x {result['window']}" if not result["rate"] else f"{result['rate']:.0f}/s due"
    lines = [
        (
            f"{result['run']:<7} {shape:<12} {result['per_second']:>9.0f} tx/s   ms p50 {latency['p50'] / 1000:.1f}  "
            f"p99 {latency['p99'] / 1000:.1f}  p99.9 {latency['p99.9'] / 1000:.1f}  max {latency['max'] / 1000:.1f}   "
            f"client {result['client_cpu_us']:.1f} us"
        )
    ]
    for name, each in result["stations"].items():
        parts = [f"{key} {value}" for key, value in each.items()]
        lines.append(f"        {name:<9} {'  '.join(parts)}")
    lines += [
        f"        {name:<9} {each['sales']:,} behind it, {each['gib']} GiB"
        for name, each in result.get("history", {}).items()
    ]
    verdict = result["audit"]
    fair = "every approval booked once, sums equal" if not verdict["broken"] else f"BROKEN: {verdict['broken']}"
    lines.append(
        f"        {result['answered']} answered ({result['codes']}), {result['unanswered']} without an answer; "
        f"{result['macs_checked']} MACs checked, {result['macs_wrong']} wrong; {fair}"
    )
    return "\n".join(lines)


def is_sound(result: dict[str, Any]) -> bool:
    """Whether a run may be quoted."""
    return not result["audit"]["broken"] and not result["macs_wrong"] and not result["unreadable"]


def main() -> int:
    """Measure and print; 1 when a store and the client disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default=",".join(RUNS))
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.0, help="requests due a second: open loop")
    parser.add_argument("--history", type=int, default=0, help="past transactions in the stores")
    parser.add_argument("--files", action="store_true", help="notices to cardholders as synced files, as `up` does")
    parser.add_argument("--syncs", action="store_true", help="count flushes (slower)")
    parser.add_argument("--store", type=Path, help="where the stores go (default: the temporary directory)")
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    options = Options(**{name: getattr(asked, name) for name in Options._fields})
    names = asked.runs.split(",")
    if set(names) - set(RUNS) or not 0 < options.seconds <= 600 or options.connections * options.window > 100_000:
        parser.error("a run of that name or size does not exist")
    if options.rate and "mixed" in names:
        parser.error("in an open loop a terminal does not wait for its answer, so it has nothing to reverse")
    found = []
    for name in names:
        found.append(play(name, options))
        if not asked.json:
            print(told(found[-1]), flush=True)
    if asked.json:
        print(json.dumps({"load_average": os.getloadavg()[0], "runs": found}))
    return 0 if all(map(is_sound, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
