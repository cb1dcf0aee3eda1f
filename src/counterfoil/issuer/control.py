"""What can be asked of an issuer on its control channel, and how its cards are enrolled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from counterfoil.errors import PeerError
from counterfoil.fields import called
from counterfoil.issuer import chart, stubs
from counterfoil.issuer.card import Card, CardStatus
from counterfoil.issuer.rows import Counts, IssuerKeys
from counterfoil.issuer.work import Work
from counterfoil.ledger import Account, Book, Entry
from counterfoil.money import CURRENCIES, MAX_MINOR
from counterfoil.security import EXPIRY, Hsm, luhn_ok
from counterfoil.step import Instant, wrong_field
from counterfoil.storage import Store
from counterfoil.storage.archiving import BAD_KEYS, Left
from counterfoil.words import Text

ENROL: Final = "enrol"
STATUS: Final = "status"
LAST_ALARMS: Final = "SELECT at, what, txn, detail FROM alarm ORDER BY seq DESC LIMIT 10"
OPEN_CASES: Final = (
    "SELECT number, rrn, at, what, detail FROM exception_case WHERE ended_at = 0 ORDER BY at, number LIMIT 100"
)

UNKNOWN_VERB: Final = Text(en="an issuer has no command of that name", zh="发卡行没有此命令")
BAD_CARD: Final = Text(
    en="card {number} of the list cannot be enrolled: {field} is missing or makes no sense",
    zh="列表中第{number}张卡无法登记：{field}缺失或无效",
)
BAD_SHAPE: Final = Text(
    en="card {number} of the list cannot be enrolled: it has a field that is not known, or is no object",
    zh="列表中第{number}张卡无法登记：含有未知字段，或不是对象",
)
NO_ACCOUNT: Final = Text(en="name an account", zh="请给出账户")
DAYS_COLUMNS: Final = ("limit_each", "limit_day", "count_day")


class Enrolment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A card as the seed describes it. `balance` (minor units) is funded by an entry.

    `pvv` "" and no `pin` is a card without a PIN; a `pin` is turned into a PVV at once and never kept.
    """

    pan: str
    expiry: str
    name: str = ""
    currency: str = "CNY"
    balance: int = 0
    pvv: str = ""
    pin: str = ""
    status: CardStatus = CardStatus.ACTIVE
    limit_each: int = 0
    limit_day: int = 0
    count_day: int = 0


class Unfit(Exception):  # noqa: N818 - names what the card is
    """A card that cannot be enrolled; carries the name of the field, never its value, "" for one unknown here."""


def enrol(args: Mapping[str, Any], now: Instant, step: Work, hsm: Hsm, keys: IssuerKeys) -> dict[str, Any]:
    """Enrol cards with their accounts: {"cards": [Enrolment, …]} → {"enrolled", "known"}.

    All or none. A card that is enrolled already stays as it is, so that a seed may run again.
    """
    listed = args.get("cards")
    if not isinstance(listed, list):
        return refused(BAD_CARD.filled(number=0, field=called("cards")))
    wanted: dict[str, tuple[Card, int]] = {}
    for number, described in enumerate(listed, start=1):
        try:
            card, balance = _card(described, hsm, keys)
        except Unfit as error:
            return refused((BAD_CARD if str(error) else BAD_SHAPE).filled(number=number, field=called(str(error))))
        wanted.setdefault(card.token, (card, balance))
    known = step.known_cards(list(wanted))
    fresh = [pair for token, pair in wanted.items() if token not in known]
    step.enrol([card for card, _ in fresh], [_opened(card, balance, now) for card, balance in fresh])
    return {"enrolled": len(fresh), "known": len(listed) - len(fresh)}


def _card(described: Any, hsm: Hsm, keys: IssuerKeys) -> tuple[Card, int]:
    try:
        asked = msgspec.convert(described, Enrolment)
    except msgspec.ValidationError as error:
        raise Unfit(wrong_field(error, Enrolment)) from None
    _must("pan", luhn_ok(asked.pan) and len(asked.pan) > 12)
    _must("expiry", EXPIRY.fullmatch(asked.expiry) is not None)
    _must("currency", asked.currency in CURRENCIES)
    _must("balance", 0 <= asked.balance <= MAX_MINOR)
    for field in DAYS_COLUMNS:
        _must(field, 0 <= getattr(asked, field) <= MAX_MINOR)
    try:
        token = hsm.token(asked.pan, keys.token)
        pvv = hsm.make_pvv(asked.pin, asked.pan, keys.pvk) if asked.pin else asked.pvv
    except PeerError:
        raise Unfit("pin") from None
    _must("pvv", pvv == "" or (len(pvv) == 4 and pvv.isascii() and pvv.isdigit()))
    card = Card(
        token=token,
        account=chart.card_account(token),
        name=asked.name,
        first6="",
        last4=asked.pan[-4:],
        expiry=asked.expiry,
        currency=asked.currency,
        pvv=pvv,
        status=asked.status,
        limit_each=asked.limit_each,
        limit_day=asked.limit_day,
        count_day=asked.count_day,
    )
    return card, asked.balance


def _must(field: str, fits: bool) -> None:
    if not fits:
        raise Unfit(field)


def _opened(card: Card, balance: int, now: Instant) -> tuple[Account, Entry | None]:
    """The account as it stands after its opening, and the entry that funded it."""
    funding = chart.funding_account(card.currency)
    book = Book([chart.cardholder(card.account, card.currency, 0), chart.contra(funding)])
    if not balance:
        return book.account(card.account), None
    # "#" stands before every digit, so the opening is the first line of a statement even within one instant.
    entry = book.transfer(f"{card.account}/#opening", funding, card.account, balance, card.currency, now, "opening")
    return book.account(card.account), entry


# --- questions -------------------------------------------------------------------------------------------------------


def status(store: Store, counts: Counts) -> dict[str, Any]:
    """Counts, the last alarms and the open cases."""
    with store.reading():
        last = store.query(LAST_ALARMS)
        opened = store.query(OPEN_CASES)
    return {
        **counts._asdict(),
        "last_alarms": [dict(zip(("at", "what", "txn", "detail"), row, strict=True)) for row in last],
        "open_cases": [dict(zip(("number", "rrn", "at", "what", "detail"), row, strict=True)) for row in opened],
    }


def _check(_: Mapping[str, Any], store: Store) -> dict[str, Any]:
    found = stubs.violations(store)
    return {"sound": not found, "violations": [str(violation) for violation in found]}


def _statement(args: Mapping[str, Any], store: Store) -> dict[str, Any]:
    account = args.get("account")
    if not isinstance(account, str):
        return refused(NO_ACCOUNT)
    return {"account": account, "entries": stubs.statement(store, account)}


QUESTIONS: Final[dict[str, Callable[[Mapping[str, Any], Store], dict[str, Any]]]] = {
    "accounts": lambda _, store: stubs.accounts(store),
    "cards": lambda _, store: {"cards": stubs.cards(store)},
    "check": _check,
    "statement": _statement,
}


def inquiry(verb: str, args: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """The answer to a question that changes nothing."""
    question = QUESTIONS.get(verb)
    return question(args, store) if question is not None else refused(UNKNOWN_VERB, "unknown_verb")


def archived(left: Left | None) -> dict[str, Any]:
    """The answer to an archive that asked for transactions to go."""
    return left.to_json() if left is not None else refused(BAD_KEYS)


def refused(why: Text, code: str = "bad_request") -> dict[str, Any]:
    """An answer that says what was wrong with the question."""
    return {"error": code, "message": why.both()}
