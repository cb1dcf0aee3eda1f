"""What the cardholder is told (the "SMS"), and when it is told again.

One notice per ledger event, in the outbox from the commit that booked the event until its delivery is reported. A
notice is evidence of nothing, and says so (rule 5 of docs/loop.md, R080, R093). One that is not delivered is told again
later and later, a bounded number at a time, and is an alarm after ten tries; tries are counted anew after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.agenda import Agenda
from counterfoil.issuer.rows import Notice, OwedNotices, Txn
from counterfoil.kinds import TABLE
from counterfoil.money import written
from counterfoil.step import SECOND, Instant, Perform, Performed
from counterfoil.words import Text

KIND: Final = "sms"


def _form(words: Text) -> str:
    """Both languages with places to fill by %, which takes a third of the time of `format`."""
    return f"{words.zh}\n{words.en}".format(last4="%(last4)s", amount="%(amount)s", merchant="%(merchant)s")


BOOKED: Final = {kind.name: _form(kind.notices.booked) for kind in TABLE if kind.notices is not None}
UNDONE: Final = {kind.name: _form(kind.notices.undone) for kind in TABLE if kind.notices is not None}
"""What the cardholder is told, by the name of the kind."""
SAY_AGAIN_FIRST: Final = SECOND
SAY_AGAIN_MAX: Final = 60 * SECOND
# A delivery report alone is not worth a commit of its own at once: a row that goes late is at worst delivered again,
# under the same name.
REPORT_WITHIN: Final = SECOND
AT_ONCE: Final = 64
"""Notices told again together, and deliveries told again that may be without their report."""
ALARMING: Final = 10
"""Tries after which an operator is told, once."""


def booked(station: str, txn: Txn) -> Notice:
    """The notice of what was booked; the kind must have one."""
    return _notice(station, txn, "debited", BOOKED[txn.kind])


def undone(station: str, txn: Txn) -> Notice:
    """The notice of its undoing; the kind must have one."""
    return _notice(station, txn, "returned", UNDONE[txn.kind])


def names(station: str, txn: Txn) -> tuple[str, ...]:
    """The names of the notices a transaction has given rise to, in order."""
    if txn.kind not in BOOKED:
        return ()
    events = (("debited", txn.debited_at), ("returned", txn.returned_at))
    return tuple(_name(station, txn, event) for event, at in events if at)


def _name(station: str, txn: Txn, event: str) -> str:
    return f"{station}-{txn.key.replace('/', '-')}-{event}"


def _notice(station: str, txn: Txn, event: str, words: str) -> Notice:
    amount = f"{written(txn.amount, txn.currency)} {txn.currency}"
    filled = words % {"last4": txn.last4, "amount": amount, "merchant": txn.merchant.strip()}
    return Notice(_name(station, txn, event), filled)


class Deliveries:
    """Which steps' notices are still to be delivered: the memory beside the outbox, changed only after a commit.

    What a step owes is one row of the outbox, told together and reported once; the row goes when it was delivered. One
    that failed, or was told before a restart, is told again, under the same names.
    """

    def __init__(self, station: str, undelivered: Iterable[OwedNotices]) -> None:
        self._station = station
        self._due: Agenda[str] = Agenda()
        self._owed: dict[str, tuple[int, int]] = {}  # name of the delivery → its row, and how many notices that holds
        self._told: dict[str, int] = {}  # name → number of times
        self._again: set[str] = set()  # told again, and not reported yet
        self._delivered: dict[int, Instant] = {}  # rows all of which is delivered, and since when
        for row, told in undelivered:  # told before the restart, or not: tell again
            name = self._name(row)
            self._owed[name] = row, len(told)
            self._due.enter(name, 0)

    def _name(self, row: int) -> str:
        return f"{self._station}-{row}"

    def due(self, now: Instant) -> list[int]:
        """The rows that must be told again now: one, or as many as have few notices together."""
        rows: list[int] = []
        if len(self._again) >= AT_ONCE:
            return rows
        notices = 0
        for name in self._due.due(now, AT_ONCE):
            row, told = self._owed[name]
            notices += told
            if rows and notices > AT_ONCE:
                break
            rows.append(row)
        return rows

    def tell(self, owed: OwedNotices) -> Perform:
        """What a step owes, to be told now; a report of it will come."""
        row, told = owed
        name = self._name(row)
        self._due.strike(name)
        if name in self._owed:
            self._again.add(name)
        self._owed[name] = row, len(told)
        self._told[name] = self._told.get(name, 0) + 1
        return Perform(KIND, name, "", texts=told)

    def alarming(self, performed: Performed) -> bool:
        """Whether a report says once too often that a delivery failed."""
        return not performed.ok and self._told.get(performed.name) == ALARMING

    def report(self, now: Instant, performed: Performed) -> None:
        """How a delivery ended; a failed one is told again, later and later."""
        name = performed.name
        if name not in self._told:
            return
        self._again.discard(name)
        if performed.ok:
            self._due.strike(name)
            del self._told[name]
            self._delivered[self._owed.pop(name)[0]] = now
        else:
            pause = SAY_AGAIN_FIRST << min(self._told[name] - 1, 6)
            self._due.enter(name, now + min(pause, SAY_AGAIN_MAX))

    def reported(self, now: Instant, *, committing: bool) -> list[int]:
        """Rows that were delivered and should go with this step: all when it commits anyway or some waited."""
        oldest = next(iter(self._delivered.values()), None)
        waited = oldest is not None and oldest + REPORT_WITHIN <= now
        return list(self._delivered) if committing or waited else []

    def forget(self, gone: Iterable[int]) -> None:
        """Rows that are gone need no report any more."""
        for row in gone:
            self._delivered.pop(row, None)

    def wakes_at(self) -> Instant | None:
        """When there is something to tell again, or rows to remove."""
        oldest = next(iter(self._delivered.values()), None)
        again = self._due.first() if len(self._again) < AT_ONCE else None  # else a report is awaited
        times = (again, None if oldest is None else oldest + REPORT_WITHIN)
        return min((at for at in times if at is not None), default=None)

    @property
    def waiting(self) -> int:
        """How many notices no delivery was reported of."""
        return sum(notices for _, notices in self._owed.values())
