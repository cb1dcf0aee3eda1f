"""The hole in the memory of a station that was put back: what it knew and does not know any more, and what follows.

What is in the hole may be one-sided as long as a person can see it; what is not must be as in any other world. Nothing
else is called forgotten, everything else goes on, and what is forgotten is refused from when it was found until a
person has ended it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from counterfoil.iso8583.recollection import PAGE
from counterfoil.iso8583.responses import MAC_ERROR
from counterfoil.issuer.stubs import every as every_at_issuer
from counterfoil.issuer.stubs import request_of
from counterfoil.simulation.everything import Everything, Stubs
from counterfoil.simulation.expected.host import Host
from counterfoil.simulation.node import Node
from counterfoil.simulation.people import Shop
from counterfoil.simulation.plant import Plant
from counterfoil.simulation.world import must
from counterfoil.step import Instant
from counterfoil.storage.forgotten import Forgotten, every_row
from counterfoil.switch.stubs import every as every_at_switch
from counterfoil.terminal.stubs import every as every_at_terminals
from counterfoil.transaction import SwitchStub, TerminalStub

SWITCH, ISSUER, TERMINAL = "switch", "issuer", "terminal"
PAID: Final = frozenset({"approved", "closed"})
REFUSED: Final = "96"
APPROVED, NOT_SENT = "approved", "not_sent"
EVERYTHING: Final = 1 << 30
NEVER: Final = "~"


class ForgottenRow(NamedTuple):
    """Something forgotten, as `holder` keeps it, and which attempt it is."""

    holder: str
    ref: str
    row: Forgotten


class Hole:
    """What one station knew when it stopped, and no longer knows now that an earlier copy is in its place."""

    def __init__(self, kind: str, node: Node, plant: Plant, shop: Shop) -> None:
        self.kind = kind
        self.name = node.name
        self.at: Instant = plant.switch.world.now
        self.refs: set[str] = set()  # attempts of which it knew something that it does not know any more
        self.lost: set[str] = set()  # those it does not know at all
        self._node = node
        self._plant = plant
        self._shop = shop
        self._before = self._known()
        self._sent = {stub.ref: stub for stub in every_at_switch(plant.switch.disk)}
        self._keys = self._of_tills()
        self._batches: dict[str, str] = {}  # of each terminal that was put back: that of the copy, when it is in use

    def _known(self) -> Mapping[str, Any]:
        """What the station knows, by reference; an issuer's by its request."""
        if self.kind == ISSUER:
            return every_at_issuer(self._node.disk)
        every = every_at_switch if self.kind == SWITCH else every_at_terminals
        return {stub.ref: stub for stub in every(self._node.disk)}

    def opened(self) -> None:
        """The copy is in its place."""
        now, names = self._known(), self._names()
        self.refs = {names[one] for one, stub in self._before.items() if now.get(one) != stub and one in names}
        self.lost = {names[one] for one in self._before if one not in now and one in names}

        if self.kind == TERMINAL:
            in_use = dict(self._plant.switch.disk.query("SELECT terminal, batch FROM terminal"))
            copied = dict(self._node.disk.query("SELECT terminal, batch FROM device"))
            self._batches = {terminal: batch for terminal, batch in copied.items() if in_use[terminal] == batch}

    def _of_tills(self) -> dict[str, str]:
        """The till's key of each attempt, by reference."""
        disks = [node.disk for node in self._plant.machines.values()]
        return {stub.ref: stub.key for disk in disks for stub in every_at_terminals(disk)}

    def _names(self) -> dict[str, str]:
        if self.kind != ISSUER:
            return {ref: ref for ref in self._before}
        return {request_of(stub): ref for ref, stub in self._sent.items() if stub.issuer == self.name}

    # --- one attempt ------------------------------------------------------------------------------------------------

    def of(self, ref: str, everything: Everything) -> Stubs:
        """What each station holds of an attempt in the hole, with what this one knew to find it by."""
        found = everything.of(ref)
        terminal, switch, issuer, truth = found
        before = self._before.get(ref)
        if self.kind == SWITCH and issuer is None and before is not None and before.transmitted:
            issuer = everything.issuers[before.issuer].get(request_of(before))
        if self.kind == TERMINAL and before is not None and (terminal is None or self._is_true(before, terminal)):
            truth = before
        return Stubs(terminal, switch, issuer, truth)

    def _is_true(self, before: TerminalStub, now: TerminalStub) -> bool:
        """Whether what a terminal knew before is what happened, and not what it makes of it now."""
        if before.started_at == now.started_at:
            return self._was_paid(before)
        twice = before.ref in self._sent  # the copy had not come to that number
        must(not twice or now.state == NOT_SENT, f"the number of {before.ref} is used twice")
        return twice

    def _was_paid(self, before: TerminalStub) -> bool:
        """Whether a terminal has closed a sale as paid, and its peers can know it.

        Where it has asked nothing since, it is to them one that lost its power before the answer was on its disk: what
        the copy calls under way is undone, by all of them. So is, late, what a cashier says was not handed over.
        """
        terminal, batch, _ = before.ref.split("/")
        later = (
            stub for ref, stub in self._sent.items() if ref > before.ref and ref.startswith(f"{terminal}/{batch}/")
        )
        stands = before.state in PAID and before.ref not in self._shop.kept
        return stands and any(stub.response_code != MAC_ERROR for stub in later)

    def held(self, ref: str, everything: Everything) -> int:
        """What issuers hold of an attempt, under every number it ever went out."""
        stubs = [stub for stub in (everything.switch.get(ref), self._sent.get(ref)) if stub and stub.transmitted]
        booked = {
            request_of(stub): issuer
            for stub in stubs
            if (issuer := everything.issuers[stub.issuer].get(request_of(stub))) is not None
        }
        held = sum(issuer.debited - issuer.returned for issuer in booked.values())
        amounts = [issuer.amount for issuer in booked.values()]
        must(held <= max(amounts, default=0), f"{ref} is charged {held}")
        return held

    # --- what the stations keep of it -------------------------------------------------------------------------------

    def notices(self) -> set[str]:
        """What cardholders were told of by an issuer that does not know it any more."""
        return {name for stub in self._before.values() for name in stub.notices} if self.kind == ISSUER else set()

    def names(self, ref: str) -> set[str]:
        """What the product may call an attempt: a purchase of which no sale is known has its issuer's name."""
        sent = self._sent.get(ref) if ref in self.refs else None
        return {ref} if sent is None else {ref, f"{sent.issuer} {request_of(sent)}"}

    def rows(self, everything: Everything) -> dict[str, list[ForgottenRow]]:
        """Everything that is called forgotten, by the station that keeps it."""
        by_rrn: dict[str, str] = {}
        by_request: dict[tuple[str, str], str] = {}
        for stub in (*self._sent.values(), *everything.switch.values()):
            by_rrn[stub.rrn] = stub.ref
            by_request[stub.issuer, stub.transmitted + stub.stan] = stub.ref
        found: dict[str, list[ForgottenRow]] = {}
        for holder in (self._plant.switch, *self._plant.issuers.values()):
            rows = []
            for row in every_row(holder.disk, EVERYTHING):
                issuer = row.peer if holder is self._plant.switch else holder.name
                rows.append(
                    ForgottenRow(holder.name, by_rrn.get(row.rrn) or by_request.get((issuer, row.request), ""), row)
                )
            found[holder.name] = rows
        return found

    def close(self, everything: Everything, listed: set[str]) -> None:
        """What is forgotten was found, and it alone; it was refused, and nothing else was. `listed` is what is on the
        list for a person.
        """
        rows = self.rows(everything)
        self._keys = self._of_tills() | self._keys
        names = self.refs if self.kind == TERMINAL else self.lost
        for holder, kept in rows.items():
            for one in kept:
                right = one.ref in names and one.row.station == self._forgetful(one.ref)
                must(right, f"{holder} says that {one.row.station} has forgotten {one.ref or one.row.number}")
                must(bool(one.row.ended_at), f"{holder} keeps {one.ref} open, after a person ended everything")
        for ref in sorted(self.lost):
            self._found(ref, everything, rows, listed)
        told = [one for kept in rows.values() for one in kept]
        for ref, stub in everything.switch.items():
            if stub.started_at > self.at:
                self._refused(stub, everything.of(ref), told)

    def _forgetful(self, ref: str) -> str:
        return ref[:8] if self.kind == TERMINAL else self.name

    def _found(
        self, ref: str, everything: Everything, rows: Mapping[str, list[ForgottenRow]], listed: set[str]
    ) -> None:
        """An approval that its station does not know any more is a row at both who compared.

        Where an answer to a sign-on was lost, the link is used without a comparison all the same; after a page of sales
        over it, a later comparison ends before it comes to what was forgotten. Then the inbox has it: by the issuer's
        name of it where the terminal undid it at the switch, which did not know it any more.

        A terminal says how far it has come by the number of a sign-on. One that was lost on its way has had a number
        too: what was sold under that is not named by the terminal, and found as what it has no word of.
        """
        sent = self._sent.get(ref)
        if sent is None or sent.state != APPROVED:
            return
        if self.kind == TERMINAL:
            named = ref in {one.ref for one in rows[SWITCH]}
            must(named or ref in listed, f"{self.name} has forgotten {ref}, and nobody says so")
            first = self._came_to(sent.terminal)
            must(
                named or ref < first,
                f"{sent.terminal} came to {first}, and the switch does not say that {ref} is behind",
            )
            return
        if self.kind == ISSUER and request_of(sent) in everything.issuers[sent.issuer]:
            return  # a reversal came to it before the comparison: it is undone
        since = sum(one.issuer == sent.issuer and one.started_at > self.at for one in everything.switch.values())
        in_the_inbox = not listed.isdisjoint(self.names(ref))
        used_without = bool(self._plant.switch.world.faults.drop) and since >= PAGE and in_the_inbox
        for holder in (SWITCH, sent.issuer):
            named = ref in {one.ref for one in rows[holder]}
            must(named or used_without, f"{self.name} has forgotten {ref}, and {holder} does not say so")

    def _came_to(self, terminal: str) -> str:
        """The first attempt that a terminal cannot know, as it has shown; behind all of them where it has not."""
        host = next((judge for judge in self._plant.switch.judges if isinstance(judge, Host)), None)
        stan = host.places[terminal].came_to if host is not None else ""
        return f"{terminal}/{self._batches[terminal]}/{stan}" if stan and terminal in self._batches else NEVER

    def _refused(self, stub: SwitchStub, stubs: Stubs, told: list[ForgottenRow]) -> None:
        """A later sale is refused when, and only when, it is of a card or a terminal of which something is open."""
        about = [one for one in told if self._concerns(one, stub)]
        if stub.response_code == REFUSED:
            open_then = [
                one for one in about if one.row.opened_at <= stub.updated_at and stub.started_at <= one.row.ended_at
            ]
            must(bool(open_then), f"{stub.ref} is refused, and nothing of its card or terminal is forgotten")
        elif stubs.issuer is not None and stubs.issuer.debited:
            decided = {True: stub.started_at, False: stubs.issuer.started_at}  # by the switch, and by the issuer
            still = [one for one in about if one.row.opened_at < decided[one.holder == SWITCH] < one.row.ended_at]
            must(not still, f"{stub.ref} is approved while something of its card or terminal is forgotten")

    def _concerns(self, one: ForgottenRow, stub: SwitchStub) -> bool:
        """The switch refuses terminals that it or they have forgotten something of, and what an issuer has the cards
        of; an issuer the cards of what the switch has.
        """
        if self.kind == TERMINAL or (self.kind == SWITCH and one.holder == SWITCH):
            return one.row.terminal == stub.terminal
        return (self.kind == SWITCH or one.holder == SWITCH) and self._card(one.ref) == self._card(stub.ref) != ""

    def _card(self, ref: str) -> str:
        sale = self._shop.sales.get(self._keys.get(ref, ""))
        return sale.card.pan if sale is not None else ""
