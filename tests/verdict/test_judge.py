"""The verdict table: docs/loop.md's rows at each stage (R006, R045–R047, R051, R096; X1, X3, X5)."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from counterfoil.iso8583 import responses
from counterfoil.issuer.lifecycle import State as IssuerState
from counterfoil.step import DAY, HOUR, SECOND, Instant
from counterfoil.switch.lifecycle import State as SwitchState
from counterfoil.terminal.lifecycle import State as TerminalState
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import NOT_OURS, Clocks, Evidence, Verdict, judge, verdict_of
from counterfoil.verdict.finding import TerminalEvidence, iso, working_days_after
from counterfoil.verdict.next import (
    AWAIT_ANSWER,
    AWAIT_CLOSURE,
    DECIDE,
    GIVE_RECEIPT,
    NOTHING,
    RESTORE,
    SEND_REVERSAL,
    SEND_UP,
)
from counterfoil.verdict.position import SWITCH, TERMINAL
from counterfoil.words import Text
from counterfoil.zone import zone

TABLE = Path(__file__).parents[1] / "tables" / "verdicts.txt"
STARTED: Instant = 1_700_000_000 * SECOND  # a Tuesday
REF = "T0000001/000001/000042"
NAMES = {"rc": "response_code", "rr": "reversal_reason", "rv": "reversal_code"}
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": HOUR}


class Row(NamedTuple):
    what: str
    terminal: TerminalEvidence
    switch: SwitchStub | None
    issuer: IssuerStub | None
    age: Instant
    expected: str


def common(text: str) -> dict[str, Any]:
    state, _, extra = text.partition(":")
    members: dict[str, Any] = {
        "state": state, "terminal": "T0000001", "merchant": "M01", "amount": 1250, "currency": "CNY", "last4": "1234",
        "started_at": STARTED, "updated_at": STARTED + SECOND,
    }  # fmt: skip
    for pair in filter(None, extra.split(",")):
        name, _, value = pair.partition("=")
        if name == "fwd":
            members["forwarded"] = True
        elif name in {"posted", "undone"}:
            members |= {"debited": 1250, "debited_at": STARTED + SECOND}
            members |= {"returned": 1250, "returned_at": STARTED + 2 * SECOND} if name == "undone" else {}
        elif name == "followed":
            members["followed_at"] = STARTED + 60 * SECOND
        else:
            members[NAMES.get(name, name)] = value
    return members


def parse(line: str) -> Row:
    left, _, expected = line.partition(" -> ")
    what, terminal, switch, issuer, age = (part.strip() for part in left.split("|"))
    count, unit = re.fullmatch(r"(\d+)([smh])", age).groups()  # type: ignore[union-attr]
    asked: TerminalEvidence = None
    if terminal == "not-ours":
        asked = NOT_OURS
    elif terminal != "-":
        asked = TerminalStub(ref=REF, **common(terminal))
    return Row(
        what,
        asked,
        SwitchStub(**{"ref": REF, "forwarded": False, "rrn": "632600ABCDEF", **common(switch)})
        if switch != "-"
        else None,
        IssuerStub(**{"issuer": "issuer-a", "rrn": "632600ABCDEF", **common(issuer)}) if issuer != "-" else None,
        int(count) * UNITS[unit],
        expected,
    )


ROWS = [parse(line) for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_the_stubs_make_the_verdict_of_the_table(row: Row) -> None:
    found = judge(row.terminal, row.switch, row.issuer, STARTED + row.age)
    stop = found.stopped_at
    assert f"{found.verdict.value} {stop.leg if stop else '-'} {found.next.owner}" == row.expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_every_answer_can_be_read_aloud_in_both_languages_and_sent_as_json(row: Row) -> None:
    found = judge(row.terminal, row.switch, row.issuer, STARTED + row.age)
    for text in (found.sentence, found.cashier, found.next.action, *(held.what for held in found.money)):
        assert text.en
        assert text.zh
        assert "{" not in text.en + text.zh
    plain = found.to_json()
    parts = {"verdict", "word", "kind", "original", "against", "sentence", "cashier", "stopped_at", "money", "next"}
    assert set(plain) == parts | {"cases", "evidence"}
    assert plain["sentence"] == {"en": found.sentence.en, "zh": found.sentence.zh}
    assert (plain["evidence"]["issuer"] == "no record") == (row.issuer is None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_the_word_alone_is_the_word_of_the_whole_answer(row: Row) -> None:
    quick = Clocks(closure=SECOND, reversal=SECOND)
    for clocks in (Clocks(), quick):
        whole = judge(*row[1:4], STARTED + row.age, clocks)
        assert verdict_of(Evidence(*row[1:4]), STARTED + row.age, clocks) is whole.verdict
    assert verdict_of(Evidence(*row[1:4]), STARTED + row.age) is judge(*row[1:4], STARTED + row.age).verdict


def test_a_98_without_a_stub_of_the_switch_is_no_no() -> None:
    told = TerminalStub(ref=REF, **common("declined:rc=98"))
    assert judge(told, None, None, STARTED + SECOND).verdict is Verdict.UNKNOWN
    other = TerminalStub(ref=REF, **common("declined:rc=51"))
    assert judge(other, None, None, STARTED + SECOND).verdict is Verdict.NOT_CHARGED


@pytest.mark.parametrize(
    ("told", "leg", "hop", "says"),
    [
        ("rr=98", 1, "terminal → switch", "the switch has no record of the request"),
        ("rr=A0", 4, "switch → terminal", "its MAC was wrong"),
        ("rr=17", 0, "terminal", "the cashier cancelled it while the answer was awaited"),
        ("rr=96", 0, "terminal", "the card refused"),
        ("rr=06", 0, "terminal", "restarted"),
        ("rr=06,rc=94", 0, "switch", "the switch answered 94, which decides nothing: "),
    ],
)
def test_a_reversal_owed_without_a_cause_names_hop_and_reason_by_its_codes(
    told: str, leg: int, hop: str, says: str
) -> None:
    stop = judge(TerminalStub(ref=REF, **common(f"reversing:{told}")), None, None, STARTED).stopped_at
    assert stop is not None
    assert (stop.leg, stop.hop) == (leg, hop)
    assert says in stop.what.en
    assert "{" not in stop.what.en + stop.what.zh


@pytest.mark.parametrize(
    ("what", "owner", "says"),
    [
        ("receipt out", "merchant M01", "owed to the merchant"),
        ("leg 3 lost, 98 arrived", "cardholder …1234", "on its way back"),
        ("leg 3 lost, closed", "cardholder …1234", "returned to the card"),
    ],
)
def test_the_money_is_where_the_verdict_says(what: str, owner: str, says: str) -> None:
    row = next(row for row in ROWS if row.what == what)
    (held,) = judge(*row[1:4], STARTED + row.age).money
    assert (held.holder, held.owner, held.amount, held.currency) == ("issuer-a", owner, 1250, "CNY")
    assert says in held.what.en


def test_the_table_reaches_every_verdict() -> None:
    assert {row.expected.split()[0] for row in ROWS} == {verdict.value for verdict in Verdict}


def every_position() -> list[tuple[TerminalEvidence, SwitchStub | None, IssuerStub | None]]:
    def stubs(column: int) -> list[Any]:
        found: list[Any] = []
        for row in ROWS:
            if row[column] not in found:
                found.append(row[column])
        return found

    return list(itertools.product(stubs(1), stubs(2), stubs(3)))


@pytest.mark.parametrize("age", [0, 24 * HOUR, 48 * HOUR], ids=["young", "a day", "two days"])
def test_no_combination_of_stubs_calls_money_safe_that_an_issuer_still_holds(age: Instant) -> None:
    for terminal, switch, issuer in every_position():
        if terminal in {None, NOT_OURS} and switch is None and issuer is None:
            continue
        found = judge(terminal, switch, issuer, STARTED + age)
        held = issuer is not None and issuer.debited > issuer.returned
        case = (terminal, switch, issuer, found.verdict)
        if held:
            assert found.verdict not in {Verdict.NOT_CHARGED, Verdict.RETURNED}, case
            assert sum(holding.amount for holding in found.money) == 1250, case
        if found.verdict in {Verdict.PAID, Verdict.PAID_RECEIPT_OPEN} and found.kind != "balance":
            assert held, case
        if found.kind == "balance":
            assert found.verdict not in {Verdict.RETURNING, Verdict.RETURNED} or held, case
        if found.verdict is Verdict.RETURNED:
            assert issuer is not None, case
            assert issuer.returned == issuer.debited == 1250, case


def test_nothing_stays_open_for_ever_without_a_person() -> None:
    for terminal, switch, issuer in every_position():
        if terminal in {None, NOT_OURS} and switch is None and issuer is None:
            continue
        verdict = judge(terminal, switch, issuer, STARTED + 48 * HOUR).verdict
        assert verdict not in {Verdict.UNKNOWN, Verdict.RETURNING}


def test_no_stub_at_all_is_not_a_transaction() -> None:
    with pytest.raises(ValueError, match=r"^no station has a stub of this transaction$"):
        judge(None, None, None, STARTED)
    with pytest.raises(ValueError, match=r"^no station has a stub of this transaction$"):
        judge(NOT_OURS, None, None, STARTED)


def test_the_clocks_are_settings_and_breach_one_by_one() -> None:
    row = next(row for row in ROWS if row.what == "leg 3 lost, 98 arrived")
    short = Clocks(reversal=60 * SECOND)
    assert judge(row.terminal, row.switch, row.issuer, STARTED + 59 * SECOND, short).verdict is Verdict.RETURNING
    assert judge(row.terminal, row.switch, row.issuer, STARTED + 60 * SECOND, short).verdict is Verdict.EXCEPTION


def test_the_refund_promise_counts_working_days_only() -> None:
    tuesday, utc = STARTED, zone("UTC")
    assert working_days_after(tuesday, 3, zone()) == tuesday + 5 * DAY  # a Wednesday in Shanghai
    assert working_days_after(tuesday, 1, utc) == tuesday + DAY
    assert working_days_after(tuesday, 4, utc) == tuesday + 6 * DAY  # over one week-end
    assert working_days_after(tuesday, 7, utc) == tuesday + 9 * DAY
    row = next(row for row in ROWS if row.what == "leg 3 lost, 98 arrived")
    sentence = judge(row.terminal, row.switch, row.issuer, STARTED).sentence
    assert zone().spoken(STARTED + SECOND + 9 * DAY) in sentence.en
    assert "12.50 CNY" in sentence.zh


def test_an_exception_names_the_case_a_station_opened_or_the_reference_that_finds_it() -> None:
    opened = next(row for row in ROWS if row.what == "0430 refused, case opened")
    assert "C7" in judge(*opened[1:4], STARTED).sentence.en
    silent = next(row for row in ROWS if row.what == "not ours, approved, silent for a day")
    assert "632600ABCDEF" in judge(*silent[1:4], STARTED + 24 * HOUR).sentence.en
    alone = next(row for row in ROWS if row.what == "leg 1 lost, reversal pending for a day")
    assert REF in judge(*alone[1:4], STARTED + 24 * HOUR).sentence.en


def test_instants_are_written_in_utc_to_the_microsecond() -> None:
    assert iso(STARTED + 42) == "2023-11-14T22:13:20.000042Z"


def test_evidence_is_the_stubs_themselves() -> None:
    row = next(row for row in ROWS if row.what == "not ours, approved")
    evidence = judge(*row[1:4], STARTED).to_json()["evidence"]
    assert evidence["terminal"] == "not ours"
    assert evidence["switch"]["state"] == "approved"
    assert evidence["issuer"]["debited"] == 1250
    assert evidence["issuer"]["returned_at"] is None


def test_the_folding_knows_every_state_of_the_lifecycles_and_no_other() -> None:
    assert set(TERMINAL) == {state.value for state in TerminalState} | {"lapsed"}
    assert set(SWITCH) == {state.value for state in SwitchState}


def test_the_table_uses_every_state_a_store_can_hold() -> None:
    terminal = {row.terminal.state for row in ROWS if isinstance(row.terminal, TerminalStub)}
    assert terminal == set(TERMINAL) - {"keyed"}  # a keyed sale is in no store
    assert {row.switch.state for row in ROWS if row.switch} == set(SWITCH)
    assert {row.issuer.state for row in ROWS if row.issuer} == {state.value for state in IssuerState}


@pytest.mark.parametrize(
    ("what", "action", "owner", "runs"),
    [
        ("receipt out", NOTHING, "nobody", None),
        ("leg 3 lost, closed", NOTHING, "nobody", None),
        ("issuer declined", responses.declined("51").cashier, "cashier", None),
        ("not sent, yet the issuer holds money", DECIDE, "acquirer", 48 * HOUR),
        ("supervisor took the reversal", DECIDE, "supervisor", 48 * HOUR),
        ("terminal approved, printing", GIVE_RECEIPT, "cashier", 24 * HOUR),
        ("not ours, approved", AWAIT_CLOSURE, "acquirer", 24 * HOUR),
        ("leg 3 lost, 98 arrived", SEND_UP, "switch", 48 * HOUR),
        ("leg 4 lost (approval), reversal pending", SEND_REVERSAL, "terminal", 48 * HOUR),
        ("purchase asked", AWAIT_ANSWER, "terminal", 30 * SECOND),
        ("leg 1 lost, reversal pending", SEND_REVERSAL, "terminal", 30 * SECOND),
        ("98 heard, switch's store unreadable", RESTORE, "acquirer", 24 * HOUR),
    ],
)
def test_what_happens_next_has_an_owner_and_a_clock_that_runs_from_the_first_stub(
    what: str, action: Text, owner: str, runs: Instant | None
) -> None:
    row = next(row for row in ROWS if row.what == what)
    by = 0 if runs is None else STARTED + runs
    assert judge(*row[1:4], STARTED + row.age).next == (action, owner, by)


@pytest.mark.parametrize("due", [0, STARTED + 12 * SECOND])
def test_a_station_that_has_a_clock_of_its_own_running_is_waited_for_until_then(due: Instant) -> None:
    row = next(row for row in ROWS if row.what == "leg 2 lost, within the switch's timer")
    assert isinstance(row.terminal, TerminalStub)
    assert row.switch is not None
    by = due or STARTED + 30 * SECOND
    terminal = msgspec.structs.replace(row.terminal, due=due)
    switch = msgspec.structs.replace(row.switch, due=due)
    assert judge(terminal, row.switch, None, STARTED + SECOND).next == (AWAIT_ANSWER, "terminal", by)
    assert judge(NOT_OURS, switch, None, STARTED + SECOND).next == (AWAIT_ANSWER, "switch", by)
