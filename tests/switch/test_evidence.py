"""What is kept of messages: said as it was, however it is written, and in stores of an earlier format too."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import evidence
from counterfoil.switch.records import PACKAGE, Records, stub
from counterfoil.switch.rows import Alarm, Trail
from counterfoil.switch.upstream import IssuerAnswer
from counterfoil.switch.work import Work
from switch.scene import START, Scene, scene

LINES = (
    ("asked", "1", '{"mti":"0200","3":"000000","11":"000001"}'),
    ("forwarded", "2", '{"mti":"0200","2":"629999******0011","3":"000000","11":"000900"}'),
    ("expired", "2", ""),
    ("answered", "4", '{"mti":"0210","3":"000000","11":"000001","39":"98"}'),
)
RRN = "607300000900"


def test_lines_of_before_are_told_as_before_and_ticks_go_on_above_them(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of(PACKAGE)[:2])
    late = START + 3_600_000_000  # the clock of before was an hour ahead
    with old.transaction():
        described = old.query("SELECT name, type FROM pragma_table_info('attempt') ORDER BY cid")
        values = {"terminal": "T0000001", "batch": "000001", "stan": "000001", "rrn": RRN, "state": "declined"}
        row = [values.get(name, {"bigint": 0, "bytea": b""}.get(kind, "")) for name, kind in described]
        old.execute(f"INSERT INTO attempt VALUES ({', '.join('?' * len(row))})", row)
        for tick, line in enumerate(LINES, start=late):
            old.execute("INSERT INTO trail VALUES (?, ?, 'T0000001', ?, ?, ?)", (tick, RRN, *line))
        old.execute("INSERT INTO alarm VALUES (?, '', 'issuer-a', 'issuer_silent', '')", (late + 9,))
        old.commit()
    old.close()

    new = open_store(path, migrations_of(PACKAGE))
    told = stub(new, RRN)
    assert told is not None
    assert [(line.at - late, line.what) for line in told.history] == [(n, line[0]) for n, line in enumerate(LINES)]
    assert [(line.message or {}).get("39") for line in told.history] == [None, None, None, "98"]
    assert Records(new).reserved() == late + 9
    made = Scene(new)
    made.sign_on(stan="000002")
    made.stans["T0000001"] = 2
    request, _ = made.approved()
    assert made.stub(request).history[0].at > late + 9
    new.close()


def test_what_was_said_in_the_same_breath_is_in_one_row_and_told_as_two() -> None:
    made = scene()
    request, _ = made.approved()
    one = made.stub(request)
    rows = made.store.query("SELECT what, leg, then_what, then_leg FROM trail WHERE rrn = ? ORDER BY tick", (one.rrn,))
    assert rows == [("asked", "1", "forwarded", "2"), ("issuer_answered", "3", "answered", "4")]
    assert [line.what for line in one.history] == ["asked", "forwarded", "issuer_answered", "answered"]
    assert [(line.message or {})["mti"] for line in one.history] == ["0200", "0200", "0210", "0210"]
    ticks = [line.at for line in one.history]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= made.records.reserved()


def test_a_line_about_something_else_stays_by_itself() -> None:
    made = scene()
    made.sign_on("T0000001")
    made.sign_on("T0000002")
    first, second = made.frame(made.purchase()), made.frame(made.purchase(terminal="T0000002"))
    made.step(first, second)
    for_each = made.store.query(
        "SELECT count(*), count(DISTINCT rrn), count(DISTINCT terminal) FROM trail WHERE then_what = 'forwarded'"
    )
    assert for_each == [(2, 2, 2)]


def test_rows_are_as_their_tables_are() -> None:
    made = scene()
    for table, row in (("trail", Trail.__struct_fields__), ("alarm", Alarm._fields)):
        columns = made.store.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))
        assert [name for (name,) in columns] == list(row)


def test_what_is_repeated_is_shown_alike_in_both_dialects() -> None:
    for number in (*evidence.ASKED, *evidence.DECIDED):
        one, other = CUP_POS.fields[int(number)], ISO87_ASCII.fields[int(number)]
        assert (number, one.show, one.kind) == (number, other.show, other.kind)


def test_an_addition_tells_what_the_whole_message_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> list[dict[str, Any] | None]:
        made = scene()
        request, forwarded = made.asked()
        made.step(made.frame(request, 2))  # the same again: it is this one that gets the answer
        made.step(made.reply(forwarded, "00"))
        refused, declined = made.asked()
        made.step(made.reply(declined, "51"))
        return [line.message for one in (request, refused) for line in made.stub(one).history]

    shorter = told()
    monkeypatch.setattr(Work, "joins", lambda *_: None)
    assert shorter == told()
    assert [(message or {}).get("39") for message in shorter] == [None, None, None, "00", "00", None, None, "51", "51"]


def test_an_issuers_answer_shows_no_card_number_and_is_never_encoded() -> None:
    answer = IssuerAnswer("{}", ("6299991234567890", *(None,) * 10))
    assert answer.de2 == "6299991234567890"
    assert "6299991234567890" not in f"{answer!r} {answer}"
    with pytest.raises(TypeError):
        msgspec.json.encode(answer)
    with pytest.raises(TypeError):
        pickle.dumps(answer)
