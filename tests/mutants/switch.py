"""Mutants of the switch: what it asks the issuers, what it tells the terminals, what it never forgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from counterfoil.security import SecurityError
from counterfoil.simulation import plant
from counterfoil.step import SECOND
from counterfoil.switch import (
    decide,
    forward,
    lifecycle,
    replies,
    rules,
    signon,
    stubs,
    undo,
    upstream,
)
from counterfoil.switch.card import PresentedCard, card_of
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event, State
from counterfoil.switch.memory import OpenIntent
from counterfoil.switch.numbers import trace, transmitted
from counterfoil.switch.records import Records
from counterfoil.switch.rows import Attempt, TerminalRow
from counterfoil.switch.tell import answer
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.transaction import AttemptKey
from mutants.mutant import LESSON, PROTOTYPE, mutant
from mutants.seams import Seams


@mutant("L3", "leg 3 lost, or late", origin=PROTOTYPE, mixes=("delay", "swarm"))
def late_issuer_passes(seams: Seams) -> None:
    """An issuer's yes that comes during the reversal counts."""
    seams.way(lifecycle.REQUEST, State.REVERSING, Event.ISSUER_YES, State.APPROVED)


@mutant("0400 while the original is still at the issuer", mixes=("delay", "calm", "swarm"))
def reversal_of_open_ignored(seams: Seams) -> None:
    """An 0400 that comes before the issuer's answer is acknowledged and changes nothing."""
    seams.way(lifecycle.REQUEST, State.ASKED, Event.REVERSE, State.ASKED)


@mutant("leg 3 lost, or late", "at rest", mixes=("peers",))
def decline_then_yes_forgotten(seams: Seams) -> None:
    """A yes after a no is kept as evidence, and what it booked is not undone."""
    seams.way(lifecycle.REQUEST, State.DECLINED, Event.ISSUER_YES, State.DECLINED)


@mutant("an inquiry without a usable answer", killed_by="tests/switch/test_kinds_table.py")
def inquiry_is_reversed(seams: Seams) -> None:
    """The switch owes the issuer a reversal of an inquiry that nobody answered."""
    seams.constant(undo, "INQUIRIES", lambda _: frozenset())


@mutant("switch cannot reach the issuer", mixes=("partition", "swarm"))
def not_sent_keeps_asked(seams: Seams) -> None:
    """What never left is waited for until the deadline, and reversed."""
    seams.way(lifecycle.REQUEST, State.ASKED, Event.NOT_SENT, State.ASKED)


@mutant("duplicate request", mixes=("peers",), killed_by="tests/switch/test_breaks.py")
def second_answer_counts(seams: Seams) -> None:
    """A no after a yes turns it into a no."""
    seams.way(lifecycle.REQUEST, State.APPROVED, Event.ISSUER_NO, State.DECLINED)
    seams.hit()


@mutant("L2", mixes=("loss", "swarm"))
def timers_inverted(seams: Seams) -> None:
    """The switch waits for its issuer longer than the terminal waits for the switch."""

    def make(original: Any) -> Any:
        return lambda **settings: original(switch_timer=45 * SECOND, **settings)

    original = vars(plant)["SwitchSettings"]
    seams.constant(plant, "SwitchSettings", make)
    assert vars(plant)["SwitchSettings"]().switch_timer > 30 * SECOND > original().switch_timer
    seams.hit()


# --- reversals that are not owed -------------------------------------------------------------------------------------


def _owing_nothing(seams: Seams, caller: str) -> None:
    """No 0420 is put into the outbox while `caller` decides."""
    inside = [False]

    def make_caller(original: Any) -> Any:
        def called(*args: Any) -> None:
            inside[0] = True
            try:
                original(*args)
            finally:
                inside[0] = False

        return called

    def make_owe(original: Any) -> Any:
        def owe_reversal(*args: Any) -> None:
            if inside[0]:
                seams.hit()
            else:
                original(*args)

        return owe_reversal

    seams.function(undo, caller, make_caller)
    seams.function(undo, "owe_reversal", make_owe)


@mutant("leg 4 lost (approval)", origin=PROTOTYPE, mixes=("loss", "swarm"))
def switch_no_issuer_reversal(seams: Seams) -> None:
    """A terminal's 0400 is acknowledged, and the issuer never hears of it."""
    _owing_nothing(seams, "reversal")


@mutant("leg 2 lost", "leg 3 lost, or late", mixes=("loss", "swarm"))
def expiry_owes_nothing(seams: Seams) -> None:
    """The switch gives up on its issuer, says 98 and sends no 0420."""
    _owing_nothing(seams, "expire")


@mutant("leg 1 lost", "0400 before its original", mixes=("delay", "swarm"))
def no_tombstone_at_switch(seams: Seams) -> None:
    """A reversal of what was never seen is answered 25 and leaves no tombstone."""

    def make(original: Any) -> Any:
        def put(self: Work, attempt: Attempt) -> None:
            if attempt.state is State.TOMBSTONE:
                seams.hit()
            else:
                original(self, attempt)

        return put

    seams.method(Work, "put", make)


def _refusing(seams: Seams, *states: State) -> None:
    def make(original: Any) -> Any:
        def reversal(desk: Desk, work: Work, ask: Request, key: AttemptKey | None) -> None:
            attempt = work.attempts.get(key) if key is not None else None
            if attempt is not None and attempt.state in states:
                seams.hit()
                answer(desk, work, ask, "12")
            else:
                original(desk, work, ask, key)

        return reversal

    seams.function(undo, "reversal", make)


@mutant("leg 4 lost (decline)", mixes=("loss", "swarm"))
def reversal_of_decline_refused(seams: Seams) -> None:
    """An 0400 for what was declined is refused, because there is nothing to undo."""
    _refusing(seams, State.DECLINED)


@mutant("duplicate, late or orphan reversal", mixes=("loss", "duplicate", "swarm"))
def second_reversal_refused(seams: Seams) -> None:
    """An 0400 that comes again is refused, because it was done before."""
    _refusing(seams, State.REVERSING, State.REVERSED, State.TOMBSTONE)


@mutant("keys", "duplicate, late or orphan reversal", killed_by="tests/switch/test_breaks.py")
def reversal_by_key_only(seams: Seams) -> None:
    """An 0400 undoes the attempt of its key whatever amount it names."""

    def make(original: Any) -> Any:
        def differing(*args: Any) -> tuple[str, ...]:
            if original(*args):
                seams.hit()
            return ()

        return differing

    seams.function(undo, "differing", make)


# --- repeats ---------------------------------------------------------------------------------------------------------


def _again(seams: Seams, instead: Any) -> None:
    """Something else is done with a repeat of a request that is still open."""

    def make(original: Any) -> Any:
        def again(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt) -> None:
            if attempt.state is State.ASKED and attempt.issuer:
                seams.hit()
                instead(desk, work, ask, terminal, attempt)
            else:
                original(desk, work, ask, terminal, attempt)

        return again

    seams.function(decide, "again", make)


@mutant("duplicate request", mixes=("duplicate", "calm", "swarm"))
def duplicate_forwarded_again(seams: Seams) -> None:
    """A repeat of an open request goes upstream as another one."""

    def instead(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt) -> None:
        card, tick = card_of(ask.message, terminal, desk.hsm), work.tick()
        assert isinstance(card, PresentedCard)
        pin, issuer = b"", desk.issuers[attempt.issuer]
        if ask.message.de52 is not None:
            try:
                pin = decide._translated(desk, ask.message.de52, ask.message.de53, card, terminal, issuer)
            except SecurityError:
                return
        attempt.transmitted, attempt.trace = transmitted(tick), trace(tick)
        work.put(attempt)
        work.wait(attempt.rrn, OpenIntent(ask, attempt.deadline, tick))
        forward.forward(desk, work, ask, attempt, tick, card, pin)

    _again(seams, instead)


@mutant("duplicate request", mixes=("duplicate", "calm", "swarm"))
def duplicate_declined_while_open(seams: Seams) -> None:
    """A repeat of an open request is declined, although the first may be approved."""
    _again(seams, lambda desk, work, ask, terminal, attempt: answer(desk, work, ask, "12", de37=attempt.rrn))


@mutant("duplicate request", killed_by="tests/switch/test_repeats.py")
def other_content_answered(seams: Seams) -> None:
    """A key that comes with other content gets the result of the first."""

    def make(_: Any) -> Any:
        def same_content(*_: Any) -> bool:
            seams.hit()
            return True

        return same_content

    seams.function(decide, "_same_content", make)


@mutant("duplicate request", killed_by="tests/switch/test_repeats.py")
def reversed_sale_said_again(seams: Seams) -> None:
    """A repeat of a reversed request gets the approval that was reversed."""
    seams.constant(decide, "REVERSED", lambda _: frozenset())
    seams.hit()


# --- keys ------------------------------------------------------------------------------------------------------------


class _ByStan(dict[AttemptKey, Attempt]):
    """Attempts by STAN alone, whoever's they are."""

    def __init__(self, seams: Seams) -> None:
        super().__init__()
        self._seams = seams

    def get(self, key: AttemptKey, default: Any = None) -> Any:
        for known, attempt in self.items():
            if known.stan == key.stan:
                if known != key:
                    self._seams.hit()
                return attempt
        return default


@mutant("keys", origin=LESSON, mixes=("calm", "swarm"))
def stan_only_key(seams: Seams) -> None:
    """A request is known by its STAN alone: two terminals meet."""

    def make_work(original: Any) -> Any:
        def init(self: Work, *args: Any) -> None:
            original(self, *args)
            self.attempts = _ByStan(seams)

        return init

    def make_attempts(original: Any) -> Any:
        def attempts(self: Records, keys: Sequence[AttemptKey], rrns: Sequence[str]) -> list[Attempt]:
            stans = [key.stan for key in keys]
            found = self.store.select_in("SELECT terminal, batch, stan FROM attempt WHERE stan IN ({marks})", stans)
            loaded: list[Attempt] = original(self, [*keys, *(AttemptKey(*row) for row in found)], rrns)
            return loaded

        return attempts

    seams.method(Work, "__init__", make_work)
    seams.method(Records, "attempts", make_attempts)
    seams.method(Records, "perhaps_known", lambda _: lambda *_: True)


@mutant("keys", "the terminal never comes back", mixes=("lost-terminal", "swarm"))
def batch_not_advanced(seams: Seams) -> None:
    """A device that begins anew goes on in the batch of the one before it."""

    def make(original: Any) -> Any:
        def began_anew(*args: Any) -> bool:
            if original(*args):
                seams.hit()
            return False

        return began_anew

    seams.function(signon, "_began_anew", make)


@mutant("the terminal never comes back", mixes=("lost-terminal", "swarm"))
def any_batch_proves_closure(seams: Seams) -> None:
    """A request of a fresh device proves that the lost one had closed its last sale."""
    told = "later.batch = attempt.batch AND later.stan > attempt.stan AND "
    for name in ("BY_KEY", "BY_RRN", "EVERY"):
        seams.constant(stubs, name, lambda text: text.replace(told, ""))
    seams.hit()


# --- what it keeps ---------------------------------------------------------------------------------------------------


def _forgetting(seams: Seams, *names: str) -> None:
    def make(original: Any) -> Any:
        def load(self: Records) -> list[Any]:
            seams.reached += len(original(self))
            return []

        return load

    for name in names:
        seams.method(Records, name, make)


@mutant("a station is killed at any instant", origin=PROTOTYPE, mixes=("crash", "swarm"))
def switch_forgets_on_reboot(seams: Seams) -> None:
    """After a start the switch knows of nothing that was open."""
    _forgetting(seams, "asked", "owed")


@mutant("a station is killed at any instant", mixes=("crash", "swarm"))
def switch_forgets_asked(seams: Seams) -> None:
    """After a start the switch sends its advices, and forgets the intents that were open."""
    _forgetting(seams, "asked")


@mutant("L4", "a station is killed at any instant", mixes=("crash", "swarm"))
def switch_forgets_outbox(seams: Seams) -> None:
    """After a start the switch closes its intents, and forgets the advices that it owed."""
    _forgetting(seams, "owed")


@mutant("L3", "leg 3 lost, or late", origin=LESSON, mixes=("delay", "swarm"))
def late_issuer_answer_dropped(seams: Seams) -> None:
    """An issuer's late answer leaves no trace."""

    def make(original: Any) -> Any:
        def answered(desk: Desk, work: Work, issuer: str, message: upstream.IssuerAnswer) -> None:
            attempt = work.by_rrn.get(message.de37 or "")
            if attempt is not None and attempt.state is not State.ASKED:
                seams.hit()
            else:
                original(desk, work, issuer, message)

        return answered

    seams.function(replies, "answered", make)


@mutant("0430 neither 00 nor 25", mixes=("peers", "swarm"))
def case_never_opened(seams: Seams) -> None:
    """An advice that is tried too often is tried on, and nobody is told."""

    def make(_: Any) -> Any:
        def open_case(*_: Any) -> None:
            seams.hit()

        return open_case

    seams.method(Work, "open_case", make)


@mutant("0430 neither 00 nor 25", mixes=("peers", "swarm"))
def case_for_nobody(seams: Seams) -> None:
    """A case is opened, and is nobody's."""

    def make(original: Any) -> Any:
        def open_case(self: Work, attempt: Any, what: str, owner: str, detail: str) -> None:
            seams.hit()
            original(self, attempt, what, owner and "", detail)

        return open_case

    seams.method(Work, "open_case", make)


@mutant("trust", mixes=("customers",))
def typed_at_any_terminal(seams: Seams) -> None:
    """A card number may be typed at the terminals of every merchant."""
    seams.constant(rules, "TYPED", lambda _: "")
    seams.hit()
