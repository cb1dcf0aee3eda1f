"""A request to sell: is it complete, was it asked before, may it be tried now? Then it joins the terminal's queue."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from counterfoil import money
from counterfoil.errors import PeerError
from counterfoil.receipts.document import Copy
from counterfoil.security import EXPIRY, Sensitive, luhn_ok, parse_track2
from counterfoil.step import Command
from counterfoil.terminal import decide, flow, outcome, printer, printing, sentences, wire
from counterfoil.terminal.lane import Lane, QueuedSale
from counterfoil.terminal.lifecycle import PAID, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work

PIN: Final = re.compile(r"[0-9]{4,12}")
KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")
SWIPED, TYPED = "swipe", "typed"
"""How a card came in: `entry` of a sale."""


def sell(work: Work, command: Command) -> Lane | None:
    """Take a sale. It is answered when its outcome is known, or at once when it is turned down."""
    lane = work.lane(command.args.get("terminal"))
    if lane is None:
        work.refuse((command.id,), "unknown_terminal")
        return None
    try:
        waiting = read(work, command)
    except PeerError:
        lane.show(sentences.READ_FAILED)
        work.refuse((command.id,), "bad_request", detail="card.track2")
        return None
    except ValueError as error:
        work.refuse((command.id,), "bad_request", detail=str(error))
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
    printer.check(work, lane)
    flow.trigger(work, lane)
    return lane


def _turned_down(work: Work, lane: Lane, command: Command, waiting: QueuedSale) -> bool:
    """Whether a sale may not be tried now; then the till is told why."""
    earlier = work.attempt(waiting.retry_of)
    if waiting.key and work.archived(waiting.key):
        work.refuse((command.id,), "archived")
    elif waiting.track is None and lane.device.merchant not in work.settings.typed:
        work.refuse((command.id,), "typed_not_allowed")
    elif lane.asks and lane.current is not None:
        work.refuse((command.id,), "open_sale", sale=shown(work, lane.current))
    elif waiting.retry_of and (earlier is None or earlier.merchant != lane.device.merchant):
        work.refuse((command.id,), "unknown_sale")  # what another merchant sold is nobody's business here
    elif paid := decide.paid_before(work, waiting.retry_of):
        work.refuse((command.id,), "already_paid", **outcome.named(paid, lane))
    elif len(lane.queue) >= work.settings.queue:
        work.refuse((command.id,), "busy")
    else:
        return False
    return True


def read(work: Work, command: Command) -> QueuedSale:
    """The request as a sale that waits. ValueError names what is missing, PeerError is a card that cannot be read."""
    args = command.args
    amount, currency, card = args.get("amount"), args.get("currency", "CNY"), args.get("card")
    if type(amount) is not int or not 0 < amount <= money.MAX_MINOR:
        raise ValueError("amount")
    if not isinstance(currency, str) or currency not in money.CURRENCIES:
        raise ValueError("currency")
    if not isinstance(card, dict):
        raise ValueError("card")
    pan, expiry, track = _card(card, args.get("entry", SWIPED))
    pin, key, retry_of = args.get("pin"), args.get("key"), args.get("retry_of")
    if pin and not (isinstance(pin, str) and PIN.fullmatch(pin)):
        raise ValueError("pin")
    if key and not (isinstance(key, str) and KEY.fullmatch(key)):
        raise ValueError("key")
    if retry_of and not isinstance(retry_of, str):
        raise ValueError("retry_of")
    token = work.hsm.token(pan, work.own.token)
    entry = wire.ENTRY_STRIPE if track is not None else wire.ENTRY_TYPED
    entry += wire.PIN_GIVEN if pin else wire.NO_PIN
    return QueuedSale(
        commands=(command.id,),
        amount=amount,
        currency=currency,
        key=key or "",
        content=f"{amount} {currency} {token} {retry_of or ''} {args['terminal']} {entry}",
        retry_of=retry_of or "",
        entry=entry,
        pan=Sensitive(pan),
        track=track,
        expiry=expiry,
        pin=Sensitive(pin) if pin else None,
    )


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
