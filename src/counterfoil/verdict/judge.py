"""The rules: which three positions make which verdict, and when a clock overrules them.

RULES is read from the top; the first line that fits decides. What fits no line is a contradiction between the
stations, which only a person can settle. The stubs must have been read in the order terminal, switch, issuer: an
answer travels issuer, switch, terminal, so a later stub is never older than what an earlier one already knows.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

from counterfoil.iso8583 import responses
from counterfoil.kinds import BY_NAME
from counterfoil.step import Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import names, words
from counterfoil.verdict.cases import cases_of
from counterfoil.verdict.family import against_of, original_of
from counterfoil.verdict.finding import Clocks, Evidence, Finding, TerminalEvidence, Verdict
from counterfoil.verdict.money import holdings
from counterfoil.verdict.next import due
from counterfoil.verdict.position import I, S, T, of_issuer, of_switch, of_terminal, only_asks
from counterfoil.verdict.stop import stopped_at
from counterfoil.zone import Zone, zone


class VerdictRule(NamedTuple):
    """One line: the positions it fits, and the verdict."""

    terminal: frozenset[T]
    switch: frozenset[S]
    issuer: frozenset[I]
    verdict: Verdict


ANY_T, ANY_S, ANY_I = frozenset(T), frozenset(S), frozenset(I)
SILENT: Final = frozenset({T.MISSING, T.NOT_OURS})
STANDS: Final = frozenset({T.APPROVED, T.CLOSED})
FALLS: Final = ANY_T - STANDS
NO_MONEY: Final = frozenset({I.MISSING, I.NOTHING, I.TOLD})

DECIDED: Final = ANY_I - {I.MISSING, I.NOTHING}


def only(*positions: T) -> frozenset[T]:
    """A set of terminal positions; the other two stations' are short enough to write out."""
    return frozenset(positions)


RULES: Final = (
    # Nothing left the terminal. Its key may have been burnt by somebody who named it without a MAC.
    VerdictRule(only(T.NOT_SENT), frozenset({S.MISSING, S.DECLINED}), NO_MONEY, Verdict.NOT_CHARGED),
    # The sale stands. A silent terminal has not said whether it printed.
    VerdictRule(only(T.CLOSED), frozenset({S.APPROVED}), frozenset({I.HOLDS}), Verdict.PAID),
    VerdictRule(SILENT | {T.APPROVED}, frozenset({S.APPROVED}), frozenset({I.HOLDS}), Verdict.PAID_RECEIPT_OPEN),
    # An inquiry moves nothing: told, or not. Whether a silent terminal showed it matters to nobody.
    VerdictRule(SILENT | {T.CLOSED}, frozenset({S.APPROVED}), frozenset({I.TOLD}), Verdict.PAID),
    VerdictRule(only(T.APPROVED), frozenset({S.APPROVED}), frozenset({I.TOLD}), Verdict.PAID_RECEIPT_OPEN),
    VerdictRule(
        only(T.LAPSED),
        frozenset({S.MISSING, S.ASKED, S.APPROVED, S.DECLINED}),
        NO_MONEY,
        Verdict.NOT_CHARGED,
    ),
    # The sale has fallen, and all of them say so: a case that a supervisor made of it has ended by itself.
    VerdictRule(FALLS, frozenset({S.REVERSED}), frozenset({I.RETURNED}), Verdict.RETURNED),
    VerdictRule(FALLS, frozenset({S.REVERSED}), frozenset({I.NOTHING}), Verdict.NOT_CHARGED),
    VerdictRule(FALLS, frozenset({S.EMPTY, S.TOMBSTONE}), NO_MONEY, Verdict.NOT_CHARGED),
    VerdictRule(only(T.ESCALATED), frozenset({S.DECLINED}), NO_MONEY, Verdict.NOT_CHARGED),
    # A person is on it already.
    VerdictRule(only(T.ESCALATED), ANY_S, ANY_I, Verdict.EXCEPTION),
    # The sale falls, and the switch has that on its disk.
    VerdictRule(FALLS, frozenset({S.REVERSING}), ANY_I, Verdict.RETURNING),
    VerdictRule(FALLS, frozenset({S.REVERSED}), frozenset({I.MISSING}), Verdict.UNKNOWN),
    # The sale falls, and so far only the terminal knows.
    VerdictRule(only(T.REVERSING), frozenset({S.APPROVED}), ANY_I, Verdict.RETURNING),
    # A definite no that the terminal has heard, or whose terminal is not ours to ask.
    VerdictRule(SILENT | {T.DECLINED, T.REVERSED}, frozenset({S.DECLINED}), NO_MONEY, Verdict.NOT_CHARGED),
    VerdictRule(only(T.DECLINED), frozenset({S.MISSING}), NO_MONEY, Verdict.NOT_CHARGED),
    # An answer is owed.
    VerdictRule(only(T.ASKED), frozenset({S.MISSING, S.ASKED, S.APPROVED}), ANY_I, Verdict.UNKNOWN),
    VerdictRule(only(T.REVERSING), frozenset({S.MISSING, S.ASKED}), ANY_I, Verdict.UNKNOWN),
    VerdictRule(only(T.ASKED, T.REVERSING), frozenset({S.DECLINED}), NO_MONEY, Verdict.UNKNOWN),
    VerdictRule(SILENT, frozenset({S.ASKED}), ANY_I, Verdict.UNKNOWN),
    # A stub is missing that must exist: unknown, never "no".
    VerdictRule(ANY_T - {T.NOT_SENT}, frozenset({S.MISSING}), ANY_I, Verdict.UNKNOWN),
    VerdictRule(SILENT | STANDS, frozenset({S.APPROVED}), frozenset({I.MISSING}), Verdict.UNKNOWN),
)


# Written backwards, so that of the rules that fit the first stays.
FIRST_FIT: Final = {
    positions: rule.verdict
    for rule in reversed(RULES)
    for positions in product(rule.terminal, rule.switch, rule.issuer)
}


def judge(
    terminal: TerminalEvidence,
    switch: SwitchStub | None,
    issuer: IssuerStub | None,
    now: Instant,
    clocks: Clocks = Clocks(),  # noqa: B008 - immutable
    unread: frozenset[str] = frozenset(),
    clock: Zone | None = None,
) -> Finding:
    """Where the money of one transaction is, from the three stubs alone.

    `terminal` is NOT_OURS for a terminal whose store is somebody else's; None is a stub nobody could find or read,
    `unread` names the stations ("terminal", "switch", "issuer") whose stores cannot be read;
    `clock` is the zone of the times in its sentence (default: the demo's).
    At least one stub must be there (ValueError): a transaction no station has heard of is not a transaction.
    """
    evidence = Evidence(terminal, switch, issuer)
    first = first_stub(evidence)
    positions = positions_of(evidence)
    verdict = overdue(fits(*positions, evidence), positions, evidence, now, clocks)
    here = clock or zone()
    against = against_of(evidence)
    said = words.told(verdict, positions, evidence, first, against, clocks, here)
    over = words.ended(BY_NAME[first.kind], against, issuer)
    step = due(verdict, positions, evidence, clocks, said.cashier)
    said = said.filled(by=here.spoken(step.by))
    return Finding(
        verdict=verdict,
        sentence=said.customer,
        cashier=said.cashier,
        stopped_at=stopped_at(*positions[:2], evidence, unread),
        money=holdings(verdict, positions[2], evidence, against),
        next=step,
        evidence=evidence,
        cases=cases_of(verdict, evidence),
        kind=first.kind,
        original=original_of(evidence),
        against=against,
        heading=words.heading(verdict, BY_NAME[first.kind], over),
        word=names.word(verdict.value, first.kind, over),
    )


def verdict_of(evidence: Evidence, now: Instant, clocks: Clocks = Clocks()) -> Verdict:  # noqa: B008 - immutable
    """The word of `judge` alone, for whoever asks it of very many."""
    positions = positions_of(evidence)
    return overdue(fits(*positions, evidence), positions, evidence, now, clocks)


def positions_of(evidence: Evidence) -> tuple[T, S, I]:
    """Where each station is."""
    return of_terminal(evidence.terminal), of_switch(evidence.switch), of_issuer(evidence.issuer)


def fits(terminal: T, switch: S, issuer: I, evidence: Evidence) -> Verdict:
    """The verdict of the first rule that fits, before any clock is asked.

    A case is a case wherever the stations stand: its station could not fit what it heard to what it holds, and only
    that station, or a person, ends it. What a supervisor took out of a terminal's hands is a position instead: the
    terminal never hears how it came out, so the other two stations tell.
    """
    if open_case(evidence) or len(kinds_of(evidence, switch, issuer)) > 1:
        return Verdict.EXCEPTION
    if terminal is T.DECLINED and switch is S.MISSING and told_to_wait(evidence.terminal):
        return Verdict.UNKNOWN
    if issuer is I.MISSING and only_asks(first_stub(evidence)):  # what it would say of an inquiry moves nothing
        issuer = I.TOLD if switch is S.APPROVED else I.NOTHING
    return FIRST_FIT.get((terminal, switch, issuer), Verdict.EXCEPTION)


def kinds_of(evidence: Evidence, switch: S, issuer: I) -> set[str]:
    """The kinds the stations take it for. One that refused it, or booked nothing, may have read a damaged copy, and one
    that knows only its reversal was not told the kind.
    """
    counted = (True, switch not in {S.DECLINED, S.TOMBSTONE}, issuer in DECIDED)
    return {
        stub.kind
        for stub, counts in zip(evidence, counted, strict=True)
        if counts and stub is not None and not isinstance(stub, str)
    }


def open_case(evidence: Evidence) -> bool:
    """Whether the switch or the issuer left something about this transaction to a person, and it has not ended."""
    return any(stub is not None and bool(stub.case) for stub in (evidence.switch, evidence.issuer))


def told_to_wait(terminal: TerminalEvidence) -> bool:
    """Whether the no was a 98: the switch gave up on the issuer, who may have charged, and its stub is needed."""
    return (
        isinstance(terminal, TerminalStub)
        and terminal.response_code == responses.ISSUER_TIMEOUT
        and not only_asks(terminal)
    )


def overdue(verdict: Verdict, positions: tuple[T, S, I], evidence: Evidence, now: Instant, clocks: Clocks) -> Verdict:
    """The verdict once the clocks are asked: what rests open too long becomes an exception, with an owner.

    A silent terminal's next financial request proves that it closed this sale (docs/loop.md); without one, "paid,
    receipt open" ends after 24 h with a person, never with a reversal by machine. An inquiry needs nobody: it moved
    nothing, whatever became of its answer.
    """
    first = first_stub(evidence)
    age = now - first.started_at
    if verdict is Verdict.UNKNOWN and age >= clocks.closure and only_asks(first) and positions[2] in NO_MONEY:
        return Verdict.PAID if positions[0] in STANDS else Verdict.NOT_CHARGED
    if verdict is Verdict.PAID_RECEIPT_OPEN and positions[0] in SILENT:
        if evidence.switch is not None and evidence.switch.followed_at:
            return Verdict.PAID
        return Verdict.EXCEPTION if age >= clocks.closure else verdict
    if verdict is Verdict.UNKNOWN:
        return Verdict.EXCEPTION if age >= clocks.closure else verdict
    if verdict is Verdict.RETURNING:
        return Verdict.EXCEPTION if age >= clocks.reversal else verdict
    return verdict


def first_stub(evidence: Evidence) -> TerminalStub | SwitchStub | IssuerStub:
    """The earliest witness there is, in the order terminal, switch, issuer; ValueError when there is none."""
    for stub in evidence:
        if isinstance(stub, TerminalStub | SwitchStub | IssuerStub):
            return stub
    raise ValueError("no station has a stub of this transaction")
