"""What a sale costs each station, in CPU microseconds, by how many arrive together; stores on a real disk.

    python bench/steps.py [--batches 1,16,256] [--sales 2000] [--store DIR] [--json]

Terminal, switch and issuer run in this one process without sockets: the figure is the step alone, from bytes in to
commit and bytes out. Every sale has a PIN, every request and answer a MAC. CPU time of the
process, the least of all rounds, so that a busy machine moves it little; the disk's waiting is only in `wall`.
`loop` is switch and issuer together.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from counterfoil.issuer import Issuer, IssuerKeys
from counterfoil.issuer import Records as IssuerRecords
from counterfoil.issuer import Settings as IssuerSettings
from counterfoil.security import KeyUsage, SoftHsm, luhn_digit, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.step import Command, Connected, Frame, Inbound, Outbound, Perform, Performed, Reply, Send, Station
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.switch import Settings as SwitchSettings
from counterfoil.switch import Switch
from counterfoil.switch.records import Records as SwitchRecords
from counterfoil.switch.rows import IssuerRow
from counterfoil.terminal import TerminalStation
from counterfoil.terminal.records import Records as TerminalRecords

START: Final = 1_767_225_600_000_000
PREFIX: Final = "62999910"
MERCHANT: Final = "103441054110001"
EXPIRY: Final = "3112"
SERVICE: Final = "201"
PIN: Final = "1234"
CARDS: Final = 1000
ROUNDS: Final = 12
KEY: Final = bytes(range(1, 17))


def entropy() -> Any:
    """Bytes nobody has to guess: nothing here is a secret."""
    counter = 0

    def draw(size: int) -> bytes:
        nonlocal counter
        counter += 1
        return counter.to_bytes(8, "big").rjust(size, b"\x5a")[-size:]

    return draw


class Loop:
    """The three stations, and what they said to each other that is still on its way."""

    def __init__(self, folder: Path, terminals: int) -> None:
        self.now = START
        self.cpu: dict[str, float] = defaultdict(float)
        self.answers: list[dict[str, Any]] = []
        self.terminals = [f"T{number:07d}" for number in range(terminals)]
        self.hsm = SoftHsm(bytes(32), entropy())
        self.stores = {name: self._store(folder, name) for name in ("issuer", "switch", "terminal")}
        self._install()
        self.stations: dict[str, Station] = {name: self.built(name) for name in self.stores}
        self.inbox: dict[str, list[Inbound]] = {name: [] for name in self.stations}
        self.inbox["switch"].append(Connected("issuer-a", ""))
        self.inbox["issuer"].append(Connected("switch", 1))
        self.serial = 0
        self._enrol()

    def _store(self, folder: Path, name: str) -> Store:
        return open_store(folder / f"{name}.db", migrations_of(f"counterfoil.{name}"))

    def _install(self) -> None:
        """Keys and routes, before any station is built on its store."""
        hsm = self.hsm
        mac, pin, pvk, cvk = (
            hsm.import_clear(usage, KEY) for usage in (KeyUsage.MAC, KeyUsage.PIN, KeyUsage.PVK, KeyUsage.CVK)
        )
        token = hsm.import_clear(KeyUsage.TOKEN, KEY * 2)
        keys = IssuerKeys(mac=mac, pin=pin, pvk=pvk, cvk=cvk, token=token)
        IssuerRecords(self.stores["issuer"]).install("issuer-a", keys)
        switch = SwitchRecords(self.stores["switch"])
        switch.keys(hsm)
        switch.connect(IssuerRow("issuer-a", "01020000", pin, mac), [PREFIX])

    def built(self, name: str) -> Station:
        """A station as it starts on its store."""
        store = self.stores[name]
        if name == "issuer":
            return Issuer(IssuerRecords(store), self.hsm, IssuerSettings(name="issuer-a"), entropy())
        if name == "switch":
            return Switch(SwitchRecords(store), self.hsm, SwitchSettings())
        return TerminalStation(TerminalRecords(store), self.hsm)

    def close(self) -> None:
        """Close the stores."""
        for store in self.stores.values():
            store.close()

    def _enrol(self) -> None:
        """Cards and terminals; the terminals sign on as soon as they are known."""
        self.pans = [f"{PREFIX}{n:07d}{luhn_digit(f'{PREFIX}{n:07d}')}" for n in range(CARDS)]
        cvk = DesKey(KEY)
        self.tracks = [write_track2(pan, EXPIRY, SERVICE, cvk, "00000") for pan in self.pans]
        enrolled = [{"name": "x", "pan": p, "expiry": EXPIRY, "pin": PIN, "balance": 10**11} for p in self.pans]
        self.stations["issuer"].step(self.now, [Command(1, "enrol", {"cards": enrolled})])
        known = [{"terminal": name, "merchant": MERCHANT, "tmk": KEY.hex()} for name in self.terminals]
        self.stations["switch"].step(self.now, [Command(1, "register", {"terminals": known})])
        for name in self.terminals:
            args = {"terminal": name, "merchant": MERCHANT, "name": "Corner Grocery", "tmk": KEY.hex()}
            self.inbox["terminal"].append(Command(1, "enrol", args))
        self.run()

    # --- one sale at every terminal ---------------------------------------------------------------------------------

    def sell(self, terminals: Sequence[str]) -> None:
        """One sale at each of these terminals at the same time, to its receipt."""
        for name in terminals:
            self.serial += 1
            pan = self.pans[self.serial % CARDS]
            card = {"pan": pan, "expiry": EXPIRY, "track2": self.tracks[self.serial % CARDS]}
            args = {"terminal": name, "amount": 100 + self.serial % 900, "currency": "CNY", "card": card}
            args |= {"key": f"K{self.serial}", "pin": PIN}
            self.inbox["terminal"].append(Command(self.serial, "sale", args))
        self.run()

    def run(self) -> None:
        """Step whoever has something to take or to do until nobody has."""
        while any(self.inbox[name] or self._due(name) for name in self.stations):
            for name, station in self.stations.items():
                if not self.inbox[name] and not self._due(name):
                    continue
                arrived, self.inbox[name] = self.inbox[name], []
                self.now += 1000
                begun = time.process_time()
                said = station.step(self.now, arrived)
                self.cpu[name] += time.process_time() - begun
                for item in said:
                    self._carry(name, item)

    def _due(self, name: str) -> bool:
        wakes_at = self.stations[name].wakes_at()
        return wakes_at is not None and wakes_at <= self.now

    def _carry(self, name: str, item: Outbound) -> None:
        if isinstance(item, Reply):
            self.answers.append(item.body)
        elif isinstance(item, Perform):
            self.inbox[name].append(Performed(item.kind, item.name, True))
        elif isinstance(item, Send):
            if name == "terminal":
                self.inbox["switch"].append(Frame("terminals", item.conn, item.data, self.now))
            elif name == "issuer":
                self.inbox["switch"].append(Frame("issuer-a", "", item.data, self.now))
            elif item.link == "terminals":
                self.inbox["terminal"].append(Frame("switch", item.conn, item.data, self.now))
            else:
                self.inbox["issuer"].append(Frame("switch", 1, item.data, self.now))


def measured(folder: Path, batch: int, sales: int) -> dict[str, Any]:
    """Play `sales` sales, `batch` at a time, on fresh stores; microseconds of CPU per sale."""
    loop = Loop(folder, batch)
    loop.sell(loop.terminals)  # signs on, fills the caches
    loop.answers.clear()
    rounds = max(ROUNDS, sales // batch)
    best = dict.fromkeys((*loop.stations, "wall"), float("inf"))
    for _ in range(rounds):
        loop.cpu.clear()
        begun = time.perf_counter()
        loop.sell(loop.terminals)
        loop.cpu["wall"] = time.perf_counter() - begun
        best = {name: min(least, loop.cpu[name]) for name, least in best.items()}
    done = rounds * batch
    approved = sum(answer.get("outcome") == "approved" for answer in loop.answers)
    assert approved == done, f"{done} sales, {approved} approved: {loop.answers[-1]}"
    figures = {name: round(least / batch * 1e6, 1) for name, least in best.items()}
    return {"batch": batch, "sales": done, **figures, "loop": round(figures["issuer"] + figures["switch"], 1)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", default="1,16,256")
    parser.add_argument("--sales", type=int, default=2000)
    parser.add_argument("--store", type=Path, help="where the stores go (default: a temporary directory)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    for batch in map(int, asked.batches.split(",")):
        folder = Path(tempfile.mkdtemp(dir=asked.store))
        try:
            rows.append(measured(folder, batch, asked.sales))
        finally:
            shutil.rmtree(folder)
        if not asked.json:
            print("  ".join(f"{name} {value}" for name, value in rows[-1].items()))
    if asked.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
