"""The verdict and its words, told a second time: from the three stubs, by what docs/loop.md says the words mean."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.kinds import BY_NAME, Mode
from counterfoil.kinds.kind import Saying
from counterfoil.simulation.expected.local import local
from counterfoil.simulation.expected.paper import INSIDE, OWN_WORDS, plain
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Clocks, Finding, judge
from counterfoil.words import Told

HOUR: Final[Instant] = 3600 * SECOND
DAY: Final[Instant] = 24 * HOUR
WORKING_DAYS: Final = 7
WEEKEND: Final = 5
NO_CLOCK: Final = Clocks(closure=100 * 366 * DAY, reversal=100 * 366 * DAY)
PURCHASES: Final = {
    "PAID": "You have paid {amount}.",
    "PAID_RECEIPT_OPEN": "You have paid {amount};",
    "NOT_CHARGED": "Your card was not charged.",
    "RETURNING": "If your bank shows a charge of {amount} it is being returned, by {refund} at the latest.",
    "RETURNED": "The charge of {amount} was returned at {returned}.",
    "UNKNOWN": "Please do not pay again yet; we will know by {by}.",
    "EXCEPTION": "Case number {case}, we call you back.",
}
_KNOWS: Final = ("not_sent", "reversing", "reversed", "escalated")
_ITSELF: Final = ((0, "terminal"),)
_UNHEARD: Final = ((1, "terminal"), (2, "switch"), (3, "issuer"), (4, "switch"), (0, "switch"))
WHERE: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    "line": ((1, "terminal"),),
    "sign_on": ((1, "terminal"), (0, "terminal"), (0, "switch")),
    **dict.fromkeys(("reversal", "printer", "cancelled", "restart", "kept", "paid"), _ITSELF),
    "no_answer": _UNHEARD,
    "line_closed": _UNHEARD,
    "bad_mac": ((4, "switch"), (1, "terminal")),  # the answer may say that the request's MAC was wrong
    "unreadable": ((4, "switch"), (1, "terminal")),
    "differs": ((4, "switch"), (1, "terminal")),
    "undecided": ((0, "switch"), (1, "terminal")),
}
"""Leg and first end of where a sale stopped, by what its terminal says of it."""
TOLD: Final = ("06", "17", "96", "A0")
"""DE39 of an 0400 that says why, where its terminal cannot be asked any more."""
StubTypes: Final = (TerminalStub, SwitchStub, IssuerStub)
FALLEN: Final = "The sale did not go through, and you may pay again."
LEGS: Final = {1: "terminal", 2: "switch", 3: "issuer", 4: "switch", 5: "terminal"}


def check(terminal: TerminalStub | None, switch: SwitchStub | None, issuer: IssuerStub | None, now: Instant) -> Finding:
    """Ask the verdict, and compare all that it says with what the stubs mean."""
    finding = judge(terminal, switch, issuer, now, NO_CLOCK)
    stubs = [stub for stub in (terminal, switch, issuer) if stub is not None]
    first = stubs[0]
    name = terminal.ref if terminal is not None else first.rrn
    verdict = meaning(terminal, switch, issuer)
    must(finding.verdict == verdict, f"{name} is called {finding.verdict}, the stubs mean {verdict}")
    started = min(stub.started_at for stub in stubs)
    if first.kind in OWN_WORDS and not finding.against:
        _told(name, finding, terminal, issuer, first)
    else:
        _told_of_a_kind(name, finding, first)
    inside = INSIDE.search(finding.sentence.en) or INSIDE.search(finding.sentence.zh)
    must(inside is None, f"{name}: the customer is told {inside and inside[0]!r}")
    said_zh = (finding.sentence.zh, finding.cashier.zh, finding.next.action.zh)
    must(all(said_zh), f"{name}: a sentence is missing in Chinese")
    _money(name, finding, issuer)
    _next(name, finding, terminal, switch, started)
    _stop(name, finding, terminal, switch, issuer)
    return finding


def _told(
    name: str,
    finding: Finding,
    terminal: TerminalStub | None,
    issuer: IssuerStub | None,
    first: TerminalStub | SwitchStub | IssuerStub,
) -> None:
    """What is said of a purchase, word by word."""
    verdict, stubs = finding.verdict.value, [one for one in finding.evidence if isinstance(one, StubTypes)]
    debited = issuer.debited_at if issuer is not None and issuer.debited_at else first.started_at
    t = terminal.state if terminal is not None else ""
    fallen = t in ("declined", "reversed") or (
        t == "not_sent" and terminal and not terminal.cause.startswith("reversal")
    )
    said = FALLEN if verdict == "UNKNOWN" and fallen else PURCHASES[verdict]
    if verdict == "RETURNING" and issuer is not None and issuer.returned and issuer.debited == issuer.returned:
        said = PURCHASES["RETURNED"]
    words = said.format(
        amount=f"{plain(first.amount, first.currency)} {first.currency}",
        refund=spoken(working_days_later(debited)),
        returned=spoken(issuer.returned_at if issuer is not None else 0),
        by=spoken(finding.next.by),
        case=next((s.case for s in stubs if s.case), "") or next((s.rrn for s in stubs if s.rrn), "") or name,
    )
    must(words in finding.sentence.en, f"{name}: {finding.sentence.en!r} does not say {words!r}")
    busy = t in ("sent", "reversing") and verdict in ("RETURNING", "NOT_CHARGED")
    second = terminal is not None and terminal.cause.startswith("paid:")  # nothing is to be paid at any till
    where = "a second payment" if second else "another till"
    must(not busy or where in finding.sentence.en, f"{name}: its terminal owes a reversal, {verdict}")


def _told_of_a_kind(name: str, finding: Finding, first: TerminalStub | SwitchStub | IssuerStub) -> None:
    """What is said of any kind: one of the sentences that its description, or that of what stands against it, has for
    this verdict, with its places filled.
    """
    kind = BY_NAME[first.kind]
    words = kind.words
    ends = [original.ended for child in finding.against if (original := BY_NAME[child.kind].original) is not None]
    ends += [kind.expired] if kind.expired is not None else []
    over = [one.told for one in ends]
    says = {
        "PAID": [words.stands, *over],
        "PAID_RECEIPT_OPEN": [words.receipt_open, *over],
        "NOT_CHARGED": [*_variants(words.nothing), *words.unsent.values(), words.refused],
        "RETURNING": _variants(words.going_back),
        "RETURNED": _variants(words.undone),
        "UNKNOWN": _variants(words.unknown),
        "EXCEPTION": [words.exception],
    }[finding.verdict.value]
    fits = any(_filled(told.customer.en, finding.sentence.en) for told in says)
    must(fits, f"{name}, a {kind.name}: {finding.sentence.en!r} is not said of {finding.verdict}")
    must("{" not in finding.sentence.en + finding.sentence.zh, f"{name}: {finding.sentence.en!r} has an open place")


def _variants(saying: Saying) -> list[Told]:
    return [told for told in (saying.free, saying.busy, saying.twice) if told is not None]


def _filled(words: str, sentence: str) -> bool:
    """Whether a sentence is these words, with something in each of their places."""
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", words)]
    return re.fullmatch("(.|\n)*".join(parts), sentence) is not None


def meaning(terminal: TerminalStub | None, switch: SwitchStub | None, issuer: IssuerStub | None) -> str:
    """The word for three stubs, before any clock."""
    t, s = terminal.state if terminal is not None else "", switch.state if switch is not None else ""
    holds = issuer is not None and issuer.done > issuer.undone
    returned = issuer is not None and not holds and issuer.undone > 0
    kind = next(BY_NAME[stub.kind] for stub in (terminal, switch, issuer) if stub is not None)
    if any(stub is not None and stub.case for stub in (switch, issuer)):
        return "EXCEPTION"  # a person is on it, wherever the stations stand
    if kind.mode is Mode.INQUIRY:
        return _asked(t, s)
    fallen = (s in ("reversed", "tombstone") and not holds) or (s == "declined" and not holds and not returned)
    if t == "escalated" and not (fallen and _agreed(switch, issuer, returned=returned)):
        return "EXCEPTION"
    if t in ("approved", "closed") or (s == "approved" and not t):
        return _standing(t, switch, issuer, holds=holds)
    if s == "reversing":
        return "RETURNING"
    if s in ("reversed", "tombstone"):
        return _undone(switch, issuer, holds=holds, returned=returned)
    if t == "reversing" and s == "approved":
        return "RETURNING"
    return _falling(t, terminal, s, moved=holds or returned)


def _asked(t: str, s: str) -> str:
    """What only asks: it was told, or was not, or is on its way; no money is anywhere."""
    if t in ("declined", "lapsed", "not_sent"):
        return "NOT_CHARGED"
    if t == "sent" or (not t and s == "asked"):
        return "UNKNOWN"
    return "PAID" if s == "approved" else "NOT_CHARGED" if s == "declined" else "UNKNOWN"


def _agreed(switch: SwitchStub | None, issuer: IssuerStub | None, *, returned: bool) -> bool:
    """Whether switch and issuer say of a sale that has fallen what became of its money."""
    assert switch is not None
    return switch.state == "declined" or _undone(switch, issuer, holds=False, returned=returned) not in (
        "UNKNOWN",
        "EXCEPTION",
    )


def _standing(t: str, switch: SwitchStub | None, issuer: IssuerStub | None, *, holds: bool) -> str:
    if switch is None:
        return "UNKNOWN"
    if switch.state != "approved":
        return "EXCEPTION"
    if issuer is None:
        return "UNKNOWN"
    if not holds:
        return "EXCEPTION"
    return "PAID" if t == "closed" or (not t and switch.followed_at) else "PAID_RECEIPT_OPEN"


def _undone(switch: SwitchStub | None, issuer: IssuerStub | None, *, holds: bool, returned: bool) -> str:
    assert switch is not None
    nothing = switch.state == "tombstone" or not switch.forwarded or switch.reversal_code == "25"
    if holds or (nothing and returned):
        return "EXCEPTION"
    if returned:
        return "RETURNED"
    return "NOT_CHARGED" if nothing or issuer is not None else "UNKNOWN"


def _falling(t: str, terminal: TerminalStub | None, s: str, *, moved: bool) -> str:
    """The sale does not stand, and nothing is on its way back."""
    assert s in ("", "asked", "approved", "declined")
    if t == "not_sent":
        return "NOT_CHARGED" if s in ("", "declined") and not moved else "EXCEPTION"
    if not s:
        told = t == "declined" and terminal is not None and terminal.response_code != "98"
        return "NOT_CHARGED" if told and not moved else "UNKNOWN"
    if s == "declined":
        if moved:
            return "EXCEPTION"
        return "UNKNOWN" if t in ("sent", "reversing") else "NOT_CHARGED"
    waits = t in ("", "sent", "reversing") if s == "asked" else t == "sent"
    return "UNKNOWN" if waits else "EXCEPTION"


def _money(name: str, finding: Finding, issuer: IssuerStub | None) -> None:
    held = issuer.done - issuer.undone if issuer is not None else 0
    back = issuer.undone if issuer is not None and not held else 0
    told = sum(one.amount for one in finding.money)
    due = max([held, *(child.amount for child in finding.against)]) or back  # a completion may take more than was held
    must(told == due, f"{name}: {told} is said to be somewhere, {held} is held, {back} came back")
    for one in finding.money if finding.kind in OWN_WORDS and not finding.against else ():
        assert issuer is not None
        paid = finding.verdict.startswith("PAID")
        owner = f"merchant {issuer.merchant}" if paid else f"cardholder …{issuer.last4}"
        must((one.owner, one.holder) == (owner, issuer.issuer), f"{name}: {one.amount} is said to be {one.owner}'s")
        word = (
            "returned"
            if back
            else "way back"
            if finding.verdict == "RETURNING"
            else "merchant"
            if paid
            else "not decided"
        )
        must(word in one.what.en, f"{name}: the money is said to be {one.what.en!r}")


def _next(
    name: str, finding: Finding, terminal: TerminalStub | None, switch: SwitchStub | None, started: Instant
) -> None:
    t, s = terminal.state if terminal is not None else "", switch.state if switch is not None else ""
    verdict = finding.verdict.value
    waiting = "terminal" if t in ("sent", "reversing") else "switch" if s == "asked" else "acquirer"
    owners = {
        "PAID": "nobody",
        "RETURNED": "nobody",
        "NOT_CHARGED": "cashier",
        "EXCEPTION": "supervisor" if t == "escalated" else "acquirer",
        "PAID_RECEIPT_OPEN": "cashier" if t == "approved" else "acquirer",
        "RETURNING": "switch" if s == "reversing" else "terminal",
        "UNKNOWN": waiting,
    }
    must(finding.next.owner == owners[verdict], f"{name} is {verdict}, and next is {finding.next.owner}")
    if verdict in ("PAID", "RETURNED", "NOT_CHARGED"):
        must(finding.next.by == 0, f"{name} is {verdict}, and a clock runs")
    elif verdict == "UNKNOWN":
        due = terminal.due if waiting == "terminal" and terminal is not None else 0
        due = switch.due if waiting == "switch" and switch is not None else due
        must(not due or finding.next.by == due, f"{name} is UNKNOWN until {finding.next.by}, due is {due}")
    else:
        must(finding.next.by > started, f"{name} is {verdict}, and no clock runs")


def _stop(
    name: str, finding: Finding, terminal: TerminalStub | None, switch: SwitchStub | None, issuer: IssuerStub | None
) -> None:
    t, s = terminal.state if terminal is not None else "", switch.state if switch is not None else ""
    stop = finding.stopped_at
    if t == "closed" and s == "approved":
        must(stop is None, f"{name} went all the way round, and is said to have stopped: {stop}")
        return
    if t == "approved" and s == "approved":
        must(stop is not None and stop.leg == 5, f"{name} lacks its receipt, and is said to have stopped at {stop}")
    why = terminal.cause.partition(":")[0] if terminal is not None and t in _KNOWS else ""
    if why:
        place = (stop.leg, stop.hop.partition(" ")[0]) if stop is not None else (-1, "")
        must(
            place in WHERE[why], f"{name} fell for {terminal and terminal.cause}, and is said to have stopped at {stop}"
        )
        return
    if s == "tombstone" and (terminal is not None or switch is None or switch.reversal_reason not in TOLD):
        must(stop is not None and stop.leg == 1, f"{name} never came, and is said to have stopped at {stop}")
    if t == "declined" and s == "declined" and switch is not None and switch.response_code not in ("91", "98"):
        code = issuer.response_code if issuer is not None and issuer.response_code else switch.response_code
        who = issuer.issuer if issuer is not None and issuer.response_code else "switch"
        fits = stop is not None and (stop.leg, stop.hop) == (0, who) and code in stop.what.en
        must(fits, f"{name} was declined by {who} with {code}, and is said to have stopped at {stop}")
    if stop is not None and stop.leg:
        must(stop.hop.startswith(LEGS[stop.leg]), f"{name} stopped on leg {stop.leg}, called {stop.hop}")


# --- times -----------------------------------------------------------------------------------------------------------


def spoken(at: Instant) -> str:
    """An instant in a sentence."""
    return f"{local(at):%Y-%m-%d %H:%M:%S} UTC+08:00"


def working_days_later(at: Instant) -> Instant:
    """The end of the time in which a charge must be back."""
    left = WORKING_DAYS
    while left:
        at += DAY
        if local(at).weekday() < WEEKEND:
            left -= 1
    return at
