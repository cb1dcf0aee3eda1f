"""What is known of the terminals of a switch and of what they ask: keys that were offered, attempts, open requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from counterfoil.errors import PeerError
from counterfoil.iso8583 import Message, nested
from counterfoil.kinds import Kind, Mode
from counterfoil.security import KeyUsage, SecurityError, StoredKey, luhn_ok, number_and_expiry
from counterfoil.simulation.expected.reading import Packet, TerminalKeys
from counterfoil.simulation.line import clear_key
from counterfoil.simulation.plant import RANGES
from counterfoil.step import Instant
from counterfoil.transaction import AttemptKey

FIRST_BATCH: Final = "000001"
NO_BATCH: Final = "000000"
FIRST_STAN: Final = "000001"
REPEATED: Final = (3, 4, 11, 25, 41, 42, 49, 60)
TIMED_OUT: Final = "98"
APPROVALS: Final = frozenset({"00", "10", "11", "A2", "A4", "A5", "A6"})


class Offer(NamedTuple):
    """Keys and a batch as a sign-on gave them."""

    pik: StoredKey
    mak: StoredKey
    batch: str
    behind: str = ""  # the STAN at which its terminal said it stands, when that is behind what it did in its batch

    @property
    def name(self) -> tuple[str, bytes]:
        """Two tellings of one offer have the same."""
        return self.batch, self.mak.kcv


class Place:
    """A registered terminal: what it was offered and may still be in use, oldest first; `batch` is the one in use."""

    def __init__(self, terminal: str, limit: int) -> None:
        self.keys = TerminalKeys(terminal)
        self.limit = limit
        self.offers: list[Offer] = []
        self.known = 0
        self.batch = FIRST_BATCH
        self.gone: set[tuple[str, bytes]] = set()  # offers that are nobody's any more
        self.unsure: set[tuple[str, bytes]] = set()  # offers that may be so
        self.came_to = ""  # the STAN at which it stood when it was put back, by what it said under its MAC
        self.zones = {name: self.keys.hsm.import_clear(KeyUsage.PIN, clear_key(f"{name}/pin", 16)) for name in RANGES}

    @property
    def put_back(self) -> bool:
        """Whether it may be refused because its store was put back."""
        return bool(self.came_to)

    def offered(self, message: Message, *, used: Collection[str]) -> None:
        """A sign-on was answered with yes, as the terminal hears it: these are its keys, whatever came before. They
        must come with a batch, and with none whose next STANs were used.
        """
        offer = self._opened(message)
        if offer.batch == NO_BATCH or offer.batch in used:
            raise PeerError(f"no batch to work in: {offer.batch}")
        if not self.offers or self.offers[-1].name != offer.name:
            self.offers.append(offer)

    def told(self, asked: Message, message: Message, *, unsure: bool) -> None:
        """A sign-on was answered with yes, as the switch says it: one more offer stands, or one that stood before."""
        offer = self._opened(message)
        named, stan = (asked.de60 or "")[2:8], asked.de11 or ""
        if named == self.batch != offer.batch and stan != FIRST_STAN:
            offer = offer._replace(behind=stan)
        if offer.name not in self.gone and offer.name not in {one.name for one in self.offers}:
            self.offers.append(offer)
            if unsure:
                self.unsure.add(offer.name)

    def taken(self, number: int) -> None:
        """A message came under this offer (decision 0015): older ones are nobody's any more, nor are newer ones when
        it begins another batch.
        """
        offer = self.offers[number]
        furthest = min((one.behind for one in self.offers if one.behind), default="")
        stay = self.offers[number:] if offer.batch == self.batch else [offer]
        self.gone |= {one.name for one in self.offers} - {one.name for one in stay}
        self.offers, self.batch = stay, offer.batch
        if offer.behind:
            self.came_to = furthest

    def _opened(self, message: Message) -> Offer:
        keys = nested.de62_keys(message.de62)
        unwrap, master = self.keys.hsm.unwrap, self.keys.master
        pik = unwrap(KeyUsage.PIN, keys.pik, keys.pik_kcv, master)
        return Offer(pik, unwrap(KeyUsage.MAC, keys.mak, keys.mak_kcv, master), nested.de60(message.de60).batch)

    def made(self, packet: Packet) -> int | None:
        """Under which offer this was MACed; None under none that may still be in use."""
        if not packet.whole or packet.message.de64 is None:
            return None
        for number in range(len(self.offers) - 1, self.known - 1, -1):
            if self.closes(packet, self.offers[number]):
                return number
        return None

    def closes(self, packet: Packet, offer: Offer) -> bool:
        """Whether this was MACed under one offer."""
        return self.keys.hsm.keyed_mac(offer.mak).closes(packet.body)


class VouchedRequest:
    """One attempt, as it was first asked for under a MAC. `objection` is the switch's own no, "" when it has none.

    `original` is what it refers to, `children` are those that refer to it and passed the rules.
    """

    def __init__(self, message: Message, key: AttemptKey, kind: Kind | None = None) -> None:
        self.first = message
        self.key = key
        self.kind = kind
        self.original: VouchedRequest | None = None
        self.children: list[VouchedRequest] = []
        self.pan = self.expiry = self.objection = self.issuer = ""
        self.block: bytes | None = None
        self.routed = False  # every rule passed: its issuer is asked
        self.forward: Message | None = None
        self.waiting: Pending | None = None
        self.deadline: Instant = 0
        self.token = 0
        self.result = self.auth = ""  # what the issuer said while it was waited for
        self.balances: str | None = None  # what the issuer said with a yes
        self.told = ""  # what the terminal was told first
        self.decided: tuple[str, str] | None = None  # DE12 and DE13 of its result, whenever that is said
        self.doubt = False  # a stranger was answered under this key: it may be burnt
        self.instead: frozenset[str] = frozenset()  # codes it may be told although its issuer is not asked
        self.tombstone = self.unsent = self.differs = self.expired = False
        self.reason = ""  # why it is being undone
        self.advice = ("", "")
        self.acknowledged = False

    def of_card(self) -> str:
        """Read its card, and find who issued it; the switch's own no, "" when there is none."""
        message = self.first
        self.pan, self.expiry = message.de2 or "", message.de14 or ""
        if message.de35:
            try:
                number, printed = number_and_expiry(message.de35)
            except SecurityError as error:
                return error.response_code
            if self.pan and self.pan != number:
                return "14"
            self.pan, self.expiry = number, self.expiry or printed
        swiped = (message.de22 or "")[:2] in ("02", "90")
        if not self.pan:
            return "30"
        self.issuer = next((name for name, prefix in RANGES.items() if self.pan.startswith(prefix)), "")
        if not luhn_ok(self.pan):
            return "14"
        if swiped and not message.de35:
            return "30"
        return "" if self.issuer else "15"

    @property
    def card(self) -> str:
        """The card's number, "" when it cannot be one."""
        return self.pan if luhn_ok(self.pan) else ""

    @property
    def names(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """By what hang-ups on it are counted."""
        return (self.issuer, self.key.terminal), (self.issuer, self.pan)

    @property
    def inquires(self) -> bool:
        """Whether nothing moves by it, so that nothing is owed when it is given up."""
        return self.kind is not None and self.kind.mode is Mode.INQUIRY

    @property
    def stands(self) -> bool:
        """Whether it was not refused and is not being undone, as far as is known."""
        fell = self.tombstone or self.objection or self.reason or self.unsent
        return not fell and (not self.result or self.result in APPROVALS)

    @property
    def approved(self) -> bool:
        """Whether it stands, and its issuer has said so."""
        return self.stands and bool(self.result)

    @property
    def answered(self) -> bool:
        """Whether its result is what its issuer said."""
        return bool(self.result) and not self.expired

    @property
    def own_name(self) -> str:
        """DE90 of what is about it: its own request upstream."""
        asked = self.forward
        assert asked is not None
        return f"{asked.mti}{asked.de11}{asked.de7}{(asked.de32 or '').zfill(11)}{'':0<11}"

    def give_up(self, why: str) -> None:
        """Nobody waits for its issuer any more: it is undone, or, where nothing moves, refused."""
        self.expired = True
        if self.inquires:
            self.result = TIMED_OUT
        else:
            self.reason = why

    @property
    def open(self) -> bool:
        """Whether its issuer owes an answer."""
        return self.routed and not (self.result or self.reason or self.unsent)

    def told_to_whom_waits(self, code: str) -> None:
        """Whoever asked last gets this now; "" for nothing any more."""
        if self.waiting is not None:
            self.waiting.allowed, self.waiting.over = frozenset({code}), not code
        self.waiting = None

    @property
    def state(self) -> str:
        """What the switch keeps of it, at rest."""
        if self.tombstone:
            return "tombstone"
        if self.reason:
            return "reversed" if self.acknowledged else "reversing"
        return "approved" if self.result in APPROVALS else "declined"


class Pending:
    """A request without an answer so far. `allowed` are its codes, none while an issuer is waited for; `over` means
    that none will come.
    """

    def __init__(self, packet: Packet, offer: Offer | None = None) -> None:
        self.packet = packet
        self.ask: VouchedRequest | None = None
        self.offer = offer
        self.allowed: frozenset[str] = frozenset()
        self.over = self.perhaps = False

    @property
    def due(self) -> bool:
        """Whether it must be answered in this very step."""
        return bool(self.allowed) and not self.over and not self.perhaps and not (self.ask and self.ask.doubt)

    @property
    def genuine(self) -> bool:
        """Whether its terminal vouches for it."""
        return self.offer is not None


def key_of(message: Message) -> AttemptKey | None:
    """The key of an attempt; None when a part is missing."""
    field = message.de60 or ""
    if message.de41 is None or message.de11 is None or len(field) < 8:
        return None
    return AttemptKey(message.de41, field[2:8], message.de11)


def is_answer(asked: Message, told: Message) -> bool:
    """Whether one may be the answer to the other."""
    if len(asked.mti) != 4 or told.mti != f"{asked.mti[:2]}{int(asked.mti[2]) + 1}0":
        return False
    return (asked.de11, asked.de41) == (told.de11, told.de41)


def unlike(asked: Message, told: Message) -> list[int]:
    """The elements of a request that an answer does not repeat as they were."""
    return [n for n in REPEATED if told.get(n) != asked.get(n)]


def same_sale(ask: VouchedRequest, message: Message) -> bool:
    """Whether an issuer is asked for this attempt."""
    first = ask.first
    return (ask.pan, first.mti, first.de3, first.de4, first.de41) == (
        *(message.de2, message.mti, message.de3, message.de4, message.de41),
    )
