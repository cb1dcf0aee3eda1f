"""What the two verbs of this station share: the tools they work with, and how they leave evidence and speak."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from counterfoil.issuer.records import Step
from counterfoil.issuer.rows import Alarm, Trail
from counterfoil.issuer.settings import Settings
from counterfoil.issuer.wire import Asked, Wire, answer_mti
from counterfoil.step import Instant, Send

LEG_IN: Final = "2"
CASE_DIGITS: Final = 10


class Desk(NamedTuple):
    """The tools of a decision: settings, the link, randomness (approval codes)."""

    settings: Settings
    wire: Wire
    entropy: Callable[[int], bytes]

    def received(self, step: Step, now: Instant, asked: Asked, txn: str) -> None:
        """Evidence of what came in, filed under the purchase it is about."""
        note = "" if asked.whole else ", unreadable"
        note += "" if asked.genuine else ", without a valid MAC"
        mti = asked.message.mti if asked.message is not None else "a message"
        asked.evidence = Trail(now, txn, f"{mti} received{note}", LEG_IN, asked.kept)
        step.saw(asked.evidence)

    def answer(self, asked: Asked, code: str, auth_code: str = "") -> Send:
        """The answer, noted on the line of evidence of what it answers."""
        assert asked.evidence is not None, "what is answered was received"
        asked.evidence.answered = f"{answer_mti(asked.mti)} {code} {auth_code}".rstrip()
        return self.wire.answer(asked, code, auth_code)

    def alarm(self, step: Step, now: Instant, txn: str, what: str, detail: str = "") -> None:
        """Something an operator must look at."""
        step.alarm(Alarm(now, txn, what, detail))


def case_number(station: str, key: str) -> str:
    """The number a person is told for the case this key opens: short enough for the telephone, the same every time."""
    digest = hashlib.sha256(f"{station} {key}".encode()).digest()
    return "C" + base64.b32encode(digest).decode()[:CASE_DIGITS]
