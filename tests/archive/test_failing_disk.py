"""The disk fails while the owner lets transactions go: all of them are gone, or none, and asking again ends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.shop import STATIONS, Shop
from counterfoil.archive.run import days
from counterfoil.archive.shapes import room_of
from counterfoil.step import DAY, CommitFailed
from counterfoil.storage import Store, open_store
from counterfoil.storage.archiving import Key, TransactionShape, Wanted, digest, leave, rows_of
from counterfoil.zone import zone
from failing_disk import Disk, killed, power_cut

MOST = 25


@pytest.fixture
def disk() -> Iterator[Disk]:
    vfs = Disk()
    yield vfs
    vfs.unregister()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = Shop(tmp_path_factory.mktemp("shop"), days=2)
    for store in made.stores.values():
        store._connection.wal_checkpoint(mode=3)  # one file, that can be copied
    return made


def asked(shop: Shop, station: str) -> tuple[Wanted, dict[Key, str]]:
    """The transactions of the first date, as an archive would ask for them."""
    store, room = shop.stores[STATIONS[station]], room_of(station)
    day = next(days(store, room, shop.now - DAY, zone()))
    digests = {key: digest(rows) for key, rows in rows_of(store, room.shape, day.keys).items()}
    return Wanted(list(digests), list(digests.values())), digests


def held(store: Store, shape: TransactionShape, digests: dict[Key, str]) -> bool:
    """Whether all of them are there as they were (True) or none is (False)."""
    found = rows_of(store, shape, list(digests))
    assert {key: digest(rows) for key, rows in found.items()} in (digests, {})
    return bool(found)


@pytest.mark.parametrize("ending", [killed, power_cut], ids=lambda ending: ending.__name__)
@pytest.mark.parametrize("station", STATIONS)
def test_a_disk_that_fails_leaves_all_or_nothing(
    shop: Shop, disk: Disk, tmp_path: Path, station: str, ending: Callable[[Path, Disk], None]
) -> None:
    room = room_of(station)
    wanted, digests = asked(shop, station)
    ends: set[tuple[bool, bool]] = set()
    operations = counted(shop, disk, tmp_path / "count", station, wanted)
    assert operations > 2
    for fails_at in range(1, operations + 1, max(1, operations // MOST)):
        path = copied(shop, tmp_path / str(fails_at), station)
        disk.safe = {str(path): path.read_bytes()}
        store = open_store(path, room.formats, vfs="failing disk", lock=False)
        disk.count, disk.fails_at = 0, fails_at
        try:
            leave(store, room.shape, wanted)
        except CommitFailed:
            said = False
        else:
            said = True
        disk.fails_at = fails_at if ending is killed else 1  # closing must not repair anything
        store.close()
        disk.fails_at = 0
        ending(path, disk)
        again = open_store(path, room.formats, lock=False)
        there = held(again, room.shape, digests)
        assert not (said and there), "it was said that they are gone"
        ends.add((said, there))
        left = leave(again, room.shape, wanted)
        assert (len(left.left), len(left.gone), left.kept) == ((6, 0, []) if there else (0, 6, []))
        again.close()
    assert (False, True) in ends, "the disk never failed in time"


def copied(shop: Shop, folder: Path, station: str) -> Path:
    folder.mkdir()
    return Path(shutil.copy(shop.folder / "stores" / f"{STATIONS[station]}.db", folder / "store.db"))


def counted(shop: Shop, disk: Disk, folder: Path, station: str, wanted: Wanted) -> int:
    """How many operations of the disk it takes."""
    room = room_of(station)
    store = open_store(copied(shop, folder, station), room.formats, vfs="failing disk", lock=False)
    disk.count = 0
    leave(store, room.shape, wanted)
    total = disk.count
    store.close()
    return total


def test_a_store_that_is_archived_day_by_day_stops_growing(tmp_path: Path) -> None:
    """What left makes room for what comes: the file is as large after six days as after three, but for what stays."""
    shop = Shop(tmp_path, terminals=40, days=0)
    sizes: dict[str, list[int]] = {station: [] for station in STATIONS}
    for _ in range(7):
        shop.sell_a_day(5)
        shop.archive()
        for station, name in STATIONS.items():
            sizes[station].append(shop.stores[name].query("SELECT page_count FROM pragma_page_count")[0][0])
    stays = {"terminal": 90, "switch": 130, "issuer-a": 480}  # bytes a sale that may stay, pages half full
    for station, pages in sizes.items():
        grown = (pages[-1] - pages[2]) * 4096
        assert grown <= 4 * 200 * stays[station], (station, pages)
