"""A station that forgot, copies that do not belong together, a process that is killed, an archive, sales that go on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from archive.shop import Shop
from counterfoil.reconciliation.records import Records
from counterfoil.reconciliation.rows import Pass
from counterfoil.step import SECOND, CommitFailed, Instant
from reconciliation.compared import STORES, Compared, copy_of


class Past(NamedTuple):
    """Copies of all stores after one, two and three rounds of sales, and what was sold in the second and the third."""

    folder: Path
    first: Path
    second: Path
    third: Path
    lost: frozenset[str]
    later: frozenset[str]
    now: Instant


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    folder = tmp_path_factory.mktemp("past")
    shop = Shop(folder, terminals=2, days=0)
    shop.sell(shop.terminals)
    first = copy_of(shop, folder / "first")
    lost = sold(shop, 3)
    second = copy_of(shop, folder / "second")
    for station in STORES:  # what follows lies in the log, and not in the file
        shop.stores[station].query("PRAGMA wal_checkpoint(TRUNCATE)")
    later = sold(shop)
    third = copy_of(shop, folder / "third")
    (folder / "files").mkdir()
    for station in STORES:
        subprocess.run(["cp", folder / "stores" / f"{station}.db", folder / "files"], check=True)
    shop.close()
    return Past(folder, first, second, third, frozenset(lost), frozenset(later), shop.now)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, terminals=2, days=0)
    made.sell(made.terminals)
    yield made
    made.close()


def mixed(past: Past, folder: Path, **settings: Any) -> Compared:
    """The newest copies, to be spoiled."""
    compared = Compared(folder, past.now, **settings)
    compared.put_back(past.third)
    return compared


def sold(shop: Shop, times: int = 1) -> set[str]:
    """The references of so many more sales at each terminal."""
    before = refs(shop)
    for _ in range(times):
        shop.now += 60 * SECOND
        shop.sell(shop.terminals)
    shop.now += 60 * SECOND
    shop.run()
    return refs(shop) - before


def refs(shop: Shop) -> set[str]:
    return {"/".join(key) for key in shop.stores["terminal"].query("SELECT terminal, batch, stan FROM attempt")}


def each(names: Iterable[str], kind: str) -> dict[str, set[str]]:
    return {name: {kind} for name in names}


FORGOTTEN = {"terminal": "missing_at_terminal", "switch": "missing_at_switch", "issuer": "missing_at_issuer"}


@pytest.mark.parametrize("station", STORES)
def test_a_station_that_came_back_from_a_backup_has_forgotten_sales_by_name(
    station: str, past: Past, tmp_path: Path
) -> None:
    """Charged, each with its receipt, and one of the stores knows nothing of it."""
    compared = mixed(past, tmp_path)
    assert compared.found() == {}
    compared.put_back(past.first, station)
    assert compared.found(whole=False) == each(past.lost | past.later, FORGOTTEN[station])
    assert compared.comparison.last is not None
    assert compared.comparison.last.whole  # it did not believe that nothing is new
    compared.put_back(past.third)
    assert compared.found(whole=False) == {}
    assert len(compared.ended) == len(past.lost | past.later) == 8


@pytest.mark.parametrize("station", STORES)
def test_a_log_that_was_deleted_took_sales_with_it(station: str, past: Past, tmp_path: Path) -> None:
    compared = mixed(past, tmp_path)
    compared.put_back(past.folder / "files", station)  # the file as it lay there, without its log
    assert compared.found() == each(past.later, FORGOTTEN[station])


def test_copies_taken_one_after_the_other_under_load_contradict_each_other(past: Past, tmp_path: Path) -> None:
    compared = mixed(past, tmp_path)
    compared.put_back(past.first, "terminal")
    compared.put_back(past.second, "switch")
    found = compared.found()
    assert {name: kinds for name, kinds in found.items() if " " not in name} == each(past.lost, "missing_at_terminal")
    assert {next(iter(kinds)) for name, kinds in found.items() if " " in name} == {"unasked_debit"}
    assert len(found) == len(past.lost) + len(past.later)


def test_a_process_killed_after_any_turn_goes_on_and_numbers_nothing_twice(past: Past, tmp_path: Path) -> None:
    killed = mixed(past, tmp_path, page=1)
    killed.put_back(past.second, "switch")
    turns, now_at = 0, killed.comparison.begin(whole=True)
    while now_at.stage:
        now_at = killed.comparison.turn()
        killed.again()
        killed.now += SECOND
        turns += 1
        assert turns < 200
    assert now_at.compared == 3 * 10 - len(past.later)
    assert {row.name: {row.kind.value} for row in killed.open} == each(past.later, "missing_at_switch")
    assert len({row.number for row in killed.open}) == len(past.later)


def test_what_failed_before_its_commit_is_looked_at_again(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = mixed(past, tmp_path)
    compared.put_back(past.second, "issuer")
    compared.comparison.begin(whole=True)
    write = Records.write

    def failing(*_: object, **__: object) -> None:
        raise CommitFailed("the disk is full")

    for _ in range(3):
        monkeypatch.setattr(Records, "write", failing)
        with pytest.raises(CommitFailed, match="full"):
            compared.comparison.turn()
        monkeypatch.setattr(Records, "write", write)
        compared.comparison.turn()
    assert compared.found() == each(past.later, "missing_at_issuer")


def test_a_turn_reads_a_page_at_most_and_leaves_no_reader_behind(shop: Shop) -> None:
    sold(shop, 5)
    compared = Compared(shop.folder / "stores", shop.now, page=3)
    before, now_at = 0, compared.comparison.begin(whole=True)
    while now_at.stage:
        shop.sell(shop.terminals[:1])
        now_at = compared.comparison.turn()
        assert now_at.compared - before <= 3
        before = now_at.compared
        for store in shop.stores.values():
            ((busy, left, _),) = store.query("PRAGMA wal_checkpoint(TRUNCATE)")
            assert (busy, left) == (0, 0)
    assert compared.open == []
    assert now_at.compared > 3 * 12


def test_sales_that_go_on_meanwhile_are_no_contradictions(shop: Shop) -> None:
    compared = Compared(shop.folder / "stores", shop.now, page=2)
    now_at: Pass = compared.comparison.begin(whole=True)
    while now_at.stage:
        shop.now += SECOND
        shop.sell(shop.terminals[:1])
        compared.now = shop.now
        now_at = compared.comparison.turn()
    assert compared.found(whole=False) == {}
    assert compared.comparison.last is not None
    assert not compared.comparison.last.whole
    assert compared.ended == []


@pytest.mark.parametrize("stations", [("terminal", "switch", "issuer-a"), ("terminal",), ("switch",), ("issuer-a",)])
def test_what_left_for_the_archive_is_not_missing(stations: tuple[str, ...], tmp_path: Path) -> None:
    shop = Shop(tmp_path, terminals=2)
    shop.archive(*stations)
    shop.close()
    compared = Compared(shop.folder / "stores", shop.now, archive=shop.archived)
    assert compared.found() == {}
    assert Compared(shop.folder / "stores", shop.now).found() != {}  # without it some stubs are nowhere
