"""The tree of everything that can go wrong, by what it means for the money.

PaymentError
├── NotSent          definite: nothing left this station, so nothing can have been charged
├── OutcomeUnknown   indefinite: an answer is owed and so is a reversal (never call this "failed")
├── Refused          definite no, carries the named refusal
├── PeerError        the other side broke the protocol; `.response_code` says what to answer (DE39)
│   ├── DecodeError  a message that cannot be read: `.path`, `.offset`, `.partial`
│   └── FramingError a byte stream that cannot be split into messages
├── InputError       what a person typed or asked for makes no sense; says what would, in both languages
└── OurError         we broke it: a bug, or a caller that broke a documented contract
    ├── EncodeError  a value that cannot be written: `.path`
    └── StoreError   the store refuses to open or to be trusted; StoreInUseError: for now

The text of every error here is safe to log: it never holds a byte of the message it complains about.
"""

from __future__ import annotations

import enum
from typing import Any


class PaymentError(Exception):
    """Root of the tree; catching it catches everything Counterfoil raises on purpose.

    `str` is the sentence in English, `zh` the one in Chinese where there is one, else the same.
    """

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return str(self)


class NothingSentError(PaymentError):
    """Definite: nothing left this station."""


class OutcomeUnknown(PaymentError):  # noqa: N818 - the field's word for the outcome
    """Indefinite: something left, no answer came; a reversal is owed."""


class Refused(PaymentError):  # noqa: N818 - the field's word for the outcome
    """A definite no. `refusal` is a member of the refusing room's enum, one per cause."""

    def __init__(self, refusal: enum.Enum) -> None:
        super().__init__(str(refusal.value))
        self.refusal = refusal


class PeerError(PaymentError):
    """The peer broke the protocol. `response_code` is the DE39 to answer with (two characters)."""

    def __init__(self, reason: str, *, response_code: str = "30") -> None:
        super().__init__(reason)
        self.reason = reason
        self.response_code = response_code


class DecodeError(PeerError):
    """A message that cannot be read.

    `path` names the field ("55.9F26"), `offset` counts bytes from the start of the body (the MTI is at 0),
    `partial` is whatever was decoded before (a `Message`, or None). The text never shows a value.
    """

    def __init__(self, path: str, offset: int, reason: str, *, partial: Any = None) -> None:
        super().__init__(
            f"DE{path} at byte {offset}: {reason}" if path[:1].isdigit() else f"{path} at byte {offset}: {reason}"
        )
        self.path = path
        self.offset = offset
        self.partial = partial


class FramingError(PeerError):
    """The byte stream cannot be split into messages; the connection is lost, the station is not."""


class InputError(PaymentError, ValueError):
    """What a person typed or asked for makes no sense: the sentence says what would."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self._zh = zh

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self._zh


class OurError(PaymentError):
    """We broke it. Where a person reads it, it is said in both languages."""

    def __init__(self, en: str = "", zh: str = "") -> None:
        super().__init__(en)
        self._zh = zh or en

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self._zh


class EncodeError(OurError):
    """A value that does not fit its field. `path` names the field; the text never shows the value."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"DE{path}: {reason}" if path[:1].isdigit() else f"{path}: {reason}")
        self.path = path


class StoreError(OurError):
    """A store that must not be used: wrong version, wrong pragma, locked by another process, corrupted, read-only.

    A person reads it when a stack does not start: it says which store, and what to do.
    """


class StoreInUseError(StoreError):
    """A store whose owner is another process, for now."""
