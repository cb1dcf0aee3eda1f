"""Mutants of trust: whom a switch and a terminal believe, what a stranger is answered, what a sign-on is worth."""

from __future__ import annotations

from typing import Any

import msgspec

from counterfoil.step import Instant
from counterfoil.switch import decide, hear, rows, signon, strangers, stubs, tell, upstream
from counterfoil.switch.desk import Desk
from counterfoil.switch.rows import TerminalRow
from counterfoil.switch.tell import answer
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.terminal import decide as sale_decide
from counterfoil.terminal import undo, wire
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.work import Work as Errands
from mutants.mutant import mutant
from mutants.seams import Seams

# --- who vouches for it ----------------------------------------------------------------------------------------------


@mutant("leg 4 with a wrong MAC", "trust", mixes=("garbled", "swarm"))
def terminal_mac_ignored(seams: Seams) -> None:
    """A request is taken whatever its MAC."""

    def make(original: Any) -> Any:
        def genuine(desk: Desk, ask: Request, terminal: TerminalRow, mak: Any) -> bool:
            if not original(desk, ask, terminal, mak):
                seams.hit()
            return True

        return genuine

    seams.function(hear, "genuine", make)


@mutant("trust", mixes=("forged", "garbled"))
def issuer_mac_ignored(seams: Seams) -> None:
    """An issuer's answer is taken whatever its MAC."""

    def make(original: Any) -> Any:
        def authentic(*args: Any) -> bool:
            if not original(*args):
                seams.hit()
            return True

        return authentic

    seams.function(upstream, "authentic", make)


def _told_without_burning(seams: Seams, *types: str) -> None:
    """What has no valid MAC is told A0, and its key is left as it was."""

    def make(original: Any) -> Any:
        def unsealed(desk: Desk, work: Work, ask: Request) -> None:
            if ask.terminal is not None and ask.message.mti in types:
                seams.hit()
                answer(desk, work, ask, "A0")
            else:
                original(desk, work, ask)

        return unsealed

    seams.function(strangers, "unsealed", make)


@mutant("trust", "one of two copies of a request damaged", killed_by="tests/switch/test_trust.py")
def damaged_request_refused(seams: Seams) -> None:
    """A request without a valid MAC is refused, and its intact copy approved. Not every terminal reverses then."""
    _told_without_burning(seams, "0100", "0200")


@mutant("trust", killed_by="tests/switch/test_trust.py")
def damaged_reversal_answered(seams: Seams) -> None:
    """A reversal without a valid MAC is answered."""
    _told_without_burning(seams, "0400")


@mutant("trust", killed_by="tests/switch/test_trust.py")
def stranger_proves_closure(seams: Seams) -> None:
    """A key that a stranger burnt proves that the terminal closed the sale before it."""
    vouched = f" AND {rows.SEALED.format('later')}"
    for name in ("FOLLOWED", "BY_KEY", "BY_RRN", "EVERY"):
        seams.constant(stubs, name, lambda text: text.replace(vouched, ""))
    seams.hit()


@mutant("trust", killed_by="tests/switch/test_trust.py")
def strangers_fill_the_disk(seams: Seams) -> None:
    """Every message nobody vouches for leaves a line."""

    def make(_: Any) -> Any:
        def may_keep(*_: Any) -> bool:
            seams.hit()
            return True

        return may_keep

    seams.function(strangers, "may_keep", make)


@mutant("trust", killed_by="tests/switch/test_trust.py")
def burns_without_end(seams: Seams) -> None:
    """A stranger burns as many keys of a terminal as he likes."""

    def make(original: Any) -> Any:
        def quota(self: Work, name: str) -> Any:
            seams.hit()
            return original(self, name)._replace(burnt=0)

        return quota

    seams.method(Work, "quota", make)


# --- claims ----------------------------------------------------------------------------------------------------------


@mutant("trust", killed_by="tests/switch/test_signon.py")
def sign_on_takes_effect_at_once(seams: Seams) -> None:
    """The keys and the batch a sign-on is told hold from then on, whoever asked."""

    def make(original: Any) -> Any:
        def manage(desk: Desk, work: Work, ask: Request, terminal: TerminalRow) -> None:
            original(desk, work, ask, terminal)
            changed = work.terminals[terminal.terminal]
            if changed.offers:
                seams.hit()
                signon.taken(desk, work, changed, changed.offers[-1])

        return manage

    seams.function(signon, "manage", make)


@mutant("trust", killed_by="tests/switch/test_signon.py")
def a_later_sign_on_pushes_out_the_one_before(seams: Seams) -> None:
    """Only the last sign-on counts, which may have been a stranger's."""

    def make(original: Any) -> Any:
        def put_terminal(self: Work, terminal: TerminalRow) -> None:
            if len(terminal.offers) > 1:
                seams.hit()
            original(self, msgspec.structs.replace(terminal, offers=terminal.offers[-1:]))

        return put_terminal

    seams.method(Work, "put_terminal", make)


@mutant("trust", "keys", killed_by="tests/switch/test_signon.py")
def two_devices_in_one_batch(seams: Seams) -> None:
    """What other sign-ons were told stays good when one of them has begun another batch."""

    def make(original: Any) -> Any:
        def taken(work: Work, terminal: TerminalRow, offer: rows.Offer) -> TerminalRow:
            seams.hit()
            left = tuple(one for one in terminal.offers if one != offer)
            kept: TerminalRow = msgspec.structs.replace(original(work, terminal, offer), offers=left)
            work.put_terminal(kept)
            return kept

        return taken

    seams.function(signon, "taken", make)


@mutant("keys", killed_by="tests/switch/test_signon.py")
def batch_numbers_come_round(seams: Seams) -> None:
    """After the last batch number comes the first."""

    def make(original: Any) -> Any:
        def standing(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, *args: Any) -> Any:
            if terminal.batch == signon.LAST_BATCH:
                seams.hit()
                terminal = msgspec.structs.replace(terminal, batch="000000")
            return original(desk, work, ask, terminal, *args)

        return standing

    seams.function(signon, "_standing", make)


@mutant("trust", killed_by="tests/switch/test_repeats.py")
def answered_under_the_key_of_today(seams: Seams) -> None:
    """An answer goes under the keys of the last sign-on, whatever its request came under."""

    def make(original: Any) -> Any:
        def mac_of(desk: Desk, work: Work, ask: Request) -> Any:
            seams.hit()
            ask.mac = None
            return original(desk, work, ask)

        return mac_of

    seams.function(tell, "mac_of", make)


@mutant("keys", "trust", killed_by="tests/switch/test_signon.py")
def another_batch_is_answered_as_its_own(seams: Seams) -> None:
    """A sale of another batch is told again to whoever names it."""
    seams.constant(decide, "STANDING", lambda _: frozenset())
    seams.hit()


# --- what the terminal believes ---------------------------------------------------------------------------------------


@mutant("trust", killed_by="tests/terminal/test_sale.py")
def what_a_stranger_provokes_decides(seams: Seams) -> None:
    """A no that a damaged copy of the request can bring about is taken for a decline."""
    seams.constant(sale_decide, "NEVER_DECIDES", lambda codes: codes - wire.PROVOKED)
    seams.hit()


@mutant("trust", killed_by="tests/terminal/test_reversal.py")
def never_signs_on_for_a_reversal(seams: Seams) -> None:
    """A reversal that nobody answers is repeated under the same key for ever."""

    def make(_: Any) -> Any:
        def unanswered(work: Errands, lane: Lane, again: Instant) -> None:
            seams.hit()
            undo.failed(work, lane, again)

        return unanswered

    seams.function(undo, "unanswered", make)
