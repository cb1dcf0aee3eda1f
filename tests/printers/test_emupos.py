"""A printer nobody of this project wrote, and what our jobs say about it when things go wrong: one test per row.

emupos has no GS ( H, no cutter and no errors, so those are shown with our own fake; what it has, it must agree about.
"""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from cli.calling import said
from counterfoil.cli.failure import Exit
from counterfoil.links.address import PrinterAddress
from counterfoil.links.printing import look, order_of, put
from counterfoil.receipts.profile import profile_of
from counterfoil.receipts.render.escpos import render
from counterfoil.receipts.render.lines import Line, lay
from counterfoil.receipts.render.text import Language
from printers import emupos
from printers.between import Between
from printers.desk import receipt
from printers.emupos import Emupos, eventually
from printers.lines import BRIEF, FAST, MODEL, gs_r, later, told
from receipts.reading import Eye
from receipts.slips import CODE, DOCUMENTS

TESTS = Path(__file__).parents[1]
MIDDLE = b"line 10 of the receipt\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emupos]:
    program = emupos.find()
    if program is None:
        pytest.skip(emupos.NOT_FOUND)
    printer = Emupos(program, tmp_path_factory.mktemp("emupos"))
    yield printer
    printer.power_off()


@pytest.fixture
def printer(running: Emupos) -> Emupos:
    running.fresh_roll()
    return running


def at(printer: Emupos | Between) -> PrinterAddress:
    return gs_r(printer.port)


def breaks(printer: Emupos, fault: str) -> Callable[[], None]:
    return lambda: printer.set(fault)


def test_healthy(printer: Emupos) -> None:
    assert told(put(receipt(), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 0))
    lines = printer.text().splitlines()
    assert [line for line in lines if line][:2] == ["NOT VALID WITHOUT THE LAST LINE", "line 0 of the receipt"]


def test_healthy_on_a_serial_line(printer: Emupos) -> None:
    address = PrinterAddress(way="serial", place=printer.line, profile=profile_of(MODEL, barrier="gs-r", clear=False))
    assert told(put(receipt(), address, FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 0))


@pytest.mark.parametrize(
    ("fault", "trouble"), [("paper-out", "paper_out"), ("cover-open", "cover_open"), ("offline", "offline")]
)
def test_a_fault_before_then_mended(printer: Emupos, fault: str, trouble: str) -> None:
    printer.set(fault)
    assert look(at(printer), FAST).trouble == trouble
    assert told(put(receipt(), at(printer), FAST)) == ("queued", trouble)
    printer.mend(fault)
    assert told(put(receipt(), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 0))


def test_paper_that_nears_its_end_stops_nothing(printer: Emupos) -> None:
    printer.set("paper-near-end")
    result = put(receipt(), at(printer), FAST)
    assert (told(result), result.near_end) == (("printed", ""), True)


def test_paper_out_in_the_middle_and_a_new_roll_while_the_connection_is_kept(printer: Emupos) -> None:
    said: list[str] = []

    def held(trouble: str) -> None:
        said.append(trouble)
        later(0.3, lambda: printer.mend("paper-out"))

    with Between(printer.port, MIDDLE, breaks(printer, "paper-out")) as cable:
        result = put(receipt(), at(cable), FAST, held=held)
    assert (told(result), result.parts, said) == (("printed", ""), True, ["paper_out"])
    eventually(lambda: printer.out() == (1, 0))


def test_paper_out_in_the_middle_the_till_is_killed_and_prints_again(printer: Emupos) -> None:
    with Between(printer.port, MIDDLE, breaks(printer, "paper-out")) as cable:
        command = [sys.executable, "-m", "printers.till", str(cable.port)]
        with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) as till:
            assert till.stdout is not None
            assert till.stdout.readline() == "paper_out\n"
            till.send_signal(signal.SIGKILL)
    printer.mend("paper-out")
    assert told(put(receipt(duplicate=1), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 1))  # the first one came out after all


def test_cover_open_in_the_middle_time_out_and_print_again(printer: Emupos) -> None:
    with Between(printer.port, MIDDLE, breaks(printer, "cover-open")) as cable:
        assert told(put(receipt(), at(cable), BRIEF)) == ("unknown", "cover_open")
    printer.mend("cover-open")
    assert told(put(receipt(duplicate=1), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 1))


def test_a_fault_in_the_header_keeps_the_receipt_back(printer: Emupos) -> None:
    with Between(printer.port, b"WITHOUT", breaks(printer, "cover-open")) as cable:
        assert told(put(receipt(), at(cable), BRIEF)) == ("failed", "cover_open")
    printer.mend("cover-open")
    assert told(put(receipt(), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 0))


def test_power_cycle_in_the_middle_and_print_again(printer: Emupos) -> None:
    with Between(printer.port, MIDDLE, printer.power_off) as cable:
        assert told(put(receipt(), at(cable), FAST))[0] == "unknown"
    assert told(put(receipt(), at(printer), FAST)) == ("queued", "refused")
    printer.power_on()
    assert told(put(receipt(duplicate=1), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (0, 1))  # honest: no ORIGINAL is on the paper, and none is claimed


def test_it_accepts_and_its_answers_do_not_come_back(printer: Emupos) -> None:
    with Between(printer.port, deaf=True) as cable:
        assert told(put(receipt(), at(cable), FAST)) == ("queued", "mute")
    assert printer.out() == (0, 0)
    assert told(put(receipt(), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (1, 0))


def test_the_till_that_sends_the_same_again_prints_two_originals(printer: Emupos) -> None:
    """The counter-example: the same fault as above, and no rule."""
    with Between(printer.port, MIDDLE, breaks(printer, "cover-open")) as cable:
        assert told(put(receipt(), at(cable), BRIEF)) == ("unknown", "cover_open")
    printer.mend("cover-open")
    assert told(put(receipt(), at(printer), FAST)) == ("printed", "")
    eventually(lambda: printer.out() == (2, 0))


def test_a_model_that_names_its_barriers_is_not_what_this_one_is(printer: Emupos) -> None:
    """With the wrong profile nothing is ever called printed: its silence on GS ( H is told before a byte leaves."""
    assert told(put(receipt(), PrinterAddress(way="tcp", place="127.0.0.1", port=printer.port,
                                       profile=profile_of(MODEL)), FAST)) == ("queued", "mute")  # fmt: skip
    assert printer.out() == (0, 0)


# --- real slips -------------------------------------------------------------------------------------------------------


def printed(printer: Emupos, name: str, language: Language, font: Path) -> bytes:
    """A slip, printed through the product; its picture."""
    paper = render(DOCUMENTS[name], language, at(printer).profile, font)
    assert told(put(order_of(paper), at(printer), FAST)) == ("printed", "")
    eventually(lambda: len(printer.ids()) == 1)
    return printer.picture()


@pytest.mark.parametrize("name", ["sale-cardholder", "sale-merchant", "sale-duplicate", "details"])
def test_an_english_slip_is_read_back_as_text(printer: Emupos, name: str, font: Path) -> None:
    printed(printer, name, "en", font)
    lines = [" ".join(line.split()) for line in printer.text().splitlines() if line.strip()]
    for block in lay(DOCUMENTS[name], "en", 48):
        if isinstance(block, Line) and block.text.isascii() and block.text.strip():
            assert " ".join(block.text.split()) in lines


def test_the_code_on_a_slip_is_scanned_from_its_picture(printer: Emupos, font: Path) -> None:
    with Image.open(io.BytesIO(printed(printer, "sale-cardholder", "en", font))) as image:
        assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [CODE]


@pytest.mark.parametrize("name", ["sale-cardholder", "reversal"])
def test_chinese_is_read_back_from_its_picture(printer: Emupos, name: str, font: Path) -> None:
    """Lines this model has no letters for arrive as dots, and the dots say what they should, in their order."""
    with Image.open(io.BytesIO(printed(printer, name, "zh", font))) as image:
        black = ImageChops.invert(image.convert("L")).point(lambda dot: 255 * (dot > 127), mode="1")
    eye, top = Eye(font), 0
    for block in lay(DOCUMENTS[name], "zh", 48):
        if isinstance(block, Line) and not block.text.isascii():
            top = found_below(eye, black, block, top)


def found_below(eye: Eye, image: Image.Image, line: Line, top: int) -> int:
    """Where the next line is that says this; the height of a slip's code is the most that may lie between."""
    size = 24 * line.tall + 6
    for at_row in range(top, min(top + 700, image.height - size + 1)):
        if eye.line(image, at_row, line.wide, line.tall) == line.text.rstrip():
            return at_row + size
    raise AssertionError(f"{line.text!r} is not on the paper below row {top}")


def test_the_code_of_the_test_page_is_read_from_the_paper_and_typed_back(
    printer: Emupos, font: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERFOIL_DATA", str(tmp_path))
    address = f"tcp://127.0.0.1:{printer.port}?profile=generic-80"
    answer = said(capsys, "printer", "test", "--printer", address, "--lang", "en", "--json")
    assert answer.json["state"] == "printed"
    eventually(lambda: len(printer.ids()) == 1)
    code = next(line.strip() for line in printer.text().splitlines() if re.fullmatch(r"\s*[0-9]{4}\s*", line))
    assert said(capsys, "printer", "test", "--code", code).status == Exit.OK
