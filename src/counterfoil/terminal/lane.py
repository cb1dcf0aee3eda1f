"""One terminal in memory: what is going on on it, and what happens next.

A terminal does one thing at a time: sign on, reverse, sell, print. `advance` starts the next thing in that order; the
modules `signon`, `reverse` and `sale` know how each of them ends.
"""

from __future__ import annotations

import enum

import msgspec

from counterfoil.kinds import PURCHASE
from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.document import Copy
from counterfoil.security import Sensitive
from counterfoil.step import Instant
from counterfoil.terminal.rows import Attempt, Device
from counterfoil.words import Text


class Awaited(enum.Enum):
    """What a terminal is waiting for an answer to."""

    SIGN_ON = "sign_on"
    SALE = "sale"
    REVERSAL = "reversal"


class Exchange(msgspec.Struct, frozen=True):
    """A request on its way: nothing else is sent on this terminal until it is answered or its deadline passed."""

    job: Awaited
    mti: str
    stan: str
    deadline: Instant
    token: int


class QueuedSale(msgspec.Struct, frozen=True):
    """What the till asked for and that has not been sent. `commands` are the requests to answer when it ends.

    `content` is everything that was asked, as far as it may be kept; `entry` is DE22. `frees` names the attempt that
    was never sent and whose key this one takes over. `track` is None for a number that was typed. `original` is the
    reference of the transaction it refers to; `on_paper`: a slip is wanted that is printed only when asked for.
    """

    commands: tuple[int, ...]
    amount: int
    currency: str
    key: str
    content: str
    retry_of: str
    entry: str
    pan: Sensitive[str]
    track: Sensitive[str] | None
    expiry: str
    pin: Sensitive[str] | None
    frees: str = ""
    kind: str = PURCHASE.name
    original: str = ""
    on_paper: bool = False


class Print(msgspec.Struct, frozen=True):
    """One copy of one print: the mark it carries, and what is known of it. SENDING: its news is still awaited."""

    mark: str  # ORIGINAL, or DUPLICATE n
    state: CopyState = CopyState.SENDING
    trouble: str = ""


class Printing(msgspec.Struct, frozen=True):
    """Copies at the printer: what became of each, in the sale's `number`th print; `text` is what the till is shown."""

    ref: str
    number: int
    prints: dict[Copy, Print]
    text: str
    deadline: Instant
    commands: tuple[int, ...]
    purpose: str  # "sale", "goods" or "receipt"


class Checking(msgspec.Struct, frozen=True):
    """The printer is being asked whether it is ready; no sale is sent before its answer or the deadline."""

    name: str
    deadline: Instant


class Texting(msgspec.Struct, frozen=True):
    """A message on its way out, and the request of the till that waits for it."""

    name: str
    command: int


class Strays(msgspec.Struct, frozen=True):
    """What came in an hour that no exchange waited for: lines kept of it, with a valid MAC and without, and how many
    messages more.
    """

    hour: int = 0
    vouched: int = 0
    others: int = 0
    more: int = 0


class Lane(msgspec.Struct):
    """One terminal. Changed only inside a step, on a copy that replaces the original when the step is committed.

    `current` is the attempt that is not at rest, `commands` the till's requests that wait for its outcome. `asks`: it
    was found approved after a restart and the goods question is open. `on_paper`: the slip of the attempt in hand is
    wanted. `wrong` are the instants of the latest wrong passwords of a supervisor. `wake` is when the terminal next
    tries by itself to sign on or to reverse; `burst` counts the reversals since the last trigger,
    `unanswered` those in a row that nobody answered, `dials` how often in a row there was no line, or no keys.
    """

    device: Device
    signed_on: bool = False
    current: Attempt | None = None
    commands: tuple[int, ...] = ()
    expiry: str = ""
    on_paper: bool = False
    wrong: tuple[Instant, ...] = ()
    asks: bool = False
    exchange: Exchange | None = None
    printing: Printing | None = None
    checking: Checking | None = None
    checks: int = 0
    texting: tuple[Texting, ...] = ()
    queue: tuple[QueuedSale, ...] = ()
    wake: Instant | None = None
    burst: int = 0
    unanswered: int = 0
    dials: int = 0
    token: int = 0
    sale_token: int = 0
    display: tuple[Text, ...] = ()
    last: str = ""
    strays: Strays = Strays()

    def show(self, text: Text) -> None:
        """Put a message on the display; the last few stay readable."""
        self.display = (*self.display[-7:], text)

    def redial(self, now: Instant, first: Instant, longest: Instant) -> None:
        """Try again by itself later, and less often the longer it goes on."""
        self.wake = now + min(first << min(self.dials, 16), max(first, longest))
        self.dials += 1

    def due(self) -> Instant | None:
        """When this terminal needs a step although nothing arrives."""
        if self.exchange is not None:
            return self.exchange.deadline
        if self.printing is not None:
            return self.printing.deadline
        if self.checking is not None:
            return self.checking.deadline if self.wake is None else min(self.wake, self.checking.deadline)
        return self.wake

    @property
    def phase(self) -> str:
        """What it is doing, in one word."""
        if self.exchange is not None:
            return {Awaited.SIGN_ON: "signing_on", Awaited.SALE: "asking", Awaited.REVERSAL: "reversing"}[
                self.exchange.job
            ]
        if self.printing is not None:
            return "printing"
        if self.asks:
            return "open_sale"
        return "reversal_pending" if self.current is not None else "idle"
