"""Receipts handed to real lines: in which order printers are tried, and that a second one never makes two ORIGINALs."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.links import printing
from counterfoil.links import receipts as receipts_module
from counterfoil.links.address import PrinterAddress, parse, resolved
from counterfoil.links.performers import FileWriter
from counterfoil.links.receipts import ReceiptPrinter
from counterfoil.links.uses import Uses
from counterfoil.receipts.document import Copy, Document, sale_slip
from counterfoil.receipts.render.text import Language
from counterfoil.step import ELSEWHERE, HELD, SPELLED_OUT, Inbound, Perform, Performed
from printers.fake import Habits, Printer
from printers.lines import FAST
from printers.server import Server
from receipts.slips import CODE, SLIP

pytestmark = pytest.mark.usefixtures("font")

MODEL = "epson-tm-t20iii"


class Till:
    """What the station would be told."""

    def __init__(self, where: Path, *printers: PrinterAddress, language: Language = "en") -> None:
        self.heard: list[Performed] = []
        self.where = where
        self.uses = Uses(where / "uses")
        files = FileWriter({"receipt": where}, self)
        self.printer = ReceiptPrinter(printers, language, self, files, where, self.uses, FAST)

    def arrive(self, item: Inbound) -> None:
        assert isinstance(item, Performed)
        self.heard.append(item)

    def hand_over(self, *items: Perform) -> list[tuple[str, str, bool, str]]:
        """Perform these and wait for the news of all of them."""

        async def run() -> None:
            for item in items:
                self.printer.perform(item)
            ends = asyncio.get_running_loop().time() + 20
            while len([one for one in self.heard if one.state not in (HELD, ELSEWHERE)]) < len(items):
                assert asyncio.get_running_loop().time() < ends, "no news"
                await asyncio.sleep(0.01)
            await self.printer.stop()

        asyncio.run(run())
        return [(one.name, one.state, one.ok, one.detail) for one in self.heard]


def slip(name: str = "sale.1", to: str = "", copy: Copy = Copy.CARDHOLDER, document: Document | None = None) -> Perform:
    drawn = document or sale_slip(SLIP, copy, code=CODE)
    return Perform("receipt", name, "text", msgspec.msgpack.encode(drawn), to)


def at(server: Server) -> PrinterAddress:
    return parse(f"tcp://127.0.0.1:{server.port}?profile={MODEL}")


def originals(*servers: Server) -> int:
    return sum("ORIGINAL" in line for server in servers for line in server.printer.paper)


@pytest.fixture
def first() -> Server:
    return Server(Printer(Habits(line_time=500)))


@pytest.fixture
def second() -> Server:
    return Server(Printer(Habits(line_time=500)))


def test_a_receipt_that_cannot_begin_on_the_first_printer_comes_out_of_the_second(
    first: Server, second: Server, tmp_path: Path
) -> None:
    with first, second:
        first.set("paper_out")
        heard = Till(tmp_path, at(first), at(second)).hand_over(slip())
        first.mend("paper_out")
    assert heard == [("sale.1", ELSEWHERE, False, "paper_out"), ("sale.1", "printed", True, "")]
    assert (originals(first), originals(second)) == (0, 1)
    assert (tmp_path / "sale.1.escpos").stat().st_size > 0


def test_a_receipt_that_may_have_begun_never_goes_to_another_printer(
    first: Server, second: Server, tmp_path: Path
) -> None:
    first.printer.plan.append((6, "paper_out"))
    with first, second:
        heard = Till(tmp_path, at(first), at(second)).hand_over(slip())
    assert heard[0][1:] == (HELD, False, "paper_out")
    assert heard[-1][1] == "unknown"
    assert second.connections == 0


def test_a_printer_that_is_too_full_to_answer_is_still_out_of_paper(first: Server, tmp_path: Path) -> None:
    """Pictures of Chinese lines fill its buffer, and it hears no question any more."""
    first.printer.plan.append((6, "paper_out"))
    with first:
        till = Till(tmp_path, at(first), language="zh")
        heard = till.hand_over(slip())
    assert {detail for _, state, _, detail in heard if state == HELD} == {"paper_out"}
    assert heard[-1][1:] == ("unknown", False, "paper_out")


def test_when_no_printer_can_the_trouble_of_the_last_is_told_and_the_receipt_stays_queued(
    first: Server, second: Server, tmp_path: Path
) -> None:
    with first, second:
        first.set("paper_out")
        second.set("cover")
        heard = Till(tmp_path, at(first), at(second)).hand_over(slip())
    assert heard[-1] == ("sale.1", "queued", False, "cover_open")
    assert originals(first, second) == 0


@pytest.mark.parametrize("word", ["second", "address"])
def test_a_receipt_can_be_sent_to_another_printer_by_name(
    first: Server, second: Server, tmp_path: Path, word: str
) -> None:
    with first, second:
        to = "second" if word == "second" else f"tcp://127.0.0.1:{second.port}?profile={MODEL}"
        heard = Till(tmp_path, at(first), at(second)).hand_over(slip(to=to))
    assert heard == [("sale.1", "printed", True, "")]
    assert (first.connections, originals(second)) == (0, 1)


@pytest.mark.parametrize("to", ["second", "lpt1", "file:/tmp", "tcp://"])
def test_a_printer_that_is_none_leaves_the_receipt_queued(tmp_path: Path, to: str) -> None:
    assert Till(tmp_path).hand_over(slip(to=to)) == [("sale.1", "queued", False, "no_printer")]


def test_without_a_printer_receipts_are_files(tmp_path: Path) -> None:
    assert Till(tmp_path).hand_over(slip())[0][2] is True
    assert (tmp_path / "sale.1.txt").read_text() == "text"


def test_nothing_waits_behind_a_receipt_that_is_held_up(first: Server, second: Server, tmp_path: Path) -> None:
    first.printer.plan.append((6, "cover"))
    with first, second:
        till = Till(tmp_path, at(first), at(second))
        heard = till.hand_over(slip("sale.1"), slip("sale.2"), Perform("printer", "T.check.1", ""))
    assert ("sale.2", ELSEWHERE, False, "cover_open") in heard
    assert ("T.check.1", "", True, "cover_open") in heard
    assert [name for name, state, *_ in heard if state in ("printed", "unknown")] == ["sale.2", "sale.1"]
    assert originals(first, second) == 1


def test_where_there_is_no_other_printer_the_next_receipt_waits_and_the_question_is_answered(
    first: Server, tmp_path: Path
) -> None:
    first.printer.plan.append((6, "cover"))
    with first:
        threading.Timer(1, lambda: first.mend("cover")).start()
        heard = Till(tmp_path, at(first)).hand_over(slip("sale.1"), slip("sale.2"), Perform("printer", "T.check.1", ""))
    assert ("T.check.1", "", False, "cover_open") in heard
    assert [name for name, state, *_ in heard if state == "printed"] == ["sale.1", "sale.2"]


def test_a_printer_is_ready_when_another_one_is_and_the_trouble_of_the_first_is_told(
    first: Server, second: Server, tmp_path: Path
) -> None:
    with first, second:
        first.set("paper_out")
        assert Till(tmp_path, at(first), at(second)).hand_over(Perform("printer", "T.check.1", "")) == [
            ("T.check.1", "", True, "paper_out")
        ]
        second.set("cover")
        assert Till(tmp_path, at(first), at(second)).hand_over(Perform("printer", "T.check.2", "")) == [
            ("T.check.2", "", False, "paper_out")
        ]
    assert first.printer.paper == second.printer.paper == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_nobody_expected_is_the_end_of_one_receipt_and_of_no_other(
    first: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    put = printing.put_alone

    def once(*args: Any, **more: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise ZeroDivisionError
        return put(*args, **more)

    monkeypatch.setattr(receipts_module, "put_alone", once)
    with first:
        told = Till(tmp_path, at(first)).hand_over(slip("one.1"), slip("two.1"), slip("three.1"))
    assert told == [
        ("one.1", "unknown", False, "lost"),
        ("two.1", "printed", True, ""),
        ("three.1", "printed", True, ""),
    ]


def test_a_receipt_with_a_letter_no_font_has_is_printed_and_says_so(first: Server, tmp_path: Path) -> None:
    named = msgspec.structs.replace(SLIP, merchant_name="茶\U0003134a馆")
    with first:
        till = Till(tmp_path, at(first))
        told = till.hand_over(slip(document=sale_slip(named, Copy.CARDHOLDER, code=CODE)))
    assert told == [("sale.1", "printed", True, SPELLED_OUT)]
    assert originals(first) == 1


def test_a_plain_file_is_no_printer_and_the_receipt_stays_queued(tmp_path: Path) -> None:
    plain = tmp_path / "lp0"
    plain.write_bytes(b"")
    till = Till(tmp_path, parse(f"usb:{plain}?profile={MODEL}"))
    assert till.hand_over(slip("one.1"), slip("two.1")) == [
        ("one.1", "queued", False, "refused"),
        ("two.1", "queued", False, "refused"),
    ]


def test_a_document_that_is_none_reaches_no_printer(second: Server, tmp_path: Path) -> None:
    with second:
        till = Till(tmp_path, at(second))
        item = Perform("receipt", "sale.1", "text", b"no document")
        assert till.hand_over(item) == [("sale.1", "queued", False, "unprintable")]
    assert second.connections == 0


# --- terminals with printers of their own ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "tried"),
    [
        (("", ""), "AB"),
        (("C", ""), "CB"),
        (("C", "D"), "CD"),
        (("C", "none"), "C"),
        (("", "D"), "AD"),
        (("", "none"), "A"),
        (("", "A"), "A"),
        (("none", ""), ""),
        (("none", "D"), ""),
        (("file:/tmp", "D"), ""),
    ],
)
def test_the_printers_of_a_terminal_are_its_own_and_else_the_stacks(own: tuple[str, str], tried: str) -> None:
    places = {one: f"tcp://printer-{one.lower()}" for one in "ABCD"}
    first, second = (places.get(one, one) for one in own)
    found = resolved((first, second), [parse(places["A"]), parse(places["B"])])
    assert [one.place[-1].upper() for one in found] == list(tried)


def test_each_terminal_prints_where_it_belongs(first: Server, second: Server, tmp_path: Path) -> None:
    with first, second:
        till = Till(tmp_path, at(first))
        mine = msgspec.structs.replace(slip("two.1"), own=(f"tcp://127.0.0.1:{second.port}?profile={MODEL}", ""))
        till.hand_over(slip("one.1"), mine)
    assert (originals(first), originals(second)) == (1, 1)


def test_a_terminal_whose_own_printer_is_off_prints_on_its_second_one_and_nothing_is_said_twice(
    first: Server, second: Server, tmp_path: Path
) -> None:
    with first, second:
        with socket.create_server(("127.0.0.1", 0)) as once:
            port = once.getsockname()[1]
        own = (f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{second.port}?profile={MODEL}")
        heard = Till(tmp_path, at(first)).hand_over(msgspec.structs.replace(slip(), own=own))
    assert heard == [("sale.1", ELSEWHERE, False, "refused"), ("sale.1", "printed", True, "")]
    assert (first.connections, originals(second)) == (0, 1)
    paper = [line for line in second.printer.paper if line.strip()]
    assert sum("not valid without" in line.lower() for line in paper) == 1, paper
    assert paper.count("-- cut --") == 1


@pytest.mark.parametrize(
    ("own", "to", "told"),
    [
        (("none", ""), "second", "no_printer"),
        (("", "none"), "second", "no_printer"),
        (("lpt1", ""), "", "no_printer"),
    ],
)
def test_a_printer_that_a_terminal_does_not_have_leaves_its_slip_queued(
    own: tuple[str, str], to: str, told: str, first: Server, second: Server, tmp_path: Path
) -> None:
    with first, second:
        item = msgspec.structs.replace(slip(to=to), own=own)
        assert Till(tmp_path, at(first), at(second)).hand_over(item) == [("sale.1", "queued", False, told)]
    assert first.connections == second.connections == 0


def test_slips_of_a_terminal_without_a_printer_are_files_although_the_stack_has_one(
    first: Server, tmp_path: Path
) -> None:
    with first:
        item = msgspec.structs.replace(slip(), own=("none", ""))
        assert Till(tmp_path, at(first)).hand_over(item) == [("sale.1", "", True, "")]
    assert (tmp_path / "sale.1.txt").read_text() == "text"
    assert first.connections == 0


def test_one_printer_under_two_profiles_prints_one_slip_after_the_other(first: Server, tmp_path: Path) -> None:
    with first:
        till = Till(tmp_path, at(first))
        mine = msgspec.structs.replace(slip("two.1"), own=(f"tcp://127.0.0.1:{first.port}?profile=epson-tm-t88", ""))
        heard = till.hand_over(slip("one.1"), mine)
    assert {(name, state) for name, state, *_ in heard} == {("one.1", "printed"), ("two.1", "printed")}
    assert originals(first) == 2
