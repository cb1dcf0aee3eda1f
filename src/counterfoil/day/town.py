"""What a day needs to know of the running stack, given by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from counterfoil.day.baskets import Basket
from counterfoil.day.effect import NOTHING, CardMoney, Effect, effect_of
from counterfoil.inquiry import Stores
from counterfoil.kinds import PURCHASE, Kind, Needs
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
    gives what is on every shopper's account by name, `now` is the present instant. `timer` is the terminals' in
    seconds: nothing ends sooner that has lost its answer. `stations` and `links` are what can be killed, `receipts` is
    where the printers put their paper, `lab` whether the stack may be broken at all,
    `supervisor` the password of the shops' supervisors.
    """

    terminals: Sequence[str]
    shoppers: Sequence[Shopper]
    address: Callable[[str], ChannelAddress]
    faults: Callable[[str, dict[str, Any]], dict[str, Any]]
    stores: Callable[[], Stores]
    balances: Callable[[], dict[str, CardMoney]]
    now: Callable[[], Instant]
    timer: float
    stations: Sequence[str] = ()
    links: Sequence[str] = ()
    receipts: Path = Path("receipts")
    lab: bool = True
    supervisor: str = ""


class BasketSale(msgspec.Struct):
    """One transaction at one terminal, as the cashier lived through it: of a kind, and of the earlier transaction that
    it refers to, None for none.

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
    kind: Kind = PURCHASE
    of: BasketSale | None = None

    @property
    def amount(self) -> int:
        """How much it is about, minor units."""
        return self.basket.amount

    @property
    def effect(self) -> Effect:
        """What it does to its card by what the cashier was told: nothing, unless it was approved."""
        if self.outcome != "approved":
            return NOTHING
        return effect_of(self.kind, self.amount, self.of.amount if self.of is not None else 0)

    @property
    def can_be_asked(self) -> bool:
        """Whether the transaction it refers to stands, as far as the cashier knows."""
        return self.of is None or self.of.outcome == "approved"

    def asked(self, supervisor: str = "") -> dict[str, Any]:
        """The request as the till makes it; the key makes a repeat harmless."""
        card = {"pan": self.shopper.pan, "expiry": self.shopper.expiry, "track2": self.shopper.track2}
        request: dict[str, Any] = {
            "terminal": self.terminal,
            "kind": self.kind.name,
            "currency": self.shopper.currency,
            "card": card,
            "entry": "swipe",
            "key": self.key,
        }
        if Needs.AMOUNT in self.kind.needs:
            request["amount"] = self.amount
        if self.of is not None:
            request["original"] = self.of.ref
        if Needs.SUPERVISOR in self.kind.needs:
            request["supervisor"] = supervisor
        if Needs.PIN in self.kind.needs and self.shopper.pin:
            request["pin"] = self.shopper.pin
        return request

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
