"""Reading requests from the switch and writing the answers: the MAC, the fields, and nothing of the decision.

Leg 2 and 3 in `iso87_ascii`; DE64 (DE128) is the AES-CMAC over everything before it.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import Final

import msgspec

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.issuer.authorise import Pin, Purchase
from counterfoil.issuer.records import IssuerKeys
from counterfoil.issuer.reverse import Advice
from counterfoil.issuer.rows import ECHOED, Line
from counterfoil.money import BY_NUMBER
from counterfoil.security import Hsm, MacAlgorithm, SecurityError, parse_track2
from counterfoil.step import Frame, Send

MAC_BYTES: Final = 8
NO_MAC: Final = bytes(MAC_BYTES)
PLANS: Final = 256  # layouts of messages that are remembered
PURCHASE_NEEDS: Final = ("de2", "de3", "de4", "de7", "de11", "de32", "de37", "de41", "de42", "de49")
told_of_purchase = itemgetter("de2", "de3", "de4", "de32", "de37", "de41", "de42", "de49")
ADVICE_NEEDS: Final = ("de4", "de7", "de11", "de32", "de41", "de42", "de90")
NETWORK_NEEDS: Final = ("de7", "de11", "de70")
REQUEST_FUNCTIONS: Final = frozenset("02")  # third digit of the MTI: request, advice
DE90_DIGITS: Final = 42
json = msgspec.json.Encoder().encode
FIRST_TRY: Final = {"1": "0", "3": "2"}  # fourth digit: the repeat mark taken off


class Asked(Line):
    """One frame, read as far as it goes, and the line of evidence that it makes.

    `message` is None when not even its type could be read; `whole` is False when some of it could not be;
    `genuine` says that the switch vouches for it. `mti` is the message type with the repeat mark taken off ("" when
    there is none), `key` what a request is known by (`key_of`; "" unless DE7, DE11 and DE32 are all there).
    """

    __slots__ = ("frame", "genuine", "key", "message", "mti", "whole")

    def __init__(self, frame: Frame, message: Message | None, *, whole: bool, genuine: bool) -> None:
        self.frame = frame
        self.message = message
        self.whole = whole
        self.genuine = genuine
        self.answered = self.mti = self.key = ""
        if message is None:
            self.what = received("a message", whole, genuine)
            self.told = json({"bytes": str(len(frame.data))}).decode()
            return
        self.what = received(message.mti, whole, genuine)
        self.told = ISO87_ASCII.told(message)
        self.mti = first_try(message.mti)
        if message.de7 and message.de11 and message.de32:
            self.key = key_of(message.de32, message.de7, message.de11)


class Wire:
    """The link to the switch, as bytes go over it."""

    def __init__(self, hsm: Hsm, keys: IssuerKeys) -> None:
        self._hsm = hsm
        self._keys = keys
        self._mac = hsm.keyed_mac(keys.mac, MacAlgorithm.AES_CMAC, raw=True)

    def read(self, frame: Frame) -> Asked:
        """A frame as far as it can be read. Never raises: what is wrong with it is part of the result."""
        body = frame.data
        message: Message | None
        try:
            message, whole = ISO87_ASCII.decode(body), True
        except DecodeError as error:
            message, whole = error.partial, False
        # The MAC covers the bytes and not what we make of them, so it is checked whether or not they can be read.
        return Asked(frame, message, whole=whole, genuine=self._mac.closes(body))

    def answer(self, asked: Asked, code: str, auth_code: str = "") -> Send:
        """The answer to `asked`, MACed. It must have a message with DE11."""
        request = asked.message
        assert request is not None, "nothing to answer"
        silent, seal_name = unsaid(tuple(request.__dict__))
        added: dict[str, str | bytes] = {"de39": code, seal_name: NO_MAC}
        if auth_code:
            added["de38"] = auth_code
        body = ISO87_ASCII.encode(request.like(answer_mti(request.mti), silent, added))[:-MAC_BYTES]
        return Send(asked.frame.link, asked.frame.conn, body + self._mac.of(body))

    def purchase(self, asked: Asked) -> Purchase | None:
        """A whole 0200 as the rules see it; None when a field it needs is missing or makes no sense."""
        m = asked.message
        if m is None or not asked.whole or not has(m, PURCHASE_NEEDS):
            return None
        pan, processing, amount, acquirer, rrn, terminal, merchant, currency = told_of_purchase(m.__dict__)
        expiries: tuple[str, ...] = (m.de14,) if m.de14 else ()
        same_card = True
        try:
            token = self._hsm.token(pan, self._keys.token)
            if m.de35 is not None:
                track = parse_track2(m.de35)
                same_card = track.pan == pan
                expiries += (track.expiry,) if track.expiry else ()
        except SecurityError:
            return None
        return Purchase(
            key=asked.key,
            acquirer=acquirer,
            token=token,
            processing=processing,
            amount=int(amount),
            currency=BY_NUMBER.get(currency, ""),
            terminal=terminal,
            merchant=merchant,
            rrn=rrn,
            expiries=expiries,
            same_card=same_card,
        )

    def advice(self, asked: Asked) -> Advice | None:
        """A whole 0420 or 0421 as the rules see it; None when a field it needs is missing or makes no sense."""
        m = asked.message
        if m is None or not asked.whole or not has(m, ADVICE_NEEDS):
            return None
        original = original_key(m.de90 or "")
        if not original:
            return None
        try:
            token = self._hsm.token(m.de2, self._keys.token) if m.de2 else ""
        except SecurityError:
            return None
        return Advice(
            key=asked.key,
            original=original,
            token=token,
            amount=int(m.de4 or ""),
            currency=BY_NUMBER.get(m.de49 or "", ""),
            terminal=m.de41 or "",
            merchant=m.de42 or "",
            rrn=m.de37 or "",
            reason=m.de39 or "",
        )

    def pin(self, asked: Asked, pvv: str) -> Pin:
        """What the HSM says of the PIN block of a 0200, for a card with this PVV."""
        m = asked.message
        if m is None or m.de52 is None:
            return Pin.ABSENT
        try:
            right = self._hsm.verify_pin(m.de52, m.de2 or "", self._keys.pin, self._keys.pvk, pvv)
        except SecurityError:
            return Pin.UNREADABLE
        return Pin.RIGHT if right else Pin.WRONG


@lru_cache(maxsize=PLANS)
def unsaid(attributes: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What of a message with these attributes an answer does not repeat, and where its MAC goes."""
    repeated = {"mti", *(f"de{number}" for number in ECHOED)}
    silent = tuple(name for name in attributes if name not in repeated)
    return silent, "de128" if "de70" in attributes or "de90" in attributes else "de64"


@lru_cache(maxsize=PLANS)
def received(mti: str, whole: bool, genuine: bool) -> str:
    """What a line of evidence says of a message that came."""
    return f"{mti} received{'' if whole else ', unreadable'}{'' if genuine else ', without a valid MAC'}"


@lru_cache(maxsize=PLANS)
def first_try(mti: str) -> str:
    """The message type without the repeat mark: 0421 → 0420."""
    return mti[:3] + FIRST_TRY.get(mti[3], mti[3])


@lru_cache(maxsize=PLANS)
def answer_mti(mti: str) -> str:
    """0200 → 0210, 0421 → 0430: ten more, without the repeat mark."""
    return f"{mti[:2]}{int(mti[2]) + 1}{first_try(mti)[3]}"


def answerable(asked: Asked) -> bool:
    """Whether an answer to it would find its way: a request or advice whose DE7, DE11 and DE32 can be read."""
    return bool(asked.key) and asked.mti[2:3] in REQUEST_FUNCTIONS


def original_key(de90: str) -> str:
    """The key of the purchase that DE90 names, "" when it names something else.

    DE32 stands in it right justified and filled with zeros. A code that itself begins with a zero cannot be told from
    the filling, so the key keeps DE32 without leading zeros on both sides (`key_of`).
    """
    if len(de90) != DE90_DIGITS or de90[:4] not in {"0200", "0201"}:
        return ""
    return key_of(de90[20:31], de90[10:20], de90[4:10])


def key_of(acquirer: str, transmitted: str, stan: str) -> str:
    """The key of a request: DE32 (leading zeros off) / DE7 / DE11."""
    return f"{acquirer.lstrip('0') or '0'}/{transmitted}/{stan}"


def has(message: Message, needed: tuple[str, ...]) -> bool:
    """Whether all of these attributes are there and not empty."""
    return all(map(message.__dict__.get, needed))
