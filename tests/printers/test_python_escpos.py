"""python-escpos, which nobody of this project wrote: as a client it believes our fake, and it makes the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from escpos import printer as printers
from PIL import ImageChops

from counterfoil.receipts.document import Code, Document
from counterfoil.receipts.profile import PROFILES
from counterfoil.receipts.render import escpos, raster
from counterfoil.receipts.render.fonts import Chain, chain
from counterfoil.receipts.render.lines import Line
from counterfoil.words import Text
from printers.fake import Habits, Printer
from printers.server import Server
from receipts.slips import CODE


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Printer(Habits(line_time=1000))) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    found: Any = printers.Network("127.0.0.1", server.port, timeout=5)
    found.open()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("fault", "online", "paper"),
    [("", True, 2), ("near_end", True, 1), ("paper_out", False, 0), ("cover", False, 2), ("offline", False, 2)],
)
def test_it_reads_the_state_of_the_fake(server: Server, client: Any, fault: str, online: bool, paper: int) -> None:
    if fault:
        server.set(fault)
    assert client.is_online() is online
    assert client.paper_status() == paper


def test_what_it_prints_the_fake_has_on_its_paper(server: Server, client: Any) -> None:
    client.text("AMOUNT 12.50\n")
    client.cut(mode="FULL", feed=False)
    client.close()
    for _ in range(500):
        if server.printer.paper[-1:] == ["-- cut --"]:
            break
        server._stop.wait(0.01)
    assert server.printer.paper == ["AMOUNT 12.50", "-- cut --"]


def dummy() -> Any:
    return printers.Dummy()


@pytest.mark.parametrize("text", ["卡号 6299", "金额:RMB 12.50"])
def test_a_drawn_line_is_the_picture_it_would_send(text: str, font: Any) -> None:
    image = raster.line_image(Line(text), 384, chain(font))
    theirs = dummy()
    theirs.image(ImageChops.invert(image.convert("L")), impl="bitImageRaster", center=False)
    ours = escpos._picture(image)
    assert b"\x10\x04" not in ours
    assert theirs.output == ours


def test_a_code_the_printer_draws_is_asked_for_in_the_same_words() -> None:
    profile = PROFILES["epson-tm-t20iii"]
    paper = escpos.render(Document((Code(Text("CODE", "验证码"), CODE, "AAAA-BBBB"),)), "en", profile)
    theirs = dummy()
    theirs.qr(CODE, native=True, ec=1, model=2, size=raster.module_size(CODE, profile.dots))
    commands = theirs.output.replace(b"\x1d(k\x04\x001A2\x00", b"", 1).removesuffix(b"\n")
    assert commands in paper.head + paper.rest
    assert b"\x1d(k\x04\x001A2\x00" in paper.head + paper.rest


def test_letters_in_double_size_are_the_same_command() -> None:
    theirs = dummy()
    theirs.set(custom_size=True, width=2, height=2)
    assert b"\x1d!\x11" in theirs.output
    assert escpos._block(Line("TOTAL", 2, 2), PROFILES["generic-80"], Chain(())).startswith(b"\x1d!\x11TOTAL")
