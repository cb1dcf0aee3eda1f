"""Every reason the ledger says no, one name per cause.

The order here is the order of the checks and of docs/refusals.md (both tested): when several apply, the first is the
answer. A verb skips the checks that cannot concern it.
"""

from __future__ import annotations

import enum


class BookRefusal(enum.Enum):
    """Why the ledger booked nothing. After a refusal the book is exactly as it was."""

    # The request cannot be read.
    ID_EMPTY = "id_empty"
    AMOUNT_NOT_INTEGER = "amount_not_integer"
    TTL_NOT_INTEGER = "ttl_not_integer"

    # The id was used before: same id and same fields is success, anything else is a different request.
    EXISTS_WITH_DIFFERENT_KIND = "exists_with_different_kind"
    EXISTS_WITH_DIFFERENT_HOLD = "exists_with_different_hold"
    EXISTS_WITH_DIFFERENT_ORIGINAL = "exists_with_different_original"
    EXISTS_WITH_DIFFERENT_DEBIT = "exists_with_different_debit"
    EXISTS_WITH_DIFFERENT_CREDIT = "exists_with_different_credit"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_CURRENCY = "exists_with_different_currency"
    EXISTS_WITH_DIFFERENT_REF = "exists_with_different_ref"
    EXISTS_WITH_DIFFERENT_TTL = "exists_with_different_ttl"
    ID_ALREADY_FAILED = "id_already_failed"

    # The request makes no sense by itself.
    AMOUNT_ZERO = "amount_zero"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_TOO_LARGE = "amount_too_large"
    TTL_NEGATIVE = "ttl_negative"
    EXPIRY_TOO_LARGE = "expiry_too_large"
    ACCOUNTS_SAME = "accounts_same"

    # What a booking refers to: its original, the hold it ends or adds to, the entry or the end of a hold it undoes.
    ORIGINAL_UNKNOWN = "original_unknown"
    HOLD_UNKNOWN = "hold_unknown"
    ORIGINAL_DIFFERS = "original_differs"
    AMOUNT_EXCEEDS_ORIGINAL = "amount_exceeds_original"
    NOT_ENDED = "not_ended"
    STANDS_AGAIN = "stands_again"
    ALREADY_POSTED = "already_posted"
    ALREADY_VOIDED = "already_voided"
    ALREADY_EXPIRED = "already_expired"
    AMOUNT_DIFFERS_FROM_HOLD = "amount_differs_from_hold"
    NEVER_EXPIRES = "never_expires"
    NOT_YET_EXPIRED = "not_yet_expired"
    REVERSAL_OF_REVERSAL = "reversal_of_reversal"
    ALREADY_REVERSED = "already_reversed"

    # The accounts.
    DEBIT_ACCOUNT_UNKNOWN = "debit_account_unknown"
    CREDIT_ACCOUNT_UNKNOWN = "credit_account_unknown"
    DEBIT_CURRENCY_DIFFERS = "debit_currency_differs"
    CREDIT_CURRENCY_DIFFERS = "credit_currency_differs"

    # The money.
    LIMIT_EXCEEDED = "limit_exceeded"
    DEBIT_BALANCE_OVERFLOWS = "debit_balance_overflows"
    CREDIT_BALANCE_OVERFLOWS = "credit_balance_overflows"
    HELD_OVERFLOWS = "held_overflows"
