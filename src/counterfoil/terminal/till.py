"""What the till and the cashier can ask: cancel, say what became of the goods, look. Receipts are in receipts.py.

Every verb answers its command once, now or when the outcome is known. A request that is turned down says why in both
languages and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from counterfoil.kinds import Total
from counterfoil.money import MAX_MINOR
from counterfoil.receipts.document import Copy
from counterfoil.step import Command
from counterfoil.terminal import birth, causes, outcome, printer, printing, receipts, sentences, undo
from counterfoil.terminal.lane import Awaited, Lane
from counterfoil.terminal.lifecycle import PAID, Event, State
from counterfoil.terminal.stubs import find
from counterfoil.terminal.work import Work

HANDED_OVER, KEPT = "handed_over", "kept"


def cancel(work: Work, command: Command) -> Lane | None:
    """The cashier gives up before an approval was shown: reason 17 when the request is out, nothing sent otherwise."""
    lane = work.lane(command.args.get("terminal"))
    if lane is None:
        work.refuse((command.id,), "unknown_terminal")
        return None
    if lane.exchange is not None and lane.exchange.job is Awaited.SALE:
        lane.show(sentences.CANCELLED)
        attempt = undo.owe(work, lane, Event.CANCEL)
        work.reply((command.id,), {"cancelled": 1, **outcome.brief(attempt)})
    elif lane.queue:
        count = len(lane.queue)
        lane.show(sentences.CANCELLED)
        birth.give_up(work, lane, causes.CANCELLED)
        work.reply((command.id,), {"cancelled": count, "terminal": lane.device.terminal})
    else:
        work.refuse((command.id,), "nothing_to_cancel")
    return lane


def goods(work: Work, command: Command) -> Lane | None:
    """After a restart: were the goods of the open sale handed over (print its receipt again) or kept (return it)?"""
    attempt = work.attempt(command.args.get("ref"))
    lane = work.lane(attempt.terminal) if attempt else None
    answer = command.args.get("answer")
    if attempt is None or lane is None:
        work.refuse((command.id,), "unknown_sale")
        return None
    if answer not in (HANDED_OVER, KEPT):
        work.refuse((command.id,), "bad_request", detail="answer")
        return None
    printing_it = lane.printing is not None and lane.printing.ref == attempt.ref
    gives_goods = attempt.described.total is Total.DEBIT and (answer != KEPT or work.child_of(attempt.ref) is None)
    if attempt.state is not State.APPROVED or printing_it or not gives_goods:
        work.refuse((command.id,), "not_open", sale=outcome.brief(attempt))
        return None
    if not receipts.free(lane, attempt):
        work.refuse((command.id,), "busy")
        return None
    work.note(lane, f"goods {answer}", attempt)
    lane.asks = False
    lane.current = attempt
    if answer == HANDED_OVER:
        printing.start(work, lane, attempt, (command.id,), "goods", printing.missing(attempt))
    else:
        work.reply((command.id,), outcome.brief(undo.owe(work, lane, Event.GOODS_KEPT)))
    return lane


def escalate(work: Work, command: Command) -> Lane | None:
    """A supervisor, the only one who can, takes a pending reversal out of the terminal's hands."""
    args = command.args
    attempt = work.attempt(args.get("ref"))
    lane = work.lane(attempt.terminal) if attempt else None
    operator, reason = args.get("operator"), args.get("reason")
    if attempt is None or lane is None:
        work.refuse((command.id,), "unknown_sale")
    elif not (isinstance(operator, str) and operator.strip() and isinstance(reason, str) and reason.strip()):
        work.refuse((command.id,), "bad_request", detail="operator, reason")
    elif attempt.state is not State.REVERSING or lane.current is None or lane.current.ref != attempt.ref:
        work.refuse((command.id,), "not_pending", sale=outcome.brief(attempt))
    else:
        attempt = undo.escalate(work, lane, operator.strip()[:40], reason.strip()[:200])
        work.reply((command.id,), outcome.brief(attempt))
        return lane
    return None


def status(work: Work, command: Command) -> None:
    """What every terminal, or one, is doing."""
    wanted = command.args.get("terminal")
    lanes = [lane for lane in work.every_lane() if wanted in (None, lane.device.terminal)]
    if wanted is not None and not lanes:
        work.refuse((command.id,), "unknown_terminal")
    else:
        work.reply((command.id,), {"terminals": [_state_of(work, lane) for lane in lanes]})


def _state_of(work: Work, lane: Lane) -> dict[str, Any]:
    return {
        "terminal": lane.device.terminal,
        "merchant": lane.device.merchant,
        "signed_on": lane.signed_on,
        "batch": lane.device.batch,
        "stan": f"{lane.device.stan:06d}",
        "phase": lane.phase,
        "sale": outcome.brief(lane.current) if lane.current else None,
        "waiting": len(lane.queue),
        "display": [text.both() for text in lane.display],
        **printer.told(work, lane.device),
    }


def listed(work: Work, command: Command) -> None:
    """The terminals registered here."""
    rows = [
        {"terminal": lane.device.terminal, "merchant": lane.device.merchant, "name": lane.device.name, "ours": True}
        for lane in work.every_lane()
    ]
    work.reply((command.id,), {"terminals": rows})


def last(work: Work, command: Command) -> None:
    """The newest sale of a terminal, with its receipt; with `paid`, the newest that stands."""
    lane = work.lane(command.args.get("terminal"))
    if lane is None:
        work.refuse((command.id,), "unknown_terminal")
        return
    sent, kept = work.attempt(lane.last), work.records.last(lane.device.terminal)
    # What was sent in this very step is not in the store yet; what was never sent is no lane's last.
    attempt = kept if sent is None or (kept is not None and kept.started_at > sent.started_at) else sent
    if command.args.get("paid") is True and (attempt is None or attempt.state not in PAID):
        attempt = work.records.last_paid(lane.device.terminal)
    if attempt is None:
        work.refuse((command.id,), "unknown_sale")
        return
    text = printing.text_of(work, attempt, Copy.CARDHOLDER) if attempt.state in PAID else ""
    work.reply((command.id,), {**outcome.body(attempt, text, lane.display), "open_sale": lane.asks})


def search(work: Work, command: Command) -> None:
    """Sales by RRN, or by last four digits with or without the amount."""
    args = command.args
    amount, last4, rrn = args.get("amount"), args.get("last4") or "", args.get("rrn") or ""
    if not (isinstance(last4, str) and isinstance(rrn, str) and (last4 or rrn)) or not _minor(amount):
        work.refuse((command.id,), "bad_request", detail="last4, amount, rrn")
        return
    stubs = find(work.records.store, last4=last4, amount=amount, rrn=rrn)
    work.reply((command.id,), {"sales": msgspec.to_builtins(stubs)})


def _minor(amount: object) -> bool:
    return amount is None or (type(amount) is int and 0 <= amount <= MAX_MINOR)


VERBS: Final[dict[str, Callable[[Work, Command], Lane | None]]] = {
    "cancel": cancel,
    "goods": goods,
    "escalate": escalate,
}
LOOKS: Final[dict[str, Callable[[Work, Command], None]]] = {
    "status": status,
    "list": listed,
    "last": last,
    "find": search,
}
