"""What test_hostile.py asks with: the doors of a console, hostile values, and a console over stores that hold sales."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from bench.steps import Loop
from fastapi import FastAPI
from starlette.routing import Mount, Route

from console.desk import PASSWORD, QUICK, REF, Answer, Desk
from console.test_doors import OPEN, PAGES
from counterfoil.console import ops
from counterfoil.console.people import Person, Role
from counterfoil.receipts.ereceipt import Addresses
from counterfoil.security import luhn_digit
from counterfoil.step import SECOND, Frame, Outbound, Send
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
PEOPLE: Final = tuple(role.value for role in Role)
STATIC: Final = "/static"


class Door(NamedTuple):
    """One route with one method, the names of what it takes, and the roles that may (None: whoever comes)."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    who: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def lets_in(self, who: str) -> bool:
        """Whether somebody may open it."""
        return self.who is None or who in self.who

    def mostly(self, who: str) -> bool:
        """Whether the whole table is tried with this person: one of those who may; the others are answered the same."""
        return who == next((each for each in PEOPLE if self.lets_in(each)), "")

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")

    def at(self, value: str) -> str:
        """The address with this value in the place of every parameter."""
        return re.sub(r"\{[^}]*\}", lambda _: quote(value, safe="", errors="surrogatepass"), self.path)

    @property
    def names(self) -> list[str]:
        """The parameters of its address."""
        return re.findall(r"\{([^}:]*)[^}]*\}", self.path)

    def right(self, places: dict[str, str]) -> str:
        """The address with what should be there."""
        return re.sub(r"\{([^}:]*)[^}]*\}", lambda found: quote(places[found[1]], safe=""), self.path)

    def each(self, value: str, places: dict[str, str]) -> Iterator[str]:
        """The address with this value in the place of one parameter, the others as they should be."""
        for odd in self.names:
            put = quote(value, safe="", errors="surrogatepass")
            yield self._replace(path=re.sub(rf"\{{{odd}[^}}]*\}}", put, self.path)).right(places)


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
            who = None if route.path in OPEN else roles_of(route.path)
            made += [Door(method, route.path, names, names, who) for method in sorted(route.methods or ())]
        elif isinstance(route, Mount) and isinstance(route.app, FastAPI):
            made += doors_of_api(route.app, route.path)
        else:
            assert isinstance(route, Mount)
            assert route.path == STATIC
            made.append(Door("GET", STATIC + "/{path}"))
    return made


def roles_of(page: str) -> frozenset[str]:
    """Who may open a page, by the table of test_doors.py."""
    return frozenset(role.value for role in Role if Person("", role).may(PAGES[page]))


def doors_of_api(api: FastAPI, root: str) -> Iterator[Door]:
    document = api.openapi()
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            query = tuple(one["name"] for one in said.get("parameters", ()) if one["in"] == "query")
            body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            who = frozenset(said["x-who-may"])
            yield Door(method.upper(), root + path, query, tuple(fields_of(document, body)), who)
    yield Door("GET", root + "/v1/openapi.json")


def fields_of(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """The names of a body's properties, those of the objects in it with a dot."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from fields_of(document, choice)
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from (f"{name}.{below}" for below in fields_of(document, inner))


class Shops(Loop):
    """Sales on real stores: paid, one whose answer is lost, and a message with a wrong MAC, which is an alarm."""

    def __init__(self, folder: Path) -> None:
        self.lost = self.damaged = False
        self.message = ""
        super().__init__(folder, 4)
        self.serial = 70  # so that CARD pays too
        for _ in range(8):
            self.sell(self.terminals[:3])
        self.lost = True
        self.sell(self.terminals[2:3])
        self.now += 20 * SECOND
        self.run()
        self.damaged = True
        self.sell(self.terminals[:1])
        self.close()

    def _carry(self, name: str, item: Outbound) -> None:
        if isinstance(item, Send):
            self.message = self.message or item.data.hex(" ")
        if isinstance(item, Send) and self.damaged and name == "terminal":
            bent = item.data[:-1] + bytes([item.data[-1] ^ 1])
            self.inbox["switch"].append(Frame("terminals", item.conn, bent, self.now))
        elif not (isinstance(item, Send) and self.lost and item.link == "terminals"):
            super()._carry(name, item)


class Stranger(Desk):
    """A console over stores that hold something; everybody is always logged in, its clock goes on by itself."""

    def __init__(self, data: Path) -> None:
        layout = laid(data)
        shutil.rmtree(layout.archive)  # nothing of what lies there is Parquet
        (data / "shops").mkdir()
        shops = Shops(data / "shops")
        for station, name in (("terminal", "terminal"), ("switch", "switch"), ("issuer-a", "issuer")):
            for old in layout.store(station).parent.glob(layout.store(station).name + "-*"):
                old.unlink()
            shutil.copy(data / "shops" / f"{name}.db", layout.store(station))
        super().__init__(data)
        self.reach.at = shops.now
        self.message = shops.message
        self.receipt = Addresses(layout.secret(layout.receipt_key, make=False), "http://h").of(REF).rpartition("/")[2]
        self.wrong: list[str] = []
        self.seen: defaultdict[tuple[str, Door], Counter[int]] = defaultdict(Counter)
        self.count = 0

    @cached_property
    def doors(self) -> list[Door]:
        """Every door of it."""
        return doors_of(self)

    def session(self, who: str) -> tuple[str, Person]:
        """A session that lives: of somebody who was disabled, or has another role or password now, as at first."""
        if who in self.sessions and self.people.of(self.sessions[who][0], present=False) is None:
            kept = "UPDATE person SET role = ?, password = ?, disabled = 0 WHERE name = ?"
            with self.store.transaction() as store:
                store.execute(kept, (who.partition("-")[0], QUICK.hash(PASSWORD), who))
                store.commit()
        return super().session(who)

    def places(self, door: Door, who: str) -> dict[str, str]:
        """What should be in an address, there for this person to be found."""
        found = dict(zip(("terminal", "batch", "stan"), REF.split("/"), strict=True))
        found |= {"kind": "cardholder", "language": "zh", "key": "K71", "path": "console.css", "number": "1"}
        if "{station}" in door.path:
            found |= {"station": "terminal", "number": "0"}
        if "{name}" in door.path:
            found["name"] = self.receipt if door.path.startswith("/r/") else "switch"
        if door.path.startswith("/inspector/{"):
            made = self.form("/inspector", who, dump=self.message)
            found["name"] = made.headers.get("location", "/none").rpartition("/")[2]
        if "decisions" in door.path or door.path.startswith("/inbox/"):
            found["number"] = self.waiting(door, who)
        return found

    def fields(self, door: Door, who: str, places: dict[str, str]) -> dict[str, str]:
        """What should be in a form, beside what is the same behind every door."""
        found = {"key": f"k-{self.count}", "number": places["number"], "dump": self.message}
        if door.path == "/inspector/{name}/bytes" and door.lets_in(who):
            cookie = {"cookie": f"counterfoil_session={self.session(who)[0]}"}
            page = self.call("GET", f"/inspector/{places['name']}", headers=cookie).text
            found["cells"] = page.partition('name="cells"')[2].partition(">")[2].partition("<")[0]
        if door.path == "/login":
            found["name"] = "supervisor-2"
        if door.path == "/inbox/decide":
            found["approve"] = "1" if who == "supervisor" else "0"
        return found

    def waiting(self, door: Door, who: str) -> str:
        """The number of the one request that waits for a second person: of another's to approve, of one's own else.

        None waits where one is to be asked for.
        """
        with self.store.transaction() as store:
            store.execute("UPDATE consent SET state = 'refused' WHERE state = 'asked'")
            store.commit()
        if door.path.endswith(("/approve", "/refuse", "/decide")):
            asked = {"action": "escalate", "ref": REF, "reason": "the line is dead"}
            by = who if who in ("cashier", "support") else "supervisor-2"
            return str(self.api("POST", "/decisions", by, asked).json["number"])
        return "1"

    def knocks(self, door: Door, who: str, target: str, body: bytes = b"", kind: str = "") -> Answer:
        """One request; what must not be is noted."""
        self.count += 1
        self.reach.at += SLOW.get(door.path, 1) * SECOND  # nobody asks too often
        token, person = self.session(who)
        headers = {"cookie": f"counterfoil_session={token}", "x-csrf-token": person.csrf}
        headers["idempotency-key"] = f"k-{self.count}"
        if kind:
            headers["content-type"] = kind
        if door.method == "POST" and not door.api:
            body = b"csrf=" + quote(person.csrf).encode() + b"&" + body
        logged = len(self.logged)
        answer = self.call(door.method, target, body, headers)
        asked = f"{door.method} {target[:120]} {body[:120]!r} as {who}"
        turned_away = answer.status == 303 and answer.headers.get("location", "").startswith("/login?")
        self.seen[who, door][401 if turned_away else answer.status] += 1
        if answer.status >= 500:
            self.wrong.append(f"{answer.status}: {asked}: {self.logged[logged:]}")
        if any("failed" in line for line in self.logged[logged:]):
            self.wrong.append(f"{self.logged[logged:]}: {asked}")
        heads = "".join(unquote(value) for value in (*answer.headers.values(), *answer.cookies))
        if shows(answer.text + heads + "".join(self.logged[logged:])):
            self.wrong.append(f"shows the card: {asked}")
        return answer

    def begin(self) -> None:
        """Nothing was asked yet."""
        self.wrong.clear()
        self.seen.clear()

    def ends(self, who: str) -> None:
        """Nothing was wrong, and every door that was asked was really asked: opened by who may, and by nobody else."""
        assert not self.wrong, "\n".join(self.wrong)
        for (asked, door), seen in self.seen.items():
            assert asked == who
            assert not {401, 429} & set(seen), (who, str(door), seen)
            if not door.lets_in(who):
                assert 403 in seen, (who, str(door), seen)
                assert min(seen) >= 400, (who, str(door), seen)


SLOW: Final = {"/login": 13, "/password": 13, "/r/{name}": 61}
"""Seconds between two tries where a minute has only so many."""
HEAD_OF_CARD: Final = CARD[:9]


def shows(text: str) -> bool:
    """Whether somebody reads more of CARD than its first eight digits, whatever stands between them."""
    return HEAD_OF_CARD in re.sub(r"[^0-9A-Za-z]", "", text)
