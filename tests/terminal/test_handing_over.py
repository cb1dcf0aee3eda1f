"""Other ways to hand a receipt over than the usual printer, what a signed slip says, and the list of what is open."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.receipts import proof
from counterfoil.receipts.ereceipt import Addresses, issue
from counterfoil.step import ELSEWHERE, SECOND, SECOND_PRINTER, Perform, Performed
from counterfoil.terminal.sentences import ELSEWHERE as ON_THE_SECOND
from counterfoil.terminal.sentences import TROUBLES
from terminal.counter import T1, T2, Counter

SEED = bytes(range(32))
BASE = "https://receipts.example"
REF = f"{T1}/000001/000002"
NUMBER = "+8613800000000"


@pytest.fixture
def counter() -> Counter:
    return Counter(issue=issue(SEED, BASE)).open_for_business()


def sold(counter: Counter, state: str = "printed", detail: str = "") -> None:
    """A sale that stands; how both its copies ended."""
    counter.printer = None
    counter.sale()
    counter.answer()
    for name in list(counter.printed)[-2:]:
        counter.step(Performed("receipt", name, state == "printed", detail, state))


def job(copy: str, number: int) -> str:
    return f"{T1}-000001-000002.{copy}.{number}"


def trail(counter: Counter) -> list[str]:
    return [line.what for line in counter.stub(REF).history]


# --- what paper says -------------------------------------------------------------------------------------------------


def test_the_first_print_says_original_below_a_code_that_proves_its_facts(counter: Counter) -> None:
    sold(counter)
    paper = counter.printed[job("cardholder", 1)]
    code = proof.found_in(paper)
    assert code is not None
    facts = proof.verified(proof.read(code), proof.public_key(SEED))
    assert (facts.amount, facts.terminal, facts.voucher) == (1250, T1, "000002")
    assert paper.index("NOT VALID WITHOUT THE CODE BELOW") < paper.index("12.50") < paper.index("ORIGINAL")


def test_a_further_print_says_which_it_is_and_when_the_first_was(counter: Counter) -> None:
    sold(counter)
    counter.step(after=180_000_000)
    counter.tell("receipt", ref=REF)
    paper = " ".join(counter.printed[job("cardholder", 2)].split())
    assert "copy 1, printed at 2026/03/14 12:03, first copy: printed 2026/03/14 12:00" in paper
    assert "ORIGINAL" not in paper
    assert paper.count("****DUPLICATE 1****") == 2


def test_where_nobody_knows_that_the_first_came_out_the_second_says_so(counter: Counter) -> None:
    sold(counter, "unknown")
    counter.tell("receipt", ref=REF)
    assert "first copy: not confirmed" in " ".join(counter.printed[job("cardholder", 2)].split())


def test_the_banks_copy_has_one_original_too_and_keeps_no_sale_open(counter: Counter) -> None:
    sold(counter)
    assert counter.attempt(REF).state == "closed"
    counter.tell("receipt", ref=REF, copy="bank")
    assert "BANK COPY" in counter.printed[job("bank", 2)]
    assert "ORIGINAL" in counter.printed[job("bank", 2)]
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    assert counter.ask("status")["terminals"][0]["phase"] == "idle"
    counter.tell("receipt", ref=REF, copy="bank")
    assert "ORIGINAL" not in counter.printed[job("bank", 3)]


def test_after_a_restart_only_the_copy_that_is_missing_is_printed_again(counter: Counter) -> None:
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.step(Performed("receipt", job("cardholder", 1), True, "", "printed"))
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    counter.tell("goods", ref=REF, answer="handed_over")
    assert (job("merchant", 2) in counter.printed, job("cardholder", 2) in counter.printed) == (True, False)


# --- another printer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [SECOND_PRINTER, "tcp://127.0.0.1:9100?profile=epson-tm-t88"])
def test_a_copy_can_be_sent_to_another_printer_and_the_trail_says_which(counter: Counter, to: str) -> None:
    sold(counter, "queued", "paper_out")
    counter.tell("receipt", ref=REF, printer=to)
    sent = next(item for item in counter.said if isinstance(item, Perform) and item.name == job("cardholder", 2))
    assert (sent.to, bool(sent.document)) == (to, True)
    line = next(line for line in counter.stub(REF).history if line.what == "print 2")
    assert line.message is not None
    assert line.message["printer"] == to


def test_a_printer_that_hands_over_to_the_second_says_so_and_the_print_stays_the_same(counter: Counter) -> None:
    counter.printer = None
    counter.sale()
    counter.answer()
    for copy in ("merchant", "cardholder"):
        counter.step(Performed("receipt", job(copy, 1), False, "cover_open", ELSEWHERE))
    assert counter.attempt(REF).state == "approved"
    display = counter.ask("status", terminal=T1)["terminals"][0]["display"]
    assert display[-2:] == [TROUBLES["cover_open"].both(), ON_THE_SECOND.both()]
    for copy in ("merchant", "cardholder"):
        counter.step(Performed("receipt", job(copy, 1), True, "", "printed"))
    assert counter.attempt(REF).state == "closed"
    assert "cardholder copy goes to the second printer: cover_open" in trail(counter)


def test_a_second_printer_that_is_ready_lets_a_merchant_sell_who_needs_paper() -> None:
    counter = Counter(printer=True, paper="required").open_for_business()
    counter.printer = None
    counter.sale()
    counter.step(Performed("printer", f"{T1}.check.1", True, "paper_out"))
    assert counter.request().mti == "0200"


# --- e-receipt and SMS -----------------------------------------------------------------------------------------------


def test_the_address_of_an_e_receipt_leads_back_to_its_sale_and_the_trail_knows_it_was_shown(counter: Counter) -> None:
    sold(counter, "queued", "paper_out")
    address = counter.ask("receipt_link", ref=REF)["address"]
    place, _, name = address.rpartition("/")
    assert place == f"{BASE}/r"
    assert str(Addresses(SEED).meant(name)) == REF
    assert "e-receipt shown as QR" in trail(counter)


@pytest.mark.parametrize(
    "spoil", [lambda name: name[:-1], lambda name: f"{name}a", lambda name: name.replace("2", "3")]
)
def test_an_address_that_was_not_made_here_leads_nowhere(spoil: Any) -> None:
    name = Addresses(SEED).path(REF).removeprefix("/r/")
    assert Addresses(SEED).meant(name) is not None
    assert Addresses(SEED).meant(spoil(name)) is None
    assert Addresses(bytes(32)).meant(name) is None


def test_a_receipt_goes_out_as_sms_and_the_number_stays_out_of_the_trail(counter: Counter) -> None:
    sold(counter, "queued", "paper_out")
    command = counter.tell("receipt_sms", ref=REF, to=NUMBER)
    assert command not in counter.replies
    sent = next(item for item in counter.said if isinstance(item, Perform) and item.kind == "sms")
    number, _, text = sent.text.partition("\n")
    assert number == NUMBER
    assert BASE in text
    assert "12.50" in text
    counter.step(Performed("sms", sent.name, True))
    assert counter.replies[command]["sent"] is True
    assert counter.attempt(REF).cardholder_copy == "queued", "sent is not received"
    assert NUMBER not in repr(counter.stub(REF).history)
    assert "SMS taken" in trail(counter)


def test_an_sms_that_was_not_taken_says_so(counter: Counter) -> None:
    sold(counter)
    command = counter.tell("receipt_sms", ref=REF, to=NUMBER)
    sent = next(item for item in counter.said if isinstance(item, Perform) and item.kind == "sms")
    counter.step(Performed("sms", sent.name, False, "disk full"))
    assert counter.replies[command]["error"] == "sms_refused"


@pytest.mark.parametrize("number", ["", "12", "6299991000000013", "call me", 5])
def test_what_is_no_telephone_number_is_not_written_to(counter: Counter, number: Any) -> None:
    sold(counter)
    assert counter.ask("receipt_sms", ref=REF, to=number)["error"] == "bad_request"


@pytest.mark.parametrize("verb", ["receipt_link", "receipt_sms"])
def test_no_e_receipt_of_a_sale_that_does_not_stand_nor_where_nothing_signs(counter: Counter, verb: str) -> None:
    counter.sale()
    counter.answer("51")
    assert counter.ask(verb, ref=REF, to=NUMBER)["error"] == "no_receipt"
    unsigned = Counter().open_for_business()
    unsigned.sale()
    unsigned.answer()
    assert unsigned.ask(verb, ref=REF, to=NUMBER)["error"] == "no_key"


# --- what is open ----------------------------------------------------------------------------------------------------


def test_the_list_of_a_shift_has_open_receipts_and_sales_without_a_final_state_and_nothing_else() -> None:
    counter = Counter(terminals=(T1, T2)).open_for_business()
    counter.sale()
    counter.answer()  # printed
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.step(Performed("receipt", f"{T1}-000001-000003.merchant.1", True, "", "printed"))
    counter.step(Performed("receipt", f"{T1}-000001-000003.cardholder.1", False, "paper_out", "queued"))
    counter.sale(terminal=T2)
    counter.time_out()
    told = counter.ask("open_receipts")
    assert [(one["ref"], one["copies"]["cardholder"], one["receipt_trouble"]) for one in told["receipts"]] == [
        (f"{T1}/000001/000003", "queued", "paper_out")
    ]
    assert [one["ref"] for one in told["undecided"]] == [f"{T2}/000001/000002"]
    assert counter.ask("open_receipts", terminal=T1)["undecided"] == []
    assert counter.ask("open_receipts", terminal="T0000009")["error"] == "unknown_terminal"


def test_the_last_sale_that_stands_is_found_behind_one_that_does_not(counter: Counter) -> None:
    assert counter.ask("last", terminal=T1, paid=True)["error"] == "unknown_sale"
    counter.sale()
    counter.answer()
    counter.sale()
    counter.answer("51")
    assert counter.ask("last", terminal=T1)["outcome"] == "declined"
    assert counter.ask("last", terminal=T1, paid=True)["ref"] == REF


def test_the_last_sale_is_the_newest_also_when_nothing_of_it_was_sent(counter: Counter) -> None:
    """Before a restart it was the last one sent, afterwards the newest (simulator, swarm 301/1)."""
    counter.sale()
    counter.time_out()
    counter.now += SECOND
    counter.sale(amount=777)
    while counter.ask("status", terminal=T1)["terminals"][0]["waiting"]:
        counter.time_out()
    told = counter.ask("last", terminal=T1)
    assert (told["outcome"], told["amount"]) == ("not_sent", 777)
    counter.restart()
    counter.step()
    assert counter.ask("last", terminal=T1)["ref"] == told["ref"]
