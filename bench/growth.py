"""Whether a sale costs more when much lies behind it: CPU per sale on stores with a history, against empty ones.

    python -m bench.growth [--history 1000000] [--terminals 0] [--routes 0] [--batch 64] [--rounds 24] [--store DIR]
                           [--only issuer] [--json]

Two sets of stations play the same sales in turn in this process (bench/steps.py), one on empty stores, one on stores
filled with --history past transactions, --terminals registered terminals and --routes card ranges. The history is made
of a thousand sales, their rows copied (bench/history.py); `--only` fills the stores of the stations it names, switch
and issuer together: else one would be found to have forgotten what the other knows. The ratio of the medians is the
figure. `start` is how long a station takes to begin on its store.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.history import STATIONS, fill
from bench.steps import Loop

from counterfoil.step import Connected

TEMPLATE_TERMINALS: Final = 250
BOTH: Final = frozenset({"switch", "issuer"})


def more_terminals(loop: Loop, count: int) -> None:
    """Register terminals that stay silent."""
    store = loop.stores["switch"]
    columns = [str(row[1]) for row in store.query("SELECT * FROM pragma_table_info('terminal')")]
    picked = ", ".join("printf('X%07d', c.n)" if column == "terminal" else f"o.{column}" for column in columns)
    with store.transaction():
        store.execute(
            f"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
            f"INSERT INTO terminal ({', '.join(columns)}) SELECT {picked} FROM c CROSS JOIN "
            "(SELECT * FROM terminal LIMIT 1) o"
        )
        store.commit()


def more_routes(loop: Loop, count: int) -> None:
    """Card ranges nobody uses here."""
    store = loop.stores["switch"]
    with store.transaction():
        store.executemany(
            "INSERT INTO route (prefix, issuer) VALUES (?, 'issuer-a')", [(f"7{n:07d}",) for n in range(count)]
        )
        store.commit()


def restart(loop: Loop) -> dict[str, float]:
    """Build every station anew on its store; milliseconds each took."""
    took = {}
    for name in loop.stations:
        begun = time.perf_counter()
        loop.stations[name] = loop.built(name)
        took[name] = round((time.perf_counter() - begun) * 1000, 1)
    loop.inbox["switch"].append(Connected("issuer-a", ""))
    loop.inbox["issuer"].append(Connected("switch", 1))
    loop.run()
    return took


@contextmanager
def loop_in(where: Path | None, terminals: int) -> Iterator[tuple[Loop, Path]]:
    """The stations on stores of their own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-growth-", dir=where))
    loop = Loop(folder, terminals)
    try:
        yield loop, folder
    finally:
        loop.close()
        shutil.rmtree(folder)


def grown(asked: argparse.Namespace) -> dict[str, Any]:
    """Fill, measure in turn, compare."""
    with loop_in(asked.store, TEMPLATE_TERMINALS) as (empty, _), loop_in(asked.store, TEMPLATE_TERMINALS) as (full, at):
        for loop in (empty, full):
            for _ in range(4):
                loop.sell(loop.terminals)
        result: dict[str, Any] = {"history": asked.history, "terminals": asked.terminals, "routes": asked.routes}
        begun = time.perf_counter()
        if asked.history:
            chosen = set(asked.only) | (BOTH if BOTH & set(asked.only) else set())
            filled = {name: fill(at / f"{name}.db", name, asked.history) for name in STATIONS if name in chosen}
            result["rows"] = {name: {table: put.rows for table, put in each.items()} for name, each in filled.items()}
        if asked.terminals:
            more_terminals(full, asked.terminals)
        if asked.routes:
            more_routes(full, asked.routes)
        result["fill_seconds"] = round(time.perf_counter() - begun)
        result["gib"] = round(sum(file.stat().st_size for file in at.iterdir()) / 2**30, 2)
        result["start_ms"] = {"empty": restart(empty), "full": restart(full)}
        result["cpu_us"] = in_turn({"empty": empty, "full": full}, asked.batch, asked.rounds)
        result["ratio"] = {
            name: round(result["cpu_us"]["full"][name] / result["cpu_us"]["empty"][name], 3) for name in STATIONS
        }
        return result


def in_turn(loops: dict[str, Loop], batch: int, rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU microseconds of a sale at each station, rounds of the two alternating."""
    found: dict[str, dict[str, list[float]]] = {which: {name: [] for name in STATIONS} for which in loops}
    for number in range(rounds):
        for which, loop in loops.items():
            loop.cpu.clear()
            loop.answers.clear()
            at = number * batch % (TEMPLATE_TERMINALS - batch + 1)
            loop.sell(loop.terminals[at : at + batch])
            approved = sum(answer.get("outcome") == "approved" for answer in loop.answers)
            if approved != batch:
                raise SystemExit(f"{batch} sales, {approved} approved: {loop.answers[-1]}")
            for name in STATIONS:
                found[which][name].append(loop.cpu[name] / batch * 1e6)
    return {
        which: {name: round(statistics.median(values[1:] or values), 1) for name, values in each.items()}
        for which, each in found.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--terminals", type=int, default=0)
    parser.add_argument("--routes", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--store", type=Path, help="where the stores go (default: the temporary directory)")
    parser.add_argument("--only", nargs="+", choices=STATIONS, default=STATIONS, help="fill these stations' stores")
    parser.add_argument("--json", action="store_true")
    result = grown(parser.parse_args())
    if parser.parse_args().json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:<13} {value}")


if __name__ == "__main__":
    main()
