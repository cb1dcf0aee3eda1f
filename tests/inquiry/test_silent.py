"""What a terminal took with it is on a person's list: no exception is known only to whoever types its reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.shop import Shop
from counterfoil.inquiry import Stores
from counterfoil.inquiry.items import open_items
from counterfoil.simulation import WorldJob, oracle, play, sales_of
from counterfoil.simulation.watch import BookWatch
from counterfoil.step import SECOND, Instant
from counterfoil.verdict import Clocks, Verdict
from inquiry.world import World

DAY = Clocks().closure
SOON = 60 * SECOND


@pytest.mark.parametrize(
    ("mix", "world"), [("lost-terminal", 0), ("lost-terminal", 9), ("lost-terminal", 10), ("swarm", 6), ("swarm", 17)]
)
def test_every_exception_of_a_world_is_on_the_list(mix: str, world: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: set[str] = set()

    def balance(court: oracle.Court, watches: list[BookWatch]) -> None:
        issuers = {name: node.disk for name, node in court.plant.issuers.items()}
        for machine in [*(node.disk for node in court.plant.machines.values() if not node.gone), None]:
            stores = World(machine, court.plant.switch.disk, issuers)
            listed.update(item.one.ref for item in open_items(stores, court.now + 3 * DAY, 1 << 30))
        balanced(court, watches)

    balanced = oracle.Court.balance
    monkeypatch.setattr(oracle.Court, "balance", balance)
    outcome = play(WorldJob(1, mix, world, sales_of(world)))
    assert not outcome.broken
    exceptions = {finding.ref for finding in outcome.exceptions}
    assert exceptions
    assert exceptions <= listed


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, terminals=1, days=0)
    yield made
    made.close()


def listed(shop: Shop, now: Instant, *, silent: bool) -> list[tuple[str, Verdict]]:
    """References and verdicts of the list; `silent`: nobody can ask the terminal."""
    at = shop.folder / "stores"
    terminal = at / ("gone.db" if silent else "terminal.db")
    with Stores(terminal, at / "switch.db", {"issuer-a": at / "issuer.db"}) as stores:
        return [(item.one.ref, item.finding.verdict) for item in open_items(stores, now)]


def test_the_last_sale_of_a_silent_terminal_is_listed_after_a_day_and_no_sale_that_is_proved_closed(shop: Shop) -> None:
    shop.sell(shop.terminals)
    first = shop.now
    assert listed(shop, first + DAY - SOON, silent=True) == []
    ((ref, verdict),) = listed(shop, first + DAY, silent=True)
    assert verdict is Verdict.EXCEPTION
    assert listed(shop, first + DAY, silent=False) == []  # the terminal closed it, and can be asked
    shop.now += DAY
    shop.sell(shop.terminals)
    assert listed(shop, shop.now + SOON, silent=True) == []  # the next one proves it
    ((other, _),) = listed(shop, shop.now + DAY, silent=True)
    assert other != ref
