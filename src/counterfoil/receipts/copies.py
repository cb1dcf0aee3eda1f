"""The rule of the one ORIGINAL: what is known of one copy of a receipt, and what its next print may call itself.

Rule 1: a print is the ORIGINAL only while none can exist: no earlier ORIGINAL left, or it is proven that none came out.
Rule 2: only queued (not one byte left) and failed (the printer said that it threw everything away) are such proofs.
Rule 3: this is apart from the money. Nothing here reverses, repeats or confirms a payment.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class CopyState(enum.StrEnum):
    """What is known of one copy."""

    NONE = "none"  # never asked for
    QUEUED = "queued"  # asked for; not one byte left
    SENDING = "sending"  # at the printer: it may be coming out
    SENT = "sent"  # all bytes left; this printer can give no proof
    PRINTED = "printed"  # the printer said so, about this very print
    UNKNOWN = "unknown"  # bytes left, and no proof came
    FAILED = "failed"  # given up, and proven that nothing came out
    ATTESTED = "attested"  # a person has seen it
    E_DELIVERED = "e_delivered"  # the e-receipt is with the customer
    DECLINED = "declined"  # the customer wants none


CLOSED: Final = frozenset({CopyState.PRINTED, CopyState.ATTESTED, CopyState.E_DELIVERED, CopyState.DECLINED})
"""In a hand, or not wanted: nobody needs to do anything any more."""
PROOFS: Final = frozenset({CopyState.QUEUED, CopyState.FAILED})
"""News of a print that prove that nothing of it came out."""
NEWS: Final = PROOFS | {CopyState.SENT, CopyState.PRINTED, CopyState.UNKNOWN}
"""How a print can end."""
ATTESTABLE: Final = frozenset({CopyState.SENDING, CopyState.SENT, CopyState.UNKNOWN})
"""What a person may say they have seen."""
WORST_FIRST: Final = (
    CopyState.FAILED,
    CopyState.QUEUED,
    CopyState.UNKNOWN,
    CopyState.SENDING,
    CopyState.SENT,
    CopyState.NONE,
)


class Copies(msgspec.Struct, frozen=True):
    """One copy: its state, and the number of the print that may be its ORIGINAL (0: there is none)."""

    state: CopyState = CopyState.NONE
    original: int = 0

    def started(self, number: int) -> Copies:
        """Print `number` is about to leave."""
        state = self.state if self.state in CLOSED else CopyState.SENDING
        return Copies(state, self.original or number)

    def heard(self, number: int, news: CopyState) -> Copies:
        """How print `number` ended. News may come late, and of a print that others have followed."""
        assert news in NEWS
        if news is CopyState.PRINTED:
            return Copies(self.state if self.state in CLOSED else news, self.original)
        if news in PROOFS and number == self.original:
            return Copies(self.state if self.state in CLOSED else news, 0)
        if self.state in CLOSED:
            return self
        if news in PROOFS:  # a duplicate that never was says nothing about the print before it
            return Copies(CopyState.UNKNOWN, self.original) if self.original else self
        return Copies(news, self.original)

    def lost(self) -> Copies:
        """Whoever waited for news waits no longer: the process died, or its patience ended."""
        return Copies(CopyState.UNKNOWN, self.original) if self.state is CopyState.SENDING else self

    def told(self, word: CopyState) -> Copies:
        """A person said what became of it. An e-receipt is the original; paper after it is a duplicate."""
        assert word in CLOSED
        return Copies(word, self.original or (-1 if word is CopyState.E_DELIVERED else 0))


def worst(states: tuple[CopyState, ...]) -> CopyState:
    """Several copies in one word: the one that needs somebody most."""
    return next((word for word in WORST_FIRST if word in states), states[-1])
