"""Straight-line code (being written)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Field
from counterfoil.iso8583.message import Message


class Compiler:
    def __init__(self, fields: Mapping[int, Field], style: Style) -> None:
        self.decoders: dict[bytes, Callable[[bytes], Message | None]] = {}
        self.encoders: dict[tuple[str, ...], Callable[[dict[str, Any]], bytes | None]] = {}

    def learn_decoder(self, key: bytes, numbers: Iterable[int]) -> None: ...
    def learn_encoder(self, names: tuple[str, ...]) -> None: ...
