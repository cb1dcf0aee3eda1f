"""Transactions and what refers to them in one step, across a restart, in an archive, and in a store of before."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.iso8583 import Message
from counterfoil.issuer import statement, stub
from counterfoil.issuer import station as stations
from counterfoil.issuer.archiving import SHAPE
from counterfoil.kinds import BY_NAME
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store
from counterfoil.storage.archiving import older
from counterfoil.transaction import Against
from issuer.bank import DAY, NOON, Bank
from issuer.kind_requests import named, referring, request

PLAN = (
    ("purchase", 1000, None),
    ("void", 1000, 0),
    ("preauth", 500, None),
    ("completion", 575, 2),
    ("undo", 0, 3),
    ("preauth_void", 500, 2),
    ("undo", 0, 1),
    ("void", 1000, 0),
    ("undo", 0, 0),
    ("preauth", 700, None),
    ("undo", 0, 9),
    ("completion", 700, 9),
    ("balance", 0, None),
)


def asked(bank: Bank, kind: str, amount: int = 0, of: Message | None = None, approval: str = "") -> Message:
    """A request of a kind for alice."""
    return request(bank, BY_NAME[kind], "alice", amount, **(referring(of, approval) if of is not None else {}))


def held(bank: Bank, amount: int = 1000) -> tuple[Message, str]:
    """A pre-authorisation, and its approval code."""
    message = asked(bank, "preauth", amount)
    (answer,) = bank.ask(message)
    assert answer.de39 == "00"
    return message, answer.de38 or ""


def test_one_step_of_many_kinds_is_many_steps_of_one() -> None:
    apart, together = Bank(), Bank()
    messages: list[Message] = []
    answers: list[Message] = []
    for kind, amount, of in PLAN:
        if kind == "undo":
            assert of is not None
            message = apart.advice(messages[of], de90=named(messages[of]))
        else:
            approval = answers[of].de38 or "" if of is not None else ""
            message = asked(apart, kind, amount, messages[of] if of is not None else None, approval)
        messages.append(message)
        answers += apart.ask(message)
    assert [answer.de39 for answer in answers] == [*["00"] * 11, "12", "00"]
    assert together.ask(*messages) == answers
    for table in ("txn", "entry", "hold", "resolution", "expiring", "account", "advice", "exception_case"):
        assert sorted(map(str, together.rows(table))) == sorted(map(str, apart.rows(table))), table
    assert together.told() == apart.told()
    together.assert_sound()


def test_what_stands_against_a_transaction_is_found_with_it() -> None:
    bank = Bank()
    preauth, approval = held(bank)
    completion = asked(bank, "completion", 800, preauth, approval)
    bank.ask(completion)
    found, child = (stub(bank.store, bank.key(one)) for one in (preauth, completion))
    assert found is not None
    assert child is not None
    assert (found.kind, found.original, found.against) == (
        "preauth",
        "",
        (Against("completion", bank.key(completion), 800),),
    )
    assert (child.kind, child.original, child.against) == ("completion", bank.key(preauth), ())
    bank.ask(bank.advice(completion))
    found = stub(bank.store, bank.key(preauth))
    assert found is not None
    assert found.against == ()


def test_a_statement_says_what_came_and_what_went() -> None:
    bank = Bank()
    purchase = asked(bank, "purchase", 1000)
    (answer,) = bank.ask(purchase)
    void = asked(bank, "void", 1000, purchase, answer.de38 or "")
    bank.ask(void)
    bank.ask(bank.advice(void))
    bank.ask(bank.advice(purchase))
    lines = statement(bank.store, bank.card("alice")["account"])
    assert [(line["what"], line["amount"]) for line in lines] == [
        ("funded", 500_000),
        ("debited", -1000),
        ("credited", 1000),
        ("withdrawn", -1000),
        ("returned", 1000),
    ]


def test_holds_are_released_a_bounded_number_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "AT_ONCE", 2)
    bank = Bank()
    for _ in range(5):
        held(bank, 100)
    bank.deliver(*(one.name for one in bank.performs()))
    bank.now = NOON + 2 * SECOND
    bank.step()
    bank.restart()
    bank.now = NOON + 30 * DAY - 1
    assert bank.step() == []
    bank.now += 1
    left = []
    while (wakes := bank.issuer.wakes_at()) is not None and wakes <= bank.now:
        assert bank.step() == []
        left.append(bank.card("alice")["held"])
    assert left == [300, 100, 0]
    assert bank.issuer.wakes_at() is None
    assert {row[0] for row in bank.rows("resolution", "outcome")} == {"expired"}
    bank.assert_sound()


def test_a_hold_that_ends_otherwise_wakes_nobody() -> None:
    bank = Bank()
    preauth, approval = held(bank)
    bank.deliver(*(one.name for one in bank.performs()))
    bank.now += SECOND
    bank.step()
    assert bank.issuer.wakes_at() == bank.rows("hold", "expires_at")[0][0]
    bank.ask(asked(bank, "completion", 1000, preauth, approval))
    assert bank.rows("expiring") == []
    bank.deliver(*(one.name for one in bank.performs()))
    bank.now += SECOND
    bank.step()
    assert bank.issuer.wakes_at() is None


def test_a_store_of_before_learns_of_its_open_holds(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of("counterfoil.issuer")[:12])
    with old.transaction():
        for hold, expires in (("H1", 5), ("H2", 6), ("H3", 0)):
            old.execute("INSERT INTO hold VALUES (?, 'card:a', 'c', 7, 'CNY', 1, '', ?, '', '')", (hold, expires))
        old.execute("INSERT INTO resolution VALUES ('H2', 'V', 'voided', 0, 2)")
        old.commit()
    old.close()
    new = open_store(path, migrations_of("counterfoil.issuer"))
    assert new.query("SELECT * FROM expiring") == [("H1", 5)]
    new.close()


def test_a_hold_stays_out_of_the_archive_while_it_is_open() -> None:
    bank = Bank()
    preauth, approval = held(bank)
    completion = asked(bank, "completion", 1000, preauth, approval)
    resting = []
    for message in (completion, bank.advice(completion), asked(bank, "preauth_void", 1000, preauth, approval)):
        bank.deliver(*(one.name for one in bank.performs()))
        bank.now += 2 * SECOND
        bank.step()
        resting.append(older(bank.store, SHAPE, 0, 9)[0].at_rest)
        assert bank.code(message) == "00"
    bank.deliver(*(one.name for one in bank.performs()))
    bank.now += 2 * SECOND
    bank.step()
    assert [*resting, older(bank.store, SHAPE, 0, 9)[0].at_rest] == [False, True, False, True]


def test_what_has_left_for_the_archive_is_no_original_any_more() -> None:
    bank = Bank()
    purchase = asked(bank, "purchase", 1000)
    (answer,) = bank.ask(purchase)
    key = bank.key(purchase)
    bank.store.execute("INSERT INTO archived (key, state) SELECT key, state FROM txn WHERE key = ?", (key,))
    bank.store.execute("DELETE FROM txn WHERE key = ?", (key,))
    assert bank.code(asked(bank, "void", 1000, purchase, answer.de38 or "")) == "25"
    assert bank.balance("alice") == "4990.00"


def test_the_void_of_an_archived_purchase_that_was_reversed_gives_nothing_back_and_takes_nothing() -> None:
    bank = Bank()
    purchase = asked(bank, "purchase", 1000)
    (answer,) = bank.ask(purchase)
    void = asked(bank, "void", 1000, purchase, answer.de38 or "")
    bank.ask(void)
    assert bank.code(bank.advice(purchase)) == "00"
    key = bank.key(purchase)
    bank.store.execute("INSERT INTO archived (key, state) SELECT key, state FROM txn WHERE key = ?", (key,))
    bank.store.execute("DELETE FROM txn WHERE key = ?", (key,))
    bank.restart()
    assert bank.code(bank.advice(void)) == "00"
    assert bank.balance("alice") == "5000.00"
    bank.assert_sound()
