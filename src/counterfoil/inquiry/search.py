"""From what a person has in the hand to the transactions it can mean.

TERMINAL/BATCH/STAN (the slip, the till), a retrieval reference number (the slip, the bank statement), an approval code
(the slip; the terminal is asked), or the card's last four digits with the amount (the customer). All three stations are
asked: one of them may be the only one to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from counterfoil.archive.reading import Where
from counterfoil.errors import InputError
from counterfoil.inquiry import past
from counterfoil.inquiry.matching import belongs, fits
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.money import FULL_WIDTH, AmbiguousError, parse, plain
from counterfoil.reasons import COMMA
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import REQUEST, AttemptKey, IssuerStub, SwitchStub, TerminalStub, parse_ref
from counterfoil.words import Text

RRN: Final = re.compile(r"[0-9A-Za-z]{12}")
TERMINAL: Final = re.compile(r"[0-9A-Za-z]{8}")
STAN: Final = re.compile(r"[0-9]{6}")
APPROVAL: Final = re.compile(r"[0-9A-Za-z]{6}")
MARKS: Final = re.compile(r"[•…*¥￥元]|(?<![0-9]),|(?<=[0-9]{4}),|,(?![0-9]{1,3}(?![0-9]))")
"""What masks a card number, what stands between words, and the sign of a currency. A comma in an amount stays."""
LABELS: Final = ("RRN", "STAN", "RMB", "参考号", "交易参考号", "凭证号", "授权码")
CARD: Final = re.compile(r"(?P<last4>[0-9]{4})(?:\+(?P<amount>[0-9.,]+))?")


NO_REFERENCE: Final = Text(
    "a reference is TERMINAL/BATCH/STAN, a retrieval reference number, an approval code, LAST4 and AMOUNT, "
    "or DE32/DE7/DE11",
    "可用的查询依据：终端编号/批次号/凭证号、参考号、授权码、卡号后四位加金额，或 DE32/DE7/DE11",
)
NO_AMOUNT: Final = Text(
    "the last four digits alone fit too many: add the amount, in digits, as in {example}",
    "仅凭卡号后四位符合的交易过多：请加上金额，用数字表示，例如 {example}",
)


class Nothing(InputError):  # noqa: N818 - the answer to a question
    """The words are no reference of any kind."""


class Search(NamedTuple):
    """What was asked: one of key, rrn, request (DE32/DE7/DE11 at an issuer), last4 with amount (minor units), terminal
    with STAN, whatever the batch, or approval code. Only a key and a request name one transaction.
    """

    key: AttemptKey | None = None
    rrn: str = ""
    last4: str = ""
    amount: int = 0
    terminal: str = ""
    stan: str = ""
    auth_code: str = ""
    request: str = ""


class Candidate(NamedTuple):
    """One transaction that fits. `ref` is "" when only an issuer knows of it; `issuer` and `request` name it then."""

    ref: str
    rrn: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    started_at: Instant
    issuer: str = ""
    request: str = ""


def parse_question(words: str, amount: str | None = None, currency: str = "CNY") -> Search:
    """What these words ask for; Nothing when they are no reference."""
    key = parse_ref(words)
    if key is not None:
        return Search(key=key)
    if REQUEST.fullmatch(words):
        return Search(request=words)
    card = CARD.fullmatch(words)
    if card is not None:
        typed = amount or card["amount"] or ""
        try:
            return Search(last4=card["last4"], amount=parse(typed, currency).minor)
        except AmbiguousError:
            raise Nothing(*COMMA.filled(typed=typed)) from None
        except ValueError:
            raise Nothing(*NO_AMOUNT.filled(example=plain(1250, currency))) from None
    if RRN.fullmatch(words):
        return Search(rrn=words.upper())
    if APPROVAL.fullmatch(words):
        return Search(auth_code=words.upper())
    raise Nothing(*NO_REFERENCE)


def parse_typed(typed: str, currency: str = "CNY") -> Search:
    """What a search box asks; a number may look as it does on the slip or the page it was copied from.

    So `T0000001 000001 000042`, `T0000001 000042`, `RRN 63270DFNZSG3`, `•••• 1234 12.50 CNY` and `12.50 1234` are read.
    Nothing when it is no reference.
    """
    words = [
        word for word in MARKS.sub(" ", typed.translate(FULL_WIDTH)).split() if word.upper() not in (*LABELS, currency)
    ]
    if len(words) == 3 and parse_ref("/".join(words)):
        return parse_question("/".join(words))
    first, second, *_ = (*words, "", "")
    if STAN.fullmatch(second) and TERMINAL.fullmatch(first):
        return Search(terminal=first, stan=second)
    if CARD.fullmatch(second) and set(first) & set(".,，．"):
        first, second = second, first
    return parse_question(first, second or None, currency)


def search(stores: Stores, question: Search) -> list[Candidate]:
    """Every transaction that fits, newest first; [] when no station knows one.

    What an issuer holds is the transaction whose request it is, and one of its own when nobody else knows that request:
    that it says the number of another one does not make it that one. What is nobody's and moved no money is listed only
    where nothing else is: a damaged copy of a request can have left it.
    """
    found: dict[str, Candidate] = {}
    others: list[IssuerStub] = []
    asked: list[TerminalStub | SwitchStub] = []
    for stub in witnesses(stores, question):
        if isinstance(stub, IssuerStub):
            others.append(stub)
        else:
            asked.append(stub)
            found.setdefault(stub.ref, candidate(stub.ref, stub))
    nobodys: dict[str, IssuerStub] = {}
    for other in others:
        one = _owner(stores, other, asked)
        if one is not None:
            found.setdefault(one.ref, candidate(one.ref, one))
        else:
            nobodys[f"{other.issuer} {other.request}"] = other
    known = bool(found)
    found |= {name: candidate("", other) for name, other in nobodys.items() if other.done or not known}
    return sorted(found.values(), key=lambda one: one.started_at, reverse=True)


def _owner(
    stores: Stores, other: IssuerStub, asked: Sequence[TerminalStub | SwitchStub]
) -> TerminalStub | SwitchStub | None:
    """Whose request an issuer's stub is, as far as anybody knows."""
    for stub in asked:
        if isinstance(stub, SwitchStub) and belongs(other, stub):
            return stub
    if stores.switch is None:
        return next((stub for stub in asked if fits(other, stub)), None)
    known = switches.stub(stores.switch, other.rrn, history=False)
    sent = [known] if known is not None else past.routed(stores, other.rrn, other.started_at)
    return next((stub for stub in sent if belongs(other, stub)), None)


def witnesses(stores: Stores, question: Search) -> list[TerminalStub | SwitchStub | IssuerStub]:
    """What each station knows, the terminal first and the issuers last."""
    key, rrn, last4, amount, number, stan, auth_code, request = question
    if key or rrn:
        return _named(stores, key, rrn)
    if request:
        each = (_requested(stores, name, request) for name in stores.issuers)
        return [stub for stub in each if stub is not None]
    if stan or auth_code:
        where: Where = {"terminal": [number], "stan": [stan]} if stan else {"auth_code": [auth_code]}
        return [
            stub
            for store in _everywhere(stores, "terminal", where)
            for stub in (terminals.numbered(store, number, stan) if stan else terminals.approved_as(store, auth_code))
        ]
    where = {"last4": [last4], "amount": [amount]}
    found: list[TerminalStub | SwitchStub | IssuerStub] = []
    for store in _everywhere(stores, "terminal", where):
        found += terminals.find(store, last4=last4, amount=amount)
    for store in _everywhere(stores, "switch", where):
        found += switches.find(store, last4=last4, amount=amount)
    for name in stores.issuers:
        for store in _everywhere(stores, name, where):
            found += issuers.find(store, last4=last4, amount=amount)
    return found


def _everywhere(stores: Stores, station: str, where: Where) -> Iterator[Store]:
    """A station's store and what left it: for a question that may have several answers, some old and some new."""
    live = stores.of(station)
    if live is not None:
        yield live
    yield from past.found(stores, station, where)


def _requested(stores: Stores, name: str, request: str) -> IssuerStub | None:
    store = stores.of(name)
    if store is None:
        return None
    return issuers.stub(store, request, history=False) or past.issuer(stores, name, request, 0, history=False)


def _named(stores: Stores, key: AttemptKey | None, rrn: str) -> list[TerminalStub | SwitchStub | IssuerStub]:
    """What each station knows under one key or number. Who holds none is looked for in the archive, around the time the
    others say.
    """
    terminal, switch = stores.terminal, stores.switch
    sold: list[TerminalStub] = []
    if terminal is not None:
        one = terminals.stub(terminal, key, history=False) if key else None
        sold = [one] if one is not None else terminals.find(terminal, rrn=rrn) if rrn else []
    found = switches.stub(switch, key or rrn, history=False) if switch is not None else None
    routed = [found] if found is not None else []
    posted = [stub for _, store in stores.each_issuer() for stub in issuers.numbered(store, rrn)] if rrn else []
    known: list[TerminalStub | SwitchStub | IssuerStub] = [*sold, *routed, *posted]
    around = next((stub.started_at for stub in known), 0)
    if not sold:
        sold = past.sold(stores, key, rrn, around)
        around = around or next((stub.started_at for stub in sold), 0)
    if not routed:
        old = past.switch(stores, key, around, history=False) if key else None
        routed = [old] if old is not None else past.routed(stores, rrn, around) if rrn else []
        around = around or next((stub.started_at for stub in routed), 0)
    if rrn:
        posted = past.said(stores, rrn, around)
    return [*sold, *routed, *posted]


def candidate(ref: str, stub: TerminalStub | SwitchStub | IssuerStub) -> Candidate:
    """The stub as a line of a list."""
    named = (stub.issuer, stub.request) if isinstance(stub, IssuerStub) else ("", "")
    return Candidate(
        ref, stub.rrn, stub.terminal, stub.merchant, stub.amount, stub.currency, stub.last4, stub.started_at, *named
    )
