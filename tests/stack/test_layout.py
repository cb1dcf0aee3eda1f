import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.stack.layout import STATIONS, Layout, Running, formats

NOBODY = 65534


def test_only_the_owner_reads_a_data_directory(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "new" / "data")
    layout.prepare()
    layout.prepare()
    layout.secret(layout.demo_key, make=True)
    layout.publish("up", Running(1, "t", 2))
    for path in [layout.data, *layout.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_secret_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first = layout.secret(tmp_path / "key", make=True)
    assert len(first) == 32
    assert layout.secret(tmp_path / "key", make=True) == first
    assert layout.secret(tmp_path / "other", make=True) != first


def test_of_many_who_make_a_secret_at_once_all_have_the_same(tmp_path: Path) -> None:
    """The console and `audit anchor` both want the key of a new installation."""
    layout, start = Layout(tmp_path), threading.Barrier(8)

    def made(_: int) -> list[bytes]:
        start.wait()
        return [layout.secret(tmp_path / f"key-{number}", make=True) for number in range(30)]

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(made, range(8))
    assert len(set(first)) == 30
    assert all(other == first for other in others)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"key-{number}" for number in range(30))


@pytest.mark.parametrize("content", [None, "", "zz", "00" * 31, "\u4e2d"])
def test_a_missing_or_damaged_secret_is_never_made_up(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(StoreError, match="missing or damaged"):
        Layout(tmp_path).secret(path, make=content is not None)


def test_a_place_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/data cannot be used: not a directory"):
        Layout(tmp_path / "file" / "data").prepare()


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder of somebody whom permissions stop: root, whom they do not, becomes nobody for the test."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-") as folder:
        if os.geteuid() != 0:
            yield Path(folder)
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_a_read_only_directory_is_one_sentence(plain_user: Path) -> None:
    Layout(plain_user / "data").prepare()
    (plain_user / "data").chmod(0o500)
    with pytest.raises(StoreError, match="cannot be used: permission denied"):
        Layout(plain_user / "data").prepare()
    (plain_user / "data").chmod(0o700)


def test_what_runs_says_how_to_reach_it_until_it_ends(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    assert layout.find("switch") is None
    running = Running(4711, "token", 99, "::1", {"timers": [1, 2, 3]})
    layout.publish("switch", running)
    assert layout.find("switch") == running
    layout.running("switch").write_text("{half")
    assert layout.find("switch") is None
    layout.retract("switch")
    layout.retract("switch")


def test_every_station_has_a_store_format() -> None:
    assert all(formats(name) for name in STATIONS)
