"""A request of any kind: decided once, booked at most once, answered as often as it is asked."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.iso8583.responses import APPROVED
from counterfoil.issuer import archiving, notices
from counterfoil.issuer.card import Card, business_day
from counterfoil.issuer.desk import Desk
from counterfoil.issuer.effect import book_movements
from counterfoil.issuer.lifecycle import Event, moved
from counterfoil.issuer.originals import referred
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.issuer.rows import Txn
from counterfoil.issuer.rules import Authorisation, decide, repeated
from counterfoil.issuer.wire import PAN, RRN, Answer, Request
from counterfoil.issuer.work import Work
from counterfoil.kinds import BY_NAME, TABLE
from counterfoil.ledger import Book
from counterfoil.money import MAX_MINOR
from counterfoil.security import is_pan
from counterfoil.step import SECOND, Instant, Send
from counterfoil.transaction import Balance


def on_request(desk: Desk, step: Work, now: Instant, asked: Request, wanted: Authorisation | None) -> Send | None:
    """Decide a request whose key can be read; `wanted` is None when the rest of it cannot.

    None: it is not answered. That is so for one without a valid MAC under a key that was used before: any answer could
    pass for the answer to the real one, and nothing is left to burn. The switch's own deadline closes it.
    """
    earlier = step.txns.get(asked.key)
    known = earlier is not None or asked.key in step.archived
    if not asked.genuine and not desk.may_keep(step, now):
        return None
    if known:
        desk.received(step, now, asked, asked.key)
    if not asked.genuine:
        desk.alarm(step, now, asked.key, Refusal.MAC_WRONG.value)
        if known:
            return None
    if earlier is not None:
        return again(desk, step, now, asked, earlier, wanted)
    if known:
        return archiving.repeated(desk, step, now, asked)
    refusal = unfit(desk, now, asked, wanted)
    if refusal is not None or wanted is None:
        return refuse(desk, step, now, asked, wanted, refusal or Refusal.FORMAT)
    return decided(desk, step, now, asked, wanted)


def unfit(desk: Desk, now: Instant, asked: Request, wanted: Authorisation | None) -> Refusal | None:
    """What is wrong with the message itself, before anybody looks at the card."""
    if wanted is None:
        return Refusal.FORMAT
    if not asked.genuine:
        # A definite no is safe here, and better for the customer than a time-out, because `refuse` burns the key:
        # should the unharmed message still come, it is refused too. What this one claimed is compared with nothing.
        return Refusal.MAC_WRONG
    if not wanted.kind:
        return Refusal.NOT_SUPPORTED
    if asked.frame.at and now - asked.frame.at > desk.settings.timer:
        return Refusal.TOO_LATE
    return None


def decided(desk: Desk, step: Work, now: Instant, asked: Request, wanted: Authorisation) -> Send:
    """Ask the rules, book what they allow."""
    card, book = step.cards.get(wanted.token), step.book
    if step.withholds(wanted.token):
        return refuse(desk, step, now, asked, wanted, Refusal.FORGOTTEN, card)
    available = (book.account(card.account).available or 0) if card else 0
    kind, settings = BY_NAME[wanted.kind], desk.settings
    if settings.holds_for and kind.keeps_for:
        kind = kind._replace(keeps_for=settings.holds_for // SECOND)
    original = referred(step, now, wanted, kind.original, settings) if kind.original is not None else None
    refusal, moved_card = decide(
        wanted,
        card,
        available,
        day=business_day(now, settings.clock),
        settings=settings,
        stripe=lambda: desk.wire.stripe(asked),
        pin=lambda: desk.wire.pin(asked, card.pvv if card else ""),
        original=original,
    )
    if moved_card is not None:
        step.put_card(moved_card)
    if refusal is not None or card is None:
        return refuse(desk, step, now, asked, wanted, refusal or Refusal.CARD_UNKNOWN, card)
    txn = approved(asked, now, wanted, card, next(desk.approval_codes))
    book_movements(book, kind, txn, wanted.acquirer, original.record if original is not None else None)
    step.begin(txn, asked)
    if kind.notices is not None:
        step.tell(notices.booked(settings.name, txn))
    return desk.answer(asked, Answer(APPROVED, txn.auth_code, balances(book, txn) if kind.balances else ()))


def balances(book: Book, txn: Txn) -> tuple[Balance, ...]:
    """What the account of an approved inquiry has now, as far as it fits the field that tells it (twelve digits)."""
    account = book.account(txn.account)
    amounts = {"ledger": account.balance or 0, "available": account.available or 0}
    return tuple(Balance(type_, account.currency, n) for type_, n in amounts.items() if abs(n) <= MAX_MINOR)


def refuse(
    desk: Desk,
    step: Work,
    now: Instant,
    asked: Request,
    wanted: Authorisation | None,
    why: Refusal,
    card: Card | None = None,
) -> Send:
    """A no that stays no: the key is burnt (a retry can never turn it into a yes)."""
    txn = refused(asked, now, wanted or NOTHING_READ, card, why)
    step.begin(txn, asked)
    return desk.answer(asked, Answer(txn.code))


def again(desk: Desk, step: Work, now: Instant, asked: Request, earlier: Txn, wanted: Authorisation | None) -> Send:
    """A key that is known: the stored result, freshly MACed; nothing is booked and no PIN is tried.

    A balance is told as it is now: what was told before is not kept.
    """
    refusal = repeated(earlier, wanted)
    if refusal is Refusal.OTHER_CONTENT:
        desk.alarm(step, now, earlier.key, refusal.value)
        return desk.answer(asked, Answer(CODES[refusal]))
    state = moved(earlier.state, Event.REQUEST)
    if state is not earlier.state and refusal is not None:
        late = {"state": state, "refusal": refusal.value, "code": CODES[refusal], "updated_at": now}
        step.put(msgspec.structs.replace(earlier, **late))
    if refusal is not None:
        return desk.answer(asked, Answer(CODES[refusal]))
    tells = earlier.code == APPROVED and BY_NAME[earlier.kind].balances
    return desk.answer(asked, Answer(earlier.code, earlier.auth_code, balances(step.book, earlier) if tells else ()))


NOTHING_READ: Final = Authorisation(
    kind="", key="", acquirer="", token="", processing="", amount=0, currency="", terminal="", merchant="", rrn=""
)
BOOKS: Final = frozenset(kind.name for kind in TABLE if kind.movements)
BOOKED, BURNT = moved(None, Event.APPROVE), moved(None, Event.REFUSE)


def approved(asked: Request, now: Instant, wanted: Authorisation, card: Card, auth_code: str) -> Txn:
    """The row of a transaction that is approved."""
    return Txn(
        key=asked.key,
        rrn=wanted.rrn,
        token=wanted.token,
        account=card.account,
        first6="",
        last4=card.last4,
        processing=wanted.processing,
        amount=wanted.amount,
        currency=wanted.currency,
        terminal=wanted.terminal,
        merchant=wanted.merchant,
        state=BOOKED,
        code=APPROVED,
        auth_code=auth_code,
        started_at=now,
        updated_at=now,
        debited_at=now if wanted.kind in BOOKS else 0,
        kind=wanted.kind,
        original=wanted.original,
    )


def refused(asked: Request, now: Instant, wanted: Authorisation, card: Card | None, why: Refusal) -> Txn:
    """The row of one that is not; what could not be read is empty."""
    pan, rrn = asked.values[PAN], asked.values[RRN]
    if not is_pan(pan):
        pan = ""
    return Txn(
        key=asked.key,
        rrn=wanted.rrn or rrn or "",
        token=wanted.token,
        account=card.account if card else "",
        first6="",
        last4=pan[-4:] if pan else "",
        processing=wanted.processing,
        amount=wanted.amount,
        currency=wanted.currency,
        terminal=wanted.terminal,
        merchant=wanted.merchant,
        state=BURNT,
        refusal=why.value,
        code=CODES[why],
        started_at=now,
        updated_at=now,
        kind=wanted.kind,
        original=wanted.original,
    )
