"""Every question that is asked of the stores finds what it asks for, and nothing in books that are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from counterfoil.day import books
from counterfoil.day.baskets import Basket
from counterfoil.day.effect import CardMoney
from counterfoil.day.judge import DayJudgement, Opening, judge_day
from counterfoil.day.town import BasketSale, ChannelAddress, Shopper, Town
from counterfoil.inquiry import Stores
from counterfoil.inquiry.stores import SWITCH, TERMINAL
from counterfoil.issuer.records import PACKAGE as ISSUER
from counterfoil.storage import Store, migrations_of, open_store

FILLERS: dict[str, object] = {"TEXT": "", "BIGINT": 0, "BYTEA": b""}
SENT: dict[str, object] = {"issuer": "issuer-a", "transmitted": "D7", "trace": "K1"}
FAMILIES = (  # key, STAN, kind, original: a pre-authorisation that stands, one that was voided, one that was completed
    ("1/D8/H1", "3", "preauth", ""),
    ("1/D8/H2", "4", "preauth", ""),
    ("1/D8/P2", "5", "preauth_void", "1/D8/H2"),
    ("1/D8/H3", "6", "preauth", ""),
    ("1/D8/P3", "7", "completion", "1/D8/H3"),
)
SHOPPER = Shopper("shopper-1", "6299990000000001", "3112", "", "", "CNY")


def put(store: Store, table: str, **given: object) -> None:
    """A row with what matters here; the other columns are empty."""
    columns = store.query("SELECT name, upper(type) FROM pragma_table_info(?)", (table,))
    row = {name: FILLERS[kind] for name, kind in columns} | given
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    store.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def terminal_rows(store: Store) -> None:
    put(store, "device", terminal="T1")
    put(
        store,
        "attempt",
        terminal="T1",
        batch="1",
        stan="1",
        rrn="R1",
        amount=300,
        kind="purchase",
        state="closed",
        till_key="a",
        place=11,
    )
    put(store, "slip", terminal="T1", batch="1", stan="1")
    put(
        store,
        "attempt",
        terminal="T1",
        batch="1",
        stan="2",
        amount=200,
        state="reversing",
        pan=b"\1",
        till_key="b",
        place=12,
    )
    for key, stan, kind, _ in FAMILIES:
        place = 10 + int(stan)
        put(
            store,
            "attempt",
            terminal="T1",
            batch="2",
            stan=stan,
            amount=40,
            kind=kind,
            state="closed",
            till_key=key,
            place=place,
        )
        put(store, "slip", terminal="T1", batch="2", stan=stan)
        put(store, "trail", terminal="T1", line=place, sale=place)
    for line in (1, 2):
        put(store, "trail", terminal="T1", line=line, sale=10 + line)
    put(store, "trail", terminal="T1", line=3)


def switch_rows(store: Store) -> None:
    key: dict[str, object] = {"terminal": "T1", "batch": "1"}
    put(store, "attempt", **key, stan="1", rrn="R1", state="approved", amount=300, kind="purchase", **SENT)
    put(store, "attempt", **key, stan="2", rrn="R2", state="reversing", amount=200)
    put(store, "outbox", rrn="R2")
    put(store, "attempt", **key, stan="3", rrn="R3", state="reversed", amount=100, case_number="C1")
    put(store, "exception_case", number="C1", rrn="R3")
    for name, stan, kind, _ in FAMILIES:
        _, transmitted, trace = name.split("/")
        sent = {"issuer": "issuer-a", "transmitted": transmitted, "trace": trace, "kind": kind, "amount": 40}
        put(store, "attempt", terminal="T1", batch="2", stan=stan, rrn=trace, state="approved", **sent)
        put(store, "trail", tick=10 + int(stan), rrn=trace, what="asked")
    told = ("R1", "asked"), ("R2", "reversal_owed"), ("R3", "reversal_owed"), ("R3", "reversal_acknowledged")
    for tick, (rrn, what) in enumerate(told):
        put(store, "trail", tick=tick, rrn=rrn, what=what)


def issuer_rows(store: Store) -> None:
    put(store, "account", id="card:1", balance=660, held=40, last_entry="1/D8/P3")
    put(store, "card", token="1", account="card:1", name="shopper-1", status="active")
    posted: dict[str, object] = {"account": "card:1", "amount": 300, "state": "posted", "received": "0200 received"}
    put(store, "txn", key="1/D7/K1", rrn="R1", kind="purchase", **posted)
    undone_sale: dict[str, object] = {"kind": "purchase", "amount": 200, "state": "reversed", "case_number": "C2"}
    put(store, "txn", key="K2", rrn="R2", account="card:1", **undone_sale)
    put(store, "exception_case", number="C2")
    put(store, "advice", key="A2", original="K2", outcome="book")
    put(store, "entry", id="card:1/#opening", debit="funding:CNY", credit="card:1", amount=1000)
    sold: dict[str, object] = {"debit": "card:1", "credit": "clearing:1:CNY"}
    put(store, "entry", id="1/D7/K1", **sold, amount=300, before_debit="card:1/#opening")
    put(store, "entry", id="K2", **sold, amount=200, before_debit="1/D7/K1")
    undone: dict[str, object] = {"id": "K2/reversal", "reverses": "K2", "before_credit": "K2"}
    put(store, "entry", **undone, debit="clearing:1:CNY", credit="card:1", amount=200)
    for key, _, kind, original in FAMILIES:
        more: dict[str, object] = {"account": "card:1", "amount": 40, "state": "posted", "received": "received"}
        put(store, "txn", key=key, rrn=key[-2:], kind=kind, original=original, **more)
    for number, over in (("1", ""), ("2", "voided"), ("3", "posted")):
        put(store, "hold", id=f"1/D8/H{number}", **sold, amount=40)
        if over:
            put(store, "resolution", hold=f"1/D8/H{number}", id=f"1/D8/P{number}", outcome=over)
    put(store, "entry", id="1/D8/P3", hold="1/D8/H3", **sold, amount=40, before_debit="K2/reversal")
    put(store, "trail", txn="K2", seq=1)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A stack's stores in which everything is whole."""
    rooms = ("terminal", TERMINAL, terminal_rows), ("switch", SWITCH, switch_rows), ("issuer-a", ISSUER, issuer_rows)
    for name, package, rows in rooms:
        store = open_store(tmp_path / f"{name}.db", migrations_of(package))
        with store.transaction():
            rows(store)
            store.commit()
        store.close()
    return tmp_path


def stores(folder: Path) -> Stores:
    return Stores(folder / "terminal.db", folder / "switch.db", {"issuer-a": folder / "issuer-a.db"})


def found(folder: Path) -> list[str]:
    with stores(folder) as opened:
        return books.half_written(opened)


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def test_books_that_are_whole_are_not_complained_of(whole: Path) -> None:
    assert found(whole) == []
    with stores(whole) as opened:
        assert books.unowned(opened) == []


@pytest.mark.parametrize(
    ("station", "sql", "what"),
    [
        ("terminal", "DELETE FROM trail WHERE line = 1", "attempt without evidence: T1/1/1"),
        ("terminal", "DELETE FROM attempt WHERE stan = '2'", "evidence without attempt: T1 line 2"),
        ("terminal", "DELETE FROM slip", "approval without slip: T1/1/1"),
        ("terminal", "UPDATE slip SET stan = '9' WHERE batch = '1'", "slip without attempt: T1/1/9"),
        ("terminal", "UPDATE attempt SET pan = x''", "reversal that cannot be built: T1/1/2"),
        ("switch", "DELETE FROM trail WHERE rrn = 'R1'", "attempt without evidence: R1"),
        ("switch", "DELETE FROM outbox", "reversing without advice: R2"),
        ("switch", "UPDATE attempt SET state = 'approved' WHERE rrn = 'R2'", "advice without reversing: R2"),
        ("switch", "UPDATE trail SET what = '' WHERE rrn = 'R2'", "reversal without evidence: R2"),
        ("switch", "DELETE FROM trail WHERE tick = 3", "reversed without acknowledgement: R3"),
        ("switch", "DELETE FROM exception_case", "case number without case: R3"),
        ("switch", "UPDATE exception_case SET rrn = 'R9'", "case without attempt: C1"),
        ("issuer-a", "UPDATE txn SET received = '' WHERE key = '1/D7/K1'", "purchase without evidence: R1"),
        ("issuer-a", "DELETE FROM trail WHERE txn = 'K2'", "purchase without evidence: R2"),
        ("issuer-a", "UPDATE entry SET before_debit = '' WHERE id = 'K2'", "entry on no statement: 1/D7/K1"),
        ("issuer-a", "UPDATE entry SET before_credit = '' WHERE id = 'K2/reversal'", "entry on no statement: K2"),
        ("issuer-a", "UPDATE entry SET credit = 'card:2' WHERE id = 'K2'", "entry on no statement: K2"),
        ("issuer-a", "UPDATE account SET held = 41", "held that is not its holds: card:1"),
        ("issuer-a", "DELETE FROM resolution WHERE hold = '1/D8/H2'", "held that is not its holds: card:1"),
        ("issuer-a", "DELETE FROM resolution WHERE hold = '1/D8/H3'", "posting without the end of its hold: 1/D8/P3"),
        ("issuer-a", "UPDATE entry SET hold = '' WHERE id = '1/D8/P3'", "end of a hold without its posting: 1/D8/H3"),
        ("issuer-a", "UPDATE account SET held = 701", "below zero without a promise: card:1"),
        ("issuer-a", "UPDATE entry SET original = 'K9' WHERE id = 'K2'", "entry that stands against nothing: K2"),
        ("issuer-a", "UPDATE account SET last_entry = 'K2'", "entry on no statement: 1/D8/P3"),
        ("issuer-a", "UPDATE account SET last_entry = 'K9'", "statement that ends in nothing: card:1"),
        ("issuer-a", "UPDATE txn SET amount = 301 WHERE key = '1/D7/K1'", "charge without entry: R1"),
        ("issuer-a", "DELETE FROM entry WHERE reverses <> ''", "return without entry: R2"),
        ("issuer-a", "UPDATE hold SET amount = 41 WHERE id = '1/D8/H2'", "hold without record: H2"),
        ("issuer-a", "DELETE FROM hold WHERE id = '1/D8/H1'", "hold without record: H1"),
        ("issuer-a", "DELETE FROM resolution WHERE hold = '1/D8/H2'", "end of a hold without record: P2"),
        (
            "issuer-a",
            "UPDATE txn SET state = 'declined' WHERE key = '1/D8/H1'",
            "open hold without a pre-authorisation that stands: 1/D8/H1",
        ),
        (
            "issuer-a",
            "DELETE FROM resolution WHERE hold = '1/D8/H3'",
            "open hold without a pre-authorisation that stands: 1/D8/H3",
        ),
        (
            "issuer-a",
            "UPDATE txn SET state = 'reversed' WHERE key = '1/D8/P2'",
            "pre-authorisation that stands without its hold: H2",
        ),
        ("issuer-a", "UPDATE txn SET state = 'reversed' WHERE key = '1/D8/P3'", "return without entry: P3"),
        ("issuer-a", "UPDATE txn SET state = 'declined' WHERE key = '1/D8/P3'", "entry without charge: 1/D8/P3"),
        ("issuer-a", "UPDATE txn SET state = 'declined' WHERE key = '1/D7/K1'", "entry without charge: 1/D7/K1"),
        ("issuer-a", "UPDATE txn SET state = 'posted' WHERE key = 'K2'", "entry without return: K2/reversal"),
        ("issuer-a", "UPDATE txn SET state = 'posted' WHERE key = 'K2'", "advice booked by half: A2"),
        ("issuer-a", "UPDATE account SET balance = 699", "balance that is not its entries: card:1"),
        ("issuer-a", "DELETE FROM exception_case", "case number without case: R2"),
        ("issuer-a", "DELETE FROM account", "reference to nothing: card"),
    ],
)
def test_half_a_step_is_found(whole: Path, station: str, sql: str, what: str) -> None:
    change(whole / f"{station}.db", sql)
    assert f"{station}: {what}" in found(whole)


def test_a_store_that_is_damaged_or_gone_is_found(whole: Path) -> None:
    change(
        whole / "switch.db", "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 4 WHERE name = 'trail'"
    )
    (whole / "issuer-a.db").unlink()
    lines = found(whole)
    assert any(line.startswith("switch: ") for line in lines), lines
    assert "issuer-a: its store cannot be opened" in lines


@pytest.mark.parametrize(
    ("station", "sql"),
    [
        ("switch", "UPDATE attempt SET state = 'declined' WHERE rrn = 'R1'"),
        ("switch", "UPDATE attempt SET amount = 301 WHERE rrn = 'R1'"),
        ("terminal", "UPDATE attempt SET state = 'reversed' WHERE stan = '1'"),
        ("terminal", "UPDATE attempt SET amount = 301 WHERE stan = '1'"),
    ],
)
def test_a_charge_that_switch_or_terminal_does_not_count_has_no_owner(whole: Path, station: str, sql: str) -> None:
    change(whole / f"{station}.db", sql)
    with stores(whole) as opened:
        assert books.unowned(opened) == ["R1"]


def test_a_terminal_of_another_maker_answers_for_itself(whole: Path) -> None:
    change(whole / "terminal.db", "DELETE FROM device; DELETE FROM attempt WHERE stan = '1'")
    with stores(whole) as opened:
        assert books.unowned(opened) == []


def sale(stan: str, amount: int, outcome: str) -> BasketSale:
    made = BasketSale(Basket(1, 1, 1, amount), SHOPPER, "T1", "key")
    made.told(outcome, {"ref": f"T1/1/{stan}"})
    return made


def test_the_takings_are_counted_by_everybody_for_himself(whole: Path) -> None:
    with stores(whole) as opened:
        assert books.cleared(opened, ["shopper-1"]) == 340
        assert books.cleared(opened, ["alice"]) == 0
        day: list[Any] = [sale("1", 300, "approved"), sale("2", 200, "unknown")]
        assert books.nets(opened, day) == {"tills": 300, "terminals": 300, "switch": 300}
        assert books.nets(opened, day[1:]) == {"tills": 0, "terminals": 0, "switch": 0}


BEFORE = CardMoney(660, 40)


def judged(folder: Path, after: CardMoney = BEFORE, cleared: int = 340) -> DayJudgement:
    """A day on which nobody asked for anything, judged on these books."""
    place = Town(
        ["T1"],
        [SHOPPER],
        lambda _: ChannelAddress("", 0, ""),
        lambda _verb, _args: {},
        lambda: stores(folder),
        lambda: {"shopper-1": after},
        lambda: 0,
        1.0,
        receipts=folder,
    )
    return judge_day(place, [], Opening({"shopper-1": BEFORE}, cleared))


def test_a_day_on_which_nothing_changed_is_sound(whole: Path) -> None:
    found = judged(whole)
    assert (found.sound, found.one_sided, found.cards_off, found.ledger_sum) == (True, 0, 0, 0)


@pytest.mark.parametrize(
    ("sql", "after", "cleared", "wrong"),
    [
        ("UPDATE account SET balance = 661", BEFORE, 340, {"ledger_sum": 1}),
        ("UPDATE entry SET amount = 41 WHERE id = '1/D8/P3'", BEFORE, 341, {"ledger_sum": 1}),
        ("", CardMoney(661, 40), 340, {"cards_off": 1, "one_sided": 1, "suspects": ["card shopper-1"]}),
        ("", CardMoney(660, 0), 340, {"cards_off": 1, "one_sided": 1, "suspects": ["card shopper-1"]}),
        ("", BEFORE, 341, {"cards_off": 0}),
        (
            "UPDATE txn SET state = 'declined' WHERE key = '1/D8/H1'",
            BEFORE,
            340,
            {"half_written": ["issuer-a: open hold without a pre-authorisation that stands: 1/D8/H1"]},
        ),
    ],
)
def test_a_day_whose_books_changed_by_themselves_is_not_sound(
    whole: Path, sql: str, after: CardMoney, cleared: int, wrong: dict[str, object]
) -> None:
    if sql:
        change(whole / "issuer-a.db", sql)
    found = judged(whole, after, cleared)
    assert not found.sound
    assert {name: getattr(found, name) for name in wrong} == wrong


def test_the_paper_shows_an_original_that_came_out_twice_and_a_slip_nobody_should_have(tmp_path: Path) -> None:
    prints = {
        "T1-1-1.merchant.1": "SALE",
        "T1-1-1.cardholder.1": "SALE",
        "T1-1-1.cardholder.2": "SALE ****DUPLICATE 1****",
        "T1-1-1.merchant.2": "消费",
        "T1-1-2.cardholder.1": "SALE",
        "T9-1-1.cardholder.1": "not of this day",
        "T1-1-2.reversal.1": "no copy of a sale",
    }
    for name, text in prints.items():
        (tmp_path / f"{name}.txt").write_text(text)
    paper = books.receipts(tmp_path, [sale("1", 300, "approved"), sale("2", 200, "unknown")])
    assert paper == (5, ["T1/1/1 merchant"], ["T1/1/2"])
