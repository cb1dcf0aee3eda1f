"""What is archived is asked for by the same questions, around the time that is known, where a store is silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.archive.reading import Archive, Where
from counterfoil.inquiry import Search, Stores, evidence, past, search
from counterfoil.inquiry.papers import paper
from counterfoil.inquiry.search import Candidate
from counterfoil.inquiry.witness import issuer_stub, terminal_stub
from counterfoil.simulation.disk import Disk
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch import stubs as switches
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub
from inquiry.story import STATIONS, Story, empty, story
from inquiry.world import World

NAMES = {"tills-1": "terminal"}
NOBODY = AttemptKey("T0000001", "000009", "999999")


class Shelf(Archive):
    """An archive that hands out whole stores and writes down what it was asked for; `again` marks a second reading."""

    def __init__(self, stores: dict[str, list[Store]], asked: list[Any], *, second: bool = False) -> None:
        super().__init__(Path())
        self.stores, self.asked, self.second = stores, asked, second

    def found(self, station: str, where: Where, table: str = "", around: Instant = 0) -> list[Store]:
        asked = (station, {name: list(values) for name, values in where.items()}, table, around)
        self.asked.append((*asked, "again") if self.second else asked)
        return self.stores.get(station, [])

    def again(self) -> Shelf:
        return Shelf(self.stores, self.asked, second=True)

    def close(self) -> None:
        self.asked.append("closed")


def shelved(*names: str, gone: tuple[str, ...] = ()) -> tuple[Stores, list[Any]]:
    """The story with these stations' sales archived, an empty store of each before and behind; and what is asked."""
    told = story()
    live: dict[str, Any] = {name: empty(name) if name in names else told.town.node(name).disk for name in STATIONS}
    live |= dict.fromkeys(gone)
    world = World(live["tills-1"], live["switch"], {name: live[name] for name in STATIONS[2:]})
    asked: list[Any] = []
    old: dict[str, list[Store]] = {
        NAMES.get(name, name): [empty(name), Disk(told.town.image(name)), empty(name)] for name in names
    }
    world.archive = Shelf(old, asked)
    return world, asked


def where(key: AttemptKey) -> dict[str, list[str]]:
    return {"terminal": [key.terminal], "batch": [key.batch], "stan": [key.stan]}


@pytest.fixture
def told() -> Story:
    return story()


# --- what is asked of the archive, word for word ----------------------------------------------------------------------


def test_a_key_is_looked_for_everywhere_and_then_around_the_time_the_terminal_says(told: Story) -> None:
    stores, asked = shelved(*STATIONS)
    key = told.key("paid")
    terminal, _, _ = told.stubs("paid")
    assert search(stores, Search(key=key)) == search(told.town.stores, Search(key=key))
    assert asked == [("terminal", where(key), "", 0), ("switch", where(key), "", terminal.started_at)]


def test_a_number_is_looked_for_everywhere_and_then_around_the_time_the_terminal_says(told: Story) -> None:
    stores, asked = shelved(*STATIONS)
    terminal, _, _ = told.stubs("paid")
    question = Search(rrn=terminal.rrn)
    assert search(stores, question) == search(told.town.stores, question)
    by = {"rrn": [terminal.rrn]}
    around = terminal.started_at
    assert asked == [
        ("terminal", by, "", 0),
        ("switch", by, "", around),
        ("issuer-a", by, "", around),
        ("issuer-a", by, "advice", around),
        ("issuer-b", by, "", around),
        ("issuer-b", by, "advice", around),
    ]


@pytest.mark.parametrize(
    ("archived", "first"), [(("switch", "issuer-a"), 0), (("tills-1", "issuer-a"), 1), (("tills-1", "switch"), 2)]
)
def test_who_still_holds_the_sale_says_around_when_to_look(told: Story, archived: tuple[str, ...], first: int) -> None:
    terminal = told.stubs("paid")[0]
    stores, asked = shelved(*archived)
    question = Search(rrn=terminal.rrn)
    assert search(stores, question) == search(told.town.stores, question)
    known = told.stubs("paid")[first].started_at
    assert {around for _, _, _, around in asked} == {known}
    names = {NAMES.get(name, name) for name in archived}
    assert {station for station, *_ in asked} == names | {"issuer-b"}


def test_the_switch_says_around_when_to_look_where_the_terminal_cannot_be_asked(told: Story) -> None:
    stores, asked = shelved("switch", "issuer-a", gone=("tills-1",))
    _, switch, _ = told.stubs("paid")
    assert [one.ref for one in search(stores, Search(rrn=switch.rrn))] == [switch.ref]
    assert [(station, table, around) for station, _, table, around in asked] == [
        ("terminal", "", 0),
        ("switch", "", 0),
        ("issuer-a", "", switch.started_at),
        ("issuer-a", "advice", switch.started_at),
        ("issuer-b", "", switch.started_at),
        ("issuer-b", "advice", switch.started_at),
    ]


def test_questions_with_several_answers_ask_the_stores_and_all_of_the_archive(told: Story) -> None:
    terminal, _, issuer = told.stubs("paid")
    by_stan = {"terminal": ["T0000001"], "stan": ["000003"]}
    table: list[tuple[Search, tuple[str, ...], dict[str, list[Any]]]] = [
        (Search(last4="0015", amount=1250), ("terminal", *STATIONS[1:]), {"last4": ["0015"], "amount": [1250]}),
        (Search(terminal=terminal.terminal, stan="000003"), ("terminal",), by_stan),
        (Search(auth_code=terminal.auth_code), ("terminal",), {"auth_code": [terminal.auth_code]}),
    ]
    for question, stations, by in table:
        stores, asked = shelved(*STATIONS)
        assert search(stores, question) == search(told.town.stores, question) != []
        expected = [(station, by, "", 0) for station in stations]
        assert asked[: len(expected)] == expected
    stores, asked = shelved(*STATIONS)
    assert [one.ref for one in search(stores, Search(request=issuer.request))] == [terminal.ref]
    whole: list[Any] = [(name, {"key": [issuer.request]}, "", 0) for name in ("issuer-a", "issuer-b")]
    assert asked == [*whole, ("switch", {"rrn": [terminal.rrn]}, "", issuer.started_at)]


def test_what_is_in_the_stores_is_not_asked_for(told: Story) -> None:
    stores, asked = shelved()
    terminal, switch, issuer = told.stubs("paid")
    for question in (Search(key=told.key("paid")), Search(rrn=terminal.rrn)):
        (one,) = search(stores, question)
        assert evidence(stores, one) == evidence(told.town.stores, one)
    assert issuer_stub(stores, switch, history=False) == issuer
    assert past.first_six(stores, told.key("paid"), 1) == "629999******0015"
    assert past.said(stores, terminal.rrn, 1) == [issuer]
    assert [station for station, *_ in asked] == ["issuer-b"] * 4
    assert evidence(told.town.stores, one).switch == switches.stub(told.town.node("switch").disk, told.key("paid"))


@pytest.mark.parametrize("history", [True, False])
def test_archived_evidence_is_what_it_was(told: Story, history: bool) -> None:
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    stores, asked = shelved(*STATIONS)
    whole = evidence(told.town.stores, one, history=history)
    assert evidence(stores, one, history=history) == whole
    assert whole.switch is not None
    assert whole.issuer is not None
    key = told.key("paid")
    assert asked == [
        ("terminal", where(key), "", one.started_at),
        ("switch", where(key), "", one.started_at),
        ("issuer-a", {"key": [whole.issuer.request]}, "", whole.switch.started_at),
    ]
    for stub in whole:
        assert isinstance(stub, TerminalStub | SwitchStub | IssuerStub)
        assert bool(stub.history) is history


# --- each question of the archive -------------------------------------------------------------------------------------


def test_each_question_finds_the_stub_with_or_without_its_history(told: Story) -> None:
    key = told.key("paid")
    for history in (True, False):
        terminal, switch, issuer = told.stubs("paid", history=history)
        stores, asked = shelved(*STATIONS)
        assert past.terminal(stores, key, 5, history=history) == terminal
        assert past.switch(stores, key, 6, history=history) == switch
        assert past.issuer(stores, "issuer-a", issuer.request, 7, history=history) == issuer
        assert asked == [
            ("terminal", where(key), "", 5),
            ("switch", where(key), "", 6),
            ("issuer-a", {"key": [issuer.request]}, "", 7),
        ]
    stores, _ = shelved(*STATIONS)
    terminal, switch, issuer = told.stubs("paid", history=True)
    assert past.terminal(stores, key, 0) == terminal
    assert past.switch(stores, key, 0) == switch
    assert past.issuer(stores, "issuer-a", issuer.request, 0) == issuer
    assert past.terminal(stores, NOBODY, 0) is None
    assert past.switch(stores, NOBODY, 0) is None
    assert past.issuer(stores, "issuer-a", "1/0101000000/000001", 0) is None
    assert past.issuer(stores, "issuer-b", issuer.request, 0) is None


def test_what_was_sold_and_routed_and_said_is_without_history(told: Story) -> None:
    key = told.key("paid")
    terminal, switch, issuer = told.stubs("paid")
    stores, asked = shelved(*STATIONS)
    assert past.sold(stores, key, terminal.rrn, 3) == [terminal]
    assert past.sold(stores, NOBODY, terminal.rrn, 3) == []
    assert past.sold(stores, None, terminal.rrn, 4) == [terminal]
    assert past.sold(stores, None, "X" * 12, 4) == []
    assert asked == [
        ("terminal", where(key), "", 3),
        ("terminal", where(NOBODY), "", 3),
        ("terminal", {"rrn": [terminal.rrn]}, "", 4),
        ("terminal", {"rrn": ["X" * 12]}, "", 4),
    ]
    asked.clear()
    assert past.routed(stores, terminal.rrn, 5) == [switch]
    assert past.routed(stores, "X" * 12, 5) == []
    assert past.said(stores, terminal.rrn, 6) == [issuer]
    assert asked[2] == ("issuer-a", {"rrn": [terminal.rrn]}, "", 6)
    assert past.said(stores, "X" * 12, 6) == []


def test_without_an_archive_there_is_nothing_past(told: Story) -> None:
    _, _, issuer = told.stubs("paid")
    key = told.key("paid")
    stores = World(empty("tills-1"), empty("switch"), {"issuer-a": empty("issuer-a")})
    assert past.found(stores, "terminal", past.of(key)) == []
    assert past.terminal(stores, key, 0) is None
    assert past.sold(stores, key, "", 0) == []
    assert past.switch(stores, key, 0) is None
    assert past.first_six(stores, key, 0) == ""
    assert past.routed(stores, issuer.rrn, 0) == []
    assert past.issuer(stores, "issuer-a", issuer.request, 0) is None
    assert past.said(stores, issuer.rrn, 0) == []
    with_switch = World(empty("tills-1"), told.town.node("switch").disk, {})
    assert past.first_six(with_switch, key, 0) == "629999******0015"


def test_the_first_six_digits_are_looked_for_where_the_switch_holds_none(told: Story) -> None:
    key = told.key("paid")
    for gone in ((), ("switch",)):
        stores, asked = shelved("switch", gone=gone)
        assert past.first_six(stores, key, 9) == "629999******0015"
        assert past.first_six(stores, NOBODY, 9) == ""
        assert asked == [("switch", where(key), "", 9), ("switch", where(NOBODY), "", 9)]


def test_the_newest_archived_sale_was_followed_by_one_in_the_store_or_on_a_later_date(told: Story) -> None:
    """The switch's stub of an archived sale does not say so itself when nothing behind it lies in the same file."""
    key = told.key("declined")
    _, switch, _ = told.stubs("paid")
    last = switches.stub(told.town.node("switch").disk, key, history=True)
    assert last is not None
    assert last.followed_at == 0  # the last of its batch
    later = Disk(told.town.image("switch"))
    row = "UPDATE attempt SET stan = '000099', batch = ?, started_at = ?, rrn = 'ZZZZZZZZZZZZ' WHERE rrn = ?"
    later.execute(row, (key.batch, last.started_at + 777, switch.rrn))
    by = {"terminal": [key.terminal], "batch": [key.batch]}
    image = told.town.image("switch")

    def asked_of(live: Any, *old: Store) -> tuple[int, list[Any]]:
        world = World(None, live, {})
        asked: list[Any] = []
        world.archive = Shelf({"switch": list(old)}, asked)
        stub = past.switch(world, key, 4)
        assert stub is not None
        assert msgspec.structs.replace(stub, followed_at=0) == last
        return stub.followed_at, asked

    whole = [("switch", where(key), "", 4), ("switch", by, "", 0, "again"), "closed"]
    assert asked_of(empty("switch"), Disk(image)) == (0, whole)
    assert asked_of(None, Disk(image)) == (0, whole)
    assert asked_of(later, Disk(image)) == (last.started_at + 777, whole)
    earlier = Disk(later.image())
    earlier.execute("UPDATE attempt SET started_at = ? WHERE stan = '000099'", (last.started_at + 555,))
    earlier.execute("DELETE FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?", key)
    for live in (None, empty("switch")):
        assert asked_of(live, Disk(image), earlier) == (last.started_at + 555, whole)
    assert asked_of(later, Disk(image), earlier) == (last.started_at + 777, whole)  # the store first
    assert asked_of(None, Disk(image), later, earlier) == (last.started_at + 555, whole)  # then the oldest date
    world = World(None, empty("switch"), {})
    asked: list[Any] = []
    world.archive = Shelf({"switch": [Disk(image)]}, asked)
    assert past.switch(world, key, 4, history=False) == msgspec.structs.replace(last, history=(), cases=())
    assert asked == whole[:1]  # whoever wants no history does not want that either


def test_a_number_that_a_reversal_said_is_found_by_its_advice(told: Story) -> None:
    """What an issuer's store holds is never looked for in the archive, of no issuer."""
    terminal, _, issuer = told.stubs("paid")
    stores, asked = shelved("issuer-a")
    assert past.said(stores, issuer.rrn, 8) == [issuer]
    by = {"rrn": [terminal.rrn]}
    assert asked == [(name, by, table, 8) for name in ("issuer-a", "issuer-b") for table in ("", "advice")]
    unreadable, asked = shelved("issuer-a", gone=("issuer-a",))
    assert past.said(unreadable, issuer.rrn, 8) == []
    assert {station for station, *_ in asked} == {"issuer-b"}


def test_papers_of_an_archived_sale_are_those_it_had(told: Story) -> None:
    stores, asked = shelved(*STATIONS)
    assert isinstance(stores.archive, Shelf)
    del stores.archive.stores["terminal"][0]  # a store that is handed out holds what was asked for
    key = told.key("paid")
    for kind in ("merchant", "declaration", "explanation"):
        assert paper(stores, key, kind, told.town.now) == paper(told.town.stores, key, kind, told.town.now)
    assert asked[0] == ("terminal", where(key), "", 0)


def test_a_terminal_that_is_not_ours_is_never_asked(told: Story) -> None:
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    stores, asked = shelved(*STATIONS)
    assert terminal_stub(stores, one._replace(terminal="T0000009")) == "not ours"
    assert terminal_stub(stores, one._replace(ref="")) is None
    assert terminal_stub(told.without("tills-1"), one) is None
    assert asked == []
    assert isinstance(one, Candidate)
