"""The working set of one step: what it may move, what exists already, and what it has to write afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.errors import Refused
from counterfoil.ledger import checks
from counterfoil.ledger.account import Account
from counterfoil.ledger.entry import Entry
from counterfoil.ledger.hold import Hold, HoldOutcome, Resolution
from counterfoil.ledger.refusal import BookRefusal
from counterfoil.step import Instant

SECOND_RESOLVE: Final = {
    HoldOutcome.POSTED: BookRefusal.ALREADY_POSTED,
    HoldOutcome.VOIDED: BookRefusal.ALREADY_VOIDED,
    HoldOutcome.EXPIRED: BookRefusal.ALREADY_EXPIRED,
}


class Book:
    """Working set of one step: the accounts and records that exist, and the verbs that add to them.

    The caller loads the accounts of both sides of every record that a step names; the entries, holds and resolutions
    with the ids it will ask for; with an entry that is undone or has children, its whole family: its original, the
    children of that, and the reversals of any of them; with a hold its whole family and the resolution of each.
    `failed` are ids that were refused before and stay refused. `undone` are ids of entries whose reversal was
    acknowledged when nothing of them stood any more, so that no entry records it.

    Each verb returns the record, new or (same id, same fields) the earlier one, or raises `Refused(Refusal.…)` and
    changes nothing. Amounts are positive minor units; `at` is when it happens and never part of the comparison. A
    `forced` record was promised before and is booked whatever the floor is.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        entries: Iterable[Entry] = (),
        holds: Iterable[Hold] = (),
        resolutions: Iterable[Resolution] = (),
        failed: Iterable[str] = (),
        undone: Iterable[str] = (),
    ) -> None:
        self._accounts = {account.id: account for account in accounts}
        self._holds: dict[str, Hold] = {}
        self._families: dict[str, list[Hold]] = {}  # by the first hold
        self._again: dict[str, str] = {}  # hold → the one it stands again as
        self._resolutions = {resolution.hold: resolution for resolution in resolutions}
        self._records: dict[str, checks.Record] = {r.id: r for r in self._resolutions.values()}
        self._undone = set(undone)
        self._reversed: dict[str, str] = {}  # entry → what reverses it
        self._children: dict[str, list[Entry]] = {}  # original → what stands against it
        for hold in sorted(holds, key=lambda hold: (hold.at, hold.id)):
            self._keep(hold)
        for entry in entries:
            self._records[entry.id] = entry
            if entry.reverses:
                self._reversed[entry.reverses] = entry.id
            if entry.original:
                self._children.setdefault(entry.original, []).append(entry)
        self._failed = set(failed)
        self._changed: dict[str, None] = {}
        self.new_entries: list[Entry] = []
        self.new_holds: list[Hold] = []
        self.new_resolutions: list[Resolution] = []

    # --- what the step must write, and what it may look at ----------------------------------------------------------

    @property
    def changed_accounts(self) -> list[Account]:
        """Accounts with a balance row whose balance or held amount has changed since loading, once each."""
        return [self._accounts[account_id] for account_id in self._changed]

    @property
    def wrote(self) -> bool:
        """Whether there is any new record."""
        return bool(self.new_entries or self.new_holds or self.new_resolutions)

    def account(self, account_id: str) -> Account:
        """Account with everything this book has booked; KeyError when it was not loaded."""
        return self._accounts[account_id]

    def record(self, record_id: str) -> checks.Record:
        """The record with this id, loaded or new; KeyError when there is none."""
        return self._records[record_id]

    def held_by(self, hold_id: str, at: Instant) -> int:
        """What is set aside for a hold and its increments now. Refused with how it ended when nothing is."""
        first = self._held(self._held(hold_id).first)
        return sum(hold.amount for hold in self._open(first, at))

    def standing(self, entry: Entry) -> int:
        """Minor units of an entry that still stand: its amount less its standing children; 0 when it or its original
        was undone.
        """
        if self._closed(entry):
            return 0
        return entry.amount - sum(self.standing(child) for child in self._children.get(entry.id, ()))

    def reversal_of(self, entry_id: str) -> str:
        """Id of the entry that reverses this one, "" when there is none."""
        return self._reversed.get(entry_id, "")

    def ended_by(self, record_id: str) -> list[Hold]:
        """Holds that this posting or void has ended, in the order of their family."""
        ended = {one.hold for one in self._resolutions.values() if one.id == record_id}
        return [hold for hold in self._holds.values() if hold.id in ended]

    def end_of(self, hold_id: str) -> Resolution | None:
        """Resolution of a hold, None while it is open."""
        return self._resolutions.get(hold_id)

    def stands_as(self, hold_id: str) -> str:
        """Current form of a hold: itself, or the last hold that stands again in its place."""
        while hold_id in self._again:
            hold_id = self._again[hold_id]
        return hold_id

    def burn(self, entry_id: str) -> None:
        """Refuse this id from now on: a retry can never turn an earlier no into a yes."""
        assert entry_id not in self._records, "an id that was booked cannot be burned"
        self._failed.add(entry_id)

    # --- one step: the money moves ----------------------------------------------------------------------------------

    def transfer(
        self,
        entry_id: str,
        debit: str,
        credit: str,
        amount: int,
        currency: str,
        at: Instant,
        ref: str = "",
        *,
        original: str = "",
        forced: bool = False,
    ) -> Entry:
        """Move `amount` from `debit` to `credit` now; as a child of the entry `original`, at most what still stands of
        it.
        """
        wanted = Entry(entry_id, debit, credit, amount, currency, at, ref, "", "", original, forced)
        checks.readable(entry_id, amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_entry(earlier, wanted)
        self._not_burned(entry_id)
        checks.sensible_amount(amount)
        checks.sensible_accounts(debit, credit)
        if original:
            self._leaves_enough(wanted)
        self._movable(debit, credit, amount, currency, forced=forced)
        if original:
            self._children.setdefault(original, []).append(wanted)
        return self._move(wanted)

    def reverse(self, entry_id: str, of: Entry, at: Instant) -> Entry | None:
        """Undo the entry `of` with a new one, once: what still stands of it moves back, forced.

        None when nothing stands any more: a void or refunds gave it back, or its original was undone.
        """
        checks.readable(entry_id, of.amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_reversal(earlier, of)
        self._not_burned(entry_id)
        if of.reverses:
            raise Refused(BookRefusal.REVERSAL_OF_REVERSAL)
        if of.id in self._reversed:
            raise Refused(BookRefusal.ALREADY_REVERSED)
        standing = self.standing(of)
        if not standing:
            self._undone.add(of.id)
            return None
        self._movable(of.credit, of.debit, standing, of.currency, forced=True)
        self._reversed[of.id] = entry_id
        return self._move(of.reversed(entry_id, at, standing))

    # --- two steps: set aside, then resolve -------------------------------------------------------------------------

    def hold(
        self,
        hold_id: str,
        debit: str,
        credit: str,
        amount: int,
        currency: str,
        at: Instant,
        ref: str = "",
        *,
        ttl: int = 0,
        original: str = "",
    ) -> Hold:
        """Set `amount` of `debit` aside for `credit`, for `ttl` microseconds (0: until it is resolved); as an increment
        of the hold `original` when that is given.

        The limit is checked here, so that posting cannot fail for lack of funds.
        """
        checks.readable(hold_id, amount, ttl)
        wanted = Hold(hold_id, debit, credit, amount, currency, at, ref, at + ttl if ttl else 0, original)
        if (earlier := self._records.get(hold_id)) is not None:
            return checks.same_hold(earlier, wanted)
        self._not_burned(hold_id)
        checks.sensible_amount(amount)
        checks.sensible_ttl(at, ttl)
        checks.sensible_accounts(debit, credit)
        if original:
            first = self._held(original)
            if first.original or (first.debit, first.credit, first.currency) != (debit, credit, currency):
                raise Refused(BookRefusal.ORIGINAL_DIFFERS)
            self._open(first, at)
        self._movable(debit, credit, amount, currency)
        checks.held_fits(self._accounts[debit], amount)
        return self._set_aside(wanted)

    def post(
        self,
        entry_id: str,
        hold_id: str,
        at: Instant,
        amount: int | None = None,
        ref: str = "",
        *,
        forced: bool = False,
    ) -> Entry:
        """Take the whole hold with its increments, move `amount` (None: all of it), release the rest.

        An amount above the hold needs available money like a transfer, unless it is forced. A hold that stands again
        covers a promise, so its posting is forced. The entry has the reference of the first hold when `ref` is empty.
        """
        checks.readable(entry_id, 0 if amount is None else amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_post(earlier, self._first_of(hold_id), amount, self._amount_ended(entry_id), ref)
        self._not_burned(entry_id)
        if amount is not None:
            checks.sensible_amount(amount)
        first = self._held(self._held(hold_id).first)
        taken = self._open(first, at)
        held = sum(hold.amount for hold in taken)
        moved = held if amount is None else amount
        source = self._known(first.debit, first.credit, first.currency)
        if moved > held:
            (checks.debit_fits if forced else checks.within_limit)(source, moved - held)
        checks.credit_fits(self._accounts[first.credit], moved)
        left = moved
        for hold in taken:
            part = min(left, hold.amount)
            self._resolve(Resolution(entry_id, hold.id, HoldOutcome.POSTED, part, at), hold)
            left -= part
        forced = forced or any(hold.again for hold in taken)
        way = (first.debit, first.credit, moved, first.currency)
        return self._move(Entry(entry_id, *way, at, ref or first.ref, "", first.id, "", forced))

    def void(self, void_id: str, hold_id: str, at: Instant, amount: int = 0) -> Resolution:
        """Release a first hold with its increments, or an increment alone.

        `amount` is 0, or exactly the held amount as a confirmation.
        """
        checks.readable(void_id, amount)
        if (earlier := self._records.get(void_id)) is not None:
            return checks.same_void(earlier, self._ended(void_id, hold_id), amount, self._amount_ended(void_id))
        self._not_burned(void_id)
        taken = self._open(self._held(hold_id), at)
        if amount not in (0, sum(hold.amount for hold in taken)):
            raise Refused(BookRefusal.AMOUNT_DIFFERS_FROM_HOLD)
        ends = [self._release(Resolution(void_id, hold.id, HoldOutcome.VOIDED, 0, at), hold) for hold in taken]
        return ends[0]

    def again(self, hold_id: str, of: str, at: Instant) -> Hold:
        """Restore what a posting or a void had taken from the hold `of`: same amount, same expiry, forced.

        Released at once when its expiry is past.
        """
        checks.readable(hold_id, 0)
        if (earlier := self._records.get(hold_id)) is not None:
            return checks.same_again(earlier, of)
        self._not_burned(hold_id)
        ended = self._held(of)
        end = self._resolutions.get(of)
        if end is not None and end.outcome is HoldOutcome.EXPIRED:
            raise Refused(BookRefusal.ALREADY_EXPIRED)
        if end is None:
            raise Refused(BookRefusal.NOT_ENDED)
        if of in self._again:
            raise Refused(BookRefusal.STANDS_AGAIN)
        source = self._known(ended.debit, ended.credit, ended.currency)
        checks.debit_fits(source, ended.amount)
        checks.held_fits(source, ended.amount)
        hold = self._set_aside(ended.standing_again(hold_id, at))
        if hold.expired(at):
            self.expire(hold_id, at)
        return hold

    def expire(self, hold_id: str, at: Instant) -> Resolution:
        """Release a hold whose time is over. May lag: an expired hold allows nothing else."""
        hold = self._held(hold_id)
        earlier = self._resolutions.get(hold_id)
        if earlier is not None and earlier.outcome is HoldOutcome.EXPIRED:
            return earlier
        if earlier is not None:
            raise Refused(SECOND_RESOLVE[earlier.outcome])
        if hold.expires_at == 0:
            raise Refused(BookRefusal.NEVER_EXPIRES)
        if not hold.expired(at):
            raise Refused(BookRefusal.NOT_YET_EXPIRED)
        return self._release(Resolution(f"expire:{hold_id}", hold_id, HoldOutcome.EXPIRED, 0, at), hold)

    # --- the checks that look at the book ---------------------------------------------------------------------------

    def _not_burned(self, entry_id: str) -> None:
        if entry_id in self._failed:
            raise Refused(BookRefusal.ID_ALREADY_FAILED)

    def _held(self, hold_id: str) -> Hold:
        hold = self._holds.get(hold_id)
        if hold is None:
            raise Refused(BookRefusal.HOLD_UNKNOWN)
        return hold

    def _closed(self, entry: Entry) -> bool:
        """Whether an entry, or its original, was undone."""
        if entry.id in self._reversed or entry.id in self._undone:
            return True
        original = self._records.get(entry.original)
        return isinstance(original, Entry) and self._closed(original)

    def _leaves_enough(self, wanted: Entry) -> None:
        """Check that a child goes back the way its original came, and is no more than still stands of it."""
        original = self._records.get(wanted.original)
        if not isinstance(original, Entry):
            raise Refused(BookRefusal.ORIGINAL_UNKNOWN)
        if original.reverses or (original.credit, original.currency) != (wanted.debit, wanted.currency):
            raise Refused(BookRefusal.ORIGINAL_DIFFERS)
        if wanted.amount > self.standing(original):
            raise Refused(BookRefusal.AMOUNT_EXCEEDS_ORIGINAL)

    def _chain(self, hold_id: str) -> list[str]:
        """Ids of a hold and of all holds that stand again in one line with it, the oldest first."""
        hold = self._holds.get(hold_id)
        if hold is None:
            return []
        while hold.again:
            hold = self._holds[hold.again]
        chain = [hold.id]
        while chain[-1] in self._again:
            chain.append(self._again[chain[-1]])
        return chain

    def _open(self, hold: Hold, at: Instant) -> list[Hold]:
        """Open holds of a hold: of a first one all its increments too. Refused with its end when it has one."""
        if (end := self._resolutions.get(self.stands_as(hold.id))) is not None:
            raise Refused(SECOND_RESOLVE[end.outcome])
        if hold.expired(at):
            raise Refused(BookRefusal.ALREADY_EXPIRED)
        chain = self._chain(hold.id)
        first = not self._holds[chain[0]].original
        line = self._families[chain[0]] if first else [self._holds[one] for one in chain]
        return [one for one in line if one.id not in self._resolutions and not one.expired(at)]

    def _first_of(self, hold_id: str) -> str:
        hold = self._holds.get(hold_id)
        return hold_id if hold is None else hold.first

    def _ended(self, void_id: str, hold_id: str) -> bool:
        """Whether this void ended this hold, and otherwise only its increments."""
        chain, ended = self._chain(hold_id), [hold.id for hold in self.ended_by(void_id)]
        if not chain or set(chain).isdisjoint(ended):
            return False
        return not self._holds[chain[0]].original or set(ended) <= set(chain)

    def _amount_ended(self, record_id: str) -> int:
        return sum(hold.amount for hold in self.ended_by(record_id))

    def _known(self, debit: str, credit: str, currency: str) -> Account:
        source, target = self._accounts.get(debit), self._accounts.get(credit)
        if source is None:
            raise Refused(BookRefusal.DEBIT_ACCOUNT_UNKNOWN)
        if target is None:
            raise Refused(BookRefusal.CREDIT_ACCOUNT_UNKNOWN)
        if source.currency != currency:
            raise Refused(BookRefusal.DEBIT_CURRENCY_DIFFERS)
        if target.currency != currency:
            raise Refused(BookRefusal.CREDIT_CURRENCY_DIFFERS)
        return source

    def _movable(self, debit: str, credit: str, amount: int, currency: str, *, forced: bool = False) -> None:
        source = self._known(debit, credit, currency)
        if forced:
            checks.debit_fits(source, amount)
        else:
            checks.within_limit(source, amount)
        checks.credit_fits(self._accounts[credit], amount)

    # --- the bookings, after every check ----------------------------------------------------------------------------

    def _move(self, entry: Entry) -> Entry:
        assert type(entry.amount) is int
        assert entry.amount > 0
        self._records[entry.id] = entry
        self.new_entries.append(entry)
        self._change(entry.debit, balance=-entry.amount)
        self._change(entry.credit, balance=entry.amount)
        return entry

    def _keep(self, hold: Hold) -> None:
        self._records[hold.id] = self._holds[hold.id] = hold
        self._families.setdefault(hold.first, []).append(hold)
        if hold.again:
            self._again[hold.again] = hold.id

    def _set_aside(self, hold: Hold) -> Hold:
        self._keep(hold)
        self.new_holds.append(hold)
        self._change(hold.debit, held=hold.amount)
        return hold

    def _release(self, resolution: Resolution, hold: Hold) -> Resolution:
        if hold.debit not in self._accounts:
            raise Refused(BookRefusal.DEBIT_ACCOUNT_UNKNOWN)
        self._records[resolution.id] = resolution
        self._resolve(resolution, hold)
        return resolution

    def _resolve(self, resolution: Resolution, hold: Hold) -> None:
        assert hold.id not in self._resolutions, "a hold has one end"
        self._resolutions[hold.id] = resolution
        self.new_resolutions.append(resolution)
        self._change(hold.debit, held=-hold.amount)

    def _change(self, account_id: str, *, balance: int = 0, held: int = 0) -> None:
        """Change balance and held amount of an account; one without a balance row has only its entries."""
        old = self._accounts[account_id]
        if old.balance is None:
            return
        assert old.held + held >= 0, "more was released than was held"
        self._accounts[account_id] = Account(
            old.id, old.kind, old.currency, old.balance + balance, old.floor, old.held + held
        )
        self._changed[account_id] = None
