"""Four eyes: what moves money out of its turn is asked for by one person and approved by another, and done once.

A page asks with `ask`, lists with `waiting` or `about`, and decides with `approve` or `refuse`. What an approval does
is an `Action`. The approval is on the disk before the action begins, and its result after, each with its line of the
audit log (deeds.py): an action whose end this console did not see is never begun again, it is "unknown".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.console.deeds import AuditedAct, RunningAct, UnwritableError
from counterfoil.console.people import May, NotAllowed, People, Person
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.freetext import starred
from counterfoil.step import SECOND, Instant
from counterfoil.storage import Store
from counterfoil.words import Text

LAPSES: Final[Instant] = 24 * 3600 * SECOND
LONGEST_REASON: Final = 200
LONGEST_SUBJECT: Final = 80

NOT_YOURS: Final = Text("Your role may not ask for this.", "您的角色不能提出该申请。")
NO_REASON: Final = Text("Say why, in at most 200 characters.", "请说明理由，最多 200 个字符。")
NO_ACTION: Final = Text("There is no such decision to make.", "没有这种可决定的事项。")
ASKED_ALREADY: Final = Text("This was asked for already and waits for a decision.", "该申请已提交，正在等待决定。")
SECOND_PERSON: Final = Text("A second person must approve this, not who asked.", "须由另一人批准，申请人不能自行批准。")
MAY_NOT_DECIDE: Final = Text("Only a supervisor may decide this.", "仅主管可以决定。")
DECIDED: Final = Text("There is no such request, or it was decided already.", "没有该申请，或该申请已处理。")
LAPSED: Final = Text("This request is older than a day: ask again.", "该申请已超过一天，请重新申请。")


class ApprovalRequest(msgspec.Struct, frozen=True):
    """One request. `state`: asked, refused, approved (being done), done, failed (a definite no), not_sent, unknown.

    `answer` is what the station said. Instants are UTC microseconds, 0 for not yet.
    """

    number: int
    action: str
    subject: str
    reason: str
    state: str
    asked_by: str
    asked_at: Instant
    decided_by: str = ""
    decided_at: Instant = 0
    answer: dict[str, Any] = {}

    def lapsed(self, now: Instant) -> bool:
        """Whether it waited too long to be approved."""
        return self.state == "asked" and now - self.asked_at > LAPSES


NAMES: Final = ApprovalRequest.__struct_fields__
COLUMNS: Final = ", ".join(NAMES)
INSERT: Final = f"INSERT INTO consent ({COLUMNS}) VALUES (?, ?, ?, ?, 'asked', ?, ?, '', 0, '{{}}')"  # noqa: S608 - names of this file
NEXT: Final = "SELECT coalesce(max(number), 0) + 1 FROM consent"
ONE: Final = f"SELECT {COLUMNS} FROM consent WHERE number = ?"  # noqa: S608 - names of this file
WAITING: Final = f"SELECT {COLUMNS} FROM consent WHERE state IN ('asked', 'approved') ORDER BY number"  # noqa: S608 - names of this file
ABOUT: Final = f"SELECT {COLUMNS} FROM consent WHERE subject = ? ORDER BY number DESC LIMIT 20"  # noqa: S608 - names of this file
DECIDE: Final = "UPDATE consent SET state = ?, decided_by = ?, decided_at = ? WHERE number = ?"
END: Final = "UPDATE consent SET state = ?, answer = ? WHERE number = ?"
UNSEEN: Final = "UPDATE consent SET state = 'unknown' WHERE state = 'approved'"


class Action(NamedTuple):
    """What an approval does. `run` gives the station's reply; NotSent and OutcomeUnknown as `Reach.act` raises."""

    name: str
    text: Text
    run: Callable[[ApprovalRequest, RunningAct], Awaitable[dict[str, Any]]]


class Consent:
    """The requests of one console, and what may be done with them."""

    def __init__(self, people: People, actions: Iterable[Action]) -> None:
        self._people = people
        self._store = people.store
        self._log = people.log
        self.actions = {action.name: action for action in actions}
        with (
            suppress(UnwritableError),
            self._log.writing() as store,
        ):  # "approved" is not begun again either
            store.execute(UNSEEN)

    # --- looking ----------------------------------------------------------------------------------------------------

    def one(self, number: int) -> ApprovalRequest | None:
        """One request."""
        return next(iter(self._rows(ONE, number)), None)

    def waiting(self) -> list[ApprovalRequest]:
        """What waits for a decision, the oldest first."""
        return self._rows(WAITING)

    def about(self, subject: str) -> list[ApprovalRequest]:
        """The requests about one payment, the newest first."""
        return self._rows(ABOUT, subject)

    # --- asking and deciding ----------------------------------------------------------------------------------------

    def ask(self, person: Person, action: str, subject: str, reason: str, origin: str = "") -> ApprovalRequest:
        """Ask for an action. NotAllowed, with the sentence, when this person may not or it was asked for already."""
        reason = starred(reason.strip())
        if not person.may(May.PROPOSE):
            raise NotAllowed(NOT_YOURS)
        if action not in self.actions or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise NotAllowed(NO_ACTION)
        if not 0 < len(reason) <= LONGEST_REASON:
            raise NotAllowed(NO_REASON)
        now = self._people.now()
        for one in self.waiting():
            if (one.action, one.subject) == (action, subject):
                if not one.lapsed(now):
                    raise NotAllowed(ASKED_ALREADY)
                self._refused(one, "nobody in time", "", origin)
        with self._log.writing() as store:
            number = int(store.query(NEXT)[0][0])
            store.execute(INSERT, (number, action, subject, reason, person.name, now))
            self._log.note(AuditedAct(person.name, f"{action} asked", subject, reason, origin))
        return self._known(number)

    def refuse(self, number: int, person: Person, why: str, origin: str = "") -> ApprovalRequest:
        """Say no, or take back what one asked for oneself. NotAllowed when it is decided already or not theirs."""
        one = self.one(number)
        if one is None or one.state != "asked":
            raise NotAllowed(DECIDED)
        if one.asked_by != person.name and not person.may(May.DECIDE):
            raise NotAllowed(MAY_NOT_DECIDE)
        self._refused(one, person.name, why[:LONGEST_REASON], origin)
        return self._known(number)

    async def approve(
        self, number: int, person: Person, origin: str = "", begun: Callable[[RunningAct], object] = bool
    ) -> ApprovalRequest:
        """Approve as a second person and do it, once. NotAllowed when it must not be; the result is in `state`.

        `begun` gets the deed before anything leaves. What was done and cannot be written down yet is "unknown".
        """
        one = self.one(number)
        if not person.may(May.DECIDE):
            raise NotAllowed(MAY_NOT_DECIDE)
        if one is None or one.state != "asked":
            raise NotAllowed(DECIDED)
        if one.asked_by == person.name:
            raise NotAllowed(SECOND_PERSON)
        if one.lapsed(self._people.now()):
            raise NotAllowed(LAPSED)
        why = f"asked by {one.asked_by}: {one.reason}"
        act = AuditedAct(person.name, f"{one.action} approved", one.subject, why, origin, f"{one.action} ended")
        decided = (person.name, self._people.now(), number)
        deed = self._log.begin(act, lambda store: store.execute(DECIDE, ("approved", *decided)))
        begun(deed)
        deed.ends("unknown", also=_end(number, "unknown", {}))  # unless it is known below
        with deed:
            answer: dict[str, Any] = {}
            try:
                answer = await self.actions[one.action].run(self._known(number), deed)
                state = "failed" if "error" in answer else "done"
            except NothingSentError:
                state = "not_sent"
            except OutcomeUnknown:
                state = "unknown"
            deed.ends(state, also=_end(number, state, answer))
        known = self._known(number)
        return msgspec.structs.replace(known, state="unknown") if deed.owed else known

    # --- writing ----------------------------------------------------------------------------------------------------

    def _refused(self, one: ApprovalRequest, who: str, why: str, origin: str) -> None:
        with self._log.writing() as store:
            store.execute(DECIDE, ("refused", who, self._people.now(), one.number))
            self._log.note(AuditedAct(who, f"{one.action} refused", one.subject, why, origin))

    def _known(self, number: int) -> ApprovalRequest:
        one = self.one(number)
        assert one is not None
        return one

    def _rows(self, sql: str, *params: Any) -> list[ApprovalRequest]:
        return [
            msgspec.convert(
                {**dict(zip(NAMES, row, strict=True)), "answer": msgspec.json.decode(row[-1])}, ApprovalRequest
            )
            for row in self._store.query(sql, params)
        ]


def _end(number: int, state: str, answer: dict[str, Any]) -> Callable[[Store], None]:
    """What a decision that was done changes, with its line."""
    kept = msgspec.json.encode(answer).decode()
    return lambda store: store.execute(END, (state, kept, number))
