"""What a child says of its original, and what stands against a transaction: what cannot be true together is found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterfoil.issuer.stubs import Booked
from counterfoil.kinds import BY_NAME, TABLE, Kind, Mode
from counterfoil.reconciliation.kinds import KINDS, BreakKind, said
from counterfoil.reconciliation.rules import Looked, Sight, breaks, exceeded
from counterfoil.step import HOUR, SECOND
from counterfoil.transaction import Against, IssuerStub
from counterfoil.verdict import Evidence
from verdict.test_judge import STARTED
from verdict.test_kinds import AT_ISSUER, WHOLE, Stand, stands, stubs
from verdict.test_told import changed

ALL = Sight(terminal=True, switch=True, issuer=True)
NOW = STARTED + 5 * SECOND
RESTING = {"it stands", "refused", "undone, the terminal is free", "told", "given up", "given up, told too late"}


def booked(kind: str, **more: Any) -> IssuerStub:
    stub = stubs(BY_NAME[kind], WHOLE)[2]
    assert stub is not None
    named = {"original": "", "acquirer": "10344", "transmitted": "1114221320", "stan": "000041"}
    return msgspec.structs.replace(stub, **{**named, **more})


def looked(kind: str, **more: Any) -> Looked:
    asked, sent, _ = stubs(BY_NAME[kind], WHOLE)
    return Looked(Evidence(asked, sent, booked(kind)), ALL)._replace(**more)


def kinds_of(found: Looked) -> set[str]:
    return {one.kind.value for one in breaks(found, NOW) if one.kind is not BreakKind.LEDGER_DIFFERS}


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_nothing_is_wrong_with_a_transaction_of_any_kind_that_is_at_rest(kind: Kind) -> None:
    for stand in stands(kind):
        if stand.what in RESTING:
            assert kinds_of(Looked(Evidence(*stubs(kind, stand)), ALL)) == set(), stand


@pytest.mark.parametrize(
    ("kind", "stand", "what"),
    [
        ("void", Stand("", "declined:rc=55", "declined:fwd,rc=55", "posted:done,rc=00"), "told_not_charged"),
        ("void", Stand("", "closed:rc=00", "approved:fwd,rc=00", "declined:rc=55"), "not_held"),
        ("preauth", Stand("", "closed:rc=00", "approved:fwd,rc=00", "reversed:undone,rc=00"), "not_held"),
        ("preauth_void", Stand("", "-", "approved:fwd,rc=00", "posted:done,rc=00"), "missing_at_terminal"),
        ("completion", Stand("", "closed:rc=00", "-", "posted:done,rc=00"), "missing_at_switch"),
        ("balance", Stand("", "closed:rc=00", "approved:fwd,rc=00", "declined:rc=55"), "stations_differ"),
        ("balance", Stand("", "closed:rc=00", "approved:fwd,rc=00", "-"), "missing_at_issuer"),
        ("balance", Stand("", "lapsed", "approved:fwd,rc=00", "posted:posted,rc=00"), "stations_differ"),
    ],
)
def test_what_contradicts_itself_is_found_in_every_kind(kind: str, stand: Stand, what: str) -> None:
    asked, sent, posted = stubs(BY_NAME[kind], stand._replace(terminal=stand.terminal.replace("-", "closed")))
    sent = changed(sent, acquirer="10344", transmitted="1114221320", stan="000041")
    asked = None if stand.terminal == "-" else asked
    assert what in kinds_of(Looked(Evidence(asked, sent, posted), ALL))


def test_an_inquiry_is_nobodys_however_long_it_lies() -> None:
    for stand in stands(BY_NAME["balance"]):
        if stand.terminal.startswith("sent"):
            found = Looked(Evidence(*stubs(BY_NAME["balance"], stand)), ALL)
            assert [one.kind.value for one in breaks(found, STARTED + 72 * HOUR)] == []


def test_stations_that_take_it_for_two_kinds_differ() -> None:
    found = looked("purchase")
    sent = changed(found.evidence.switch, kind="void")
    at_switch = breaks(found._replace(evidence=found.evidence._replace(switch=sent)), NOW)
    assert {"stations_differ", "values_differ"} <= {one.kind.value for one in at_switch}
    assert "kind purchase/void" in next(one.detail for one in at_switch if one.kind is BreakKind.VALUES_DIFFER)


def test_a_child_without_an_original_is_found_where_it_stands() -> None:
    found = looked("void", orphan="10344/1114221320/000001")
    (one,) = [one for one in breaks(found, NOW) if one.kind is BreakKind.ORIGINAL_MISSING]
    assert one.detail == "original 10344/1114221320/000001"
    assert said(one.detail).zh == "原交易 10344/1114221320/000001"
    refused = changed(found.evidence.issuer, credited=0, state="declined", response_code="25")
    fallen = found._replace(evidence=found.evidence._replace(issuer=refused))
    assert BreakKind.ORIGINAL_MISSING not in {one.kind for one in breaks(fallen, NOW)}


@pytest.mark.parametrize(
    ("kind", "against", "undone", "wrong"),
    [
        ("purchase", [], {}, False),
        ("purchase", [("void", 1250)], {}, False),
        ("purchase", [("void", 1251)], {}, True),
        ("purchase", [("void", 600), ("void", 600)], {}, True),
        ("purchase", [("void", 1250)], {"returned": 1250}, True),
        ("purchase", [], {"returned": 1250}, False),
        ("preauth", [("completion", 1000)], {}, False),
        ("preauth", [("completion", 1400)], {}, False),
        ("preauth", [("preauth_void", 1250)], {}, False),
        ("preauth", [("preauth_void", 1250), ("completion", 10)], {}, True),
        ("preauth", [("completion", 1000)], {"released": 1250}, True),
        ("preauth", [("completion", 1000)], {"held": 0}, True),
    ],
)
def test_over_a_family_no_more_is_taken_than_there_was(
    kind: str, against: list[tuple[str, int]], undone: dict[str, int], wrong: bool
) -> None:
    names = tuple(Against(child, f"{AT_ISSUER}{at}", amount) for at, (child, amount) in enumerate(against))
    original = booked(kind, against=names, **undone)
    assert exceeded(original) is wrong
    of_child = looked("void" if kind == "purchase" else "completion", original=original)
    assert (BreakKind.FAMILY_EXCEEDED.value in kinds_of(of_child)) is wrong


@pytest.mark.parametrize(
    ("entries", "detail"),
    [
        (Booked(credited=1250, currency="CNY"), ""),
        (Booked(currency="CNY"), "credited 12.50/0.00"),
        (Booked(debited=1250, currency="CNY"), "debited 0.00/12.50; credited 12.50/0.00"),
        (Booked(credited=1250, withdrawn=1250, currency="CNY"), "withdrawn 0.00/12.50"),
    ],
)
def test_what_a_void_gave_back_is_what_its_entries_say(entries: Booked, detail: str) -> None:
    found = breaks(looked("void", booked=entries), NOW)
    assert [one.detail for one in found if one.kind is BreakKind.LEDGER_DIFFERS] == ([detail] if detail else [])


@pytest.mark.parametrize("kind", BreakKind)
def test_every_contradiction_has_its_words(kind: BreakKind) -> None:
    assert all(KINDS[kind])


def test_only_an_inquiry_can_lapse() -> None:
    assert [kind.name for kind in TABLE if kind.mode is Mode.INQUIRY] == ["balance"]
