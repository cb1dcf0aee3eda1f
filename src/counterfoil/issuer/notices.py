"""What the cardholder is told (the "SMS"), and when it is told again.

One notice per ledger event, in the outbox from the commit that booked the event until its delivery is reported. A
notice is evidence of nothing, and says so (rule 5 of docs/loop.md, R080, R093).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from counterfoil.agenda import Agenda
from counterfoil.issuer.rows import Notice, Txn
from counterfoil.money import plain
from counterfoil.step import SECOND, Instant, Performed
from counterfoil.words import Text

KIND: Final = "sms"
DEBITED: Final = Text(
    en="Card ending {last4}: {amount} was debited at merchant {merchant}. This message is not a receipt.",
    zh="您尾号{last4}的卡在商户{merchant}消费，已扣款{amount}。本短信不作为交易凭证。",
)
RETURNED: Final = Text(
    en="Card ending {last4}: the debit of {amount} at merchant {merchant} was returned to your account. "
    "This message is not a receipt.",
    zh="您尾号{last4}的卡在商户{merchant}的消费{amount}，扣款已经退回到账。本短信不作为交易凭证。",
)
BOTH_DEBITED, BOTH_RETURNED = (f"{words.zh}\n{words.en}" for words in (DEBITED, RETURNED))
SAY_AGAIN_FIRST: Final = SECOND
SAY_AGAIN_MAX: Final = 60 * SECOND
# A delivery report alone is not worth a commit of its own at once: a row that goes late is at worst delivered again,
# under the same name.
REPORT_WITHIN: Final = SECOND
AT_ONCE: Final = 64


def debited(station: str, txn: Txn, at: Instant) -> Notice:
    """The notice of a debit."""
    return _notice(station, txn, "debited", BOTH_DEBITED, at)


def returned(station: str, txn: Txn, at: Instant) -> Notice:
    """The notice of the return of a debit."""
    return _notice(station, txn, "returned", BOTH_RETURNED, at)


def names(station: str, txn: Txn) -> tuple[str, ...]:
    """The names of the notices a purchase has given rise to, in order."""
    events = (("debited", txn.debited_at), ("returned", txn.returned_at))
    return tuple(_name(station, txn, event) for event, at in events if at)


def _name(station: str, txn: Txn, event: str) -> str:
    return f"{station}-{txn.key.replace('/', '-')}-{event}"


def _notice(station: str, txn: Txn, event: str, words: str, at: Instant) -> Notice:
    amount = f"{plain(txn.amount, txn.currency)} {txn.currency}"
    text = words.format(last4=txn.last4, amount=amount, merchant=txn.merchant.strip())
    return Notice(_name(station, txn, event), text, at)


class Deliveries:
    """Which notices are still to be delivered: the memory beside the outbox, changed only after a commit."""

    def __init__(self, undelivered: Iterable[str]) -> None:
        self._due: Agenda[str] = Agenda()
        for name in undelivered:  # told before the restart, or not: tell again
            self._due.enter(name, 0)
        self._told: dict[str, int] = {}  # name → number of times
        self._reported: dict[str, Instant] = {}

    def due(self, now: Instant) -> list[str]:
        """What must be told now, a few at a time."""
        return self._due.due(now, AT_ONCE)

    def tell(self, told: Sequence[str]) -> None:
        """They are being told now; a report of each will come."""
        for name in told:
            self._due.strike(name)
            self._told[name] = self._told.get(name, 0) + 1

    def report(self, now: Instant, performed: Performed) -> None:
        """How one delivery ended; a failed one is told again, later and later."""
        if performed.name not in self._told:
            return
        if performed.ok:
            del self._told[performed.name]
            self._reported[performed.name] = now
        else:
            pause = SAY_AGAIN_FIRST << min(self._told[performed.name] - 1, 6)
            self._due.enter(performed.name, now + min(pause, SAY_AGAIN_MAX))

    def reported(self, now: Instant, *, committing: bool) -> list[str]:
        """Delivered notices whose rows should go with this step: all of them when it commits anyway or some waited."""
        oldest = next(iter(self._reported.values()), None)
        waited = oldest is not None and oldest + REPORT_WITHIN <= now
        return list(self._reported) if committing or waited else []

    def forget(self, gone: Iterable[str]) -> None:
        """Their rows are gone."""
        for name in gone:
            self._reported.pop(name, None)

    def wakes_at(self) -> Instant | None:
        """When there is something to tell again, or rows to remove."""
        oldest = next(iter(self._reported.values()), None)
        times = (self._due.first(), None if oldest is None else oldest + REPORT_WITHIN)
        return min((at for at in times if at is not None), default=None)

    @property
    def waiting(self) -> int:
        """How many notices no delivery was reported of."""
        return len(self._due) + len(self._told)
