"""A request of the till: is it complete, was it asked before, may it be tried now? Then it joins the terminal's queue.

What must be in hand, and which original may be named, the description of its kind says.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from counterfoil import money
from counterfoil.errors import PeerError
from counterfoil.kinds import BY_NAME, NEEDING, PURCHASE, TAKING, AmountRule, Kind, Needs
from counterfoil.receipts.document import Copy
from counterfoil.security import EXPIRY, Sensitive, luhn_ok, parse_track2
from counterfoil.step import Command
from counterfoil.terminal import (
    decide,
    flow,
    originals,
    outcome,
    printer,
    printing,
    sayings,
    sentences,
    supervisor,
    wire,
)
from counterfoil.terminal.lane import Lane, QueuedSale
from counterfoil.terminal.lifecycle import PAID, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work

PIN: Final = re.compile(r"[0-9]{4,12}")
KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")
UNNAMED: Final = PURCHASE.name
"""What a till asks for that names no kind; its content names none either, as before there were others."""
WITH_AMOUNT: Final = NEEDING[Needs.AMOUNT]
SWIPED, TYPED = "swipe", "typed"
"""How a card came in: `entry` of a sale."""


def sell(work: Work, command: Command) -> Lane | None:
    """Take a transaction. It is answered when its outcome is known, or at once when it is turned down."""
    lane = work.lane(command.args.get("terminal"))
    if lane is None:
        work.refuse((command.id,), "unknown_terminal")
        return None
    waiting = _taken(work, lane, command)
    if waiting is None:
        return None
    if waiting.key and (joined := _asked_before(work, lane, waiting)) is not None:
        return joined
    if _turned_down(work, lane, command, waiting):
        return None
    if lane.exchange is None and lane.printing is None and not lane.queue:
        lane.display = ()
    lane.queue = (*lane.queue, _freeing(work, waiting))
    if waiting.key:
        work.queued[waiting.key] = lane.device.terminal
    if waiting.kind in TAKING:
        printer.check(work, lane)
    flow.trigger(work, lane)
    return lane


def _taken(work: Work, lane: Lane, command: Command) -> QueuedSale | None:
    """The request, complete and permitted; None when it is not, and then the till is told why."""
    kind = BY_NAME.get(str(command.args.get("kind", UNNAMED)))
    if kind is None or (kind.original is None and command.args.get("original")):
        work.refuse((command.id,), "bad_request", detail="kind" if kind is None else "original")
        return None
    if supervisor.refused(work, lane, command, kind):
        return None
    original, why = None, originals.FIT
    if kind.original is not None:
        original, why = originals.found(work, lane, kind, command.args.get("original"))
    if why.code:
        work.refuse((command.id,), why.code, detail=why.detail)
        return None
    try:
        return read(work, command, kind, original)
    except PeerError:
        lane.show(sentences.READ_FAILED)
        work.refuse((command.id,), "bad_request", detail="card.track2")
    except ValueError as error:
        work.refuse((command.id,), "bad_request", detail=str(error))
    return None


def _turned_down(work: Work, lane: Lane, command: Command, waiting: QueuedSale) -> bool:
    """Whether a transaction may not be tried now; then the till is told why."""
    earlier = work.attempt(waiting.retry_of)
    if waiting.key and work.archived(waiting.key):
        work.refuse((command.id,), "archived")
    elif waiting.track is None and lane.device.merchant not in work.settings.typed:
        work.refuse((command.id,), "typed_not_allowed")
    elif lane.asks and lane.current is not None:
        work.refuse((command.id,), "open_sale", sale=shown(work, lane.current))
    elif waiting.retry_of and (earlier is None or earlier.merchant != lane.device.merchant):
        work.refuse((command.id,), "unknown_sale")  # what another merchant sold is nobody's business here
    elif earlier is not None and earlier.kind != waiting.kind:
        work.refuse((command.id,), "bad_request", detail="retry_of")
    elif paid := decide.paid_before(work, waiting):
        work.refuse((command.id,), sayings.OF[waiting.kind].already, **outcome.named(paid, lane))
    elif (why := originals.unfit(work, lane, waiting)).code:
        work.refuse((command.id,), why.code, detail=why.detail)
    elif len(lane.queue) >= work.settings.queue:
        work.refuse((command.id,), "busy")
    else:
        return False
    return True


def read(work: Work, command: Command, kind: Kind, original: Attempt | None = None) -> QueuedSale:
    """The request as a transaction that waits. ValueError names what is missing or not for it, PeerError is a card that
    cannot be read.
    """
    args = command.args
    amount, currency = _amount(args, kind, original)
    card = args.get("card")
    if not isinstance(card, dict):
        raise ValueError("card")
    pan, expiry, track = _card(card, args.get("entry", SWIPED))
    pin, key, retry_of = args.get("pin"), args.get("key"), args.get("retry_of")
    if pin and not (kind.name in wire.WITH_PIN and isinstance(pin, str) and PIN.fullmatch(pin)):
        raise ValueError("pin")
    if key and not (isinstance(key, str) and KEY.fullmatch(key)):
        raise ValueError("key")
    if retry_of and not isinstance(retry_of, str):
        raise ValueError("retry_of")
    token = work.hsm.token(pan, work.own.token)
    entry = wire.ENTRY_STRIPE if track is not None else wire.ENTRY_TYPED
    entry += wire.PIN_GIVEN if pin else wire.NO_PIN
    content = f"{amount} {currency} {token} {retry_of or ''} {args['terminal']} {entry}"
    if kind.name != UNNAMED:
        content = f"{content} {kind.name} {original.ref if original is not None else ''}"
    return QueuedSale(
        commands=(command.id,),
        amount=amount,
        currency=currency,
        key=key or "",
        content=content,
        retry_of=retry_of or "",
        entry=entry,
        pan=Sensitive(pan),
        track=track,
        expiry=expiry,
        pin=Sensitive(pin) if pin else None,
        kind=kind.name,
        original=original.ref if original is not None else "",
        on_paper=args.get("print") is True,
    )


def _amount(args: dict[str, Any], kind: Kind, original: Attempt | None) -> tuple[int, str]:
    """Amount and currency: what is typed where the kind has an amount of its own, else the original's; 0 for none.

    ValueError for an amount the kind does not take, and for another one than the original's where it must be equal.
    """
    amount, least, most = args.get("amount"), 1, money.MAX_MINOR
    currency = args.get("currency", original.currency if original is not None else "CNY")
    if original is not None:
        amount = original.amount if amount is None else amount
        least = original.amount if kind.original and kind.original.amount is AmountRule.EQUAL else 1
    elif kind.name not in WITH_AMOUNT:
        amount, least, most = 0 if amount is None else amount, 0, 0
    if type(amount) is not int or not least <= amount <= most:
        raise ValueError("amount")
    if not isinstance(currency, str) or currency not in money.CURRENCIES:
        raise ValueError("currency")
    if original is not None and currency != original.currency:
        raise ValueError("currency")
    return amount, currency


def _card(card: dict[str, Any], entry: object) -> tuple[str, str, Sensitive[str] | None]:
    """Number, expiry (YYMM) and track 2 of a card; None for the track of one whose number was typed.

    ValueError names what is missing, PeerError is a track that cannot be read.
    """
    if entry == TYPED:
        pan, expiry = card.get("pan"), card.get("expiry")
        if not isinstance(pan, str) or not luhn_ok(pan) or "track2" in card:
            raise ValueError("card")
        if not isinstance(expiry, str) or not EXPIRY.fullmatch(expiry):
            raise ValueError("expiry")
        return pan, expiry, None
    if entry != SWIPED:
        raise ValueError("entry")
    if not isinstance(card.get("track2"), str):
        raise ValueError("card")
    track = parse_track2(card["track2"])
    if card.get("pan", track.pan) != track.pan:
        raise ValueError("card")
    return track.pan, track.expiry, Sensitive(card["track2"])


def _asked_before(work: Work, asking: Lane, waiting: QueuedSale) -> Lane | None:
    """The till repeats itself: the same attempt, joined when it is still open. Other content is refused.

    Returns the lane of that attempt, None when the key is new or free again.
    """
    lane = work.queued_under(waiting.key)
    if lane is not None:
        lane.queue = tuple(_joined(work, queued, waiting) for queued in lane.queue)
        return lane
    attempt = work.keyed(waiting.key)
    if attempt is None or attempt.frees_key:
        return None
    lane = work.lane(attempt.terminal)
    assert lane is not None
    if attempt.asked != waiting.content:
        work.refuse(waiting.commands, "key_reused", **outcome.named(attempt, asking))
    elif attempt.state is State.SENT or _being_printed(lane, attempt):
        lane.commands = (*lane.commands, *waiting.commands)
    else:
        work.reply(waiting.commands, shown(work, attempt))
    return lane


def _freeing(work: Work, waiting: QueuedSale) -> QueuedSale:
    """A sale that takes its key over from an attempt that was never sent names that attempt."""
    attempt = work.keyed(waiting.key)
    freed = attempt is not None and attempt.frees_key
    return msgspec.structs.replace(waiting, frees=attempt.ref) if attempt is not None and freed else waiting


def _being_printed(lane: Lane, attempt: Attempt) -> bool:
    """Whether the first copies of this sale are at the printer; its till is answered when they are out."""
    printing = lane.printing
    return printing is not None and printing.ref == attempt.ref and printing.purpose == "sale"


def _joined(work: Work, queued: QueuedSale, again: QueuedSale) -> QueuedSale:
    if queued.key != again.key:
        return queued
    if queued.content != again.content:
        work.refuse(again.commands, "key_reused")
        return queued
    return msgspec.structs.replace(queued, commands=(*queued.commands, *again.commands))


def shown(work: Work, attempt: Attempt) -> dict[str, Any]:
    """A sale as it is now, with its receipt; `open_sale` says that the goods question is waiting."""
    text = printing.text_of(work, attempt, Copy.CARDHOLDER) if attempt.state in PAID else ""
    lane = work.lane(attempt.terminal)
    asks = lane is not None and lane.asks and lane.current is not None and lane.current.ref == attempt.ref
    return {**outcome.body(attempt, text, ()), "open_sale": asks}
