"""`counterfoil archive` on a stack of real processes whose sales are made sixty days old while it rests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from counterfoil.stack.layout import STATIONS
from counterfoil.step import DAY
from counterfoil.storage.mark import SUFFIX
from loop.running import Running, stack

pytestmark = [pytest.mark.loop, pytest.mark.usefixtures("font")]

AGE = 60 * DAY
TERMINAL = "T0000001"


@pytest.fixture
def aged(tmp_path: Path) -> Iterator[tuple[Running, list[str]]]:
    """A running stack with six sales of two months ago, and their references."""
    with stack(tmp_path / "data") as running:
        sold = [running.sell(TERMINAL, f"{10 + n}.00", key=f"till-{n}") for n in range(6)]
        assert {sale.json["outcome"] for sale in sold} == {"approved"}
        refs = [sale.json["ref"] for sale in sold]
        running.sell("T0000002", "7.00", card="bob")
        running.until(lambda: all(running.why(ref)["verdict"] == "PAID" for ref in refs))
        assert running.stop() == 0
        for station in STATIONS:
            grow_old(running.data / station / "store.db", "txn" if station.startswith("issuer") else "attempt")
        running.start()
        yield running, refs


def grow_old(path: Path, table: str) -> None:
    """As another program that puts the log into the store; whoever read it last may have left one there."""
    store = apsw.Connection(str(path))
    store.execute(f"UPDATE {table} SET started_at = started_at - {AGE}")
    store.pragma("wal_checkpoint(TRUNCATE)")
    store.close()
    path.with_name(path.name + SUFFIX).unlink(missing_ok=True)


def test_old_sales_leave_and_are_found_and_never_sold_again(aged: tuple[Running, list[str]]) -> None:
    running, refs = aged
    before, balance = {ref: running.why(ref) for ref in refs}, running.balance("alice")

    looked = running.ask("archive", "--dry-run")
    assert looked.status == 0
    assert {row["station"]: row["transactions"] for row in looked.json["dates"]}["terminal"] == 5
    assert not (running.data / "archive").exists()

    killed = running.begin("archive")
    running.until(lambda: any((running.data / "archive").glob("terminal/*")))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = running.ask("archive")
    assert done.status == 0, done
    assert running.ask("archive").json == {"dry_run": False, "dates": []}

    listed = running.ask("archive", "list").json["parts"]
    assert all(part["finished"] for part in listed)
    assert sum(part["transactions"] for part in listed if part["station"] == "terminal") == 5
    checked = running.ask("archive", "verify")
    assert (checked.status, checked.json["wrong"], checked.json["parts"]) == (0, [], len(listed))

    for ref in refs[:5]:
        told = running.why(ref)
        assert set(told.pop("archived")) == {"terminal", "switch", "issuer-a"}
        assert told == before[ref]
    assert "terminal" not in running.why(refs[5])["archived"]  # a terminal's newest sale stays
    assert "archived" in running.tell("why", refs[0])

    again = running.sell(TERMINAL, "10.00", key="till-0")
    assert (again.status, again.json["error"]) == (1, "archived")
    assert running.balance("alice") == balance
    assert running.ask("accounts").status == 0
    assert running.sell(TERMINAL, "8.00").json["outcome"] == "approved"


def test_without_a_running_stack_nothing_is_moved(aged: tuple[Running, list[str]]) -> None:
    running, _ = aged
    assert running.stop() == 0
    asked = running.ask("archive")
    assert (asked.status, asked.json["error"]) == (6, "unreachable")
    assert running.ask("archive", "--dry-run").status == 0
    assert not list(running.data.glob("archive/*/*"))
