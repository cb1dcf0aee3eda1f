"""What stations have forgotten is one lapse a transaction, whoever keeps a row of it."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.inquiry import Stores
from counterfoil.inquiry.lapses import Lapse, known_of, lapses
from counterfoil.simulation.disk import Disk
from counterfoil.storage.forgotten import INSERT, Forgotten
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from forgotten.town import Town
from inquiry.story import STATIONS, story
from inquiry.world import World

ROW = Forgotten("S-1", "issuer-a", "issuer-a", "", "0101000001000001", "", "", "", 0, "", "", 10)


def put_back(name: str) -> tuple[Town, list[str]]:
    """Two sales, a backup of a station, two sales of another card, and the backup put back; the sales since."""
    town = Town()
    town.refs(2)
    image = town.image(name)
    since = town.refs(2, card="good-2")
    town.put_back({name: image})
    if name == "tills-1":
        town.sell()
    return town, since


@pytest.mark.parametrize(
    ("name", "station", "holders", "known"),
    [
        ("issuer-a", "issuer-a", ["switch", "issuer-a"], ["terminal", "switch"]),
        ("switch", "switch", ["switch", "issuer-a"], ["terminal", "issuer"]),
        ("tills-1", "T0000001", ["switch"], ["switch", "issuer"]),
    ],
)
def test_a_store_put_back_leaves_a_lapse_for_every_sale_it_has_forgotten(
    name: str, station: str, holders: list[str], known: list[str]
) -> None:
    town, since = put_back(name)
    found = lapses(town.stores)
    assert [(one.station, one.ref, list(one.rows), one.open) for one in found] == [
        (station, ref, holders, True) for ref in since
    ]
    for one in found:
        assert one.number == one.rows["switch"].number
        assert one.opened_at == min(row.opened_at for row in one.rows.values())
        last4 = town.card("good-2").pan[-4:]
        assert (one.terminal, one.amount, one.currency, one.last4) == ("T0000001", 1250, "CNY", last4)
        told = known_of(town.stores, one)
        assert list(told) == known
        for stub in told.values():
            assert (stub["rrn"], stub["amount"], stub["last4"]) == (one.rrn, 1250, last4)
            assert not {"history", "cases"} & set(stub)
            assert all(value not in ("", 0) for value in stub.values())
            assert stub.get("ref", one.ref) == one.ref


def test_a_lapse_is_open_until_every_row_of_it_has_ended() -> None:
    town, since = put_back("issuer-a")
    first, second = lapses(town.stores)
    town.end("switch", [first.rows["switch"]])
    assert [one.open for one in lapses(town.stores, ended=True)] == [True, True]
    (left, whole) = lapses(town.stores)
    assert (list(left.rows), left.number) == (["issuer-a"], first.rows["issuer-a"].number)
    assert whole == second
    town.end("issuer-a", [first.rows["issuer-a"]])
    assert [one.ref for one in lapses(town.stores)] == since[1:]
    ended = {one.ref: one.open for one in lapses(town.stores, ended=True)}
    assert ended == {since[0]: False, since[1]: True}


def test_a_lapse_as_json_has_every_row_by_the_station_that_keeps_it() -> None:
    row = ROW._replace(key="K", rrn="R", terminal="T1", amount=5, currency="CNY", last4="1234")
    lapse = Lapse("S-1", "issuer-a", "T1/000001/000001", "R", "T1", 5, "CNY", "1234", 10, {"switch": row})
    assert lapse.to_json() == {
        "number": "S-1",
        "station": "issuer-a",
        "ref": "T1/000001/000001",
        "rrn": "R",
        "terminal": "T1",
        "amount": 5,
        "currency": "CNY",
        "last4": "1234",
        "opened_at": 10,
        "open": True,
        "rows": {"switch": row._asdict()},
    }
    assert lapse._replace(rows={"switch": row._replace(ended_at=11)}).to_json()["open"] is False


def with_rows(switch: list[Forgotten] | None = None, **issuers: list[Forgotten]) -> Stores:
    """The stores of the story with these rows; a station that is not named has none, `switch` None is unreadable."""
    town = story().town
    disks = {name: Disk(town.image(name)) for name in STATIONS}
    rows = {"switch": switch or [], **{name.replace("_", "-"): each for name, each in issuers.items()}}
    for name, each in rows.items():
        with disks[name].transaction():
            disks[name].executemany(INSERT, each)
            disks[name].commit()
    return World(
        disks["tills-1"],
        None if switch is None else disks["switch"],
        {name: disks[name] for name in STATIONS if name.startswith("issuer")},
    )


def numbers(stores: Stores, **how: Any) -> list[str]:
    return [one.number for one in lapses(stores, **how)]


def test_the_oldest_comes_first_and_the_numbers_decide_between_two() -> None:
    rows = [
        ROW._replace(number=number, request=f"010100000100000{place}", opened_at=at)
        for place, (number, at) in enumerate([("S-3", 7), ("S-9", 5), ("S-1", 9), ("S-2", 7)])
    ]
    stores = with_rows(rows)
    assert numbers(stores) == numbers(stores, ended=True) == ["S-9", "S-2", "S-3", "S-1"]
    assert numbers(stores, limit=2) == ["S-9", "S-2"]  # the oldest
    assert numbers(stores, ended=True, limit=2) == ["S-2", "S-1"]  # the newest


def test_rows_of_one_request_are_one_lapse_and_rows_without_one_are_told_apart_by_their_number() -> None:
    mine = ROW._replace(number="S-5", request="0101000001000005", opened_at=20, terminal="T7")
    theirs = mine._replace(
        number="C-5", key="10344/1", rrn="R5", terminal="", amount=5, currency="USD", last4="1234", opened_at=15
    )
    nameless = [ROW._replace(number=number, request="", opened_at=30) for number in ("S-6", "S-7")]
    stores = with_rows([mine, *nameless], issuer_a=[theirs], issuer_b=[theirs._replace(number="C-6", request="")])
    found = {one.number: one for one in lapses(stores)}
    assert list(found) == ["C-6", "S-5", "S-6", "S-7"]
    whole = found["S-5"]
    assert whole == Lapse(
        *("S-5", "issuer-a", "", "R5", "T7", 5, "USD", "1234", 15), {"switch": mine, "issuer-a": theirs}
    )
    assert list(found["C-6"].rows) == ["issuer-b"]
    assert found["C-6"].terminal == ""


def test_two_rows_of_one_request_at_one_station_are_its_first() -> None:
    older, newer = (ROW._replace(number=number, opened_at=at) for number, at in (("S-1", 1), ("S-2", 2)))
    (one,) = lapses(with_rows([newer, older]))
    assert one.rows == {"switch": older}


def test_without_the_switch_the_terminal_names_the_sale_when_all_that_was_told_of_it_fits() -> None:
    made = story()
    stub = terminals.stub(made.town.node("tills-1").disk, made.key("paid"))
    assert stub is not None
    row = ROW._replace(key="K", rrn=stub.rrn, terminal=stub.terminal, amount=stub.amount, last4=stub.last4)
    (one,) = lapses(with_rows(None, issuer_a=[row]))
    assert one.ref == stub.ref
    for other in ({"terminal": "T0000002"}, {"amount": 1251}, {"last4": "0016"}, {"rrn": ""}, {"rrn": "X" * 12}):
        (one,) = lapses(with_rows(None, issuer_a=[row._replace(**other)]))
        assert one.ref == ""
    town_stub = switches.stub(made.town.node("switch").disk, made.key("paid"))
    assert town_stub is not None
    assert town_stub.rrn == stub.rrn
    (one,) = lapses(with_rows([row._replace(amount=0, terminal="", last4="")]))
    assert one.ref == stub.ref  # the switch gave the number, and needs nothing else


def test_two_sales_that_fit_name_none() -> None:
    made = story()
    stub = terminals.stub(made.town.node("tills-1").disk, made.key("paid"))
    assert stub is not None
    row = ROW._replace(key="K", rrn=stub.rrn, terminal=stub.terminal, amount=stub.amount, last4=stub.last4)
    stores = with_rows(None, issuer_a=[row])
    assert stores.terminal is not None
    stores.terminal.execute(
        "UPDATE attempt SET rrn = ? WHERE terminal = ? AND batch = ? AND stan = ?",
        (stub.rrn, *made.key("unsent")),
    )
    (one,) = lapses(stores)
    assert one.ref == ""


def test_nothing_is_known_of_what_has_no_number_or_is_another_sale() -> None:
    made = story()
    stores = made.town.stores
    stub = terminals.stub(made.town.node("tills-1").disk, made.key("paid"))
    assert stub is not None
    lapse = Lapse("S-1", "issuer-a", stub.ref, stub.rrn, "T0000001", 1250, "CNY", "0015", 10, {})
    assert list(known_of(stores, lapse)) == ["terminal", "switch", "issuer"]
    assert known_of(stores, lapse._replace(ref="")) == known_of(stores, lapse)
    assert known_of(stores, lapse._replace(ref="T0000001/000009/000009")) == {}
    assert known_of(stores, lapse._replace(rrn="")) == {}
    assert known_of(stores, lapse._replace(rrn="X" * 12)) == {}
    assert list(known_of(made.without("tills-1"), lapse)) == ["switch", "issuer"]
