"""A store of an earlier format: its evidence is told as before, and the terminal goes on with it."""

from __future__ import annotations

from pathlib import Path

from counterfoil.storage import open_store
from counterfoil.terminal.records import Records, migrations
from counterfoil.terminal.stubs import stub
from counterfoil.transaction import AttemptKey
from terminal.counter import T1, Counter

LINES = (  # terminal, line, stan, what, in the order they were written
    ("T1", 1, "", "sign-on asked"),
    ("T1", 2, "000001", "request sent"),
    ("T2", 1, "000001", "request sent"),
    ("T1", 3, "000001", "approved"),
    ("T2", 2, "000001", "declined"),
)


def test_evidence_is_told_as_before_in_a_store_that_kept_it_by_terminal(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations()[:5], lock=False)
    columns = old.query("SELECT name, type FROM pragma_table_info('attempt')")
    with old.transaction():
        for terminal, stan in (("T1", "000001"), ("T2", "000001"), ("T2", "000002")):
            row = {name: {"text": "", "bytea": b""}.get(kind, 1) for name, kind in columns}
            row |= {"terminal": terminal, "batch": "000001", "stan": stan, "till_key": f"{terminal} {stan}"}
            row |= {"state": "declined", "merchant_copy": "none", "cardholder_copy": "none", "bank_copy": "none"}
            marks = ", ".join("?" * len(row))
            old.execute(f"INSERT INTO attempt ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        for at, (terminal, line, stan, what) in enumerate(LINES):
            batch = "000001" if stan else ""
            old.execute("INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?, '')", (terminal, line, at, batch, stan, what))
        old.commit()
    old.close()

    new = open_store(path, migrations(), lock=False)

    def told(terminal: str, stan: str) -> list[tuple[int, str]]:
        found = stub(new, AttemptKey(terminal, "000001", stan))
        assert found is not None
        return [(line.at, line.what) for line in found.history]

    assert told("T1", "000001") == [(1, "request sent"), (3, "approved")]
    assert told("T2", "000001") == [(2, "request sent"), (4, "declined")]
    assert told("T2", "000002") == []
    assert new.query("SELECT terminal, what FROM trail WHERE sale = 0") == [("T1", "sign-on asked")]
    assert Records(new).load().line == len(LINES)
    new.close()


def test_a_sale_has_a_number_of_its_own_and_a_restart_counts_on(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    counter = Counter(path, terminals=(T1,)).open_for_business()
    counter.sale()
    counter.step()
    before = counter.store.query("SELECT max(line) FROM trail")[0][0]
    counter.restart()
    counter.step()
    places = [place for (place,) in counter.store.query("SELECT place FROM attempt ORDER BY place")]
    lines = [line for (line,) in counter.store.query("SELECT line FROM trail ORDER BY line")]
    assert lines[-1] > before
    assert len({*places, *lines}) == len(places) + len(lines)
    assert counter.store.query("SELECT count(*) FROM trail WHERE sale NOT IN (SELECT place FROM attempt) AND sale") == [
        (0,)
    ]
