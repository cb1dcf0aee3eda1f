"""Purchases that leave this store for an archive, and what is said when one of them is spoken of again.

Their entries stay: the ledger is whole without any archive. Of the rest a key and a state are left behind, so that a
repeated request is refused and a repeated reversal gets the answer it got before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from counterfoil.issuer.desk import Desk, case_number
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.issuer.reversal_rules import BY_STATE, ReversalAdvice, ReversalOutcome
from counterfoil.issuer.rows import Case
from counterfoil.issuer.wire import Answer, Request
from counterfoil.issuer.work import Work
from counterfoil.step import Instant, Send
from counterfoil.storage import Store
from counterfoil.storage.archiving import Belonging, Left, TransactionShape, leave, wanted_of

SHAPE: Final = TransactionShape(
    table="txn",
    key=("key",),
    belongings=(
        Belonging("advice", ("original",), ("key",), ("key",)),
        Belonging("trail", ("txn",), ("key",), ("seq",)),
    ),
    # The outbox keeps what a step owes under the instant of the step, and a purchase is told of when it is booked. What
    # is still set aside may be completed.
    rest="t.case_number = '' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.at IN (t.debited_at, t.returned_at)) "
    "AND NOT EXISTS (SELECT 1 FROM hold WHERE (hold.id = t.key OR (hold.original = t.key AND hold.original <> '')) "
    "AND NOT EXISTS (SELECT 1 FROM resolution WHERE resolution.hold = hold.id))",
    remember="INSERT INTO archived (key, state) VALUES (?, ?)",
    remembered=lambda row: (row["key"], row["state"]),
)


def let_go(store: Store, args: Mapping[str, Any]) -> Left | None:
    """The verb of the control channel; None when its arguments make no sense."""
    wanted = wanted_of(args)
    return leave(store, SHAPE, wanted) if wanted is not None else None


def repeated(desk: Desk, step: Work, now: Instant, asked: Request) -> Send:
    """The request of an archived purchase again: never booked again, whatever it was then."""
    desk.alarm(step, now, asked.key, "archived_repeated")
    return desk.answer(asked, Answer(CODES[Refusal.OTHER_CONTENT]))


def judged(desk: Desk, step: Work, now: Instant, wanted: ReversalAdvice, state: str) -> ReversalOutcome:
    """What an advice about an archived purchase comes to: nothing is booked, and one that stands is for a person."""
    if state != State.POSTED:
        return BY_STATE[State(state)]
    number = case_number(desk.settings.name, wanted.key)
    step.open_case(Case(number, wanted.original, wanted.rrn, now, "archived_reversal", "its original is archived"))
    desk.alarm(step, now, wanted.original, "archived_reversal", f"case {number}")
    return ReversalOutcome.ARCHIVED
