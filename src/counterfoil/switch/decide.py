"""A request: known already, refused by a rule of ours, or forwarded to the card's issuer.

A refusal is stored under the key like any other result: it burns the key, and a repeat gets it again.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Message
from counterfoil.iso8583.responses import (
    DUPLICATE,
    FORMAT_ERROR,
    INVALID_TRANSACTION,
    ISSUER_TIMEOUT,
    ISSUER_UNAVAILABLE,
    NOT_SUPPORTED,
    PIN_ERROR,
    SIGN_ON_AGAIN,
)
from counterfoil.kinds import TABLE, Kind, Needs
from counterfoil.security import SecurityError
from counterfoil.step import Instant
from counterfoil.switch import archiving, forgotten, numbers, originals
from counterfoil.switch.card import PresentedCard, card_of
from counterfoil.switch.desk import Desk
from counterfoil.switch.forward import forward
from counterfoil.switch.lifecycle import STANDING, Event, State, moved
from counterfoil.switch.memory import OpenIntent
from counterfoil.switch.rows import Attempt, IssuerRow, TerminalRow
from counterfoil.switch.rules import hangs_up_on, objection
from counterfoil.switch.strangers import burn
from counterfoil.switch.tell import answer, result
from counterfoil.switch.wire import Request, original_of
from counterfoil.switch.work import Work
from counterfoil.transaction import AttemptKey

MANDATORY: Final = frozenset({"de3", "de11", "de22", "de25", "de41", "de42", "de49", "de60"})
MANDATORY_FOR: Final = {
    kind.name: MANDATORY.union(["de4"] * kind.has_amount, ["de61"] * (kind.original is not None)) for kind in TABLE
}
COMPLETE: Final = {kind.name: set[bytes]() for kind in TABLE}
"""By what a request has (its bitmap), those of a kind that were found complete."""
LAYOUTS: Final = 64
WITH_PIN: Final = frozenset(kind.name for kind in TABLE if Needs.PIN in kind.needs)

DECLINED: Final = State.DECLINED  # looking a member up on its enum each time takes longer
FORWARD: Final = Event.FORWARD

REVERSED: Final = frozenset({State.REVERSING, State.REVERSED, State.TOMBSTONE})


def request(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, key: AttemptKey | None) -> None:
    """Decide a financial request whose MAC is right."""
    kind = kind_of(desk, ask)
    if kind is None:
        turned_away(desk, work, ask, terminal, NOT_SUPPORTED)
    elif key is None or not (ask.layout in COMPLETE[kind.name] or _is_complete(ask, kind)):
        turned_away(desk, work, ask, terminal, FORMAT_ERROR)
    elif not _known(desk, work, ask, terminal, key):
        _first_time(desk, work, ask, terminal, key, kind)


def _is_complete(ask: Request, kind: Kind) -> bool:
    """Whether a request has what its kind must have, and no amount where its kind has none."""
    message = ask.message
    if not message.__dict__.keys() >= MANDATORY_FOR[kind.name] or (message.de4 is not None) != kind.has_amount:
        return False
    if kind.original is not None:
        return original_of(message) is not None
    known = COMPLETE[kind.name]
    if len(known) < LAYOUTS:
        known.add(ask.layout)
    return True


def turned_away(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, code: str) -> None:
    """Refuse a message that its terminal vouches for and that is not looked into. The refusal burns its key."""
    key = ask.key
    if key is None:  # no intact copy of it can have one
        work.saw("asked", "1", ask.dialect.told(ask.message), terminal=terminal.terminal)
        answer(desk, work, ask, code, what="turned_away")
    elif not _known(desk, work, ask, terminal, key):
        burn(desk, work, ask, key, code)


def _known(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, key: AttemptKey) -> bool:
    """Whether something came under this key before; then it is answered.

    Keys and batch of a sign-on are one: under the keys of today nothing of another batch comes again. A terminal that
    says so was given a batch number that was changed on its way, and is told to sign on; what stands under the key is
    another's.
    """
    earlier = work.attempts.get(key)
    state = earlier.state if earlier is not None else work.archived.get(key)
    if key.batch != terminal.batch and terminal.signed_on_at and state in STANDING:
        work.saw("asked", "1", ask.dialect.told(ask.message), terminal=key.terminal)
        work.alarm("other_batch", key.terminal, f"{key} is known, and not of the batch the terminal signed on for")
        answer(desk, work, ask, SIGN_ON_AGAIN, what="turned_away")
    elif earlier is not None:
        again(desk, work, ask, terminal, earlier)
    elif key in work.archived:
        archiving.repeated(desk, work, ask, key)
    else:
        return False
    return True


def kind_of(desk: Desk, ask: Request) -> Kind | None:
    """What kind of transaction it asks for; None when it is none that is done here."""
    message = ask.message
    return desk.spellings.spelt(message.mti, message.de3, message.de25, (message.de60 or "")[:2] or None)


def again(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt) -> None:
    """A key that is known: absorbed, told its result again, or refused."""
    kept = ask.dialect.told(ask.message)
    ask.heard_at = work.saw("repeated", "1", kept, rrn=attempt.rrn, terminal=attempt.terminal)
    if attempt.state is State.TOMBSTONE:
        answer(desk, work, ask, INVALID_TRANSACTION, de37=attempt.rrn)
    elif attempt.burnt:
        answer(desk, work, ask, attempt.response_code, what="turned_away", de37=attempt.rrn)
    elif not _same_content(desk, work, ask, terminal, attempt):
        work.alarm("other_content", attempt.terminal, f"{attempt.key} came again with other content", rrn=attempt.rrn)
        answer(desk, work, ask, DUPLICATE, de37=attempt.rrn)
    elif attempt.state is State.ASKED:
        waiting = work.waiting_for(attempt.rrn)
        if waiting is not None:
            work.wait(attempt.rrn, OpenIntent(ask, waiting.deadline, waiting.token))
    elif attempt.state in REVERSED and attempt.response_code != ISSUER_TIMEOUT:
        answer(desk, work, ask, INVALID_TRANSACTION, de37=attempt.rrn)
    else:
        result(desk, work, ask, attempt)


def _same_content(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, attempt: Attempt) -> bool:
    message, kind = ask.message, None if ask.error else kind_of(desk, ask)
    if kind is None or kind.name != attempt.kind:
        return False  # another kind under a key is other content
    original = originals.original_of(work, attempt)
    if attempt.issuer and original is not None and not originals.names(message, original):
        return False  # what was refused for such a thing is refused again
    card = card_of(message, terminal, desk.hsm)
    token = desk.hsm.token(card.pan, desk.token) if isinstance(card, PresentedCard) else ""
    told = (
        message.de3,
        int(message.de4 or "0"),
        message.de22,
        message.de25,
        message.de49,
        message.de42,
        token,
        _reference(message, kind),
    )
    known = (
        attempt.processing,
        attempt.amount,
        attempt.entry_mode,
        attempt.condition,
        attempt.currency,
        attempt.merchant,
        attempt.token,
        attempt.original,
    )
    return told == known


def _reference(message: Message, kind: Kind) -> str:
    """The transaction that a request of a kind refers to (TERMINAL/BATCH/STAN), "" where the kind refers to none."""
    original = original_of(message) if kind.original is not None else None
    return str(original) if original is not None else ""


def _first_time(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, key: AttemptKey, kind: Kind) -> None:
    message, hsm, now = ask.message, desk.hsm, work.now
    card = ask.card = card_of(message, terminal, hsm)
    issuer = desk.route(card.pan) if isinstance(card, PresentedCard) else None
    attempt, tick = _intent(desk, work, ask, key, kind)
    rrn = attempt.rrn
    ask.heard_at = work.saw("asked", "1", ask.dialect.told(message), rrn=rrn, terminal=key.terminal)
    code = objection(desk, work, ask, terminal, attempt, issuer)
    code = code or forgotten.objection(work, attempt)
    if not code and issuer is not None and hangs_up_on(work, issuer, attempt):
        work.saw("held_back", "2", "", rrn=rrn, terminal=key.terminal)
        code = ISSUER_UNAVAILABLE
    pin_block = b""
    if (
        not code
        and message.de52 is not None
        and kind.name in WITH_PIN
        and isinstance(card, PresentedCard)
        and issuer is not None
    ):
        try:
            pin_block = _translated(desk, message.de52, message.de53, card, terminal, issuer)
        except SecurityError as error:
            code = error.response_code
    if code or not isinstance(card, PresentedCard) or issuer is None:
        refuse(desk, work, ask, attempt, code)
        return
    attempt.issuer = issuer.name
    attempt.pan = hsm.protect(card.pan, desk.data, rrn)
    attempt.transmitted, attempt.trace = numbers.transmitted(tick), numbers.trace(tick)
    attempt.deadline = now + desk.settings.switch_timer
    attempt.forwarded = True
    attempt.state = moved(None, FORWARD, attempt.kind)
    work.put(attempt)
    work.wait(rrn, OpenIntent(ask, attempt.deadline, tick))
    forward(desk, work, ask, attempt, tick, card, pin_block)


def _translated(
    desk: Desk, block: bytes, security: str | None, card: PresentedCard, terminal: TerminalRow, issuer: IssuerRow
) -> bytes:
    """The PIN block under the issuer's zone key; SecurityError(99) when it is none of format 0 under our key."""
    if terminal.pik is None or (security or "2")[0] != "2":
        raise SecurityError("not a PIN block with the card number", response_code=PIN_ERROR)
    return desk.hsm.translate_pin(block, card.pan, terminal.pik, issuer.pin)


def _intent(desk: Desk, work: Work, ask: Request, key: AttemptKey, kind: Kind) -> tuple[Attempt, Instant]:
    """The row of a new attempt, not decided yet, and the tick it is numbered with."""
    message, card, tick = ask.message, ask.card, work.tick()
    pan = card.pan if isinstance(card, PresentedCard) else ""
    attempt = Attempt(
        key,
        rrn=numbers.rrn(tick, desk.clock.numbering),
        state=DECLINED,
        merchant=message.de42 or "",
        processing=message.de3 or "",
        amount=int(message.de4 or "0"),
        currency=message.de49 or "",
        entry_mode=message.de22 or "",
        condition=message.de25 or "",
        token=desk.hsm.token(pan, desk.token) if pan else "",
        first6=pan[:6],
        last4=pan[-4:],
        started_at=work.now,
        kind=kind.name,
        original=_reference(message, kind) if kind.original is not None else "",
    )
    return attempt, tick


def refuse(desk: Desk, work: Work, ask: Request, attempt: Attempt, code: str) -> None:
    """A no of ours, stored before it is said."""
    attempt.state = moved(None, Event.REFUSE, attempt.kind)
    attempt.response_code = code
    attempt.answered_at = work.now
    work.put(attempt)
    result(desk, work, ask, attempt)
