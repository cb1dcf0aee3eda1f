"""The demo: merchants, stores, lanes, cards and keys, all derived from one secret of the data directory.

Nothing of it is written down in clear; whoever may read DIR/demo.key derives it again. Card numbers lie in ranges no
real card has. The keys a terminal or an issuer shares with the switch are the same on both sides because both derive
them.
"""

from __future__ import annotations

import hmac
from typing import Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.security import luhn_digit, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.stack.layout import ISSUERS, Layout

RANGES: Final = {"issuer-a": "62999910", "issuer-b": "49999920"}
NO_RANGE: Final = "62999950"
INSTITUTIONS: Final = {"issuer-a": "01020000", "issuer-b": "01050000"}
CURRENCY: Final = "CNY"
EXPIRY: Final = "3112"
TPDU: Final = "6000030000"
HEADER: Final = "603100311300"
OUTSIDE: Final = "OUTSIDE1"
STORES: Final = 5
LANES: Final = 2
SHOPPERS: Final = 80
SHOPPER_BALANCE: Final = 10_000_000
MERCHANTS: Final = (
    "Corner Grocery 街角杂货",
    "Lantern Books 灯笼书店",
    "North Gate Pharmacy 北门药房",
    "Jade Noodle House 玉面馆",
    "Harbour Hardware 港口五金",
    "Plum Tea Rooms 梅子茶室",
    "Cyclists' Workshop 骑行工坊",
    "Market Greens 市集鲜蔬",
    "Silk Road Tailors 丝路裁缝",
    "Evening Cinema 晚间影院",
)


class DemoCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card and everything a tester needs to know. `issuer` "" has no route; `enrolled` False is a card its issuer
    does not know. `pin` "" is a card without one.
    """

    name: str
    pan: str
    expiry: str
    track2: str
    pin: str
    issuer: str
    currency: str = CURRENCY
    opening: int = 0
    status: str = "active"
    limit_each: int = 0
    enrolled: bool = True


class DemoTerminal(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal the switch knows; `ours` when the terminal station drives it. `tmk` is clear, in hex."""

    terminal: str
    merchant: str
    name: str
    tmk: str
    tpdu: str
    header: str
    ours: bool


# name, issuer, PIN, opening balance in fen, and what is special
_NAMED: Final[tuple[tuple[str, str, str, int, dict[str, str | int | bool]], ...]] = (
    ("alice", "issuer-a", "1234", 500_000, {}),
    ("bob", "issuer-b", "2345", 500_000, {}),
    ("carol", "issuer-a", "", 500_000, {}),
    ("poor", "issuer-b", "3456", 100, {}),
    ("limit", "issuer-a", "4567", 500_000, {"limit_each": 10_000}),
    ("expired", "issuer-a", "5678", 500_000, {"expiry": "2001"}),
    ("lost", "issuer-b", "6789", 500_000, {"status": "lost"}),
    ("stolen", "issuer-a", "7890", 500_000, {"status": "stolen"}),
    ("blocked", "issuer-b", "8901", 500_000, {"status": "blocked"}),
    ("unknown", "issuer-a", "9012", 0, {"enrolled": False}),
    ("noroute", "", "9123", 0, {"enrolled": False}),
)


class Demo:
    """Everything that is seeded, from the secret of one data directory."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._keyed: dict[str, DesKey] = {}

    @classmethod
    def of(cls, layout: Layout, *, make: bool = False) -> Demo:
        """The demo of a data directory; StoreError when it holds none (or a damaged one)."""
        if not make and not layout.demo_key.exists():
            raise StoreError(f"{layout.data} holds no demo data", f"{layout.data} 没有演示数据")
        return cls(layout.secret(layout.demo_key, make=make))

    def derived(self, label: str, size: int) -> bytes:
        """`size` bytes (at most 32) that only this data directory and this label give."""
        return hmac.digest(self._secret, label.encode(), "sha256")[:size]

    def zone_pin_key(self, issuer: str) -> bytes:
        """What PIN blocks travel under between the switch and an issuer (3DES)."""
        return self.derived(f"zone-pin/{issuer}", 16)

    def zone_mac_key(self, issuer: str) -> bytes:
        """What messages between the switch and an issuer are MACed with (AES)."""
        return self.derived(f"zone-mac/{issuer}", 16)

    def pin_verification_key(self, issuer: str) -> bytes:
        """What an issuer verifies PINs with."""
        return self.derived(f"pvk/{issuer}", 16)

    def card_verification_key(self, issuer: str) -> bytes:
        """What an issuer makes and verifies the value on a stripe with (3DES)."""
        return self.derived(f"cvk/{issuer}", 16)

    def terminals(self) -> list[DemoTerminal]:
        """100 lanes of ours, and last the one that is not ours."""
        found = []
        number = 0
        for at, name in enumerate(MERCHANTS):
            for store in range(STORES):
                for _ in range(LANES):
                    number += 1
                    found.append(self._terminal(f"T{number:07d}", at, f"{name} #{store + 1}", ours=True))
        found.append(self._terminal(OUTSIDE, 0, f"{MERCHANTS[0]} (outside)", ours=False))
        return found

    def terminal(self, terminal: str) -> DemoTerminal | None:
        """One terminal; None when it was not seeded."""
        return next((each for each in self.terminals() if each.terminal == terminal), None)

    def _terminal(self, terminal: str, merchant: int, name: str, *, ours: bool) -> DemoTerminal:
        return DemoTerminal(
            terminal=terminal,
            merchant=f"8980010{5411 + merchant:04d}{merchant + 1:04d}",
            name=name,
            tmk=self.derived(f"tmk/{terminal}", 16).hex(),
            tpdu=TPDU,
            header=HEADER,
            ours=ours,
        )

    def cards(self) -> list[DemoCard]:
        """The named cards, the first a plain valid one, then the shoppers over both issuers."""
        named = [
            self._card(name, number, issuer, pin, opening, special)
            for number, (name, issuer, pin, opening, special) in enumerate(_NAMED, start=1)
        ]
        shoppers = []
        for number in range(1, SHOPPERS + 1):
            name, issuer = f"shopper-{number:03d}", ISSUERS[number % len(ISSUERS)]
            pin = f"{int.from_bytes(self.derived(f'pin/{name}', 4), 'big') % 10_000:04d}"
            shoppers.append(self._card(name, 1000 + number, issuer, pin, SHOPPER_BALANCE, {}))
        return named + shoppers

    def card(self, name: str) -> DemoCard | None:
        """One card by its name; None when there is none."""
        return next((each for each in self.cards() if each.name == name), None)

    def _card(
        self, name: str, number: int, issuer: str, pin: str, opening: int, special: dict[str, str | int | bool]
    ) -> DemoCard:
        partial = f"{RANGES.get(issuer, NO_RANGE)}{number:07d}"
        pan = partial + luhn_digit(partial)
        expiry = str(special.get("expiry", EXPIRY))
        service = "220" if pin else "221"
        more = {key: value for key, value in special.items() if key != "expiry"}
        fields = {"name": name, "pan": pan, "expiry": expiry, "pin": pin, "issuer": issuer, "opening": opening, **more}
        own = f"{int.from_bytes(self.derived(f'track/{name}', 8), 'big') % 10**5:05d}"
        track2 = write_track2(pan, expiry, service, self._stripes(issuer), own)
        return msgspec.convert({**fields, "track2": track2}, DemoCard)

    def _stripes(self, issuer: str) -> DesKey:
        if issuer not in self._keyed:
            self._keyed[issuer] = DesKey(self.card_verification_key(issuer))
        return self._keyed[issuer]
