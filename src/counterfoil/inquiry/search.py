"""From what a person has in the hand to the transactions it can mean.

TERMINAL/BATCH/STAN (the slip, the till), a retrieval reference number (the slip, the bank statement), an approval code
(the slip; the terminal is asked), or the card's last four digits with the amount (the customer). All three stations are
asked: one of them may be the only one to know.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from counterfoil.errors import PaymentError
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.money import parse
from counterfoil.step import Instant
from counterfoil.switch import stubs as switches
from counterfoil.terminal import records as terminals
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub, parse_ref

RRN: Final = re.compile(r"[0-9A-Za-z]{12}")
TERMINAL: Final = re.compile(r"[0-9A-Za-z]{8}")
STAN: Final = re.compile(r"[0-9]{6}")
APPROVAL: Final = re.compile(r"[0-9A-Za-z]{6}")
MARKS: Final = re.compile(r"[•…*,，]")
"""What masks a card number, and what stands between words."""
CARD: Final = re.compile(r"(?P<last4>[0-9]{4})(?:\+(?P<amount>[0-9.]+))?")


class Nothing(PaymentError):  # noqa: N818 - the answer to a question
    """The words are no reference of any kind."""


class Question(NamedTuple):
    """What was asked: one of key, rrn, last4 with amount (minor units), terminal with STAN, whatever the batch, or
    approval code.
    """

    key: AttemptKey | None = None
    rrn: str = ""
    last4: str = ""
    amount: int = 0
    terminal: str = ""
    stan: str = ""
    auth_code: str = ""


class Candidate(NamedTuple):
    """One transaction that fits. `ref` is "" when only an issuer knows of it."""

    ref: str
    rrn: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    started_at: Instant


def parse_question(words: str, amount: str | None = None, currency: str = "CNY") -> Question:
    """What these words ask for; Nothing when they are no reference, ValueError for an amount that is none."""
    key = parse_ref(words)
    if key is not None:
        return Question(key=key)
    card = CARD.fullmatch(words)
    if card is not None:
        typed = amount or card["amount"]
        if not typed:
            raise Nothing("the last four digits alone fit too many: add the amount")
        return Question(last4=card["last4"], amount=parse(typed, currency).minor)
    if RRN.fullmatch(words):
        return Question(rrn=words.upper())
    if APPROVAL.fullmatch(words):
        return Question(auth_code=words.upper())
    raise Nothing(
        "a reference is TERMINAL/BATCH/STAN, a retrieval reference number, an approval code, or LAST4 and AMOUNT"
    )


def parse_typed(typed: str, currency: str = "CNY") -> Question:
    """What a search box asks; a number may look as it does on the slip or the page it was copied from.

    So `T0000001 000001 000042`, `T0000001 000042`, `RRN 63270DFNZSG3`, `•••• 1234 12.50 CNY` and `12.50 1234` are read.
    Nothing and ValueError as parse_question.
    """
    words = [word for word in MARKS.sub(" ", typed).split() if word.upper() not in ("RRN", "STAN", currency)]
    if len(words) == 3 and parse_ref("/".join(words)):
        return parse_question("/".join(words))
    first, second, *_ = (*words, "", "")
    if STAN.fullmatch(second) and TERMINAL.fullmatch(first):
        return Question(terminal=first, stan=second)
    if CARD.fullmatch(second) and "." in first:
        first, second = second, first
    return parse_question(first, second or None, currency)


def search(stores: Stores, question: Question) -> list[Candidate]:
    """Every transaction that fits, newest first; [] when no station knows one."""
    found: dict[str, Candidate] = {}
    known: set[str] = set()
    for stub in witnesses(stores, question):
        if isinstance(stub, IssuerStub):
            if stub.rrn not in known:
                found.setdefault(f"rrn {stub.rrn}", candidate("", stub))
        else:
            known.add(stub.rrn)
            found.setdefault(stub.ref, candidate(stub.ref, stub))
    return sorted(found.values(), key=lambda one: one.started_at, reverse=True)


def witnesses(stores: Stores, question: Question) -> list[TerminalStub | SwitchStub | IssuerStub]:
    """What each station knows, the terminal first and the issuers last."""
    found: list[TerminalStub | SwitchStub | IssuerStub | None] = []
    terminal, switch = stores.terminal, stores.switch
    key, rrn, last4, amount, number, stan, auth_code = question
    if stan or auth_code:
        if terminal is None:
            return []
        return [*(terminals.numbered(terminal, number, stan) if stan else terminals.approved_as(terminal, auth_code))]
    if terminal is not None:
        found += (
            [terminals.stub(terminal, key, history=False)]
            if key
            else terminals.find(terminal, rrn=rrn, last4=last4, amount=amount)
        )
    if switch is not None:
        if key or rrn:
            found.append(switches.stub(switch, key or rrn, history=False))
        else:
            found += switches.find(switch, last4=last4, amount=amount)
    for _, store in stores.each_issuer():
        if rrn:
            found.append(issuers.stub(store, rrn, history=False))
        elif not key:
            found += issuers.find(store, last4=last4, amount=amount)
    return [stub for stub in found if stub is not None]


def candidate(ref: str, stub: TerminalStub | SwitchStub | IssuerStub) -> Candidate:
    """The stub as a line of a list."""
    return Candidate(
        ref, stub.rrn, stub.terminal, stub.merchant, stub.amount, stub.currency, stub.last4, stub.started_at
    )
