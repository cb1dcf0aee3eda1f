"""What the oracle asks beside the money: was everything kept, counted and given up in its time?

`Ears` listen to what each process heard in steps that were committed. `late` is asked on the way, the rest at rest.
Each of these promises can be broken while every account adds up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final

import msgspec

from counterfoil.errors import PeerError
from counterfoil.iso8583 import CUP_POS, framing
from counterfoil.iso8583.mti import REVERSAL_ADVICE, answer_of
from counterfoil.issuer.card import business_day
from counterfoil.kinds import TABLE, Needs
from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.network import SimulatedLink, links_of
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import NO_RANGE, RANGES, Plant, cards
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Frame, Inbound, Instant, NotSent
from counterfoil.switch import Settings as SwitchSettings
from counterfoil.transaction import AttemptKey, parse_ref
from counterfoil.zone import zone

PATIENCE: Final[Instant] = 5 * SECOND  # how much later than its deadline something may be looked at
HEADER: Final = 6
TYPES: Final = frozenset(kind.wire.mti for kind in TABLE)
ANSWERS: Final = frozenset((answer_of(mti) or "").encode() for mti in (*TYPES, REVERSAL_ADVICE))

KEPT_AT_SWITCH: Final = (
    "SELECT count(*) FROM trail WHERE leg = '3' AND what IN "
    "('issuer_answered', 'answer_late', 'answer_unmatched', 'answer_unusable', 'reversal_acknowledged')"
)
KEPT_AT_TERMINAL: Final = """SELECT count(*) FROM trail WHERE message LIKE '{"mti":"0_10"%'"""
STRAYS: Final = ("unexpected message", "late answer", "repeated answer")
KEPT_OF_STRAYS: Final = (
    "SELECT coalesce(max(lines), 0) FROM (SELECT count(*) AS lines FROM trail WHERE what IN (?, ?, ?) "
    "GROUP BY terminal, at / 3600000000)"
)
STRAY_LINES: Final = 20  # of an hour; a terminal counts the rest, or anybody on its line fills the disk
OPEN_TOO_LONG: Final = {
    "switch": "SELECT count(*) FROM attempt WHERE state = 'asked' AND deadline < ?",
    "terminal": "SELECT count(*) FROM attempt WHERE state = 'sent' AND due < ?",
}
DUE: Final = (
    "SELECT count(*) FROM outbox WHERE issuer = ? AND next_at < ? AND NOT EXISTS (SELECT 1 FROM outbox AS older "
    "WHERE older.family = outbox.family AND (older.owed_at, older.rrn) < (outbox.owed_at, outbox.rrn))"
)  # of a family one goes after the other
SUSPECTED: Final = "SELECT sum(hangups > 0), max(sent_at) FROM outbox WHERE issuer = ?"
LAST_SENT: Final = (
    "SELECT coalesce(max(trail.tick), 0) FROM trail JOIN attempt ON attempt.rrn = trail.rrn"
    " WHERE trail.what = 'reversal_sent' AND attempt.issuer = ?"
)
FLYING: Final = "SELECT count(*) FROM outbox WHERE issuer = ? AND sent_at >= ?"
SENT: Final = "SELECT rrn, tick FROM trail WHERE what = 'reversal_sent' ORDER BY rrn, tick"
CASES: Final = "SELECT rrn FROM exception_case"
# Nothing left, and yet it was reversed afterwards.
UNDONE: Final = (
    "SELECT count(*) FROM trail AS unsent JOIN trail AS undone ON undone.rrn = unsent.rrn AND undone.tick > unsent.tick"
    " WHERE unsent.what = 'not_sent' AND undone.what IN ('expired', 'restarted', 'reversal_owed')"
)
GAVE_UP_SECOND: Final = (
    "SELECT count(*) FROM attempt WHERE state IN ('reversing', 'reversed') AND response_code = '' "
    "AND reversal_reason = '98'"
)
CARDS: Final = (
    "SELECT card.token, card.pvv, account.pin_failures, account.day, account.spent, account.count "
    "FROM card JOIN account ON account.id = card.account"
)
TRIED: Final = "SELECT token, state, refusal, amount, started_at, kind FROM txn ORDER BY rowid"
WITH_PIN: Final = frozenset(kind.name for kind in TABLE if Needs.PIN in kind.needs)
LIMITED: Final = frozenset(kind.name for kind in TABLE if "within_limit_day" in kind.rules)
COMPARED: Final = frozenset({"", "amount_zero", "limit_each", "limit_day", "count_day", "funds"})

# By what they begin with; in digits, or two of them a byte as in the terminals' dialect. Columns lie next to each other
# on a disk, and some digits of a card may be kept: only whole numbers in use count.
CARD_NUMBERS: Final = {
    form(prefix): tuple(form(card.pan) for card in cards() if card.pan.startswith(prefix))
    for form in (str.encode, bytes.fromhex)
    for prefix in (*RANGES.values(), NO_RANGE)
}


# As evidence names them: tracks, PIN block, security control, private data and chip data are never kept. What a damaged
# message seems to have in their places is hidden, and only its length is told.
NEVER_KEPT: Final = tuple(f'"{number}":"'.encode() for number in (35, 36, 45, 48, 52, 53, 55))
HIDDEN: Final = b"[hidden, "
CUT: Final = 2  # characters of the hint that tell it from a value: no value begins with them
PRINTED: Final = range(0x20, 0x7F)


class Ears:
    """What one process heard in steps that were committed: how many answers, and what it was told had not left."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.answers = 0
        self.unsent: set[AttemptKey] = set()
        node.heard = self._hear

    def _hear(self, arrived: Sequence[Inbound]) -> None:
        at_switch = self.node.name == "switch"
        for item in arrived:
            if isinstance(item, Frame) and at_switch:
                self.answers += item.link in RANGES and item.data[:4] in ANSWERS
            elif isinstance(item, Frame):
                self.answers += 1
            elif isinstance(item, NotSent) and not at_switch:
                self._not_sent(item)

    def _not_sent(self, item: NotSent) -> None:
        for wire in links_of(self.node):
            key = sale_of(wire.refused.get((item.conn, item.token), b""))
            if key is not None:
                self.unsent.add(key)


def sale_of(packet: bytes) -> AttemptKey | None:
    """The attempt a request of a terminal is about; None for anything else."""
    try:
        message = CUP_POS.decode(framing.split_cup(packet, HEADER).body)
    except PeerError:
        return None
    found = message.mti in TYPES and parse_ref(f"{message.de41}/{(message.de60 or '')[2:8]}/{message.de11}")
    return found or None


class Audit:
    """One world's files. `disks` are those of every machine there ever was."""

    def __init__(self, plant: Plant, faults: Faults) -> None:
        self.plant = plant
        self.faults = faults
        self.ears = [Ears(node) for node in (plant.switch, *plant.machines.values())]
        self._connections: dict[str, tuple[int, Instant]] = {}

    def attend(self, node: Node) -> None:
        """Listen to a fresh machine too."""
        self.ears.append(Ears(node))

    # --- on the way -------------------------------------------------------------------------------------------------

    def late(self) -> None:
        """No request stays open beyond its deadline, and no advice waits while its issuer can be reached.

        As many as fill the window may be on their way, however, and the others wait until those had their time. After
        hang-ups they wait for as long as the longest pause.
        """
        switch = self.plant.switch
        for room, nodes in (("switch", [switch]), ("terminal", self.plant.machines.values())):
            for node in nodes:
                if node.idle:
                    left = node.disk.query(OPEN_TOO_LONG[room], (node.clock() - self._patience,))[0][0]
                    must(not left, f"{node.name} waits for {left} answers beyond their deadline")
        for name, wire in self._lines():
            number = wire.connected("")
            known, since = self._connections.get(name, (0, 0))
            if number != known:
                self._connections[name] = number, switch.clock()
            elif number and switch.idle:
                self._go_out(name, since)

    def _go_out(self, issuer: str, since: Instant) -> None:
        """What is due to an issuer that is connected since then has left, or is about to."""
        switch, settings = self.plant.switch, SwitchSettings()
        now, patience = switch.clock(), 2 * self._patience
        suspects, latest = switch.disk.query(SUSPECTED, (issuer,))[0]
        if suspects:  # they go one at a time
            patience += settings.pause(settings.case_after) + 2 * settings.switch_timer
            since = max(since, latest)
        if since > now - patience:
            return
        left = switch.disk.query(DUE, (issuer, now - patience))[0][0]
        if left and suspects and switch.disk.query(LAST_SENT, (issuer,))[0][0] > now - patience:
            return  # those that went last were acknowledged, and are in the outbox no more
        must(not left or self._full(issuer), f"{left} advices to {issuer} are due and do not go out")

    def _full(self, issuer: str) -> bool:
        settings, switch = SwitchSettings(), self.plant.switch
        sent = switch.clock() - settings.switch_timer - 2 * self.faults.lag
        return bool(switch.disk.query(FLYING, (issuer, sent))[0][0] >= settings.window)

    @property
    def _patience(self) -> Instant:
        return PATIENCE + 2 * self.faults.lag

    def _lines(self) -> Iterator[tuple[str, SimulatedLink]]:
        for wire in links_of(self.plant.switch):
            if wire.client is self.plant.switch:
                yield wire.client_link, wire

    # --- at rest ----------------------------------------------------------------------------------------------------

    def close(self, state_of: Callable[[AttemptKey], str]) -> None:
        """Everything that is asked once, at rest. `state_of` is an attempt's state at its terminal."""
        self._kept()
        self._nothing_left(state_of)
        self._counted()
        self._nested()
        for node in self.plant.issuers.values():
            self._cards(node)

    def _kept(self) -> None:
        """Every answer that was heard is in the evidence, late ones too (L3)."""
        if self.faults.strange or self.faults.closer:
            return  # what is damaged or forged is kept as something else
        for ears in self.ears:
            question = KEPT_AT_SWITCH if ears.node.name == "switch" else KEPT_AT_TERMINAL
            kept = ears.node.disk.query(question)[0][0]
            if ears.node.name != "switch" and ears.node.disk.query(KEPT_OF_STRAYS, STRAYS)[0][0] >= STRAY_LINES:
                continue
            must(kept >= ears.answers, f"{ears.node.name} heard {ears.answers} answers and kept {kept}")

    def _nothing_left(self, state_of: Callable[[AttemptKey], str]) -> None:
        """What never left is known to have stayed: no answer is owed for it, and nothing is reversed."""
        for ears in self.ears:
            for key in sorted(ears.unsent):
                state = state_of(key)
                must(state in ("not_sent", "escalated", "lapsed"), f"{key} never left its terminal, and is {state}")
        undone = self.plant.switch.disk.query(UNDONE)[0][0]
        must(not undone, f"{undone} requests never left the switch, and were reversed all the same")

    def _counted(self) -> None:
        """An advice that was tried too often has a case, whether its tries were refused or never answered."""
        if self.faults.skew:
            return  # the switch counts by its own clock, which jumps
        settings = SwitchSettings()
        disk = self.plant.switch.disk
        cases = {rrn for (rrn,) in disk.query(CASES)}
        for rrn, rows in groupby(disk.query(SENT), key=itemgetter(0)):
            ticks = [tick for _, tick in rows]
            waits = [after - before for before, after in pairwise(ticks)]
            tries = 1 + sum(wait > settings.switch_timer + SECOND for wait in waits)
            told = tries <= settings.case_after or rrn in cases
            must(told, f"the advice of {rrn} was tried {tries} times, and nobody was told")

    def _nested(self) -> None:
        """Where messages are only lost, the switch gives up before the terminal does (L2)."""
        mild = Faults()
        if msgspec.structs.replace(self.faults, drop=0, people=0, think=mild.think, begin=0, wrap=False) != mild:
            return
        first = self.plant.switch.disk.query(GAVE_UP_SECOND)[0][0]
        must(not first, f"{first} times a terminal gave up before the switch did")

    def _cards(self, node: Node) -> None:
        """PIN tries and what was spent in a day are counted once per purchase, and no reversal gives them back."""
        failures: Counter[str] = Counter()
        spent: Counter[tuple[str, str]] = Counter()
        number: Counter[tuple[str, str]] = Counter()
        for token, state, refusal, amount, started, kind in node.disk.query(TRIED):
            if state in ("tombstoned", "late"):
                continue
            if refusal == "pin_wrong":
                failures[token] += 1
            elif refusal in COMPARED and kind in WITH_PIN:
                failures[token] = 0
            if state in ("posted", "reversed") and kind in LIMITED:
                day = business_day(started, zone())
                spent[token, day] += amount
                number[token, day] += 1
        for card in node.disk.query(CARDS):
            self._card(node.name, card, failures, spent, number)

    def _card(
        self,
        name: str,
        card: tuple[Any, ...],
        failures: Counter[str],
        spent: Counter[tuple[str, str]],
        number: Counter[tuple[str, str]],
    ) -> None:
        token, pvv, failed, day, amount, count = card
        wrong = failures[token] if pvv else 0
        must(failed == wrong, f"{name}: {wrong} wrong PINs were tried on a card, {failed} are counted")
        if not self.faults.skew:  # a day that comes back begins anew
            now = (spent[token, day], number[token, day])
            must((amount, count) == now, f"{name}: a card has used {now} of its day, counted are {(amount, count)}")


def holds_a_card_number(image: bytes) -> bool:
    """Whether the number of a card in use is anywhere in it."""
    return any(image.startswith(whole, at) for begin, whole in CARD_NUMBERS.items() for at in places(begin, image))


def holds_what_is_never_kept(image: bytes) -> bool:
    """Whether anything of a field that may be on no disk is in any evidence.

    A page of a store may hold the beginning of a line that is gone, with other bytes written over its end.
    """
    return any(_shown(image, at + len(name)) for name in NEVER_KEPT for at in places(name, image))


def _shown(image: bytes, at: int) -> bool:
    """Whether what stands there is anything but the hint, whole or cut off."""
    told = image[at : at + len(HIDDEN)]
    hint = next((length for length in range(len(told), -1, -1) if HIDDEN.startswith(told[:length])), 0)
    return hint < len(told) and hint < CUT and told[hint] in PRINTED


def places(what: bytes, image: bytes) -> Iterator[int]:
    """Where it is."""
    at = image.find(what)
    while at >= 0:
        yield at
        at = image.find(what, at + 1)
