"""What the switch says, written as what it adds to what it heard (evidence.py).

What is repeated is told from the elements and their values, whatever kind of transaction it is. How messages of one
layout differ from what they are made of is worked out once, and becomes straight-line code; where the next message
differs in another way, that is worked out too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect
from counterfoil.iso8583.codec import NEVER_KEPT
from counterfoil.iso8583.compiled import Adder, Differing, adder
from counterfoil.iso8583.fields import Characters, Field, Prefix
from counterfoil.iso8583.message import NAME_OF, NUMBER_OF
from counterfoil.iso8583.show import clear, hidden, pan, words
from counterfoil.step import Instant
from counterfoil.switch.evidence import ASKED, OF, SAME
from counterfoil.switch.upstream import SEEN, IssuerAnswer
from counterfoil.switch.wire import Request

LAYOUTS: Final = 256  # whose code is kept
WAYS: Final = 8  # in which messages of one layout may differ, whose code is kept
PLAIN: Final = frozenset({Characters.N, Characters.AN, Characters.XN})  # JSON has nothing to escape in them
SHORTER_THAN_A_CARD: Final = 13

Layout: TypeAlias = tuple[str, bytes, int]
"""The kind of transaction, what its request has, and how many elements are said."""

_json: Final = msgspec.json.Encoder().encode
_requests: Final[dict[Layout, tuple[Adder, ...]]] = {}
_answers: Final[dict[Layout, tuple[Adder, ...]]] = {}


def of_request(kind: str, fields: Mapping[str, Any], ask: Request) -> str:
    """What the request to an issuer that was encoded from these fields adds to the terminal's."""
    layout, heard = (kind, ask.layout, len(fields)), ask.message.__dict__
    for known in _requests.get(layout, ()):
        text = known(fields, heard, 0)
        if text is not None:
            return text
    kept = _kept(fields)
    both = [number for number in kept if NAME_OF[number] in heard and _is_shown_alike(number)]
    same = tuple(number for number in both if fields[NAME_OF[number]] == heard[NAME_OF[number]])
    other = tuple(number for number in both if number not in same)
    written = _shown(ISO87_ASCII, [number for number in kept if number not in same])
    differing = Differing((*fields,), same, other, written, f'"{SAME}":"{_numbers(same)}"')
    return _written(_learnt(_requests, layout, differing), fields, heard, 0)


def of_answer(kind: str, added: Mapping[str, Any], repeated: Iterable[int], ask: Request, heard: IssuerAnswer) -> str:
    """What the answer to a terminal adds to its request, and to the issuer's answer.

    It was encoded from the elements `repeated` of the request, as far as it has them, and from the fields `added`.
    """
    layout, at = (kind, ask.layout, len(added)), ask.heard_at
    for known in _answers.get(layout, ()):
        text = known(added, heard, at)
        if text is not None:
            return text
    kept, asked = _kept(added), ask.message.__dict__
    taken = [number for number in repeated if NAME_OF[number] in asked and number not in kept]
    both = [number for number in kept if number in SEEN and _is_shown_alike(number)]
    same = tuple(number for number in both if added[NAME_OF[number]] == getattr(heard, NAME_OF[number]))
    other = tuple(number for number in both if number not in same)
    written = _shown(CUP_POS, [number for number in kept if number not in same])
    before = f'"{SAME}":"{_numbers(same)}","{OF}":{{at}},"{ASKED}":"{_numbers(taken)}"'
    differing = Differing((*added,), same, other, written, before, attributes=True)
    return _written(_learnt(_answers, layout, differing), added, heard, at)


def _learnt(codes: dict[Layout, tuple[Adder, ...]], layout: Layout, differing: Differing) -> Adder:
    """The code for this difference, remembered as long as there is room."""
    code = adder(differing)
    if layout in codes or len(codes) < LAYOUTS:
        codes[layout] = (code, *codes.get(layout, ()))[:WAYS]
    return code


def _written(code: Adder, fields: Mapping[str, Any], heard: Any, at: Instant) -> str:
    text = code(fields, heard, at)
    assert text is not None, "it was made for these"
    return text


def _kept(fields: Iterable[str]) -> list[int]:
    return [number for number in sorted(map(NUMBER_OF.__getitem__, fields)) if number not in NEVER_KEPT]


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, sorted(numbers)))


@cache
def _is_shown_alike(number: int) -> bool:
    """Whether both links show an element in the same way, so that a line of one may stand for that of the other."""
    one, other = CUP_POS.fields.get(number), ISO87_ASCII.fields.get(number)
    return one is not None and other is not None and (one.show, one.kind) == (other.show, other.kind)


def _shown(dialect: Dialect, numbers: Iterable[int]) -> dict[int, Callable[[Any], str] | str | None]:
    """How these elements are written, as JSON. Free text of ours is remembered; a card number never is."""
    return {number: _of_field(dialect.fields[number]) for number in numbers}


def _of_field(field: Field) -> Callable[[Any], str] | str | None:
    show = field.show
    if show is clear and field.kind in PLAIN and field.size < SHORTER_THAN_A_CARD:
        return None
    if show is hidden and field.prefix is Prefix.FIXED:
        return _json(hidden("0" * field.size)).decode()
    if show is pan:
        return _card
    return _words if show is words else lambda value: _json(show(value)).decode()


def _card(text: str) -> str:
    return f'"{pan(text)}"'


@lru_cache(maxsize=64)
def _words(text: str) -> str:
    return _json(words(text)).decode()
