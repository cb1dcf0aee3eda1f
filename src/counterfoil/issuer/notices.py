"""What the cardholder is told (the "SMS"), and when it is told again.

One notice per ledger event, in the outbox from the commit that booked the event until its delivery is reported. A
notice is evidence of nothing, and says so (rule 5 of docs/loop.md, R080, R093).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.agenda import Agenda
from counterfoil.issuer.rows import Notice, Owed, Txn
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
# Both languages with places to fill, which is done by % because that takes a third of the time of `format`.
TOLD_DEBITED, TOLD_RETURNED = (
    f"{words.zh}\n{words.en}".format(last4="%(last4)s", amount="%(amount)s", merchant="%(merchant)s")
    for words in (DEBITED, RETURNED)
)
SAY_AGAIN_FIRST: Final = SECOND
SAY_AGAIN_MAX: Final = 60 * SECOND
# A delivery report alone is not worth a commit of its own at once: a row that goes late is at worst delivered again,
# under the same name.
REPORT_WITHIN: Final = SECOND
AT_ONCE: Final = 64


def debited(station: str, txn: Txn) -> Notice:
    """The notice of a debit."""
    return _notice(station, txn, "debited", TOLD_DEBITED)


def returned(station: str, txn: Txn) -> Notice:
    """The notice of the return of a debit."""
    return _notice(station, txn, "returned", TOLD_RETURNED)


def names(station: str, txn: Txn) -> tuple[str, ...]:
    """The names of the notices a purchase has given rise to, in order."""
    events = (("debited", txn.debited_at), ("returned", txn.returned_at))
    return tuple(_name(station, txn, event) for event, at in events if at)


def _name(station: str, txn: Txn, event: str) -> str:
    return f"{station}-{txn.key.replace('/', '-')}-{event}"


def _notice(station: str, txn: Txn, event: str, words: str) -> Notice:
    amount = f"{plain(txn.amount, txn.currency)} {txn.currency}"
    filled = words % {"last4": txn.last4, "amount": amount, "merchant": txn.merchant.strip()}
    return Notice(_name(station, txn, event), filled)


class Deliveries:
    """Which notices are still to be delivered: the memory beside the outbox, changed only after a commit.

    A row of the outbox holds what one step owed; it goes when all of that is delivered. After a restart all of it is
    told again, under the same names.
    """

    def __init__(self, undelivered: Iterable[Owed]) -> None:
        self._due: Agenda[str] = Agenda()
        self._rows: dict[str, int] = {}  # name → the row that holds it
        self._left: dict[int, int] = {}  # row → how many of its notices are not delivered
        self._told: dict[str, int] = {}  # name → number of times
        self._empty: dict[int, Instant] = {}  # rows all of which is delivered, and since when
        for row, names in undelivered:  # told before the restart, or not: tell again
            self._left[row] = len(names)
            for name in names:
                self._rows[name] = row
                self._due.enter(name, 0)

    def due(self, now: Instant) -> dict[str, int]:
        """What must be told again now, a few at a time, and the rows that hold it."""
        return {name: self._rows[name] for name in self._due.due(now, AT_ONCE)}

    def tell(self, owed: Owed) -> None:
        """What a step owes is being told now; a report of each will come."""
        row, names = owed
        self._left[row] = len(names)
        self._rows.update(dict.fromkeys(names, row))
        self._told.update(dict.fromkeys(names, 1))

    def tell_again(self, names: Iterable[str]) -> None:
        """They are being told now, and not for the first time."""
        for name in names:
            self._due.strike(name)
            self._told[name] = self._told.get(name, 0) + 1

    def report(self, now: Instant, performed: Performed) -> None:
        """How one delivery ended; a failed one is told again, later and later."""
        name = performed.name
        if name not in self._told:
            return
        if performed.ok:
            del self._told[name]
            row = self._rows.pop(name)
            self._left[row] -= 1
            if not self._left[row]:
                del self._left[row]
                self._empty[row] = now
        else:
            pause = SAY_AGAIN_FIRST << min(self._told[name] - 1, 6)
            self._due.enter(name, now + min(pause, SAY_AGAIN_MAX))

    def reported(self, now: Instant, *, committing: bool) -> list[int]:
        """Rows all of which is delivered, that should go with this step: all when it commits anyway or some waited."""
        oldest = next(iter(self._empty.values()), None)
        waited = oldest is not None and oldest + REPORT_WITHIN <= now
        return list(self._empty) if committing or waited else []

    def forget(self, gone: Iterable[int]) -> None:
        """These rows are gone."""
        for row in gone:
            self._empty.pop(row, None)

    def wakes_at(self) -> Instant | None:
        """When there is something to tell again, or rows to remove."""
        oldest = next(iter(self._empty.values()), None)
        times = (self._due.first(), None if oldest is None else oldest + REPORT_WITHIN)
        return min((at for at in times if at is not None), default=None)

    @property
    def waiting(self) -> int:
        """How many notices no delivery was reported of."""
        return len(self._rows)
