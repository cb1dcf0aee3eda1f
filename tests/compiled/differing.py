"""Fuzz targets that read everything twice: an input that the two implementations tell apart is a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from compiled.twins import DIALECTS, Twins, streams
from counterfoil.errors import DecodeError
from counterfoil.iso8583 import Dialect, Message, framing
from fuzz.harness import Target

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "wire_vectors.json"
SALE: Final[dict[str, str | bytes]] = {
    "de2": "6299991234567890", "de3": "000000", "de4": "000000001250", "de11": "000001",
    "de35": "6299991234567890D3012", "de41": "T0000001", "de42": "104290053990001", "de43": "测试" + " " * 36,
    "de49": "156", "de52": bytes(range(8)), "de55": bytes(range(40)), "de60": "22000001000", "de63": "CUP测试",
    "de64": b"12345678",
}  # fmt: skip


def _samples(dialect: Dialect) -> list[bytes]:
    plain = {name: value for name, value in SALE.items() if int(name[2:]) in dialect.fields}
    if dialect.style.charset == "ascii":
        plain |= {"de43": "M" * 40, "de63": "CUP", "de7": "0314101530", "de90": "0" * 42, "de28": "C00000123"}
    return [
        dialect.encode_any(Message("0200", **plain)),
        dialect.encode_any(Message("0810", de39="00", de41="T0000001")),
    ]


def _published() -> list[bytes]:
    packets = json.loads(VECTORS.read_text("utf-8"))
    return [framing.unwrap(bytes.fromhex(packet["hex"]), packet["framing"])[2] for packet in packets]


def _streams() -> list[bytes]:
    return [
        bytes((how,)) + framing.frame(body, digits=bool(how & 1)) * 3 for how in range(8) for body in _published()[:4]
    ]


CORPORA: Final[Mapping[str, Callable[[], list[bytes]]]] = {
    "cup-pos": lambda: [*_samples(DIALECTS["cup-pos"]), *_published()],
    "iso87-ascii": lambda: _samples(DIALECTS["iso87-ascii"]),
    "overridden": lambda: _published(),
    "gb18030 in characters": lambda: _samples(DIALECTS["gb18030 in characters"]),
    "framing": _streams,
}


TAKEN: Final = (2, 3, 4, 7, 11, 14, 32, 35, 37, 39, 41, 42, 44, 49, 52, 60, 70, 90)


@cache
def _twins(name: str) -> Twins:
    return Twins(DIALECTS[name])


def differing(name: str) -> Target:
    """Read, show, excerpt, answer and write again in both; a stream's first byte says how it is cut and measured."""

    def message(data: bytes) -> None:
        both = _twins(name)
        both.decode(data)
        both.shown(data)
        if both.excerpt(data, TAKEN):
            both.answer(data, TAKEN[::2], {"de12": "101112", "de39": "00"}, "de64" if data[-1] & 1 else "de128")
        try:
            found = both.pure.decode(data)
        except DecodeError as error:
            if not isinstance(error.partial, Message):
                return
            found = error.partial
        both.encode(found)

    def stream(data: bytes) -> None:
        how, rest = (data[0], data[1:]) if data else (0, b"")
        size = 1 + (how >> 2)
        streams(rest, [size] * min(40, len(rest) // size), digits=bool(how & 1), inclusive=bool(how & 2))

    return stream if name == "framing" else message
