"""A request without a message: some of its fields and its evidence, and an answer that repeats it.

A station that decides thousands of requests a second makes no `Message` of each: it asks for the fields it decides by,
and its answer takes what it repeats from the request. The accelerator, where it is in use, does both on the bytes; what
is not plain it leaves to the code here, which does them by way of a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

from counterfoil.errors import DecodeError
from counterfoil.iso8583.codec import Dialect
from counterfoil.iso8583.encoding import Value
from counterfoil.iso8583.message import NAME_OF, Message

Source: TypeAlias = bytes | Message
"""What an answer repeats from: the bytes of a request, or the message that was made of them."""

Excerpt: TypeAlias = tuple[str, str, Source, tuple[Any, ...]]
"""Message type, evidence (`Dialect.told`), source, and the values of the fields asked for, None for an absent one."""

PLANS: Final = 256  # layouts of messages that are remembered
NO_MAC: Final = bytes(8)
"""The value of DE64 or DE128 before there is a MAC (ISO 8583: b 64)."""


def excerpts(dialect: Dialect, numbers: Iterable[int], *, within: bool = True) -> Callable[[bytes], Excerpt | None]:
    """A reader of two or more fields of a body of this dialect; it returns None for a body that no station accepts.

    Such is a body that `Dialect.receive` refuses; without `within`, only one that cannot be decoded in full.
    """
    wanted = tuple(numbers)
    values = attrgetter(*(NAME_OF[number] for number in wanted))
    take = dialect.receive if within else dialect.decode

    def read(body: bytes) -> Excerpt | None:
        try:
            message = take(body)
        except DecodeError:
            return None
        return message.mti, dialect.told(message), message, values(message)

    return dialect.compiled.excerpts(wanted, read, within) if dialect.compiled is not None else read


def remains(dialect: Dialect, numbers: Iterable[int]) -> Callable[[bytes], Excerpt | None]:
    """A reader of these fields of a body that no station accepts, as far as it decodes; None where it has no message
    type.
    """
    values = attrgetter(*(NAME_OF[number] for number in numbers))

    def read(body: bytes) -> Excerpt | None:
        try:
            message = dialect.decode(body)
        except DecodeError as error:
            if not isinstance(error.partial, Message):
                return None
            message = error.partial
        return message.mti, dialect.told(message), message, values(message)

    return read


Answers: TypeAlias = Callable[[Source, str, Mapping[str, Value], str], bytes]


def answers(dialect: Dialect, numbers: Iterable[int]) -> Answers:
    """A writer of answers: `(source, message type, added, mac)` → the answer up to its MAC.

    The answer repeats these fields of the request as far as they are present. `added` has the others ("de39" → "00");
    `mac` is the name of the last field, whose 8 bytes the caller appends. `source` comes from an excerpt. EncodeError
    as from `Dialect.encode`.
    """
    repeated = tuple(numbers)
    names = frozenset(NAME_OF[number] for number in repeated)

    @lru_cache(maxsize=PLANS)
    def silent(attributes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in attributes if name not in names and name != "mti")

    def write(source: Source, mti: str, added: Mapping[str, Value], mac: str) -> bytes:
        request = source if isinstance(source, Message) else dialect.decode(source)
        answer = request.like(mti, silent(tuple(request.__dict__)), {**added, mac: NO_MAC})
        return dialect.encode(answer)[: -len(NO_MAC)]

    return dialect.compiled.answers(repeated, write) if dialect.compiled is not None else write
