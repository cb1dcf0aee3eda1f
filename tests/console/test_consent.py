"""Four eyes: nobody approves what they asked for, nothing is done twice, and the audit log has both names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import argon2
import pytest

from counterfoil.console import audit
from counterfoil.console.consent import LAPSES, Action, ApprovalRequest, Consent
from counterfoil.console.deeds import RunningAct
from counterfoil.console.people import NotAllowed, People, Person, Role
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.words import Text

REF = "T0000001/000001/000007"
CASHIER, SUPPORT = Person("cai", Role.CASHIER), Person("sun", Role.SUPPORT)
BOSS, OTHER_BOSS, ADMIN = Person("bo", Role.SUPERVISOR), Person("bei", Role.SUPERVISOR), Person("ada", Role.ADMIN)
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Desk:
    """A consent desk whose clock and station are ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 1_000_000
        self.done: list[ApprovalRequest] = []
        self.reply: dict[str, Any] | Exception = {"state": "escalated"}
        self.open()

    def open(self) -> None:
        self.store: Store = open_store(self.path, migrations_of("counterfoil.console"))
        self.people = People(self.store, lambda: self.at, QUICK)
        self.consent = Consent(self.people, [Action("escalate", Text("hand over", "转人工"), self.run)])

    async def run(self, asked: ApprovalRequest, _deed: RunningAct) -> dict[str, Any]:
        on_disk = self.consent.one(asked.number)
        assert on_disk is not None
        assert on_disk.state == "approved", "the approval is on the disk before the action begins"
        self.done.append(asked)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def approve(self, number: int, person: Person) -> ApprovalRequest:
        return asyncio.run(self.consent.approve(number, person))

    def audit(self) -> list[tuple[str, str, str, str, str]]:
        return [(e.who, e.what, e.subject, e.why, e.result) for _, e in reversed(self.people.log.history(50))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "store.db")
    with closing(made.store):
        yield made


def test_one_asks_another_approves_and_it_is_done_once_with_both_in_the_audit_log(desk: Desk) -> None:
    asked = desk.consent.ask(SUPPORT, "escalate", REF, "host gone for good")
    assert desk.consent.waiting() == [asked]
    done = desk.approve(asked.number, BOSS)
    assert (done.state, done.asked_by, done.decided_by, done.answer) == ("done", "sun", "bo", {"state": "escalated"})
    assert len(desk.done) == 1
    assert desk.consent.waiting() == []
    assert desk.audit() == [
        ("sun", "escalate asked", REF, "host gone for good", "ok"),
        ("bo", "escalate approved", REF, "asked by sun: host gone for good", "begun"),
        ("bo", "escalate ended", REF, "", "done"),
    ]
    with pytest.raises(NotAllowed):
        desk.approve(asked.number, OTHER_BOSS)
    assert len(desk.done) == 1


@pytest.mark.parametrize(
    ("asker", "decider", "sentence"),
    [(BOSS, BOSS, "second"), (BOSS, SUPPORT, "supervisor"), (BOSS, CASHIER, "supervisor"), (BOSS, ADMIN, "supervisor")],
)
def test_who_may_not_approve(desk: Desk, asker: Person, decider: Person, sentence: str) -> None:
    asked = desk.consent.ask(asker, "escalate", REF, "why")
    with pytest.raises(NotAllowed, match=sentence):
        desk.approve(asked.number, decider)
    assert desk.done == []
    assert desk.consent.waiting() == [asked]


@pytest.mark.parametrize(
    ("person", "action", "subject", "reason"),
    [
        (ADMIN, "escalate", REF, "why"),
        (BOSS, "abolish", REF, "why"),
        (BOSS, "escalate", "", "why"),
        (BOSS, "escalate", REF, "   "),
        (BOSS, "escalate", REF, "x" * 201),
    ],
)
def test_what_cannot_be_asked_for(desk: Desk, person: Person, action: str, subject: str, reason: str) -> None:
    with pytest.raises(NotAllowed):
        desk.consent.ask(person, action, subject, reason)
    assert desk.consent.waiting() == []
    assert desk.audit() == []


def test_the_same_is_asked_for_once_and_again_when_the_first_has_lapsed(desk: Desk) -> None:
    first = desk.consent.ask(SUPPORT, "escalate", REF, "why")
    with pytest.raises(NotAllowed, match="already"):
        desk.consent.ask(CASHIER, "escalate", REF, "why")
    desk.at += LAPSES + 1
    with pytest.raises(NotAllowed, match="older than a day"):
        desk.approve(first.number, BOSS)
    second = desk.consent.ask(CASHIER, "escalate", REF, "still")
    assert [(one.number, one.state) for one in desk.consent.about(REF)] == [(2, "asked"), (1, "refused")]
    assert desk.approve(second.number, BOSS).state == "done"


def test_a_refusal_and_a_withdrawal_do_nothing_and_are_in_the_log(desk: Desk) -> None:
    first = desk.consent.ask(SUPPORT, "escalate", REF, "why")
    with pytest.raises(NotAllowed):
        desk.consent.refuse(first.number, CASHIER, "not mine")
    assert desk.consent.refuse(first.number, BOSS, "it still tries").state == "refused"
    second = desk.consent.ask(SUPPORT, "escalate", REF, "why")
    assert desk.consent.refuse(second.number, SUPPORT, "my mistake").state == "refused"
    for number in (first.number, second.number):
        with pytest.raises(NotAllowed):
            desk.approve(number, BOSS)
    assert desk.done == []
    assert [line[:2] for line in desk.audit()][1::2] == [("bo", "escalate refused"), ("sun", "escalate refused")]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ({"error": "not_pending", "message": {"en": "no", "zh": "无"}}, "failed"),
        (NothingSentError("nobody listens"), "not_sent"),
        (OutcomeUnknown("no answer"), "unknown"),
    ],
)
def test_what_became_of_it_is_told_apart(desk: Desk, reply: dict[str, Any] | Exception, state: str) -> None:
    desk.reply = reply
    asked = desk.consent.ask(SUPPORT, "escalate", REF, "why")
    assert desk.approve(asked.number, BOSS).state == state
    assert desk.audit()[-1] == ("bo", "escalate ended", REF, "", state)


def test_a_console_that_dies_while_it_acts_does_not_act_again(desk: Desk) -> None:
    desk.reply = RuntimeError("the process is gone here")
    asked = desk.consent.ask(SUPPORT, "escalate", REF, "why")
    with pytest.raises(RuntimeError):
        desk.approve(asked.number, BOSS)
    desk.store.close()
    desk.open()
    after = desk.consent.one(asked.number)
    assert after is not None
    assert after.state == "unknown"
    with pytest.raises(NotAllowed):
        desk.approve(asked.number, BOSS)
    assert len(desk.done) == 1
    assert audit.verify(desk.path) is None
