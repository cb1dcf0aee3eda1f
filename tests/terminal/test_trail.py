"""The history of one sale: every line about it is filed under it, and found however long its terminal's trail is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.step import Frame
from counterfoil.storage import open_store
from counterfoil.terminal import records, stubs
from terminal.counter import NO_MAC, T1, TMK, Counter

REF: Final = f"{T1}/000001/000002"
SIGNED_ON: Final = ["enrolled", "sign-on sent", "sign-on answered"]
AGAIN: Final = ["sign-on sent"]


def sold(counter: Counter) -> bytes:
    """A sale was asked; the approval that nobody has heard yet."""
    counter.sale()
    return counter.host.answer(counter.request())


def declined(counter: Counter) -> None:
    counter.sale()
    counter.answer("51")


def disbelieved(counter: Counter) -> None:
    counter.sale()
    counter.answer(mac="bad")
    counter.answer(mti="0400")


def undecided(counter: Counter) -> None:
    counter.sale()
    counter.answer("94")
    counter.answer(mti="0400")


def without_a_line(counter: Counter) -> None:
    counter.sale()
    counter.refuse()


def never_answered(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    counter.time_out()


def answered_late(counter: Counter) -> None:
    packet = sold(counter)
    counter.time_out()
    counter.receive(packet)


def answered_twice(counter: Counter) -> None:
    packet = sold(counter)
    counter.receive(packet)
    counter.receive(packet)


def garbage(counter: Counter) -> None:
    counter.sale()
    counter.receive(b"garbage")


def cut_off(counter: Counter) -> None:
    counter.sale()
    counter.hang_up()


def reversal_disbelieved(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    counter.answer(mti="0400", mac="bad")


def reversal_answered_twice(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    packet = counter.host.answer(counter.request("0400"))
    counter.receive(packet)
    counter.receive(packet)


def reversal_without_a_line(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    counter.refuse()


def escalated(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    counter.ask("escalate", ref=REF, operator="07", reason="the terminal leaves")


def found_unanswered(counter: Counter) -> None:
    counter.sale()
    counter.restart()
    counter.step()


def goods_kept(counter: Counter) -> None:
    counter.printer = None
    counter.receive(sold(counter))
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    counter.ask("goods", ref=REF, answer="kept")


def cancelled(counter: Counter) -> None:
    counter.sale()
    counter.tell("cancel", terminal=T1)


def not_printed(counter: Counter) -> None:
    counter.printer = False
    counter.receive(sold(counter))


def beside_a_foreign_message(counter: Counter) -> None:
    declined(counter)
    foreign = Message("0210", de11="000777", de39="00", de41=T1, de64=NO_MAC)
    counter.step(Frame("switch", T1, counter.host.packet(foreign), counter.now))


def key_used_again(counter: Counter) -> None:
    counter.sale(key="k")
    counter.refuse()
    counter.sale(key="k")
    counter.answer("51")


WITH_MESSAGE: Final = {
    "request sent",
    "approved",
    "declined",
    "answer with a bad MAC",
    "answer that decides nothing",
    "late answer",
    "repeated answer",
    "unreadable message",
    "reversal sent",
    "reversal answered 00",
    "reversal answered with a bad MAC",
    "escalated by 07",
    "print 1",
}
OWED: Final = ["reversal owed, reason 98", "reversal sent"]
STORIES: Final[list[tuple[Callable[[Counter], None], list[str], list[str]]]] = [
    (declined, ["declined"], []),
    (disbelieved, ["answer with a bad MAC", "reversal owed, reason A0", "reversal sent", "reversal answered 00"], []),
    (
        undecided,
        ["answer that decides nothing", "reversal owed, reason 06", "reversal sent", "reversal answered 00"],
        [],
    ),
    (without_a_line, ["request not sent"], []),
    (never_answered, [*OWED, "reversal unanswered", "reversal sent"], []),
    (answered_late, [*OWED, "late answer"], []),
    (answered_twice, ["approved", "print 1", "merchant copy printed", "cardholder copy printed", "late answer"], []),
    (garbage, ["unreadable message", "reversal owed, reason A0", "reversal sent"], []),
    (cut_off, ["line closed", *OWED], []),
    (reversal_disbelieved, [*OWED, "reversal answered with a bad MAC"], AGAIN),
    (reversal_answered_twice, [*OWED, "reversal answered 00", "repeated answer"], []),
    (reversal_without_a_line, [*OWED, "reversal not sent"], []),
    (escalated, [*OWED, "escalated by 07"], AGAIN),
    (found_unanswered, ["found without an answer after a restart"], AGAIN),
    (
        goods_kept,
        [
            "approved",
            "print 1",
            "found approved after a restart, receipt not seen",
            "goods kept",
            "reversal owed, reason 17",
            "reversal sent",
        ],
        [*AGAIN, "sign-on answered"],
    ),
    (cancelled, ["reversal owed, reason 17", "reversal sent"], []),
    (not_printed, ["approved", "print 1", "merchant copy failed", "cardholder copy failed"], []),
    (beside_a_foreign_message, ["declined"], ["unexpected message"]),
    (key_used_again, ["request not sent", f"its key is used again at {T1}"], []),
]


@pytest.mark.parametrize(("story", "about_it", "about_none"), STORIES, ids=[story.__name__ for story, *_ in STORIES])
def test_every_line_about_a_sale_is_filed_under_it_and_no_other(
    story: Callable[[Counter], None], about_it: list[str], about_none: list[str]
) -> None:
    counter = Counter().open_for_business()
    story(counter)
    lines = counter.stub(REF).history
    assert [line.what for line in lines] == ["request sent", *about_it]
    others = [what for (what,) in counter.store.query("SELECT what FROM trail WHERE sale = 0 ORDER BY line")]
    assert others == [*SIGNED_ON, *about_none]
    assert WITH_MESSAGE.isdisjoint(line.what for line in lines if line.message is None)


def test_a_line_about_a_terminal_is_filed_under_no_sale() -> None:
    counter = Counter().open_for_business()
    declined(counter)
    other = {"terminal": T1, "merchant": "103000058140001", "name": "New Street Tea", "tmk": TMK[::-1].hex()}
    assert counter.ask("enrol", **other)["enrolled"] is True
    counter.receive(counter.host.sign_on(counter.request("0800"), spoil=True))
    lines = counter.store.query("SELECT what FROM trail WHERE sale = 0 ORDER BY line")
    assert [what for (what,) in lines][3:6] == ["enrolled again", "sign-on sent", "sign-on answered"]
    assert ("sign-on keys refused",) in lines
    assert [line.what for line in counter.stub(REF).history] == ["request sent", "declined"]


@pytest.mark.parametrize(
    ("query", "values"), [(records.TRAIL, (7,)), (stubs.NOTED, (T1, "000001", "000002", "approved"))]
)
def test_the_lines_are_found_by_the_sale_and_not_by_the_terminal(
    query: str, values: tuple[str | int, ...], tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    counter = Counter(str(path), terminals=(T1,)).open_for_business()
    with closing(counter.store), closing(open_store(path, records.migrations(), readonly=True)) as store:
        plan = store.query(f"EXPLAIN QUERY PLAN {query}", values)
        assert "trail_sale (sale=?)" in plan[0][3]
