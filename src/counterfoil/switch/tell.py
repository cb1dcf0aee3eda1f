"""Answers to terminals (leg 4): on the connection of the request, its TPDU turned round, its header echoed.

Every financial answer to a terminal that is signed on carries a MAC, whatever DE39 says; management answers (08xx)
carry none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from counterfoil.iso8583 import Message, framing, responses
from counterfoil.step import Send
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
    send(desk, work, ask, code, work.now, what, fields)


def result(desk: Desk, work: Work, ask: Ask, attempt: Attempt, *, what: str = "answered") -> None:
    """Say the stored result of an attempt, freshly MACed."""
    settings = desk.settings
    issuer = desk.issuers.get(attempt.issuer)
    fields: dict[str, str | bytes] = {
        "de15": local(attempt.started_at, settings.utc_offset)[1],
        "de32": settings.acquirer,
        "de37": attempt.rrn,
        "de44": f"{issuer.institution if issuer else '':<11.11}{settings.acquirer:<11}",
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
    asked, dialect = ask.message.__dict__, ask.dialect
    names, echoed = echo(tuple(asked))
    told: dict[str, str | bytes] = dict(zip(names, echoed(asked), strict=True))
    told["de12"], told["de13"] = local(at, desk.settings.utc_offset)
    told["de39"] = code
    told.update(fields)
    message = Message.of(mti, told)
    name = ask.message.de41 or ""
    terminal = work.terminals.get(name)
    if terminal is None or terminal.mak is None or mti[:2] == MANAGEMENT:
        body = dialect.encode(message)
    else:
        message.de64 = NO_MAC
        body = dialect.encode(message)[:-MAC_BYTES]
        body += desk.hsm.mac(terminal.mak, body, terminal.mac_algorithm, terminal.mac_raw)
    packet = framing.join_cup(framing.swap_tpdu(ask.tpdu), ask.header, body)
    work.out.append(Send(ask.link, ask.conn, packet))
    work.said(what, "4", dialect.told(message), message.de37 or "", name)


@lru_cache(maxsize=256)
def echo(names: tuple[str, ...]) -> tuple[tuple[str, ...], Callable[[dict[str, Any]], tuple[Any, ...]]]:
    """What an answer repeats of a request with these attributes: their names, and what picks their values."""
    repeated = tuple(name for name in ECHOED if name in names)
    if len(repeated) < 2:  # an itemgetter for one name gives no tuple
        return repeated, lambda asked: tuple(asked[name] for name in repeated)
    return repeated, itemgetter(*repeated)
