"""Two copies are owed: "the rest of the receipt prints by itself" is true of both, whichever of them is held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from counterfoil.links import receipts as receipts_module
from counterfoil.links.performers import FileWriter
from counterfoil.links.receipts import ReceiptPrinter
from counterfoil.links.uses import Uses
from counterfoil.receipts.document import Copy, sale_slip
from counterfoil.step import ELSEWHERE, HELD, Inbound, Perform, Performed
from printers.fake import Habits, Printer
from printers.lines import FAST, later, tcp
from printers.server import Server
from receipts.slips import CODE, SLIP

pytestmark = pytest.mark.usefixtures("font")

MERCHANT, CARDHOLDER = "T1-000001-000002.merchant.1", "T1-000001-000002.cardholder.1"
NAMES = {MERCHANT: Copy.MERCHANT, CARDHOLDER: Copy.CARDHOLDER}
LONG = 0.6  # seconds, longer than a receipt waits for another one's end in these tests


class Shop:
    """A till with a printer, or two, that may be switched off and on; what happens when the till hears something."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.first = Printer(Habits(line_time=500))
        self.second = Printer(Habits(line_time=500))
        self.servers = {"first": Server(self.first), "second": Server(self.second)}
        self.ports = {name: server.port for name, server in self.servers.items()}
        self.heard: list[Performed] = []
        self.then: dict[tuple[str, str], Callable[[], object]] = {}
        self.two = False

    def on(self, name: str) -> None:
        """The printer is there."""
        if name not in self.servers:
            self.servers[name] = Server(getattr(self, name), at=("127.0.0.1", self.ports[name]))
        self.servers[name].__enter__()

    def off(self, name: str) -> None:
        """It is switched off: its port is closed, and what it held is lost."""
        self.servers.pop(name).__exit__(None, None, None)
        getattr(self, name).power_cycle()

    def on_later(self, name: str) -> None:
        later(LONG, lambda: self.on(name))

    def power_cycle(self, name: str) -> None:
        """Off now, on later."""
        threading.Thread(target=self.off, args=(name,)).start()
        self.on_later(name)

    def mend_later(self, name: str, trouble: str) -> None:
        later(LONG, lambda: self.servers[name].mend(trouble))

    def breaks(self, lines: int, trouble: str) -> None:
        """After so many lines on the first printer."""
        self.first.plan.append((lines, trouble))

    def arrive(self, item: Inbound) -> None:
        assert isinstance(item, Performed)
        self.heard.append(item)
        happens = self.then.pop((item.name, item.state), None)
        if happens is not None:
            happens()

    def print(self, names: tuple[str, ...] = (MERCHANT, CARDHOLDER)) -> dict[str, str]:
        """Hand the copies over as one step does; how each ended."""
        self.heard.clear()

        async def run() -> None:
            addresses = [tcp(self.ports[name]) for name in ("first", "second")[: 1 + self.two]]
            files = FileWriter({"receipt": self.where}, self)
            printer = ReceiptPrinter(addresses, "en", self, files, self.where, Uses(self.where / "uses"), FAST)
            for name in names:
                drawn = msgspec.msgpack.encode(sale_slip(SLIP, NAMES[name], code=CODE))
                printer.perform(Perform("receipt", name, "text", drawn))
            ends = asyncio.get_running_loop().time() + 20
            while len(self.ended) < len(names):
                assert asyncio.get_running_loop().time() < ends, self.heard
                await asyncio.sleep(0.01)
            await printer.stop()

        asyncio.run(run())
        return self.ended

    @property
    def ended(self) -> dict[str, str]:
        return {one.name: one.state for one in self.heard if one.state not in (HELD, ELSEWHERE)}

    def told(self, name: str) -> list[tuple[str, str]]:
        """What was said on the way of a copy."""
        return [(one.state, one.detail) for one in self.heard if one.name == name and one.state in (HELD, ELSEWHERE)]

    def originals(self, name: str) -> int:
        """Whole ORIGINALs of one copy, on all paper."""
        title, found = f"{NAMES[name]} copy".upper(), 0
        for printer in (self.first, self.second):
            copy = ""
            for line in printer.paper:
                copy = line.strip() if line.strip().endswith(" COPY") else copy
                found += line.strip() == "ORIGINAL" and copy == title
        return found


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(receipts_module, "LONGEST_WAIT", LONG / 3)
    monkeypatch.setattr(receipts_module, "AGAIN", 0.05)
    made = Shop(tmp_path)
    yield made
    for name in list(made.servers):
        if made.servers[name]._thread.ident is not None:
            made.servers[name].__exit__(None, None, None)
        else:
            made.servers[name]._listener.close()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many lines the merchant's copy has on paper."""
    shop = Shop(tmp_path_factory.mktemp("lines"))
    shop.on("first")
    shop.print((MERCHANT,))
    shop.off("first")
    shop.servers["second"]._listener.close()
    return shop.first.printed


Happens = Callable[[Shop, int], None]


def paper_out_in_the_first(shop: Shop, _: int) -> None:
    shop.breaks(6, "paper_out")
    shop.then[MERCHANT, HELD] = lambda: shop.mend_later("first", "paper_out")


def cover_open_in_the_second(shop: Shop, lines: int) -> None:
    shop.breaks(lines + 6, "cover")
    shop.then[CARDHOLDER, HELD] = lambda: shop.mend_later("first", "cover")


def paper_out_between_the_two(shop: Shop, _: int) -> None:
    shop.first.behind_cut = "paper_out"
    shop.then[CARDHOLDER, HELD] = lambda: shop.mend_later("first", "paper_out")


def paper_out_in_both(shop: Shop, lines: int) -> None:
    paper_out_in_the_first(shop, lines)
    cover_open_in_the_second(shop, lines)


def line_lost_in_the_first(shop: Shop, _: int) -> None:
    shop.breaks(6, "cover")
    shop.then[MERCHANT, HELD] = lambda: shop.servers["first"].break_it("reset")
    shop.then[MERCHANT, "unknown"] = lambda: shop.mend_later("first", "cover")


def switched_off_in_the_first(shop: Shop, _: int) -> None:
    shop.breaks(6, "jam")
    shop.then[MERCHANT, HELD] = lambda: shop.power_cycle("first")
    shop.then[MERCHANT, "unknown"] = lambda: shop.first.mend("jam")


def second_printer_is_no_help(shop: Shop, _: int) -> None:
    shop.two = True
    shop.second.set("cover")
    paper_out_in_the_first(shop, 0)


def second_printer_began_it(shop: Shop, _: int) -> None:
    """The usual one is off; the second one has begun the receipt, and is what is mended."""
    shop.two = True
    shop.first.set("paper_out")
    shop.second.plan.append((6, "cover"))
    shop.then[MERCHANT, HELD] = lambda: shop.mend_later("second", "cover")


CASES: dict[str, tuple[Happens, str, str, set[str]]] = {
    "paper out in the first copy": (paper_out_in_the_first, "printed", "printed", {MERCHANT}),
    "cover open in the second copy": (cover_open_in_the_second, "printed", "printed", {CARDHOLDER}),
    "paper out between the copies": (paper_out_between_the_two, "printed", "printed", {CARDHOLDER}),
    "trouble in both": (paper_out_in_both, "printed", "printed", {MERCHANT, CARDHOLDER}),
    "line lost in the first copy": (line_lost_in_the_first, "unknown", "printed", {MERCHANT, CARDHOLDER}),
    "switched off in the first copy": (switched_off_in_the_first, "unknown", "printed", {MERCHANT, CARDHOLDER}),
    "the second printer is no help": (second_printer_is_no_help, "printed", "printed", {MERCHANT, CARDHOLDER}),
    "the second printer began it": (second_printer_began_it, "printed", "printed", {MERCHANT}),
}
"""What goes wrong, how each copy ends, and which copies were told to be held up and to print by themselves."""


@pytest.mark.parametrize("case", CASES)
def test_once_a_receipt_has_begun_the_rest_of_it_prints_by_itself(shop: Shop, lines: int, case: str) -> None:
    happens, merchant, cardholder, held = CASES[case]
    happens(shop, lines)
    shop.on("first")
    shop.on("second")
    assert shop.print() == {MERCHANT: merchant, CARDHOLDER: cardholder}
    assert {name for name in NAMES if HELD in dict(shop.told(name))} == held
    for name, state in ((MERCHANT, merchant), (CARDHOLDER, cardholder)):
        assert shop.originals(name) == 1 or (state == "unknown" and not shop.originals(name))


@pytest.mark.parametrize("trouble", ["paper_out", "cover", "cutter"])
def test_a_receipt_that_has_not_begun_promises_nothing_and_waits_for_nobody(shop: Shop, trouble: str) -> None:
    shop.first.set(trouble)
    shop.on("first")
    assert shop.print() == {MERCHANT: "queued", CARDHOLDER: "queued"}
    assert not shop.told(MERCHANT) + shop.told(CARDHOLDER)
    assert shop.first.paper == []


def test_a_printer_that_is_closed_promises_nothing(shop: Shop) -> None:
    shop.on("first")
    shop.off("first")
    assert shop.print() == {MERCHANT: "queued", CARDHOLDER: "queued"}
    assert "refused" in {one.detail for one in shop.heard}


def test_a_printer_that_comes_back_between_the_copies_prints_the_other_one(shop: Shop) -> None:
    shop.on("first")
    shop.off("first")
    shop.then[MERCHANT, "queued"] = lambda: shop.on("first")
    ended = shop.print((MERCHANT,)) | shop.print((CARDHOLDER,))
    assert ended == {MERCHANT: "queued", CARDHOLDER: "printed"}


@pytest.mark.parametrize("place", ["first", "between"])
def test_what_nobody_mends_ends_as_what_it_is_and_leaves_the_original_for_the_next_print(
    shop: Shop, place: str
) -> None:
    if place == "first":
        shop.breaks(6, "paper_out")
    else:
        shop.first.behind_cut = "paper_out"
    shop.on("first")
    assert shop.print() == {MERCHANT: "unknown" if place == "first" else "printed", CARDHOLDER: "queued"}
    shop.servers["first"].mend("paper_out")
    shop.print((CARDHOLDER,))
    assert shop.originals(CARDHOLDER) == 1


def test_a_till_that_is_switched_off_waits_for_nobody(shop: Shop) -> None:
    shop.first.behind_cut = "paper_out"
    shop.on("first")

    async def run() -> None:
        files = FileWriter({"receipt": shop.where}, shop)
        printer = ReceiptPrinter(
            [tcp(shop.ports["first"])], "en", shop, files, shop.where, Uses(shop.where / "uses"), FAST
        )
        stopped = asyncio.Event()
        shop.then[CARDHOLDER, HELD] = stopped.set
        for name, copy in NAMES.items():
            drawn = msgspec.msgpack.encode(sale_slip(SLIP, copy, code=CODE))
            printer.perform(Perform("receipt", name, "text", drawn))
        await stopped.wait()
        await printer.stop()

    asyncio.run(run())
    assert shop.ended == {MERCHANT: "printed", CARDHOLDER: "queued"}
