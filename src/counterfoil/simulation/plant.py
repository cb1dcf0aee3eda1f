"""What a world is made of: two issuers, a switch, two machines with a few terminals or many, and their cards and keys.

Everything is enrolled once, through the stations' own doors, and copied for every world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from counterfoil.drawing import drawing
from counterfoil.issuer import Issuer, IssuerKeys
from counterfoil.issuer import Records as IssuerRecords
from counterfoil.issuer import Settings as IssuerSettings
from counterfoil.security import KeyUsage, SoftHsm, luhn_digit, password, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.line import LMK, InstitutionLine, TappedLine, clear_key, entropy
from counterfoil.simulation.node import Node
from counterfoil.simulation.world import START, World
from counterfoil.step import SECOND, Command, Instant, Reply, Station
from counterfoil.storage import migrations_of
from counterfoil.switch import Settings as SwitchSettings
from counterfoil.switch import Switch
from counterfoil.switch.records import Records as SwitchRecords
from counterfoil.switch.rows import IssuerRow
from counterfoil.terminal import Settings as TerminalSettings
from counterfoil.terminal import TerminalStation
from counterfoil.terminal.records import Records as TerminalRecords

MERCHANT: Final = "103441054110001"
SUPERVISOR: Final = "271828"
"""The supervisor's password of the shop."""
CURRENCY: Final = "CNY"
EXPIRY: Final = "3112"
SERVICE: Final = "201"
TAKES_TYPED: Final = "issuer-a"
"""The issuer whose programme takes numbers that were typed by hand."""

LETS_TYPE: Final = "tills-1"
"""The machine whose terminals let a cashier type, whether or not the switch will have it."""
RANGES: Final = {"issuer-a": "62999910", "issuer-b": "49999920"}
INSTITUTIONS: Final = {"issuer-a": "01020000", "issuer-b": "01050000"}
NO_RANGE: Final = "62999950"
MACHINES: Final = ("tills-1", "tills-2")
FEW: Final = 2  # terminals on a machine
NAMES: Final = ("switch", *RANGES, *MACHINES)
# Between whom a partition can fall.
PAIRS: Final = [("switch", name) for name in NAMES if name != "switch"]
OPENING: Final = 100_000_000
HIGH: Final = 30_000  # minor units: few buy for more
TERMINAL_LIMIT: Final = 25_000  # of each second terminal, where customers are odd
CARD_LIMIT: Final = 10_000
DAY_LIMIT: Final = 60_000
LAST_STANS: Final = 999_985
DAYS_ECHO: Final[Instant] = 600 * SECOND
"""The echo test of a world that lasts for days: after the usual minute, most of what it does would be echo tests."""
COUNTERS: Final = "UPDATE device SET stan = ?"


Builder = Callable[[Disk, int], Station]


class CustomersCard(NamedTuple):
    """A card a customer may bring. `issuer` "" has no route; `owner` False is unknown to its issuer."""

    name: str
    pan: str
    issuer: str
    pin: str
    opening: int
    special: dict[str, Any]
    known: bool = True
    expiry: str = EXPIRY
    stripe: str = EXPIRY  # the date on it, which an old stripe of a renewed card has not
    service: str = SERVICE

    @property
    def track2(self) -> str:
        """Track 2 as the stripe gives it."""
        return written(self.issuer, self.pan, self.stripe, self.service)


@cache
def written(issuer: str, pan: str, expiry: str, service: str) -> str:
    """The stripe an issuer writes on a card."""
    return write_track2(pan, expiry, service, DesKey(clear_key(f"{issuer}/cvk", 16)), "00000")


class Images(NamedTuple):
    """The disks as they are before the first sale."""

    disks: dict[str, bytes]
    worn: dict[str, bytes]  # the same machines, their terminals close to the end of their STANs


class Plant(NamedTuple):
    """The processes of one world."""

    switch: Node
    issuers: dict[str, Node]
    machines: dict[str, Node]
    places: dict[str, str]  # on which machine a terminal is

    @property
    def nodes(self) -> list[Node]:
        """All of them."""
        return [self.switch, *self.issuers.values(), *self.machines.values()]

    def machine_of(self, terminal: str) -> Node:
        """The machine a terminal stands on."""
        return self.machines[self.places[terminal]]

    def standing_on(self, machine: str) -> list[str]:
        """The terminals on a machine, by its name."""
        return [terminal for terminal, where in self.places.items() if where == machine]

    def terminals(self, beside: str = "") -> list[str]:
        """Every terminal, or those on the same machine as one of them."""
        return [t for t, machine in self.places.items() if not beside or machine == self.places[beside]]


# --- cards -----------------------------------------------------------------------------------------------------------


def number(prefix: str, serial: int) -> str:
    """A card number of a test range."""
    partial = f"{prefix}{serial:07d}"
    return partial + luhn_digit(partial)


@cache
def cards() -> tuple[CustomersCard, ...]:
    """Every card there is, most of them good."""
    made = []
    for issuer, prefix in RANGES.items():
        made += [CustomersCard(f"good-{n}", number(prefix, n), issuer, f"{1000 + n}", OPENING, {}) for n in range(1, 9)]
        made.append(CustomersCard("no-pin", number(prefix, 20), issuer, "", OPENING, {}))
        made.append(CustomersCard("poor", number(prefix, 21), issuer, "2021", 30_000, {}))
        made.append(CustomersCard("lost", number(prefix, 22), issuer, "2022", OPENING, {"status": "lost"}))
        made.append(CustomersCard("limited", number(prefix, 23), issuer, "2023", OPENING, {"limit_day": 60_000}))
        made.append(CustomersCard("unknown", number(prefix, 24), issuer, "", 0, {}, known=False))
    made.append(CustomersCard("no-route", number(NO_RANGE, 1), "", "", 0, {}, known=False))
    return tuple(made)


@cache
def odd() -> tuple[CustomersCard, ...]:
    """Cards that only unusual customers bring."""
    made = []
    for issuer, prefix in RANGES.items():
        pans = {name: number(prefix, 40 + n) for n, name in enumerate(ODD)}
        made += [
            CustomersCard(name, pans[name], issuer, pin, opening, special)
            for name, (pin, opening, special) in ODD.items()
        ]
        made.append(CustomersCard("cash only", number(prefix, 70), issuer, "2070", OPENING, {}, service="204"))
        made.append(CustomersCard("no PIN known", number(prefix, 71), issuer, "", OPENING, {}, service="220"))
        made.append(
            CustomersCard("expired", number(prefix, 60), issuer, "2060", OPENING, {}, expiry="2512", stripe="2512")
        )
        made.append(CustomersCard("renewed", number(prefix, 61), issuer, "2061", OPENING, {}, stripe="3001"))
        made.append(CustomersCard("worn", number(prefix, 62), issuer, "2062", OPENING, {}, stripe="2511"))
        misread = f"{prefix}{63:07d}"
        wrong = str((int(luhn_digit(misread)) + 1) % 10)
        made.append(CustomersCard("misread", misread + wrong, issuer, "", 0, {}, known=False))
    return tuple(made)


# PIN, opening balance and what is special about each of them.
ODD: Final[dict[str, tuple[str, int, dict[str, Any]]]] = {
    "stolen": ("2040", OPENING, {"status": "stolen"}),
    "blocked": ("2041", OPENING, {"status": "blocked"}),
    "each": ("2042", OPENING, {"limit_each": CARD_LIMIT}),
    "often": ("2043", OPENING, {"count_day": 3}),
    "daily": ("", OPENING, {"limit_day": DAY_LIMIT}),
    "dollars": ("2045", OPENING, {"currency": "USD"}),
    "yen": ("", OPENING, {"currency": "JPY"}),
    "forgetful": ("2047", OPENING, {}),
    "bare": ("2048", 5_000, {}),
    "copied": ("", OPENING, {}),
}


# --- the disks before the first sale ---------------------------------------------------------------------------------


def places(terminals: int) -> dict[str, str]:
    """Each terminal's machine, with so many on each."""
    return {f"T{n + 1:07d}": MACHINES[n // terminals] for n in range(terminals * len(MACHINES))}


def limits(terminals: Iterable[str], *, unusual: bool) -> dict[str, int]:
    """The highest amount each terminal takes, 0 for any: every second one has a limit where customers are unusual."""
    return {terminal: TERMINAL_LIMIT if unusual and int(terminal[1:]) % 2 else 0 for terminal in terminals}


@cache
def issuer_images(*, unusual: bool) -> dict[str, bytes]:
    """Enrol the cards once."""
    return {name: _issuer_disk(name, (*cards(), *odd()) if unusual else cards()) for name in RANGES}


@cache
def images(terminals: int = FEW, *, unusual: bool = False) -> Images:
    """Enrol everything once for so many terminals on a machine."""
    where = places(terminals)
    disks = {**issuer_images(unusual=unusual), "switch": _switch_disk(limits(where, unusual=unusual))}
    worn = {}
    for name in MACHINES:
        disk = _machine_disk(name, [terminal for terminal, machine in where.items() if machine == name])
        disks[name] = disk.image()
        disk.begin()
        disk.execute(COUNTERS, (LAST_STANS,))
        disk.commit()
        worn[name] = disk.image()
    return Images(disks, worn)


def _done(station: Station, verb: str, args: dict[str, Any]) -> None:
    (reply,) = [item for item in station.step(START, [Command(1, verb, args)]) if isinstance(item, Reply)]
    assert "error" not in reply.body, reply.body


def _issuer_disk(name: str, made: Iterable[CustomersCard]) -> bytes:
    disk = Disk.new(migrations_of("counterfoil.issuer"))
    hsm = SoftHsm(LMK, entropy(f"plant/{name}"))
    keys = IssuerKeys(
        mac=hsm.import_clear(KeyUsage.MAC, clear_key(f"{name}/mac", 16)),
        pin=hsm.import_clear(KeyUsage.PIN, clear_key(f"{name}/pin", 16)),
        pvk=hsm.import_clear(KeyUsage.PVK, clear_key(f"{name}/pvk", 16)),
        cvk=hsm.import_clear(KeyUsage.CVK, clear_key(f"{name}/cvk", 16)),
        token=hsm.import_clear(KeyUsage.TOKEN, clear_key(f"{name}/token", 32)),
    )
    IssuerRecords(disk).install(name, keys)
    issuer = Issuer(IssuerRecords(disk), hsm, IssuerSettings(name=name), entropy(f"plant/{name}/codes"))
    enrolled = [
        {
            "name": card.name,
            "pan": card.pan,
            "expiry": card.expiry,
            "pin": card.pin,
            "balance": card.opening,
            **card.special,
        }
        for card in made
        if card.issuer == name and card.known
    ]
    _done(issuer, "enrol", {"cards": enrolled})
    return disk.image()


def _switch_disk(terminals: dict[str, int]) -> bytes:
    disk = Disk.new(migrations_of("counterfoil.switch"))
    hsm = SoftHsm(LMK, entropy("plant/switch"))
    records = SwitchRecords(disk)
    records.keys(hsm)
    for name, prefix in RANGES.items():
        pin = hsm.import_clear(KeyUsage.PIN, clear_key(f"{name}/pin", 16))
        mac = hsm.import_clear(KeyUsage.MAC, clear_key(f"{name}/mac", 16))
        records.connect(IssuerRow(name, INSTITUTIONS[name], pin, mac), [prefix])
    registered = [
        {"terminal": terminal, "merchant": MERCHANT, "tmk": clear_key(terminal, 16).hex(), "limit": limit}
        for terminal, limit in terminals.items()
    ]
    _done(Switch(SwitchRecords(disk), hsm, SwitchSettings()), "register", {"terminals": registered})
    return disk.image()


def _machine_disk(name: str, terminals: list[str]) -> Disk:
    disk = Disk.new(migrations_of("counterfoil.terminal"))
    station = TerminalStation(TerminalRecords(disk), SoftHsm(LMK, entropy(f"plant/{name}")))
    for terminal in terminals:
        _done(
            station,
            "enrol",
            {
                "terminal": terminal,
                "merchant": MERCHANT,
                "name": "Corner Grocery",
                "tmk": clear_key(terminal, 16).hex(),
            },
        )
    return disk


# --- the processes ---------------------------------------------------------------------------------------------------


def hsm(seed: str, name: str, life: int) -> SoftHsm:
    """The keys' keeper of one process; what it draws differs from life to life."""
    return SoftHsm(LMK, entropy(f"{seed}/{name}/{life}"))


def issuer_of(seed: str, name: str, life: Instant = 0) -> Builder:
    """How an issuer is started from its disk; `life` is how long it sets aside, 0 for what a kind says."""

    def make(disk: Disk, number: int) -> Station:
        settings = IssuerSettings(name=name, typed=name == TAKES_TYPED, holds_for=life)
        return Issuer(IssuerRecords(disk), hsm(seed, name, number), settings, entropy(f"{seed}/{name}/{number}/codes"))

    return make


def machine_of(seed: str, name: str) -> Builder:
    """How a machine with terminals is started from its disk."""
    known = password(SUPERVISOR, b"salt of the till")
    settings = TerminalSettings(typed=frozenset({MERCHANT} if name == LETS_TYPE else ()), supervisor=known)
    return lambda disk, life: TerminalStation(TerminalRecords(disk), hsm(seed, name, life), settings)


def may_type(seed: str) -> bool:
    """Whether the switch of this world lets the merchant type card numbers: in every second one."""
    return bool(drawing(f"{seed}/typing").randrange(2))


def build(world: World, seed: str, terminals: int = FEW) -> Plant:
    """Copy the disks and lay the wires; nothing is started yet."""
    made = images(terminals, unusual=bool(world.faults.odd))
    disks = {**made.disks, **(made.worn if world.faults.wrap else {})}
    typed = frozenset({MERCHANT} if may_type(seed) else ())
    settings = SwitchSettings(typed=typed)
    if world.faults.off or world.faults.night:
        settings = SwitchSettings(typed=typed, echo_idle=DAYS_ECHO)

    def switch(disk: Disk, life: int) -> Station:
        return Switch(SwitchRecords(disk), hsm(seed, "switch", life), settings)

    plant = Plant(
        Node(world, "switch", Disk(disks["switch"]), switch),
        {name: Node(world, name, Disk(disks[name]), issuer_of(seed, name, world.faults.life)) for name in RANGES},
        {name: Node(world, name, Disk(disks[name]), machine_of(seed, name)) for name in MACHINES},
        places(terminals),
    )
    for name, node in plant.issuers.items():
        InstitutionLine(plant.switch, name, node, "switch", eager=True)
    for node in plant.machines.values():
        TappedLine(node, "switch", plant.switch, "terminals", eager=False)
    return plant


def replaced(world: World, plant: Plant, name: str, seed: str) -> Node:
    """A fresh machine, as it came out of its box, in the place of a lost one."""
    made = images(len(plant.places) // len(MACHINES))
    node = Node(world, f"{name}-new", Disk(made.disks[name]), machine_of(f"{seed}/new", name))
    TappedLine(node, "switch", plant.switch, "terminals", eager=False)
    plant.machines[name] = node
    return node
