"""The compiled accelerator, optional and a distribution of its own (`accelerator/`): whether it is used.

`messages` and `macs` are its parts, None where pure Python does the work: it is not installed, not built whole, made
for another version of this code, or switched off with COUNTERFOIL_PURE=1. Nothing decides differently with it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, cast

INTERFACE: Final = 6
"""What `counterfoil_accelerator.INTERFACE` must be for its parts to fit."""

_PACKAGE: Final = "counterfoil_accelerator"


class Codec(Protocol):
    """The verbs of one dialect under their names; what is not plain they hand to the Python code."""

    decode: Callable[[bytes], Any]
    receive: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    kept: Callable[[Any], dict[str, str]]
    told: Callable[[Any], str]

    def excerpts(
        self, numbers: Iterable[int], other: Callable[[bytes], Any], within: bool, /
    ) -> Callable[[bytes], Any]:
        """What takes fields and evidence out of a body (iso8583/excerpt.py); `within` asks for values that exist."""
        ...

    def answers(self, numbers: Iterable[int], other: Callable[..., bytes], /) -> Callable[..., bytes]:
        """What makes an answer of a request's bytes (iso8583/excerpt.py)."""
        ...


class Messages(Protocol):
    """The part that reads and writes messages and splits streams."""

    def Codec(  # noqa: N802 - a class over there
        self,
        message: type,
        rows: Iterable[tuple[int, str, int, int, bool, str, str | frozenset[str]]],
        *,
        packed: bool,
        secondary: bool,
        charset: str,
        decoded: Callable[[bytes, str], str | None],
        decode_other: Callable[[bytes], Any],
        receive_other: Callable[[bytes], Any],
        encode_other: Callable[[Any], bytes],
        evidence: Iterable[tuple[int, Callable[[str], str] | None, int, str]],
        kept_other: Callable[[Any], dict[str, str]],
        told_other: Callable[[Any], str],
    ) -> Codec:
        """A dialect after its field table."""
        ...

    def split(self, data: bytes | bytearray, digits: bool, own: int, limit: int) -> tuple[list[bytes], int]:
        """The whole packets at the start of `data` without the empty ones, and where the rest begins."""
        ...

    def floats(self, rows: Any, /) -> bool | None:
        """Whether a float is in a list of tuples; None for anything but that."""
        ...


class TripleDes(Protocol):
    """A keyed triple DES context."""

    encrypt: Callable[[bytes], bytes]
    decrypt: Callable[[bytes], bytes]
    cup_ecb: Callable[[bytes], bytes]
    cup_ecb_text: Callable[[bytes], bytes]
    cup_ecb_closes: Callable[[bytes], bool]

    def pin_value(self, verifier: Any, pin_block: bytes, pan: str, /) -> bytes | None:
        """The PVV under `verifier` of the PIN in a format 0 block under this key; None when it takes another look."""
        ...

    def pin_moved(self, other: Any, pin_block: bytes, pan: str, /) -> bytes | None:
        """A format 0 block under this key as it is under `other`, checked; None when it takes another look."""
        ...


class Cmac(Protocol):
    """A keyed AES-CMAC."""

    digest: Callable[[bytes], bytes]
    mac: Callable[[bytes], bytes]
    closes: Callable[[bytes], bool]


class KeyedHmac(Protocol):
    """A keyed HMAC-SHA-256."""

    of_digits: Callable[[str], str | None]


class KeyedGcm(Protocol):
    """A keyed AES-GCM."""

    def seal(self, nonce: bytes, data: bytes, context: bytes, /) -> bytes:
        """Nonce (12 bytes), ciphertext and tag (16 bytes) in one; the nonce must not come again under the key."""
        ...


class Macs(Protocol):
    """The part that holds keyed contexts of libcrypto. HMAC takes a key of any length, GCM of 16, 24 or 32 bytes."""

    Gcm: Callable[[bytes], KeyedGcm]
    Hmac: Callable[[bytes], KeyedHmac]

    def TripleDes(self, key: bytes) -> TripleDes:  # noqa: N802 - a class over there
        """A context for a key of 24 bytes."""
        ...

    def Cmac(self, key: bytes) -> Cmac:  # noqa: N802 - a class over there
        """A context for a key of 16, 24 or 32 bytes."""
        ...


def _part(name: str) -> Any:
    """A part of the accelerator; None when it is not there or not to be used."""
    if os.environ.get("COUNTERFOIL_PURE", "") not in ("", "0"):
        return None
    try:
        if importlib.import_module(_PACKAGE).INTERFACE != INTERFACE:
            return None
        return importlib.import_module(f"{_PACKAGE}.{name}")
    except ImportError:
        return None


class _Probe:
    """A message to try the first part with."""

    mti: str = ""
    de3: str = ""


def _tried(part: Messages | None) -> Messages | None:
    """The part that reads messages, when what it has read can be read here: where objects keep their attributes is the
    interpreter's business, and it has changed before (CPython 3.13).
    """

    def other(what: Any) -> Any:
        return what

    if part is None:
        return None
    body = b"0800" + bytes((0x20, 0, 0, 0, 0, 0, 0, 0)) + b"123456"
    rows = [(3, "n", 6, 0, False, "0", "")]
    codec = part.Codec(
        _Probe,
        rows,
        packed=False,
        secondary=False,
        charset="ascii",
        decoded=lambda _raw, _charset: None,
        decode_other=other,
        receive_other=other,
        encode_other=other,
        evidence=[(3, None, 0, "")],
        kept_other=other,
        told_other=other,
    )
    read = codec.decode(body)
    good = isinstance(read, _Probe) and (read.mti, read.de3) == ("0800", "123456")
    return part if good and codec.encode(read) == body and codec.kept(read) == {"3": "123456"} else None


messages: Final = _tried(cast("Messages | None", _part("messages")))
macs: Final = cast("Macs | None", _part("macs"))


def told() -> str:
    """What is in use, for people who run it: "accelerated", "accelerated but for MACs", "pure Python"."""
    if messages is None:
        return "pure Python"
    return "accelerated" if macs is not None else "accelerated but for MACs"
