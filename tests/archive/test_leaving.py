"""What leaves a store is in the archive, whole and once, whatever dies on the way; what may not leave stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.shop import STATIONS, TABLES, Killed, Shop, together
from counterfoil.archive import files, folder, run, writing
from counterfoil.archive.checking import verify
from counterfoil.archive.folder import parts
from counterfoil.errors import OutcomeUnknown, StoreError
from counterfoil.issuer import stubs as issuers


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def rows(shop: Shop) -> dict[str, dict[str, list[str]]]:
    return {station: shop.in_store(station) for station in STATIONS}


@pytest.mark.parametrize("station", STATIONS)
def test_store_and_archive_together_are_what_the_store_was(shop: Shop, station: str) -> None:
    again = next(frame for frame in shop.frames["issuer"] if frame.data.startswith(b"0200"))
    shop.step("issuer-a", again)  # a line of evidence beside its purchase
    before = shop.in_store(station)
    told = shop.archive(station)
    after, archived = shop.in_store(station), shop.in_archive(station)
    assert together(after, archived) == before
    main = TABLES[station][0]
    assert sum(one.left for one in told) == len(archived[main]) >= 15
    assert all(archived[table] for table in TABLES[station] if table != "advice")
    assert len(after[main]) < len(before[main])
    assert [part.date for part in parts(shop.archived, station)] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_no_card_number_sealed_or_not_is_in_a_file(shop: Shop) -> None:
    assert shop.stores["switch"].query("SELECT count(*) FROM attempt WHERE length(pan) > 0")[0][0] > 0
    shop.archive()
    for station in ("switch", "terminal"):
        for part in parts(shop.archived, station):
            columns, found = files.matching(part.file("attempt"), {"state": ["approved", "closed"]})
            assert {row[columns.index("pan")] for row in found} == {b""}


def test_a_second_run_finds_nothing_to_do(shop: Shop) -> None:
    shop.archive()
    assert shop.archive() == []


def test_the_ledger_is_whole_without_the_archive(shop: Shop) -> None:
    before = issuers.accounts(shop.stores["issuer"])
    shop.archive()
    assert issuers.accounts(shop.stores["issuer"]) == before
    assert issuers.violations(shop.stores["issuer"]) == []


# --- death ------------------------------------------------------------------------------------------------------------


def dying(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, at: int, *, after: bool) -> Callable[[], int]:
    """The process dies at the `at`th call of `place.name`, before or after it did its work; how often it was called."""
    real, calls = getattr(place, name), [0]

    def dies(*args: Any, **more: Any) -> Any:
        calls[0] += 1
        if calls[0] == at and not after:
            raise Killed
        result = real(*args, **more)
        if calls[0] == at:
            raise Killed
        return result

    monkeypatch.setattr(place, name, dies)
    return lambda: calls[0]


POINTS = {
    "a folder is made": (folder, "begin"),
    "rows are read": (writing, "rows_of"),
    "a row group is written": (files.TableWriter, "write"),
    "a file is flushed": (os, "fsync"),
    "the files are read back": (writing, "digest_of"),
    "the manifest is written": (writing, "write_bytes"),
    "the part gets its name": (folder, "name"),
    "the part is renamed": (Path, "rename"),
    "a folder is flushed": (folder, "sync_directory"),
    "the owner is asked": (Shop, "ask"),
    "the end is noted": (folder.ArchivePart, "finish"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_nothing_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    monkeypatch.setattr(run, "AT_ONCE", 2)  # several commits a date
    shop = Shop(tmp_path, terminals=2, days=2)
    before = rows(shop)
    deaths = 0
    for at in range(1, 400):
        with monkeypatch.context() as dangerous:
            calls = dying(dangerous, *POINTS[point], at, after=after)
            try:
                shop.archive("switch", "issuer-a")
            except Killed:
                deaths += 1
            else:
                break
        assert calls() == at
        monkeypatch.undo()
        monkeypatch.setattr(run, "AT_ONCE", 2)
        for station in ("switch", "issuer-a"):
            missing_nowhere(shop, station, before[station])
        shop.restart()
    assert deaths > 0
    for station in ("switch", "issuer-a"):
        assert together(shop.in_store(station), shop.in_archive(station)) == before[station]
    assert verify(shop.archived, lambda _: None).wrong == []


def missing_nowhere(shop: Shop, station: str, before: dict[str, list[str]]) -> None:
    """In the middle of it a row may be in both, never in neither."""
    store, archived = shop.in_store(station), shop.in_archive(station)
    for table, all_rows in before.items():
        assert set(store[table]) | set(archived[table]) == set(all_rows)


def test_a_file_that_reads_back_otherwise_is_noticed_before_anything_goes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.in_store("switch")
    real = writing.digest_of
    monkeypatch.setattr(writing, "digest_of", lambda *args: (real(*args)[0], "0" * 64))
    with pytest.raises(StoreError, match="nothing was removed"):
        shop.archive("switch")
    assert (shop.in_store("switch"), parts(shop.archived, "switch")) == (before, [])


def test_a_damaged_part_of_an_earlier_run_keeps_no_other_date_from_leaving(tmp_path: Path) -> None:
    shop = Shop(tmp_path, terminals=2, days=3)
    before = rows(shop)["switch"]

    def silent(_: dict[str, Any]) -> dict[str, Any]:
        raise OutcomeUnknown("the station does not answer")

    with pytest.raises(OutcomeUnknown):
        shop.archive("switch", owner=silent)
    (first,) = parts(shop.archived, "switch")
    (first.path / "manifest.json").write_bytes(b'{"format": "\xff')
    told = shop.archive("switch")
    assert [str(error) for error in shop.damaged] == [f"{first.path / 'manifest.json'} is missing or cannot be read"]
    assert len(told) >= 3
    assert not first.done  # so its transactions were in the store still, and have left in another part of their date
    shutil.rmtree(first.path)
    assert together(shop.in_store("switch"), shop.in_archive("switch")) == before


# --- what stays -------------------------------------------------------------------------------------------------------


def changed(shop: Shop, station: str, sql: str) -> None:
    store = shop.stores[STATIONS[station]]
    with store.transaction():
        store.execute(sql)
        store.commit()


@pytest.mark.parametrize(
    ("station", "sql"),
    [
        *(("terminal", f"UPDATE attempt SET state = '{s}' WHERE stan = {{first}}") for s in ("approved", "escalated")),
        ("terminal", "UPDATE attempt SET case_number = 'C1' WHERE stan = {first}"),
        ("terminal", "UPDATE attempt SET cardholder_copy = 'sending' WHERE stan = {first}"),
        ("terminal", "UPDATE attempt SET bank_copy = 'queued' WHERE stan = {first}"),
        (
            "terminal",
            "UPDATE trail SET line = line + 1000000 WHERE sale = (SELECT min(place) FROM attempt WHERE stan = {first})",
        ),
        *(("switch", f"UPDATE attempt SET state = '{s}' WHERE stan = {{first}}") for s in ("asked", "reversing")),
        ("switch", "UPDATE attempt SET case_number = 'C1' WHERE stan = {first}"),
        (
            "switch",
            (
                "INSERT INTO outbox (rrn, issuer, transmitted, trace, message, tries, sent_at, next_at) "
                "SELECT rrn, issuer, '', '', '{{}}', 1, 1, 1 FROM attempt WHERE stan = {first}"
            ),
        ),
        ("switch", "UPDATE attempt SET batch = '000002' WHERE stan > {first}"),
    ],
)
def test_what_is_not_at_rest_stays(shop: Shop, station: str, sql: str) -> None:
    (first,) = shop.stores[station].query("SELECT min(stan) FROM attempt WHERE terminal = 'T0000000'")[0]
    changed(shop, station, sql.format(first=f"'{first}'") + " AND terminal = 'T0000000'")
    store = shop.stores[station]
    shop.archive(station)
    left = store.query("SELECT terminal FROM attempt WHERE stan = ?", (first,))
    assert ("T0000000",) in left


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE txn SET case_number = 'C1' WHERE key = {first}",
        "INSERT INTO outbox (seq, at, notices) SELECT -1, debited_at, '[]' FROM txn WHERE key = {first}",
    ],
)
def test_what_is_not_at_rest_stays_at_the_issuer(shop: Shop, sql: str) -> None:
    (first,) = shop.stores["issuer"].query("SELECT min(key) FROM txn")[0]
    changed(shop, "issuer-a", sql.format(first=f"'{first}'"))
    shop.archive("issuer-a")
    assert shop.stores["issuer"].query("SELECT key FROM txn WHERE key = ?", (first,)) == [(first,)]
    (open_still,) = {one.open for one in shop.archive("issuer-a")} or {1}
    assert open_still == 1


def test_what_came_to_rest_later_is_a_second_part_of_its_date(shop: Shop) -> None:
    before = shop.in_store("switch")
    changed(shop, "switch", "UPDATE attempt SET state = 'reversing' WHERE stan = (SELECT min(stan) FROM attempt)")
    shop.archive("switch")
    changed(shop, "switch", "UPDATE attempt SET state = 'approved' WHERE state = 'reversing'")
    shop.archive("switch")
    names = [part.path.name for part in parts(shop.archived, "switch")]
    assert names == ["2026-01-01", "2026-01-01.2", "2026-01-02", "2026-01-03"]
    assert together(shop.in_store("switch"), shop.in_archive("switch")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE attempt SET updated_at = updated_at + 1 WHERE stan = {first} AND terminal = 'T0000000'",
        (
            "INSERT INTO trail (tick, rrn, terminal, what, leg, message) SELECT 5, rrn, terminal, 'repeated', '1', '' "
            "FROM attempt WHERE stan = {first} AND terminal = 'T0000000'"
        ),
        "UPDATE attempt SET state = 'reversing' WHERE stan = {first} AND terminal = 'T0000000'",
    ],
)
def test_what_changed_after_it_was_written_down_stays_and_the_store_has_the_last_word(shop: Shop, sql: str) -> None:
    (first,) = shop.stores["switch"].query("SELECT min(stan) FROM attempt WHERE terminal = 'T0000000'")[0]
    done: list[int] = []

    def owner(args: dict[str, Any]) -> dict[str, Any]:
        if not done:
            done.append(1)
            changed(shop, "switch", sql.format(first=f"'{first}'"))
        return shop.ask("switch", "archive", args)

    told = shop.archive("switch", owner=owner)
    assert [one.kept for one in told] == [1, 0, 0]
    part = parts(shop.archived, "switch")[0]
    assert part.done is not None
    assert part.done.kept == [("T0000000", "000001", first)]
    assert shop.stores["switch"].query("SELECT count(*) FROM attempt WHERE stan = ?", (first,)) == [(1,)]
    assert verify(shop.archived, lambda _: None).wrong == []


def test_a_lane_keeps_what_it_has_in_its_hands(shop: Shop) -> None:
    lane = shop.inside("terminal")._lanes["T0000000"]
    (first,) = shop.stores["terminal"].query("SELECT min(stan) FROM attempt WHERE terminal = 'T0000000'")[0]
    lane.current = shop.inside("terminal")._records.one(("T0000000", "000001", first))
    assert [one.kept for one in shop.archive("terminal")] == [1, 0, 0]


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"keys": []},
        {"keys": [["a"]], "digests": []},
        {"keys": "a", "digests": "b"},
        {"keys": [["a", "b", "c"]] * 101, "digests": ["x"] * 101},
    ],
)
def test_a_request_that_makes_no_sense_is_turned_down(shop: Shop, station: str, args: dict[str, Any]) -> None:
    answer = shop.ask(station, "archive", args)
    assert answer["error"] in {"bad_request", "bad_keys"}
    assert set(answer["message"]) == {"en", "zh"}


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    with (
        folder.writer(tmp_path / "archive"),
        pytest.raises(StoreError, match="another"),
        folder.writer(tmp_path / "archive"),
    ):
        pass
