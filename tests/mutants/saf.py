"""Mutants of store-and-forward: the defects seen in other systems, one by one."""

from __future__ import annotations

from typing import Any

from counterfoil.step import SECOND, Instant
from counterfoil.switch import rules, saf
from counterfoil.switch.caution import Caution
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event
from counterfoil.switch.outbox import Outbox
from counterfoil.switch.rows import Attempt, OwedAdvice
from counterfoil.switch.work import Work
from mutants.mutant import LESSON, PROTOTYPE, mutant
from mutants.seams import Seams

EXPIRES_AFTER: Instant = 60 * SECOND


def _done(work: Work, attempt: Attempt) -> None:
    """The advice leaves the outbox as if it had been acknowledged."""
    work.move(attempt, Event.ACKNOWLEDGE)
    work.acknowledge(attempt.rrn)


def _sending(seams: Seams, send: Any) -> None:
    """Another way to send an advice: `send(original, desk, work, advice, attempt)`."""

    def make(original: Any) -> Any:
        def one(desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
            send(original, desk, work, advice, attempt)

        return one

    seams.function(saf, "_send", make)


@mutant("L4", "0430 neither 00 nor 25", origin=PROTOTYPE, mixes=("peers", "swarm"))
def saf_gives_up(seams: Seams) -> None:
    """After ten tries an advice is thrown away."""

    def send(original: Any, desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
        if advice.tries >= desk.settings.case_after:
            seams.hit()
            _done(work, attempt)
        else:
            original(desk, work, advice, attempt)

    _sending(seams, send)


@mutant("L4", "0430 neither 00 nor 25", origin=LESSON, mixes=("partition", "loss", "swarm"))
def saf_expires_silently(seams: Seams) -> None:
    """An advice that has waited for a minute expires."""

    def send(original: Any, desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
        if work.now - attempt.started_at > EXPIRES_AFTER:
            seams.hit()
            _done(work, attempt)
        else:
            original(desk, work, advice, attempt)

    _sending(seams, send)


@mutant("L4", "leg 2 lost", origin=PROTOTYPE, mixes=("loss", "swarm"))
def saf_dequeues_on_send(seams: Seams) -> None:
    """An advice leaves the outbox when it is sent."""

    def send(original: Any, desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
        original(desk, work, advice, attempt)
        seams.hit()
        _done(work, attempt)

    _sending(seams, send)


@mutant("L4", "0430 neither 00 nor 25", origin=LESSON, mixes=("peers", "swarm"))
def saf_lost_answer_not_counted(seams: Seams) -> None:
    """A try without an answer is not counted, so nobody is ever told."""

    def send(original: Any, desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
        original(desk, work, advice, attempt)
        if advice.tries > 1:
            seams.hit()
            advice.tries = 1

    _sending(seams, send)


@mutant("L4", "leg 2 lost", origin=LESSON, mixes=("loss", "swarm"))
def reversal_repeat_unflagged(seams: Seams) -> None:
    """A repeated advice does not say that it is one."""
    seams.constant(saf, "REPEAT", lambda _: saf.FIRST)
    seams.hit()


@mutant("L4", origin=LESSON, mixes=("partition", "swarm"))
def saf_head_of_line(seams: Seams) -> None:
    """All issuers share one queue: the oldest advice goes first or nothing does."""

    def make(original: Any) -> Any:
        def choose(work: Work, issuer: str) -> list[str]:
            chosen: list[str] = original(work, issuer)
            owed = {rrn: name for name, box in work.memory.outboxes.items() for rrn in box.owed}
            head = next((owed[rrn] for rrn in sorted(owed) if rrn not in work.acknowledged), issuer)
            if chosen and head != issuer:
                seams.hit()
                return []
            return chosen

        return choose

    seams.function(saf, "_choose", make)


class _Anything:
    """A list of codes that holds every code."""

    def __init__(self, codes: Any, seams: Seams) -> None:
        self._codes = codes
        self._seams = seams

    def __contains__(self, code: object) -> bool:
        if code not in self._codes:
            self._seams.hit()
        return True


@mutant("0430 neither 00 nor 25", mixes=("peers", "garbled", "swarm"))
def refused_advice_dropped(seams: Seams) -> None:
    """Whatever an 0430 says, it ends the advice."""
    seams.constant(saf, "ACKNOWLEDGED", lambda codes: _Anything(codes, seams))


@mutant("0430 neither 00 nor 25", origin=LESSON, killed_by="tests/switch/test_saf.py")
def saf_substring_code(seams: Seams) -> None:
    """The codes are looked for in a text: an 0430 without one is an acknowledgement."""
    seams.constant(saf, "ACKNOWLEDGED", ",".join)
    seams.hit()


# --- an issuer that hangs up ------------------------------------------------------------------------------------------

HANGS_UP = "one advice a peer cannot take (it hangs up on it)"
BY_SWITCH = "tests/switch/test_hangups.py"
BY_OUTBOX = "tests/switch/test_outbox.py"


@mutant(HANGS_UP, origin=LESSON, killed_by=BY_SWITCH)
def saf_rushes_when_a_link_comes_up(seams: Seams) -> None:
    """Everything owed is due when a link went down, whatever its pause."""

    def make(original: Any) -> Any:
        def hung_up(work: Work, issuer: str) -> None:
            original(work, issuer)
            for rrn in work.memory.outboxes[issuer].owed:
                advice = work.advices.get(rrn)
                if advice is not None:
                    seams.hit()
                    advice.next_at = work.now
                    work.owe(advice)

        return hung_up

    seams.function(saf, "hung_up", make)


@mutant(HANGS_UP, killed_by=BY_SWITCH)
def saf_hangups_not_counted(seams: Seams) -> None:
    """What was on its way at a hang-up is suspected of nothing."""

    def make(_: Any) -> Any:
        def hung_up(work: Work, issuer: str) -> None:
            seams.hit()
            work.lost.add(issuer)
            work.later(lambda memory: memory.outboxes[issuer].flying.clear())

        return hung_up

    seams.function(saf, "hung_up", make)


@mutant(HANGS_UP, killed_by=BY_OUTBOX)
def saf_suspects_go_together(seams: Seams) -> None:
    """All suspects whose time has come go at once, beside the others."""

    def make(_: Any) -> Any:
        def suspect(box: Outbox, now: Instant, *, others: bool) -> list[str]:
            seams.hit()
            del others
            return box.due(now, 64, suspect=True)

        return suspect

    seams.method(Outbox, "suspect", make)


@mutant(HANGS_UP, killed_by=BY_OUTBOX)
def saf_overtakes_in_a_family(seams: Seams) -> None:
    """Advices of one family do not wait for each other."""

    def make(_: Any) -> Any:
        def is_first(_box: Outbox, _rrn: str, _owed: Any) -> bool:
            seams.hit()
            return True

        return is_first

    seams.method(Outbox, "is_first", make)


@mutant(HANGS_UP, killed_by=BY_OUTBOX)
def saf_stays_cautious(seams: Seams) -> None:
    """An answer does not end the caution of earlier hang-ups."""
    seams.method(Caution, "over", lambda _: lambda _caution: seams.hit())


@mutant(HANGS_UP, killed_by=BY_SWITCH)
def askers_never_wait(seams: Seams) -> None:
    """Whoever was asking at every hang-up asks on."""

    def make(_: Any) -> Any:
        def hangs_up_on(*_: Any) -> bool:
            seams.hit()
            return False

        return hangs_up_on

    seams.function(rules, "hangs_up_on", make)
