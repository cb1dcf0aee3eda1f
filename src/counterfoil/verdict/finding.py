"""What a verdict consists of: the word, the sentence, where it stopped, whose money is where, who acts next."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from counterfoil.step import DAY, HOUR, SECOND, Instant
from counterfoil.transaction import CaseStub, IssuerStub, SwitchStub, TerminalStub
from counterfoil.words import Text, Told
from counterfoil.zone import Zone

NOT_OURS: Final = "not ours"
NO_RECORD: Final = "no record"
SATURDAY: Final = 5  # Monday is 0

TerminalEvidence: TypeAlias = TerminalStub | Literal["not ours"] | None


STUB_INSTANTS: Final = ("started_at", "updated_at", "due", "followed_at", "debited_at", "returned_at", "expired_at")


class Verdict(enum.StrEnum):
    """The seven words of docs/loop.md, in its order."""

    PAID = "PAID"
    PAID_RECEIPT_OPEN = "PAID_RECEIPT_OPEN"
    NOT_CHARGED = "NOT_CHARGED"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    UNKNOWN = "UNKNOWN"
    EXCEPTION = "EXCEPTION"


class Clocks(NamedTuple):
    """The clocks that run, in microseconds from the first stub; `refund_days` are working days (R049, R085, R100)."""

    answer: Instant = 30 * SECOND
    closure: Instant = 24 * HOUR
    reversal: Instant = 48 * HOUR
    refund_days: int = 7


class Evidence(NamedTuple):
    """The stubs, exactly as the stations' stores gave them; None where none was found or could be read."""

    terminal: TerminalEvidence
    switch: SwitchStub | None
    issuer: IssuerStub | None


class Stop(NamedTuple):
    """The hop where the loop stopped. `leg` as in docs/loop.md, 0 when a station itself said no."""

    leg: int
    hop: str
    what: Text


class Holding(NamedTuple):
    """Money that is somewhere now: who holds it, whose it is, how much (minor units), and why it is there."""

    holder: str
    owner: str
    amount: int
    currency: str
    what: Text


class Next(NamedTuple):
    """What happens next, who owns it, and by when (0: no clock runs)."""

    action: Text
    owner: str
    by: Instant


class FamilyChild(NamedTuple):
    """A transaction against another one: its kind, what it is called, and the minor units it takes of its original.

    `settled`: every station that is there says that it stands. Of one that is not, only some have heard yet.
    """

    kind: str
    name: str
    amount: int
    settled: bool = True


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer to "where is the money". `sentence` is for the customer, `cashier` for whoever serves; `cases`
    are all that were opened on the way, also those that ended. `kind` names one of `kinds.TABLE`, `original` the
    transaction it refers to, `against` what stands against it; `word` is what lists call the verdict of this kind, and
    `heading` what a customer's paper does.
    """

    verdict: Verdict
    sentence: Text
    cashier: Text
    stopped_at: Stop | None
    money: tuple[Holding, ...]
    next: Next
    evidence: Evidence
    cases: tuple[CaseStub, ...] = ()
    kind: str
    original: str = ""
    against: tuple[FamilyChild, ...] = ()
    word: Text
    heading: Text

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON carries it: instants as ISO 8601 in UTC, sentences in both languages."""
        stop = self.stopped_at
        return {
            "verdict": self.verdict.value,
            "word": self.word.both(),
            **Told(self.sentence, self.cashier).both(),
            "kind": self.kind,
            "original": self.original,
            "against": [child._asdict() for child in self.against],
            "stopped_at": stop and {"leg": stop.leg or None, "hop": stop.hop, "what": stop.what.both()},
            "money": [{**held._asdict(), "what": held.what.both()} for held in self.money],
            "next": {
                "action": self.next.action.both(),
                "owner": self.next.owner,
                "by": iso(self.next.by) if self.next.by else None,
            },
            "cases": [case_json(case) for case in self.cases],
            "evidence": {
                "terminal": stub_json(self.evidence.terminal),
                "switch": stub_json(self.evidence.switch),
                "issuer": stub_json(self.evidence.issuer),
            },
        }


def iso(at: Instant) -> str:
    """An instant as programs read it: 2026-11-22T23:30:00.000000Z."""
    moment = datetime.fromtimestamp(at // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % SECOND:06d}Z"


def working_days_after(at: Instant, days: int, clock: Zone) -> Instant:
    """The instant `days` working days (Monday to Friday in a zone) later."""
    while days > 0:
        at += DAY
        days -= clock.local(at).weekday() < SATURDAY
    return at


def case_json(case: CaseStub) -> dict[str, Any]:
    """One case as JSON: `ended_at` is None while it is open."""
    return {
        "number": case.number,
        "what": case.what,
        "owner": case.owner,
        "at": iso(case.at),
        "detail": case.detail,
        "ended_at": iso(case.ended_at) if case.ended_at else None,
        "how": case.how,
    }


def stub_json(stub: TerminalEvidence | SwitchStub | IssuerStub) -> Any:
    """One stub as JSON: "no record" when there is none or it cannot be read; an empty object could be read as "no"."""
    if stub is None:
        return NO_RECORD
    if isinstance(stub, str):
        return stub
    plain: dict[str, Any] = msgspec.to_builtins(stub)
    for name in STUB_INSTANTS:
        if name in plain:
            plain[name] = iso(plain[name]) if plain[name] else None
    del plain["cases"]
    for line in plain["history"]:
        line["at"] = iso(line["at"])
    return plain
