"""A finding as JSON carries it: whole, in both languages, instants in ISO 8601, "no record" for what nobody can say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterfoil.step import SECOND, Instant
from counterfoil.transaction import CaseStub, Happened, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import NOT_OURS, Evidence, Finding, Verdict
from counterfoil.verdict.finding import FamilyChild, Holding, Next, Stop, case_json, iso, stub_json
from counterfoil.words import Text

AT: Instant = 1_773_460_800 * SECOND + 7
SAID = "2026-03-14T04:00:00.000007Z"
CASE = CaseStub(number="S-1", what="reversal_differs", at=AT, owner="operations", detail="DE4")
TOLD = {
    "number": "S-1",
    "what": "reversal_differs",
    "owner": "operations",
    "at": SAID,
    "detail": "DE4",
    "ended_at": None,
    "how": "",
}
FACTS: dict[str, Any] = {
    "terminal": "T0000001", "merchant": "M", "amount": 1250, "currency": "CNY", "last4": "1234",
    "started_at": AT, "updated_at": AT + 1,
}  # fmt: skip
SOLD = TerminalStub(ref="T0000001/000001/000001", state="closed", due=AT, history=(Happened(AT, "asked"),), **FACTS)
SENT = SwitchStub(ref="T0000001/000001/000001", state="approved", forwarded=True, cases=(CASE,), **FACTS)
BOOKED = IssuerStub(issuer="issuer-a", rrn="R", state="posted", debited=1250, debited_at=AT, **FACTS)


def found(**changes: Any) -> Finding:
    usual = Finding(
        verdict=Verdict.RETURNING,
        kind="purchase",
        word=Text("RETURNING", "退回中"),
        heading=Text("NOT COMPLETED", "交易未完成"),
        sentence=Text("It is coming back.", "正在退回。"),
        cashier=Text("Wait.", "请等待。"),
        stopped_at=Stop(3, "switch → issuer", Text("no answer", "无应答")),
        money=(Holding("issuer", "cardholder", 1250, "CNY", Text("debited", "已扣款")),),
        next=Next(Text("send it again", "重发"), "switch", AT),
        evidence=Evidence(SOLD, SENT, BOOKED),
        cases=(CASE,),
    )
    return msgspec.structs.replace(usual, **changes)


def test_a_finding_is_told_whole() -> None:
    assert found().to_json() == {
        "verdict": "RETURNING",
        "word": {"en": "RETURNING", "zh": "退回中"},
        "kind": "purchase",
        "original": "",
        "against": [],
        "sentence": {"en": "It is coming back.", "zh": "正在退回。"},
        "cashier": {"en": "Wait.", "zh": "请等待。"},
        "stopped_at": {"leg": 3, "hop": "switch → issuer", "what": {"en": "no answer", "zh": "无应答"}},
        "money": [
            {
                "holder": "issuer",
                "owner": "cardholder",
                "amount": 1250,
                "currency": "CNY",
                "what": {"en": "debited", "zh": "已扣款"},
            }
        ],
        "next": {"action": {"en": "send it again", "zh": "重发"}, "owner": "switch", "by": SAID},
        "cases": [TOLD],
        "evidence": {"terminal": stub_json(SOLD), "switch": stub_json(SENT), "issuer": stub_json(BOOKED)},
    }


def test_a_family_is_told_by_name() -> None:
    told = found(kind="completion", original="T1/000001/000001", against=(FamilyChild("void", "T1/000001/000002", 5),))
    plain = told.to_json()
    assert (plain["kind"], plain["original"]) == ("completion", "T1/000001/000001")
    assert plain["against"] == [{"kind": "void", "name": "T1/000001/000002", "amount": 5, "settled": True}]


def test_what_there_is_not_is_null_and_what_nobody_can_say_is_unknown() -> None:
    told = found(
        stopped_at=None,
        money=(),
        next=Next(Text("nothing", "无"), "nobody", 0),
        evidence=Evidence(NOT_OURS, None, None),
        cases=(),
    ).to_json()
    assert (told["stopped_at"], told["money"], told["cases"], told["next"]["by"]) == (None, [], [], None)
    assert told["evidence"] == {"terminal": "not ours", "switch": "no record", "issuer": "no record"}
    assert found(evidence=Evidence(None, SENT, None)).to_json()["evidence"]["terminal"] == "no record"


def test_a_station_that_said_no_itself_stopped_on_no_leg() -> None:
    told = found(stopped_at=Stop(0, "issuer", Text("no", "否"))).to_json()
    assert told["stopped_at"] == {"leg": None, "hop": "issuer", "what": {"en": "no", "zh": "否"}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {}),
        ({"ended_at": AT + 1, "how": "accepted"}, {"ended_at": "2026-03-14T04:00:00.000008Z", "how": "accepted"}),
    ],
)
def test_a_case_is_told_with_what_it_is_about_and_how_it_ended(changes: dict[str, Any], told: dict[str, Any]) -> None:
    assert case_json(msgspec.structs.replace(CASE, **changes)) == {**TOLD, **told}


def test_a_stub_has_its_instants_as_people_read_them_and_no_cases() -> None:
    terminal, switch, issuer = stub_json(SOLD), stub_json(SENT), stub_json(BOOKED)
    for told in (terminal, switch, issuer):
        assert (told["started_at"], told["updated_at"]) == (SAID, "2026-03-14T04:00:00.000008Z")
        assert "cases" not in told
        assert (told["amount"], told["last4"]) == (1250, "1234")
    assert terminal["due"] == SAID
    assert [(line["at"], line["what"]) for line in terminal["history"]] == [(SAID, "asked")]
    assert (switch["due"], switch["followed_at"]) == (None, None)
    assert (issuer["debited_at"], issuer["returned_at"]) == (SAID, None)
    assert iso(AT) == SAID
