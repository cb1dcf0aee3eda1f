"""The rules: which stubs contradict one another. Pure: no store, no clock.

The verdict says what three positions mean. Here the other question is asked: whether what the stations hold can be true
together. That is so when a rule of the verdict fits, no clock has run out, no stub is missing that was written before
something was said, and what several stations hold of one sale (money, card, place, numbers, codes) is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

from counterfoil.issuer.stubs import Booked
from counterfoil.kinds import BY_NAME, AmountRule
from counterfoil.money import written
from counterfoil.receipts.document import Slip
from counterfoil.reconciliation.kinds import BreakKind
from counterfoil.step import Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Clocks, Evidence, Verdict, verdict_of
from counterfoil.verdict.judge import FIRST_FIT, first_stub, kinds_of, open_case, positions_of, told_to_wait
from counterfoil.verdict.position import I, S, T, only_asks

PAID: Final = frozenset({T.APPROVED, T.CLOSED})
SAID_NO: Final = frozenset({T.DECLINED, T.LAPSED, T.NOT_SENT, T.REVERSED})
AUTHENTIC: Final = frozenset({S.ASKED, S.APPROVED, S.REVERSING, S.REVERSED, S.EMPTY, S.TOMBSTONE})
"""What the switch does only for a message with a valid MAC: its terminal stored it first. A no can be to anybody."""
CLOCKS: Final = Clocks()
MOVED: Final = ("debited", "returned", "credited", "withdrawn")
"""What an issuer's stub and its ledger's entries both say."""


class Sight(NamedTuple):
    """Whose stores can be read. What cannot be read says nothing: its stub is unknown, never missing."""

    terminal: bool
    switch: bool
    issuer: bool


class Looked(NamedTuple):
    """All that is known of one transaction.

    `booked` is what the ledger says, `slip` what the receipt says; `namesake` is the sale to which the number that an
    unknown request says belongs, `others` the sales that have the terminal's number too. `original` is the issuer's
    stub of what it refers to, `orphan` the name of one that its issuer does not know.
    """

    evidence: Evidence
    sight: Sight
    booked: Booked | None = None
    slip: Slip | None = None
    namesake: str = ""
    others: tuple[str, ...] = ()
    original: IssuerStub | None = None
    orphan: str = ""

    @property
    def nobodys(self) -> bool:
        """Whether no station that can be read knows of it."""
        return all(stub is None or isinstance(stub, str) for stub in self.evidence)


class Break(NamedTuple):
    """One contradiction of one transaction; `detail` names what differs, as values and no sentence."""

    kind: BreakKind
    detail: str = ""


def breaks(looked: Looked, now: Instant, clocks: Clocks = CLOCKS) -> list[Break]:
    """Every contradiction there is; [] when all that is held can be true together."""
    if looked.nobodys:
        return []
    gone = list(missing(looked))
    found = gone or list(standing(looked, now, clocks))
    return [*found, *differing(looked), *in_the_family(looked)]


def in_flight(evidence: Evidence, now: Instant, clocks: Clocks = CLOCKS) -> bool:
    """Whether something is still owed, so that it must be looked at again."""
    return verdict_of(evidence, now, clocks) in {Verdict.UNKNOWN, Verdict.RETURNING}


# --- where they stand -------------------------------------------------------------------------------------------------


def standing(looked: Looked, now: Instant, clocks: Clocks) -> Iterator[Break]:
    """Positions that no rule fits, and what has been open for too long without being anybody's case."""
    evidence = looked.evidence
    terminal, switch, issuer = positions_of(evidence)
    can_be = (
        T if terminal is T.MISSING and not looked.sight.terminal else (terminal,),
        S if switch is S.MISSING and not looked.sight.switch else (switch,),
        I if issuer is I.MISSING and not looked.sight.issuer else (issuer,),
    )
    if len(kinds_of(evidence, switch, issuer)) > 1:
        yield Break(BreakKind.STATIONS_DIFFER)
    elif not any(positions in FIRST_FIT for positions in product(*can_be)):
        asks = only_asks(first_stub(evidence))
        yield Break(BreakKind.STATIONS_DIFFER if asks else _contradiction(terminal, issuer))
    elif all(looked.sight) and _overdue(evidence, now, clocks):
        yield Break(BreakKind.OVERDUE)


def _overdue(evidence: Evidence, now: Instant, clocks: Clocks) -> bool:
    """Whether a clock ran out on what no station has handed to a person yet."""
    if open_case(evidence) or positions_of(evidence)[0] is T.ESCALATED:
        return False
    return verdict_of(evidence, now, clocks) is Verdict.EXCEPTION


def _contradiction(terminal: T, issuer: I) -> BreakKind:
    if terminal in SAID_NO and issuer is I.HOLDS:
        return BreakKind.TOLD_NOT_CHARGED
    if terminal in PAID and issuer is not I.HOLDS:
        return BreakKind.NOT_HELD
    return BreakKind.STATIONS_DIFFER


# --- what must be there -----------------------------------------------------------------------------------------------


def missing(looked: Looked) -> Iterator[Break]:
    """A stub that was written before its station spoke, of what the others heard it say."""
    evidence, sight = looked.evidence, looked.sight
    terminal, switch, issuer = positions_of(evidence)
    if sight.switch and switch is S.MISSING:
        if evidence.issuer is not None and evidence.issuer.done:
            yield Break(_unasked(looked, issuer), looked.namesake)
        elif terminal in PAID | {T.REVERSED} or (terminal is T.DECLINED and told_to_wait(evidence.terminal)):
            yield Break(BreakKind.MISSING_AT_SWITCH)
    if sight.terminal and terminal is T.MISSING and switch in AUTHENTIC:
        yield Break(BreakKind.MISSING_AT_TERMINAL)
    if sight.issuer and issuer is I.MISSING and answered_upstream(switch, evidence.switch):
        yield Break(BreakKind.MISSING_AT_ISSUER)


def _unasked(looked: Looked, issuer: I) -> BreakKind:
    """What a transaction is that the switch did not ask for, as far as it knows."""
    if looked.namesake:
        return BreakKind.DEBITED_TWICE
    if isinstance(looked.evidence.terminal, TerminalStub) or issuer is not I.HOLDS:
        return BreakKind.MISSING_AT_SWITCH
    return BreakKind.UNASKED_DEBIT


def answered_upstream(switch: S, stub: SwitchStub | None) -> bool:
    """Whether the switch has heard an answer of the issuer under a valid MAC, to the request or to its reversal."""
    if stub is None or not stub.transmitted:
        return False
    if switch is S.APPROVED:
        return True
    return switch in {S.REVERSED, S.EMPTY} and bool(stub.reversal_code)


# --- what must be the same --------------------------------------------------------------------------------------------


def differing(looked: Looked) -> Iterator[Break]:
    """What two stations, a ledger or a receipt say of one sale, each otherwise."""
    terminal, switch, issuer = looked.evidence
    sold = terminal if isinstance(terminal, TerminalStub) else None
    values = [*_at_switch(sold, switch), *_at_issuer(switch, issuer)]
    if sold is not None and switch is None and issuer is not None:
        values += _pairs(sold, issuer, "amount", "currency", "merchant", "last4")
    if values:
        yield Break(BreakKind.VALUES_DIFFER, "; ".join(dict.fromkeys(values)))
    if issuer is not None and (wrong := _in_the_ledger(issuer, looked.booked)):
        yield Break(BreakKind.LEDGER_DIFFERS, wrong)
    if sold is not None and looked.slip is not None and (wrong := _on_paper(sold, looked.slip)):
        yield Break(BreakKind.RECEIPT_DIFFERS, wrong)
    if looked.others:
        yield Break(BreakKind.NUMBER_TWICE, ", ".join(looked.others))


def _at_switch(sold: TerminalStub | None, switch: SwitchStub | None) -> list[str]:
    """What differs. A no can be to a damaged copy, whose values are claims: what it holds is compared only where it is
    not one. Whoever knows only a reversal was not told the kind.
    """
    if sold is None or switch is None or switch.state == "declined":
        return []
    kind = ("kind",) if switch.state != "tombstone" else ()
    found = _pairs(sold, switch, *kind, "amount", "currency", "merchant", "last4", "rrn")
    if sold.state in {"approved", "closed"} and switch.state == "approved":
        found += _pairs(sold, switch, "response_code", "auth_code")
    return found


def _at_issuer(switch: SwitchStub | None, issuer: IssuerStub | None) -> list[str]:
    """Where the issuer has booked nothing its row can come from a damaged copy too."""
    if switch is None or issuer is None or not issuer.done:
        return []
    found = _pairs(switch, issuer, "kind", "amount", "currency", "terminal", "merchant", "last4", "rrn")
    if switch.state == "approved":
        found += _pairs(switch, issuer, "response_code", "auth_code")
    return found


def _pairs(one: TerminalStub | SwitchStub, other: SwitchStub | IssuerStub, *names: str) -> list[str]:
    """The members that both hold and that are not the same."""
    both = [(name, getattr(one, name), getattr(other, name)) for name in names]
    differ = [(name, mine, theirs) for name, mine, theirs in both if mine and theirs and mine != theirs]
    return [
        f"amount {written(mine, one.currency)}/{written(theirs, other.currency)}"
        if name == "amount"
        else f"{name} {mine}/{theirs}"
        for name, mine, theirs in differ
    ]


def _in_the_ledger(issuer: IssuerStub, booked: Booked | None) -> str:
    """What the record of a transaction says, and what the entries do; "" when that is the same."""
    theirs = booked or Booked(currency=issuer.currency)
    pairs = [(name, getattr(issuer, name), getattr(theirs, name)) for name in MOVED]
    wrong = [
        f"{name} {written(ours, issuer.currency)}/{written(entry, theirs.currency)}"
        for name, ours, entry in pairs
        if ours != entry
    ]
    if (issuer.debited or issuer.credited) and issuer.currency != theirs.currency:
        wrong.append(f"currency {issuer.currency}/{theirs.currency}")
    return "; ".join(wrong)


def in_the_family(looked: Looked) -> Iterator[Break]:
    """What refers to nothing its issuer knows, and what more stands against than it did."""
    issuer = looked.evidence.issuer
    if issuer is not None and issuer.done > issuer.undone and looked.orphan:
        yield Break(BreakKind.ORIGINAL_MISSING, f"original {looked.orphan}")
    for stub in (issuer, looked.original):
        if stub is not None and exceeded(stub):
            names = ", ".join(child.name for child in stub.against)
            yield Break(BreakKind.FAMILY_EXCEEDED, f"original {stub.request}; against {names}")
            return


def exceeded(original: IssuerStub) -> bool:
    """Whether more stands against it than it did: of one that fell, anything does; two never end it together, and what
    must be equal to it takes no more than it moved or set aside.
    """
    rules = [(child, BY_NAME[child.kind].original) for child in original.against]
    closing = [child for child, rule in rules if rule is not None and rule.closes]
    bounded = [child for child, rule in rules if rule is not None and rule.amount is AmountRule.EQUAL]
    return bool(original.against) and (
        original.done <= original.undone
        or len(closing) > 1
        or sum(child.amount for child in bounded) > original.done - original.undone
    )


def _on_paper(sold: TerminalStub, slip: Slip) -> str:
    pairs = (
        ("amount", written(sold.amount, sold.currency), written(slip.amount, slip.currency)),
        ("currency", sold.currency, slip.currency),
        ("terminal", sold.terminal, slip.terminal),
        ("STAN", sold.ref[-6:], slip.voucher),
    )
    return "; ".join(f"{name} {ours}/{paper}" for name, ours, paper in pairs if ours != paper)
