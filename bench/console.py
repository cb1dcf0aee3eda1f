"""The payment loop's page with much behind it: its query, and its first paint in Chromium.

    PYTHONPATH=tests python -m bench.console [--history 1000000] [--sales 400] [--rounds 9] [--store DIR] [--json]

A stack is started, real sales are made, and the rows of each station are copied until --history past payments lie
behind (bench/history.py). `query` is what the page asks of the stores for payments picked over the whole history:
opening them, the search, the three stubs with their messages, the verdict. `paint` is the first contentful paint of
the page in a browser that has seen nothing yet, `server` how long the page itself took to arrive.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.history import SALES, fill
from playwright.sync_api import sync_playwright

from browser.browsing import Console, add_people, launched
from counterfoil.console.loop import told
from counterfoil.console.reach import Reach
from counterfoil.stack.layout import ISSUERS, Layout
from counterfoil.storage import open_store
from counterfoil.storage.migrations import migrations_of
from counterfoil.transaction import AttemptKey
from loop.running import Running, stack

PAINTED: Final = """async () => {
    while (!performance.getEntriesByName("first-contentful-paint").length) await new Promise(requestAnimationFrame);
    const entry = performance.getEntriesByType("navigation")[0];
    return [performance.getEntriesByName("first-contentful-paint")[0].startTime, entry.responseEnd];
}"""
STATIONS: Final = ("terminal", "switch", *ISSUERS)


def sold(running: Running, sales: int) -> str:
    """Make sales over all terminals; the reference of the last one."""
    ref = ""
    for number in range(sales):
        card = "carol" if number % 2 else "alice"
        answer = running.sell(f"T{number % 100 + 1:07d}", f"{number % 900 + 1}.00", card=card)
        ref = str(answer.json["ref"]) if answer.status == 0 else ref
    return ref


def grow(layout: Layout, history: int) -> dict[str, int]:
    """Fill every station's store; how many payments each holds now."""
    counts = {}
    for station in STATIONS:
        package = "issuer" if station in ISSUERS else station
        table = SALES[package]
        path = layout.store(station)
        store = open_store(path, migrations_of(f"counterfoil.{package}"), readonly=True)
        made = int(store.query(f"SELECT count(*) FROM {table}")[0][0])
        store.close()
        counts[station] = fill(path, package, history)[table].rows if made and history else made
    return counts


def picked(reach: Reach, count: int, seed: int) -> list[AttemptKey]:
    """Payments from all over the history."""
    chance = random.Random(seed)
    with reach.stores() as stores:
        assert stores.terminal is not None
        most = int(stores.terminal.query("SELECT max(rowid) FROM attempt")[0][0])
        rows = [
            stores.terminal.query("SELECT terminal, batch, stan FROM attempt WHERE rowid >= ? LIMIT 1", (place,))
            for place in (chance.randrange(1, most + 1) for _ in range(count))
        ]
    return [AttemptKey(*found[0]) for found in rows if found]


def query(reach: Reach, keys: list[AttemptKey]) -> tuple[list[float], list[float]]:
    """Milliseconds the page's question takes for each of these payments: by the clock, and of one processor."""
    took, worked = [], []
    for key in keys:
        begun, spent = time.perf_counter(), time.process_time()
        with reach.stores() as stores:
            assert told(stores, key, reach) is not None
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - spent) * 1000)
    return took, worked


def paint(running: Running, keys: list[AttemptKey]) -> tuple[list[float], list[float]]:
    """First contentful paint and end of the response, in milliseconds, each in a window of its own."""
    painted, arrived = [], []
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for key in keys:
            console = Console(running, browser)
            page = console.open(f"/payments/{key}")
            first, response = page.evaluate(PAINTED)
            painted.append(float(first))
            arrived.append(float(response))
            console.close()
        browser.close()
    return painted, arrived


def shape(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in milliseconds."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"median": round(statistics.median(ordered), 2), "p95": round(p95, 2), "worst": round(ordered[-1], 2)}


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Sell, fill, start again, measure."""
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-console-", dir=asked.store))
    data = folder / "data"
    try:
        add_people(data)
        with stack(data) as running:
            last = sold(running, asked.sales)
        layout = Layout(data)
        begun = time.perf_counter()
        result: dict[str, Any] = {"payments": grow(layout, asked.history)}
        result["fill_seconds"] = round(time.perf_counter() - begun)
        reach = Reach(layout)
        took, worked = query(reach, picked(reach, 300, 1))
        result["query_ms"], result["query_cpu_ms"] = shape(took), shape(worked)
        print(json.dumps(result), file=sys.stderr)  # the browser may yet fail
        with stack(data) as running:
            keys = [AttemptKey(*last.split("/")), *picked(reach, asked.rounds - 1, 2)]
            painted, arrived = paint(running, keys)
        result["paint_ms"], result["server_ms"] = shape(painted), shape(arrived)
        return result
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--sales", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--store", type=Path, help="where the stores go (default: the temporary directory)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measured(asked)
    if asked.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:<13} {value}")


if __name__ == "__main__":
    main()
