"""What this issuer and the switch have forgotten of what they told each other, found at each sign-on.

The switch names requests it has an answer to: one that is not known here was answered by this issuer before its store
was put back, or lost its log. This issuer names what it has decided: one that the switch never made was made before
*its* store was. The first kind the switch refuses cards for, who has the card; the second is refused here. Both sides
keep a row of either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from counterfoil.iso8583.recollection import (
    NEWEST,
    NOTHING,
    PAGE,
    Named,
    Recollected,
    RecollectionQuery,
    build_answer,
)
from counterfoil.issuer.desk import Desk, case_number
from counterfoil.issuer.records import Records
from counterfoil.issuer.rows import UNAUTHENTICATED, Case, Txn
from counterfoil.issuer.wire import Request, key_of
from counterfoil.issuer.work import Work
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.storage.arrival import LATEST, newest, place_of
from counterfoil.storage.forgotten import FORGOTTEN, SWITCH, Forgotten, end, ending_of, walked, withheld

DE7_DIGITS: Final = 10
RELEASE: Final = "UPDATE txn SET case_number = '' WHERE key = ? AND case_number = ?"
OURS: Final = f"key >= ? AND key < ? AND refusal NOT IN ({', '.join('?' * len(UNAUTHENTICATED))})"
"""Of one acquirer ("0" follows "/"), made by a message that the switch vouched for."""


def keys_of(asked: Request) -> list[str]:
    """The keys of the requests that a sign-on is about."""
    question = asked.question
    return [_key(asked, one) for one in (*question.known, *question.unknown)] if question is not None else []


def compared(desk: Desk, step: Work, store: Store, now: Instant, asked: Request, question: RecollectionQuery) -> str:
    """What is answered to the switch's question, DE48; what it brings to light is kept in this step."""
    flags = tuple(_is_known(step, _key(asked, request)) for request in question.known)
    lost = [request for request, known in zip(question.known, flags, strict=True) if not known]
    _forgotten_here(desk, step, store, now, asked, lost)
    _forgotten_there(desk, step, store, now, asked, question.unknown)
    return build_answer(Recollected(flags, _named(store, asked, question.older)))


def _key(asked: Request, request: str) -> str:
    return key_of(asked.acquirer, request[:DE7_DIGITS], request[DE7_DIGITS:])


def _is_known(step: Work, key: str) -> bool:
    return key in step.txns or key in step.archived


def _forgotten_here(
    desk: Desk, step: Work, store: Store, now: Instant, asked: Request, requests: Sequence[str]
) -> None:
    """The switch holds this issuer's answer to these, and they are not here."""
    numbers = {case_number(desk.settings.name, _key(asked, request)): request for request in requests}
    before = walked(store, list(numbers))
    fresh = [(number, request) for number, request in numbers.items() if number not in before]
    for number, request in fresh:
        step.forget(Forgotten(number, desk.settings.name, SWITCH, "", request, "", "", "", 0, "", "", now))
    if fresh:
        detail = f"the switch holds answers of this issuer to {len(fresh)} requests that are not in its store"
        desk.alarm(step, now, "", FORGOTTEN, detail)


def _forgotten_there(
    desk: Desk, step: Work, store: Store, now: Instant, asked: Request, requests: Sequence[str]
) -> None:
    """The switch never made these, it says, and they were decided here: their cards are refused until a person says."""
    numbers = {case_number(desk.settings.name, _key(asked, request)): request for request in requests}
    before = walked(store, list(numbers))
    fresh = [(number, request) for number, request in numbers.items() if number not in before]
    for number, request in fresh:
        txn = step.txns.get(_key(asked, request))
        if txn is None or not txn.authentic:
            step.forget(Forgotten(number, SWITCH, SWITCH, "", request, "", "", "", 0, "", "", now))
            continue
        step.forget(_row(number, txn, request, now))
        if not txn.case_number:
            step.open_case(Case(number, txn.key, txn.rrn, now, FORGOTTEN, "the switch does not know it any more"))
            step.put(_with_case(txn, number))
    if fresh:
        desk.alarm(step, now, "", FORGOTTEN, f"the switch does not know {len(fresh)} requests that were decided here")


def _with_case(txn: Txn, number: str) -> Txn:
    return msgspec.structs.replace(txn, case_number=number)


def _row(number: str, txn: Txn, request: str, now: Instant) -> Forgotten:
    told = (txn.rrn, txn.terminal, txn.token, txn.amount, txn.currency, txn.last4)
    return Forgotten(number, SWITCH, SWITCH, txn.key, request, *told, now)


def _named(store: Store, asked: Request, older: str) -> tuple[Named, ...]:
    """A page of what was decided here, in the order it came in, the newest first."""
    if older == NOTHING:
        return ()
    before = LATEST if older == NEWEST else place_of(store, "txn", "key", _key(asked, older))
    acquirer = key_of(asked.acquirer, "", "").partition("/")[0]
    params = (f"{acquirer}/", f"{acquirer}0", *sorted(UNAUTHENTICATED))
    rows = newest(store, "txn", "key, rrn, terminal", OURS, params, PAGE, before)
    return tuple(Named("".join(key.split("/")[1:]), rrn, terminal) for _, key, rrn, terminal in rows)


def ended(records: Records, args: Mapping[str, Any], now: Instant) -> dict[str, Any] | None:
    """The verb of the control channel: a person ends rows; None when the arguments make no sense."""
    ending = ending_of(args)
    if ending is None:
        return None
    rows = end(records.store, ending, now, RELEASE)
    records.withheld = withheld(records.store, "token")
    return {"ended": [one.number for one in rows]}
