"""A sale becomes an attempt: when it is about to be sent, or when it is known that it never will be."""

from __future__ import annotations

from counterfoil.kinds import TAKING
from counterfoil.security import mask
from counterfoil.terminal import causes, numbers, outcome, sayings
from counterfoil.terminal.lane import Lane, QueuedSale
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work


def born(work: Work, lane: Lane, waiting: QueuedSale) -> Attempt:
    """A new attempt under the next STAN, linked with the one it replaces (P4)."""
    device = lane.device
    replaced = _replaced(work, lane, waiting)
    pan = waiting.pan.reveal()
    attempt = Attempt(
        terminal=device.terminal,
        batch=device.batch,
        stan=numbers.next_stan(lane),
        merchant=device.merchant,
        amount=waiting.amount,
        currency=waiting.currency,
        card=mask(pan),
        last4=pan[-4:],
        pan=b"",
        entry=waiting.entry,
        state=State.KEYED,
        started_at=work.now,
        updated_at=work.now,
        key=waiting.key,
        content=waiting.content,
        retry_of=waiting.retry_of or replaced,
        place=work.count(),
        kind=waiting.kind,
        original=waiting.original,
    )
    earlier = work.attempt(attempt.retry_of)
    if earlier is not None:
        root = earlier.root or earlier.ref
        if not earlier.linked:
            work.save(earlier.changed(linked=True, root=root))
        attempt = attempt.changed(linked=True, root=root)
    return attempt.changed(pan=work.hsm.protect(pan, work.own.data, attempt.ref))


def _replaced(work: Work, lane: Lane, waiting: QueuedSale) -> str:
    """Take the key over from an attempt that was never sent; its reference when this sale asks for the same again."""
    freed = work.attempt(waiting.frees)
    if freed is None:
        return ""
    work.note(lane, f"its key is used again at {lane.device.terminal}", freed)
    work.free_key(freed)
    return freed.ref if freed.asked == waiting.content else ""


def give_up(work: Work, lane: Lane, cause: str, trouble: str = "", *, taking: bool = False) -> None:
    """Nothing that waits on this terminal will be sent; each ends as an attempt of its own, its key is used up.

    `trouble` is what the printer said, if it is the cause. `taking`: only what takes from a card goes, the rest waits.
    """
    queue = [waiting for waiting in lane.queue if not taking or waiting.kind in TAKING]
    lane.queue = tuple(waiting for waiting in lane.queue if waiting not in queue)
    for waiting in queue:
        if numbers.no_key_free(work, lane):
            work.reply(waiting.commands, _keyless(lane, waiting, cause))
            continue
        attempt = born(work, lane, waiting).after(Event.STAY, work.now, cause=cause, trouble=trouble)
        attempt = work.save(attempt, born=True)
        work.note(lane, "not sent", attempt)
        work.reply(waiting.commands, outcome.body(attempt, "", lane.display))


def _keyless(lane: Lane, waiting: QueuedSale, cause: str) -> dict[str, object]:
    """Not sent, and not even an attempt: no STAN was free for it. The till may use its own key again."""
    nothing = dict.fromkeys(("ref", "stan", "rrn", "response_code", "receipt"), "")
    told = outcome.spoken(sayings.OF[waiting.kind].not_sent[causes.word(cause)], waiting)
    return {**nothing, "outcome": "not_sent", "terminal": lane.device.terminal, **told.both(), "display": []}
