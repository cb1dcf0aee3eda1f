"""Copies of several stores at one instant, while others write: what one says, another knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.storage import Migration, Store, open_store
from counterfoil.storage.copying import CopySource, at_one_instant, copied
from counterfoil.storage.mark import SUFFIX
from damage import DAMAGES, Damage, flip

FORMAT = [Migration(1, "CREATE TABLE told (number bigint NOT NULL PRIMARY KEY, text text NOT NULL);")]
PAGE = 4096


def silent(_done: int, _whole: int) -> None:
    """Nobody waits."""


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    opened = [open_store(tmp_path / name / "store.db", FORMAT) for name in ("first", "second")]
    yield opened
    for store in opened:
        store.close()


def tell(store: Store, number: int) -> None:
    with store.transaction():
        store.execute("INSERT INTO told VALUES (?, ?)", (number, "x" * 600))
        store.commit()


def highest(path: Path) -> int:
    with copied(path) as store:
        return int(store.query("SELECT coalesce(max(number), 0) FROM told")[0][0])


def test_what_the_second_heard_the_first_has_said_in_every_copy(stores: list[Store], tmp_path: Path) -> None:
    """The first says a number and commits, then the second hears it: at no instant is the second ahead."""
    stop = threading.Event()
    started = threading.Event()

    def talk() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            for store in stores:
                tell(store, number)
            started.set()

    talking = threading.Thread(target=talk)
    talking.start()
    found = []
    try:
        assert started.wait(30)
        # The worst order: the one that hears is looked at first, and copied last.
        originals = [CopySource(Path(store.path)) for store in reversed(stores)]
        for copy in range(12):
            with at_one_instant(originals):
                for one in originals:
                    one.copy(tmp_path / f"{one.path.parent.name}.{copy}", silent)
            found.append((highest(tmp_path / f"first.{copy}"), highest(tmp_path / f"second.{copy}")))
        for one in originals:
            one.close()
    finally:
        stop.set()
        talking.join()
    assert [said - heard for said, heard in found if said - heard not in (0, 1)] == []
    assert found == sorted(found)
    assert found[-1] > found[0], "nobody wrote meanwhile"


def test_a_copy_is_of_the_instant_at_which_it_was_begun(stores: list[Store], tmp_path: Path) -> None:
    with stores[0].transaction() as store:
        store.executemany("INSERT INTO told VALUES (?, ?)", [(number, "x" * 600) for number in range(1, 2000)])
        store.commit()
    steps: list[tuple[int, int]] = []

    def step(done: int, whole: int) -> None:
        steps.append((done, whole))
        tell(stores[0], 10_000 + len(steps))

    with closing(CopySource(Path(stores[0].path))) as original, at_one_instant([original]):
        original.copy(tmp_path / "copy", step)
    assert highest(tmp_path / "copy") == 1999
    assert len(steps) > 1
    assert steps[-1][0] == steps[-1][1] == (tmp_path / "copy").stat().st_size
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "first", "second"]


def test_nothing_is_copied_when_the_stores_are_never_at_rest(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = CopySource(Path(stores[0].path))
    looked: list[int] = []
    look = original.look

    def disturbed() -> None:
        look()
        looked.append(len(looked) + 1)
        tell(stores[0], looked[-1])

    monkeypatch.setattr(original, "look", disturbed)
    monkeypatch.setattr("counterfoil.storage.copying.TRIES", 20)
    with pytest.raises(StoreError, match="never all at rest") as caught, at_one_instant([original]):
        pytest.fail("a copy was begun")
    assert "同一时刻" in caught.value.zh
    assert len(looked) == 20
    original.close()


def test_a_copy_that_is_not_sound_is_refused(stores: list[Store], tmp_path: Path) -> None:
    for number in range(1, 50):
        tell(stores[0], number)
    with closing(CopySource(Path(stores[0].path))) as original, at_one_instant([original]):
        original.copy(tmp_path / "copy", silent)
    flip(tmp_path / "copy", 2 * PAGE)
    with pytest.raises(StoreError, match="the copy of copy is not sound"), copied(tmp_path / "copy"):
        pytest.fail("it was taken for sound")


@pytest.mark.parametrize("name", ["no_database", "foreign", "log_header", "log_frame", "log_gone", "log_without_store"])
def test_a_store_that_would_be_misread_is_not_copied(name: str, stores: list[Store], tmp_path: Path) -> None:
    """A reader alone would take a damaged log for one that ends early, and copy the store as it was before."""
    damage: Damage = DAMAGES[name]
    source = Path(stores[0].path)
    for number in range(1, 50):
        tell(stores[0], number)
    left = tmp_path / "left" / "store.db"
    left.parent.mkdir()
    for suffix in ("", "-wal", SUFFIX) if damage.needs_log else ("",):
        (left.parent / f"store.db{suffix}").write_bytes((source.parent / f"store.db{suffix}").read_bytes())
    damage.do(left)
    with pytest.raises(StoreError) as caught:
        CopySource(left)
    assert damage.en in str(caught.value)
    assert damage.zh in caught.value.zh
