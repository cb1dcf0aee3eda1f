"""Double entry: integer minor units, append-only, hold → post | void | expire, and the undoing of what still stands.

Pure: no clock, no store, no randomness. A station loads the accounts and earlier records a step needs into a `Book`,
asks it for transfers, holds and reversals, and writes what the book says is new. A refusal is one named `BookRefusal`,
raised as `errors.Refused`; the order of the checks is the order of the enum and of docs/refusals.md.

Sign: the balance of an account is its credits minus its debits. What a cardholder owns is positive.
"""

from counterfoil.ledger.account import Account, AccountKind
from counterfoil.ledger.book import Book
from counterfoil.ledger.checks import Record
from counterfoil.ledger.entry import MAX_INTEGER, Entry
from counterfoil.ledger.hold import Hold, HoldOutcome, Resolution
from counterfoil.ledger.invariants import Invariant, Violation, check, sums
from counterfoil.ledger.refusal import BookRefusal
from counterfoil.ledger.undo import undo

__all__ = [
    "MAX_INTEGER",
    "Account",
    "AccountKind",
    "Book",
    "BookRefusal",
    "Entry",
    "Hold",
    "HoldOutcome",
    "Invariant",
    "Record",
    "Resolution",
    "Violation",
    "check",
    "sums",
    "undo",
]
