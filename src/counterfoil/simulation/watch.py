"""The books of an issuer, kept a second time by somebody who looks after each of its steps."""

from __future__ import annotations

from collections import Counter
from typing import Final

from counterfoil.simulation.disk import Disk
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import Plant
from counterfoil.simulation.world import must

BALANCES: Final = "SELECT currency, sum(balance) FROM account GROUP BY currency"
NEW_ENTRIES: Final = (
    "SELECT rowid, id, debit, credit, amount, currency, ref, reverses, forced FROM entry WHERE rowid > ? ORDER BY rowid"
)
OPEN_HOLDS: Final = "SELECT debit, amount FROM hold WHERE id NOT IN (SELECT hold FROM resolution)"
HELD: Final = "SELECT id, held FROM account WHERE held <> 0"


class BookWatch:
    """The books of one issuer, kept a second time from its raw entries."""

    def __init__(self, name: str, node: Node, plant: Plant, disks: list[Disk]) -> None:
        self.name = name
        self.legs: Counter[tuple[str, str]] = Counter()
        self.accounts: Counter[str] = Counter()
        self.promised: Counter[str] = Counter()  # what was taken whatever was left: only that may overdraw
        self.debits: dict[str, tuple[str, str, int, str]] = {}
        self.returned: set[str] = set()
        self.refs: set[str] = set()
        self._disk = node.disk
        self._switch = plant.switch.disk
        self._machines = disks
        self._last = 0
        self._commits = -1

    def look(self) -> None:
        """Check what the last commit added."""
        if self._disk.commits == self._commits:
            return
        self._commits = self._disk.commits
        rows = self._disk.query(NEW_ENTRIES, (self._last,))
        if not rows:
            return
        touched = set()
        for number, entry, debit, credit, amount, currency, ref, reverses, forced in rows:
            self._last = number
            must(amount > 0 and debit != credit, f"{self.name}: entry {entry} moves nothing")
            self.legs[debit, currency] -= amount
            self.legs[credit, currency] += amount
            self.accounts[debit] -= amount
            self.accounts[credit] += amount
            touched |= {debit, credit}
            must(forced == bool(reverses), f"{self.name}: {entry} is forced {forced}, and reverses {reverses!r}")
            self.promised[debit] += amount if forced else 0
            if reverses:
                self._returned(reverses, debit, credit, amount, currency)
            elif debit.startswith("card:"):
                must(ref not in self.refs, f"{self.name}: {ref} is debited twice")
                self.refs.add(ref)
                self.debits[entry] = (debit, credit, amount, currency)
                self._intended(ref, amount)
        sums = self.sums()
        must(not any(sums.values()), f"{self.name}: the ledger adds up to {sums}")
        for account, balance in self._disk.select_in(
            "SELECT id, balance FROM account WHERE id IN ({marks})", [*touched]
        ):
            legs = self.accounts[account]
            must(balance == legs, f"{self.name}: an account says {balance}, its entries {legs}")
            promised = self.promised[account]
            must(legs >= -promised, f"{self.name}: an account is at {legs}, and {promised} of it was promised")

    def rest(self) -> None:
        """At rest: what is held is what its holds say, and nothing is held, for no purchase holds anything."""
        aside: Counter[str] = Counter()
        for account, amount in self._disk.query(OPEN_HOLDS):
            aside[account] += amount
        held = dict(self._disk.query(HELD))
        must(held == aside, f"{self.name}: accounts say that {held} is held, their holds {dict(aside)}")
        must(not held, f"{self.name}: {held} is held, and nobody asked for it")

    def sums(self) -> Counter[str]:
        """Each currency, added up: what the cardholders' balances say, and the entries' legs on every other account."""
        total: Counter[str] = Counter(dict(self._disk.query(BALANCES)))
        for (account, currency), amount in self.legs.items():
            if not account.startswith("card:"):
                total[currency] += amount
        return total

    def _returned(self, reverses: str, debit: str, credit: str, amount: int, currency: str) -> None:
        must(reverses in self.debits, f"{self.name}: {reverses} is returned but was never debited")
        must(reverses not in self.returned, f"{self.name}: {reverses} is returned twice")
        must(self.debits[reverses] == (credit, debit, amount, currency), f"{self.name}: another amount came back")
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
