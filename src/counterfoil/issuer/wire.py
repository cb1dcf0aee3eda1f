"""Reading requests from the switch and writing the answers: the MAC, the fields, and nothing of the decision.

Leg 2 and 3 in `iso87_ascii`; DE64 (DE128) is the AES-CMAC over everything before it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.excerpt import Excerpt, answers, excerpts, remains
from counterfoil.iso8583.mti import NETWORK, REVERSAL_ADVICE, answer_of, first_try, is_answered
from counterfoil.iso8583.nested.de54 import Amount, build_de54
from counterfoil.iso8583.network import SIGN_ON
from counterfoil.iso8583.recollection import RecollectionQuery, parse_question
from counterfoil.issuer.reversal_rules import ReversalAdvice
from counterfoil.issuer.rows import ECHOED, EvidenceLine, IssuerKeys
from counterfoil.issuer.rules import Authorisation, Pin
from counterfoil.kinds import REQUESTS, forwarded
from counterfoil.money import BY_NUMBER, number
from counterfoil.security import Hsm, MacAlgorithm, SecurityError, Track2, parse_track2
from counterfoil.step import Frame, Send
from counterfoil.transaction import Balance

PLANS: Final = 256  # types of messages that are remembered
SEEN: Final = (2, 3, 7, 11, 22, 32, 37, 41, 42, 49, 4, 14, 25, 35, 38, 52, 70, 90)
"""What of a request becomes `Request.values`: first the ten that a request of any kind must have."""
NEEDED: Final = 10
NO_CONDITION: Final = "00"
"""DE25 of a request that has none: nothing is special about it."""
WHOSE: Final = "20"
"""The account type of a balance in DE54: a cardholder's own account."""
BALANCES: Final = {"ledger": "01", "available": "02"}
"""The amount types of balances in DE54."""
PAN, DE7, DE11, DE32, RRN, PIN_BLOCK, CODE, ORIGINAL = map(SEEN.index, (2, 7, 11, 32, 37, 52, 70, 90))
NOTHING: Final = (None,) * len(SEEN)
ADVICE_NEEDS: Final = ("de4", "de7", "de11", "de32", "de41", "de42", "de90")
NETWORK_NEEDS: Final = ("de7", "de11", "de70")
DE90_DIGITS: Final = 42
json = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What a request comes to: DE39, the approval code (DE38) and balances (DE54); "" and none where there are none."""

    code: str
    approval: str = ""
    balances: tuple[Balance, ...] = ()


class Request(EvidenceLine):
    """One frame, read as far as it goes, and the line of evidence that it makes.

    `mti` is the message type with the repeat mark taken off ("" when not even that could be read); `whole` is False
    when some of it could not be; `genuine` says that the switch vouches for it. `values` are those of SEEN, None for
    what is not there. `key` is what a request is known by (`key_of`; "" unless DE7, DE11 and DE32 are all there).
    `wanted` and `advice` are what it asks for; both None when it asks for neither, or cannot be read. `question` is
    what a sign-on asks of what is known here, None when it asks nothing. `track` is its stripe, in memory only.
    """

    __slots__ = (
        "advice",
        "frame",
        "genuine",
        "key",
        "mti",
        "question",
        "source",
        "track",
        "values",
        "wanted",
        "whole",
    )

    def __init__(self, frame: Frame, excerpt: Excerpt, *, whole: bool, genuine: bool) -> None:
        mti, self.told, self.source, values = excerpt
        self.frame = frame
        self.values = values
        self.whole = whole
        self.genuine = genuine
        self.answered = ""
        self.what, self.mti = received(mti, whole, genuine)
        transmitted, stan, acquirer = values[DE7], values[DE11], values[DE32]
        self.key = key_of(acquirer, transmitted, stan) if transmitted and stan and acquirer else ""
        self.wanted: Authorisation | None = None
        self.advice: ReversalAdvice | None = None
        self.question: RecollectionQuery | None = None
        self.track: Track2 | None = None

    @property
    def acquirer(self) -> str:
        """DE32, "" when it is not there."""
        return self.values[DE32] or ""

    @property
    def message(self) -> Message | None:
        """All that could be read; None when not even its type could be."""
        if isinstance(self.source, bytes):
            if not self.mti:
                return None
            self.source = ISO87_ASCII.decode(self.source)
        return self.source


class SwitchLink:
    """The link to the switch, as bytes go over it."""

    def __init__(self, hsm: Hsm, keys: IssuerKeys) -> None:
        self._hsm = hsm
        self._keys = keys
        self._mac = hsm.keyed_mac(keys.mac, MacAlgorithm.AES_CMAC, raw=True)
        self._excerpt = excerpts(ISO87_ASCII, SEEN)
        self._remains = remains(ISO87_ASCII, SEEN)
        self._answer = answers(ISO87_ASCII, ECHOED)

    def read(self, frame: Frame) -> Request:
        """A frame as far as it can be read, and what it asks for. What is wrong with it is part of the result."""
        asked = self.seen(frame)
        if asked.whole and asked.mti in REQUESTS:
            asked.wanted = self._authorisation(asked)
        elif asked.whole and asked.mti == REVERSAL_ADVICE:
            asked.advice = self._advice(asked)
        elif asked.whole and asked.genuine and asked.mti == NETWORK:
            asked.question = self._question(asked)
        return asked

    def seen(self, frame: Frame) -> Request:
        """A frame as far as it can be read, without looking at what it asks for."""
        body = frame.data
        excerpt = self._excerpt(body)
        # The MAC covers the bytes and not what we make of them, so it is checked whether or not they can be read.
        genuine = self._mac.closes(body)
        if excerpt is None:
            excerpt = self._remains(body) or ("", json({"bytes": str(len(body))}).decode(), body, NOTHING)
            return Request(frame, excerpt, whole=False, genuine=genuine)
        return Request(frame, excerpt, whole=True, genuine=genuine)

    def answer(self, asked: Request, answer: Answer, de48: str = "") -> Send:
        """The answer to `asked`, MACed. It must have a message with DE11."""
        values = asked.values
        code, approval, balances = answer
        added: dict[str, str | bytes] = {"de39": code}
        if approval:
            added["de38"] = approval
        if balances:
            added["de54"] = build_de54(
                Amount(WHOSE, BALANCES[one.type], number(one.currency), one.amount) for one in balances
            )
        if de48:
            added["de48"] = de48
        seal = "de64" if values[CODE] is values[ORIGINAL] is None else "de128"
        body = self._answer(asked.source, answer_of(asked.mti), added, seal)
        return Send(asked.frame.link, asked.frame.conn, body + self._mac.of(body), proven=asked.genuine)

    def _authorisation(self, asked: Request) -> Authorisation | None:
        """A whole request as the rules see it; None when a field it needs is missing or makes no sense."""
        values = asked.values
        if not all(values[:NEEDED]):
            return None
        # fmt: off
        (pan, processing, _, _, entry, acquirer, rrn, terminal, merchant, currency,
         amount, expiry, condition, track, approval, _, _, de90) = values
        # fmt: on
        kind, original = forwarded(asked.mti, processing, condition or NO_CONDITION), ""
        if not amount and (kind is None or kind.movements):
            return None
        if kind is not None and kind.original is not None:
            original, approval = original_key(de90 or ""), (approval or "").strip()
            if not (original and approval):
                return None
        expiries: tuple[str, ...] = (expiry,) if expiry else ()
        same_card, service = True, ""
        try:
            token = self._hsm.token(pan, self._keys.token)
            if track is not None:
                asked.track = stripe = parse_track2(track)
                same_card, service = stripe.pan == pan, stripe.service
                expiries += (stripe.expiry,) if stripe.expiry else ()
        except SecurityError:
            return None
        return Authorisation(
            kind.name if kind is not None else "",
            asked.key,
            acquirer,
            token,
            processing,
            int(amount) if amount else 0,
            BY_NUMBER.get(currency, ""),
            terminal,
            merchant,
            rrn,
            expiries,
            same_card,
            entry[:2],
            track is not None,
            service,
            original,
            approval if original else "",
            first_try(de90[:4]) if original else "",
        )

    def _advice(self, asked: Request) -> ReversalAdvice | None:
        """A whole 0420 or 0421 as the rules see it; None when a field it needs is missing or makes no sense."""
        m = asked.message
        if m is None or not has(m, ADVICE_NEEDS):
            return None
        original = original_key(m.de90 or "")
        if not original:
            return None
        try:
            token = self._hsm.token(m.de2, self._keys.token) if m.de2 else ""
        except SecurityError:
            return None
        return ReversalAdvice(
            key=asked.key,
            original=original,
            token=token,
            amount=int(m.de4 or ""),
            currency=BY_NUMBER.get(m.de49, m.de49) if m.de49 else "",
            terminal=m.de41 or "",
            merchant=m.de42 or "",
            rrn=m.de37 or "",
            reason=m.de39 or "",
            processing=m.de3 or "",
            auth_code=(m.de38 or "").strip(),
            type=first_try((m.de90 or "")[:4]),
        )

    def _question(self, asked: Request) -> RecollectionQuery | None:
        """What a sign-on asks of what is known here."""
        text = asked.message.de48 if asked.message is not None else None
        if not text or not asked.acquirer or asked.values[CODE] != SIGN_ON:
            return None
        try:
            return parse_question(text)
        except DecodeError:
            return None

    def stripe(self, asked: Request) -> bool:
        """Whether the stripe of a request is one of ours: its verification value is that of everything else on it."""
        track = asked.track
        if track is None or not (track.expiry and track.service and track.cvv):
            return False
        return self._hsm.verify_cvv(track.pan, track.expiry, track.service, track.cvv, self._keys.cvk)

    def pin(self, asked: Request, pvv: str) -> Pin:
        """What the HSM says of the PIN block of a request, for a card with this PVV."""
        block = asked.values[PIN_BLOCK]
        if block is None:
            return Pin.ABSENT
        try:
            right = self._hsm.verify_pin(block, asked.values[PAN] or "", self._keys.pin, self._keys.pvk, pvv)
        except SecurityError:
            return Pin.UNREADABLE
        return Pin.RIGHT if right else Pin.WRONG


@lru_cache(maxsize=PLANS)
def received(mti: str, whole: bool, genuine: bool) -> tuple[str, str]:
    """What a line of evidence says of a message that came, and its type without the repeat mark."""
    what = f"{mti or 'a message'} received{'' if whole else ', unreadable'}{'' if genuine else ', without a valid MAC'}"
    return what, first_try(mti) if mti else ""


def answerable(asked: Request) -> bool:
    """Whether an answer to it would find its way: a request or advice whose DE7, DE11 and DE32 can be read."""
    return bool(asked.key) and is_answered(asked.mti)


def original_key(de90: str) -> str:
    """The key of the request that DE90 names, "" when it names something else.

    DE32 stands in it right justified and filled with zeros. A code that itself begins with a zero cannot be told from
    the filling, so the key keeps DE32 without leading zeros on both sides (`key_of`).
    """
    if len(de90) != DE90_DIGITS or first_try(de90[:4]) not in REQUESTS:
        return ""
    return key_of(de90[20:31], de90[10:20], de90[4:10])


def key_of(acquirer: str, transmitted: str, stan: str) -> str:
    """The key of a request: DE32 (leading zeros off) / DE7 / DE11."""
    return f"{acquirer.lstrip('0') or '0'}/{transmitted}/{stan}"


def has(message: Message, needed: tuple[str, ...]) -> bool:
    """Whether all of these attributes are there and not empty."""
    return all(map(message.__dict__.get, needed))
