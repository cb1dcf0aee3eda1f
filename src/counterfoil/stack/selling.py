"""A sale with a demo card, as a till asks the terminal for it, and how long it may take."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.stack import config
from counterfoil.stack.demo import DemoCard
from counterfoil.stack.layout import SUPERVISOR, Layout
from counterfoil.step import SECOND
from counterfoil.terminal.request import SWIPED

LEAST_SECONDS: Final = 15.0


def asked(
    card: DemoCard,
    terminal: str,
    amount: int | None,
    currency: str,
    key: str,
    pin: str = "",
    retry_of: str = "",
    entry: str = SWIPED,
    **more: object,
) -> dict[str, Any]:
    """The arguments of the terminal's `sale`; `amount` in minor units, None for none or the original's, as `currency`
    "" is; `key` the till's own, `entry` how the card comes in; `more` as the terminal calls them (`kind`, `original`).
    """
    stripe = {"track2": card.track2} if entry == SWIPED else {}
    args: dict[str, Any] = {
        "terminal": terminal,
        **({"amount": amount} if amount is not None else {}),
        **({"currency": currency} if currency else {}),
        "card": {"pan": card.pan, "expiry": card.expiry, **stripe},
        "entry": entry,
        "key": key,
    }
    return args | {name: value for name, value in {"pin": pin, "retry_of": retry_of, **more}.items() if value}


def terminal_seconds(layout: Layout) -> float:
    """The terminals' timer, as the running stack was told; the default when it does not say."""
    running = layout.find(SUPERVISOR)
    timers = running.extra.get("timers") if running is not None else None
    return int((timers or config.parse_timers(config.DEFAULT_TIMERS))[-1]) / SECOND


def patience(layout: Layout) -> float:
    """Seconds a sale may take: sign-on, an earlier reversal, the sale, the printer."""
    return 4 * terminal_seconds(layout) + LEAST_SECONDS
