"""What the page of terminals and links makes of what the stations say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from console.desk import Desk
from counterfoil.console import numbered, ops
from counterfoil.console.ops import KeysKept, age, alarm, issuers, joined, links, printing, unprinted
from counterfoil.inquiry.cases import CaseItem
from counterfoil.inquiry.printers import PrinterState, Served
from counterfoil.links.address import parse
from counterfoil.links.uses import Use
from counterfoil.receipts.printers.probe import Health
from counterfoil.receipts.profile import PROFILES
from counterfoil.step import SECOND
from counterfoil.transaction import CaseStub

LANE: dict[str, Any] = {
    "terminal": "T0000001", "merchant": "123456789012345", "signed_on": True, "phase": "idle", "batch": "000001",
    "stan": "000002", "waiting": 0, "sale": None, "display": [],
}  # fmt: skip
PIK, MAK = bytes.fromhex("8D0A74B8"), bytes.fromhex("AB7153CA")


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        ({(PIK, MAK): 9}, True),
        ({(PIK, PIK): 9}, False),
        ({(MAK, MAK): 9}, False),
        ({(PIK, PIK): 9, (PIK, MAK): 8}, True),
        ({}, None),
        (None, None),
    ],
)
def test_keys_are_the_same_only_when_both_check_values_are(theirs: Any, same: bool | None) -> None:
    (lane,) = joined([LANE], KeysKept({"T0000001": (PIK, MAK)}, {"T0000001": theirs} if theirs is not None else {}), 10)
    assert (lane.same, lane.wants) == (same, same is False)
    assert lane.checks == ("8D0A74", "AB7153")


@pytest.mark.parametrize(
    ("changes", "wants"),
    [({}, False), ({"signed_on": False}, True), ({"phase": "reversal_pending"}, True), ({"phase": "asking"}, True)],
)
def test_a_terminal_that_is_not_at_rest_wants_a_look(changes: dict[str, Any], wants: bool) -> None:
    (lane,) = joined([LANE | changes], KeysKept({}, {}), 10)
    assert lane.wants is wants


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, "0 s"),
        (4, "0 s"),
        (59, "55 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (90_000, "1 d"),
        (-5, "0 s"),
    ],
)
def test_an_age_has_one_unit(seconds: int, says: str) -> None:
    assert age(seconds * SECOND).en == says


def test_a_fault_stands_beside_the_link_it_is_on() -> None:
    up = {
        "links": {"terminals": True, "to-issuer-a": False},
        "faults": [{"leg": 4, "kind": "drop", "mti": "0210"}, {"leg": 2, "kind": "refuse", "mti": ""}],
    }
    told = [(text.zh, is_open, [fault.zh for fault in faults]) for text, is_open, faults in links(up)]
    assert told == [
        ("终端 ↔ 交换中心", True, ["故障：第 4 段 丢弃 0210"]),
        ("交换中心 ↔ issuer-a", False, ["故障：第 2 段 拒绝连接"]),
    ]
    assert links(None) == []


def test_a_link_that_was_never_heard_has_no_age() -> None:
    link = {"connected": False, "signed_on": False, "heard_at": 0, "owed": 2}
    (told,) = issuers({"issuers": {"issuer-a": link}}, 10)
    assert (told["age"], told["owed"], told["name"]) == (None, 2, "issuer-a")
    assert issuers(None, 10) == []


def test_an_alarm_shows_no_card_number() -> None:
    told = alarm((1, "odd", "T1", "", "card 6299 9910 0000 0008 twice"))
    assert "6299" not in told["detail"]


def test_a_printer_says_what_it_said_last() -> None:
    names = tuple(f"T{number:07d}" for number in range(9))
    printer = Served(parse("tcp://127.0.0.1:9100"), names, names[:1])
    fresh = printing(printer, None)
    assert (fresh["asked"], fresh["first"], fresh["second"]) == (False, (names[:6], 9), (names[:1], 1))
    told = printing(printer, (1, PrinterState(Health(trouble="paper_out"), None)))
    assert told["ready"] is False
    assert told["said"].zh
    ready = printing(printer, (1, PrinterState(Health(near_end=True, in_order=True), None)))
    assert (ready["ready"], ready["near_end"], ready["said"]) == (True, True, None)
    held = printing(
        printer, (1, PrinterState(Health(trouble="mute"), Use("T-1-2.cardholder.1", "paper_out", live=False)))
    )
    assert "Do not switch it off" in held["said"].en


def test_the_cases_of_the_page_are_the_rows_of_the_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [
        CaseItem("issuer-a", CaseStub(number=f"I-{number}", what="late_reversal", at=SECOND, owner="issuer-a"), "x")
        for number in (1, 2, 3)
    ]
    monkeypatch.setattr(numbered, "cases", lambda *_: left)
    desk = Desk(tmp_path)
    try:
        headers = {"cookie": f"counterfoil_session={desk.session('supervisor')[0]}"}
        inbox = desk.call("GET", "/inbox", headers=headers).text
        page = desk.call("GET", "/ops", headers=headers).text
    finally:
        desk.close()
    assert re.search(r'<h2 id="numbered">[^<]+ <small>3</small>', inbox)
    assert re.search(r'<strong>3</strong><span><a href="/inbox">', page)


NAMED = {
    "T1": "Old Street Tea",
    "T2": "茶\ue863馆",
    "T3": "茶\ue863馆",
    "T4": "6299 9910 0000 0008\u202e",
    "T5": "老街茶馆",
}


def test_a_name_that_is_printed_with_numbers_is_told_once_with_what_is_wrong() -> None:
    told = unprinted(NAMED, [PROFILES["chinese-58"]])
    assert [(terminal, why.en.split(":")[0]) for terminal, _, why in told] == [
        ("T4", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("T2", "U+E863 PRIVATE USE"),
    ]
    assert "6299" not in told[0][1]


def test_such_a_name_is_on_the_page_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "looked", lambda *_: KeysKept(names=NAMED))
    desk = Desk(tmp_path)
    try:
        for language, says in (("en", "is not printed as it is written"), ("zh", "无法按原样打印")):
            headers = {"cookie": f"counterfoil_session={desk.session('supervisor')[0]}; counterfoil_lang={language}"}
            page = desk.call("GET", "/ops", headers=headers).text
            assert says in page
            assert "U+E863 PRIVATE USE" in page
    finally:
        desk.close()
