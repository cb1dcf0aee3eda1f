"""Every dialect twice, pure and accelerated, and what each makes of the same input, told in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pytest

from compiled.parts import parts
from counterfoil import accelerator
from counterfoil.errors import DecodeError, EncodeError, FramingError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message, framing
from counterfoil.iso8583.excerpt import Excerpt, answers, excerpts

OVERRIDES: Final[dict[str, dict[str, Any]]] = {
    "22": {"align": "right"}, "32": {"align": "right"}, "35": {"align": "right"}, "49": {"type": "n"},
    "60": {"max": 19}, "61": {"pad": "F"}, "64": {"type": "an", "max": 8},
    "127": {"type": "b", "max": 9, "prefix": "LLL"},
}  # fmt: skip
DIALECTS: Final = {
    "cup-pos": CUP_POS,
    "iso87-ascii": ISO87_ASCII,
    "overridden": CUP_POS.override(OVERRIDES),
    "gb18030 in characters": Dialect(
        "x", CUP_POS.fields.values(), ISO87_ASCII.style.__class__(False, "gb18030", True), (), {}
    ),
}


class Twins:
    """A dialect in both implementations."""

    def __init__(self, dialect: Dialect) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(accelerator, "messages", parts().messages)
            self.fast = _again(dialect, accelerated=True)
        self.pure = _again(dialect, accelerated=False)
        assert "decode" in vars(self.fast)
        assert "decode" not in vars(self.pure)

    def decode(self, body: bytes) -> Any:
        """What both say of a body: one answer, or the test fails."""
        pure, fast = (_told(partial(dialect.decode, body)) for dialect in (self.pure, self.fast))
        assert fast == pure
        return pure

    def encode(self, message: Message) -> Any:
        """What both make of a message."""
        pure, fast = (_told(partial(dialect.encode, message)) for dialect in (self.pure, self.fast))
        assert fast == pure
        return pure

    def kept(self, message: Message) -> Any:
        """What both keep of a message as evidence, as fields and as JSON."""
        pure, fast = (_told(partial(dialect.kept, message)) for dialect in (self.pure, self.fast))
        assert fast == pure
        written, quickly = (_told(partial(dialect.told, message)) for dialect in (self.pure, self.fast))
        assert quickly == written
        return pure

    def excerpt(self, body: bytes, numbers: Sequence[int]) -> bool:
        """What both take out of a body, for a station and for others; whether it could be read."""
        pure, fast = (_told(partial(dialect.receive, body)) for dialect in (self.pure, self.fast))
        assert fast == pure
        self._excerpt(body, numbers, within=True)
        return self._excerpt(body, numbers, within=False)

    def _excerpt(self, body: bytes, numbers: Sequence[int], *, within: bool) -> bool:
        pure, fast = (excerpts(dialect, numbers, within=within)(body) for dialect in (self.pure, self.fast))
        if pure is None or fast is None:
            assert fast is pure is None
            return False
        assert _seen(fast) == _seen(pure)
        return True

    def answer(self, body: bytes, numbers: Sequence[int], added: Mapping[str, Any], mac: str) -> Any:
        """What both answer to a body that can be read."""
        pure, fast = (
            _told(partial(answers(dialect, numbers), source, "0210", added, mac))
            for dialect, source in ((self.pure, self.pure.decode(body)), (self.fast, body))
        )
        assert fast == pure
        return pure

    def shown(self, body: bytes) -> None:
        """A body as people and evidence see it, out of both."""
        views = []
        for dialect in (self.pure, self.fast):
            try:
                message = dialect.decode(body)
            except DecodeError as error:
                if not isinstance(error.partial, Message):
                    continue
                message = error.partial
            views.append((dialect.flat(message), dialect.kept(message), dialect.nested(message), repr(message)))
        assert views[:1] == views[1:]


def _again(dialect: Dialect, *, accelerated: bool) -> Dialect:
    fields = dialect.fields.values()
    return Dialect(dialect.name, fields, dialect.style, dialect._shapes, dialect._nested, accelerated=accelerated)


def _told(call: Callable[[], Any]) -> Any:
    """A value with its order and types, or an error with all it says."""
    try:
        value = call()
    except (DecodeError, EncodeError, FramingError) as error:
        told: list[Any] = [type(error), str(error), error.args, error.__cause__, error.__context__]
        if isinstance(error, DecodeError):
            told += [error.path, error.offset, error.reason, _parts(error.partial)]
        return told
    except (AttributeError, TypeError) as error:  # a value that no decoder gives
        return [type(error)]
    return _parts(value)


def _seen(excerpt: Excerpt) -> Any:
    mti, told, _, values = excerpt
    return type(mti), mti, type(told), told, [(type(value), value) for value in values]


def _parts(value: Any) -> Any:
    if isinstance(value, Message):
        return [type(value), *((name, type(part), part) for name, part in vars(value).items())]
    if isinstance(value, dict):
        return type(value), [(name, type(part), part) for name, part in value.items()]
    return type(value), value


def streams(data: bytes, sizes: list[int], **how: bool) -> Any:
    """What both make of a stream that comes in pieces of these sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accelerator, "messages", parts().messages)
        fast = framing.FrameBuffer(300, **how)
    pure = framing.FrameBuffer(300, **how, accelerated=False)
    pieces = _pieces(data, sizes)
    one, other = (_told(partial(_fed, buffer, pieces)) for buffer in (pure, fast))
    assert one == other
    return one


def _fed(buffer: framing.FrameBuffer, pieces: list[bytes]) -> list[tuple[list[bytes], int, str]]:
    return [(buffer.feed(piece), buffer.pending, buffer.broken) for piece in pieces]


def _pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]
