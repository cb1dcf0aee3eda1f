"""A data directory of an earlier release is brought to this one's formats, and `up` says so before it waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.stack.upgrading import upgrading
from counterfoil.storage import open_store
from counterfoil.terminal.stubs import stub
from counterfoil.transaction import AttemptKey, TerminalStub
from stack.stacks import Stack


def test_which_stores_are_of_an_earlier_format(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert upgrading(layout) == []  # nothing is there yet
    for name in STATIONS:
        open_store(layout.store(name), formats(name)).close()
    assert upgrading(layout) == []
    layout.store("terminal").unlink()
    open_store(layout.store("terminal"), formats("terminal")[:-1]).close()
    layout.store("switch").write_bytes(b"no store at all")
    layout.store("issuer-a").unlink()
    assert upgrading(layout) == ["terminal"]


def as_of(path: Path, station: str, number: int, was: Mapping[tuple[str, str], str], last: Sequence[str]) -> None:
    """A store as an earlier release kept it: with what it calls `was` of today's columns, and what it did `last`."""
    known, before = formats(station), path.with_name("before.db")
    with closing(open_store(path, known)) as new, closing(open_store(before, known[:number])) as old:
        tables = [name for (name,) in old.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        with old.transaction():
            for table in (name for name in tables if name not in ("migration", "trail")):
                columns = [name for (name,) in old.query("SELECT name FROM pragma_table_info(?)", (table,))]
                kept = ", ".join(was.get((table, name), name) for name in columns)
                rows = new.query(f"SELECT {kept} FROM {table}")
                old.execute(f"DELETE FROM {table}")
                marks = ", ".join("?" * len(columns))
                old.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
            if station == "terminal":
                old.executemany("INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?, ?)", new.query(LINES))
            for sql in last:
                old.execute(sql)
            old.commit()
    before.rename(path)


LINES = """
    SELECT t.terminal, line, at, coalesce(batch, ''), coalesce(stan, ''), what, message
    FROM trail t LEFT JOIN attempt a ON a.place = t.sale AND t.sale <> 0 ORDER BY line
"""
"""Evidence names its sale by its key."""
FORMERLY = {
    ("device", "spent"): "''",
    ("entry", "previous"): "CASE before_debit WHEN '' THEN before_credit ELSE before_debit END",
}


@pytest.mark.loop
@pytest.mark.xdist_group("stack")
def test_a_stack_starts_on_a_store_of_an_earlier_format_says_so_and_tells_the_same(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")

    def told(ref: str) -> TerminalStub | None:
        with closing(open_store(layout.store("terminal"), formats("terminal"), readonly=True)) as store:
            return stub(store, AttemptKey(*ref.split("/")))

    with Stack(layout.data) as stack:
        ref = stack.sale("carol")["ref"]
    said = told(ref)
    assert said is not None
    assert len(said.history) > 3
    as_of(layout.store("terminal"), "terminal", 5, FORMERLY, ())
    as_of(layout.store("issuer-a"), "issuer-a", 9, FORMERLY, ["DELETE FROM station_key WHERE name = 'cvk'"])
    assert sorted(upgrading(layout)) == ["issuer-a", "terminal"]
    with Stack(layout.data) as stack:
        assert stack.sale("carol")["outcome"] == "approved"
    assert told(ref) == said
    upgraded = [name for name in STATIONS if name in ("issuer-a", "terminal")]
    lines = [json.loads(line) for line in layout.log("up").read_text("utf-8").splitlines()]
    assert [line["station"] for line in lines if line["event"] == "upgrading"] == upgraded
    assert upgrading(layout) == []
