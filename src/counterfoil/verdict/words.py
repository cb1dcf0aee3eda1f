"""What is said per verdict, in both languages, to the customer and to the cashier (docs/loop.md, "Verdicts").

The sentences are the kind's (kinds/kind.py, `Words`); here it is chosen which of them fits, and filled in. The
customer's may be read aloud and stands on papers: no code, no station, no message of the loop. What it says can be done
is what the terminal takes as it stands now: one that owes a reversal sells nothing before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterfoil.iso8583 import responses
from counterfoil.kinds import BY_NAME, Ended, Kind, Saying
from counterfoil.money import Money
from counterfoil.terminal import causes, sentences
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict.finding import NOT_OURS, Clocks, Evidence, FamilyChild, Verdict, working_days_after
from counterfoil.verdict.position import I, S, T
from counterfoil.words import Text, Told
from counterfoil.zone import Zone

FREE: Final = frozenset({T.NOT_SENT, T.DECLINED, T.LAPSED, T.REVERSED, T.ESCALATED})
"""Where the terminal has no more to do with a transaction that does not stand, and takes the next."""
STANDS: Final = frozenset({Verdict.PAID, Verdict.PAID_RECEIPT_OPEN})
TOMBSTONED: Final = frozenset({"tombstoned", "late"})
"""States of an issuer whose code says nothing about the card: the request came after its reversal."""
LOOKED_INTO: Final = Text("BEING LOOKED INTO", "正在核实")
"""What EXCEPTION is called on a customer's paper, whatever the kind."""


def told(
    verdict: Verdict,
    positions: tuple[T, S, I],
    evidence: Evidence,
    first: TerminalStub | SwitchStub | IssuerStub,
    against: Sequence[FamilyChild],
    clocks: Clocks,
    clock: Zone,
) -> Told:
    """The two sentences of this verdict, filled in but for `{by}`, when the clock ends that runs."""
    kind, issuer, amount = BY_NAME[first.kind], evidence.issuer, Money(first.amount, first.currency)
    child = closing(against)
    charged_at = issuer.debited_at if issuer is not None and issuer.debited_at else first.started_at
    returned = clock.spoken(issuer.returned_at if issuer is not None else 0)
    back = Text("", "")
    if verdict is Verdict.RETURNING and positions[2] is I.RETURNED:
        back = kind.words.came_back.filled(amount=amount, returned=returned)
    elif verdict is Verdict.RETURNING:
        refund = clock.spoken(working_days_after(charged_at, clocks.refund_days, clock))
        back = kind.words.back.filled(amount=amount, refund=refund)
    return _meant(verdict, kind, positions, evidence, against).filled(
        amount=amount,
        back=back,
        returned=returned,
        by="{by}",
        case=case_number(evidence),
        display=sentences.REVERSAL_DONE,
        other=child.name if child is not None else causes.detail(_cause(evidence)),
        taken=Money(child.amount, first.currency) if child is not None else "",
    )


def closing(against: Sequence[FamilyChild]) -> FamilyChild | None:
    """What ended a transaction that stood, and all stations agree that it does."""
    return next((child for child in against if child.settled), None)


def ended(kind: Kind, against: Sequence[FamilyChild], issuer: IssuerStub | None) -> Ended | None:
    """What is said of a transaction that stands and came to an end: by another against it, or by its time."""
    child = closing(against)
    if child is not None:
        original = BY_NAME[child.kind].original
        return original.ended if original is not None else None
    return kind.expired if issuer is not None and issuer.expired_at else None


def heading(verdict: Verdict, kind: Kind, over: Ended | None = None) -> Text:
    """What a verdict of this kind is called on a customer's paper; `over` is how a transaction that stood ended."""
    names = kind.headings
    return {
        Verdict.PAID: over.heading if over is not None else names.stands,
        Verdict.PAID_RECEIPT_OPEN: over.heading if over is not None else names.stands,
        Verdict.NOT_CHARGED: names.nothing,
        Verdict.RETURNING: names.going_back,
        Verdict.RETURNED: names.undone,
        Verdict.UNKNOWN: names.unknown,
        Verdict.EXCEPTION: LOOKED_INTO,
    }[verdict]


def _meant(
    verdict: Verdict, kind: Kind, positions: tuple[T, S, I], evidence: Evidence, against: Sequence[FamilyChild]
) -> Told:
    """Which sentences: by the verdict, by whether the terminal sells again, and by why a card was refused."""
    words = kind.words
    if verdict in STANDS:
        over = ended(kind, against, evidence.issuer)
        if over is not None:
            return over.told
        return words.stands if verdict is Verdict.PAID else words.receipt_open
    if verdict is Verdict.EXCEPTION:
        return words.exception
    terminal, cause = positions[0], _cause(evidence)
    saying = {
        Verdict.NOT_CHARGED: words.nothing,
        Verdict.RETURNING: words.going_back,
        Verdict.RETURNED: words.undone,
        Verdict.UNKNOWN: words.unknown,
    }[verdict]
    if saying.twice is not None and causes.word(cause) == causes.PAID:
        return saying.twice
    if verdict is Verdict.NOT_CHARGED:
        if terminal is T.NOT_SENT and causes.word(cause) in words.unsent:
            return words.unsent[causes.word(cause)]
        if terminal is not T.NOT_SENT and (code := refusal(positions, evidence)):
            return refused(kind, code)
    return _by_terminal(saying, terminal, cause)


def _by_terminal(saying: Saying, terminal: T, cause: str) -> Told:
    """What fits the terminal: of one that is not ours to ask, or does not say, nobody knows whether it sells again."""
    behind = terminal is T.NOT_SENT and causes.word(cause) == causes.REVERSAL
    return saying.free if terminal in FREE and not behind else saying.busy


def refused(kind: Kind, code: str) -> Told:
    """A refusal of a kind, with what is known of its code; the amount is not filled in."""
    known = responses.advice(code)
    places = {"why": responses.named(code), "advice": known.cashier, "more": known.customer}
    return kind.words.refused.filled(amount="{amount}", **places)


def _cause(evidence: Evidence) -> str:
    terminal = evidence.terminal
    return terminal.cause if isinstance(terminal, TerminalStub) else ""


def refusal(positions: tuple[T, S, I], evidence: Evidence) -> str:
    """The code with which a card was refused, "" where nobody refused it: it came to nothing on the way.

    The terminal's word comes first, because the customer heard it; then the issuer's, whose reason it is, and the
    switch's own. A no that the terminal still waits for, or reverses, is told when it is free again.
    """
    terminal = positions[0]
    if terminal in {T.ASKED, T.REVERSING} or positions[1] is S.TOMBSTONE:
        return ""
    heard = evidence.terminal.response_code if isinstance(evidence.terminal, TerminalStub) else ""
    if terminal is T.DECLINED and heard != responses.ISSUER_TIMEOUT:
        return heard
    issuer, switch = evidence.issuer, evidence.switch
    codes = (
        issuer.response_code if issuer is not None and issuer.state not in TOMBSTONED else "",
        switch.response_code if switch is not None else "",
        heard if terminal is T.DECLINED else "",
    )
    return next((code for code in codes if code and not responses.is_approval(code)), "")


def case_number(evidence: Evidence) -> str:
    """The case a station opened; else the retrieval reference, which finds every stub again."""
    stubs = [stub for stub in evidence if stub is not None and stub != NOT_OURS]
    for stub in stubs:
        if not isinstance(stub, str) and stub.case:
            return stub.case
    for stub in stubs:
        if not isinstance(stub, str) and stub.rrn:
            return stub.rrn
    return next(stub.ref for stub in stubs if isinstance(stub, TerminalStub | SwitchStub))
