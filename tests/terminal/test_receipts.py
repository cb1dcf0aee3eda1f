"""The ORIGINAL rule at the terminal: what the printer said, when, and what may be printed after it."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.receipts.copies import CopyState
from counterfoil.step import HELD, SECOND, SPELLED_OUT, Performed
from counterfoil.storage import Migration, open_store
from counterfoil.terminal.records import migrations
from counterfoil.terminal.sentences import TROUBLES
from counterfoil.terminal.stubs import find
from terminal.counter import PIN, T1, TIMER, Counter

REF = f"{T1}/000001/000002"


@pytest.fixture
def counter() -> Counter:
    return Counter().open_for_business()


def job(copy: str, number: int) -> str:
    return f"{T1}-000001-000002.{copy}.{number}"


def news(counter: Counter, number: int, state: str, detail: str = "", *copies: str) -> None:
    for copy in copies or ("merchant", "cardholder"):
        counter.step(Performed("receipt", job(copy, number), state == "printed", detail, state))


def sold(counter: Counter) -> int:
    """A sale approved at a printer that has not yet said anything."""
    counter.printer = None
    sale = counter.sale()
    counter.answer()
    return sale


def test_paper_out_before_the_print_leaves_the_original_for_the_reprint(counter: Counter) -> None:
    sale = sold(counter)
    news(counter, 1, "queued", "paper_out")
    told = counter.replies[sale]
    assert (told["outcome"], told["receipt_state"], told["receipt_trouble"]) == ("approved", "queued", "paper_out")
    assert told["display"][-1] == TROUBLES["paper_out"].both()
    counter.tell("receipt", ref=REF)
    assert "DUPLICATE" not in counter.printed[job("cardholder", 2)]
    news(counter, 2, "printed", "", "cardholder")
    counter.tell("receipt", ref=REF, copy="merchant")
    assert "DUPLICATE" not in counter.printed[job("merchant", 3)]
    news(counter, 3, "printed", "", "merchant")
    assert counter.attempt(REF).state == "closed"


@pytest.mark.parametrize("state", ["unknown", "sent"])
def test_what_may_have_come_out_comes_again_as_a_duplicate(counter: Counter, state: str) -> None:
    sale = sold(counter)
    news(counter, 1, state)
    assert counter.replies[sale]["receipt_state"] == state
    counter.tell("receipt", ref=REF)
    assert "****DUPLICATE 1****" in counter.printed[job("cardholder", 2)]


def test_a_duplicate_that_fails_makes_the_next_print_no_original_and_uses_up_no_number(counter: Counter) -> None:
    """A silent print, then a reprint that definitely failed: the silent one may still have been the ORIGINAL."""
    sold(counter)
    counter.step(after=TIMER)
    counter.tell("receipt", ref=REF)
    counter.step(Performed("receipt", job("cardholder", 2), False))
    assert counter.attempt(REF).cardholder_copy is CopyState.UNKNOWN
    counter.tell("receipt", ref=REF)
    assert "****DUPLICATE 1****" in counter.printed[job("cardholder", 3)]


def test_a_printer_that_is_held_up_says_what_to_do_and_goes_on(counter: Counter) -> None:
    sold(counter)
    news(counter, 1, HELD, "cover_open", "merchant")
    display = counter.ask("status", terminal=T1)["terminals"][0]["display"]
    assert display[-1] == TROUBLES["cover_open"].both()
    assert "by itself" in display[-2]["en"]
    news(counter, 1, "printed")
    assert counter.attempt(REF).state == "closed"


@pytest.mark.parametrize("state", ["printed", "sent"])
def test_a_receipt_with_letters_spelled_out_is_out_and_the_till_is_told(counter: Counter, state: str) -> None:
    sold(counter)
    news(counter, 1, state, SPELLED_OUT)
    attempt = counter.attempt(REF)
    assert (attempt.merchant_copy, attempt.cardholder_copy) == (state, state)
    assert attempt.trouble == ""
    assert f"merchant copy {state}: {SPELLED_OUT}" in [line.what for line in counter.stub(REF).history]
    shown = counter.ask("status", terminal=T1)["terminals"][0]["display"]
    assert TROUBLES[SPELLED_OUT].both() in shown


def test_a_restart_leaves_what_was_at_the_printer_unknown_and_what_was_queued_queued(counter: Counter) -> None:
    sold(counter)
    news(counter, 1, "queued", "offline", "merchant")
    counter.restart()
    counter.step()
    attempt = counter.attempt(REF)
    assert (attempt.merchant_copy, attempt.cardholder_copy) == (CopyState.QUEUED, CopyState.UNKNOWN)
    assert (attempt.merchant_original, attempt.cardholder_original) == (0, 1)


def test_which_print_is_the_original_and_what_it_says_is_on_the_disk_before_it_leaves(counter: Counter) -> None:
    sold(counter)
    line = next(line for line in counter.stub(REF).history if line.what == "print 1")
    assert line.message is not None
    assert all(text.startswith("ORIGINAL sha256 ") for text in line.message.values())


def test_what_the_printer_does_never_moves_money(counter: Counter) -> None:
    sold(counter)
    for state in ("failed", "queued", "unknown", "sent", "printed"):
        news(counter, 1, state)
        assert counter.attempt(REF).state in ("approved", "closed")
    assert counter.line == []


# --- what a person says ----------------------------------------------------------------------------------------------


def closed(counter: Counter, how: str, **more: Any) -> dict[str, Any]:
    return counter.ask("close_receipt", ref=REF, how=how, **more)


def test_a_person_who_has_seen_it_closes_the_receipt(counter: Counter) -> None:
    sold(counter)
    news(counter, 1, "unknown")
    told = closed(counter, "attested", operator="01")
    assert (told["state"], told["receipt_state"]) == ("closed", "attested")


def test_nobody_can_have_seen_what_never_left(counter: Counter) -> None:
    sold(counter)
    news(counter, 1, "queued", "paper_out")
    assert closed(counter, "attested")["error"] == "not_printing"


def test_an_e_receipt_takes_the_place_of_the_original(counter: Counter) -> None:
    sold(counter)
    news(counter, 1, "queued", "paper_out")
    closed(counter, "e_delivered", copy="cardholder")
    assert closed(counter, "declined", copy="merchant")["state"] == "closed"
    counter.printer = True
    counter.ask("receipt", ref=REF)
    counter.ask("receipt", ref=REF, copy="merchant")
    assert "DUPLICATE" in counter.printed[job("cardholder", 2)]
    assert "DUPLICATE" not in counter.printed[job("merchant", 3)]


def test_a_customer_who_wants_none_frees_a_terminal_that_asks_about_the_goods(counter: Counter) -> None:
    sold(counter)
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    assert counter.ask("status")["terminals"][0]["phase"] == "open_sale"
    assert closed(counter, "declined")["receipt_state"] == "declined"
    assert counter.ask("status")["terminals"][0]["phase"] == "idle"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"ref": REF, "how": "burnt"}, "bad_request"),
        ({"ref": REF, "how": "attested", "copy": "nobody"}, "bad_request"),
        ({"ref": f"{T1}/000001/000009", "how": "attested"}, "unknown_sale"),
        ({"ref": REF, "how": "attested"}, "busy"),
    ],
)
def test_what_cannot_be_said_of_a_receipt(counter: Counter, args: dict[str, Any], error: str) -> None:
    sold(counter)
    assert counter.ask("close_receipt", **args)["error"] == error


# --- before the card is asked ----------------------------------------------------------------------------------------


def checks(counter: Counter) -> list[str]:
    return [name for name in counter.printed if ".check." in name]


@pytest.fixture
def strict() -> Counter:
    """A merchant who sells with paper only."""
    counter = Counter(printer=True, paper="required").open_for_business()
    counter.printer = None
    return counter


def test_where_paper_is_required_no_request_leaves_before_the_printer_is_ready(strict: Counter) -> None:
    strict.sale()
    assert strict.line == []
    strict.step(Performed("printer", checks(strict)[0], True))
    assert strict.request().mti == "0200"


def test_where_paper_is_required_a_printer_that_is_not_ready_stops_the_sale(strict: Counter) -> None:
    sale = strict.sale()
    strict.step(Performed("printer", checks(strict)[0], False, "paper_out"))
    told = strict.replies[sale]
    assert (told["outcome"], strict.line) == ("not_sent", [])
    assert "not charged" in told["sentence"]["en"]
    assert told["display"][-1] == TROUBLES["paper_out"].both()


def test_a_printer_that_never_says_whether_it_is_ready_is_not(strict: Counter) -> None:
    sale = strict.sale()
    strict.step(after=8 * SECOND)
    assert strict.replies[sale]["outcome"] == "not_sent"


def test_where_paper_is_not_required_the_sale_goes_on_and_the_trouble_is_shown() -> None:
    counter = Counter(printer=True).open_for_business()
    counter.printer = None
    counter.sale()
    assert counter.request("0200").mti == "0200"
    counter.step(Performed("printer", checks(counter)[0], False, "cover_open"))
    assert counter.ask("status")["terminals"][0]["display"][-1] == TROUBLES["cover_open"].both()


def test_a_reversal_never_waits_for_a_printer(strict: Counter) -> None:
    strict.sale()
    strict.step(Performed("printer", checks(strict)[0], True))
    assert strict.request().mti == "0200"
    sent = strict.time_out()
    assert [strict.host.read(send).mti for send in sent] == ["0400"]


# --- the store -------------------------------------------------------------------------------------------------------


def old_format() -> list[Migration]:
    return migrations()[:1]


def test_an_older_store_keeps_its_receipts_and_gives_no_original_back_in_doubt(tmp_path: Any) -> None:
    path = str(tmp_path / "store.db")
    rows: list[tuple[str, str, int]] = [("sent", "printed", 1), ("failed", "failed", 1), ("failed", "none", 2)]
    old = open_store(path, old_format(), lock=False)
    columns = [(name, kind) for _, name, kind, *_ in old.query("PRAGMA table_info(attempt)")]
    with old.transaction():
        for number, (merchant, cardholder, sent) in enumerate(rows):
            row = {name: {"text": "", "bytea": b""}.get(kind, 1) for name, kind in columns}
            row |= {"terminal": T1, "batch": "000001", "stan": f"{number:06d}", "state": "approved", "last4": "0013"}
            row |= {"merchant_copy": merchant, "cardholder_copy": cardholder, "copies_sent": sent}
            row |= {"till_key": f"key {number}"}
            marks = ", ".join("?" * len(row))
            old.execute(f"INSERT INTO attempt ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        old.commit()
    old.close()
    store = open_store(path, migrations(), lock=False)
    found = store.query("SELECT merchant_copy, merchant_original, cardholder_copy, cardholder_original FROM attempt")
    assert found == [("unknown", 1, "printed", 1), ("failed", 0, "failed", 0), ("unknown", 2, "none", 0)]
    assert len(find(store, last4="0013")) == 3


@pytest.mark.parametrize(
    ("amount", "pin", "signed"), [(100_000, None, False), (100_001, None, True), (1, PIN, True), (100_001, PIN, True)]
)
def test_a_small_sale_without_a_pin_is_not_signed(counter: Counter, amount: int, pin: str | None, signed: bool) -> None:
    counter.sale(amount=amount, pin=pin)
    counter.answer(mti="0200")
    slip = counter.printed[job("merchant", 1)]
    assert ("CARDHOLDER SIGNATURE" in slip, "NO SIGNATURE" in slip) == (signed, not signed)


def test_whatever_stands_behind_the_acquirer_in_de44_is_not_on_the_slip(counter: Counter) -> None:
    counter.printer = None
    counter.sale()
    counter.answer(de44=f"{'01030000':<11}{'00010344':<11}999")
    (line,) = [line for line in counter.printed[job("merchant", 1)].splitlines() if "00010344" in line]
    assert line.endswith("00010344")
