"""The working set of one step: what it may move, what exists already, and what it has to write afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.errors import Refused
from counterfoil.ledger import checks
from counterfoil.ledger.account import Account
from counterfoil.ledger.entry import Entry
from counterfoil.ledger.hold import Hold, Outcome, Resolution
from counterfoil.ledger.refusal import Refusal
from counterfoil.step import Instant

SECOND_RESOLVE: Final = {
    Outcome.POSTED: Refusal.ALREADY_POSTED,
    Outcome.VOIDED: Refusal.ALREADY_VOIDED,
    Outcome.EXPIRED: Refusal.ALREADY_EXPIRED,
}


class Book:
    """Accounts and the records that were already there, and the verbs that add to them.

    The caller loads the accounts a step names; the entries, holds and resolutions with the ids it is asked for; for a
    reversal every entry that reverses the same original; for a second step the hold and its resolution. `failed` are
    ids that were refused before and stay refused.

    Each verb returns the record, new or (same id, same fields) the earlier one, or raises `Refused(Refusal.…)` and
    changes nothing. Amounts are positive minor units; `at` is when it happens and never part of the comparison.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        entries: Iterable[Entry] = (),
        holds: Iterable[Hold] = (),
        resolutions: Iterable[Resolution] = (),
        failed: Iterable[str] = (),
    ) -> None:
        self._accounts = {account.id: account for account in accounts}
        self._holds = {hold.id: hold for hold in holds}
        self._resolutions = {resolution.hold: resolution for resolution in resolutions}
        self._records: dict[str, Entry | Hold | Resolution] = {r.id: r for r in self._resolutions.values()}
        self._records.update(self._holds)
        self._reversed: set[str] = set()
        for entry in entries:
            self._records[entry.id] = entry
            if entry.reverses:
                self._reversed.add(entry.reverses)
        self._failed = set(failed)
        self._changed: dict[str, None] = {}
        self.new_entries: list[Entry] = []
        self.new_holds: list[Hold] = []
        self.new_resolutions: list[Resolution] = []

    # --- what the step must write, and what it may look at ----------------------------------------------------------

    @property
    def changed_accounts(self) -> list[Account]:
        """The accounts with a balance row whose balance or held amount is no longer what was loaded, once each."""
        return [self._accounts[account_id] for account_id in self._changed]

    def account(self, account_id: str) -> Account:
        """The account as it stands after what this book has booked; KeyError when it was not loaded."""
        return self._accounts[account_id]

    def burn(self, entry_id: str) -> None:
        """From now on this id is refused: a retry can never turn an earlier no into a yes."""
        assert entry_id not in self._records, "an id that was booked cannot be burned"
        self._failed.add(entry_id)

    # --- one step: the money moves ----------------------------------------------------------------------------------

    def transfer(
        self, entry_id: str, debit: str, credit: str, amount: int, currency: str, at: Instant, ref: str = ""
    ) -> Entry:
        """Move `amount` from `debit` to `credit` now."""
        wanted = Entry(entry_id, debit, credit, amount, currency, at, ref)
        checks.readable(entry_id, amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_entry(earlier, wanted)
        self._not_burned(entry_id)
        checks.sensible_amount(amount)
        checks.sensible_accounts(debit, credit)
        self._movable(debit, credit, amount, currency)
        return self._move(wanted)

    def reverse(self, entry_id: str, of: Entry, at: Instant) -> Entry:
        """Undo the entry `of` with a new one; whatever it moved moves back, once."""
        wanted = of.reversed(entry_id, at)
        checks.readable(entry_id, of.amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_entry(earlier, wanted)
        self._not_burned(entry_id)
        if of.reverses:
            raise Refused(Refusal.REVERSAL_OF_REVERSAL)
        if of.id in self._reversed:
            raise Refused(Refusal.ALREADY_REVERSED)
        self._movable(wanted.debit, wanted.credit, wanted.amount, wanted.currency)
        self._reversed.add(of.id)
        return self._move(wanted)

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
    ) -> Hold:
        """Set `amount` of `debit` aside for `credit`, for `ttl` microseconds (0: until it is resolved).

        The limit is checked here, so that posting cannot fail for lack of funds.
        """
        wanted = Hold(hold_id, debit, credit, amount, currency, at, ref, ttl)
        checks.readable(hold_id, amount, ttl)
        if (earlier := self._records.get(hold_id)) is not None:
            return checks.same_hold(earlier, wanted)
        self._not_burned(hold_id)
        checks.sensible_amount(amount)
        checks.sensible_ttl(at, ttl)
        checks.sensible_accounts(debit, credit)
        self._movable(debit, credit, amount, currency)
        checks.held_fits(self._accounts[debit], amount)
        self._records[hold_id] = self._holds[hold_id] = wanted
        self.new_holds.append(wanted)
        self._change(debit, held=amount)
        return wanted

    def post(self, entry_id: str, hold_id: str, at: Instant, amount: int | None = None) -> Entry:
        """Move `amount` of what is held (None: all of it) and release the rest."""
        checks.readable(entry_id, 0 if amount is None else amount)
        if (earlier := self._records.get(entry_id)) is not None:
            return checks.same_post(earlier, hold_id, amount, self._holds.get(hold_id))
        self._not_burned(entry_id)
        if amount is not None:
            checks.sensible_amount(amount)
        hold = self._held(hold_id)
        moved = hold.amount if amount is None else amount
        if moved > hold.amount:
            raise Refused(Refusal.AMOUNT_EXCEEDS_HOLD)
        self._unresolved(hold, at)
        self._known(hold.debit, hold.credit, hold.currency)
        checks.credit_fits(self._accounts[hold.credit], moved)
        self._resolve(Resolution(entry_id, hold_id, Outcome.POSTED, moved, at), hold)
        return self._move(Entry(entry_id, hold.debit, hold.credit, moved, hold.currency, at, hold.ref, hold=hold_id))

    def void(self, void_id: str, hold_id: str, at: Instant, amount: int = 0) -> Resolution:
        """Release all that is held. `amount` is 0, or exactly the held amount to say it again."""
        checks.readable(void_id, amount)
        if (earlier := self._records.get(void_id)) is not None:
            return checks.same_void(earlier, hold_id, amount, self._holds.get(hold_id))
        self._not_burned(void_id)
        hold = self._held(hold_id)
        if amount not in (0, hold.amount):
            raise Refused(Refusal.AMOUNT_DIFFERS_FROM_HOLD)
        self._unresolved(hold, at)
        return self._release(Resolution(void_id, hold_id, Outcome.VOIDED, 0, at), hold)

    def expire(self, hold_id: str, at: Instant) -> Resolution:
        """Release a hold whose time is over. May lag: from its expiry on nothing else can be done with it anyway."""
        hold = self._held(hold_id)
        earlier = self._resolutions.get(hold_id)
        if earlier is not None and earlier.outcome is Outcome.EXPIRED:
            return earlier
        if earlier is not None:
            raise Refused(SECOND_RESOLVE[earlier.outcome])
        if hold.ttl == 0:
            raise Refused(Refusal.NEVER_EXPIRES)
        if not hold.expired(at):
            raise Refused(Refusal.NOT_YET_EXPIRED)
        return self._release(Resolution(f"expire:{hold_id}", hold_id, Outcome.EXPIRED, 0, at), hold)

    # --- the checks that look at the book ---------------------------------------------------------------------------

    def _not_burned(self, entry_id: str) -> None:
        if entry_id in self._failed:
            raise Refused(Refusal.ID_ALREADY_FAILED)

    def _held(self, hold_id: str) -> Hold:
        hold = self._holds.get(hold_id)
        if hold is None:
            raise Refused(Refusal.HOLD_UNKNOWN)
        return hold

    def _unresolved(self, hold: Hold, at: Instant) -> None:
        earlier = self._resolutions.get(hold.id)
        if earlier is not None:
            raise Refused(SECOND_RESOLVE[earlier.outcome])
        if hold.expired(at):
            raise Refused(Refusal.ALREADY_EXPIRED)

    def _known(self, debit: str, credit: str, currency: str) -> Account:
        source, target = self._accounts.get(debit), self._accounts.get(credit)
        if source is None:
            raise Refused(Refusal.DEBIT_ACCOUNT_UNKNOWN)
        if target is None:
            raise Refused(Refusal.CREDIT_ACCOUNT_UNKNOWN)
        if source.currency != currency:
            raise Refused(Refusal.DEBIT_CURRENCY_DIFFERS)
        if target.currency != currency:
            raise Refused(Refusal.CREDIT_CURRENCY_DIFFERS)
        return source

    def _movable(self, debit: str, credit: str, amount: int, currency: str) -> None:
        source = self._known(debit, credit, currency)
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

    def _release(self, resolution: Resolution, hold: Hold) -> Resolution:
        if hold.debit not in self._accounts:
            raise Refused(Refusal.DEBIT_ACCOUNT_UNKNOWN)
        self._records[resolution.id] = resolution
        self._resolve(resolution, hold)
        return resolution

    def _resolve(self, resolution: Resolution, hold: Hold) -> None:
        assert hold.id not in self._resolutions, "a hold has one end"
        self._resolutions[hold.id] = resolution
        self.new_resolutions.append(resolution)
        self._change(hold.debit, held=-hold.amount)

    def _change(self, account_id: str, *, balance: int = 0, held: int = 0) -> None:
        """An account without a balance row has nothing to change: its entries say it all."""
        old = self._accounts[account_id]
        if old.balance is None:
            return
        assert old.held + held >= 0, "more was released than was held"
        self._accounts[account_id] = Account(
            old.id, old.kind, old.currency, old.balance + balance, old.floor, old.held + held
        )
        self._changed[account_id] = None
