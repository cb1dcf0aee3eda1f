"""The stores of a stack are opened when they are needed, read-only, and let go of when the answer is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.inquiry import Stores
from counterfoil.inquiry.stores import formats
from counterfoil.issuer.records import PACKAGE
from counterfoil.storage import migrations_of, open_store

ROOMS = {"terminal": "counterfoil.terminal", "switch": "counterfoil.switch", "issuer-a": PACKAGE, "issuer-b": PACKAGE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, room in ROOMS.items():
        open_store(tmp_path / f"{name}.db", migrations_of(room)).close()
    return tmp_path


def stores_of(folder: Path, archive: Path | None = None) -> Stores:
    issuers = {name: folder / f"{name}.db" for name in ("issuer-b", "issuer-a")}
    return Stores(folder / "terminal.db", folder / "switch.db", issuers, archive)


def test_each_station_is_asked_in_a_store_of_its_own_room(folder: Path) -> None:
    tables = {"terminal": "device", "switch": "outbox", "issuer-a": "advice", "issuer-b": "advice"}
    with stores_of(folder) as stores:
        assert stores.issuers == ("issuer-b", "issuer-a")
        for name, table in tables.items():
            store = stores.of(name)
            assert store is not None
            assert store.query(f"SELECT count(*) FROM {table}") == [(0,)]
            assert stores.of(name) is store
        assert stores.terminal is stores.of("terminal")
        assert stores.switch is stores.of("switch")
        assert list(stores.each_issuer()) == [(name, stores.of(name)) for name in ("issuer-b", "issuer-a")]
        assert stores.of("issuer-c") is None
        assert stores.archive is None
        assert stores.archived() == {}


def test_nothing_can_be_written_and_everything_is_closed_at_the_end(folder: Path) -> None:
    with stores_of(folder) as stores:
        switch = stores.switch
        assert switch is not None
        with pytest.raises(Exception, match=r"(?i)readonly|read-only"):
            switch.execute("DELETE FROM outbox")
    with pytest.raises(Exception, match=r"(?i)closed"):
        switch.query("SELECT 1")
    assert stores.switch is not switch  # it is opened again when it is asked again
    stores.close()


def test_a_store_that_appears_later_is_seen_by_the_next_reader(folder: Path) -> None:
    at = folder / "switch.db"
    moved = at.rename(folder / "moved.db")
    stores = stores_of(folder)
    assert stores.switch is None
    moved.rename(at)
    assert stores.switch is None  # one reader sees one state of things
    stores.close()
    assert stores.switch is not None
    stores.close()


def test_a_store_of_another_room_is_not_read(folder: Path) -> None:
    (folder / "terminal.db").write_bytes((folder / "switch.db").read_bytes())
    (folder / "issuer-b.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    with stores_of(folder) as stores:
        assert stores.of("issuer-b") is None
        assert [name for name, _ in stores.each_issuer()] == ["issuer-a"]


def test_what_was_found_in_the_archive_is_told_with_its_date_and_forgotten_at_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stores_of(folder, folder / "archive") as stores:
        archive = stores.archive
        assert archive is not None
        assert stores.archived() == {}
        archive.seen = {
            ("switch", ("T1", "000001", "000001")): "2026-01-01",
            ("issuer-a", ("1/2/3",)): "2026-01-02",
        }
        assert stores.archived() == {"switch": "2026-01-01", "issuer-a": "2026-01-02"}
        closed: list[bool] = []
        monkeypatch.setattr(archive, "close", lambda: closed.append(True))
    assert closed == [True]


def test_the_formats_of_a_room_are_read_once() -> None:
    assert formats(PACKAGE) is formats(PACKAGE)
    assert formats(PACKAGE) == migrations_of(PACKAGE)
