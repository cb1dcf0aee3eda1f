"""Which values of a field exist. The codec reads what can be read; a station takes only what can be true.

STAN 000000, the 30th of February or an entry mode nobody defined are written correctly and mean nothing. A field of a
dialect names its range (`Field.within`), and a station reads by `Dialect.receive` or `excerpts`, which look at it.
"""

from __future__ import annotations

import calendar
from typing import Any, Final, NamedTuple

LEAP_YEAR: Final = 2000  # a date without a year may be the 29th of February


class Range(NamedTuple):
    """Values that exist, of those the kind of a field allows. `wanted` describes them to people.

    `test` is a Python expression of a value `x`, true when the value exists; TABLES has the names in it. It becomes
    part of the straight-line code of each message shape (`compiled.finder`), because every message is checked.
    `compiled` is the accelerator's name for it, or the values themselves; "elsewhere" leaves it to Python.
    """

    wanted: str
    test: str
    compiled: str | frozenset[str] = "elsewhere"


DAYS: Final = frozenset(
    f"{month:02d}{day:02d}" for month in range(1, 13) for day in range(1, calendar.monthrange(LEAP_YEAR, month)[1] + 1)
)
ENTRY_MODES: Final = frozenset(
    mode + pin
    for mode in ("00", "01", "02", "03", "04", "05", "07", "90", "91", "92", "95", "96")
    for pin in ("0", "1", "2")
)
"""DE22: how the card came in (UnionPay's table of the terminal link), and 1 with a PIN, 2 without, 0 not said."""
PIN_LENGTHS: Final = frozenset(f"{most:02d}" for most in range(4, 13))
SECURITIES: Final = frozenset(
    f"{pin}{algorithm}{track}{'0' * 13}" for pin in "012" for algorithm in "0346" for track in "01"
)
"""DE53: PIN format, PIN algorithm (4 is one acquirer's own), whether the track is encrypted, zeros."""

BALANCES: Final = frozenset("123")
"""DE66: in balance, out of balance, error."""


def is_moment(text: str) -> bool:
    """Whether a text is a date and time, MMDDhhmmss."""
    return text[:4] in DAYS and text[4:] < "24" and text[6] < "6" and text[8] < "6"


def is_date(text: str) -> bool:
    """Whether a text is a date of this century, YYMMDD."""
    month, day = int(text[2:4]), int(text[4:])
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(LEAP_YEAR + int(text[:2]), month)[1]


def is_original(text: str) -> bool:
    """Whether a DE90 names a message that can exist: its STAN, DE7 and acquirer are possible values."""
    return text[4:10] != "000000" and is_moment(text[10:20]) and bool(text[20:31].strip("0"))


STAN: Final = Range("000001 to 999999", 'x != "000000"', "not zeros")
DATE: Final = Range("a date MMDD", "x in DAYS", "date")
TIME: Final = Range("a time hhmmss", 'x < "24" and x[2] < "6" and x[4] < "6"', "time")
MOMENT: Final = Range("a date and time MMDDhhmmss", "is_moment(x)", "moment")
WHOLE_DATE: Final = Range("a date YYMMDD", "is_date(x)")
MONTH: Final = Range("a month YYMM", '"00" < x[2:] < "13"', "month")
ENTRY_MODE: Final = Range("a known entry mode", "x in ENTRY_MODES", ENTRY_MODES)
PIN_LENGTH: Final = Range("04 to 12", "x in PIN_LENGTHS", PIN_LENGTHS)
INSTITUTION: Final = Range("not zeros alone", 'x.strip("0")', "not zeros")
LETTERS: Final = Range("letters and digits", "x.isalnum()", "letters")
NUMBER: Final = Range("digits", "x.isdigit()", "digits")
CODE: Final = Range("letters and digits, filled with spaces", 'x.isalnum() or x.strip(" ").isalnum()', "code")
NAME: Final = Range("ASCII, not blank", "x.isascii() and not x.isspace()", "name")
SECURITY: Final = Range("PIN format, algorithm and track flag, zeros", "x in SECURITIES", SECURITIES)
BALANCE: Final = Range("1 to 3", "x in BALANCES", BALANCES)
ORIGINAL: Final = Range("an original with a STAN, a date and time and an acquirer", "is_original(x)")

TABLES: Final[dict[str, Any]] = {
    "DAYS": DAYS,
    "ENTRY_MODES": ENTRY_MODES,
    "PIN_LENGTHS": PIN_LENGTHS,
    "SECURITIES": SECURITIES,
    "BALANCES": BALANCES,
    "is_moment": is_moment,
    "is_date": is_date,
    "is_original": is_original,
}
