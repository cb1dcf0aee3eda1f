"""What is kept of messages: said as it was, however it is written, and in stores of an earlier format too."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import additions, evidence, wire
from counterfoil.switch.records import PACKAGE, Records, stub
from counterfoil.switch.rows import Alarm, Trail
from counterfoil.switch.upstream import SEEN, IssuerAnswer
from counterfoil.switch.work import Work
from switch.scene import ALICE, BOB, START, Scene, scene

LINES = (
    ("asked", "1", '{"mti":"0200","3":"000000","11":"000001"}'),
    ("forwarded", "2", '{"mti":"0200","2":"629999******0011","3":"000000","11":"000900"}'),
    ("expired", "2", ""),
    ("answered", "4", '{"mti":"0210","3":"000000","11":"000001","39":"98"}'),
)
RRN = "607300000900"
TOLD = "2001156C0000000500002002156C000000040000"


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


BEFORE = (
    ("forwarded", {"2": "****0015", "7": "0314040000", "11": "000007"}, "3 4 22 25 41 42 49"),
    ("answered", {"of": 5, "12": "120000", "37": "60730JUG5XC7"}, "2 3 4 11 25 38 39 41 42 49 60"),
)


@pytest.mark.parametrize(("what", "said", "repeated"), BEFORE)
def test_additions_of_a_purchase_that_do_not_say_what_they_repeat_are_read_as_before(
    what: str, said: dict[str, Any], repeated: str
) -> None:
    asked = {"mti": "0200"} | {
        number: f"asked {number}" for number in ("3", "4", "11", "22", "25", "26", "41", "42", "49", "60")
    }
    decided = {"mti": "0210"} | {number: f"decided {number}" for number in ("2", "3", "7", "38", "39")}
    told = evidence.whole(what, said, asked if what == "forwarded" else decided, {5: asked})
    assert told.pop("mti") == {"forwarded": "0200", "answered": "0210"}[what]
    assert {number for number in told if number not in said} == set(repeated.split()) - set(said)
    assert list(told) == sorted(told, key=int)


@pytest.mark.parametrize("changed", ["", "2", "3 4", "11 12 13", "14 22", "25 41 42 49", "32 37", "38", "61"])
def test_an_addition_says_what_differs_whatever_that_is(changed: str) -> None:
    """Every element of either message that can be equal, equal and different, one after the other in one process."""
    made = scene()
    ask = wire.read(made.frame(made.purchase().copy(de2=ALICE, de12="120000", de14="3012", de37="60730JUG5XC7")))
    assert ask is not None
    ask.heard_at = 7
    heard, kept = ask.message, CUP_POS.kept(ask.message)
    numbers = (2, 3, 4, 11, 12, 13, 14, 22, 25, 37, 41, 42, 49)
    told = {2: BOB, 3: "200000", 4: "000000000009", 11: "000900", 12: "130000", 14: "3101", 22: "051", 25: "06"}
    told |= {37: "60730JUG5XC8", 41: "T0000009", 42: "898100000000009", 49: "840"}
    others = {int(number) for number in changed.split()}
    values = {number: heard.get(number) if number not in others else told.get(number) for number in numbers}
    fields = {f"de{number}": one for number, one in values.items() if one is not None}
    fields |= {"de32": "00010344", "de90": "0200" + "000042" + "0314040000" + "0" * 22, "de35": f"{BOB}=3012"}
    for kind in ("purchase", "void", "purchase"):
        text = additions.of_request(kind, fields, ask)
        assert BOB not in text
        assert ALICE not in text
        said = msgspec.json.decode(text)
        assert set(said[evidence.SAME].split()) == {n for n in kept if heard.get(int(n)) == fields.get(f"de{n}")}
        whole = evidence.whole("forwarded", said, {"mti": "0200", **kept}, {})
        message = ISO87_ASCII.kept(Message.of("0200", fields))
        assert whole == {"mti": "0200", **message}


@pytest.mark.parametrize("changed", ["", "2", "32", "37", "38", "39", "54", "2 32 37 38 39 54"])
def test_an_answer_says_what_it_takes_from_neither_of_the_two(changed: str) -> None:
    made = scene()
    ask = wire.read(made.frame(made.purchase()))
    assert ask is not None
    ask.heard_at = 7
    told: dict[int, Any] = {2: ALICE, 32: "00010344", 37: "60730JUG5XC7", 38: "123456", 39: "00", 54: TOLD}
    added = {f"de{number}": one for number, one in told.items()} | {"de12": "120000", "de44": 'a "quoted" word'}
    theirs = told | {int(number): told[int(number)][:-1] + "9" for number in changed.split()}
    heard = IssuerAnswer("", tuple(theirs.get(number) for number in SEEN))
    repeated = (3, 4, 11, 25, 41, 42, 49, 60)
    said = msgspec.json.decode(additions.of_answer("balance", added, repeated, ask, heard))
    assert set(map(int, said[evidence.SAME].split())) == {n for n in told if str(n) not in changed.split()}
    kept = {"mti": "0210", **ISO87_ASCII.kept(Message.of("0210", {f"de{n}": one for n, one in theirs.items()}))}
    whole = evidence.whole("answered", said, kept, {7: CUP_POS.kept(ask.message)})
    message = Message.of("0210", {f"de{n}": ask.message.get(n) for n in repeated} | added)
    assert whole == {"mti": "0210", **CUP_POS.kept(message)}


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
    answer = IssuerAnswer("{}", ("6299991234567890", *(None,) * 11))
    assert answer.de2 == "6299991234567890"
    assert "6299991234567890" not in f"{answer!r} {answer}"
    with pytest.raises(TypeError):
        msgspec.json.encode(answer)
    with pytest.raises(TypeError):
        pickle.dumps(answer)
