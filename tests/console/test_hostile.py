"""Every door of the console, asked for with numbers, dates and texts that nobody should send: no 5xx, no card number.

The doors are those of the running application, its pages and its API, with every parameter of path, query and form.
Every test counts what it was answered: a door that is closed to whoever asks proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import pytest

from console.desk import FORM, PASSWORD, REF
from console.hostile import BODIES, PEOPLE, RARELY, TEXTS, VALUES, Door, Stranger, names_in_the_pages
from counterfoil.console import ops, site, till
from counterfoil.console.lab.run import NO_REST, LabRunner
from counterfoil.receipts.printers.probe import Health


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    with closing(Stranger(tmp_path_factory.mktemp("hostile"))) as made:
        yield made


@pytest.fixture
def stranger(house: Stranger, monkeypatch: pytest.MonkeyPatch) -> Stranger:
    async def watch(lab: LabRunner, run: Any, *_: Any) -> Any:
        return lab._changed(run, trouble=NO_REST)

    monkeypatch.setattr(ops, "ask", lambda *_: (Health(), None))
    monkeypatch.setattr("counterfoil.console.sale.patience", lambda _: 0.0)
    monkeypatch.setattr(LabRunner, "_watch", watch)
    house.begin()
    return house


FORM_OF: Final = {
    "amount": "12.50", "card": "carol", "ref": REF, "terminal": "T0000001", "act": "goods", "reason": "why",
    "what": "add", "name": "lin", "role": "cashier", "seed": "1", "path": "11", "value": "000123", "password": PASSWORD,
    "old": PASSWORD, "new": PASSWORD, "why": "left",
}  # fmt: skip
"""What a field of a form should be."""
ACTS: Final = tuple({"act": act} for act in till.ACTS) + tuple(
    {"what": what} for what in ("add", "role", "password", "disable", "make", "end")
)
ACTING: Final = {"/people", "/tokens", "/till/act"}
"""The doors behind which several things can be done."""
GOOD: Final = {
    "terminal": '"T0000001"', "amount": "1250", "currency": '"CNY"', "card.name": '"carol"', "reason": '"why"',
    "copy": '"cardholder"', "how": '"attested"', "answer": '"kept"', "leg": "1", "kind": '"purchase"', "times": "1",
    "seconds": "1", "action": '"escalate"', "ref": f'"{REF}"',
}  # fmt: skip
"""What a field should be, as JSON."""
OF_A_FAULT: Final = {"kind": '"drop"'}


def form(stranger: Stranger, door: Door, who: str, places: dict[str, str], **odd: str) -> bytes:
    """The fields of a form as they should be, but for these."""
    fields = {**FORM_OF, **stranger.fields(door, who, places), **odd}
    return urlencode(fields, errors="surrogatepass")[:60_000].encode()


def bodied(fields: tuple[str, ...], value: str = "", odd: str | None = "") -> bytes:
    """A body with this value in one field, in every for "", in none for None."""
    good = {**GOOD, **OF_A_FAULT} if "leg" in fields else GOOD
    tops: dict[str, list[str]] = {}
    for field in fields:
        top, _, below = field.partition(".")
        inner = tops.setdefault(top, [])
        if below and "." not in below and (odd != top):
            put = value if odd in (field, "") else good.get(field)
            inner += [f"{json.dumps(below)}:{put}"] if put else []
    said = []
    for top, inner in tops.items():
        if inner:
            said.append(f"{json.dumps(top)}:{{{','.join(inner)}}}")
        elif put := (value if odd in (top, "") else good.get(top)):
            said.append(f"{json.dumps(top)}:{put}")
    return f"{{{','.join(said)}}}".encode("utf-8", "surrogatepass")


def test_there_is_something_to_ask(stranger: Stranger) -> None:
    assert len(stranger.doors) > 60
    assert {"/till/sale", "/search", "/api/v1/payments", "/api/v1/payments/{terminal}/{batch}/{stan}"} <= {
        door.path for door in stranger.doors
    }
    assert {"amount", "q", "reason", "number", "seed"} <= set(names_in_the_pages())
    assert {"card.number", "amount"} <= {name for door in stranger.doors for name in door.fields}


RIGHT: Final = {"GET /api/v1/payments": "?terminal=T0000001", "GET /search": f"?q={REF}"}


@pytest.mark.parametrize("who", PEOPLE)
def test_what_is_right_opens_every_door_for_who_may(stranger: Stranger, who: str) -> None:
    """With right values every door gets as far as it goes: without this the values below would try nothing."""
    for door in stranger.doors:
        places = stranger.places(door, who)
        for more in ({}, *(ACTS if door.path in ACTING else ())):
            target = door.right(places) + RIGHT.get(str(door), "")
            if door.api:
                stranger.knocks(door, who, target, bodied(door.fields, odd=None), "application/json")
            else:
                stranger.knocks(door, who, target, form(stranger, door, who, places, **more), FORM.decode())
    stranger.ends(who)
    shut = {str(door) for (_, door), seen in stranger.seen.items() if door.lets_in(who) and min(seen) >= 400}
    assert shut == set()


@pytest.mark.parametrize("who", PEOPLE)
def test_no_part_of_an_address_breaks_a_door(stranger: Stranger, who: str) -> None:
    for door in stranger.doors:
        if door.names:
            places = stranger.places(door, who)
            stranger.knocks(door, who, door.right(places))
            for value in TEXTS[:: 1 if door.mostly(who) else RARELY]:
                stranger.knocks(door, who, door.at(value))
                if value in ("0", str(2**63), "\x00"):
                    for target in door.each(value, places):
                        stranger.knocks(door, who, target)
    stranger.ends(who)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_field_of_an_address_breaks_a_door(stranger: Stranger, who: str) -> None:
    for door in stranger.doors:
        if door.method != "GET" or not door.query:
            continue
        place = door.right(stranger.places(door, who))
        for value in TEXTS[:: 1 if door.mostly(who) else RARELY]:
            every = {name: value for name in door.query if name != "seen"}
            stranger.knocks(door, who, f"{place}?{urlencode(every, errors='surrogatepass')[:60_000]}")
    stranger.ends(who)


class Asking(dict[str, str]):
    """The fields of a form; what a page asks for is noted."""

    asked: ClassVar[set[str]] = set()

    def get(self, name: str, other: Any = None) -> Any:
        """See dict."""
        self.asked.add(name)
        return super().get(name, other)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_field_of_a_form_breaks_a_door(stranger: Stranger, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = site.form_of

    async def form_of(request: Any) -> Asking:
        return Asking(await read(request))

    monkeypatch.setattr(site, "form_of", form_of)
    monkeypatch.setattr("counterfoil.console.entry.form_of", form_of)
    for door in stranger.doors:
        if door.method != "POST" or door.api:
            continue
        places = stranger.places(door, who)
        Asking.asked.clear()
        for acts in ACTS if door.path in ACTING else ({},):
            stranger.knocks(door, who, door.right(places), form(stranger, door, who, places, **acts), FORM.decode())
        for odd in sorted(Asking.asked - {"csrf"}):
            for value in TEXTS[:: 1 if door.mostly(who) else RARELY]:
                if door.names or door.path == "/inbox/decide":  # the last one may have ended it
                    places = stranger.places(door, who)
                body = form(stranger, door, who, places, **{odd: value})
                stranger.knocks(door, who, door.right(places), body, FORM.decode())
        place = door.right(places)
        for body in BODIES[:: 1 if door.mostly(who) else RARELY]:
            stranger.knocks(door, who, place, body, FORM.decode())
    stranger.ends(who)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_value_of_a_body_breaks_a_door(stranger: Stranger, who: str) -> None:
    for door in stranger.doors:
        if door.method == "GET" or not door.api:
            continue
        place, step = door.right(stranger.places(door, who)), 1 if door.mostly(who) else RARELY
        stranger.knocks(door, who, place, bodied(door.fields, odd=None), "application/json")
        for odd in ("", *door.fields):
            for value in VALUES[::step]:
                stranger.knocks(door, who, place, bodied(door.fields, value, odd), "application/json")
        for body in BODIES[::step]:
            stranger.knocks(door, who, place, body, "application/json")
    stranger.ends(who)
