"""`why` and the search say of an archived transaction what they said before; the files are checked, and by whom."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.shop import STATIONS, TABLES, Shop
from counterfoil.archive import files, writing
from counterfoil.archive.checking import verify
from counterfoil.archive.folder import ArchivePart, parts
from counterfoil.archive.shapes import ROOMS, Room, room_of
from counterfoil.archive.writing import transactions
from counterfoil.errors import StoreError
from counterfoil.inquiry import Search, Stores, finding, search
from counterfoil.inquiry.papers import NoPaper, paper
from counterfoil.receipts.render.text import render
from counterfoil.step import DAY
from counterfoil.storage import open_store
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import AttemptKey
from counterfoil.zone import zone

FIRST = AttemptKey("T0000000", "000001", "000002")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, dict[str, Any]]:
    """A shop whose sales are archived, and what was said of its first sale before."""
    shop = Shop(tmp_path_factory.mktemp("shop"), sales=3)
    with shop.opened() as stores:
        (one,) = search(stores, Search(key=FIRST))
        before = {"one": one, "finding": finding(stores, one, shop.now), "archived": stores.archived()}
        assert before["archived"] == {}
    shop.archive()
    return shop, before


def questions(one: Any, told: Any) -> dict[str, Search]:
    return {
        "key": Search(key=FIRST),
        "rrn": Search(rrn=one.rrn),
        "card and amount": Search(last4=one.last4, amount=one.amount),
        "stan": Search(terminal=FIRST.terminal, stan=FIRST.stan),
        "approval code": Search(auth_code=told.evidence.terminal.auth_code),
    }


@pytest.mark.parametrize("by", ["key", "rrn", "card and amount", "stan", "approval code"])
def test_an_archived_sale_is_found_and_judged_as_before(days: tuple[Shop, dict[str, Any]], by: str) -> None:
    shop, before = days
    for station in STATIONS.values():
        table = "txn" if station == "issuer" else "attempt"
        assert shop.stores[station].query(f"SELECT 1 FROM {table} WHERE rrn = ?", (before["one"].rrn,)) == []
    with shop.opened() as stores:
        found = search(stores, questions(before["one"], before["finding"])[by])
        assert [one for one in found if one.ref == str(FIRST)] == [before["one"]]
        told = finding(stores, before["one"], shop.now)
        assert told == before["finding"]
        assert set(stores.archived()) == set(STATIONS)
        assert set(stores.archived().values()) == {"2026-01-01"}


def test_the_papers_of_an_archived_sale_are_still_there(days: tuple[Shop, dict[str, Any]]) -> None:
    shop, before = days
    with shop.opened() as stores:
        said = render(paper(stores, FIRST, "cardholder", shop.now), "en")
        assert FIRST.stan in said
        assert before["one"].rrn in said
        with pytest.raises(NoPaper):
            paper(stores, FIRST._replace(stan="999999"), "cardholder", shop.now)


def test_the_last_of_a_date_was_followed_by_the_first_of_the_next(days: tuple[Shop, dict[str, Any]]) -> None:
    """The switch's stub says when the terminal asked next, whether that is archived under the same date or not."""
    shop, _ = days
    with shop.opened() as stores:
        for stan in ("000004", "000005"):
            (one,) = search(stores, Search(key=FIRST._replace(stan=stan)))
            told = finding(stores, one, shop.now)
            assert told.evidence.switch is not None
            assert told.evidence.switch.followed_at > one.started_at


def test_what_is_still_in_the_store_is_not_looked_for_in_the_archive(
    days: tuple[Shop, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, _ = days
    shop.sell(shop.terminals[:1])
    last = shop.stores["terminal"].query("SELECT max(stan) FROM attempt WHERE terminal = 'T0000000'")[0][0]

    def never(*_: Any) -> Any:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(files, "pyarrow", never)
    with shop.opened() as stores:
        (one,) = search(stores, Search(key=FIRST._replace(stan=last)))
        assert finding(stores, one, shop.now).evidence.terminal is not None
        assert stores.archived() == {}


def test_without_an_archive_nothing_is_asked(tmp_path: Path) -> None:
    with Stores(tmp_path / "t.db", tmp_path / "s.db", {}) as stores:
        assert search(stores, Search(rrn="X" * 12)) == []
        assert stores.archived() == {}


def as_of_format_5(part: ArchivePart) -> None:
    """The files a terminal's store of format 5 gave: a line of evidence names its sale by the key, a sale no place."""
    arrow, parquet = files.pyarrow()
    attempts, trail = (parquet.read_table(part.file(name)) for name in ("attempt", "trail"))
    keys = {row["place"]: row for row in attempts.to_pylist()}
    lines = trail.to_pylist()
    old = {name: [line[name] for line in lines] for name in ("terminal", "line", "at")}
    old |= {name: [keys[line["sale"]][name] for line in lines] for name in ("batch", "stan")}
    old |= {name: [line[name] for line in lines] for name in ("what", "message")}
    parquet.write_table(attempts.drop_columns(["place", "kind", "original", "balances"]), part.file("attempt"))
    parquet.write_table(arrow.table(old), part.file("trail"))
    manifest = json.loads((part.path / "manifest.json").read_text())
    tables = manifest["tables"]
    for name in ("attempt", "trail"):
        tables[name] |= {"sha256": files.sha256(part.file(name)), "bytes": part.file(name).stat().st_size}
    digest = writing.digest_of(part.path, ROOMS["terminal"].at(5))[1]
    (part.path / "manifest.json").write_text(json.dumps({**manifest, "store_format": 5, "digest": digest}))


def test_a_part_of_an_older_store_format_is_brought_to_todays(tmp_path: Path) -> None:
    """An archive is never migrated on the disk: its rows are, when they are asked for."""
    shop = Shop(tmp_path, terminals=1)
    with shop.opened() as stores:
        assert stores.terminal is not None
        before = terminals.stub(stores.terminal, FIRST)
    shop.archive("terminal")
    as_of_format_5(parts(shop.archived, "terminal")[0])
    assert verify(shop.archived, lambda _part: None).wrong == []
    with shop.opened() as stores:
        assert stores.archive is not None
        (old,) = stores.archive.found("terminal", {"stan": [FIRST.stan]})
        assert terminals.stub(old, FIRST) == before
        assert before is not None
        assert len(before.history) > 3


# --- checking ---------------------------------------------------------------------------------------------------------


def flipped(part: ArchivePart) -> None:
    path = part.file("trail")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def lied(change: dict[str, Any]) -> Callable[[ArchivePart], None]:
    def change_it(part: ArchivePart) -> None:
        manifest = json.loads((part.path / "manifest.json").read_text())
        (part.path / "manifest.json").write_text(json.dumps({**manifest, **change}))

    return change_it


def cut_short(part: ArchivePart) -> None:
    """Another part's file in the place of this one's, its digest put right as well."""
    other = parts(part.path.parent.parent, part.station)[-1]
    shutil.copy(other.file("trail"), part.file("trail"))
    manifest = json.loads((part.path / "manifest.json").read_text())
    manifest["tables"]["trail"]["sha256"] = files.sha256(part.file("trail"))
    (part.path / "manifest.json").write_text(json.dumps(manifest))


DAMAGE: dict[str, tuple[Callable[[ArchivePart], object], str]] = {
    "a byte": (flipped, "not the file"),
    "a file gone": (lambda part: part.file("attempt").unlink(), "missing"),
    "the manifest gone": (lambda part: (part.path / "manifest.json").unlink(), "missing or cannot be read"),
    "no manifest": (lambda part: (part.path / "manifest.json").write_text("{"), "cannot be read"),
    "a format to come": (lied({"format": 2}), "has format 2"),
    "another count": (lied({"transactions": 1}), "other transactions"),
    "another sum": (lied({"sums": {"156": 1}}), "other transactions"),
    "other states": (lied({"states": {"approved": 1}}), "other transactions"),
    "another digest": (lied({"digest": "0"}), "other transactions"),
    "a table less": (lied({"tables": {}}), "other tables"),
    "another's rows": (cut_short, "rows of no transaction"),
    "a part twice": (lambda part: shutil.copytree(part.path, part.path.with_name(f"{part.date}.2")), "two parts"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_whatever_happened_to_a_part_is_noticed_and_named(
    days: tuple[Shop, dict[str, Any]], tmp_path: Path, what: str
) -> None:
    shop, _ = days
    copy = Path(shutil.copytree(shop.archived, tmp_path / "archive"))
    assert verify(copy, lambda _: None).wrong == []
    damage, said = DAMAGE[what]
    part = parts(copy, "switch")[0]
    damage(part)
    told = verify(copy, lambda _: None)
    assert any((said in text.en and "2026-01-01" in text.en) or said == "two parts" for text in told.wrong), told
    assert verify(copy, lambda _: None, "issuer-a").wrong == []
    assert verify(copy, lambda _: None, "switch").wrong == told.wrong


@pytest.mark.parametrize("what", ["a file gone", "the manifest gone", "no manifest"])
@pytest.mark.parametrize("damaged", [0, -1], ids=["an older part", "a newer part"])
def test_a_part_that_cannot_be_read_hides_no_sale_of_another(tmp_path: Path, what: str, damaged: int) -> None:
    shop = Shop(tmp_path, terminals=1)
    shop.archive("switch")
    there = parts(shop.archived, "switch")
    keys = {part.date: key for part in there for key in keys_of(part)}
    DAMAGE[what][0](there[damaged])
    lost = there[damaged].date
    with shop.opened() as stores:
        assert stores.archive is not None
        for date, (terminal, batch, stan) in keys.items():
            where = {"terminal": [terminal], "batch": [batch], "stan": [stan]}
            if date == lost:
                with pytest.raises(StoreError, match=lost):
                    stores.archive.found("switch", where)
            else:
                assert len(stores.archive.found("switch", where)) == 1
        with pytest.raises(StoreError, match=lost):  # a list would not be whole
            stores.archive.found("switch", {"terminal": [terminal]})


def keys_of(part: ArchivePart) -> list[Any]:
    return [key for key, _ in transactions(part.path, room_of(part.station))][:1]


def test_a_manifest_says_how_much_of_what_there_is(days: tuple[Shop, dict[str, Any]]) -> None:
    shop, _ = days
    manifest = parts(shop.archived, "switch")[0].manifest
    assert (manifest.transactions, manifest.states, set(manifest.sums)) == (9, {"approved": 9}, {"156"})
    assert {table: one.rows for table, one in manifest.tables.items()}["attempt"] == 9
    assert manifest.sums["156"] == sum(100 + number for number in range(1, 10))


def test_without_pyarrow_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(StoreError, match=r"pip install 'counterfoil\[archive\]'") as raised:
        files.pyarrow()
    assert "pip install" in raised.value.zh


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2026-01-01", "2024-02-29", "1999-12-31"])
def test_a_business_date_begins_when_the_acquirers_day_does(date: str) -> None:
    begins = zone().starts(date)
    assert (zone().date(begins), zone().date(begins - 1) < date, zone().date(begins + DAY - 1)) == (date, True, date)


@pytest.mark.parametrize("name", ROOMS)
def test_every_column_a_shape_names_is_in_the_store(name: str) -> None:
    room: Room = ROOMS[name]
    store = open_store(":memory:", room.formats)

    def columns(table: str) -> set[str]:
        return {column for (column,) in store.query("SELECT name FROM pragma_table_info(?)", (table,))}

    own = columns(room.shape.table)
    assert {*room.shape.key, *room.shape.neighbours, "started_at", "state", "currency", "amount"} <= own
    for one in room.shape.belongings:
        assert set(one.of) <= own
        assert {*one.link, *one.order} <= columns(one.table)
    station = {"issuer": "issuer-a"}.get(name, name)
    assert {room.shape.table, *(one.table for one in room.shape.belongings)} == set(TABLES[station])
    store.close()
