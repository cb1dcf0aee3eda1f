"""The checks that need no book: one refusal per cause, called in the order of `BookRefusal`."""

from __future__ import annotations

from typing import TypeAlias

from counterfoil.errors import Refused
from counterfoil.ledger.account import Account
from counterfoil.ledger.entry import MAX_INTEGER, Entry
from counterfoil.ledger.hold import Hold, HoldOutcome, Resolution
from counterfoil.ledger.refusal import BookRefusal
from counterfoil.step import Instant

Record: TypeAlias = Entry | Hold | Resolution


def readable(record_id: str, amount: int, ttl: int = 0) -> None:
    """Check for an id and true integers: a bool or a float is refused before any comparison (1 == 1.0)."""
    if not record_id:
        raise Refused(BookRefusal.ID_EMPTY)
    if type(amount) is not int:
        raise Refused(BookRefusal.AMOUNT_NOT_INTEGER)
    if type(ttl) is not int:
        raise Refused(BookRefusal.TTL_NOT_INTEGER)


def same_entry(earlier: Record, wanted: Entry) -> Entry:
    """The earlier entry, when `wanted` repeats its request. Whether it was forced is not compared."""
    if not isinstance(earlier, Entry) or earlier.hold or bool(earlier.reverses) != bool(wanted.reverses):
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_KIND)
    if earlier.reverses != wanted.reverses or earlier.original != wanted.original:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_ORIGINAL)
    _same_fields(earlier, wanted)
    return earlier


def same_reversal(earlier: Record, of: Entry) -> Entry:
    """The earlier reversal, when it is of the same entry. What still stood is not compared: it has changed since."""
    amount = earlier.amount if isinstance(earlier, Entry) else of.amount
    return same_entry(earlier, of.reversed(earlier.id, 0, amount))


def same_hold(earlier: Record, wanted: Hold) -> Hold:
    """The earlier hold, when `wanted` repeats its request. Time-outs are compared as intervals."""
    if not isinstance(earlier, Hold) or earlier.again:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_KIND)
    if earlier.original != wanted.original:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_HOLD)
    _same_fields(earlier, wanted)
    if earlier.ttl != wanted.ttl:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_TTL)
    return earlier


def same_again(earlier: Record, hold_id: str) -> Hold:
    """The earlier hold, when it stands again for `hold_id`."""
    if not isinstance(earlier, Hold) or not earlier.again:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_KIND)
    if earlier.again != hold_id:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_HOLD)
    return earlier


def same_post(earlier: Record, first: str, amount: int | None, held: int, ref: str) -> Entry:
    """The earlier posting, when it has the same family of holds and the same amount (None: all that was held)."""
    if not isinstance(earlier, Entry) or not earlier.hold:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_KIND)
    if earlier.hold != first:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_HOLD)
    if earlier.amount != (held if amount is None else amount):
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_AMOUNT)
    if ref and earlier.ref != ref:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_REF)
    return earlier


def same_void(earlier: Record, same: bool, amount: int, held: int) -> Resolution:
    """The earlier void, when it is of the same hold (an amount of 0 and the full amount are the same)."""
    if not isinstance(earlier, Resolution) or earlier.outcome is not HoldOutcome.VOIDED:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_KIND)
    if not same:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_HOLD)
    if amount not in (0, held):
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_AMOUNT)
    return earlier


def _same_fields(earlier: Entry | Hold, wanted: Entry | Hold) -> None:
    if earlier.debit != wanted.debit:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_DEBIT)
    if earlier.credit != wanted.credit:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_CREDIT)
    if earlier.amount != wanted.amount:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_AMOUNT)
    if earlier.currency != wanted.currency:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_CURRENCY)
    if earlier.ref != wanted.ref:
        raise Refused(BookRefusal.EXISTS_WITH_DIFFERENT_REF)


def sensible_amount(amount: int) -> None:
    """Check that an amount is from 1 to the highest 63-bit integer."""
    if amount == 0:
        raise Refused(BookRefusal.AMOUNT_ZERO)
    if amount < 0:
        raise Refused(BookRefusal.AMOUNT_NEGATIVE)
    if amount > MAX_INTEGER:
        raise Refused(BookRefusal.AMOUNT_TOO_LARGE)


def sensible_ttl(at: Instant, ttl: int) -> None:
    """Check that a time limit is not negative and that its end fits an instant."""
    if ttl < 0:
        raise Refused(BookRefusal.TTL_NEGATIVE)
    if at + ttl > MAX_INTEGER:
        raise Refused(BookRefusal.EXPIRY_TOO_LARGE)


def sensible_accounts(debit: str, credit: str) -> None:
    """Check that debit and credit are two accounts."""
    if debit == credit:
        raise Refused(BookRefusal.ACCOUNTS_SAME)


def within_limit(source: Account, amount: int) -> None:
    """Check that the available amount stays at or above the floor, every open hold counted as spent."""
    if source.balance is None:
        return
    if source.floor is not None and source.balance - source.held - amount < source.floor:
        raise Refused(BookRefusal.LIMIT_EXCEEDED)
    debit_fits(source, amount)


def debit_fits(source: Account, amount: int) -> None:
    """Check that the available amount, every open hold counted as spent, still fits 63 bits."""
    if source.balance is not None and source.balance - source.held - amount < -MAX_INTEGER:
        raise Refused(BookRefusal.DEBIT_BALANCE_OVERFLOWS)


def credit_fits(target: Account, amount: int) -> None:
    """Check that the increased balance still fits 63 bits."""
    if target.balance is not None and target.balance + amount > MAX_INTEGER:
        raise Refused(BookRefusal.CREDIT_BALANCE_OVERFLOWS)


def held_fits(source: Account, amount: int) -> None:
    """Check that the increased held amount still fits 63 bits."""
    if source.held + amount > MAX_INTEGER:
        raise Refused(BookRefusal.HELD_OVERFLOWS)
