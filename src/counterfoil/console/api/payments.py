"""Selling, and where the money of a payment is."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header, Query, Response

from counterfoil.console import masks, reveal
from counterfoil.console.api.desk import REF, Desk, Does, Key, only, taken
from counterfoil.console.api.problem import Problem
from counterfoil.console.api.shapes import Card, NamedCard, Page, Payment, ReasonIn, SaleIn, Sold
from counterfoil.console.deeds import NOT_CHARGED, UnwritableError
from counterfoil.console.people import May
from counterfoil.console.sale import called, ended, sell
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.freetext import starred
from counterfoil.inquiry import Candidate, Nothing, Search, Stores, finding, parse_question, search
from counterfoil.inquiry.search import candidate
from counterfoil.kinds import BY_NAME, PAYING
from counterfoil.stack.demo import Demo, DemoCard
from counterfoil.stack.selling import asked
from counterfoil.step import Instant
from counterfoil.terminal import stubs as terminals
from counterfoil.terminal.request import SWIPED, TYPED
from counterfoil.transaction import AttemptKey, parse_ref
from counterfoil.verdict.finding import iso
from counterfoil.words import Text, Told

router: Final = APIRouter()

UNKNOWN_CARD: Final = Text("No demo card has this name or number.", "没有该名称或卡号的演示卡。")
UNKNOWN_REF: Final = Text("No station knows this payment.", "各站点均无此笔交易的记录。")
UNKNOWN_TERMINAL: Final = Text("This terminal is not registered here.", "本机未登记该终端。")
NOT_LEFT: Final = Text(
    "The terminals cannot be reached: nothing was sent, the card was not charged.",
    "无法连接终端：交易未发出，卡未被扣款。",
)
NO_WORD: Final = Told(
    Text("The result is not known yet. Please do not pay again yet.", "结果尚不清楚。请暂勿再次付款。"),
    Text(
        "The terminal did not say what became of it. Do not take it again yet: ask again with the same key.",
        "终端未给出结果。请暂勿再次收款：使用同一流水键再次查询。",
    ),
)
NO_WORD_YET: Final = Told(
    Text("The result is not known yet.", "结果尚不清楚。"),
    Text(
        "The terminal did not say what became of it. Do not begin it anew yet: ask again with the same key.",
        "终端未给出结果。请暂勿重新发起：使用同一流水键再次查询。",
    ),
)
"""What is said of a kind with which nobody pays."""
ASK: Final = Text(
    "Ask by ref, by rrn, by last4 and amount, or by terminal.", "请按 ref、rrn、last4 加 amount 或 terminal 查询。"
)
BAD_CURSOR: Final = Text("This cursor is not one of ours.", "该游标无效。")
LEFT: Final = {"approved", "declined", "not_sent"}
NEVER: Final = 1 << 62
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,64}$",
        description=(
            "The till's own key: the same key never sells twice. It is bound to everything that is asked with it, and "
            "free again when nothing was sent."
        ),
    ),
]


def sells() -> dict[str, Any]:
    """What the route of a sale says of itself."""
    said = only(May.SELL, 404, 409)
    return {**said, "responses": {**said["responses"], 200: {"model": Sold}, 202: {"model": Sold}}}


@router.post(
    "/payments",
    response_model=Sold,
    status_code=201,
    **sells(),
)
async def create_payment(
    desk: Desk, doer: Does, wanted: SaleIn, idempotency_key: IdempotencyKey, response: Response
) -> dict[str, Any]:
    """Take a card payment, or any other `kind`. 201: decided; 200: this key was decided before; 202: not known."""
    key = kept(idempotency_key)
    card, entry, pin = _card(desk.reach.demo, wanted)
    asked_before, known = await desk.read(lambda stores: _keyed(stores, key))
    args = _args(wanted, card, entry, pin, key)
    unknown = {**_no_word(wanted), "key": key, "ref": str(known or ""), "payment": None}
    deed = None
    try:
        deed = doer.begin(called(BY_NAME[wanted.kind]), f"{wanted.terminal} {key}", later=unknown)
        with deed:
            answer = await sell(desk.reach, deed, args)
            deed.ends(*ended(answer), subject=str(answer.get("ref", "")))
        reply = taken(answer)
        unknown["ref"] = reply["ref"]  # whatever fails from here on
    except (NothingSentError, UnwritableError) as error:
        if asked_before is False and key not in desk.reach.selling:
            raise _not_charged(error) from None
        reply = unknown  # nothing left now, but what this key stands for may have left before
    except OutcomeUnknown:
        reply = unknown
    number = parse_ref(reply["ref"])
    payment = await desk.read(lambda stores: whole(stores, number, desk.reach.now())) if number else None
    if number:
        response.headers["Location"] = f"/api/v1/payments/{number}"
    lags = deed is not None and deed.owed
    response.status_code = 202 if lags or reply["outcome"] not in LEFT else 200 if known else 201
    return {**_of(wanted), **reply, "key": key, "payment": payment}


def _args(wanted: SaleIn, card: DemoCard, entry: str, pin: str, key: str) -> dict[str, Any]:
    """What the terminal is asked; whether the kind takes it, the terminal says."""
    return asked(
        card,
        wanted.terminal,
        wanted.amount,
        wanted.currency or "",
        key,
        pin,
        wanted.retry_of or "",
        entry,
        kind=wanted.kind,
        original=wanted.original,
        supervisor=wanted.supervisor.get_secret_value(),
        print=wanted.print_,
    )


def _of(wanted: SaleIn) -> dict[str, Any]:
    """What an answer says that has no more from the terminal."""
    return {"kind": wanted.kind, "original": wanted.original or "", "balances": [], "display": []}


def _no_word(wanted: SaleIn) -> dict[str, Any]:
    """What is said while nobody knows what became of it."""
    told = NO_WORD if wanted.kind in PAYING else NO_WORD_YET
    return {"outcome": "unknown", "response_code": "", **_of(wanted), **told.both()}


def _not_charged(error: Exception) -> Problem:
    """What is said of a sale that never left, under a key that never left before."""
    if isinstance(error, UnwritableError):
        return Problem(503, "not_audited", NOT_CHARGED, {"Retry-After": "2"})
    return Problem(409, "not_sent", NOT_LEFT, {"Retry-After": "2"})


def kept(key: str) -> str:
    """The key as the terminal keeps it: one that may hold a card number is kept as a hash."""
    return key if starred(key) == key else f"h-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _keyed(stores: Stores, key: str) -> tuple[bool | None, AttemptKey | None]:
    """Whether this key of the till is used up (None: the terminals cannot be read), and the attempt it stands for."""
    if stores.terminal is None:
        return None, None
    stub = terminals.bound(stores.terminal, key)
    return stub is not None, parse_ref(stub.ref) if stub is not None else None


def _card(demo: Demo, wanted: SaleIn) -> tuple[DemoCard, str, str]:
    """The card, how it comes in, and the PIN."""
    card = wanted.card
    if isinstance(card, NamedCard):
        found, entry = demo.card(card.name), SWIPED
    else:
        number, expiry = card.number.get_secret_value(), card.expiry.get_secret_value()
        found, entry = next((one for one in demo.cards() if one.pan == number), None), TYPED
        found = msgspec.structs.replace(found, expiry=expiry) if found is not None else None
    if found is None:
        raise Problem(422, "unknown_card", UNKNOWN_CARD)
    return found, entry, card.pin.get_secret_value()


@router.get(REF, response_model=Payment, **only(May.LOOK, 404))
async def get_payment(desk: Desk, key: Key) -> dict[str, Any]:
    """Where the money of one payment is: verdict, sentences, hop, money, clock, next action, evidence."""
    found: dict[str, Any] | None = await desk.read(lambda stores: whole(stores, key, desk.reach.now()))
    if found is None:
        raise Problem(404, "unknown_payment", UNKNOWN_REF)
    return found


def whole(stores: Stores, key: AttemptKey, now: Instant) -> dict[str, Any] | None:
    """Everything there is to say of a payment; None when no station knows it."""
    found = search(stores, Search(key=key))
    return judged(stores, found[0], now) if found else None


def judged(stores: Stores, one: Candidate, now: Instant) -> dict[str, Any]:
    """A payment with its verdict."""
    answer = finding(stores, one, now).to_json()
    answer["evidence"] = masks.hidden(answer["evidence"])
    return {**brief(one), **answer}


def brief(one: Candidate) -> dict[str, Any]:
    """A payment in a list."""
    return {**one._asdict(), "started_at": iso(one.started_at)}


def name_of(one: Candidate) -> str:
    """What no other payment in a list is called."""
    return one.ref or f"{one.issuer}/{one.request}"


@router.post(REF + "/reveal", response_model=Card, **only(May.REVEAL, 404))
async def reveal_card(desk: Desk, doer: Does, key: Key, wanted: ReasonIn) -> dict[str, str]:
    """The first six digits of the card beside its last four; the reason is in the audit log before the answer."""
    card = await desk.read(lambda stores: reveal.card_of(stores, key, desk.reach.now()))
    if not card:
        raise Problem(404, "unknown_payment", UNKNOWN_REF)
    reveal.write_down(desk.log, doer.person, key, wanted.reason, doer.origin)
    return {"ref": str(key), "card": card}


@router.get("/payments", response_model=Page, **only(May.LOOK, 404))
async def find_payments(
    desk: Desk,
    ref: Annotated[str | None, Query(pattern=r"^[!-.0-~]{1,8}/[0-9]{6}/[0-9]{6}$")] = None,
    rrn: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z]{12}$")] = None,
    last4: Annotated[str | None, Query(pattern=r"^[0-9]{4}$")] = None,
    amount: Annotated[str | None, Query(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$", examples=["12.50"])] = None,
    terminal: Annotated[str | None, Query(pattern=r"^[!-.0-~]{1,8}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=120)] = None,
) -> dict[str, Any]:
    """Payments by reference, by RRN, by the card's last four with the amount as the slip shows it, or of a terminal."""
    named = [word for word in (ref, rrn, terminal) if word] + ([last4] if last4 and amount else [])
    if len(named) != 1 or bool(last4) != bool(amount):
        raise Problem(422, "ask_for_one", ASK)
    at, before = _place(cursor)
    if terminal:
        found = await desk.read(lambda stores: _of_terminal(stores, terminal, at, limit + 1))
    else:
        found = await desk.read(lambda stores: search(stores, _question(named[0], amount)))
        found = [one for one in found if (one.started_at, name_of(one)) < (at, before)][: limit + 1]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return {
        "payments": [brief(one) for one in found[:limit]],
        "next": _cursor(last.started_at, name_of(last)) if last else None,
    }


def _of_terminal(stores: Stores, terminal: str, before: Instant, limit: int) -> list[Candidate]:
    store = stores.of("terminal")
    if store is None or terminals.device(store, terminal) is None:
        raise Problem(404, "unknown_terminal", UNKNOWN_TERMINAL)
    return [candidate(stub.ref, stub) for stub in terminals.recent(store, terminal, before, limit)]


def _question(named: str, amount: str | None) -> Search:
    try:
        return parse_question(named, amount)
    except Nothing:
        raise Problem(422, "ask_for_one", ASK) from None


def _cursor(at: Instant, name: str) -> str:
    return base64.urlsafe_b64encode(f"{at} {name}".encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[Instant, str]:
    """Where a page begins: before this instant, and within it before this name."""
    if cursor is None:
        return NEVER, ""
    try:
        at, _, name = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(" ")
        return max(0, min(int(at), NEVER)), name
    except (binascii.Error, ValueError):
        raise Problem(422, "bad_cursor", BAD_CURSOR) from None
