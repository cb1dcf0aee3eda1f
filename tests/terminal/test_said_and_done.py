"""Whatever a sentence says the cashier can do is done at the real terminal, in the state in which it was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from counterfoil.iso8583.responses import APPROVALS, RESPONSES, Retry
from counterfoil.step import SECOND, Instant
from counterfoil.terminal import decide, wire
from counterfoil.terminal.sentences import REVERSAL_DONE
from counterfoil.transaction import IssuerStub, SwitchStub
from counterfoil.verdict import judge
from papers import contradictions, inside
from terminal.counter import START, T1, T2, Counter

UNTIL: Final = f'before its display says "{REVERSAL_DONE.en}"'
DECIDING: Final = sorted(set(RESPONSES) - APPROVALS - decide.NEVER_DECIDES - {"98"})


def pumped(counter: Counter) -> None:
    """Sign-ons are answered; nothing else is."""
    while counter.line and counter.host.read(counter.line[0]).mti == "0800":
        counter.answer(mti="0800")


def takes(counter: Counter, terminal: str) -> bool:
    """Whether a sale at this terminal leaves now, with no more than a sign-on before it."""
    counter.sale(terminal=terminal, amount=777)
    pumped(counter)
    asked = [counter.host.read(one) for one in counter.line]
    return any(one.mti == "0200" and one.de41 == terminal and one.de4 == f"{777:012d}" for one in asked)


def two() -> Counter:
    return Counter(terminals=(T1, T2), tries=2).open_for_business()


def declined(code: str) -> Callable[[], Counter]:
    def made() -> Counter:
        counter = two()
        counter.sale()
        counter.answer(code)
        pumped(counter)
        return counter

    return made


def asked() -> Counter:
    counter = two()
    counter.sale()
    counter.line.clear()
    return counter


def silent() -> Counter:
    counter = two()
    counter.sale()
    counter.time_out()
    counter.line.clear()
    return counter


def unbelieved() -> Counter:
    counter = two()
    counter.sale()
    counter.answer(mac="bad")
    counter.line.clear()
    return counter


def undecided() -> Counter:
    counter = two()
    counter.sale()
    counter.answer("94")
    counter.line.clear()
    return counter


def cancelled() -> Counter:
    counter = two()
    counter.sale()
    counter.line.clear()
    counter.ask("cancel", terminal=T1)
    counter.line.clear()
    return counter


def kept() -> Counter:
    counter = two()
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.restart()
    counter.printer = True
    counter.open_for_business()
    assert counter.ask("goods", ref=counter.newest().ref, answer="kept")["state"] == "reversing"
    counter.line.clear()
    return counter


def reversed_() -> Counter:
    counter = two()
    counter.sale()
    counter.time_out()
    counter.answer("00", mti="0400")
    return counter


def escalated() -> Counter:
    counter = silent()
    counter.ask("escalate", ref=counter.newest().ref, operator="99", reason="cannot wait")
    pumped(counter)
    return counter


def approved() -> Counter:
    counter = two()
    counter.sale()
    counter.answer()
    return counter


def unprinted() -> Counter:
    counter = two()
    counter.printer = False
    counter.sale()
    counter.answer()
    return counter


def unsent() -> Counter:
    counter = two()
    counter.sale()
    counter.refuse()
    return counter


def behind_a_reversal() -> Counter:
    """A sale that was given up because the one before it is still being reversed."""
    counter = silent()
    counter.sale(amount=555)
    for _ in range(4):
        if counter.newest().state.value == "not_sent":
            break
        counter.time_out()
    assert counter.newest().cause.startswith("reversal")
    counter.line.clear()
    return counter


STATES: Final = {
    **{f"declined {code}": declined(code) for code in DECIDING},
    "declined 98": declined("98"),
    "asked": asked, "silent": silent, "unbelieved": unbelieved, "undecided": undecided, "cancelled": cancelled,
    "kept": kept, "reversed": reversed_, "escalated": escalated, "approved": approved, "unprinted": unprinted,
    "unsent": unsent, "behind a reversal": behind_a_reversal,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_what_the_cashier_is_told_to_do_the_terminal_takes(state: str) -> None:
    counter = STATES[state]()
    told = counter.ask("last", terminal=T1)
    customer, cashier = told["sentence"]["en"], told["cashier"]["en"]
    here = takes(counter, T1)
    if UNTIL in cashier or state == "asked":
        assert not here, cashier
        assert "try again" not in customer
        assert "may pay again" not in customer
        assert takes(counter, T2), "another terminal takes it"
    else:
        assert here, cashier
    if "at another one" in customer or "till yet" in customer:
        assert not here


def owes(state: str) -> bool:
    """Whether the cashier is told to wait for the terminal."""
    return UNTIL in STATES[state]().ask("last", terminal=T1)["cashier"]["en"]


@pytest.mark.parametrize("state", [name for name in STATES if owes(name)])
def test_a_terminal_that_owes_a_reversal_sells_as_soon_as_its_display_says_so(state: str) -> None:
    counter = STATES[state]()
    assert not takes(counter, T1)
    counter.line = [one for one in counter.line if counter.host.read(one).mti == "0400"]
    while not counter.line:
        counter.wait()
        pumped(counter)
    counter.answer("00", mti="0400")
    display = [text["en"] for text in counter.ask("status", terminal=T1)["terminals"][0]["display"]]
    assert REVERSAL_DONE.en in display
    assert any(counter.host.read(one).de4 == f"{777:012d}" for one in counter.line) or takes(counter, T1)


@pytest.mark.parametrize("code", DECIDING)
def test_a_refusal_is_told_by_its_code_and_only_to_the_cashier_with_its_reason(code: str) -> None:
    counter = declined(code)()
    told = counter.ask("last", terminal=T1)
    advice, display = RESPONSES[code].advice, [line["en"] for line in told["display"]]
    assert advice.customer.en in told["sentence"]["en"]
    assert f"({code})" in told["cashier"]["en"]
    assert ("try again" in told["sentence"]["en"]) <= (advice.again in {Retry.NOW, Retry.LATER})
    if advice.discreet:
        assert RESPONSES[code].text.en not in display
        assert "Card not accepted" in display
    assert not inside(told["sentence"]["en"])
    assert not inside(told["sentence"]["zh"])


SWITCH: Final = ("asked", "approved", "declined", "reversing", "reversed", "tombstone")
ISSUER: Final = ("", "nothing", "posted", "undone")
LATER: Final[Instant] = START + SECOND
FACTS: Final[dict[str, Any]] = {
    "terminal": T1, "merchant": "M", "amount": 1250, "currency": "CNY", "last4": "0013", "started_at": START,
    "updated_at": START,
}  # fmt: skip


def at_the_switch(state: str, ref: str) -> SwitchStub:
    code = {"approved": "00", "declined": "51", "reversing": "98", "reversed": "98"}.get(state, "")
    rest: dict[str, Any] = {"reversal_code": "00"} if state == "reversed" else {}
    return SwitchStub(ref=ref, rrn="607300000001", state=state, forwarded=True, response_code=code, **rest, **FACTS)


def at_the_issuer(state: str) -> IssuerStub | None:
    if not state:
        return None
    money: dict[str, Any] = {"debited": 1250, "debited_at": START} if state != "nothing" else {}
    money |= {"returned": 1250, "returned_at": LATER} if state == "undone" else {}
    word = {"nothing": "declined", "posted": "posted", "undone": "reversed"}[state]
    code = "51" if state == "nothing" else "00"
    return IssuerStub(issuer="issuer-a", rrn="607300000001", state=word, response_code=code, **money, **FACTS)


MOMENTS: Final = [name for name in STATES if not name.startswith("declined") or name[-2:] in {"51", "55", "98", "43"}]


@pytest.mark.parametrize("state", MOMENTS)
def test_the_verdict_says_of_a_terminal_what_that_terminal_does(state: str) -> None:
    """Wherever switch and issuer stand: who is told to pay here is served here, who is told to wait would not be."""
    counter = STATES[state]()
    stub = counter.stub(counter.newest().ref)
    findings = [
        judge(stub, at_the_switch(switch, stub.ref), at_the_issuer(issuer), LATER)
        for switch in SWITCH
        for issuer in ISSUER
    ]
    findings.append(judge(stub, None, None, LATER))
    here = takes(counter, T1)
    for found in findings:
        customer, cashier = found.sentence.en, found.cashier.en
        if "may pay again" in customer or "ry again" in customer or "here or elsewhere" in cashier:
            assert here, (found.verdict, customer, cashier)
        if "until this one is free" in customer or REVERSAL_DONE.en in cashier:
            assert not here, (found.verdict, customer, cashier)
        for text in found.sentence:
            assert not inside(text), text


# Stations that contradict one another: a terminal that heard a no, or sent nothing, of what a switch undoes.
ODD: Final = {"declined 51", "declined 55", "declined 43", "unsent", "behind a reversal"}


@pytest.mark.parametrize("state", MOMENTS)
def test_what_the_terminal_says_and_prints_and_what_all_stations_say_do_not_contradict(state: str) -> None:
    counter = STATES[state]()
    stub = counter.stub(counter.newest().ref)
    told = counter.ask("last", terminal=T1)
    # The slip of a sale that was undone after its approval says what was so when it was printed.
    papers = ("cardholder", "notice") if told["outcome"] == "approved" else ("notice",)
    said = [told["sentence"]["en"], *(text for name, text in counter.printed.items() if name.split(".")[1] in papers)]
    assert not contradictions(said)
    for switch in SWITCH:
        if state in ODD and switch not in {"declined", "asked"}:
            continue
        for issuer in ISSUER:
            found = judge(stub, at_the_switch(switch, stub.ref), at_the_issuer(issuer), LATER)
            assert not contradictions([*said, found.sentence.en]), (switch, issuer, said, found.sentence.en)


def test_the_codes_that_decide_nothing_are_the_ones_left_out() -> None:
    assert {"94"} | wire.PROVOKED == decide.NEVER_DECIDES
    assert set(DECIDING) | decide.NEVER_DECIDES | APPROVALS | {"98"} >= set(RESPONSES)
