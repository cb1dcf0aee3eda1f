"""Every deed of the console: its line is on the disk before anything leaves; what left is never called a failure."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import apsw
import pytest
from starlette.routing import Route

from console.desk import PASSWORD, REF, Answer, Desk
from counterfoil.console import audit, ereceipt, ops
from counterfoil.console.deeds import ENDED_FIRST, NOT_CHARGED, UNWRITABLE, AuditedAct, AuditLog, UnwritableError
from counterfoil.console.people import Role
from counterfoil.console.till import ACTS
from counterfoil.errors import OurError, StoreError
from counterfoil.receipts.document import Document
from counterfoil.receipts.ereceipt import Addresses
from counterfoil.receipts.printers.probe import Health
from counterfoil.stack.layout import formats
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store
from counterfoil.transaction import AttemptKey

P: Final = f"/payments/{REF}"
OF: Final = "/v1/payments/{terminal}/{batch}/{stan}"
NUMBER: Final = "{number}"
RECEIPT: Final = "{receipt}"
KEY: Final = "{key}"


class Case(NamedTuple):
    """A request that changes something: by whom, where, with which fields of a form or of a JSON object."""

    who: str
    path: str
    fields: Mapping[str, Any] = MappingProxyType({})


API: Final[dict[str, Case]] = {
    "POST /v1/payments": Case(
        Role.CASHIER, "/payments", {"terminal": "T0000001", "amount": 1250, "card": {"name": "carol"}}
    ),
    f"POST {OF}/receipt/print": Case(Role.CASHIER, f"{P}/receipt/print", {"copy": "cardholder"}),
    f"POST {OF}/receipt/close": Case(Role.CASHIER, f"{P}/receipt/close", {"how": "attested"}),
    f"POST {OF}/goods": Case(Role.CASHIER, f"{P}/goods", {"answer": "kept"}),
    "POST /v1/terminals/{terminal}/cancel": Case(Role.CASHIER, "/terminals/T0000001/cancel"),
    "POST /v1/faults": Case(Role.SUPPORT, "/faults", {"leg": 1, "kind": "drop", "times": 1}),
    "DELETE /v1/faults": Case(Role.SUPPORT, "/faults"),
    "POST /v1/stations/{name}/kill": Case(Role.SUPPORT, "/stations/switch/kill"),
    "POST /v1/stations/{name}/pause": Case(Role.SUPPORT, "/stations/switch/pause", {"seconds": 1}),
    "POST /v1/decisions/{number}/approve": Case("supervisor", f"/decisions/{NUMBER}/approve"),
}
"""The deeds of the API that leave the console."""
PAGES: Final[dict[str, Case]] = {
    "POST /till/sale": Case("cashier", "/till/sale", {"amount": "12.50", "card": "carol", "key": KEY}),
    **{f"POST /till/act · {act}": Case("cashier", "/till/act", {"act": act, "ref": REF}) for act in ACTS},
    "POST /inbox/decide": Case("supervisor", "/inbox/decide", {"number": NUMBER, "approve": "1"}),
    "POST /ops/printer": Case("cashier", "/ops/printer"),
    "POST /lab/heal": Case("support", "/lab/heal"),
    "POST /r/{name}": Case("", RECEIPT),
}
"""Those of the pages."""
LATER: Final = {"POST /lab/run": Case("support", "/lab/run", {"seed": "1"})}
"""Those that go on after their answer."""
OWN: Final[dict[str, Case]] = {
    "POST /v1/decisions": Case(
        "cashier", "/decisions", {"action": "escalate", "ref": "T0000002/000001/000001", "reason": "dead"}
    ),
    "POST /v1/decisions/{number}/refuse": Case("supervisor", f"/decisions/{NUMBER}/refuse", {"reason": "no"}),
    f"POST {OF}/reveal": Case("support", f"{P}/reveal", {"reason": "the bank asks"}),
    "POST /payments/{terminal}/{batch}/{stan}/card": Case("support", f"{P}/card", {"reason": "the bank asks"}),
    "POST /till/release": Case("supervisor", "/till/release", {"ref": REF, "reason": "two coffees"}),
    "POST /inbox/ask": Case("cashier", "/inbox/ask", {"ref": "T0000003/000001/000001", "reason": "dead"}),
    "POST /inbox/decide · no": Case("supervisor", "/inbox/decide", {"number": NUMBER, "reason": "no"}),
    "POST /people": Case("admin", "/people", {"what": "add", "name": "lin", "role": "cashier", "password": PASSWORD}),
    "POST /people · role": Case("admin", "/people", {"what": "role", "name": "support", "role": "cashier"}),
    "POST /people · password": Case("admin", "/people", {"what": "password", "name": "support", "password": PASSWORD}),
    "POST /people · disable": Case("admin", "/people", {"what": "disable", "name": "support", "why": "left"}),
    "POST /tokens": Case("admin", "/tokens", {"what": "make", "name": "kiosk", "role": "cashier"}),
    "POST /tokens · end": Case("admin", "/tokens", {"what": "end", "name": "cashier"}),
    "POST /password": Case("cashier", "/password", {"old": PASSWORD, "new": PASSWORD}),
    "POST /login": Case("", "/login", {"name": "cashier", "password": PASSWORD}),
    "POST /login · wrong": Case("", "/login", {"name": "cashier", "password": "wrong"}),
    "POST /logout": Case("cashier", "/logout"),
}
"""Those that change, or show, nothing but what this console keeps."""
EVERY: Final = {**API, **PAGES, **LATER, **OWN}
NONE: Final = {
    "POST /till/terminal", "POST /inspector", "POST /inspector/{name}/field", "POST /inspector/{name}/bytes",
    "POST /inspector/{name}/diff", "POST /inspector/{name}/forget",
}  # fmt: skip
"""What is kept in a browser or in memory, for one person: nothing leaves, and nothing is written."""


class Busy(Desk):
    """A console with a request that waits for a second person, and a receipt in a customer's hand."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        layout = self.reach.layout
        seed = layout.secret(layout.receipt_key, make=True)
        open_store(layout.store("terminal"), formats("terminal")).close()
        self.receipt = "/r/" + Addresses(seed, "http://127.0.0.1").of(REF).rpartition("/")[2]
        self.stranger: apsw.Connection | None = None
        self.keys = itertools.count()

    def begin(self) -> None:
        """As for the first time: everything can be written, everybody is logged in, one request waits."""
        self.mend()
        self.unlock()
        self.reach.well()
        if not self.people.log.writable():
            raise AssertionError("a test left the store unwritable")
        for who in ("cashier", "supervisor", "support", "admin"):
            if self.people.of(self.session(who)[0]) is None:
                del self.sessions[who]
                self.session(who)
        if not self.waiting():
            self.api("POST", "/decisions", "support", {"action": "escalate", "ref": REF, "reason": "the line is dead"})
        (self.number,) = self.waiting()
        self.key = f"key-{next(self.keys)}"
        self.reach.asked.clear()

    def waiting(self) -> list[str]:
        """The numbers of the requests that wait."""
        return [str(number) for (number,) in self.store.query("SELECT number FROM consent WHERE state = 'asked'")]

    def does(self, name: str) -> Answer:
        """One of EVERY."""
        case = EVERY[name]
        here = {NUMBER: self.number, RECEIPT: self.receipt, KEY: self.key}
        path = case.path.replace(NUMBER, self.number).replace(RECEIPT, self.receipt)
        fields = {
            key: here.get(value, value) if isinstance(value, str) else value for key, value in case.fields.items()
        }
        if " /v1/" in name:
            method, body = name.partition(" ")[0], fields or None
            return self.api(method, path, case.who, body, Idempotency_Key=self.key)
        if case.who:
            return self.form(path, case.who, **fields)
        return self.call("POST", path, urlencode(fields).encode())

    def lock(self) -> None:
        """A stranger holds the store, as a careless tool does."""
        self.stranger = apsw.Connection(str(self.path))
        self.stranger.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        """The stranger lets go, and what was taken away comes back."""
        if self.stranger is not None:
            self.stranger.close()
            self.stranger = None
        if self.elsewhere.exists():
            self.elsewhere.rename(self.path)

    @property
    def elsewhere(self) -> Path:
        return self.path.with_name("elsewhere")

    def close(self) -> None:
        self.unlock()
        super().close()


BREAKS: Final[dict[str, Callable[[Busy], object]]] = {
    "full disk": lambda desk: desk.fail(apsw.FullError),
    "read-only": lambda desk: desk.fail(apsw.ReadOnlyError),
    "failing disk": lambda desk: desk.fail(apsw.IOError),
    "locked": lambda desk: desk.lock(),
    "taken away": lambda desk: desk.path.rename(desk.elsewhere),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    data = tmp_path_factory.mktemp("house")
    (data / "counterfoil.toml").write_text('printer = "tcp://192.0.2.7"\n')
    with closing(Busy(data)) as made:
        yield made


@pytest.fixture
def desk(house: Busy, monkeypatch: pytest.MonkeyPatch) -> Busy:
    def ask(*_: Any) -> tuple[Health, None]:
        house.reach.asked.append(("printer", "look"))
        house.reach.meanwhile()
        return Health(), None

    async def behind(_pages: ereceipt.EReceiptPages, _request: Any) -> ereceipt.EReceiptShown:
        return ereceipt.EReceiptShown(AttemptKey(*REF.split("/")), Document(()), stands=True)

    monkeypatch.setattr("counterfoil.console.sale.patience", lambda _: 0.0)
    monkeypatch.setattr(ops, "ask", ask)
    monkeypatch.setattr(ereceipt.EReceiptPages, "_found", behind)
    monkeypatch.setattr("counterfoil.console.reveal.card_of", lambda *_: "629999******0001")
    house.begin()
    return house


def test_the_tables_have_every_route_that_changes_something(desk: Busy) -> None:
    pages = [route for route in desk.app.routes if isinstance(route, Route)]
    paths: dict[str, Any] = desk.call("GET", "/api/v1/openapi.json").json["paths"]
    doors = {f"POST {page.path}" for page in pages if "POST" in (page.methods or ())}
    doors |= {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    doors = {door for door in doors if not door.startswith("GET ")}
    assert {case.partition(" · ")[0] for case in EVERY} | NONE == doors


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        *((case, "full disk") for case in EVERY),
        *(
            (case, kind)
            for case in ("POST /v1/payments", "POST /till/sale", "POST /people")
            for kind in list(BREAKS)[1:]
        ),
    ],
)
def test_nothing_leaves_and_nothing_is_done_when_its_line_cannot_be_written(desk: Busy, case: str, kind: str) -> None:
    before = desk.kept()
    BREAKS[kind](desk)
    answer = desk.does(case)
    assert (answer.status, desk.reach.deeds, desk.kept()) == (503, [], before)
    if " /v1/" in case:
        told = NOT_CHARGED if case == "POST /v1/payments" else UNWRITABLE
        assert (answer.headers["content-type"], answer.json["code"]) == ("application/problem+json", "not_audited")
        assert answer.json["message"] == told.both()
    else:
        assert "629999******0001" not in answer.text


def test_the_cashier_reads_that_the_card_was_not_charged(desk: Busy) -> None:
    desk.fail()
    assert NOT_CHARGED.en in desk.does("POST /till/sale").text


def after_it_left(desk: Busy) -> None:
    """The disk is full by the time the station answers."""
    desk.reach.meanwhile = desk.fail


def no_answer(desk: Busy) -> None:
    desk.reach.silent = True


def garbage(desk: Busy) -> None:
    """An answer in which everything is missing: what reads it fails."""
    desk.reach.reply = {}


@pytest.mark.parametrize("wrong", [after_it_left, no_answer, garbage])
@pytest.mark.parametrize("case", [*API, *PAGES])
def test_what_has_left_is_never_called_a_failure(desk: Busy, case: str, wrong: Callable[[Busy], None]) -> None:
    wrong(desk)
    answer = desk.does(case)
    assert desk.reach.deeds
    if case in PAGES:
        assert answer.status < 400, answer
    elif wrong is not garbage:
        assert answer.status == 202, answer
    else:
        assert answer.status < 400, answer
    if case == "POST /v1/payments":
        assert answer.status == 202
        assert answer.json["key"] == desk.key
        assert answer.json["ref"] == (REF if wrong is after_it_left else "")


@pytest.mark.parametrize("case", [*API, *PAGES])
def test_the_second_line_is_written_once_it_can_be(desk: Busy, case: str) -> None:
    after_it_left(desk)
    desk.does(case)
    begun = desk.lines(1)[0]
    assert begun[2] == "begun"
    desk.mend()
    desk.people.log.did(AuditedAct("test", "log-in"))
    who, what, result = desk.lines(3)[0]
    assert (who, what) == (begun[0], "escalate ended" if begun[1] == "escalate approved" else begun[1])
    assert result not in ("begun", "unknown")
    assert desk.lines(2) == [("console", "audit log unwritable", "ok"), ("test", "log-in", "ok")]
    assert audit.verify(desk.path) is None


def test_a_decision_whose_end_is_owed_is_unknown_until_it_is_written(desk: Busy) -> None:
    after_it_left(desk)
    answer = desk.does("POST /v1/decisions/{number}/approve")
    assert (answer.status, answer.json["state"]) == (202, "unknown")
    desk.mend()
    assert desk.people.log.writable()
    assert desk.api("GET", "/decisions", "support").json["decisions"] == []
    assert desk.store.query("SELECT state FROM consent WHERE number = ?", (int(desk.number),)) == [("done",)]


def test_a_key_that_may_have_charged_is_not_called_uncharged(desk: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again while the log cannot be written, or the terminals are away, about a sale that left before."""
    sale = partial(desk.does, "POST /v1/payments")
    desk.fail()
    desk.reach.selling[desk.key] = 1
    assert (sale().status, desk.reach.deeds) == (202, [])
    del desk.reach.selling[desk.key]
    assert sale().status == 503
    monkeypatch.setattr("counterfoil.console.api.payments._keyed", lambda *_: (True, AttemptKey(*REF.split("/"))))
    told = sale()
    assert (told.status, told.json["outcome"], told.json["ref"]) == (202, "unknown", REF)
    desk.mend()
    desk.reach.away = True
    assert (sale().status, desk.reach.deeds) == (202, [])
    monkeypatch.setattr("counterfoil.console.api.payments._keyed", lambda *_: (False, None))
    assert sale().status == 409
    assert desk.lines(1)[0][1:] == ("sale", "not_sent")


def test_a_page_is_looked_at_and_a_session_lives_while_nothing_can_be_written(desk: Busy) -> None:
    token, _ = desk.session("support")
    desk.fail()
    desk.reach.at += 61 * SECOND
    assert desk.call("GET", "/password", headers={"cookie": f"counterfoil_session={token}"}).status == 200


def test_readiness_says_so_and_takes_it_back(desk: Busy) -> None:
    def ready() -> tuple[bool, list[str]]:
        desk.reach.at += 2 * SECOND
        found = desk.call("GET", "/readyz").json
        return found["console"]["audit"], [reason["en"] for reason in found["reasons"]]

    assert ready() == (True, [])
    for kind in ("full disk", "locked"):
        BREAKS[kind](desk)
        good, (reason,) = ready()
        assert (good, "audit log cannot be written" in reason) == (False, True)
        desk.mend()
        desk.unlock()
        assert ready() == (True, [])
    assert desk.lines(1)[0][1] == "audit log unwritable"


# --- the log itself ---


def test_a_console_that_ends_before_it_knows_says_unknown_when_it_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(2):
        with closing(open_store(path, migrations_of("counterfoil.console"))) as store:
            log = AuditLog(store, lambda: 1)
            log.did(AuditedAct("test", "log-in"))
            log.begin(AuditedAct("lin", "sale", REF))
    with closing(open_store(path, migrations_of("counterfoil.console"))) as store:
        log = AuditLog(store, lambda: 1)
        log.did(AuditedAct("test", "log-in"))
        told = [(one.what, one.subject, one.result, one.why) for _, one in reversed(log.history(10))]
    begun, ended, other = ("sale", REF, "begun", ""), ("sale", REF, "unknown", ENDED_FIRST), ("log-in", "", "ok", "")
    assert told == [other, begun, ended, other, begun, ended, other]
    assert audit.verify(path) is None


def test_what_changes_something_is_not_asked_as_a_question(desk: Busy) -> None:
    for verb in ("sale", "receipt", "close_receipt", "goods", "cancel", "escalate", "fault.set", "fault.kill", "stop"):
        with pytest.raises(OurError, match="deed"):
            asyncio.run(desk.reach.look("terminal", verb, {}, 1.0))
    assert desk.reach.deeds == []


def test_a_commit_that_fails_changes_nothing_and_the_next_one_counts(tmp_path: Path) -> None:
    with closing(Desk(tmp_path)) as desk:
        before = desk.kept()
        desk.fail()
        with pytest.raises(UnwritableError) as refused:
            desk.people.add("lin", Role.CASHIER, PASSWORD, by="test")
        assert isinstance(refused.value, StoreError)
        assert desk.kept() == before
        desk.mend()
        desk.people.add("lin", Role.CASHIER, PASSWORD, by="test")
        assert [line[1] for line in desk.lines(2)] == ["audit log unwritable", "person added"]


HUGE = ("9" * 30, "９" * 16, "-1", "1e99", "NaN", "\x00", "²", str(1 << 63))


@pytest.mark.parametrize("number", HUGE)
def test_no_number_ends_in_a_500(desk: Busy, number: str) -> None:
    told = desk.form("/inbox/decide", "supervisor", number=number, approve="1")
    assert told.status == 409, "the supervisor is heard, and there is no such request"
    if number.isascii() and number.isdecimal():
        token, _ = desk.session("support")
        for page in (f"/lab/runs/{number}", f"/lab/runs/{number}/live", f"/lab/runs/{number}/pytest"):
            assert desk.call("GET", page, headers={"cookie": f"counterfoil_session={token}"}).status == 404


def test_the_answer_of_a_decision_shows_four_digits(desk: Busy) -> None:
    desk.reach.reply = {"card": "629999******0001"}
    answer = desk.does("POST /v1/decisions/{number}/approve")
    assert answer.json["answer"] == {"card": "************0001"}
