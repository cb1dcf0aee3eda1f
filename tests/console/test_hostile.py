"""Every door of the console, asked for with numbers, dates and texts that nobody should send: no 5xx, no card number.

The doors are those of the running application, its pages and its API, with every parameter of path, query and form.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from console.desk import FORM, REF, Answer, Desk
from counterfoil.console import ops, site, till
from counterfoil.console.people import Role
from counterfoil.receipts.printers.probe import Health
from counterfoil.security import luhn_digit
from counterfoil.step import SECOND
from stack.laid import laid

CARD: Final = "629999100000077" + luhn_digit("629999100000077")
GROUPED: Final = "/".join(re.findall("....", CARD))
TEXTS: Final = (
    *("0", "-1", "00", "+7", str(2**31), str(2**63), str(2**64), str(10**30), "9" * 5000, "1e400", "NaN", "-Infinity"),
    *(
        "0x10",
        "1_000",
        "1.5",
        "١٢",
        "１２",
        "²",
        "",
        " ",
        "\x00",
        "a\x00b",
        "\r\nset-cookie: a=b",
        "\ud800",
        "\udfff\ud800",
    ),
    *("0000-00-00", "9999-12-31", "2026-02-30", "9999-12-31T23:59:59.999999Z", "T0000001/000001", "../../etc/passwd"),
    *("[" * 500, "{" * 500, "%", "%zz", "%00", "'\"--", "<b>", "{{7*7}}", "x" * 20_000, CARD, GROUPED, f"%{CARD}"),
)
"""As parts of an address and as fields of a form."""
VALUES: Final = (
    *(json.dumps(text) for text in TEXTS),
    *("0", "-1", str(2**31), str(2**63), str(2**64), str(10**30), "9" * 5000, "1e400", "-1e400", "NaN", "Infinity"),
    *("1.5", "null", "true", "[]", "{}", "[[[[]]]]", '{"a":{"a":{}}}', '{"":null}', "[1,2,3]", f"[{json.dumps(CARD)}]"),
)
"""As values of JSON."""
BODIES: Final = (
    *(b"", b"\xff\xfe", b"{", b"[]", b"null", b"0", b'"\xff"', b'{"\xff":1}', b"[" * 60_000, b'{"a":' * 12_000),
    *(b"\xef\xbb\xbf{}", b"9" * 60_000, b"x" * 70_000, b"%ff=%ff&%00=%00", b"=&" * 2000, b"a=1&" * 2000),
)
"""As whole bodies."""
RARELY: Final = 6  # every so many of the table for who may not, or asks with nothing else
STATIC: Final = "/static"


class Door(NamedTuple):
    """One route with one method, and the names of what it takes."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")

    def at(self, value: str) -> str:
        """The address with this value in the place of every parameter."""
        return re.sub(r"\{[^}]*\}", lambda _: quote(value, safe="", errors="surrogatepass"), self.path)

    def each(self, value: str) -> Iterator[str]:
        """The address with this value in the place of one parameter, the others as they should be."""
        parts = dict(zip(("terminal", "batch", "stan"), REF.split("/"), strict=True))
        names = re.findall(r"\{([^}:]*)[^}]*\}", self.path)
        for odd in names:
            put = {name: value if name == odd else parts.get(name, "1") for name in names}
            place = self.path
            for name in names:
                place = re.sub(rf"\{{{name}[^}}]*\}}", quote(put[name], safe="", errors="surrogatepass"), place)
            yield place


def names_in_the_pages() -> tuple[str, ...]:
    """Every name that some page asks a form or an address for: in the templates and in the code."""
    folder = Path(ops.__file__).parent
    found = {name for page in folder.rglob("*.html") for name in re.findall(r'\bname="([a-z_0-9]+)"', page.read_text())}
    asked = re.compile(r'(?:form|query_params|fields)(?:\.get\(|\[)"([a-z_0-9]+)"')
    return tuple(sorted(found | {name for code in folder.rglob("*.py") for name in asked.findall(code.read_text())}))


def doors_of(desk: Desk) -> list[Door]:
    """Every door of the application, of what is mounted in it too."""
    names = names_in_the_pages()
    made = []
    for route in desk.app.routes:
        if isinstance(route, Route):
            made += [Door(method, route.path, names, names) for method in sorted(route.methods or ())]
        elif isinstance(route, Mount) and isinstance(route.app, FastAPI):
            made += doors_of_api(route.app, route.path)
        else:
            assert isinstance(route, Mount)
            assert route.path == STATIC
            made.append(Door("GET", STATIC + "/{path}"))
    return made


def doors_of_api(api: FastAPI, root: str) -> Iterator[Door]:
    document = api.openapi()
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            query = tuple(one["name"] for one in said.get("parameters", ()) if one["in"] == "query")
            body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            yield Door(method.upper(), root + path, query, tuple(fields_of(document, body)))
    yield Door("GET", root + "/v1/openapi.json")
    yield Door("GET", root + "/{path}")


def fields_of(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """The names of a body's properties, those of the objects in it with a dot."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from fields_of(document, choice)
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from (f"{name}.{below}" for below in fields_of(document, inner))


class Stranger(Desk):
    """A console over stores that hold something, and everybody's session; its clock goes on by itself."""

    def __init__(self, data: Path) -> None:
        shutil.rmtree(laid(data).archive)  # nothing of what lies there is Parquet
        super().__init__(data)
        self.wrong: list[str] = []

    def knocks(self, door: Door, who: str, target: str, body: bytes = b"", kind: str = "") -> Answer:
        """One request; what must not be is noted."""
        self.reach.at += SECOND
        token, person = self.session(who)
        headers = {"cookie": f"counterfoil_session={token}", "x-csrf-token": person.csrf}
        if kind:
            headers["content-type"] = kind
        if door.method == "POST" and not door.api:
            body = b"csrf=" + quote(person.csrf).encode() + b"&" + body
        logged = len(self.logged)
        answer = self.call(door.method, target, body, headers)
        asked = f"{door.method} {target[:120]} {body[:120]!r} as {who}"
        if answer.status >= 500 and target.partition("?")[0] != "/readyz":  # nothing serves the stations here
            self.wrong.append(f"{answer.status}: {asked}: {self.logged[logged:]}")
        if any("failed" in line for line in self.logged[logged:]):
            self.wrong.append(f"{self.logged[logged:]}: {asked}")
        shown = re.sub(r"\s", "", answer.text + str(answer.headers.get("location", "")))
        if CARD in shown or GROUPED in shown or any(CARD in line or GROUPED in line for line in self.logged[logged:]):
            self.wrong.append(f"shows the card: {asked}")
        return answer


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    with closing(Stranger(tmp_path_factory.mktemp("hostile"))) as made:
        yield made


@pytest.fixture(autouse=True)
def no_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "look", lambda *_, **__: Health())
    monkeypatch.setattr("counterfoil.console.sale.patience", lambda _: 0.0)


PEOPLE: Final = tuple(role.value for role in Role)


def test_there_is_something_to_ask(stranger: Stranger) -> None:
    doors = doors_of(stranger)
    assert len(doors) > 60
    assert {"/till/sale", "/search", "/api/v1/payments", "/api/v1/payments/{terminal}/{batch}/{stan}"} <= {
        door.path for door in doors
    }
    assert {"amount", "q", "reason", "number", "seed"} <= set(names_in_the_pages())
    assert {"card.number", "amount"} <= {name for door in doors for name in door.fields}


@pytest.mark.parametrize("who", PEOPLE)
def test_no_part_of_an_address_breaks_a_door(stranger: Stranger, who: str) -> None:
    stranger.wrong.clear()
    for door in doors_of(stranger):
        if door.method in ("GET", "DELETE", "POST") and "{" in door.path:
            for value in TEXTS:
                stranger.knocks(door, who, door.at(value))
                if value in ("0", str(2**63), "\x00"):
                    for target in door.each(value):
                        stranger.knocks(door, who, target)
    assert stranger.wrong == []


@pytest.mark.parametrize("who", PEOPLE)
def test_no_field_of_an_address_breaks_a_door(stranger: Stranger, who: str) -> None:
    stranger.wrong.clear()
    for door in doors_of(stranger):
        if door.method != "GET" or not door.query:
            continue
        place = next(door.each("1"), door.path)
        for value in TEXTS:
            every = {name: value for name in door.query if name != "seen"}
            stranger.knocks(door, who, f"{place}?{urlencode(every, errors='surrogatepass')[:60_000]}")
    assert stranger.wrong == []


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
    stranger.wrong.clear()
    for door in doors_of(stranger):
        if door.method != "POST" or door.api:
            continue
        place = next(door.each("1"), door.path)
        Asking.asked.clear()
        for acts in ACTS:
            refused = stranger.knocks(door, who, place, urlencode({**FORM_OF, **acts}).encode(), FORM.decode())
        names = sorted(Asking.asked - {"csrf"})
        for value in TEXTS[:: RARELY if refused.status == 403 else 1]:
            for odd in names:
                body = urlencode({**FORM_OF, odd: value}, errors="surrogatepass")[:60_000].encode()
                stranger.knocks(door, who, place, body, FORM.decode())
        for body in BODIES:
            stranger.knocks(door, who, place, body, FORM.decode())
    assert stranger.wrong == []


FORM_OF: Final = {
    "amount": "12.50", "card": "carol", "key": "k-1", "ref": REF, "terminal": "T0000001", "act": "goods", "number": "1",
    "reason": "why", "what": "add", "name": "lin", "role": "cashier", "seed": "1", "dump": "0200", "approve": "1",
}  # fmt: skip
"""What a field of a form should be."""
ACTS: Final = tuple({"act": act} for act in till.ACTS) + tuple(
    {"what": what} for what in ("add", "role", "password", "disable", "make", "end")
)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_value_of_a_body_breaks_a_door(stranger: Stranger, who: str) -> None:
    stranger.wrong.clear()
    for door in doors_of(stranger):
        if door.method == "GET" or not door.api:
            continue
        place = next(door.each("1"), door.path)
        for value in VALUES:
            stranger.knocks(door, who, place, bodied(door.fields, value), "application/json")
        for odd in door.fields:
            for value in VALUES[:: 1 if who == "cashier" else RARELY]:
                stranger.knocks(door, who, place, bodied(door.fields, value, odd), "application/json")
        for body in BODIES:
            stranger.knocks(door, who, place, body, "application/json")
    assert stranger.wrong == []


GOOD: Final = {
    "terminal": '"T0000001"', "amount": "1250", "currency": '"CNY"', "name": '"carol"', "reason": '"why"',
    "copy": '"cardholder"', "how": '"attested"', "answer": '"kept"', "leg": "1", "kind": '"drop"', "times": "1",
    "seconds": "1", "action": '"escalate"', "ref": f'"{REF}"',
}  # fmt: skip
"""What a field should be, as JSON."""


def bodied(fields: tuple[str, ...], value: str, odd: str = "") -> bytes:
    """A body with this value in one field, or in every."""
    tops: dict[str, list[str]] = {}
    for field in fields:
        top, _, below = field.partition(".")
        inner = tops.setdefault(top, [])
        if below and "." not in below and (odd != top):
            put = value if odd in (field, "") else GOOD.get(below)
            inner += [f"{json.dumps(below)}:{put}"] if put else []
    said = []
    for top, inner in tops.items():
        if inner:
            said.append(f"{json.dumps(top)}:{{{','.join(inner)}}}")
        elif put := (value if odd in (top, "") else GOOD.get(top)):
            said.append(f"{json.dumps(top)}:{put}")
    return f"{{{','.join(said)}}}".encode("utf-8", "surrogatepass")
