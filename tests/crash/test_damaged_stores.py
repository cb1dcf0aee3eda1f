"""What became of a store's files: refused with a sentence in both languages, and left exactly as it was found."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from counterfoil.errors import StoreError
from counterfoil.storage import Migration, Store, migrations_of, open_store
from counterfoil.storage.log import is_damaged
from crash.points import ROOM, content, fresh, recorded_day
from damage import DAMAGES, Damage, flip, log_of

PAGE = 4096
LOG_HEADER, FRAME = 32, 24 + PAGE


class Killed(NamedTuple):
    """A store as a kill leaves it, the last commits only in the log; and what was in it after every step."""

    path: Path
    states: list[str]


@pytest.fixture(scope="module")
def killed_stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Killed]:
    """Every station's store, killed after some steps."""
    day = recorded_day()
    stores = {}
    for name, room in ROOM.items():
        path = fresh(name, day, tmp_path_factory.mktemp("stores") / name)
        store = open_store(path, migrations_of(f"counterfoil.{room}"), lock=False)
        station = day.build[name](store)
        states = [content(store)]
        for step in day.steps[name][:25]:
            station.step(*step)
            states.append(content(store))
        left = path.parent.with_name("killed") / "store.db"
        shutil.copytree(path.parent, left.parent)
        store.close()
        log_of(left).with_name("store.db-shm").unlink()
        stores[room] = Killed(left, states)
    return stores


@pytest.fixture
def store(request: pytest.FixtureRequest, killed_stores: dict[str, Killed], tmp_path: Path) -> Path:
    """A copy of one of them, for one test."""
    room = str(request.param)
    shutil.copytree(killed_stores[room].path.parent, tmp_path / room)
    return tmp_path / room / "store.db"


def pages(log: bytes) -> list[int]:
    """The pages that a log holds, from 1 on."""
    return [int.from_bytes(log[at : at + 4], "big") for at in range(LOG_HEADER, len(log) - FRAME + 1, FRAME)]


def station(path: Path) -> str:
    return f"counterfoil.{path.parent.name}"


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (path, log_of(path)) if file.exists()}


def opened(path: Path) -> Store:
    return open_store(path, migrations_of(station(path)))


def refused(path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        opened(path)
    return caught.value


@pytest.mark.parametrize("store", ROOM.values(), indirect=True)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_refused_in_a_sentence_and_left_as_it_is(store: Path, damage: Damage) -> None:
    if not damage.needs_log:
        opened(store).close()
        assert not log_of(store).exists()
    damage.do(store)
    before = files(store)
    error = refused(store)
    assert damage.en in str(error)
    assert damage.zh in error.zh
    assert str(store) in str(error)
    assert str(store) in error.zh
    assert files(store) == before


@pytest.mark.parametrize("store", ROOM.values(), indirect=True)
def test_a_newer_store_keeps_its_log_when_it_is_refused(store: Path) -> None:
    """Nothing is brought over from the log by a program that does not know the format."""
    writer = apsw.Connection(str(store))
    writer.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    writer.execute("INSERT INTO migration SELECT max(number) + 1, 'ff' FROM migration")
    writer.close()
    before = files(store)
    assert len(before["store.db-wal"]) > FRAME
    assert "use the program that wrote it" in str(refused(store))
    assert files(store) == before


@pytest.mark.parametrize("store", ROOM.values(), indirect=True)
def test_a_page_that_the_log_holds_whole_is_put_right_by_it(store: Path, killed_stores: dict[str, Killed]) -> None:
    held = pages(log_of(store).read_bytes())
    flip(store, (1 if 1 in held else held[0]) * PAGE - PAGE + 3)
    again = opened(store)
    assert content(again) == killed_stores[store.parent.name].states[-1]
    again.close()
    assert store.read_bytes()[:16] == b"SQLite format 3\0"


@pytest.mark.parametrize("store", ROOM.values(), indirect=True)
def test_a_byte_turned_anywhere_in_the_log_is_refused_or_costs_the_last_commit_alone(
    store: Path, killed_stores: dict[str, Killed], tmp_path: Path
) -> None:
    """The last commit of a log cannot be told from one that a power cut tore; every other can."""
    states = killed_stores[store.parent.name].states
    size = log_of(store).stat().st_size
    accepted = []
    for number, at in enumerate(range(0, size, max(1, size // 60))):
        copy = tmp_path / str(number) / store.parent.name
        shutil.copytree(store.parent, copy)
        flip(log_of(copy / "store.db"), at)
        try:
            again = opened(copy / "store.db")
        except StoreError as error:
            assert "is damaged before its last commits" in str(error)  # noqa: PT017 - either may happen
            continue
        accepted.append(at)
        assert content(again) in (states[-1], last_but(states))
        again.close()
    assert size - min(accepted, default=size) < 30 * FRAME
    assert len(accepted) < 30


def last_but(states: list[str]) -> str:
    """The state before the last commit: a step need not write anything."""
    return next(state for state in reversed(states) if state != states[-1])


@pytest.mark.parametrize("store", ROOM.values(), indirect=True)
def test_a_log_torn_by_a_power_cut_is_no_damage(store: Path, killed_stores: dict[str, Killed], tmp_path: Path) -> None:
    """Cut off in the middle of a commit, or with a page of it never written."""
    states = killed_stores[store.parent.name].states
    whole = log_of(store).read_bytes()
    for frames in range(1, (len(whole) - LOG_HEADER) // FRAME, 9):
        end = LOG_HEADER + frames * FRAME
        for number, torn in enumerate((whole[:end], whole[: end - 500], whole[: end - FRAME] + bytes(FRAME))):
            copy = tmp_path / f"{frames}-{number}" / store.parent.name
            shutil.copytree(store.parent, copy)
            log_of(copy / "store.db").write_bytes(torn)
            again = opened(copy / "store.db")
            assert content(again) in states
            again.close()


def test_a_log_that_began_anew_over_its_older_round_is_no_damage(tmp_path: Path) -> None:
    """After a checkpoint the log is written from its beginning again; behind its end the older commits still stand."""
    path = tmp_path / "store.db"
    store = open_store(path, [Migration(1, "CREATE TABLE sale (id bigint NOT NULL PRIMARY KEY, what text);")])
    for rows in (300, 2, 1):
        for number in range(5):
            store.begin()
            store.executemany(
                "INSERT INTO sale VALUES (?, ?)", [(rows * 10_000 + number * 1000 + n, "x" * 900) for n in range(rows)]
            )
            store.commit()
        assert store.query("PRAGMA wal_checkpoint(PASSIVE)")[0][0] == 0
        data = log_of(path).read_bytes()
        assert not is_damaged(data)
    assert len(data) > 100 * FRAME
    turned = bytearray(data)
    turned[LOG_HEADER + 100] ^= 0xFF
    assert is_damaged(bytes(turned))
    store.close()
