"""What emupos lacks, shown with our own fake over real sockets: each bad habit and fault, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from counterfoil.links.printing import put
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import profile_of
from counterfoil.step import SECOND
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import BRIEF, FAST, MODEL, tcp, told
from printers.server import Server

STALE_ASB = bytes.fromhex("18 00 0f 00")  # "paper out", of yesterday
STALE_ANSWERS = bytes.fromhex("12 12 12 12 37 22 30 30 31 45 00 5f 4f 4c 44 00 37 25 00")
PATIENT = replace(FAST, barrier=3 * SECOND)


@dataclass(frozen=True)
class Row:
    """A printer and its fault; what the job says, and how many ORIGINALs there are then."""

    name: str
    said: tuple[str, str]
    originals: int
    habits: dict[str, Any] = field(default_factory=dict)
    set: str = ""
    plan: tuple[int, str] | None = None
    greeting: bytes = b""
    idle: float = 0
    barrier: str = "gs-h"
    timings: Timings = BRIEF


ROWS = [
    Row("healthy", ("printed", ""), 1),
    Row("healthy, by GS r", ("printed", ""), 1, barrier="gs-r"),
    Row("cutter before", ("queued", "cutter"), 0, set="cutter"),
    Row("cutter in the middle", ("unknown", "cutter"), 0, plan=(10, "cutter")),
    Row("cutter in the header", ("failed", "cutter"), 0, plan=(1, "cutter")),
    Row("cutter at the cut", ("printed", ""), 1, set="cutter_sticks"),
    Row("jam before", ("queued", "jam"), 0, set="jam"),
    Row("jam in the middle", ("unknown", "jam"), 0, plan=(10, "jam")),
    Row("hot head in the middle", ("unknown", "hot_head"), 0, plan=(10, "hot")),
    Row("broken for good in the middle", ("unknown", "unrecoverable"), 0, plan=(10, "unrecoverable")),
    Row("mute", ("queued", "mute"), 0, {"mute": True}),
    Row("does not know GS ( H", ("queued", "mute"), 0, {"gs_h": False}),
    Row("a wrong id", ("queued", "mute"), 0, {"wrong_id": b"1234"}),
    Row("an id that comes late", ("printed", ""), 1, {"id_late": SECOND // 3}, timings=PATIENT),
    Row("slow", ("printed", ""), 1, {"line_time": 60_000}, timings=PATIENT),
    Row("slower than anybody waits", ("unknown", ""), 0, {"line_time": 600_000}),
    Row("stale ASB", ("printed", ""), 1, greeting=STALE_ASB),
    Row("stale answers to every question", ("printed", ""), 1, greeting=STALE_ANSWERS),
    Row("stale answers over a real fault", ("queued", "cover_open"), 0, set="cover", greeting=STALE_ANSWERS),
    Row("an ASB with a wrong fixed bit", ("sent", ""), 1, {"asb_zero": True}, barrier="gs-r"),
    Row("hangs up on the idle before", ("queued", "lost"), 0, idle=0.001, timings=replace(BRIEF, settle=SECOND // 10)),
    Row("hangs up on the idle in the middle", ("unknown", "lost"), 0, {"line_time": 300_000}, idle=0.3),
    Row("cannot clear its buffer", ("unknown", "cover_open"), 0, {"clears": False}, plan=(10, "cover")),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_said_of_a_printer_and_what_is_on_its_paper(row: Row) -> None:
    printer = Printer(Habits(**{"line_time": 1000, **row.habits}))
    if row.set:
        printer.set(row.set)
    if row.plan:
        printer.plan.append(row.plan)
    with Server(printer, greeting=row.greeting, idle=row.idle) as server:
        address = replace(tcp(server.port), profile=profile_of(MODEL, barrier=row.barrier, clear=row.barrier == "gs-h"))
        assert told(put(receipt(), address, row.timings)) == row.said
        assert printer.originals() == row.originals
        assert printer.originals() + printer.duplicates() == len([line for line in printer.paper if "cut" in line])
