"""The people: cashiers who sell, cancel, ask twice and walk away; customers who pay again elsewhere; printers.

They know only what the terminal's replies tell them, and remember it: what a client was told is one side of what the
oracle compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from counterfoil.kinds import BY_NAME, PURCHASE, Kind, Needs
from counterfoil.simulation import customers, wanted
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import CURRENCY, HIGH, CustomersCard, Plant, cards
from counterfoil.simulation.world import Broken, World
from counterfoil.step import SECOND, Command, Instant, Perform, Reply

PATIENCE: Final[Instant] = 40 * SECOND
TROUBLE: Final = 1.0  # mean seconds until it shows
UNPROVED: Final = 0.06  # of the customers bring a copied stripe, or a number alone
ASKS: Final = 4  # how often a cashier repeats a question nobody answers
CLOSING_ROUND: Final[Instant] = 20 * SECOND
MARKS: Final = ("DUPLICATE", "重打印")

Told = Callable[[dict[str, Any]], None]


class CashierSale(msgspec.Struct):
    """One sale, or whatever else is asked, as its cashier sees it: what was asked under one key of the till, and what
    was told. `kind` "" is what a till asks for that names none.
    """

    key: str
    terminal: str
    card: CustomersCard
    amount: int
    pin: str
    retry_of: str = ""
    currency: str = CURRENCY
    brought: dict[str, Any] = {}
    spoils: dict[str, Any] = {}
    kind: str = ""
    original: str = ""
    supervisor: str = ""
    asks: int = 0
    told: bool = False
    over: bool = False

    @property
    def of(self) -> Kind:
        """Its kind, as the table describes it."""
        return BY_NAME[self.kind or PURCHASE.name]


class Shop:
    """Everybody in front of the counters. `left` sales are still to come; afterwards they only clean up."""

    def __init__(self, world: World, plant: Plant, transactions: int) -> None:
        self.world = world
        self.plant = plant
        self.left = transactions
        self.closed = False
        self.morning: Instant = 0  # until then nobody comes in
        self.quiet = False  # at the last look no terminal was at work or had a question open
        self.sales: dict[str, CashierSale] = {}
        self.seen: dict[str, list[str]] = {}  # what was told of each attempt, in order
        self.told: dict[str, wanted.RememberedSale] = {}  # the same, as a cashier goes by it later
        self.errors: dict[str, int] = {}
        self.kept: set[str] = set()  # attempts whose goods stayed in the shop
        self.paper: dict[tuple[str, str], list[str]] = {}  # (attempt, copy) → texts that came out
        self.messages: dict[str, int] = {}  # notices delivered, by name
        self._goods: dict[str, str] = {}  # what became of them does not change when it is asked again
        self._asked: dict[int, Told | None] = {}
        self._at: dict[int, tuple[Node, str]] = {}  # by number: who was asked, with which verb
        self._cashiers = [Cashier(self, terminal) for terminal in plant.terminals()]
        for node in plant.nodes:
            self.attend(node)

    def attend(self, node: Node) -> None:
        """Look after a process: hear its replies, be its printer."""
        node.replied = self._replied
        node.printer = self._print
        node.died = lambda: self._hung_up(node)

    def open(self) -> None:
        """Let the first customers in."""
        for cashier in self._cashiers:
            cashier.think()

    @property
    def busy(self) -> bool:
        """Whether anybody still sells."""
        if self.left and any(cashier.staffed for cashier in self._cashiers):
            return True
        return any(not sale.over for sale in reversed(self.sales.values()))

    def close(self) -> None:
        """No more sales; from time to time somebody looks whether a terminal asks about goods."""
        self.closed = True
        self.left = 0
        self._round()

    # --- the till's line to the terminal ----------------------------------------------------------------------------

    def ask(self, terminal: str, verb: str, args: dict[str, Any], told: Told | None = None) -> None:
        """Ask the machine of a terminal; nothing comes back when it is off."""
        self.send(self.plant.machine_of(terminal), verb, args, told)

    def send(self, machine: Node, verb: str, args: dict[str, Any], told: Told | None = None) -> None:
        """Ask a process; nothing comes back when it is down."""
        if machine.up:
            number = self.world.number()
            self._asked[number], self._at[number] = told, (machine, verb)
            self.world.note(f"{machine.name} is asked {number}: {verb} {args.get('ref') or args.get('key', '')}")
            machine.deliver(Command(number, verb, args))

    def _hung_up(self, machine: Node) -> None:
        """A machine died: nothing it was asked will be answered."""
        for number in [number for number, (at, _) in self._at.items() if at is machine]:
            del self._asked[number], self._at[number]

    @property
    def unanswered(self) -> int:
        """How many questions are open at machines that are up."""
        return len(self._asked)

    def _replied(self, reply: Reply) -> None:
        if reply.id not in self._asked:
            raise Broken(f"{reply.body} answers what nobody asks, or answered twice")
        body, (_, verb) = reply.body, self._at.pop(reply.id)
        ref, outcome = body.get("ref", ""), body.get("outcome", "")
        what = body.get("error", f"{ref} {outcome}")
        self.world.note(f"reply {reply.id} {what}")
        if "error" in body:
            self.errors[body["error"]] = self.errors.get(body["error"], 0) + 1
        elif ref and outcome and not (verb == "last" and body["state"] == "sent"):  # still under way: nothing is told
            self.seen.setdefault(ref, []).append(outcome)
        told = self._asked.pop(reply.id)
        if told is not None:
            told(body)

    # --- sales ------------------------------------------------------------------------------------------------------

    def new_sale(self, terminal: str, again: CashierSale | None = None, retry_of: str = "") -> CashierSale:
        """The next customer; `again` the same one, with the same card and basket, under a new key."""
        world = self.world
        self.left -= 1
        key = f"K{len(self.sales) + 1}"
        if again is None and world.chance(world.faults.odd):
            card, amount, pin, currency, manner, spoils = customers.wish(world.random)
            world.count("odd customer")
            sale = CashierSale(key, terminal, card, amount, pin, currency=currency, spoils=spoils)
        elif again is None and world.chance(world.faults.kinds):
            manner, sale = "", self._other_than_a_purchase(key, terminal)
        elif again is None:
            good = world.random.random() < 0.85
            card = world.random.choice([card for card in cards() if (card.name[:4] == "good") is good])
            pin = card.pin
            if pin and world.random.random() < 0.02:
                pin = "9999"
            manner = world.random.choice(customers.MANNERS) if world.random.random() < UNPROVED else ""
            sale = CashierSale(key, terminal, card, world.random.randint(1, HIGH), pin)
        else:
            manner = ""
            pin = again.card.pin if Needs.PIN in again.of.needs else ""
            sale = CashierSale(key, terminal, again.card, again.amount, pin, retry_of, again.currency)
            sale.kind, sale.original, sale.supervisor = again.kind, again.original, again.supervisor
        if manner:
            world.count(f"brought: {manner}")
        sale.brought = customers.brought(world.random, sale.card, manner)
        self.sales[key] = sale
        return sale

    def _other_than_a_purchase(self, key: str, terminal: str) -> CashierSale:
        wish = wanted.drawn(self.world.random, terminal, self.told)
        self.world.count(f"asked: {wish.kind.name}")
        sale = CashierSale(key, terminal, wish.card, wish.amount, wish.pin, currency=wish.currency)
        sale.kind, sale.original, sale.supervisor = wish.kind.name, wish.original, wish.supervisor
        return sale

    def goods(self, ref: str, then: Callable[[], None] | None = None) -> None:
        """Answer the goods question: what was told as approved was handed over, the rest is anybody's guess."""
        if ref not in self._goods:
            sure = "approved" in self.seen.get(ref, ())
            self._goods[ref] = "handed_over" if sure else self.world.random.choice(("handed_over", "kept"))
        answer = self._goods[ref]
        if answer == "kept":
            self.kept.add(ref)
        self.ask(ref[:8], "goods", {"ref": ref, "answer": answer}, lambda _body: then() if then else None)

    # --- after hours ------------------------------------------------------------------------------------------------

    def _round(self) -> None:
        """Look at every machine, and then again, until nobody has anything to ask or to do any more."""
        machines = [machine for machine in self.plant.machines.values() if not machine.gone]
        phases: list[str] = []
        answers = 0

        def looked(body: dict[str, Any]) -> None:
            nonlocal answers
            answers += 1
            for terminal in body["terminals"]:
                phases.append(terminal["phase"])
                if terminal["phase"] == "open_sale":
                    self.goods(terminal["sale"]["ref"])

        def again() -> None:
            self.quiet = answers == len(machines) and set(phases) <= {"idle"}
            self._round()

        for machine in machines:
            self.send(machine, "status", {}, looked)
        self.world.after(CLOSING_ROUND, again)

    # --- paper and messages -----------------------------------------------------------------------------------------

    def _print(self, item: Perform) -> bool | str | None:
        if item.kind == "sms":
            if self.world.chance(self.world.faults.people):
                self.world.count("sms fails")
                return False
            for name, _ in item.named:
                self.messages[name] = self.messages.get(name, 0) + 1
            return True
        news: bool | str | None = True
        if self.world.chance(self.world.faults.people) or self.world.chance(self.world.faults.people):
            self.world.count("printer fails")
            news = self.world.random.choice((False, None, "queued", "failed", "unknown", "sent", "printed"))
            nothing = news in (False, "queued", "failed")
            if nothing or (news in (None, "unknown") and self.world.random.random() < 0.5):
                return news
        head, copy, _ = item.name.rsplit(".", 2)
        self.paper.setdefault(("/".join(head.rsplit("-", 2)), copy), []).append(item.text)
        return news


class Cashier:
    """One person at one terminal."""

    def __init__(self, shop: Shop, terminal: str) -> None:
        self.shop = shop
        self.world = shop.world
        self.terminal = terminal

    @property
    def staffed(self) -> bool:
        """Whether there is a machine to sell with, now or soon."""
        machine = self.shop.plant.machine_of(self.terminal)
        return not machine.gone and not machine.off

    def think(self) -> None:
        """Wait for the next customer."""
        self.world.after(self.world.wait(self.world.faults.think), self._next)

    def _next(self) -> None:
        if not self.staffed:
            if self.shop.busy:
                self.think()  # perhaps a new machine comes; when nobody sells any more, the day is over
        elif self.world.now < self.shop.morning:
            self.world.at(self.shop.morning + self.world.wait(self.world.faults.think), self._next)
        elif self.shop.left > 0:
            self.serve(self.shop.new_sale(self.terminal))
            self.think_after(len(self.shop.sales))

    def think_after(self, number: int) -> None:
        """Come back for the next customer when this one is served."""
        sale = self.shop.sales[f"K{number}"]

        def look() -> None:
            if sale.over:
                self.think()
            else:
                self.world.after(SECOND, look)

        look()

    # --- one sale ---------------------------------------------------------------------------------------------------

    def serve(self, sale: CashierSale) -> None:
        """Key it in; with some customers there is trouble."""
        self._ask(sale)
        if self.world.chance(self.world.faults.people):
            trouble = self.world.random.choice(("cancel", "twice", "other", "elsewhere"))
            self.world.count(f"cashier: {trouble}")
            act = {
                "cancel": self._cancel,
                "twice": self._look_again,
                "other": self._other,
                "elsewhere": self._elsewhere,
            }
            self.world.after(self.world.wait(TROUBLE), lambda: act[trouble](sale))

    def _cancel(self, sale: CashierSale) -> None:
        self.shop.ask(sale.terminal, "cancel", {"terminal": sale.terminal})

    def _other(self, sale: CashierSale) -> None:
        """A key of the till once more, with another amount: it must be refused."""
        if not self.shop.closed and Needs.AMOUNT in sale.of.needs:
            self._send(sale, sale.amount + 1)

    def _elsewhere(self, sale: CashierSale) -> None:
        """The customer does not wait for the answer and pays at the next terminal."""

        def looked(body: dict[str, Any]) -> None:
            shown = body["terminals"][0]["sale"]
            if shown and shown["state"] == "sent" and shown["amount"] == sale.amount and self.shop.left > 0:
                other = self.world.random.choice(self.shop.plant.terminals(beside=sale.terminal))
                self.serve(self.shop.new_sale(other, sale, shown["ref"]))

        if not sale.over:
            self.shop.ask(sale.terminal, "status", {"terminal": sale.terminal}, looked)

    def _ask(self, sale: CashierSale) -> None:
        if sale.over:
            return
        sale.asks += 1
        asked = sale.asks
        self._send(sale, sale.amount)
        self.world.after(PATIENCE + self.world.wait(10.0), lambda: self._impatient(sale, asked))

    def _send(self, sale: CashierSale, amount: int) -> None:
        args: dict[str, Any] = {
            "terminal": sale.terminal,
            "currency": sale.currency,
            "key": sale.key,
            **sale.brought,
        }
        if Needs.AMOUNT in sale.of.needs:
            args["amount"] = amount
        for name in ("kind", "original", "supervisor"):
            if given := getattr(sale, name):
                args[name] = given
        if sale.pin:
            args["pin"] = sale.pin
        if sale.retry_of:
            args["retry_of"] = sale.retry_of
        args |= sale.spoils
        self.shop.ask(sale.terminal, "sale", args, lambda body: self._told(sale, amount, body))

    def _impatient(self, sale: CashierSale, asked: int) -> None:
        if sale.over or sale.asks != asked:
            return
        if sale.asks < ASKS and not self.shop.closed and self.world.random.random() < 0.8:
            self._ask(sale)
        else:
            sale.over = True  # the customer pays cash or leaves

    def _told(self, sale: CashierSale, amount: int, body: dict[str, Any]) -> None:
        if body.get("amount", amount) != amount:
            raise Broken(f"{body['ref']} is for another amount than was asked")
        error = body.get("error")
        if error == "key_reused" or sale.over:
            return  # it was asked with another amount on purpose
        if error is not None and sale.original and amount != sale.amount:
            return  # so was this, which may be more than its original allows
        if error == "open_sale":
            self.shop.goods(body["sale"]["ref"], lambda: self.world.after(SECOND, lambda: self._ask(sale)))
        elif error == "busy" and sale.asks < ASKS:
            self.world.after(self.world.wait(5.0), lambda: self._ask(sale))
        elif error is not None:
            sale.over = True
        else:
            sale.over = sale.told = True
            if body["ref"]:
                approved = body["outcome"] == "approved"
                self.shop.told[body["ref"]] = wanted.RememberedSale(
                    sale.of.name, sale.card, body["amount"], sale.currency, approved
                )
            self._react(sale, body["outcome"], body["ref"])

    def _react(self, sale: CashierSale, outcome: str, ref: str) -> None:
        """What the customer does about it."""
        shop, rng = self.shop, self.world.random
        if ref and self.world.chance(self.world.faults.odd):
            verb, args = customers.errand(rng, sale.terminal, ref, sale.amount, sale.card.pan[-4:])
            self.world.count(f"errand: {verb}")
            self.world.after(self.world.wait(TROUBLE), lambda: shop.ask(sale.terminal, verb, args))
        if outcome == "approved":
            if rng.random() < 0.05:
                shop.ask(sale.terminal, "receipt", {"ref": ref})
        elif shop.left > 0 and outcome in ("unknown", "not_sent") and ref:
            choice = rng.random()
            if choice < 0.4:
                other = rng.choice(shop.plant.terminals(beside=sale.terminal))
                retry = shop.new_sale(other, sale, ref)
                self.world.after(self.world.wait(5.0), lambda: self.serve(retry))
            elif choice < 0.6:
                self.world.after(self.world.wait(60.0), lambda: self._look_again(sale))
            elif choice < 0.62 and outcome == "unknown":
                self.world.after(self.world.wait(60.0), lambda: self._escalate(ref))
        elif shop.left > 0 and outcome == "declined" and rng.random() < 0.3:
            again = shop.new_sale(sale.terminal, sale)
            self.serve(again)

    def _look_again(self, sale: CashierSale) -> None:
        """Ask once more what became of it: the same question under the same key."""
        if not self.shop.closed:
            self._send(sale, sale.amount)

    def _escalate(self, ref: str) -> None:
        self.world.count("supervisor")
        self.shop.ask(ref[:8], "escalate", {"ref": ref, "operator": "99", "reason": "the customer cannot wait"})
