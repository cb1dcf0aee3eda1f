"""What comes out, and what is said about it, when things go wrong at the printer: one test per row."""

from __future__ import annotations

import pytest

from counterfoil.receipts.copies import Copies, CopyState
from counterfoil.receipts.printers.job import Order, PrintResult
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import profile_of
from counterfoil.step import SECOND
from printers.desk import GS_H, GS_R, Desk
from printers.fake import Habits, Printer

SHORT = Timings(patience=20 * SECOND)


class Till:
    """Prints one sale's copy by the rule, as often as the cashier asks."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.copy = Copies()
        self.prints = 0

    def print(self) -> PrintResult | None:
        self.prints += 1
        before = self.copy.original
        self.copy = self.copy.started(self.prints)
        result = self.desk.print(self.prints - 1 if before else 0)
        news = CopyState(result.state.value) if result is not None else None
        self.copy = self.copy.heard(self.prints, news) if news is not None else self.copy.lost()
        return result

    @property
    def out(self) -> tuple[int, int]:
        return self.desk.printer.originals(), self.desk.printer.duplicates()


@pytest.fixture(params=[GS_H, GS_R], ids=["gs-h", "gs-r"])
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(Printer(), request.param, SHORT)


def told(result: PrintResult | None) -> tuple[str, str]:
    assert result is not None
    return result.state.value, result.trouble


def test_healthy(desk: Desk) -> None:
    till = Till(desk)
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 0)
    assert desk.printer.paper[-1] == "-- cut --"


def test_paper_out_before_then_a_new_roll(desk: Desk) -> None:
    till = Till(desk)
    desk.printer.set("paper_out")
    assert told(till.print()) == ("queued", "paper_out")
    assert till.out == (0, 0)
    assert desk.printer.paper == []
    desk.printer.mend("paper_out")
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 0)


def test_paper_out_in_the_middle_and_a_new_roll_while_the_connection_is_kept(desk: Desk) -> None:
    till = Till(desk)
    desk.printer.plan = [(10, "paper_out")]
    desk.mend_after(8 * SECOND, "paper_out")
    result = till.print()
    assert told(result) == ("printed", "")
    assert result is not None
    assert result.parts
    assert till.out == (1, 0)


def test_paper_out_in_the_middle_and_the_till_crashes(desk: Desk) -> None:
    till = Till(desk)
    desk.printer.plan = [(10, "paper_out")]
    desk.after(3 * SECOND, desk.crash)
    assert till.print() is None
    assert till.copy.state is CopyState.UNKNOWN
    desk.mend_after(SECOND, "paper_out")
    desk.idle(5)  # the printer goes on by itself with what it was given
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 1)


def test_paper_out_in_the_middle_a_crash_and_a_reprint_while_the_old_job_still_comes_out(desk: Desk) -> None:
    """The replies that the dead till's job asked for reach the new one, which must not take them for its own."""
    till = Till(desk)
    desk.printer.plan = [(10, "paper_out")]
    desk.after(3 * SECOND, desk.crash)
    till.print()
    desk.printer.mend("paper_out")
    desk.printer.plan = [(62, "paper_out")]  # in the middle of the second receipt
    desk.mend_after(60 * SECOND, "paper_out")
    assert told(till.print()) == ("unknown", "paper_out")


def test_cover_opened_in_the_middle_time_out_reprint() -> None:
    """With a buffer that cannot be cleared: unknown, then a duplicate beside the original that came after all."""
    desk = Desk(Printer(), GS_R, SHORT)
    till = Till(desk)
    desk.printer.plan = [(10, "cover")]
    assert told(till.print()) == ("unknown", "cover_open")
    desk.printer.mend("cover")
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 1)


def test_cover_opened_in_the_middle_and_the_buffer_cleared() -> None:
    """Cleared, but the header had been processed: still unknown, and the original never comes."""
    desk = Desk(Printer(), GS_H, SHORT)
    till = Till(desk)
    desk.printer.plan = [(10, "cover")]
    assert told(till.print()) == ("unknown", "cover_open")
    desk.printer.mend("cover")
    assert told(till.print()) == ("printed", "")
    assert till.out == (0, 1)


def test_cover_opened_in_the_header_and_the_buffer_cleared_is_a_proof() -> None:
    """The barrier behind the header never came: a torn header is no receipt, so the next one may be the ORIGINAL."""
    desk = Desk(Printer(), GS_H, SHORT)
    till = Till(desk)
    desk.printer.plan = [(1, "cover")]
    assert told(till.print()) == ("failed", "cover_open")
    desk.printer.mend("cover")
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 0)


def test_held_up_in_the_header_the_receipt_has_not_left(desk: Desk) -> None:
    """Whether the printer can clear its buffer or not: the bytes of the ORIGINAL never left the till."""
    till = Till(desk)
    desk.printer.plan = [(1, "cover")]
    assert told(till.print()) == ("failed", "cover_open")
    desk.printer.mend("cover")
    desk.idle(60)
    assert till.out == (0, 0)
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 0)


def test_replies_that_were_lost_prove_nothing() -> None:
    """Mute while it printed, then well again and cleared on request: the receipt is on the paper all the same."""
    desk = Desk(Printer(), GS_H, SHORT)
    till = Till(desk)
    desk.after(150_000, lambda: setattr(desk.printer.habits, "mute", True))
    desk.after(5 * SECOND, lambda: setattr(desk.printer.habits, "mute", False))
    assert told(till.print()) == ("unknown", "")
    assert till.out == (1, 0)
    assert told(till.print()) == ("printed", "")
    assert till.out == (1, 1)


@pytest.mark.parametrize("moment", range(200_000, 900_000, 20_000))
def test_a_till_that_stops_waiting_at_any_moment_never_prints_a_second_original(desk: Desk, moment: int) -> None:
    till = Till(desk)
    desk.after(moment, desk.give_up)
    till.print()
    desk.idle(60)
    till.print()
    assert till.out[0] <= 1


@pytest.mark.parametrize("buffer", [64, 256, 1024])
def test_a_power_cycle_on_a_serial_line_goes_unnoticed_and_is_found_out(desk: Desk, buffer: int) -> None:
    """No connection breaks, the printer goes on with what still came: but not with what it had held."""
    desk = Desk(Printer(Habits(buffer=buffer, line_time=100_000)), desk.profile, SHORT, serial=True)
    till = Till(desk)
    desk.after(2 * SECOND, desk.power_cycle)
    assert told(till.print())[0] == "unknown"
    assert told(till.print()) == ("printed", "")


def test_power_cycle_in_the_middle(desk: Desk) -> None:
    till = Till(desk)
    desk.printer.plan = [(10, "cover")]
    desk.after(3 * SECOND, desk.printer.power_cycle)
    desk.after(4 * SECOND, lambda: desk.printer.mend("cover"))
    assert told(till.print())[0] == "unknown"
    assert told(till.print()) == ("printed", "")
    assert till.out == (0, 1)


def test_nothing_listens(desk: Desk) -> None:
    till = Till(desk)
    desk.listening = False
    assert told(till.print()) == ("queued", "refused")
    assert till.out == (0, 0)
    desk.listening = True
    till.print()
    assert till.out == (1, 0)


def test_it_accepts_but_is_mute(desk: Desk) -> None:
    till = Till(desk)
    desk.printer.habits.mute = True
    assert told(till.print()) == ("queued", "mute")
    assert desk.printer.paper == []
    assert desk.now < 3 * SECOND


def test_a_naive_resend_prints_two_originals(desk: Desk) -> None:
    """The counter-example: the same fault, and a till that sends the same bytes again."""
    desk.printer.plan = [(10, "cover")]
    assert told(desk.print())[0] == "unknown"
    desk.printer.mend("cover")
    desk.idle(3)
    desk.print()
    assert desk.printer.originals() == (2 if desk.profile is GS_R else 1)


# --- troubles --------------------------------------------------------------------------------------------------------

NAMES = {
    "cover": "cover_open",
    "paper_out": "paper_out",
    "offline": "offline",
    "cutter": "cutter",
    "jam": "jam",
    "unrecoverable": "unrecoverable",
    "hot": "hot_head",
}


@pytest.mark.parametrize(("fault", "name"), NAMES.items())
def test_a_trouble_is_named_before_and_in_the_middle(desk: Desk, fault: str, name: str) -> None:
    desk.printer.set(fault)
    assert told(desk.print()) == ("queued", name)
    desk.printer.mend(fault)
    desk.printer.plan = [(5, fault)]
    assert told(desk.print()) == ("unknown", name)


def test_paper_that_nears_its_end_is_told_and_does_not_stop_the_job(desk: Desk) -> None:
    desk.printer.set("near_end")
    result = desk.print()
    assert told(result) == ("printed", "")
    assert result is not None
    assert result.near_end


def test_a_cutter_that_sticks_leaves_this_receipt_printed_and_stops_the_next(desk: Desk) -> None:
    desk.printer.set("cutter_sticks")
    assert told(desk.print()) == ("printed", "")
    assert told(desk.print()) == ("queued", "cutter")


def test_a_connection_that_breaks_is_unknown_once_bytes_left_and_queued_before(desk: Desk) -> None:
    desk.after(10_000, desk.cut_off)
    assert told(desk.print()) == ("queued", "lost")
    desk.after(300_000, desk.cut_off)
    assert told(desk.print()) == ("unknown", "lost")


# --- replies that prove nothing --------------------------------------------------------------------------------------


def test_a_wrong_id_is_refused() -> None:
    desk = Desk(Printer(Habits(wrong_id=b"1234")), GS_H, SHORT)
    assert told(desk.print()) == ("queued", "mute")


def test_an_id_that_comes_late_is_still_ours() -> None:
    desk = Desk(Printer(Habits(id_late=4 * SECOND)), GS_H, Timings(barrier=2 * SECOND))
    assert told(desk.print()) == ("printed", "")


def test_an_automatic_status_with_the_wrong_fixed_bit_is_no_barrier() -> None:
    """Its zero bytes look like replies to GS r: nothing this printer says in that form is believed."""
    desk = Desk(Printer(Habits(asb_zero=True)), GS_R, SHORT)
    assert told(desk.print())[0] == "sent"


def test_a_model_without_a_barrier_is_never_called_printed() -> None:
    desk = Desk(Printer(), profile_of("generic-80", barrier="none"), SHORT)
    assert told(desk.print()) == ("sent", "")


def test_a_printer_that_only_listens_gets_its_bytes_and_proves_nothing() -> None:
    desk = Desk(
        Printer(Habits(mute=True)),
        profile_of("generic-80", barrier="none", status=False, asb=False, identifies=False),
        SHORT,
    )
    assert told(desk.print()) == ("sent", "")
    desk.idle(5)
    assert desk.printer.originals() == 1


def test_status_is_never_asked_in_the_middle_of_an_image(desk: Desk) -> None:
    """The printer holds half an image and takes no more: nobody asks until the rest has been written."""
    desk.printer.habits.buffer = 1024
    desk.printer.plan = [(1, "paper_out")]
    desk.mend_after(15 * SECOND, "paper_out")
    image = b"\x1dv0\x00\x30\x00\x80\x00" + bytes(0x30 * 0x80)
    result = desk.print(what=Order(head=b"HEADER\n", rest=image + b"ORIGINAL\n"))
    assert told(result) == ("printed", "")
    assert desk.printer.polled_in_image == 0
    assert desk.printer.originals() == 1
