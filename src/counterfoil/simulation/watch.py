"""The books of an issuer, kept a second time by somebody who looks after each of its steps."""

from __future__ import annotations

from collections import Counter
from typing import Final

from counterfoil.kinds import BY_NAME
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import Plant
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Instant

BALANCES: Final = "SELECT currency, sum(balance) FROM account GROUP BY currency"
NEW_ENTRIES: Final = (
    "SELECT rowid, id, debit, credit, amount, currency, ref, reverses, forced, original, hold, at FROM entry "
    "WHERE rowid > ? ORDER BY rowid"
)
NEW_HOLDS: Final = "SELECT rowid, id, again, amount, ref, at FROM hold WHERE rowid > ? ORDER BY rowid"
OPEN_HOLDS: Final = (
    "SELECT id, debit, amount, expires_at FROM hold WHERE id NOT IN (SELECT hold FROM resolution) ORDER BY id"
)
FIRST_HOLDS: Final = (
    "SELECT hold.id, txn.state, txn.kind, hold.at, hold.expires_at FROM hold JOIN txn ON txn.key = hold.id"
)
FIRST_OF: Final = "SELECT id, again FROM hold WHERE again <> ''"
BELOW: Final = "SELECT id, balance FROM account WHERE balance < 0"
OVERDRAWN: Final = (
    "SELECT (SELECT count(*) FROM alarm WHERE what = 'overdrawn'), "
    "(SELECT count(*) FROM exception_case WHERE what = 'overdrawn')"
)
CARD, CLEARING = "card:", "clearing:"
HELD: Final = "SELECT id, held FROM account WHERE held <> 0"


class BookWatch:
    """The books of one issuer, kept a second time from its raw entries."""

    def __init__(self, name: str, node: Node, plant: Plant, disks: list[Disk]) -> None:
        self.name = name
        self.legs: Counter[tuple[str, str]] = Counter()
        self.accounts: Counter[str] = Counter()
        self.promised: Counter[str] = Counter()  # what was taken whatever was left: only that may overdraw
        self.moved: dict[str, tuple[str, str, int, str]] = {}  # what is no reversal
        self.returned: set[str] = set()
        self.against: dict[str, list[str]] = {}  # by original: the entries that stand against it
        self.charged: Counter[str] = Counter()  # by the first of a family: what its cards paid
        self.given_back: Counter[str] = Counter()  # and what they got
        self.first: dict[str, str] = {}
        self.again: dict[str, str] = {}  # by hold that stands again: the first one
        self.again_at: dict[str, Instant] = {}  # by first one: since when it stands again
        self.refs: set[str] = set()
        self._node = node
        self.life: Instant = 0  # of a hold, 0 for what its kind says
        self._disk = node.disk
        self._switch = plant.switch.disk
        self._machines = disks
        self._last = self._last_hold = 0
        self._commits = -1

    def look(self) -> None:
        """Check what the last commit added."""
        if self._disk.commits == self._commits:
            return
        self._commits = self._disk.commits
        self._look_at_holds()
        rows = self._disk.query(NEW_ENTRIES, (self._last,))
        if not rows:
            return
        touched = set()
        for number, entry, debit, credit, amount, currency, ref, reverses, forced, original, hold, at in rows:
            self._last = number
            must(amount > 0 and debit != credit, f"{self.name}: entry {entry} moves nothing")
            self.legs[debit, currency] -= amount
            self.legs[credit, currency] += amount
            self.accounts[debit] -= amount
            self.accounts[credit] += amount
            touched |= {debit, credit}
            due = bool(reverses) or self.again_at.get(hold, at) < at
            open_to_both = not reverses and self.again_at.get(hold) == at  # one step has ended it, and let it stand
            must(open_to_both or forced == due, f"{self.name}: {entry} is forced {forced}, and reverses {reverses!r}")
            self.promised[debit] += amount if forced else 0
            if reverses:
                self._returned(reverses, debit, credit, amount, currency)
            elif debit.startswith((CARD, CLEARING)):
                must(ref not in self.refs, f"{self.name}: {ref} is booked twice")
                self.refs.add(ref)
                self.moved[entry] = (debit, credit, amount, currency)
                self._intended(ref, amount)
            if original:
                self.against.setdefault(original, []).append(entry)
            self._family(entry, original or reverses, debit, credit, amount)
        sums = self.sums()
        must(not any(sums.values()), f"{self.name}: the ledger adds up to {sums}")
        for account, balance in self._disk.select_in(
            "SELECT id, balance FROM account WHERE id IN ({marks})", [*touched]
        ):
            legs = self.accounts[account]
            must(balance == legs, f"{self.name}: an account says {balance}, its entries {legs}")
            promised = self.promised[account]
            must(legs >= -promised, f"{self.name}: an account is at {legs}, and {promised} of it was promised")

    def _look_at_holds(self) -> None:
        """What was set aside was intended; what is set aside again was so before."""
        for number, hold, again, amount, ref, at in self._disk.query(NEW_HOLDS, (self._last_hold,)):
            self._last_hold = number
            if again:
                first = self.again[hold] = self.again.get(again, again)
                self.again_at.setdefault(first, at)
                continue
            must(ref not in self.refs, f"{self.name}: {ref} is set aside twice")
            self.refs.add(ref)
            self._intended(ref, amount)

    def _family(self, entry: str, before: str, debit: str, credit: str, amount: int) -> None:
        """Over a family no more comes back to a card than it paid."""
        first = self.first[entry] = self.first.get(before, before or entry)
        self.charged[first] += amount if debit.startswith(CARD) else 0
        self.given_back[first] += amount if credit.startswith(CARD) else 0
        paid, back = self.charged[first], self.given_back[first]
        must(first not in self.moved or back <= paid, f"{self.name}: of {first} {back} came back, and {paid} was paid")

    def over(self, booked_at: Instant, kind: str) -> bool:
        """Whether the time of what was set aside then is over."""
        keeps = self.life or BY_NAME[kind].keeps_for * SECOND
        return keeps > 0 and booked_at + keeps <= self._node.clock()

    def rest(self) -> None:
        """At rest: what is set aside is what its holds say, each for what stands and in its time; and what is below
        zero has a case, with an owner, and an alarm.
        """
        aside: Counter[str] = Counter()
        firsts = {hold: rest for hold, *rest in self._disk.query(FIRST_HOLDS)}
        for hold, account, amount, expires in self._disk.query(OPEN_HOLDS):
            aside[account] += amount
            state, kind, at, until = firsts[self.again.get(hold, hold)]
            keeps = self.life or BY_NAME[kind].keeps_for * SECOND
            must(state == "posted", f"{self.name}: {amount} is set aside for {hold}, which is {state}")
            must(expires == until == at + keeps, f"{self.name}: {hold} is kept until {expires}")
            must(expires > self._node.clock(), f"{self.name}: {hold} is kept beyond its time")
        held = dict(self._disk.query(HELD))
        must(held == aside, f"{self.name}: accounts say that {held} is held, their holds {dict(aside)}")
        below = self._disk.query(BELOW)
        alarms, cases = self._disk.query(OVERDRAWN)[0]
        must(not below or (alarms and cases), f"{self.name}: {below} are below zero, and nobody was told")

    def sums(self) -> Counter[str]:
        """Each currency, added up: what the cardholders' balances say, and the entries' legs on every other account."""
        total: Counter[str] = Counter(dict(self._disk.query(BALANCES)))
        for (account, currency), amount in self.legs.items():
            if not account.startswith("card:"):
                total[currency] += amount
        return total

    def _returned(self, reverses: str, debit: str, credit: str, amount: int, currency: str) -> None:
        must(reverses in self.moved, f"{self.name}: {reverses} is returned but was never booked")
        must(reverses not in self.returned, f"{self.name}: {reverses} is returned twice")
        was = self.moved[reverses]
        standing = [one for one in self.against.get(reverses, ()) if one not in self.returned]
        due = was[2] - sum(self.moved[one][2] for one in standing)
        expected = (was[1], was[0], due, was[3])
        must(
            (debit, credit, amount, currency) == expected, f"{self.name}: another amount came back: {amount}, not {due}"
        )
        self.returned.add(reverses)

    def _intended(self, rrn: str, amount: int) -> None:
        """Before an issuer books, the switch and the terminal have stored what they asked (L1)."""
        rows = self._switch.query("SELECT terminal, batch, stan, amount FROM attempt WHERE rrn = ?", (rrn,))
        must(len(rows) == 1 and rows[0][3] == amount, f"{self.name} booked {rrn}, which the switch did not store first")
        found = [
            row
            for disk in self._machines
            for row in disk.query(
                "SELECT amount FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?", rows[0][:3]
            )
        ]
        must((amount,) in found, f"{self.name} booked {rrn}, which no terminal stored first")
