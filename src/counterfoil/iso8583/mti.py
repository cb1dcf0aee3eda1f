"""Message types by name, and their arithmetic.

A type is four digits (ISO 8583:1987): version, class, function, origin. The function is even for what asks or tells and
one more for its answer; the origin is odd for what is said again. The types that ask for a transaction stand with
their kinds (kinds/).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

AUTHORISATION: Final = "0100"
FINANCIAL_ADVICE: Final = "0220"
BATCH_UPLOAD: Final = "0320"
REVERSAL: Final = "0400"
REVERSAL_ADVICE: Final = "0420"
SETTLEMENT: Final = "0500"
NETWORK: Final = "0800"
NETWORK_ADVICE: Final = "0820"

TRANSACTION_REQUESTS: Final = frozenset({AUTHORISATION, "0200"})
"""What is asked before anything happened. An advice tells of what has happened: refusing it would undo nothing."""

REMEMBERED: Final = 256  # types whose answer, or first try, is not worked out again
_ANSWERING: Final = {"0": "1", "2": "3", "4": "5", "6": "7", "8": "9"}
_ANSWERED: Final = frozenset("02")
_SAID_FIRST: Final = {"1": "0", "3": "2"}  # origin, with the repeat mark and without: acquirer, card issuer
_SAID_AGAIN: Final = {first: again for again, first in _SAID_FIRST.items()}


@lru_cache(maxsize=REMEMBERED)
def answer_of(mti: str) -> str:
    """The type of the answer, ten more and without the repeat mark: 0200 → 0210, 0421 → 0430; "" for an answer."""
    function = _ANSWERING.get(mti[2], "")
    return f"{mti[:2]}{function}{first_try(mti)[3]}" if function else ""


@lru_cache(maxsize=REMEMBERED)
def first_try(mti: str) -> str:
    """The type without its repeat mark: 0421 → 0420; one that has none stays as it is."""
    return mti[:3] + _SAID_FIRST.get(mti[3], mti[3])


def repeat_of(mti: str) -> str:
    """The type of a message that is said again: 0420 → 0421."""
    return mti[:3] + _SAID_AGAIN.get(mti[3], mti[3])


def is_answered(mti: str) -> bool:
    """Whether an answer is due to this type: it is that of a request or an advice."""
    return mti[2:3] in _ANSWERED
