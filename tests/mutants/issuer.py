"""Mutants of the issuer: what it books, what it gives back, what it counts, whom it tells."""

from __future__ import annotations

from typing import Any

import msgspec

from counterfoil.issuer import chart, decide, reversal_rules, rules, undo
from counterfoil.issuer import records as issuer_records
from counterfoil.issuer.chart import LINKED_COLUMNS
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.rows import EvidenceLine, Notice, OwedNotices, Txn
from counterfoil.issuer.rules import Authorisation
from counterfoil.issuer.wire import Request, SwitchLink
from counterfoil.issuer.work import Work
from counterfoil.ledger import Entry
from counterfoil.step import Instant
from mutants.mutant import LESSON, PROTOTYPE, mutant
from mutants.seams import Seams


@mutant("L5", "leg 2 lost", origin=PROTOTYPE, mixes=("delay", "swarm"))
def no_tombstone(seams: Seams) -> None:
    """A reversal of what was never seen leaves nothing behind."""

    def make(original: Any) -> Any:
        def put(self: Work, txn: Txn) -> None:
            if txn.state is State.TOMBSTONED:
                seams.hit()
            else:
                original(self, txn)

        return put

    seams.method(Work, "put", make)


@mutant("L5", "leg 2 lost", mixes=("delay", "swarm"))
def tombstone_not_asked(seams: Seams) -> None:
    """The tombstone is there, and the late original is posted all the same."""

    def make(original: Any) -> Any:
        def load(self: Work, *args: Any) -> None:
            original(self, *args)
            for key, txn in list(self.txns.items()):
                if txn.state is State.TOMBSTONED:
                    seams.hit()
                    del self.txns[key]
                    self._store.execute("DELETE FROM txn WHERE key = ?", (key,))

        return load

    seams.method(Work, "load", make)


@mutant("leg 3 lost, or late", mixes=("loss", "swarm"))
def reversal_acknowledged_but_not_booked(seams: Seams) -> None:
    """An advice is acknowledged, and the money stays where it is."""
    nothing = {**reversal_rules.BY_STATE, State.POSTED: reversal_rules.ReversalOutcome.NOTHING}
    seams.constant(reversal_rules, "BY_STATE", lambda _: nothing)
    seams.hit()


@mutant("keys", "duplicate, late or orphan reversal", mixes=("peers",))
def advice_by_key_only(seams: Seams) -> None:
    """An advice undoes the purchase of its key whatever else it says."""

    def make(original: Any) -> Any:
        def differing(*args: Any) -> tuple[str, ...]:
            if original(*args):
                seams.hit()
            return ()

        return differing

    seams.function(reversal_rules, "differing", make)


@mutant("duplicate request", "cardholder money", origin=PROTOTYPE, mixes=("duplicate", "swarm"))
def double_charge(seams: Seams) -> None:
    """A repeated purchase is booked once more."""

    def make(original: Any) -> Any:
        def again(desk: Any, step: Work, now: Instant, asked: Request, earlier: Txn, wanted: Any) -> Any:
            card = step.cards.get(earlier.token)
            if earlier.state is State.POSTED and wanted is not None and card is not None:
                seams.hit()
                contra = chart.clearing_account(wanted.acquirer, wanted.currency)
                again_id = f"{earlier.record_id}/again/{now}"
                step.book.transfer(again_id, card.account, contra, earlier.amount, earlier.currency, now, earlier.rrn)
            return original(desk, step, now, asked, earlier, wanted)

        return again

    seams.function(decide, "again", make)


@mutant(
    "duplicate, late or orphan reversal", "cardholder money", origin=PROTOTYPE, mixes=("duplicate", "loss", "swarm")
)
def double_credit(seams: Seams) -> None:
    """A repeated advice gives the money back once more."""

    def make(original: Any) -> Any:
        def on_advice(desk: Any, step: Work, now: Instant, asked: Request, wanted: Any) -> Any:
            earlier = step.advices.get(wanted.key) if wanted is not None else None
            txn = step.txns.get(wanted.original) if wanted is not None else None
            if earlier is not None and earlier.outcome == "book" and txn is not None and asked.genuine:
                seams.hit()
                account = step.book._accounts.get(txn.account)
                contra = chart.clearing_account(wanted.original.partition("/")[0].zfill(8), txn.currency)
                if account is not None:
                    step.book._accounts.setdefault(contra, chart.contra(contra))
                    step.book.transfer(
                        f"{txn.return_id}/{now}", contra, txn.account, txn.amount, txn.currency, now, txn.rrn
                    )
            return original(desk, step, now, asked, wanted)

        return on_advice

    seams.function(undo, "on_advice", make)


@mutant("cardholder money", mixes=("loss", "swarm"))
def money_comes_back_short(seams: Seams) -> None:
    """A reversal gives back a minor unit less."""

    def make(original: Any) -> Any:
        def short(self: Entry, *args: Any) -> Entry:
            seams.hit()
            back: Entry = original(self, *args)
            return msgspec.structs.replace(back, amount=max(1, back.amount - 1))

        return short

    seams.method(Entry, "reversed", make)


@mutant("cardholder money", mixes=("calm", "swarm"))
def balance_not_in_the_commit(seams: Seams) -> None:
    """The balance row is not changed with the entries."""

    def make(original: Any) -> Any:
        def as_it_was(self: Work) -> list[tuple[Any, ...]]:
            rows: list[tuple[Any, ...]] = original(self)
            for place, (_, *others, account) in enumerate(rows):
                seams.hit()
                balance = self._store.query("SELECT balance FROM account WHERE id = ?", (account,))[0][0]
                rows[place] = (balance, *others, account)
            return rows

        return as_it_was

    seams.method(Work, "_changed_accounts", make)


@mutant("cardholder money", mixes=("calm", "swarm"))
def entry_left_out_of_the_statement(seams: Seams) -> None:
    """The second entry of an account in one commit is not found from the account."""

    def make(original: Any) -> Any:
        def booked(self: Work) -> list[tuple[Any, ...]]:
            before = dict(self._last_entries)
            rows: list[tuple[Any, ...]] = original(self)
            for place, row in enumerate(rows):
                for side, earlier in (("debit", "before_debit"), ("credit", "before_credit")):
                    account = row[LINKED_COLUMNS.index(side)]
                    if account in before:
                        seams.hit()
                        at = LINKED_COLUMNS.index(earlier)
                        rows[place] = (*row[:at], before[account], *row[at + 1 :])
            return rows

        return booked

    seams.method(Work, "_booked", make)


@mutant("cardholder money", mixes=("loss", "swarm"))
def reversal_deletes_the_debit(seams: Seams) -> None:
    """A reversal takes the first entry away instead of adding another."""

    def make(original: Any) -> Any:
        def commit(self: Work, now: Instant) -> None:
            reversing = [entry for entry in self.book.new_entries if entry.reverses]
            if reversing:
                seams.hit()
                self.book.new_entries = [entry for entry in self.book.new_entries if not entry.reverses]
                gone = [(entry.reverses,) for entry in reversing]
                self._store.executemany("DELETE FROM entry WHERE id = ?", gone)
            original(self, now)

        return commit

    seams.method(Work, "commit", make)


@mutant("keys", mixes=("duplicate", "swarm"))
def refusal_does_not_burn_the_key(seams: Seams) -> None:
    """A no is said and not kept: the same request again is decided anew."""

    def make(original: Any) -> Any:
        def begin(self: Work, txn: Txn, line: EvidenceLine) -> None:
            if txn.state is State.DECLINED:
                seams.hit()
            else:
                original(self, txn, line)

        return begin

    seams.method(Work, "begin", make)


@mutant("duplicate request", mixes=("duplicate", "swarm"))
def wrong_pin_counted_twice(seams: Seams) -> None:
    """A repeat of a request with a wrong PIN counts as another try."""

    def make(original: Any) -> Any:
        def again(desk: Any, step: Work, now: Instant, asked: Request, earlier: Txn, wanted: Any) -> Any:
            card = step.cards.get(earlier.token)
            if earlier.refusal == "pin_wrong" and card is not None:
                seams.hit()
                step.put_card(msgspec.structs.replace(card, pin_failures=card.pin_failures + 1))
            return original(desk, step, now, asked, earlier, wanted)

        return again

    seams.function(decide, "again", make)


@mutant("cardholder money", mixes=("loss", "swarm"))
def reversal_gives_the_counters_back(seams: Seams) -> None:
    """A reversal takes the purchase off what was spent in the day."""

    def make(original: Any) -> Any:
        def give_back(desk: Any, step: Work, now: Instant, txn: Txn) -> None:
            original(desk, step, now, txn)
            card = step.cards.get(txn.token)
            if card is not None and card.spent >= txn.amount and card.count:
                seams.hit()
                step.put_card(msgspec.structs.replace(card, spent=card.spent - txn.amount, count=card.count - 1))

        return give_back

    seams.function(undo, "give_back", make)


@mutant("notices", "leg 3 lost, or late", mixes=("calm", "swarm"))
def notice_lost(seams: Seams) -> None:
    """A return is booked and the cardholder is not told."""

    def make(original: Any) -> Any:
        def tell(self: Work, notice: Notice) -> None:
            if notice.name.endswith("returned"):
                seams.hit()
            else:
                original(self, notice)

        return tell

    seams.method(Work, "tell", make)


@mutant("notices", mixes=("calm", "swarm"))
def notice_told_under_another_name(seams: Seams) -> None:
    """A notice that is told again is another notice."""

    def make(original: Any) -> Any:
        def notice(self: Any, rows: Any) -> list[OwedNotices]:
            found: list[OwedNotices] = original(self, rows)
            if found:
                seams.hit()
            return [
                OwedNotices(row, tuple(one._replace(name=f"{one.name}-again") for one in told)) for row, told in found
            ]

        return notice

    seams.method(issuer_records.Records, "notices", make)


@mutant("notices", origin=LESSON, mixes=("crash", "swarm"))
def undelivered_notice_forgotten(seams: Seams) -> None:
    """After a start nothing is told again."""

    def make(original: Any) -> Any:
        def undelivered(self: Any) -> list[OwedNotices]:
            seams.reached += len(original(self))
            return []

        return undelivered

    seams.method(issuer_records.Records, "undelivered", make)


@mutant("trust", mixes=("garbled", "swarm"))
def switch_mac_ignored(seams: Seams) -> None:
    """The issuer takes a request whatever its MAC."""

    def make(original: Any) -> Any:
        def init(self: Request, frame: Any, excerpt: Any, *, whole: bool, genuine: bool) -> None:
            if not genuine:
                seams.hit()
            original(self, frame, excerpt, whole=whole, genuine=True)

        return init

    seams.method(Request, "__init__", make)


@mutant("duplicate request", killed_by="tests/issuer/test_decisions_table.py")
def other_content_posted(seams: Seams) -> None:
    """A key that comes with other content gets the result of the first."""

    def make(_: Any) -> Any:
        def same(*_: Any) -> bool:
            seams.hit()
            return True

        return same

    seams.function(rules, "same_content", make)


# --- what a card must prove -------------------------------------------------------------------------------------------


@mutant("trust", mixes=("customers",))
def stripe_believed(seams: Seams) -> None:
    """A stripe is believed whatever value stands on it."""

    def make(original: Any) -> Any:
        def stripe(self: SwitchLink, asked: Request) -> bool:
            if not original(self, asked):
                seams.hit()
            return True

        return stripe

    seams.method(SwitchLink, "stripe", make)


@mutant("trust", mixes=("customers",))
def guesses_not_counted(seams: Seams) -> None:
    """Whoever guesses the value of a stripe, or the date of a number, may go on."""
    seams.constant(rules, "GUESSES", lambda _: frozenset())
    seams.hit()


@mutant("trust", mixes=("customers",))
def typed_taken_for_a_stripe(seams: Seams) -> None:
    """A number that was typed needs no programme of its issuer's."""

    def make(original: Any) -> Any:
        def unproved(purchase: Authorisation, *rest: Any) -> Any:
            if rules.WAYS.get(purchase.entry) is rules.EntryMode.TYPED:
                seams.hit()
                return None
            return original(purchase, *rest)

        return unproved

    seams.function(rules, "unproved", make)
