"""What the two verbs of this station share: the tools they work with, and how they leave evidence and speak."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from counterfoil.iso8583.mti import answer_of
from counterfoil.issuer.rows import Alarm, Quota, Trail
from counterfoil.issuer.settings import Settings
from counterfoil.issuer.wire import Answer, Request, SwitchLink
from counterfoil.issuer.work import Work
from counterfoil.step import HOUR, Instant, Send

CASE_DIGITS: Final = 10
CODES_AT_ONCE: Final = 64


class Desk(NamedTuple):
    """The tools of a decision: settings, the link, and approval codes, each as good as random."""

    settings: Settings
    wire: SwitchLink
    approval_codes: Iterator[str]

    def received(self, step: Work, now: Instant, asked: Request, txn: str) -> None:
        """Evidence of what came in and does not begin a purchase, filed under the purchase it is about."""
        step.saw(Trail(now, txn, asked))

    def may_keep(self, step: Work, now: Instant) -> bool:
        """Whether another message without a valid MAC may leave something on the disk this hour; else it is counted."""
        quota = step.quota
        if quota.hour != now // HOUR:
            quota = Quota(now // HOUR, more=quota.more)
        if quota.lines >= self.settings.stranger_lines:
            step.quota = quota._replace(more=quota.more + 1)
            return False
        if not quota.lines and quota.more:
            self.alarm(step, now, "", "strangers", f"{quota.more} more messages without a valid MAC before this hour")
        step.quota = Quota(quota.hour, quota.lines + 1, quota.more if quota.lines else 0)
        return True

    def answer(self, asked: Request, answer: Answer) -> Send:
        """The answer, noted on the line of evidence of what it answers; what a card has left is not kept."""
        mti, code, approval = answer_of(asked.mti), answer.code, answer.approval
        asked.answered = f"{mti} {code} {approval}" if approval else f"{mti} {code}"
        return self.wire.answer(asked, answer)

    def alarm(self, step: Work, now: Instant, txn: str, what: str, detail: str = "") -> None:
        """Something an operator must look at."""
        step.alarm(Alarm(now, txn, what, detail))


def approval_codes(entropy: Callable[[int], bytes]) -> Iterator[str]:
    """Six digits each, without end. Bytes are drawn for many at a time: asking the system for four costs a call."""
    while True:
        for (number,) in struct.iter_unpack(">I", entropy(4 * CODES_AT_ONCE)):
            yield f"{number % 1_000_000:06d}"


def case_number(station: str, key: str) -> str:
    """The number a person is told for the case this key opens: short enough for the telephone, the same every time."""
    digest = hashlib.sha256(f"{station} {key}".encode()).digest()
    return "C" + base64.b32encode(digest).decode()[:CASE_DIGITS]
