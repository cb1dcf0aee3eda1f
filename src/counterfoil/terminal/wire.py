"""What the terminal says on its line, and how it reads and believes an answer. Fields after reference/cup-pos.md §2.4.

Requests are built as messages and sealed (encoded, MACed, framed with TPDU and header) when they leave. An answer is
believed under a valid MAC only, whatever its DE39; a sign-on has no MAC and is proved by its keys' check values.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from counterfoil import money
from counterfoil.errors import DecodeError, PeerError
from counterfoil.iso8583 import CUP_POS, Message, framing, nested, responses
from counterfoil.iso8583.mti import NETWORK, REVERSAL, answer_of
from counterfoil.iso8583.network import SIGN_ON_DOUBLE
from counterfoil.kinds import BY_NAME, NEEDING, TABLE, Needs
from counterfoil.security import MAC_BYTES, NO_MAC, Hsm, KeyUsage, Sensitive
from counterfoil.terminal.rows import Attempt, Device, balances_of
from counterfoil.transaction import NO_BATCH, parse_ref

MUST_SIGN_ON: Final = frozenset({responses.MAC_ERROR, responses.SIGN_ON_AGAIN, responses.PIN_ERROR})
PROVOKED: Final = frozenset(
    {
        responses.INVALID_MERCHANT,
        responses.FORMAT_ERROR,
        responses.NOT_SUPPORTED,
        responses.UNKNOWN_TERMINAL,
        responses.MAC_ERROR,
        responses.SECURITY_FAILED,
    }
)
"""What a stranger could make a host say: it may speak of a damaged copy of a request whose intact copy is approved.

Every DE39 a switch answers before it has checked a MAC; a test holds ours against it.
"""

ENTRY_STRIPE, ENTRY_TYPED = "02", "01"
PIN_GIVEN, NO_PIN = "1", "2"
WITH_PIN: Final = NEEDING[Needs.PIN]
"""The kinds with which a PIN may go."""


TELLING: Final = frozenset(kind.name for kind in TABLE if kind.balances)
"""The kinds whose approval tells balances."""


class OriginalNamed(NamedTuple):
    """How a request names the transaction it refers to: DE61, DE37 and DE38; None where the kind does not."""

    de61: str | None = None
    de37: str | None = None
    de38: str | None = None


NO_ORIGINAL: Final = OriginalNamed()


class HostAnswer(NamedTuple):
    """A message from the host. `authentic` says that its MAC is valid under the terminal's key."""

    message: Message
    authentic: bool
    sign_on_wanted: bool


def sign_on(device: Device, stan: str) -> Message:
    """0800: ask for working keys and for the batch number."""
    return Message(
        NETWORK,
        de11=stan,
        de41=device.terminal,
        de42=device.merchant,
        de60=nested.build_de60("00", device.batch, SIGN_ON_DOUBLE),
        de62=nested.build_de62_sequence(device.terminal.rjust(12, "0")),
        de63=device.operator.ljust(3),
    )


def naming(attempt: Attempt, original: Attempt | None, date: str) -> OriginalNamed:
    """How a request names its original: batch and STAN, and what the answer to it gave; `date` MMDD of the original.

    A kind whose original is of the open batch names it by its RRN too, any other by its date (cup-pos §2.4). Of an
    original that is not in the store any more only the key is known.
    """
    refers = BY_NAME[attempt.kind].original
    key = parse_ref(attempt.original)
    if refers is None or key is None:
        return NO_ORIGINAL
    rrn, auth_code = (original.rrn, original.auth_code) if original is not None else ("", "")
    if refers.same_batch:
        return OriginalNamed(nested.build_de61(key.batch, key.stan), rrn or None, auth_code or None)
    return OriginalNamed(nested.build_de61(key.batch, key.stan, date), None, auth_code or None)


def request(
    attempt: Attempt,
    pan: Sensitive[str],
    expiry: str,
    track: Sensitive[str] | None,
    pin_block: bytes | None,
    original: OriginalNamed = NO_ORIGINAL,
) -> Message:
    """What an attempt asks for, spelt as its kind is.

    The number of a card that was swiped travels in DE35 only; a typed one (`track` None) in DE2, with its expiry (YYMM)
    in DE14. DE53 goes with kinds that may have a PIN.
    """
    wire = BY_NAME[attempt.kind].wire
    return Message(
        wire.mti,
        de2=None if track else pan.reveal(),
        de3=wire.processing,
        de4=f"{attempt.amount:012d}" if attempt.amount else None,
        de11=attempt.stan,
        de14=None if track else expiry,
        de22=attempt.entry,
        de25=wire.condition,
        de26="12" if pin_block else None,
        de35=track.reveal().replace("=", "D") if track else None,
        de37=original.de37,
        de38=original.de38,
        de41=attempt.terminal,
        de42=attempt.merchant,
        de49=money.number(attempt.currency),
        de52=pin_block,
        de53=("26" if pin_block else "06") + "0" * 14 if attempt.kind in WITH_PIN else None,
        de60=nested.build_de60(wire.type, attempt.batch, "000"),
        de61=original.de61,
        de64=NO_MAC,
    )


def reversal(attempt: Attempt, pan: str, original: OriginalNamed = NO_ORIGINAL) -> Message:
    """0400: the same key as the request (DE11, 60.2), no track, no PIN, the reason in DE39 (§4.5).

    DE61 is the request's, DE38 the approval code of the answer if one came. Without DE2 where `pan` is "": its number
    has left on its date, and the key says which transaction it is.
    """
    wire = BY_NAME[attempt.kind].wire
    return Message(
        REVERSAL,
        de2=pan or None,
        de3=wire.processing,
        de4=f"{attempt.amount:012d}",
        de11=attempt.stan,
        de22=attempt.entry,
        de25=wire.condition,
        de38=attempt.auth_code or None,
        de39=attempt.reason,
        de41=attempt.terminal,
        de42=attempt.merchant,
        de49=money.number(attempt.currency),
        de60=nested.build_de60(wire.type, attempt.batch, "000"),
        de61=original.de61,
        de64=NO_MAC,
    )


def seal(hsm: Hsm, device: Device, message: Message) -> bytes:
    """The packet as it leaves, MACed when the message has a place for it."""
    body = CUP_POS.encode(message)
    if message.de64 is not None:
        data = body[:-MAC_BYTES]
        body = data + hsm.keyed_mac(device.mac_key).of(data)
    return framing.join_cup(device.tpdu, device.header, body)


def read(hsm: Hsm, device: Device, packet: bytes) -> HostAnswer:
    """An answer, and whether it may be believed. PeerError when it cannot be read."""
    _, header, body = framing.split_cup(packet, len(device.header))
    message = CUP_POS.receive(body)
    authentic = message.de64 is not None and bool(device.mak) and hsm.keyed_mac(device.mac_key).closes(body)
    return HostAnswer(message, authentic, framing.processing_request(header) == 3)


def answers(request_mti: str, stan: str, terminal: str, message: Message) -> bool:
    """Whether this is the answer to the request with that STAN: MTI + 10, DE11, DE41 (§2.1)."""
    return message.mti == answer_of(request_mti) and message.de11 == stan and (message.de41 or "").rstrip() == terminal


def disagrees(attempt: Attempt, message: Message, *, approval: bool) -> str:
    """The first field of an answer that does not repeat the request ("4"), or "".

    An approval must repeat them all; any other answer may leave some out, but not change them.
    """
    expected = {
        "3": (BY_NAME[attempt.kind].wire.processing, message.de3),
        "4": (f"{attempt.amount:012d}" if attempt.amount else None, message.de4),
        "42": (attempt.merchant, message.de42 and message.de42.rstrip()),
    }
    for path, (asked, got) in expected.items():
        if got != asked and (approval or got is not None):
            return path
    if approval and attempt.kind in TELLING and not told_balances(message):
        return "54"
    return ""


def told_balances(message: Message) -> str:
    """DE54 of an answer that has to tell balances; "" when it tells none, or one that cannot be read."""
    try:
        return message.de54 if message.de54 and balances_of(message.de54) else ""
    except PeerError:
        return ""


def keys_from(hsm: Hsm, device: Device, message: Message) -> Device:
    """The device with the working keys and the batch number of a sign-on answer.

    PeerError when the keys or the batch are missing, or a check value disagrees.
    """
    keys = nested.de62_keys(message.de62)
    pik = hsm.unwrap(KeyUsage.PIN, keys.pik, keys.pik_kcv, device.master)
    mak = hsm.unwrap(KeyUsage.MAC, keys.mak, keys.mak_kcv, device.master)
    batch = nested.de60(message.de60).batch
    if batch == NO_BATCH:
        raise PeerError("the host gave no batch number")
    return msgspec.structs.replace(device, pik=pik.blob, pik_kcv=pik.kcv, mak=mak.blob, mak_kcv=mak.kcv, batch=batch)


def unreadable(error: PeerError) -> dict[str, str]:
    """What may be kept of a message that could not be read: the reason, and what was read of it, masked."""
    partial = error.partial if isinstance(error, DecodeError) else None
    return {**(kept(partial) if isinstance(partial, Message) else {}), "error": str(error)}


def kept(message: Message) -> dict[str, str]:
    """A message as evidence: masked, without what must never be on a disk."""
    return {"mti": message.mti, **CUP_POS.kept(message)}
