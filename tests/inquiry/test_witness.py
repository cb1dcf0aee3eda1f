"""Which transactions an answer can mean, and which stub of which station is of one of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterfoil.inquiry import Nothing, Search, Stores, evidence, finding, parse_question, parse_typed, search
from counterfoil.inquiry.books import books
from counterfoil.inquiry.cases import cases
from counterfoil.inquiry.lapses import lapses
from counterfoil.inquiry.matching import belongs, fits, only
from counterfoil.inquiry.search import Candidate, witnesses
from counterfoil.inquiry.witness import issuer_stub, terminal_stub
from counterfoil.issuer import stubs as issuers
from counterfoil.simulation.disk import Disk
from counterfoil.storage.forgotten import INSERT, Forgotten
from counterfoil.storage.sql import inserting
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Clocks, Verdict, judge
from inquiry.story import STATIONS, Story, story
from inquiry.world import World

NOBODY = AttemptKey("T0000001", "000009", "999999")


@pytest.fixture
def told() -> Story:
    return story()


def copies(told: Story, **changed: tuple[str, tuple[Any, ...]]) -> Stores:
    """Copies of all stores, after a statement at some of them."""
    disks: dict[str, Any] = {name: Disk(told.town.image(name)) for name in STATIONS}
    for name, (sql, values) in changed.items():
        disks[name.replace("_", "-")].execute(sql, values)
    return World(disks["tills-1"], disks["switch"], {name: disks[name] for name in STATIONS[2:]})


def line(stub: TerminalStub | SwitchStub | IssuerStub, ref: str, issuer: str = "", request: str = "") -> Candidate:
    return Candidate(
        ref=ref,
        rrn=stub.rrn,
        terminal="T0000001",
        merchant="103441054110001",
        amount=stub.amount,
        currency="CNY",
        last4=stub.last4,
        started_at=stub.started_at,
        issuer=issuer,
        request=request,
    )


def questions(told: Story) -> dict[str, Search]:
    terminal, _, issuer = told.stubs("paid")
    return {
        "key": Search(key=told.key("paid")),
        "rrn": Search(rrn=terminal.rrn),
        "approval": Search(auth_code=terminal.auth_code),
        "request": Search(request=issuer.request),
        "stan": Search(terminal="T0000001", stan="000003"),
    }


@pytest.mark.parametrize("by", ["key", "rrn", "approval", "request", "stan"])
def test_a_sale_is_one_line_as_the_station_nearest_to_the_customer_tells_it(told: Story, by: str) -> None:
    terminal, switch, _ = told.stubs("paid")
    said = switch if by == "request" else terminal
    assert search(told.town.stores, questions(told)[by]) == [line(said, terminal.ref)]


def test_without_some_stations_the_others_tell_it_and_an_issuer_alone_names_its_request(told: Story) -> None:
    terminal, switch, issuer = told.stubs("paid")
    by = questions(told)
    alone = line(issuer, "", "issuer-a", issuer.request)
    assert search(told.without("tills-1"), by["rrn"]) == [line(switch, terminal.ref)]
    assert search(told.without("tills-1", "switch"), by["rrn"]) == [alone]
    assert search(told.without("tills-1", "switch"), by["request"]) == [alone]
    assert search(told.without("switch"), by["rrn"]) == [line(terminal, terminal.ref)]  # the issuer's stub fits it
    assert search(told.without("switch"), by["request"]) == [alone]
    assert search(told.without("tills-1", "switch"), by["key"]) == []
    assert search(told.without("issuer-a"), by["request"]) == []


def test_a_card_and_an_amount_list_every_sale_the_newest_first(told: Story) -> None:
    found = search(told.town.stores, Search(last4="0015", amount=1250))
    sold = {told.refs[what] for what in ("paid", "unsent", "escalated", "reversed", "reversing")}
    assert {one.ref for one in found} == sold
    assert [one.started_at for one in found] == sorted((one.started_at for one in found), reverse=True)
    for question in (Search(last4="0015", amount=1251), Search(last4="0016", amount=1250)):
        assert search(told.town.stores, question) == []
    assert {one.ref for one in search(told.without("tills-1"), Search(last4="0015", amount=1250))} == {
        told.refs[what] for what in ("paid", "reversed")
    }


def test_the_stations_are_heard_in_the_order_terminal_switch_issuer(told: Story) -> None:
    terminal, switch, issuer = told.stubs("paid")
    by = questions(told)
    assert witnesses(told.town.stores, by["key"]) == [terminal, switch]
    assert witnesses(told.town.stores, by["rrn"]) == [terminal, switch, issuer]
    assert witnesses(told.town.stores, by["request"]) == [issuer]
    assert witnesses(told.town.stores, by["stan"]) == witnesses(told.town.stores, by["approval"]) == [terminal]
    heard = witnesses(told.town.stores, Search(last4="0213", amount=29_999))
    assert [type(stub) for stub in heard] == [TerminalStub] * 2 + [SwitchStub] * 2 + [IssuerStub] * 2
    assert witnesses(told.town.stores, Search(key=NOBODY)) == []
    assert witnesses(told.town.stores, Search(rrn="X" * 12)) == []


def test_what_is_nobodys_is_listed_when_it_moved_money_or_is_all_there_is(told: Story) -> None:
    terminal = told.stubs("paid")[0]
    poor_terminal, _, poor = told.stubs("declined")
    rename = "UPDATE txn SET rrn = ? WHERE key = ?"
    stores = copies(told, issuer_a=(rename, (terminal.rrn, poor.request)))
    found = search(stores, Search(rrn=terminal.rrn))
    assert {(one.ref, one.request) for one in found} == {(terminal.ref, "")}  # the other one moved nothing
    (other,) = search(told.without("tills-1", "switch"), Search(rrn=poor_terminal.rrn))
    assert (other.ref, other.request, poor.debited) == ("", poor.request, 0)
    _, _, more = told.stubs("other")
    stores = copies(told, issuer_a=(rename, (terminal.rrn, more.request)))
    found = search(stores, Search(rrn=terminal.rrn))
    assert [(one.ref, one.issuer, one.request) for one in found] == [
        ("", "issuer-a", more.request),
        (terminal.ref, "", ""),
    ]
    assert more.debited == 29_999


class Watched(Disk):
    """A store that writes down what it was asked."""

    def __init__(self, image: bytes, heard: list[str]) -> None:
        super().__init__(image)
        self.heard = heard

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        self.heard.append(sql)
        return super().query(sql, *values)


def test_a_list_is_made_without_reading_the_history_of_a_single_sale(told: Story) -> None:
    """A trail is many times as long as what it tells of: only whoever looks at one sale reads its own."""
    heard: list[str] = []
    disks: dict[str, Any] = {name: Watched(told.town.image(name), heard) for name in STATIONS}
    stores = World(disks["tills-1"], disks["switch"], {name: disks[name] for name in STATIONS[2:]})
    terminal, _, issuer = told.stubs("paid")
    case = ("S-1", terminal.rrn, 1, "operations", "reversal_differs", "DE4")
    columns = ("number", "rrn", "at", "owner", "what", "detail")
    disks["switch"].execute(inserting("exception_case", columns), case)
    row = Forgotten("S-1", "issuer-a", "issuer-a", "K", "1", terminal.rrn, "T0000001", "", 1250, "CNY", "0015", 10)
    disks["switch"].execute(INSERT, row)
    for question in [*questions(told).values(), Search(last4="0015", amount=1250)]:
        assert search(stores, question)
    assert [item.ref for item in cases(stores, [], 0)] == [terminal.ref]
    assert [one.ref for one in lapses(stores)] == [terminal.ref]
    (one,) = search(stores, Search(key=told.key("paid")))
    assert evidence(stores, one, history=False).issuer == issuer
    assert len(heard) > 20
    assert [sql for sql in heard if "trail" in sql] == []
    evidence(stores, one)
    assert len([sql for sql in heard if "trail" in sql]) == 3


# --- whose stub is whose ----------------------------------------------------------------------------------------------


def test_a_request_belongs_to_the_attempt_that_sent_it_to_that_issuer(told: Story) -> None:
    terminal, switch, issuer = told.stubs("paid")
    assert belongs(issuer, switch)
    for name, value in [("issuer", "issuer-b"), ("transmitted", ""), ("stan", "000000"), ("acquirer", "00010345")]:
        assert not belongs(issuer, msgspec.structs.replace(switch, **{name: value}))
    assert not belongs(msgspec.structs.replace(issuer, transmitted=""), msgspec.structs.replace(switch, transmitted=""))
    for sale in (terminal, switch):
        assert fits(issuer, sale)
        for name in ("rrn", "terminal", "merchant", "last4", "currency"):
            assert not fits(issuer, msgspec.structs.replace(sale, **{name: "?"}))
        assert not fits(issuer, msgspec.structs.replace(sale, amount=1))
    assert only([issuer]) == issuer
    assert only([]) is only([issuer, issuer]) is None


@pytest.mark.parametrize("history", [True, False])
def test_evidence_is_the_three_stubs_with_or_without_their_history(told: Story, history: bool) -> None:
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    assert evidence(told.town.stores, one, history=history) == told.stubs("paid", history=history)
    if history:
        assert evidence(told.town.stores, one) == told.stubs("paid", history=True)


def test_a_station_that_cannot_be_read_is_unknown_and_without_the_switch_the_issuers_stub_must_fit(told: Story) -> None:
    terminal, switch, issuer = told.stubs("paid", history=True)
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    assert evidence(told.without("tills-1"), one) == (None, switch, issuer)
    assert evidence(told.without("issuer-a"), one) == (terminal, switch, None)
    assert tuple(evidence(told.without("switch"), one)) == (terminal, None, issuer)
    assert tuple(evidence(told.without("switch", "issuer-a"), one)) == (terminal, None, None)
    assert tuple(evidence(told.without("tills-1", "switch"), one)) == (None, None, None)
    without = evidence(told.without("switch"), one, history=False)
    assert tuple(without) == (told.stubs("paid")[0], None, told.stubs("paid")[2])


def test_two_requests_that_fit_are_nobodys(told: Story) -> None:
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    again = Disk(told.town.image("issuer-a"))
    again.execute("UPDATE station SET name = 'issuer-c'")
    machine = told.town.node("tills-1").disk
    disk = told.town.node("issuer-a").disk
    assert evidence(World(machine, None, {"issuer-a": disk}), one).issuer is not None
    assert evidence(World(machine, None, {"issuer-a": disk, "issuer-c": again}), one).issuer is None
    (unsent,) = search(told.town.stores, Search(key=told.key("unsent")))
    assert tuple(evidence(told.without("switch"), unsent)) == (
        terminals.stub(machine, told.key("unsent")),
        None,
        None,
    )


def test_what_an_issuer_alone_knows_is_its_own_stub(told: Story) -> None:
    for history in (True, False):
        _, _, issuer = told.stubs("paid", history=history)
        one = line(issuer, "", "issuer-a", issuer.request)
        assert tuple(evidence(told.town.stores, one, history=history)) == (None, None, issuer)
        assert tuple(evidence(told.town.stores, one._replace(issuer=""), history=history)) == (None, None, None)
        assert tuple(evidence(told.town.stores, one._replace(issuer="issuer-b"), history=history)) == (None,) * 3
        foreign = evidence(told.town.stores, one._replace(terminal="T0000009"), history=history)
        assert tuple(foreign) == ("not ours", None, issuer)


def test_an_issuer_is_asked_for_what_was_sent_to_it_and_for_nothing_else(told: Story) -> None:
    _, switch, issuer = told.stubs("paid")
    stores = told.town.stores
    assert issuer_stub(stores, switch, history=False) == issuer
    assert issuer_stub(stores, switch) == told.stubs("paid", history=True)[2]
    for name, value in [("issuer", ""), ("issuer", "issuer-b"), ("issuer", "issuer-z"), ("transmitted", "")]:
        assert issuer_stub(stores, msgspec.structs.replace(switch, **{name: value})) is None
    (one,) = search(stores, Search(key=told.key("paid")))
    assert terminal_stub(stores, one) == told.stubs("paid", history=True)[0]
    assert terminal_stub(stores, one, history=False) == told.stubs("paid")[0]


def test_a_verdict_is_of_the_evidence_the_moment_and_the_clocks(told: Story) -> None:
    stores, now = told.without("tills-1"), told.town.now
    (one,) = search(stores, Search(key=told.key("declined")))
    assert finding(stores, one, now) == judge(*evidence(stores, one), now, Clocks())
    (one,) = search(told.town.stores, Search(key=told.key("returning")))
    verdicts = set()
    for clocks in (Clocks(), Clocks(reversal=1)):
        assert finding(told.town.stores, one, now, clocks) == judge(*evidence(told.town.stores, one), now, clocks)
        verdicts.add(finding(told.town.stores, one, now, clocks).verdict)
    assert verdicts == {Verdict.RETURNING, Verdict.EXCEPTION}


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "currency", "question"),
    [
        ("1234 12", "JPY", Search(last4="1234", amount=12)),
        ("1234 12.50 USD", "USD", Search(last4="1234", amount=1250)),
        ("usd 12.50 1234", "USD", Search(last4="1234", amount=1250)),
        ("1250 1234", "CNY", Search(last4="1250", amount=123_400)),
        ("rrn 63270dfnzsg3", "CNY", Search(rrn="63270DFNZSG3")),
        ("T0000001 stan 000003", "CNY", Search(terminal="T0000001", stan="000003")),
        ("T0000001 000003 000", "CNY", Search(terminal="T0000001", stan="000003")),
        ("1234 12.50 today", "CNY", Search(last4="1234", amount=1250)),
        ("00010344/0314120000/000001", "CNY", Search(request="00010344/0314120000/000001")),
        ("A16563", "CNY", Search(auth_code="A16563")),
        ("1234 12.50 USD", "CNY", Search(last4="1234", amount=1250)),
        ("12.50 123", "CNY", None),
        ("", "CNY", None),
    ],
)
def test_what_is_typed_is_read_in_the_currency_of_the_place(typed: str, currency: str, question: Search | None) -> None:
    if question is None:
        with pytest.raises(Nothing):
            parse_typed(typed, currency)
    else:
        assert parse_typed(typed, currency) == question


def test_an_amount_goes_before_what_stands_in_the_words_and_is_of_the_currency() -> None:
    assert parse_question("1234+1.00", "2.00") == Search(last4="1234", amount=200)
    assert parse_question("1234+100", None, "JPY") == Search(last4="1234", amount=100)
    assert parse_question("1/0314120000/000001") == Search(request="1/0314120000/000001")


def test_words_that_are_no_reference_are_refused_in_both_languages() -> None:
    with pytest.raises(Nothing) as no:
        parse_question("hello")
    en = (
        "a reference is TERMINAL/BATCH/STAN, a retrieval reference number, an approval code, LAST4 and AMOUNT, "
        "or DE32/DE7/DE11"
    )
    zh = "可用的查询依据：终端编号/批次号/凭证号、参考号、授权码、卡号后四位加金额，或 DE32/DE7/DE11"
    assert (str(no.value), no.value.zh) == (en, zh)
    for currency, example in (("CNY", "12.50"), ("JPY", "1250")):
        with pytest.raises(Nothing) as no:
            parse_question("1234", None, currency)
        assert (str(no.value), no.value.zh) == (
            f"the last four digits alone fit too many: add the amount, in digits, as in {example}",
            f"仅凭卡号后四位符合的交易过多：请加上金额，用数字表示，例如 {example}",
        )


# --- the books --------------------------------------------------------------------------------------------------------


def test_the_books_are_every_account_of_every_issuer_that_can_be_read_and_add_up_to_zero(told: Story) -> None:
    found = books(told.town.stores, audit=True)
    assert set(found) == {"accounts", "sum"}
    assert found == books(told.town.stores)
    each = {name: issuers.accounts(told.town.node(name).disk)["accounts"] for name in STATIONS[2:]}
    assert found["accounts"] == [{"issuer": name, **account} for name in STATIONS[2:] for account in each[name]]
    assert found["sum"] == {"CNY": 0}
    less = books(told.without("issuer-a"))
    assert {account["issuer"] for account in less["accounts"]} == {"issuer-b"}


def test_a_broken_ledger_is_named_by_its_issuer_when_it_is_audited(told: Story) -> None:
    more = "UPDATE account SET balance = balance + 1 WHERE id = (SELECT min(id) FROM account)"
    stores = copies(told, issuer_b=(more, ()))
    assert set(books(stores)) == {"accounts", "sum"}
    assert books(stores)["sum"] == {"CNY": 1}
    store = stores.of("issuer-b")
    assert store is not None
    wrong = issuers.violations(store)
    assert wrong
    assert books(stores, audit=True)["violations"] == [f"issuer-b: {each}" for each in wrong]
