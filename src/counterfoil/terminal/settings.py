"""What can be set about the terminal station; durations in microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from counterfoil.iso8583.responses import REVERSAL_CLOSED
from counterfoil.kinds import PERCENT_ABOVE
from counterfoil.security import Password
from counterfoil.security.keeping import KEPT_DAYS
from counterfoil.step import SECOND, Instant
from counterfoil.zone import DEFAULT, Zone, zone

DEFAULT_TIMER: Final[Instant] = 30 * SECOND


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`timer` runs from sending to the end of patience; it must be longer than the switch's.

    `tries` reversals go out per trigger; after that the terminal waits `pause` (default: twice the timer) before it
    tries by itself again. When as many in a row were not answered, it signs on first. `redial` (default: a sixth of the
    timer) is the wait after a line that was not there.
    `closing_codes` are the DE39 of a MAC-valid 0410 that end a reversal (12 joins them in some dialects; 94 never).
    Sales up to `no_signature_limit` minor units without a PIN need no signature. `queue` bounds the sales that wait for
    one terminal. `zone` is that of the slips. `printer`: the stack has one that can be asked whether it
    is ready, before the card is; with `paper` "required" no sale is sent while it is not. `printer2`: it has a second
    one. `printers` are the terminals' own where the settings file names them, a first and a second one each. Nothing
    that gives money back is ever stopped by a printer. Of messages that no exchange waits for `stray_lines` are kept in
    an hour, and as many that have a valid MAC. For `numbers_kept_days` whole days after its business day the card
    number of a sale is held whose receipt stays open (keeping.py). `typed` are the merchants (DE42) at whose terminals
    a number may be typed. `supervisor` is the password of the shops' supervisors; None: nobody has one. A kind whose
    amount may be above its original's may be so by `percent_above`.
    """

    timer: Instant = DEFAULT_TIMER
    tries: int = 3
    pause: Instant = 0
    redial: Instant = 0
    closing_codes: frozenset[str] = REVERSAL_CLOSED
    no_signature_limit: int = 100_000
    queue: int = 8
    stray_lines: int = 20
    language: Literal["en", "zh"] = "zh"
    width: int = 32
    printer: bool = False
    printer2: bool = False
    printers: Mapping[str, tuple[str, str]] = {}
    paper: Literal["optional", "required"] = "optional"
    typed: frozenset[str] = frozenset()
    zone: str = DEFAULT
    numbers_kept_days: int = KEPT_DAYS
    supervisor: Password | None = None
    percent_above: int = PERCENT_ABOVE

    def __post_init__(self) -> None:
        if "94" in self.closing_codes:
            raise ValueError("a 94 never clears a reversal")
        if self.timer < 1 or self.tries < 1 or self.queue < 1:
            raise ValueError("timer, tries and queue are at least 1")

    @property
    def clock(self) -> Zone:
        """The zone by its name."""
        return zone(self.zone)

    @property
    def pause_after_tries(self) -> Instant:
        """How long a reversal that nobody answered rests before it is tried again."""
        return self.pause or 2 * self.timer

    @property
    def pause_after_refusal(self) -> Instant:
        """How long to wait before dialling again."""
        return self.redial or max(1, self.timer // 6)
