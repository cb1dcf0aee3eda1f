"""The till's key never sells twice; a retry is linked, and of two approvals one goes back (P4)."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.step import Command, NotSent
from counterfoil.terminal import stubs
from terminal.counter import PAN, PIN, T1, T2, TMK, TRACK, Counter

OTHER = "6299991000000021"
REF = f"{T1}/000001/000002"


@pytest.fixture
def counter() -> Counter:
    return Counter(terminals=(T1, T2)).open_for_business()


def test_the_same_key_while_it_is_open_joins_the_attempt(counter: Counter) -> None:
    first, second = counter.sale(key="k"), counter.sale(key="k")
    assert len(counter.line) == 1
    counter.answer()
    assert counter.replies[first] == counter.replies[second]


def test_the_same_key_while_it_prints_joins_too(counter: Counter) -> None:
    counter.printer = None
    first = counter.sale(key="k")
    counter.answer()
    second = counter.sale(key="k")
    assert first not in counter.replies
    counter.wait()
    assert counter.replies[first] == counter.replies[second]


def test_the_same_key_in_the_queue_joins_too(counter: Counter) -> None:
    counter.sale()
    counter.sale(key="another")
    first, second = counter.sale(key="k"), counter.sale(key="k")
    assert counter.replies[counter.sale(key="k", amount=1)]["error"] == "key_reused"
    for _ in range(3):
        counter.answer()
    assert counter.replies[first] == counter.replies[second]
    assert counter.line == []


def test_the_same_key_twice_in_one_step_is_one_sale(counter: Counter) -> None:
    args = {"terminal": T1, "amount": 5, "currency": "CNY", "card": {"track2": TRACK}, "key": "k"}
    sent = counter.step(Command(901, "sale", args), Command(902, "sale", dict(args)))
    assert len(sent) == 1
    counter.answer()
    assert counter.replies[901]["ref"] == counter.replies[902]["ref"]


@pytest.mark.parametrize("code", ["00", "51"])
def test_the_same_key_afterwards_gives_the_same_result(counter: Counter, code: str) -> None:
    first = counter.sale(key="k")
    counter.answer(code)
    second = counter.sale(key="k")
    assert counter.line == []
    told, again = counter.replies[first], counter.replies[second]
    assert {name: again[name] for name in ("outcome", "ref", "rrn", "response_code", "receipt")} == {
        name: told[name] for name in ("outcome", "ref", "rrn", "response_code", "receipt")
    }


def test_a_key_is_used_up_by_unknown(counter: Counter) -> None:
    sale = counter.sale(key="k2")
    counter.time_out()
    assert counter.replies[counter.sale(key="k2")]["outcome"] == "unknown"
    counter.answer(mti="0400")
    told = counter.replies[counter.sale(key="k2")]
    assert (told["ref"], told["state"]) == (counter.replies[sale]["ref"], "reversed")
    assert "You may pay again" in told["sentence"]["en"]
    assert counter.line == []


def test_a_sale_at_rest_asks_nothing_when_its_key_comes_again(counter: Counter) -> None:
    counter.sale(key="k")
    counter.answer()
    assert counter.replies[counter.sale(key="k")]["open_sale"] is False


def test_an_amount_without_a_currency_is_in_yuan(counter: Counter) -> None:
    sale = counter.tell("sale", terminal=T1, amount=1250, card={"pan": PAN, "track2": TRACK}, pin=PIN)
    assert counter.answer(mti="0200") == []
    assert (counter.replies[sale]["outcome"], counter.replies[sale]["currency"]) == ("approved", "CNY")


OTHERWISE: dict[str, dict[str, Any]] = {
    "amount": {"amount": 1251},
    "currency": {"currency": "USD"},
    "card": {"card": {"track2": TRACK.replace(PAN, OTHER)}},
    "the attempt it replaces": {"retry_of": REF},
    "no PIN": {"pin": None},
    "terminal": {"terminal": T2},
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_the_same_key_with_other_content_is_refused(counter: Counter, what: str) -> None:
    counter.sale(key="k")
    counter.answer("55")
    told = counter.replies[counter.sale(key="k", **OTHERWISE[what])]
    assert told["error"] == "key_reused"
    assert told["sale"]["ref"] == REF
    assert counter.line == []


@pytest.mark.parametrize("what", [what for what in OTHERWISE if what != "the attempt it replaces"])
def test_the_same_key_with_other_content_does_not_join_what_waits(counter: Counter, what: str) -> None:
    counter.sale()
    waiting = counter.sale(key="k")
    assert counter.replies[counter.sale(key="k", **OTHERWISE[what])]["error"] == "key_reused"
    counter.answer()
    counter.answer()
    assert counter.replies[waiting]["amount"] == 1250
    assert counter.line == []


def test_another_pin_under_the_same_key_is_no_other_content(counter: Counter) -> None:
    """A PIN is kept nowhere, so two cannot be compared; that there was one is."""
    counter.sale(key="k")
    counter.answer("55")
    assert counter.replies[counter.sale(key="k", pin="999999")]["ref"] == REF


def test_a_key_of_an_earlier_version_is_bound_to_terminal_and_pin_too(counter: Counter) -> None:
    counter.sale(key="k")
    counter.answer("55")
    counter.store.execute("UPDATE attempt SET content = substr(content, 1, length(content) - 13)")
    assert counter.attempt(REF).content.endswith(" ")
    assert counter.replies[counter.sale(key="k")]["ref"] == REF
    for otherwise in OTHERWISE.values():
        assert counter.replies[counter.sale(key="k", **otherwise)]["error"] == "key_reused"


# --- nothing was sent: the key is free again --------------------------------------------------------------------------


def test_a_key_is_free_again_when_nothing_was_sent(counter: Counter) -> None:
    first = counter.sale(key="k")
    counter.refuse()
    again = counter.sale(key="k")
    counter.answer()
    told, before = counter.replies[again], counter.replies[first]
    assert (before["outcome"], told["outcome"], told["retry_of"]) == ("not_sent", "approved", before["ref"])
    assert told["ref"] != before["ref"]
    assert counter.attempt(told["ref"]).root == counter.attempt(before["ref"]).root == before["ref"]
    assert counter.replies[counter.sale(key="k")]["ref"] == told["ref"]
    assert counter.line == []
    history = stubs.stub(counter.store, counter.attempt(before["ref"]).number)
    assert history is not None
    assert f"its key is used again at {T1}" in [line.what for line in history.history]


def test_a_key_is_free_however_often_nothing_is_sent(counter: Counter) -> None:
    refs = []
    for _ in range(3):
        sale = counter.sale(key="k")
        counter.refuse()
        refs.append(counter.replies[sale]["ref"])
    paid = counter.sale(key="k")
    counter.answer()
    assert counter.replies[paid]["outcome"] == "approved"
    assert len({*refs, counter.replies[paid]["ref"]}) == 4
    assert [counter.attempt(ref).key for ref in refs] == ["", "", ""]
    assert [found.ref for found in stubs.family(counter.store, counter.attempt(refs[0]).number)] == [
        *refs,
        counter.replies[paid]["ref"],
    ]


@pytest.mark.parametrize("what", [what for what in OTHERWISE if what != "the attempt it replaces"])
def test_a_free_key_may_stand_for_anything_and_links_only_what_is_asked_again(counter: Counter, what: str) -> None:
    first = counter.sale(key="k")
    counter.refuse()
    other = counter.sale(key="k", **OTHERWISE[what])
    counter.answer()
    told = counter.replies[other]
    assert (told["outcome"], told["retry_of"]) == ("approved", "")
    assert not counter.attempt(counter.replies[first]["ref"]).linked


def test_a_retry_that_was_not_sent_is_asked_again_and_belongs_to_the_same_chain(counter: Counter) -> None:
    counter.sale()
    counter.answer("51")
    first = counter.sale(key="k", retry_of=REF)
    counter.refuse()
    again = counter.sale(key="k", retry_of=REF)
    counter.answer()
    told = counter.replies[again]
    assert (told["outcome"], told["retry_of"]) == ("approved", REF)
    chain = [found.ref for found in stubs.family(counter.store, counter.attempt(REF).number)]
    assert chain == [REF, counter.replies[first]["ref"], told["ref"]]


def test_what_waits_under_a_free_key_is_joined(counter: Counter) -> None:
    counter.sale(key="k")
    counter.refuse()
    counter.sale()
    second, third = counter.sale(key="k"), counter.sale(key="k")
    assert counter.replies[counter.sale(key="k", amount=1)]["error"] == "key_reused"
    counter.answer()
    counter.answer()
    assert counter.replies[second]["ref"] == counter.replies[third]["ref"]
    assert counter.line == []


def test_a_key_is_given_up_and_taken_in_one_step(counter: Counter) -> None:
    """The line refuses a request, and the till asks again at that moment; the commit is one."""
    first = counter.sale(key="k")
    args = {"terminal": T1, "amount": 1250, "currency": "CNY", "card": {"track2": TRACK}, "pin": PIN, "key": "k"}
    token = counter.line.pop(0).token
    counter.step(NotSent("switch", T1, token), Command(901, "sale", args))
    counter.answer()
    assert counter.replies[first]["outcome"] == "not_sent"
    assert counter.replies[901]["outcome"] == "approved"


def test_a_free_key_stays_free_over_a_restart(counter: Counter) -> None:
    counter.sale(key="k")
    counter.refuse()
    counter.restart()
    counter.open_for_business()
    sale = counter.sale(key="k")
    counter.answer(mti="0200")
    assert counter.replies[sale]["outcome"] == "approved"


def test_what_a_person_gave_up_is_not_sold_by_a_repeat_that_comes_late() -> None:
    counter = Counter()
    counter.step()
    sale = counter.sale(key="k")
    assert counter.ask("cancel", terminal=T1)["cancelled"] == 1
    assert counter.replies[sale]["outcome"] == "not_sent"
    assert "Cancelled" in counter.replies[counter.sale(key="k")]["sentence"]["en"]
    while counter.line:
        counter.answer(mti="0800")
    assert counter.replies[counter.sale(key="k")]["ref"] == counter.replies[sale]["ref"]
    assert counter.line == []


def test_a_key_is_not_used_up_by_a_request_that_was_turned_down(counter: Counter) -> None:
    assert counter.replies[counter.sale(key="k", amount=0)]["error"] == "bad_request"
    sale = counter.sale(key="k")
    counter.answer()
    assert counter.replies[sale]["outcome"] == "approved"


# --- another merchant -------------------------------------------------------------------------------------------------


def two_merchants() -> Counter:
    counter = Counter(terminals=(T1,))
    counter.tell("enrol", terminal=T2, merchant="103000058140002", name="New Street Tea", tmk=TMK.hex())
    return counter.open_for_business()


@pytest.mark.parametrize("code", ["00", "51"])
def test_a_key_of_another_merchants_sale_tells_nothing_of_it(code: str) -> None:
    counter = two_merchants()
    counter.sale(key="k")
    counter.answer(code)
    told = counter.replies[counter.sale(key="k", terminal=T2)]
    assert (told["error"], "sale" in told) == ("key_reused", False)
    assert REF not in str(told)
    assert counter.line == []


def test_a_sale_of_another_merchant_cannot_be_retried_and_is_not_told_of() -> None:
    counter = two_merchants()
    counter.sale()
    counter.answer()
    told = counter.replies[counter.sale(terminal=T2, retry_of=REF)]
    assert (told["error"], "sale" in told) == ("unknown_sale", False)
    assert counter.line == []
    paid = counter.sale(terminal=T2)
    counter.answer()
    assert counter.replies[paid]["outcome"] == "approved"


# --- retries ----------------------------------------------------------------------------------------------------------


def test_a_sale_that_was_approved_is_not_paid_again(counter: Counter) -> None:
    counter.sale()
    counter.answer()
    told = counter.replies[counter.sale(retry_of=REF)]
    assert (told["error"], told["sale"]["ref"]) == ("already_paid", REF)
    assert counter.line == []


def test_a_retry_of_an_unknown_sale_is_refused(counter: Counter) -> None:
    for ref in ("T0000001/000009/000009", "nonsense"):
        assert counter.replies[counter.sale(retry_of=ref)]["error"] == "unknown_sale"


def test_a_retry_after_the_reversal_is_an_ordinary_sale(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    retry = counter.sale(retry_of=REF)
    counter.answer(mti="0400")
    counter.answer(mti="0200")
    told = counter.replies[retry]
    assert (told["outcome"], told["retry_of"]) == ("approved", REF)
    assert counter.replies[counter.sale(retry_of=REF)]["error"] == "already_paid"


def two_at_once(counter: Counter) -> tuple[int, int, Any, Any]:
    """A sale and, on another terminal, its impatient retry; both requests are out."""
    first = counter.sale()
    retry = counter.sale(terminal=T2, retry_of=REF)
    return first, retry, counter.request("0200"), counter.request("0200")


def test_the_later_approval_goes_back_when_it_is_the_retry(counter: Counter) -> None:
    first, retry, asked, again = two_at_once(counter)
    counter.receive(counter.host.answer(asked), T1)
    counter.receive(counter.host.answer(again), T2)
    assert counter.replies[first]["outcome"] == "approved"
    told = counter.replies[retry]
    assert (told["outcome"], told["state"], told["reversal_reason"]) == ("unknown", "reversing", "17")
    assert REF in told["sentence"]["en"]
    assert "退回" in told["sentence"]["zh"]
    reversal = counter.request("0400")
    assert (reversal.de41, reversal.de39, reversal.de38) == (T2, "17", "123456")
    counter.receive(counter.host.answer(reversal), T2)
    assert counter.attempt(told["ref"]).state == "reversed"
    assert counter.receipts() == [f"{T1}-000001-000002.cardholder.1"]


def test_the_later_approval_goes_back_when_it_is_the_first_attempt(counter: Counter) -> None:
    first, retry, asked, again = two_at_once(counter)
    counter.receive(counter.host.answer(again), T2)
    counter.receive(counter.host.answer(asked), T1)
    assert counter.replies[retry]["outcome"] == "approved"
    assert counter.replies[first]["state"] == "reversing"
    assert counter.request("0400").de39 == "17"
    assert counter.receipts() == [f"{T2}-000001-000002.cardholder.1"]


def test_both_approvals_in_one_step_still_leave_one(counter: Counter) -> None:
    from counterfoil.step import Frame

    _, _, asked, again = two_at_once(counter)
    counter.step(
        Frame("switch", T1, counter.host.answer(asked), counter.now),
        Frame("switch", T2, counter.host.answer(again), counter.now),
    )
    states = sorted([counter.newest(T1).state.value, counter.newest(T2).state.value])
    assert states == ["closed", "reversing"]


def test_an_approval_next_to_a_declined_retry_stands(counter: Counter) -> None:
    first, retry, asked, again = two_at_once(counter)
    counter.receive(counter.host.answer(again, "51"), T2)
    counter.receive(counter.host.answer(asked), T1)
    assert counter.replies[first]["outcome"] == "approved"
    assert counter.replies[retry]["outcome"] == "declined"


def test_a_waiting_retry_is_dropped_when_the_first_attempt_is_approved_meanwhile(counter: Counter) -> None:
    counter.sale(terminal=T2, amount=5)
    first = counter.sale()
    retry = counter.sale(terminal=T2, retry_of=REF)
    blocking = counter.request("0200")
    asked = counter.request("0200")
    counter.receive(counter.host.answer(asked), T1)
    counter.receive(counter.host.answer(blocking), T2)
    assert counter.replies[first]["outcome"] == "approved"
    assert counter.replies[retry]["error"] == "already_paid"


def test_a_retry_of_a_retry_belongs_to_the_same_chain(counter: Counter) -> None:
    counter.sale()
    counter.answer("51")
    second = counter.sale(retry_of=REF)
    counter.answer("51")
    third = counter.sale(retry_of=counter.replies[second]["ref"])
    counter.answer()
    assert counter.replies[third]["outcome"] == "approved"
    assert counter.attempt(counter.replies[third]["ref"]).root == REF
    assert counter.replies[counter.sale(retry_of=REF)]["error"] == "already_paid"


@pytest.mark.parametrize("member", [0, 1, 2])
def test_whichever_attempt_of_a_chain_is_named_it_is_known_which_was_paid(counter: Counter, member: int) -> None:
    refs: list[str] = []
    for code in ("51", "51", "00"):
        sale = counter.sale(retry_of=refs[-1] if refs else None)
        counter.answer(code)
        refs.append(counter.replies[sale]["ref"])
    told = counter.replies[counter.sale(retry_of=refs[member])]
    assert (told["error"], told["sale"]["ref"]) == ("already_paid", refs[-1])
    assert counter.line == []


def test_a_sale_that_went_back_may_be_tried_again(counter: Counter) -> None:
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.restart()
    counter.printer = True
    counter.step()
    for _ in range(2):
        counter.answer(mti="0800")
    counter.ask("goods", ref=REF, answer="kept")
    counter.answer(mti="0400")
    retry = counter.sale(retry_of=REF, pin=PIN)
    counter.answer(mti="0200")
    assert counter.replies[retry]["outcome"] == "approved"
