"""Attempts that leave this store for an archive, and what is said when one of them is spoken of again.

A key and a state are left behind: a repeated request is refused, a repeated reversal gets the answer it got before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from counterfoil.iso8583 import Message
from counterfoil.iso8583.responses import AMOUNT_MISMATCH, APPROVED, DUPLICATE, NO_ORIGINAL
from counterfoil.kinds import TABLE
from counterfoil.step import SECOND, Instant
from counterfoil.storage.archiving import Belonging, Left, TransactionShape, leave, wanted_of
from counterfoil.switch import numbers
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import State
from counterfoil.switch.records import Records
from counterfoil.switch.rows import SEALED, Case
from counterfoil.switch.tell import answer
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.transaction import AttemptKey

REVERSAL_CODES: Final = {State.DECLINED: APPROVED, State.REVERSED: APPROVED, State.TOMBSTONE: NO_ORIGINAL}
FOR_A_PERSON: Final = AMOUNT_MISMATCH
# What was set aside is referred to until its time is over, by the clock of the store: its ticks, reserved a bit ahead.
AHEAD: Final[Instant] = 60 * SECOND
TICK: Final = "(SELECT up_to FROM reserved WHERE what = 'tick')"
LIVING: Final = [
    f" AND NOT (t.state = 'approved' AND t.kind = '{kind.name}' "
    f"AND t.answered_at + {kind.keeps_for * SECOND + AHEAD} > {TICK})"
    for kind in TABLE
    if kind.keeps_for
]

SHAPE: Final = TransactionShape(
    table="attempt",
    key=("terminal", "batch", "stan"),
    belongings=(Belonging("trail", ("rrn",), ("rrn",), ("tick",)),),
    # An approval of a terminal that has not been heard of since is nobody's to close: the verdict needs it here.
    rest="".join(
        (
            "t.state IN ('approved', 'declined', 'reversed', 'tombstone') AND t.case_number = '' ",
            "AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.rrn = t.rrn) ",
            "AND (t.state <> 'approved' OR EXISTS (SELECT 1 FROM attempt n WHERE n.terminal = t.terminal ",
            "AND n.batch = t.batch AND n.stan > t.stan AND n.started_at >= t.started_at AND n.rrn > t.rrn AND ",
            SEALED.format("n"),
            "))",
            *LIVING,
        )
    ),
    remember="INSERT INTO archived (terminal, batch, stan, state) VALUES (?, ?, ?, ?)",
    remembered=lambda row: (row["terminal"], row["batch"], row["stan"], row["state"]),
    sealed=frozenset({"pan"}),
    neighbours=("terminal", "batch"),
)


def let_go(records: Records, args: Mapping[str, Any]) -> Left | None:
    """The verb of the control channel; None when its arguments make no sense."""
    wanted = wanted_of(args)
    if wanted is None:
        return None
    left = leave(records.store, SHAPE, wanted)
    records.forget(row["rrn"] for row in left.left.values())
    return left


def repeated(desk: Desk, work: Work, ask: Request, key: AttemptKey) -> None:
    """The request of an archived attempt again: it never goes upstream, whatever it was then."""
    work.saw("repeated", "1", ask.dialect.told(ask.message), terminal=key.terminal)
    work.alarm("archived_repeated", key.terminal, f"{key} came again")
    answer(desk, work, ask, DUPLICATE)


def reversal(desk: Desk, work: Work, ask: Request, key: AttemptKey, state: State) -> None:
    """The reversal of an archived attempt: answered as before where nothing stands, for a person where it does."""
    message: Message = ask.message
    work.saw("reversal_asked", "1", ask.dialect.told(message), terminal=key.terminal)
    code = REVERSAL_CODES.get(state, FOR_A_PERSON)
    if code == FOR_A_PERSON:
        number = f"S-{'-'.join(key)}"
        detail = f"an 0400 for {key}, which is archived"
        work.case(Case(number, "", work.now, desk.settings.case_owner, "archived_reversal", detail))
        work.alarm("archived_reversal", key.terminal, f"case {number}")
    rrn = numbers.rrn(work.tick(), desk.settings.clock.numbering)
    answer(desk, work, ask, code, what="reversal_answered", de37=rrn, de32=desk.settings.acquirer)
