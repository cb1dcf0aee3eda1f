"""The result of an action is the result of this action: of a print, and of a person's word about a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.receipts.copies import NEWS, PROOFS
from counterfoil.step import HELD, Command, Performed
from counterfoil.terminal.sentences import TROUBLES
from terminal.counter import T1, TIMER, Counter

REF = f"{T1}/000001/000002"
BEFORE = ("printed", "sent", "unknown", "queued", "failed", "attested", "e_delivered", "declined")
"""What is known of the cardholder's copy when it is printed again."""
RESULTS = {
    "printed": ("done", "Printed: cardholder copy."),
    "sent": ("done", "cannot say whether it prints: cardholder copy."),
    "queued": ("not_done", "Nothing of this print is on paper: cardholder copy."),
    "failed": ("not_done", "Nothing of this print is on paper: cardholder copy."),
    "unknown": ("unknown", "not known whether this came out: cardholder copy."),
}


def news(counter: Counter, copy: str, number: int, state: str, detail: str = "") -> None:
    name = f"{T1}-000001-000002.{copy}.{number}"
    counter.step(Performed("receipt", name, state == "printed", detail, state))


def sold(before: str = "printed", merchant: str = "printed") -> Counter:
    """A sale that stands, of whose copies this is known."""
    counter = Counter().open_for_business()
    counter.printer = None
    counter.sale()
    counter.answer()
    person = before not in NEWS
    news(counter, "merchant", 1, merchant)
    news(counter, "cardholder", 1, "unknown" if person else before)
    if person:
        counter.ask("close_receipt", ref=REF, how=before, copy="cardholder")
    return counter


def mark(counter: Counter, copy: str = "cardholder") -> str:
    """What the newest print of a copy calls itself."""
    paper = counter.printed[counter.receipts(copy)[-1]]
    return next((line.strip(" *") for line in paper.splitlines() if "DUPLICATE" in line), "ORIGINAL")


def again(counter: Counter, state: str, detail: str = "", copy: str = "cardholder") -> dict[str, Any]:
    """Print a copy again; how it ends, and what the till is told. State "" is silence."""
    number = counter.attempt(REF).copies_sent + 1
    command = counter.tell("receipt", ref=REF, copy=copy)
    if state:
        news(counter, copy, number, state, detail)
    else:
        counter.step(after=TIMER)
    return counter.replies[command]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("state", RESULTS)
def test_a_print_says_what_became_of_it_whatever_was_known_before(before: str, state: str) -> None:
    told = again(sold(before), state, "" if state == "printed" else "refused")
    result, words = RESULTS[state]
    assert (told["prints"]["cardholder"]["state"], told["result"]) == (state, result)
    assert words in told["sentence"]["en"]
    assert (TROUBLES["refused"].en in told["sentence"]["en"]) == (result != "done")
    assert (TROUBLES["refused"].zh in told["sentence"]["zh"]) == (result != "done")
    assert ("hand over" in told["sentence"]["en"]) == (state == "printed")


@pytest.mark.parametrize("before", BEFORE)
def test_a_print_of_which_nothing_is_heard_is_not_called_printed(before: str) -> None:
    told = again(sold(before), "")
    assert (told["prints"]["cardholder"]["state"], told["result"]) == ("sending", "unknown")
    assert "not known whether this came out" in told["sentence"]["en"]


@pytest.mark.parametrize("before", BEFORE)
def test_a_print_that_is_held_up_when_the_till_stops_waiting_prints_by_itself_later(before: str) -> None:
    counter = sold(before)
    command = counter.tell("receipt", ref=REF)
    news(counter, "cardholder", 2, HELD, "paper_out")
    counter.step(after=TIMER)
    told = counter.replies[command]
    assert told["result"] == "unknown"
    assert TROUBLES["paper_out"].en in told["sentence"]["en"]
    assert "prints by itself" in told["sentence"]["en"]


@pytest.mark.parametrize("state", [*RESULTS, ""])
@pytest.mark.parametrize("tries", [1, 3])
def test_only_a_try_that_may_have_put_something_on_paper_uses_up_a_number(state: str, tries: int) -> None:
    counter = sold()
    for _ in range(tries):
        again(counter, state, "refused" if state in PROOFS else "")
    again(counter, "printed")
    assert mark(counter) == f"DUPLICATE {1 if state in PROOFS else tries + 1}"


def test_the_numbers_go_through_the_sale_and_have_no_holes() -> None:
    counter = sold()
    marks = []
    for copy, state in (
        ("cardholder", "queued"), ("merchant", "printed"), ("merchant", "failed"), ("cardholder", "printed"),
        ("bank", "queued"), ("bank", "printed"), ("bank", "queued"), ("bank", "printed"), ("cardholder", "printed"),
    ):  # fmt: skip
        told = again(counter, state, copy=copy)
        assert told["prints"][copy]["mark"] == mark(counter, copy)
        marks += [(copy, mark(counter, copy))] if state == "printed" else []
    assert marks == [
        ("merchant", "DUPLICATE 1"), ("cardholder", "DUPLICATE 2"), ("bank", "ORIGINAL"), ("bank", "DUPLICATE 3"),
        ("cardholder", "DUPLICATE 4"),
    ]  # fmt: skip


def test_proof_that_comes_late_gives_back_no_number_that_another_print_has_since() -> None:
    counter = sold()
    again(counter, "")  # 2, DUPLICATE 1, silent
    again(counter, "printed")  # 3, DUPLICATE 2
    news(counter, "cardholder", 2, "queued", "refused")
    again(counter, "printed")
    assert mark(counter) == "DUPLICATE 3"


def test_proof_that_comes_late_gives_the_number_back_although_another_copy_was_tried_meanwhile() -> None:
    counter = sold()
    again(counter, "")  # the cardholder's DUPLICATE 1, silent
    again(counter, "queued", "refused", copy="merchant")
    news(counter, "cardholder", 2, "failed", "paper_out")
    again(counter, "printed")
    assert mark(counter) == "DUPLICATE 1"


def test_what_the_step_itself_has_heard_counts() -> None:
    """The proof and the next try arrive in one step: the trail on the disk does not have the proof yet."""
    counter = sold()
    again(counter, "")

    proof = Performed("receipt", f"{T1}-000001-000002.cardholder.2", False, "refused", "queued")
    counter.step(proof, Command(900, "receipt", {"ref": REF}))
    assert mark(counter) == "DUPLICATE 1"


def test_a_number_given_back_is_given_back_after_a_restart_too() -> None:
    counter = sold()
    again(counter, "queued", "refused")
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    again(counter, "printed")
    assert mark(counter) == "DUPLICATE 1"


# --- several copies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("merchant", "cardholder", "wanted"),
    [
        ("printed", "queued", ["cardholder"]),
        ("queued", "printed", ["merchant"]),
        ("queued", "unknown", ["merchant", "cardholder"]),
        ("printed", "printed", ["cardholder"]),
        ("failed", "attested", ["merchant"]),
    ],
)
def test_what_is_missing_is_printed_whichever_copy_it_is(merchant: str, cardholder: str, wanted: list[str]) -> None:
    counter = sold(cardholder, merchant)
    command = counter.tell("receipt", ref=REF, copy="missing")
    for copy in wanted:
        news(counter, copy, 2, "printed")
    told = counter.replies[command]
    assert (list(told["prints"]), told["result"], told["state"]) == (wanted, "done", "closed")


@pytest.mark.parametrize(
    ("states", "result", "said"),
    [
        (("printed", "printed"), "done", ["Printed: merchant copy, cardholder copy."]),
        (("printed", "queued"), "not_done", ["on paper: cardholder copy.", "Printed: merchant copy."]),
        (("queued", "printed"), "not_done", ["on paper: merchant copy.", "Printed: cardholder copy."]),
        (("queued", "queued"), "not_done", ["on paper: merchant copy, cardholder copy."]),
        (("unknown", "queued"), "unknown", ["came out: merchant copy.", "on paper: cardholder copy."]),
        (("failed", "unknown"), "unknown", ["on paper: merchant copy.", "came out: cardholder copy."]),
    ],
)
@pytest.mark.parametrize("verb", ["receipt", "goods"])
def test_of_two_copies_each_is_told_and_the_whole_is_the_worse(
    states: tuple[str, str], result: str, said: list[str], verb: str
) -> None:
    counter = sold("unknown", "unknown")
    if verb == "goods":
        command = counter.tell("goods", ref=REF, answer="handed_over")
    else:
        command = counter.tell("receipt", ref=REF, copy="missing")
    for copy, state in zip(("merchant", "cardholder"), states, strict=True):
        news(counter, copy, 2, state, "" if state == "printed" else "refused")
    told = counter.replies[command]
    assert told["result"] == result
    places = [told["sentence"]["en"].find(words) for words in said]
    assert -1 not in places, told["sentence"]
    assert places == sorted(places), "what is wrong comes first"
    assert told["sentence"]["en"].startswith("The goods are noted as handed over.") == (verb == "goods")


@pytest.mark.parametrize("details", [("refused", ""), ("", "refused"), ("refused", "lost")])
def test_copies_that_are_out_are_told_of_together_whatever_their_printer_reported(details: tuple[str, str]) -> None:
    counter = sold("unknown", "unknown")
    command = counter.tell("receipt", ref=REF, copy="missing")
    for copy, detail in zip(("merchant", "cardholder"), details, strict=True):
        news(counter, copy, 2, "sent", detail)
    sentence = counter.replies[command]["sentence"]
    assert sentence["en"].count("cannot say whether it prints: merchant copy, cardholder copy.") == 1
    assert sentence["en"].count("Sent to a printer") == sentence["zh"].count("已送往打印机") == 1


def test_a_trouble_that_was_mended_is_no_trouble_of_the_receipt_any_more() -> None:
    counter = sold()
    command = counter.tell("receipt", ref=REF)
    news(counter, "cardholder", 2, HELD, "cover_open")
    news(counter, "cardholder", 2, "printed")
    assert (counter.replies[command]["result"], counter.replies[command]["receipt_trouble"]) == ("done", "")


@pytest.mark.parametrize(("state", "shown"), [("printed", "out now"), ("unknown", "receipt pending")])
def test_the_display_says_what_became_of_what_it_promised_when_nobody_waits_any_more(state: str, shown: str) -> None:
    counter = Counter().open_for_business()
    counter.printer = None
    counter.sale()
    counter.answer()
    news(counter, "merchant", 1, "printed")
    news(counter, "cardholder", 1, HELD, "paper_out")
    counter.step(after=TIMER)
    news(counter, "cardholder", 1, state, "" if state == "printed" else "lost")
    display = [line["en"] for line in counter.ask("status", terminal=T1)["terminals"][0]["display"]]
    assert any(shown in line for line in display[-2:])


# --- what a person says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("merchant", "cardholder", "args", "result", "closed", "left"),
    [
        ("unknown", "unknown", {"how": "attested"}, "done", ["merchant", "cardholder"], []),
        ("printed", "unknown", {"how": "attested"}, "done", ["cardholder"], []),
        ("queued", "unknown", {"how": "attested"}, "not_done", ["cardholder"], ["merchant"]),
        ("queued", "unknown", {"how": "attested", "copy": "cardholder"}, "done", ["cardholder"], ["merchant"]),
        ("queued", "queued", {"how": "declined", "copy": "cardholder"}, "done", ["cardholder"], ["merchant"]),
        ("queued", "queued", {"how": "declined"}, "done", ["merchant", "cardholder"], []),
        ("queued", "queued", {"how": "e_delivered", "copy": "merchant"}, "done", ["merchant"], ["cardholder"]),
    ],
)
def test_a_persons_word_says_which_copies_it_closed_and_which_are_still_open(
    merchant: str, cardholder: str, args: dict[str, str], result: str, closed: list[str], left: list[str]
) -> None:
    told = sold(cardholder, merchant).ask("close_receipt", ref=REF, **args)
    assert (told["result"], told["closed"], told["open"]) == (result, closed, left)
    assert ("Still open" in told["sentence"]["en"]) == bool(left)
    assert all(f"{copy} copy" in told["sentence"]["en"] for copy in closed + left)
    assert ("仍未了结" in told["sentence"]["zh"]) == bool(left)
