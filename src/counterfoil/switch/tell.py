"""Answers to terminals (leg 4): on the connection of the request, its TPDU turned round, its header echoed.

Every financial answer to a terminal that is signed on carries a MAC, whatever DE39 says; management answers (08xx)
carry none.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Message, framing, responses
from counterfoil.step import Send
from counterfoil.switch.card import Card, card_of
from counterfoil.switch.desk import Desk
from counterfoil.switch.intake import Ask, answer_mti
from counterfoil.switch.numbers import local_date, local_time
from counterfoil.switch.rows import Attempt
from counterfoil.switch.work import Work

ECHOED: Final = tuple(f"de{number}" for number in (2, 3, 4, 11, 14, 25, 41, 42, 49, 60))
NO_MAC: Final = bytes(8)


def answer(desk: Desk, work: Work, ask: Ask, code: str, *, what: str = "answered", **fields: str | bytes) -> None:
    """Say `code` to a request; `fields` (de37=…) are what the answer holds besides."""
    send(desk, work, ask, code, work.now, what, fields)


def result(desk: Desk, work: Work, ask: Ask, attempt: Attempt, *, what: str = "answered") -> None:
    """Say the stored result of an attempt, freshly MACed."""
    offset = desk.settings.utc_offset
    issuer = desk.issuers.get(attempt.issuer)
    fields: dict[str, str | bytes] = {
        "de15": local_date(attempt.started_at, offset),
        "de32": desk.settings.acquirer,
        "de37": attempt.rrn,
        "de44": f"{issuer.institution if issuer else '':<11.11}{desk.settings.acquirer:<11}",
    }
    card = ask.card
    if card is None and ask.terminal is not None:
        card = card_of(ask.message, ask.terminal, desk.hsm)
    if isinstance(card, Card):
        fields["de2"] = card.pan
    if attempt.auth_code and responses.is_approval(attempt.response_code):
        fields["de38"] = attempt.auth_code
    send(desk, work, ask, attempt.response_code, attempt.answered_at, what, fields)


def send(desk: Desk, work: Work, ask: Ask, code: str, at: int, what: str, fields: dict[str, str | bytes]) -> None:
    """Build, MAC and send an answer; `at` becomes DE12 and DE13."""
    mti = answer_mti(ask.message.mti)
    assert mti is not None, "only requests come here"
    offset = desk.settings.utc_offset
    asked = ask.message.__dict__
    told = {name: value for name in ECHOED if (value := asked.get(name)) is not None}
    told["de12"], told["de13"], told["de39"] = local_time(at, offset), local_date(at, offset), code
    told.update(fields)
    message = Message.of(mti, told)
    terminal = work.terminals.get(ask.message.de41 or "")
    mak = terminal.mak if terminal is not None and not mti.startswith("08") else None
    if mak is not None:
        message.de64 = NO_MAC
    body = ask.dialect.encode(message)
    if mak is not None and terminal is not None:
        body = body[:-8] + desk.hsm.mac(mak, body[:-8], terminal.mac_algorithm, terminal.mac_raw)
    packet = framing.join_cup(framing.swap_tpdu(ask.tpdu), ask.header, body)
    work.out.append(Send(ask.link, ask.conn, packet))
    work.saw(what, "4", ask.dialect.told(message), rrn=message.de37 or "", terminal=message.de41 or "")
