"""Why a sale was not sent, or does not stand: `Attempt.cause`, written in the step in which the terminal learns it.

A cause is one word, with a detail behind a colon where there is one (`reversal:T0000001/000001/000004`). Sales of
earlier versions have none where DE39 of the reversal said enough.
"""

from __future__ import annotations

from typing import Final

# nothing was sent
LINE: Final = "line"  # no connection to the switch
SIGN_ON: Final = "sign_on"  # detail: `UNANSWERED`, `KEYS`, or the code with which it was refused
REVERSAL: Final = "reversal"  # detail: the earlier sale whose reversal is still owed
PRINTER: Final = "printer"  # the shop sells with paper only; what was wrong is `Attempt.trouble`

# nothing was sent, or a reversal is owed
CANCELLED: Final = "cancelled"  # a person gave it up: a repeat of the till that comes late must not sell it after all

# a reversal is owed
NO_ANSWER: Final = "no_answer"
LINE_CLOSED: Final = "line_closed"  # with the answer still owed
BAD_MAC: Final = "bad_mac"
UNREADABLE: Final = "unreadable"
UNDECIDED: Final = "undecided"  # an authentic answer whose code decides nothing: `Attempt.response_code`
DIFFERS: Final = "differs"  # an authentic answer that does not repeat what was asked; detail: the element
RESTART: Final = "restart"
KEPT: Final = "kept"  # the goods, after a restart
PAID: Final = "paid"  # detail: the sale that stands instead of this one
CARD_REFUSED: Final = "card_refused"

# details of SIGN_ON
UNANSWERED: Final = "unanswered"
KEYS: Final = "keys"  # the answer's keys or its batch could not be taken

NOT_SENT: Final = frozenset({LINE, SIGN_ON, REVERSAL, PRINTER, CANCELLED})
OWED: Final = frozenset(
    {CANCELLED, NO_ANSWER, LINE_CLOSED, BAD_MAC, UNREADABLE, UNDECIDED, DIFFERS, RESTART, KEPT, PAID, CARD_REFUSED}
)


def word(cause: str) -> str:
    """The cause without its detail."""
    return cause.partition(":")[0]


def detail(cause: str) -> str:
    """What stands behind the word, "" for nothing."""
    return cause.partition(":")[2]
