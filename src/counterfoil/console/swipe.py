"""The card of a sale as a form names it: one of the test cards, what a reader read, or a number somebody typed.

A typed number stays one: no stripe is made of it, and it sells only where the merchant may type. Test cards only.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from counterfoil.errors import PaymentError, PeerError
from counterfoil.security import is_test_range, luhn_ok, parse_track2
from counterfoil.stack.demo import Demo, DemoCard
from counterfoil.terminal.request import SWIPED, TYPED
from counterfoil.words import Text

NO_CARD: Final = Text("Choose a card, or swipe one.", "请选择或刷一张卡。")
UNREADABLE: Final = Text("Card read failed. Swipe again.", "刷卡失败，请重刷。")
NOT_A_TEST_CARD: Final = Text(
    "This is no test card. Only test cards may be used here; nothing was kept of it.",
    "这不是测试卡。此处只能使用测试卡；未保留任何卡数据。",
)
MISTYPED: Final = Text("This is no card number: a digit is wrong.", "卡号有误，请检查数字。")
NO_EXPIRY: Final = Text(
    "A typed number needs the expiry date, as it stands on the card: MM/YY.",
    "手工输入卡号时须同时输入卡面上的有效期：月/年（MM/YY）。",
)
PRINTED: Final = re.compile("(0[1-9]|1[0-2])/?([0-9]{2})")
HINTS: Final[dict[str, Text]] = {
    "alice": Text("approved, asks for a PIN", "批准，需输密码"),
    "bob": Text("approved, the other issuer", "批准，另一发卡行"),
    "carol": Text("approved, no PIN", "批准，无需密码"),
    "poor": Text("51 not enough money", "51 余额不足"),
    "limit": Text("61 above 100.00", "61 超过 100.00 限额"),
    "expired": Text("54 expired", "54 卡已过期"),
    "lost": Text("41 lost", "41 挂失卡"),
    "stolen": Text("43 stolen", "43 被窃卡"),
    "blocked": Text("62 blocked", "62 受限卡"),
    "unknown": Text("14 not known", "14 无此卡号"),
    "noroute": Text("15 no issuer", "15 无此发卡行"),
}


class Unusable(PaymentError):  # noqa: N818 - says what it is
    """No card to charge; the sentence is for the cashier."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class SwipedCard(NamedTuple):
    """What the terminal needs of a card; `track2` is "" for one that was typed.

    Never kept: it goes with the request and nowhere else.
    """

    pan: str
    expiry: str
    track2: str

    def __repr__(self) -> str:
        return "Card(…)"

    @property
    def last4(self) -> str:
        """The end of the number, which may be shown."""
        return self.pan[-4:]

    def args(self) -> dict[str, Any]:
        """As the terminal's `sale` takes it."""
        card = {"pan": self.pan, "expiry": self.expiry}
        if not self.track2:
            return {"card": card, "entry": TYPED}
        return {"card": {**card, "track2": self.track2}, "entry": SWIPED}


def card_of(form: dict[str, str], demo: Demo) -> SwipedCard:
    """The card of a form: `card` the name of a test card, `track` what was swiped or typed, `expiry` (MM/YY) of a typed
    number. Unusable for none.
    """
    typed = form.get("track", "").strip()
    name = form.get("card", "")
    if typed and name in ("", "swipe"):
        return presented(typed, form.get("expiry", "").strip())
    found = demo.card(name) if name else None
    if found is None:
        raise Unusable(NO_CARD)
    return _of(found)


def presented(text: str, printed: str) -> SwipedCard:
    """A track with or without its sentinels, or the number of a card and the expiry that is printed on it."""
    text = text.removeprefix(";").partition("?")[0].replace(" ", "")
    if text.isascii() and text.isdecimal():
        return _typed(text, printed)
    try:
        track = parse_track2(text, luhn=True)
    except PeerError:
        raise Unusable(UNREADABLE) from None
    if not is_test_range(track.pan):
        raise Unusable(NOT_A_TEST_CARD)
    return SwipedCard(track.pan, track.expiry, text)


def _typed(number: str, printed: str) -> SwipedCard:
    if not is_test_range(number):
        raise Unusable(NOT_A_TEST_CARD)
    if not luhn_ok(number):
        raise Unusable(MISTYPED)
    expiry = PRINTED.fullmatch(printed)
    if expiry is None:
        raise Unusable(NO_EXPIRY)
    return SwipedCard(number, expiry[2] + expiry[1], "")


def _of(card: DemoCard) -> SwipedCard:
    return SwipedCard(card.pan, card.expiry, card.track2)


def offered(demo: Demo) -> list[dict[str, Any]]:
    """The test cards a cashier can choose from, masked."""
    return [
        {"name": card.name, "last4": card.pan[-4:], "pin": bool(card.pin), "hint": HINTS[card.name]}
        for card in demo.cards()
        if card.name in HINTS
    ]
