"""Answers to terminals (leg 4): on the connection of the request, its TPDU turned round, its header echoed.

Every financial answer to a terminal that is signed on carries a MAC, whatever DE39 says; management answers (08xx)
carry none.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import CUP_POS, Message, framing, responses
from counterfoil.step import Send
from counterfoil.switch import evidence
from counterfoil.switch.card import Card, card_of
from counterfoil.switch.desk import Desk
from counterfoil.switch.intake import Ask, answer_mti
from counterfoil.switch.numbers import local
from counterfoil.switch.rows import Attempt
from counterfoil.switch.work import Work

ECHOED: Final = tuple(f"de{number}" for number in (2, 3, 4, 11, 14, 25, 41, 42, 49, 60))
MANAGEMENT: Final = "08"
MAC_BYTES: Final = 8
NO_MAC: Final = bytes(MAC_BYTES)


def answer(desk: Desk, work: Work, ask: Ask, code: str, *, what: str = "answered", **fields: str | bytes) -> None:
    """Say `code` to a request; `fields` (de37=…) are what the answer holds besides."""
    asked = ask.message.__dict__
    told = {name: value for name in ECHOED if (value := asked.get(name)) is not None}
    told["de12"], told["de13"] = local(work.now, desk.settings.utc_offset)
    told["de39"] = code
    told.update(fields)
    message = send(desk, work, ask, told)
    work.said(what, "4", ask.dialect.told(message), message.de37 or "", message.de41 or "")


def result(desk: Desk, work: Work, ask: Ask, attempt: Attempt, heard: Message | None = None) -> None:
    """Say the stored result of the attempt that a purchase is about, freshly MACed; `heard` is the issuer's answer that
    has just brought it.
    """
    settings, asked, code = desk.settings, ask.message.__dict__, attempt.response_code
    issuer = desk.issuers.get(attempt.issuer)
    acquirer, offset = settings.acquirer, settings.utc_offset
    time, date = local(attempt.answered_at, offset)
    told: dict[str, str | bytes] = {  # no purchase comes as far as here without the ones of `authorise.MANDATORY`
        "de3": asked["de3"],
        "de4": asked["de4"],
        "de11": asked["de11"],
        "de12": time,
        "de13": date,
        "de15": local(attempt.started_at, offset)[1],
        "de25": asked["de25"],
        "de32": acquirer,
        "de37": attempt.rrn,
        "de39": code,
        "de41": asked["de41"],
        "de42": asked["de42"],
        "de44": f"{issuer.institution if issuer else '':<11.11}{acquirer:<11}",
        "de49": asked["de49"],
        "de60": asked["de60"],
    }
    card = ask.card
    if card is None and ask.terminal is not None:
        card = card_of(ask.message, ask.terminal, desk.hsm)
    if isinstance(card, Card):
        told["de2"] = card.pan
    elif "de2" in asked:
        told["de2"] = asked["de2"]
    if "de14" in asked:
        told["de14"] = asked["de14"]
    if attempt.auth_code and responses.is_approval(code):
        told["de38"] = attempt.auth_code
    repeats = heard is not None and heard.de2 == told.get("de2") and heard.de38 == told.get("de38")
    fits = repeats and ask.dialect is CUP_POS and work.joins(attempt.rrn, asked["de41"])
    message = send(desk, work, ask, told)
    kept = evidence.of_answer(told, ask.heard_at) if fits else ask.dialect.told(message)
    work.said("answered", "4", kept, attempt.rrn, asked["de41"])


def send(desk: Desk, work: Work, ask: Ask, told: dict[str, str | bytes]) -> Message:
    """MAC an answer made of these fields, and say it on the connection of its request."""
    mti = answer_mti(ask.message.mti)
    assert mti is not None, "only requests come here"
    message, dialect, packet = Message.of(mti, told), ask.dialect, ask.packet
    terminal = work.terminals.get(ask.message.de41 or "")
    if terminal is None or terminal.mak is None or mti[:2] == MANAGEMENT:
        body = dialect.encode(message)
    else:
        message.de64 = NO_MAC
        body = dialect.encode(message)[:-MAC_BYTES]
        body += desk.hsm.keyed_mac(terminal.mak, terminal.mac_algorithm, terminal.mac_raw).of(body)
    data = framing.join_cup(framing.swap_tpdu(packet.tpdu), packet.header, body)
    work.out.append(Send(ask.link, ask.conn, data))
    return message
