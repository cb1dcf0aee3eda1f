"""Answers to terminals (leg 4): on the connection of the request, its TPDU turned round, its header echoed.

Every answer to a message of a terminal that is signed on carries a MAC, whatever DE39 says; those to claims (0810,
0830, 0510, 0330) carry none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from counterfoil.iso8583 import CUP_POS, Dialect, Message, framing, responses
from counterfoil.iso8583.excerpt import Answers, answers
from counterfoil.iso8583.mti import answer_of
from counterfoil.security import MAC_BYTES, NO_MAC, KeyedMac
from counterfoil.step import Send
from counterfoil.switch import additions
from counterfoil.switch.card import PresentedCard, card_of
from counterfoil.switch.desk import Desk
from counterfoil.switch.numbers import local
from counterfoil.switch.rows import Attempt
from counterfoil.switch.upstream import IssuerAnswer
from counterfoil.switch.wire import CLAIMS, Request
from counterfoil.switch.work import Work

REPEATED: Final = (2, 3, 4, 11, 14, 25, 41, 42, 49, 60)
ECHOED: Final = tuple(f"de{number}" for number in REPEATED)


@lru_cache(maxsize=256)
def repeating(dialect: Dialect) -> Answers:
    """What writes the answers of a dialect."""
    return answers(dialect, REPEATED)


@lru_cache(maxsize=64)
def institutions(issuer: str, acquirer: str) -> str:
    """DE44: who decided and who asked."""
    return f"{issuer:<11.11}{acquirer:<11}"


def answer(desk: Desk, work: Work, ask: Request, code: str, *, what: str = "answered", **fields: str | bytes) -> None:
    """Say `code` to a request; `fields` (de37=…) are what the answer holds besides."""
    message = spoken(desk, work, ask, code, fields)
    work.said(what, "4", ask.dialect.told(message), message.de37 or "", message.de41 or "")


def spoken(desk: Desk, work: Work, ask: Request, code: str, fields: Mapping[str, str | bytes]) -> Message:
    """Say `code` to a request and leave no evidence of it; `fields` are what the answer holds besides."""
    told = repeated(ask)
    told["de12"], told["de13"] = local(work.now, desk.settings.clock.offset(work.now))
    told["de39"] = code
    told.update(fields)
    return send(desk, work, ask, told)


def repeated(ask: Request) -> dict[str, str | bytes]:
    """What an answer repeats of its request."""
    asked = ask.message.__dict__
    return {name: value for name in ECHOED if (value := asked.get(name)) is not None}


def result(desk: Desk, work: Work, ask: Request, attempt: Attempt, heard: IssuerAnswer | None = None) -> None:
    """Say the stored result of the attempt that a request is about, freshly MACed; `heard` is the issuer's answer that
    has just brought it.
    """
    settings, code, card, rrn, terminal = desk.settings, attempt.response_code, ask.card, attempt.rrn, ask.message.de41
    issuer = desk.issuers.get(attempt.issuer)
    acquirer, clock = settings.acquirer, desk.clock
    time, date = local(attempt.answered_at, clock.offset(attempt.answered_at))
    added: dict[str, str | bytes] = {
        "de12": time,
        "de13": date,
        "de15": local(attempt.started_at, clock.offset(attempt.started_at))[1],
        "de32": acquirer,
        "de37": rrn,
        "de39": code,
        "de44": institutions(issuer.institution if issuer else "", acquirer),
    }
    if card is None and ask.terminal is not None:
        card = card_of(ask.message, ask.terminal, desk.hsm)
    pan = card.pan if isinstance(card, PresentedCard) else ask.message.de2
    if pan is not None:
        added["de2"] = pan
    auth_code = attempt.auth_code if attempt.auth_code and responses.is_approval(code) else None
    if auth_code is not None:
        added["de38"] = auth_code
    if attempt.balances:
        added["de54"] = attempt.balances
    mac = mac_of(desk, work, ask)
    assert mac is not None, "a result is said to nobody but whose request had a valid MAC"
    body = repeating(ask.dialect)(ask.source, answer_of(ask.message.mti), added, "de64")
    say(work, ask, body + mac.of(body))
    line = work.joins(rrn, terminal or "") if heard is not None and ask.dialect is CUP_POS else None
    if line is not None and heard is not None:
        work.said_to(line, "answered", "4", additions.of_answer(attempt.kind, added, REPEATED, ask, heard))
    else:
        told = ask.dialect.told(Message.of(answer_of(ask.message.mti), repeated(ask) | added))
        work.said("answered", "4", told, rrn, terminal or "")


def mac_of(desk: Desk, work: Work, ask: Request) -> KeyedMac | None:
    """What MACs an answer: the key of its request, whatever sign-ons came meanwhile. A refusal of what had no valid MAC
    goes under the key of today, or the last that was offered; None for a terminal that was given none.
    """
    if ask.mac is not None:
        return ask.mac
    terminal = work.terminals.get(ask.message.de41 or "")
    if terminal is None:
        return None
    mak = terminal.mak or (terminal.offers[-1].mak if terminal.offers else None)
    return desk.hsm.keyed_mac(mak, terminal.mac_algorithm, terminal.mac_raw) if mak is not None else None


def send(desk: Desk, work: Work, ask: Request, told: dict[str, str | bytes]) -> Message:
    """MAC an answer made of these fields, and say it on the connection of its request."""
    mti = answer_of(ask.message.mti)
    assert mti, "only requests come here"
    message = Message.of(mti, told)
    mac = mac_of(desk, work, ask) if ask.message.mti not in CLAIMS else None
    if mac is None:
        say(work, ask, ask.dialect.encode(message))
    else:
        message.de64 = NO_MAC
        body = ask.dialect.encode(message)[:-MAC_BYTES]
        say(work, ask, body + mac.of(body))
    return message


def say(work: Work, ask: Request, body: bytes) -> None:
    """An answer on the connection of its request."""
    packet = ask.packet
    data = framing.join_cup(framing.swap_tpdu(packet.tpdu), packet.header, body)
    work.out.append(Send(ask.link, ask.conn, data, proven=ask.mac is not None))
