"""The whole answer to "where is the money", word for word, for every row of the table and every place to stand."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from counterfoil.step import HOUR, SECOND
from counterfoil.transaction import CaseStub, Happened, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import NOT_OURS, Clocks, Evidence, Finding, judge, verdict_of
from counterfoil.verdict.finding import TerminalEvidence
from transcript import Transcript
from verdict.test_judge import REF, ROWS, STARTED, common

FOLDER: Final = Path(__file__).parent
LEFT_OUT: Final = frozenset({"evidence", "kind", "word"})
AGES: Final = (0, 24 * HOUR - 1, 24 * HOUR, 48 * HOUR - 1, 48 * HOUR)
TERMINALS: Final = (
    "-", "not-ours", "not_sent", "sent", "approved", "closed", "declined:rc=51", "declined:rc=98", "reversing",
    "reversed", "escalated:case=T1",
)  # fmt: skip
SWITCHES: Final = (
    "-", "asked", "asked:fwd", "approved:fwd,rc=00", "approved:fwd,rc=00,followed", "declined:rc=91",
    "declined:fwd,rc=51", "declined:fwd,rc=51,rr=98", "reversing:fwd,rc=98", "reversing:fwd,rc=00,rr=98",
    "reversed:fwd,rc=98,rv=00", "reversed:fwd,rc=98,rv=25", "reversed:rc=98,rv=00", "tombstone:rr=98",
)  # fmt: skip
ISSUERS: Final = ("-", "posted:posted,rc=00", "reversed:undone,rc=00", "declined:rc=51", "tombstoned", "late:rc=12")


def changed(stub: Any, **fields: Any) -> Any:
    """The stub, if there is one, with other values."""
    return stub and msgspec.structs.replace(stub, **fields)


def terminal(text: str, **more: Any) -> TerminalEvidence:
    if text == "-":
        return None
    own = {"amount": 1251, "merchant": "M01", "last4": "0001"}
    return NOT_OURS if text == "not-ours" else TerminalStub(ref=REF, **{**common(text), **own, **more})


def switch(text: str, **more: Any) -> SwitchStub | None:
    if text == "-":
        return None
    own = {"ref": "T0000002/000002/000043", "rrn": "632600ABCDE2", "amount": 1252, "currency": "USD", "last4": "0002"}
    at = {"started_at": STARTED + 400_000, "updated_at": STARTED + 3 * SECOND}
    return SwitchStub(**{"forwarded": False, **common(text), **own, "merchant": "M02", **at, **more})


def issuer(text: str, **more: Any) -> IssuerStub | None:
    if text == "-":
        return None
    own = {"rrn": "632600ABCDE3", "issuer": "issuer-a", "amount": 1253, "currency": "EUR", "last4": "0003"}
    at = {"started_at": STARTED + 700_000, "updated_at": STARTED + 2 * SECOND}
    return IssuerStub(**{**common(text), **own, "merchant": "M03", **at, **more})


def case(number: str, at: int, *, ended_at: int = 0, how: str = "") -> CaseStub:
    return CaseStub(
        number=number,
        what=f"about {number}",
        at=STARTED + at,
        owner=f"owner of {number}",
        detail=f"detail of {number}",
        ended_at=ended_at and STARTED + ended_at,
        how=how,
    )


def tell(text: Transcript, what: str, found: Finding, *, evidence: bool = False) -> None:
    """A finding as JSON, a part a line; the evidence if wanted."""
    text.note("==", what)
    for name, value in found.to_json().items():
        if value and name not in LEFT_OUT - ({"evidence"} if evidence else set()):
            for one in value if isinstance(value, list) else [value]:
                text.note("  ", name, one)


def test_every_row_of_the_table_is_answered_in_full() -> None:
    """Each station says another amount, currency, merchant and card, so that one sees whose is told."""
    text = Transcript(FOLDER, "table")
    for row in ROWS:
        seen = Evidence(
            row.terminal if isinstance(row.terminal, str) else changed(row.terminal, amount=1251, last4="0001"),
            changed(row.switch, amount=1252, currency="USD", merchant="M02", started_at=STARTED + 400_000),
            changed(row.issuer, amount=1253, currency="EUR", merchant="M03", started_at=STARTED + 700_000),
        )
        tell(text, row.what, judge(*seen, now=STARTED + row.age))
        words = [verdict_of(seen, STARTED + age) for age in AGES]
        text.note("   young, then before and at a day and two days:", *(word.value for word in words))
    text.compare()


def test_wherever_the_three_stations_stand_there_is_one_answer() -> None:
    text = Transcript(FOLDER, "positions")
    for one, other in product(TERMINALS, SWITCHES):
        text.note("==", one, "|", other)
        told: dict[str, list[str]] = {}
        for third in ISSUERS:
            if (one, other, third) in {("-", "-", "-"), ("not-ours", "-", "-")}:
                continue
            found = judge(terminal(one), switch(other), issuer(third), STARTED + 5 * SECOND)
            stop, held = found.stopped_at, [f"{held.holder} {held.owner} {held.amount}" for held in found.money]
            where = f"{stop.leg} {stop.hop}: {stop.what.en}" if stop else "all the way round"
            told.setdefault(" | ".join((found.verdict.value, where, *held, found.next.owner)), []).append(third)
        for words, thirds in told.items():
            text.note("  ", ", ".join(thirds), "->", words)
    text.compare()


def test_the_evidence_and_the_cases_are_told_with_their_times() -> None:
    text = Transcript(FOLDER, "evidence")
    history = (Happened(STARTED + 5, "0200 sent", {"2": "************0001"}), Happened(STARTED + 6, "nothing came"))
    early, late, ended = case("C3", 30), case("C1", 40), case("C2", 40, ended_at=50, how="decided")
    told = terminal("escalated:case=T1", history=history, cases=(late, ended), due=STARTED + SECOND)
    sent = switch("reversing:fwd,rc=98,case=S1", history=history[1:], cases=(early,), followed_at=STARTED + 9)
    kept = issuer("posted:posted,rc=00,case=I1", history=history[:1], cases=(case("C4", 20),), returned_at=STARTED + 3)
    tell(text, "all that can be told, a case is open", judge(told, sent, kept, STARTED), evidence=True)
    agreed = judge(
        terminal("escalated:case=T1", cases=(late, ended)),
        switch("reversed:fwd,rc=98,rv=00", cases=(early,)),
        issuer("reversed:undone,rc=00"),
        STARTED,
    )
    tell(text, "the stations agree again: every case has ended", agreed, evidence=True)
    tell(text, "not ours, and two stubs missing", judge(NOT_OURS, switch("asked:fwd"), None, STARTED), evidence=True)
    tell(text, "only the issuer is there", judge(None, None, kept, STARTED), evidence=True)
    text.compare()


def test_the_clocks_and_the_promise_are_settings() -> None:
    text = Transcript(FOLDER, "clocks")
    clocks = Clocks(answer=11 * SECOND, closure=22 * SECOND, reversal=33 * SECOND, refund_days=2)
    stand = (
        ("sent", "asked:fwd", "-"),
        ("-", "asked:fwd", "-"),
        ("reversing", "-", "-"),
        ("approved", "approved:fwd,rc=00", "posted:posted,rc=00"),
        ("-", "approved:fwd,rc=00", "posted:posted,rc=00"),
        ("closed", "approved:fwd,rc=00", "-"),
        ("reversing", "approved:fwd,rc=00", "posted:posted,rc=00"),
        ("declined:rc=98", "reversing:fwd,rc=98", "-"),
        ("reversed", "reversed:fwd,rc=00,rr=98,rv=00", "reversed:undone,rc=00"),
    )
    for one, other, third in stand:
        for age in (22 * SECOND - 1, 22 * SECOND, 33 * SECOND - 1, 33 * SECOND):
            found = judge(terminal(one), switch(other), issuer(third), STARTED + age, clocks)
            if age != 22 * SECOND - 1:
                text.note("   later:", age, found.verdict.value)
            else:
                tell(text, f"{one} | {other} | {third}", found)
    text.compare()


def test_the_earliest_stub_starts_the_clock_and_the_first_one_there_is_says_the_amount() -> None:
    started = {"started_at": STARTED - 5 * SECOND}
    found = judge(terminal("sent"), switch("asked:fwd", **started), None, STARTED)
    assert found.next.by == STARTED + 25 * SECOND
    found = judge(terminal("-"), switch("asked:fwd"), issuer("-"), STARTED)
    assert "12.52" not in found.sentence.en
    returned = judge(None, switch("reversing:fwd,rc=98"), issuer("posted:posted,rc=00"), STARTED)
    assert "12.52 USD" in returned.sentence.en
    assert judge(None, None, issuer("posted:posted,rc=00"), STARTED).next.by == STARTED + 700_000 + 24 * HOUR


@pytest.mark.parametrize("state", ["asleep", ""])
def test_a_state_that_no_lifecycle_has_is_refused(state: str) -> None:
    with pytest.raises(KeyError):
        judge(terminal(f"{state}:rc=00"), None, None, STARTED)
    with pytest.raises(KeyError):
        judge(None, switch(f"{state}:rc=00"), None, STARTED)
