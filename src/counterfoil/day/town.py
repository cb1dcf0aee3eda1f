"""What a day needs to know of the running stack, given by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from counterfoil.day.baskets import Basket
from counterfoil.inquiry import Stores
from counterfoil.step import Instant


class ChannelAddress(NamedTuple):
    """Where a station's control channel is now; it may move when the station is restarted."""

    host: str
    port: int
    token: str


class Shopper(msgspec.Struct, frozen=True):
    """A demo card in somebody's purse."""

    name: str
    pan: str
    expiry: str
    track2: str
    pin: str
    currency: str


class Town(NamedTuple):
    """The stack from outside: its cashiers' terminals, its shoppers, and how to ask.

    `address` finds a control channel, `faults` asks the supervisor, `stores` opens the stores for reading, `balances`
    gives every shopper's balance (minor units) by name, `now` is the present instant. `timer` is the terminals' in
    seconds: nothing ends sooner that has lost its answer. `stations` and `links` are what can be killed, `receipts` is
    where the printers put their paper, `lab` whether the stack may be broken at all.
    """

    terminals: Sequence[str]
    shoppers: Sequence[Shopper]
    address: Callable[[str], ChannelAddress]
    faults: Callable[[str, dict[str, Any]], dict[str, Any]]
    stores: Callable[[], Stores]
    balances: Callable[[], dict[str, int]]
    now: Callable[[], Instant]
    timer: float
    stations: Sequence[str] = ()
    links: Sequence[str] = ()
    receipts: Path = Path("receipts")
    lab: bool = True


class BasketSale(msgspec.Struct):
    """One basket at one terminal, as the cashier lived through it.

    `heard` is the first thing the cashier was told, `outcome` the last: approved, declined, unknown, not_sent, or
    "lost" when the terminal never gave an answer at all.
    """

    basket: Basket
    shopper: Shopper
    terminal: str
    key: str
    heard: str = ""
    outcome: str = "lost"
    ref: str = ""
    response_code: str = ""

    def asked(self) -> dict[str, Any]:
        """The request as the till makes it; the key makes a repeat harmless."""
        card = {"pan": self.shopper.pan, "expiry": self.shopper.expiry, "track2": self.shopper.track2}
        request: dict[str, Any] = {
            "terminal": self.terminal,
            "amount": self.basket.amount,
            "currency": self.shopper.currency,
            "card": card,
            "entry": "swipe",
            "key": self.key,
        }
        return {**request, "pin": self.shopper.pin} if self.shopper.pin else request

    def told(self, outcome: str, reply: dict[str, Any]) -> None:
        """What the terminal said."""
        self.heard = self.heard or outcome
        self.outcome = outcome
        self.ref = reply.get("ref") or self.ref
        self.response_code = reply.get("response_code") or self.response_code


def queues(town: Town, baskets: Sequence[Basket], run: str) -> dict[str, list[BasketSale]]:
    """The sales of every terminal in their order: each household has its card, each store its terminal.

    Stores are dealt out so that no terminal gets much more than its share. `run` makes the till keys of this day
    differ from those of any other.
    """
    sizes: dict[int, int] = {}
    for basket in baskets:
        sizes[basket.store] = sizes.get(basket.store, 0) + 1
    load = dict.fromkeys(town.terminals, 0)
    place: dict[int, str] = {}
    for store in sorted(sizes, key=lambda store: (-sizes[store], store)):
        place[store] = min(load, key=lambda terminal: (load[terminal], terminal))
        load[place[store]] += sizes[store]
    sales: dict[str, list[BasketSale]] = {terminal: [] for terminal in town.terminals}
    for basket in baskets:
        shopper = town.shoppers[basket.household % len(town.shoppers)]
        terminal = place[basket.store]
        sales[terminal].append(BasketSale(basket, shopper, terminal, f"{run}-{basket.number}"))
    return {terminal: queue for terminal, queue in sales.items() if queue}
