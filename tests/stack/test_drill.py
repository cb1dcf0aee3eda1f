"""The drill: a backup under load, more sales, a kill, the restore, the start, and what all stations say then."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli.calling import called
from counterfoil.errors import PaymentError
from counterfoil.issuer.stubs import violations
from counterfoil.simulation.everything import Everything, everything_on
from counterfoil.stack.layout import ISSUERS, STATIONS, Layout, formats
from counterfoil.storage import Store, open_store
from stack.stacks import Stack, wait_for

pytestmark = [pytest.mark.loop, pytest.mark.xdist_group("stack")]

OPEN = {"sent", "asked", "reversing"}
WAVE = 25


class Sellers:
    """Cashiers at terminals of their own who sell one thing after the other until told to stop."""

    def __init__(self, stack: Stack, count: int) -> None:
        self.refs: list[str] = []
        self._stack = stack
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._sell, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _sell(self, number: int) -> None:
        while not self._stop.is_set():
            try:
                told = self._stack.sale("carol" if number % 2 else "bob", 100 + number, f"T000000{number + 1}")
            except PaymentError:
                return  # the stack was killed
            if told["outcome"] == "approved":
                self.refs.append(told["ref"])

    def until(self, count: int) -> None:
        wait_for(lambda: len(self.refs) >= count, 60.0)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def everything(layout: Layout) -> tuple[Everything, list[Any]]:
    """What all stations hold, and the broken invariants of the issuers' ledgers."""
    with ExitStack() as opened:
        stores: dict[str, Store] = {}
        for name in STATIONS:
            stores[name] = open_store(layout.store(name), formats(name), readonly=True)
            opened.callback(stores[name].close)
        issuers = {name: stores[name] for name in ISSUERS}
        found = everything_on([stores["terminal"]], [], stores["switch"], issuers)
        return found, [broken for store in issuers.values() for broken in violations(store)]


def at_rest(layout: Layout) -> bool:
    found, _ = everything(layout)
    states = {stub.state for stub in found.terminals.values()} | {stub.state for stub in found.switch.values()}
    return not states & OPEN


def test_a_backup_under_load_comes_back_whole_after_a_kill(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "backup"
    layout = Layout(data)
    with Stack(data) as stack:
        sellers = Sellers(stack, 6)
        try:
            sellers.until(WAVE)
            before = list(sellers.refs)
            assert called("backup", str(folder), "--data", str(data), "--json").status == 0
            behind = len(sellers.refs)
            sellers.until(behind + WAVE)
            since = sellers.refs[behind + 6 :]  # the first of each may have been on their way
            refused = called("restore", str(folder), "--force", "--data", str(data))
            assert (refused.status, "a stack is already running" in refused.err) == (1, True)
            stack.stop(signal.SIGKILL)
        finally:
            sellers.stop()
    aside = Path(called("restore", str(folder), "--force", "--data", str(data), "--json").json["aside"])
    assert set(sellers.refs) <= set(everything(Layout(aside))[0].terminals)
    with Stack(data) as again:
        wait_for(lambda: at_rest(layout), 60.0)
        found, broken = everything(layout)
        assert broken == []
        for ref in found.refs():
            one = found.of(ref)
            assert one.terminal is not None, ref
            stands = one.terminal.state in {"approved", "closed"}
            assert stands == (one.switch is not None and one.switch.state == "approved"), one
            assert stands == (one.issuer is not None and one.issuer.debited > one.issuer.returned), one
        assert {found.terminals[ref].state for ref in before} <= {"approved", "closed"}
        assert not set(since) & set(found.refs())
        assert again.sale(terminal="T0000009")["outcome"] == "approved"  # the others may ask about goods first
