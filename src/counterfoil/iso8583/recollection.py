"""DE48 of a sign-on between switch and issuer: what each of the two still knows of what it told the other.

A private use of DE48, under the MAC of its message. The switch names requests it has an answer to, the issuer says
which of them it does not know; the issuer names requests it has decided, and the switch says in its next sign-on which
of those it never made. A page at a time, the newest first, until one brings nothing new. A peer that leaves DE48 out
has no part in it.

    question  Q1  n  n × request  m  m × request  "-" | "0" | "1" request
    answer    A1  n  n × "0" | "1"  m  m × (request, retrieval reference number, terminal)

`n` and `m` are two digits, a request is its DE7 and DE11, terminal and number are padded with spaces.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from counterfoil.errors import DecodeError

PAGE: Final = 25
"""Requests named at once: what fits into the 999 characters of DE48."""
REQUEST: Final = 16
NUMBER: Final = 12
TERMINAL: Final = 8
NAMED: Final = REQUEST + NUMBER + TERMINAL
QUESTION, ANSWER = "Q1", "A1"
NOTHING: Final = "-"
NEWEST: Final = "0"
OLDER: Final = "1"
DIGITS: Final = re.compile(r"[0-9]*")


class RecollectionQuery(NamedTuple):
    """Query of a switch. `known`: requests it has an answer to. `unknown`: requests that the issuer has named and the
    switch never made. `older`: what the issuer is to name: NOTHING, NEWEST, or requests decided before this one.
    """

    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    older: str = NEWEST


class Named(NamedTuple):
    """Request that an issuer has decided: DE7 and DE11 in one, DE37 and DE41."""

    request: str
    rrn: str
    terminal: str


class Recollected(NamedTuple):
    """Answer of an issuer: which of the requests that the switch named it knows, and requests it has decided itself."""

    known: tuple[bool, ...] = ()
    named: tuple[Named, ...] = ()


def build_question(question: RecollectionQuery) -> str:
    """DE48 of an 0800 from a query."""
    older = question.older
    parts = [QUESTION, _listed(question.known), _listed(question.unknown)]
    return "".join((*parts, older if older in (NOTHING, NEWEST) else OLDER + older))


def parse_question(text: str) -> RecollectionQuery:
    """Query in the DE48 of an 0800; DecodeError when there is none."""
    reader = _Reader(text, QUESTION)
    known = tuple(reader.digits(REQUEST) for _ in range(reader.count()))
    unknown = tuple(reader.digits(REQUEST) for _ in range(reader.count()))
    older = reader.take(1)
    if older == OLDER:
        older = reader.digits(REQUEST)
    elif older not in (NOTHING, NEWEST):
        raise reader.wrong()
    reader.end()
    return RecollectionQuery(known, unknown, older)


def build_answer(answer: Recollected) -> str:
    """DE48 of an 0810 from an answer."""
    flags = "".join("1" if known else "0" for known in answer.known)
    named = "".join(f"{one.request}{one.rrn:<{NUMBER}}{one.terminal:<{TERMINAL}}" for one in answer.named)
    return f"{ANSWER}{len(answer.known):02d}{flags}{len(answer.named):02d}{named}"


def parse_answer(text: str) -> Recollected:
    """Answer in the DE48 of an 0810; DecodeError when there is none."""
    reader = _Reader(text, ANSWER)
    flags = reader.digits(reader.count())
    if not set(flags) <= {"0", "1"}:
        raise reader.wrong()
    named = tuple(
        Named(reader.digits(REQUEST), reader.take(NUMBER).rstrip(), reader.take(TERMINAL).rstrip())
        for _ in range(reader.count())
    )
    reader.end()
    return Recollected(tuple(flag == "1" for flag in flags), named)


def _listed(requests: tuple[str, ...]) -> str:
    return f"{len(requests):02d}{''.join(requests)}"


class _Reader:
    """Reader of a text, from its beginning."""

    def __init__(self, text: str, kind: str) -> None:
        self._text = text
        self._at = 0
        if self.take(len(kind)) != kind:
            raise self.wrong()

    def take(self, size: int) -> str:
        found = self._text[self._at : self._at + size]
        if len(found) != size:
            raise self.wrong()
        self._at += size
        return found

    def digits(self, size: int) -> str:
        found = self.take(size)
        if not (found.isascii() and DIGITS.fullmatch(found)):
            raise self.wrong()
        return found

    def count(self) -> int:
        count = int(self.digits(2))
        if count > PAGE:
            raise self.wrong()
        return count

    def end(self) -> None:
        if self._at != len(self._text):
            raise self.wrong()

    def wrong(self) -> DecodeError:
        return DecodeError("48", self._at, "not what a sign-on says of what is known")
