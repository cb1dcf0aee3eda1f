"""The inbox: open cases oldest first, ended ones latest first, at most so many, each with the payment it is about."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterfoil.inquiry import Search, Stores, finding, search
from counterfoil.inquiry.cases import CaseItem, cases
from counterfoil.inquiry.items import OPEN, OpenItem, judged_items, open_items
from counterfoil.issuer import stubs as issuers
from counterfoil.issuer.rows import Case as IssuerCase
from counterfoil.simulation.disk import Disk
from counterfoil.storage.sql import inserting
from counterfoil.switch.rows import Case as SwitchCase
from counterfoil.transaction import CaseStub
from counterfoil.verdict import Clocks, Verdict
from inquiry.story import STATIONS, story
from inquiry.world import World

AT_SWITCH = SwitchCase("S-1", "", 50, "operations", "reversal_unacknowledged", "48 h")
AT_ISSUER = IssuerCase("C1", "", "", 40, "reversal_differs", "DE4")


def with_cases(switch: list[SwitchCase], **issuer: list[IssuerCase]) -> Stores:
    """The stores of the story with these cases and no other, the terminals' unreadable."""
    town = story().town
    disks: dict[str, Any] = {name: Disk(town.image(name)) for name in STATIONS[1:]}
    rows: dict[str, tuple[Any, list[Any]]] = {"switch": (SwitchCase._fields, switch)}
    rows |= {name.replace("_", "-"): (IssuerCase._fields, each) for name, each in issuer.items()}
    for name, (fields, each) in rows.items():
        with disks[name].transaction():
            disks[name].execute("DELETE FROM exception_case")
            disks[name].executemany(inserting("exception_case", fields), each)
            disks[name].commit()
    return World(None, disks["switch"], {name: disks[name] for name in STATIONS[2:]})


def names(found: list[CaseItem]) -> list[str]:
    return [item.case.number for item in found]


def test_open_ones_come_first_the_oldest_first_and_then_the_ended_the_latest_first() -> None:
    stores = with_cases(
        [
            AT_SWITCH._replace(number="S-1", at=30),
            AT_SWITCH._replace(number="S-2", at=10, ended_at=100, how="acknowledged"),
            AT_SWITCH._replace(number="S-3", at=20, ended_at=300, how="accepted"),
        ],
        issuer_a=[AT_ISSUER._replace(number="A1", at=40), AT_ISSUER._replace(number="A2", at=5, ended_at=200)],
        issuer_b=[AT_ISSUER._replace(number="B1", at=10), AT_ISSUER._replace(number="B2", at=1, ended_at=400)],
    )
    whole = ["B1", "S-1", "A1", "B2", "S-3", "A2", "S-2"]
    assert names(cases(stores, [], 0)) == whole
    assert names(cases(stores, [], 1)) == whole
    assert names(cases(stores, [], 200)) == whole[:6]
    assert names(cases(stores, [], 201)) == whole[:5]
    assert names(cases(stores, [], 401)) == whole[:3]
    assert names(cases(stores, [], 0, limit=2)) == ["B1", "S-1", "B2", "S-3"]
    assert names(cases(stores, [], 0, limit=1)) == ["B1", "B2"]
    found = {item.case.number: item for item in cases(stores, [], 0)}
    assert {name: item.station for name, item in found.items()} == {
        **dict.fromkeys(("S-1", "S-2", "S-3"), "switch"),
        **dict.fromkeys(("A1", "A2"), "issuer-a"),
        **dict.fromkeys(("B1", "B2"), "issuer-b"),
    }
    assert found["S-3"].case == CaseStub(
        number="S-3", what="reversal_unacknowledged", at=20, owner="operations", detail="48 h", ended_at=300,
        how="accepted",
    )  # fmt: skip
    assert found["A1"].case == CaseStub(number="A1", what="reversal_differs", at=40, owner="issuer", detail="DE4")


def test_two_hundred_of_each_are_listed_unless_somebody_asks_for_more() -> None:
    opened = [AT_SWITCH._replace(number=f"S-{number:03d}", at=number) for number in range(1, 203)]
    over = [AT_SWITCH._replace(number=f"E-{number:03d}", at=1, ended_at=number) for number in range(1, 203)]
    stores = with_cases([*opened, *over])
    found = names(cases(stores, [], 0))
    assert found[:200] == [f"S-{number:03d}" for number in range(1, 201)]
    assert found[200:] == [f"E-{number:03d}" for number in range(202, 2, -1)]
    assert len(cases(stores, [], 0, limit=1000)) == 404


def test_a_case_is_about_the_payment_as_far_as_anybody_knows_it() -> None:
    made = story()
    (one,) = search(made.town.stores, Search(key=made.key("paid")))
    (stub,) = issuers.numbered(made.town.node("issuer-a").disk, one.rrn)
    stores = with_cases(
        [
            AT_SWITCH._replace(number="S-1", rrn=one.rrn),
            AT_SWITCH._replace(number="S-2", rrn="X" * 12),
            AT_SWITCH._replace(number="R-T0000001-000002-000003"),
            AT_SWITCH._replace(number="R-SHOP-7-000002-000003"),
        ],
        issuer_a=[
            AT_ISSUER._replace(number="A1", txn=stub.request),
            AT_ISSUER._replace(number="A2", txn="99999/0101000000/000001"),
        ],
        issuer_b=[AT_ISSUER._replace(number="B1", txn=stub.request)],
    )
    assert {item.case.number: item.ref for item in cases(stores, [], 0)} == {
        "S-1": one.ref,
        "S-2": "",
        "R-T0000001-000002-000003": "T0000001/000002/000003",
        "R-SHOP-7-000002-000003": "SHOP-7/000002/000003",
        "A1": one.ref,
        "A2": "99999/0101000000/000001",
        "B1": one.ref,
    }


def test_a_case_of_an_issuer_alone_is_named_by_its_own_request_and_by_no_other_issuers() -> None:
    """Two issuers can be asked under one DE32/DE7/DE11; the switch sent it to neither."""
    made = story()
    (one,) = search(made.town.stores, Search(key=made.key("paid")))
    (stub,) = issuers.numbered(made.town.node("issuer-a").disk, one.rrn)
    disk = Disk(made.town.image("issuer-a"))
    disk.execute(inserting("exception_case", IssuerCase._fields), AT_ISSUER._replace(txn=stub.request))
    stores = World(None, None, {"issuer-a": disk, "issuer-b": None})
    assert cases(stores, [], 0) == [
        CaseItem("issuer-a", issuers.case_stub(AT_ISSUER._replace(txn=stub.request)), stub.request)
    ]


def test_what_a_terminal_handed_over_is_a_case_of_the_payment_that_was_judged() -> None:
    made = story()
    stores, now = made.town.stores, made.town.now
    judged = judged_items(stores, now)
    (handed,) = [item for item in cases(stores, judged, 0) if item.station == "terminal"]
    assert handed.ref == made.refs["escalated"]
    assert handed.case.number == "T-" + handed.ref.replace("/", "-")
    assert (handed.case.what, handed.case.owner, handed.case.ended_at) == ("reversal_escalated", "supervisor", 0)
    assert cases(stores, [], 0) == []
    assert cases(made.without("tills-1"), judged_items(made.without("tills-1"), now), 0) == []
    told = finding(stores, search(stores, Search(key=made.key("escalated")))[0], now)
    other = CaseStub(number="S-9", what="forgotten", at=1, owner="operations")

    more = msgspec.structs.replace(told, cases=(*told.cases, other))
    item = OpenItem(search(stores, Search(key=made.key("escalated")))[0], more)
    assert names(cases(stores, [item], 0)) == [handed.case.number]  # those of other stations are found there


def test_without_the_switch_the_issuers_cases_are_listed_all_the_same() -> None:
    stores = with_cases([AT_SWITCH], issuer_a=[AT_ISSUER])
    assert names(cases(stores, [], 0)) == ["C1", "S-1"]
    assert names(cases(World(None, None, {"issuer-a": stores.of("issuer-a")}), [], 0)) == ["C1"]
    assert names(cases(World(None, stores.switch, {"issuer-a": None}), [], 0)) == ["S-1"]


# --- what is not at rest ----------------------------------------------------------------------------------------------

OPENED = {"escalated": Verdict.EXCEPTION, "returning": Verdict.RETURNING, "reversing": Verdict.UNKNOWN}


def test_the_verdicts_somebody_waits_for_are_in_the_order_of_their_press() -> None:
    assert OPEN == (Verdict.UNKNOWN, Verdict.RETURNING, Verdict.EXCEPTION, Verdict.PAID_RECEIPT_OPEN)


def test_what_is_open_is_listed_oldest_first_and_no_more_than_asked_for() -> None:
    made = story()
    stores, now = made.town.stores, made.town.now
    whole = [(made.refs[what], verdict) for what, verdict in OPENED.items()]
    assert [(item.one.ref, item.finding.verdict) for item in open_items(stores, now)] == whole
    for limit in (1, 2, 3):
        assert [item.one.ref for item in open_items(stores, now, limit)] == [ref for ref, _ in whole[:limit]]
    assert all(item.finding == finding(stores, item.one, now) for item in open_items(stores, now))


def test_what_somebody_else_found_is_judged_too_and_listed_only_when_it_is_open() -> None:
    made = story()
    stores, now = made.town.stores, made.town.now
    (paid,) = search(stores, Search(key=made.key("paid")))
    nobody = paid._replace(ref="T0000001/000009/000009", started_at=1)
    foreign = paid._replace(ref="", issuer="issuer-a", request="99999/0101000000/000001", started_at=2)
    more = [nobody, paid, foreign]
    judged = judged_items(stores, now, more=more)
    assert [item.one.ref for item in judged] == [made.refs[what] for what in ("paid", *OPENED)]
    assert judged[0].finding.verdict is Verdict.PAID
    assert [item.one.ref for item in open_items(stores, now, more=more)] == [made.refs[what] for what in OPENED]
    assert [item.one.ref for item in judged_items(stores, now, 1, more)] == [made.refs["paid"], made.refs["escalated"]]


def test_a_station_that_cannot_be_asked_leaves_what_the_others_list() -> None:
    made = story()
    now = made.town.now
    listed = {
        gone: {item.one.ref for item in judged_items(made.without(*gone), now)}
        for gone in [("tills-1",), ("switch",), ("issuer-a", "issuer-b")]
    }
    assert listed == {
        ("tills-1",): {made.refs["returning"]},
        ("switch",): {made.refs["escalated"], made.refs["reversing"]},
        ("issuer-a", "issuer-b"): {made.refs[what] for what in OPENED},
    }


@pytest.mark.parametrize(("late", "listed"), [(-1, False), (0, True)])
def test_the_last_approved_sale_of_a_terminal_nobody_can_ask_is_listed_after_a_day(
    late: int,
    listed: bool,
) -> None:
    made = story()
    switch = Disk(made.town.image("switch"))
    (paid,) = search(made.town.stores, Search(key=made.key("paid")))
    switch.execute("DELETE FROM attempt WHERE rrn > ?", (paid.rrn,))  # what was asked behind it
    (stub,) = search(World(None, switch, {}), Search(key=made.key("paid")))
    now = stub.started_at + Clocks().closure + late
    assert [item.one.ref for item in judged_items(World(None, switch, {}), now)] == [paid.ref] * listed
    known = World(made.town.node("tills-1").disk, switch, {})
    assert paid.ref not in {item.one.ref for item in judged_items(known, now)}
