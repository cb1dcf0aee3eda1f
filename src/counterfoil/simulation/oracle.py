"""The oracle: it stands outside the stations, reads their raw tables, and adds everything up again by itself.

`pending` says what is still owed. `judged` compares, at rest, what the three stations hold, what the verdict says of
it, and what the clients were told.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Final, NamedTuple

import msgspec

from counterfoil.issuer.stubs import asked
from counterfoil.kinds import BY_NAME
from counterfoil.simulation import moves
from counterfoil.simulation.audit import Audit, holds_a_card_number, holds_what_is_never_kept
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.everything import Everything, Stubs, everything_on, fits
from counterfoil.simulation.expected import story
from counterfoil.simulation.hole import Hole
from counterfoil.simulation.listing import CLOCKS_RAN_OUT, listed
from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.people import MARKS, Shop
from counterfoil.simulation.plant import Plant
from counterfoil.simulation.watch import BookWatch
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Instant
from counterfoil.storage.forgotten import every_row
from counterfoil.switch.stubs import stub as switch_stub
from counterfoil.terminal.stubs import stub as terminal_stub
from counterfoil.transaction import AttemptKey, TerminalStub
from counterfoil.verdict import Clocks, Evidence, Verdict, verdict_of

ASKED_ANYWAY: Final = 0.2

YEAR: Final[Instant] = 366 * 24 * 3600 * SECOND
NO_CLOCK: Final = Clocks(closure=YEAR, reversal=YEAR)  # none that runs out in a world
RESTING: Final = frozenset(
    {Verdict.PAID, Verdict.PAID_RECEIPT_OPEN, Verdict.NOT_CHARGED, Verdict.RETURNED, Verdict.EXCEPTION}
)
PAID: Final = moves.PAID
# What may be the state of an attempt at rest after its client was told this.
TOLD: Final = {
    "approved": PAID,
    "declined": frozenset({"declined"}),
    "not_sent": frozenset({"not_sent"}),
    "unknown": frozenset({"reversed", "not_sent", "escalated", "lapsed"}),
}
NOTHING_PENDING: Final = {
    "terminal": "SELECT count(*) FROM attempt WHERE state IN ('sent', 'reversing')",
    "switch": "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM attempt WHERE state = 'asked')",
    "issuer": "SELECT count(*) FROM outbox",
}
# What the verdict calls final must stay so; the others may still change on the way.
FINAL: Final = frozenset({Verdict.PAID, Verdict.NOT_CHARGED, Verdict.RETURNED})
ANY_ATTEMPT: Final = "SELECT terminal, batch, stan FROM attempt ORDER BY terminal, batch, stan LIMIT 1 OFFSET ?"
ADVICES: Final = "SELECT txn, count(*) FROM trail WHERE what = '0420 received' GROUP BY txn"
UNOWNED: Final = "SELECT count(*) FROM exception_case WHERE owner = '' OR what = ''"
CANCELLED: Final = "17"
STORIES: Final = 4  # of so many attempts at rest one is told in full
QUICK: Final[Instant] = SECOND // 10


class Disagreement(NamedTuple):
    """An attempt whose stations do not all say the same, or that a person must decide."""

    ref: str
    verdict: str
    case: str
    held: int
    stands: int


class Judgement(NamedTuple):
    """What the oracle found in one world at rest."""

    attempts: int
    one_sided: int
    unreported: int
    exceptions: list[Disagreement]
    ledger_sum: dict[str, int]
    exposures: list[int]  # microseconds from each debit that was returned to its return


# --- at rest ---------------------------------------------------------------------------------------------------------


def pending(plant: Plant) -> str:
    """What is still owed somewhere, "" when nothing is."""
    rooms = {"switch": [plant.switch], "issuer": plant.issuers.values(), "terminal": plant.machines.values()}
    for room, nodes in rooms.items():
        for node in nodes:
            if node.gone:
                continue
            if not node.up:
                return f"{node.name} is down"
            count = node.disk.query(NOTHING_PENDING[room])[0][0]
            if count:
                return f"{node.name} has {count} pending"
    return ""


def judged(court: Court, watches: list[BookWatch]) -> Judgement:
    """Compare everything with everything. Broken at the first contradiction."""
    with ExitStack() as views:
        for disk in court.disks:
            views.enter_context(disk.reading())
        return compared(court, watches)


def compared(court: Court, watches: list[BookWatch]) -> Judgement:
    """`judged`, over one view of each disk."""
    exceptions: list[Disagreement] = []
    one_sided = unreported = 0
    everything = court.everything()
    for finding in court.in_the_hole(everything):
        one_sided += 1
        exceptions.append(finding)
    for ref in everything.refs():
        if everything.of_nobody(ref) or ref in court.forgotten:
            continue
        finding, listed = court.hear(ref, everything)
        one_sided += finding.held != finding.stands
        unreported += finding.held != finding.stands and not listed
        if listed:
            exceptions.append(finding)
        must(listed or finding.held == finding.stands, f"{finding.ref} is one-sided and nobody says so: {finding}")
    found = on_the_list(court, {finding.ref for finding in exceptions}, [*everything.buried, court.forgotten])
    if court.hole is not None:
        court.hole.close(everything, found)
    else:
        court.all_remember()
    court.balance(watches)
    court.paper()
    court.families()
    court.messages()
    court.clean()
    court.undisturbed()
    court.flagged()
    court.audit.close(lambda key: court.state(str(key)))
    total: Counter[str] = Counter()
    for watch in watches:
        total.update(watch.sums())
    return Judgement(len(court.heard), one_sided, unreported, exceptions, dict(total), court.exposures())


def on_the_list(court: Court, exceptions: set[str], buried: Iterable[Iterable[str]]) -> set[str]:
    """What is listed. Broken when something a person must know is not on the product's own list, or something sound is.

    It is always asked where there is something to list, and of one world in five where there is not. `buried` are the
    sales of which a lost machine alone knew all.
    """
    if not exceptions and court.hole is None and court.choice.random() >= ASKED_ANYWAY:
        return set()
    issuers = {name: node.disk for name, node in court.plant.issuers.items()}
    machines = [node.disk for node in court.plant.machines.values() if not node.gone]
    found, contradicted = listed(machines, court.plant.switch.disk, issuers, court.now + CLOCKS_RAN_OUT)
    missing = sorted(ref for ref in exceptions if found.isdisjoint(court.names(ref)))
    must(not missing, f"{missing} must be on the list of the inbox, and are not")
    wrong = contradicted - exceptions - {name for known in buried for ref in known for name in court.names(ref)}
    must(not wrong, f"{sorted(wrong)} are listed as contradictions, and are none")
    return found


def sign_of(stubs: Stubs) -> int:
    """Which way the money of an attempt goes, 0 for one that moves none."""
    return moves.sign(stubs.truth.kind) if stubs.truth is not None else 0


class Court:
    """One world, heard on the way and at rest."""

    def __init__(self, plant: Plant, shop: Shop, buried: list[Disk], choice: random.Random) -> None:
        self.choice = choice  # its own: what the oracle looks at does not change what happens
        self.plant = plant
        self.shop = shop
        self.buried = buried
        self.heard: dict[str, tuple[Stubs, Disagreement]] = {}
        self.final: dict[str, Verdict] = {}  # what was called final on the way
        self.hole: Hole | None = None  # what a station that was put back knew before
        self.audit = Audit(plant, shop.world.faults)

    @property
    def now(self) -> Instant:
        """The latest time anybody believes in."""
        return max(node.clock() for node in self.plant.nodes)

    @property
    def _hasty(self) -> bool:
        """Whether an institution may say no and yes to the same purchase: then a no is not final."""
        return self.shop.world.faults.hasty > 0

    @property
    def disks(self) -> list[Disk]:
        """The disks of every process, and of every machine that was lost."""
        return [*(node.disk for node in self.plant.nodes if not node.gone), *self.buried]

    @property
    def _live(self) -> list[Disk]:
        return [node.disk for node in self.plant.machines.values() if not node.gone]

    def state(self, ref: str) -> str:
        """What an attempt is at its terminal, "" when no terminal knows it."""
        found = self.heard.get(ref)
        return found[0].truth.state if found is not None and found[0].truth is not None else ""

    def glance(self) -> None:
        """Ask on the way where the money of one attempt is."""
        self.audit.late()
        disks = [*self._live, self.plant.switch.disk]
        disk = self.choice.choice(disks)
        count = disk.query("SELECT count(*) FROM attempt")[0][0]
        if not count:
            return
        key = AttemptKey(*disk.query(ANY_ATTEMPT, (self.choice.randrange(count),))[0])
        stubs = self.stubs(key)
        if not any(stubs[:3]) or str(key) in self.forgotten:
            return
        story.check(stubs.terminal, stubs.switch, stubs.issuer, self.now)
        found = verdict_of(Evidence(*stubs[:3]), self.now)
        case = self._hasty or any(stub.case for stub in stubs[:3] if stub is not None)
        if found is Verdict.EXCEPTION and not case and stubs.terminal is not None:
            verdict = verdict_of(Evidence(*stubs[:3]), self.now, NO_CLOCK)
            fits(verdict is not Verdict.EXCEPTION, f"{key}: a contradiction on the way", stubs)
        if found in FINAL:
            self.final[str(key)] = found

    def everything(self) -> Everything:
        """What all stations hold."""
        issuers = {name: node.disk for name, node in self.plant.issuers.items()}
        return everything_on(self._live, self.buried, self.plant.switch.disk, issuers)

    def hear(self, key: str, everything: Everything) -> tuple[Disagreement, bool]:
        """One attempt; the second value says whether it is listed for a person."""
        stubs = everything.of(key)
        truth = stubs.truth
        must(truth is not None, f"the switch knows {key}, which its terminal never stored")
        assert truth is not None
        held, stands = moves.left(stubs.issuer), moves.stands(truth)
        evidence = Evidence(*stubs[:3])
        verdict = verdict_of(evidence, self.now) if any(evidence) else None
        case = next((stub.case for stub in stubs[:3] if stub is not None and stub.case), "")
        if stubs.terminal is None and verdict is not None:
            verdict = verdict_of(evidence, self.now + CLOCKS_RAN_OUT)
        elif verdict is not None:  # what nobody but a lost terminal knew cannot have moved money
            fits(verdict in RESTING, f"{key} rests as {verdict}", stubs)
            fits(verdict is not Verdict.EXCEPTION or bool(case), f"{key}: a contradiction", stubs)
        listed = verdict is Verdict.EXCEPTION
        finding = Disagreement(key, str(verdict), case, held, stands)
        self.heard[key] = stubs, finding
        if not listed:
            self._fits(verdict, stubs, held)
        self._told(key, truth, everything)
        if any(evidence) and len(self.heard) % STORIES == 0:
            story.check(stubs.terminal, stubs.switch, stubs.issuer, self.now)
        before = self.final.get(key)
        if before in (Verdict.NOT_CHARGED, Verdict.RETURNED):
            fits(held == 0, f"{key} was called {before}, and {held} is held", stubs)
        if stubs.terminal is not None and not listed and not self._hasty:  # a lost terminal has taken its word with it
            fits(before in (None, verdict), f"{key} was called {before}, is {verdict}", stubs)
        return finding, listed

    @property
    def forgotten(self) -> set[str]:
        """The attempts of which a station that was put back knew more."""
        return self.hole.refs if self.hole is not None else set()

    def names(self, ref: str) -> set[str]:
        """What the product may call an attempt."""
        return self.hole.names(ref) if self.hole is not None else {ref}

    def in_the_hole(self, everything: Everything) -> Iterator[Disagreement]:
        """Those of them that are one-sided now: each must be on the list."""
        for ref in sorted(self.forgotten):
            assert self.hole is not None
            stubs, held = self.hole.of(ref, everything), self.hole.held(ref, everything)
            if stubs.truth is None:
                continue  # what no terminal made is nobody's
            stands = moves.stands(stubs.truth)
            case = next((stub.case for stub in stubs[:3] if stub is not None and stub.case), "")
            verdict = verdict_of(Evidence(*stubs[:3]), self.now) if any(stubs[:3]) else None
            finding = Disagreement(ref, str(verdict), case, held, stands)
            self.heard[ref] = stubs, finding
            if held != stands:
                yield finding

    def stubs(self, key: AttemptKey) -> Stubs:
        """One attempt, asked of the stores as they are now."""
        machine = self.plant.machine_of(key.terminal)
        terminal = None if machine.gone else terminal_stub(machine.disk, key, history=False)
        truth = terminal or next(filter(None, (terminal_stub(disk, key, history=False) for disk in self.buried)), None)
        switch = switch_stub(self.plant.switch.disk, key, history=False)
        issuer = None
        if switch is not None and switch.issuer:
            issuer = asked(self.plant.issuers[switch.issuer].disk, switch, history=False)
        return Stubs(terminal, switch, issuer, truth)

    def _fits(self, verdict: Verdict | None, stubs: Stubs, held: int) -> None:
        """What the verdict promises about the money is so."""
        paid = verdict in (Verdict.PAID, Verdict.PAID_RECEIPT_OPEN)
        truth, issuer = stubs.truth, stubs.issuer
        assert truth is not None
        if BY_NAME[truth.kind].movements:
            fits(paid == (held > 0), f"{verdict}, but the issuer holds {held}", stubs)
        elif stubs.terminal is not None:
            fits(paid == (truth.state in PAID) and not held, f"{verdict}, and {held} is held", stubs)
        if verdict is Verdict.RETURNED:
            fits(issuer is not None and issuer.undone == issuer.done > 0, "RETURNED", stubs)

    def _told(self, key: str, truth: TerminalStub, everything: Everything) -> None:
        """What the client was told is what became of it. Nobody was ever told anything else afterwards, either."""
        seen = self.shop.seen.get(key, [])
        gone = any(key in known for known in everything.buried)
        if key in self.shop.kept:
            must(gone or truth.state not in PAID, f"{key}: the goods were kept, and it stands as {truth.state}")
            return
        for outcome in seen:
            allowed = TOLD[outcome] | ({"reversing", "sent"} if gone else set())
            must(truth.state in allowed, f"{key} was told {seen}, and is {truth.state}")
        must("approved" not in seen[1:] or set(seen) == {"approved"}, f"{key} was told {seen}")

    # --- sums -------------------------------------------------------------------------------------------------------

    def balance(self, watches: list[BookWatch]) -> None:
        """Customers' net = what stands at the terminals, the switch and the issuers, but for the listed exceptions."""
        for watch in watches:
            must(not any(watch.sums().values()), f"{watch.name}: the legs do not add up")
            one_sided = {ref for ref, (_, finding) in self.heard.items() if finding.held != finding.stands}
            open_cases = one_sided | self.forgotten
            mine = [
                (ref, stubs, finding)
                for ref, (stubs, finding) in self.heard.items()
                if watch.name in (stub.issuer for stub in (stubs.switch, stubs.issuer) if stub is not None)
            ]
            stand = sum(sign_of(stubs) * finding.stands for ref, stubs, finding in mine if ref not in open_cases)
            cleared = sum(
                moves.sign(stubs.switch.kind) * stubs.switch.amount
                for ref, stubs, _ in mine
                if stubs.switch is not None and stubs.switch.state == "approved" and ref not in open_cases
            )
            owed = sum(sign_of(stubs) * finding.held for ref, stubs, finding in mine if ref in open_cases)
            clearing = sum(amount for (name, _), amount in watch.legs.items() if name.startswith("clearing:"))
            must(stand == cleared, f"{watch.name}: terminals say {stand}, the switch says {cleared}")
            must(stand + owed == clearing, f"{watch.name}: terminals say {stand} + {owed} in cases, issuer {clearing}")
            watch.rest()
            self._by_card(watch)
            self._by_statement(watch)

    def _by_card(self, watch: BookWatch) -> None:
        """Per card: opening less closing = the sales that stand, and what is held in open cases; and what is set aside
        is what stands of pre-authorisations, in their time.
        """
        spent: Counter[str] = Counter()
        aside: Counter[str] = Counter()
        ended = {
            stubs.truth.original
            for stubs, finding in self.heard.values()
            if stubs.truth is not None and moves.ends_a_hold(stubs.truth.kind) and (finding.held or finding.stands)
        }
        for ref, (stubs, finding) in self.heard.items():
            truth = stubs.truth
            assert truth is not None
            sale = self.shop.sales.get(truth.key)
            if sale is not None and sale.card.issuer == watch.name:
                must(truth.amount in (sale.amount, sale.amount + 1), f"{finding.ref} is for another amount than asked")
                stands = finding.held if finding.held != finding.stands else finding.stands
                spent[sale.card.name] += moves.sign(truth.kind) * stands
                over = stubs.issuer is not None and watch.over(stubs.issuer.debited_at, truth.kind)
                if moves.holds(BY_NAME[truth.kind]) and ref not in ended and not over:
                    aside[sale.card.name] += stands
        rows = self.plant.issuers[watch.name].disk.query(
            "SELECT card.name, account.id, account.balance, account.held "
            "FROM card JOIN account ON account.id = card.account"
        )
        for name, account, balance, held in rows:
            must(held == aside[name], f"{watch.name}: {held} is set aside of {name}, pre-authorisations {aside[name]}")
            funded = sum(
                amount
                for (amount,) in self.plant.issuers[watch.name].disk.query(
                    "SELECT amount FROM entry WHERE credit = ? AND reverses = '' AND original = ''", (account,)
                )
            )
            must(funded - balance == spent[name], f"{watch.name}: {name} spent {funded - balance}, sales {spent[name]}")

    def _by_statement(self, watch: BookWatch) -> None:
        """From each card's account its own entries are found, every one of them, and no other."""
        disk = self.plant.issuers[watch.name].disk
        entries = disk.query("SELECT id, debit, credit, before_debit, before_credit FROM entry")
        before = {entry: {debit: first, credit: second} for entry, debit, credit, first, second in entries}
        on: dict[str, set[str]] = {entry: set() for entry in before}
        for account, last in disk.query("SELECT id, last_entry FROM account"):
            while last in on and account not in on[last]:
                on[last].add(account)
                last = before[last].get(account, "")
        for entry, debit, credit, *_ in entries:
            mine = {side for side in (debit, credit) if side.startswith("card:")}
            must(mine == on[entry], f"{watch.name}: {entry} is on the statement of {on[entry]}, not of {mine}")

    # --- paper ------------------------------------------------------------------------------------------------------

    def paper(self) -> None:
        """At most one original of each copy, and none of a sale that did not stand."""
        for (ref, copy), texts in self.shop.paper.items():
            if copy not in ("merchant", "cardholder") or ref in self.forgotten:
                continue
            must(all(ref[-6:] in text for text in texts), f"a {copy} copy of {ref} does not say what it is for")
            originals = [text for text in texts if not any(mark in text for mark in MARKS)]
            must(len(originals) <= 1, f"{len(originals)} originals of the {copy} copy of {ref}")
            truth = self.heard[ref][0].truth
            assert truth is not None
            stands = truth.state in PAID or ref in self.shop.kept
            must(stands, f"a receipt of {ref} came out, which is {truth.state}")

    def messages(self) -> None:
        """Each event on a cardholder's account was told, under a name of its own, and nothing else was."""
        told = {name for stubs, _ in self.heard.values() if stubs.issuer is not None for name in stubs.issuer.notices}
        told |= (self.hole.notices() if self.hole is not None else set()) & self.shop.messages.keys()
        must(told == self.shop.messages.keys(), f"notices: {told ^ self.shop.messages.keys()}")

    def clean(self) -> None:
        """No card data that may not be kept on any disk; nothing undamaged in quarantine; no case unowned."""
        for disk in self.disks:
            image = disk.image()
            must(not holds_a_card_number(image), "a card number is on a disk")
            must(not holds_what_is_never_kept(image), "a track, a PIN block or chip data is in the evidence")
            kept = disk.query("SELECT count(*) FROM quarantine")[0][0]
            must(not kept or self.shop.world.faults.strange, f"{kept} messages in quarantine, and none was damaged")

        unowned = self.plant.switch.disk.query(UNOWNED)[0][0]
        must(not unowned, f"{unowned} cases have no owner")

    def undisturbed(self) -> None:
        """Copies alone, on a quick network, change nothing: no sale is reversed that nobody gave up."""
        faults, mild = self.shop.world.faults, Faults()
        spared = msgspec.structs.replace(
            faults, duplicate=0, people=0, wrap=False, begin=0, lag=mild.lag, think=mild.think, restart=mild.restart
        )
        if spared != mild or faults.lag > QUICK:
            return
        for ref, (stubs, _) in self.heard.items():
            truth = stubs.truth
            assert truth is not None
            must(truth.reversal_reason in ("", CANCELLED), f"{ref} is {truth.state}, and nothing was wrong")

    def all_remember(self) -> None:
        """Where nothing was put back nobody is said to have forgotten anything."""
        for node in (self.plant.switch, *self.plant.issuers.values()):
            said = [row.number for row in every_row(node.disk)]
            must(not said, f"{node.name} says that {said} are forgotten, and nothing was put back")

    def flagged(self) -> None:
        """A repeated advice says that it is one: without copies and damage an issuer sees one 0420 of a purchase."""
        faults = self.shop.world.faults
        if faults.duplicate or faults.strange or faults.crash or faults.disk or faults.restored:
            return
        for name, node in self.plant.issuers.items():
            for txn, count in node.disk.query(ADVICES):
                must(count <= 1, f"{name} saw {count} times an 0420 for {txn}")

    def exposures(self) -> list[int]:
        """How long money that came back was gone, where the clocks can be compared."""
        if self.shop.world.faults.skew:
            return []
        issuers = (stubs.issuer for stubs, _ in self.heard.values() if stubs.issuer is not None)
        return [stub.returned_at - stub.debited_at for stub in issuers if stub.returned]

    def families(self) -> None:
        """Of a sale and its retries at most one stands (P4), and of what was asked under one key of a till.

        What is whose retry is the cashiers' word, not the terminals'. Card and amount belong to a family's name: what
        was never sent before the first sign-on has no key that a fresh device could not use again.
        """
        truths = {ref: stubs.truth for ref, (stubs, _) in self.heard.items() if stubs.truth is not None}
        paid: Counter[tuple[str, str, int]] = Counter()
        # A lost machine took its keys with it: there its sale waits for a person, and the till may ask another one.
        standing = [stubs.terminal for stubs, found in self.heard.values() if found.stands > 0]
        keys = Counter(stub.key for stub in standing if stub is not None)
        must(max(keys.values(), default=0) <= 1, f"a key of a till was paid more than once: {keys.most_common(1)}")
        for ref, truth in truths.items():
            root = ref
            while root in truths and (earlier := self._retried_in(truths[root])):
                root = earlier
            paid[root, truth.last4, truth.amount] += self.heard[ref][1].stands > 0
        for (root, _, _), count in paid.items():
            must(count <= 1, f"{count} attempts of the family of {root} stand")

    def _retried_in(self, truth: TerminalStub) -> str:
        """The attempt that the cashier said this one replaces, "" for none."""
        sale = self.shop.sales.get(truth.key)
        return sale.retry_of if sale is not None else truth.retry_of
