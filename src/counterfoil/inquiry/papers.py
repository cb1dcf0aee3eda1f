"""Every paper there can be about one transaction, made from the stores: for the screen, a picture, or a printer later.

Read-only. A paper that would say what the stores do not is refused: there is no sales slip of a sale that does not
stand, and no "not charged" without that verdict.
"""

from __future__ import annotations

from typing import Final

from counterfoil.errors import OurError
from counterfoil.inquiry import past
from counterfoil.inquiry.search import Search, search
from counterfoil.inquiry.stores import Stores
from counterfoil.inquiry.witness import finding
from counterfoil.receipts.document import (
    ELECTRONIC,
    SHOWN,
    Copy,
    Document,
    Explained,
    Slip,
    declaration,
    detail_list,
    explanation,
    fault_slip,
    not_charged_slip,
    reversal_slip,
    sale_slip,
)
from counterfoil.receipts.proof import Seal
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.terminal.lifecycle import PAID, State
from counterfoil.terminal.outcome import paid_with
from counterfoil.terminal.printing import WORDS
from counterfoil.terminal.records import Records
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.stubs import device, slips_of_batch
from counterfoil.transaction import AttemptKey
from counterfoil.verdict import Finding, Verdict
from counterfoil.words import Text
from counterfoil.zone import Zone

SHAPE: Final = "%Y/%m/%d %H:%M"
COPIES: Final = tuple(copy.value for copy in Copy)
REVERSAL, FAULT = "reversal", "fault"
NOT_CHARGED, EXPLANATION, DECLARATION = "not-charged", "explanation", "declaration"
KINDS: Final = (*COPIES, REVERSAL, FAULT, NOT_CHARGED, EXPLANATION, DECLARATION)

UNKNOWN_SALE: Final = Text("The terminal does not know this sale.", "终端没有该交易的记录。")
UNREADABLE: Final = Text("The terminals' store cannot be read.", "无法读取终端的数据库。")
NO_RECEIPT: Final = Text("This sale has no receipt.", "该交易没有签购单。")
NOT_THAT: Final = Text(
    "No such slip: it is not certain that this card was not charged (verdict {word}).",
    "不能出具该单：尚不能确定该卡未被扣款（结论：{word}）。",
)
NO_NOTICE: Final = Text("No reversal of this sale ended like that.", "该交易的冲正没有此结果。")
NOTICES: Final = {
    REVERSAL: frozenset({State.REVERSED}),
    FAULT: frozenset({State.REVERSING, State.ESCALATED}),
}


class NoPaper(OurError):  # noqa: N818 - says what there is not
    """There is no such paper of this sale; `code` for programs."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en, text.zh)
        self.code = code


def paper(
    stores: Stores, key: AttemptKey, kind: str, now: Instant, seal: Seal | None = None, *, electronic: bool = False
) -> Document:
    """One paper about one transaction; `kind` a word of KINDS, `seal` signs the sales slips. NoPaper without it.

    None of them is the ORIGINAL, of which only a printer makes one: a slip is a copy for the screen, or the e-receipt.
    """
    assert kind in KINDS
    if kind == EXPLANATION:
        return explanation(_explained(stores.clock, *_judged(stores, key, now)))
    store = _terminal(stores)
    attempt, holder = _held(stores, store, key)
    if attempt is None:
        raise NoPaper("unknown_sale", UNKNOWN_SALE)
    if kind == NOT_CHARGED:
        return _not_charged(stores, store, attempt, now)
    if kind in NOTICES:
        if attempt.state not in NOTICES[kind]:
            raise NoPaper("no_notice", NO_NOTICE)
        facts = _facts(store, attempt, stores.clock)
        return fault_slip(facts) if kind == FAULT else reversal_slip(facts, paid_with(attempt))
    slip = Records(holder).slip(key)
    if slip is None or attempt.state not in PAID:
        raise NoPaper("no_receipt", NO_RECEIPT)
    if kind == DECLARATION:
        return declaration(slip)
    code = seal(slip) if seal else ""
    return sale_slip(slip, Copy(kind), code=code, mark_as=ELECTRONIC if electronic else SHOWN)


def details(stores: Stores, terminal: str, batch: str, now: Instant) -> Document:
    """交易明细: the sales of a batch that stand; `batch` "" is the terminal's present one."""
    store = _terminal(stores)
    known = device(store, terminal)
    if known is None:
        raise NoPaper("unknown_terminal", Text("This terminal is not registered here.", "该终端未在此登记。"))
    batch = batch or known.batch
    return detail_list(slips_of_batch(store, terminal, batch), terminal, batch, stores.clock.spoken(now, SHAPE))


def _terminal(stores: Stores) -> Store:
    if stores.terminal is None:
        raise NoPaper("unreadable", UNREADABLE)
    return stores.terminal


def _held(stores: Stores, store: Store, key: AttemptKey) -> tuple[Attempt | None, Store]:
    """A sale, and what holds it: the terminals' store, or what the archive says of it."""
    attempt = Records(store).one(key)
    if attempt is not None:
        return attempt, store
    old = next(iter(past.found(stores, "terminal", past.of(key))), store)
    return Records(old).one(key), old


def _judged(stores: Stores, key: AttemptKey, now: Instant) -> tuple[str, Instant, Finding]:
    found = search(stores, Search(key=key))
    if not found:
        raise NoPaper("not_found", Text("No station knows this transaction.", "各站点均无此交易的记录。"))
    return found[0].last4, found[0].started_at, finding(stores, found[0], now)


def _explained(clock: Zone, last4: str, started_at: Instant, told: Finding) -> Explained:
    first = next(one for one in told.evidence if one is not None and not isinstance(one, str))
    return Explained(
        ref=getattr(first, "ref", "") or getattr(first, "rrn", ""),
        amount=first.amount,
        currency=first.currency,
        last4=last4,
        at=clock.spoken(started_at, SHAPE),
        word=told.heading,
        sentence=told.sentence,
    )


def _not_charged(stores: Stores, store: Store, attempt: Attempt, now: Instant) -> Document:
    *_, told = _judged(stores, attempt.number, now)
    if told.verdict is not Verdict.NOT_CHARGED:
        raise NoPaper("not_certain", NOT_THAT.filled(word=told.word))
    return not_charged_slip(_facts(store, attempt, stores.clock), told.sentence)


def _facts(store: Store, attempt: Attempt, clock: Zone) -> Slip:
    """What is known of a sale that has no voucher."""
    known = device(store, attempt.terminal)
    date, time = clock.text(attempt.started_at, "%Y/%m/%d %H:%M:%S").split()
    return Slip(
        merchant_name=known.name if known else "",
        merchant=attempt.merchant,
        terminal=attempt.terminal,
        operator=known.operator if known else "",
        card=attempt.card,
        entry=attempt.entry_letter,
        batch=attempt.batch,
        voucher=attempt.stan,
        amount=attempt.amount,
        currency=attempt.currency,
        date=date,
        time=time,
        auth_code=attempt.auth_code,
        rrn=attempt.rrn,
        kind=WORDS[attempt.kind],
    )
