"""The network messages with an issuer: sign-on when the link comes up, an echo test after silence.

Money goes over a link when its sign-on is answered and the two have compared what they know of each other
(forgotten.py). A sign-on that is refused is an alarm. So is one that is not answered within a switch timer; as an
issuer may know no sign-on, money goes on without, and the sign-on is said again later. An echo that is not answered
means that the connection is dead without knowing it, so it is closed and comes up again. How soon is the link's
business (links/client.py); what was on its way when it went down is what the issuer may have hung up on.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import Message
from counterfoil.iso8583.mti import NETWORK
from counterfoil.iso8583.network import ECHO, SIGN_ON
from counterfoil.iso8583.recollection import build_question, parse_answer
from counterfoil.iso8583.responses import APPROVED
from counterfoil.step import Hangup, Instant
from counterfoil.switch import forgotten, forward, numbers, saf
from counterfoil.switch.desk import Desk
from counterfoil.switch.memory import IssuerSession, RecollectionWalk
from counterfoil.switch.settings import Settings
from counterfoil.switch.upstream import LANE, NETWORK_ANSWER, sending
from counterfoil.switch.work import Work

ALARMING: Final = 5
"""Connections in a row that end before their sign-on is answered, after which an operator is told."""


def connected(desk: Desk, work: Work, issuer: str) -> None:
    """The link came up: sign on."""
    unanswered = work.sessions[issuer].unanswered
    walk = forgotten.begin(desk, issuer)
    link = IssuerSession(up=True, heard_at=work.now, since=work.ticks.last, unanswered=unanswered, walk=walk)
    work.put_session(issuer, link)
    _ask(desk, work, issuer, SIGN_ON)


def closed(work: Work, issuer: str) -> None:
    """The link went down. What was on its way stays unknown until its deadline."""
    session = work.sessions[issuer]
    unanswered = session.unanswered + 1 if session.asked == SIGN_ON else 0
    if unanswered == ALARMING:
        work.alarm("hangs_up", issuer, f"{ALARMING} connections in a row ended before their sign-on was answered")
    work.put_session(issuer, IssuerSession(unanswered=unanswered))
    saf.hung_up(work, issuer)
    forward.hung_up(work, issuer, session.since)


def heard(work: Work, issuer: str) -> None:
    """Something genuine came in: the link is alive."""
    session = work.sessions[issuer]
    if session.heard_at != work.now:
        work.put_session(issuer, msgspec.structs.replace(session, heard_at=work.now))


def answered(desk: Desk, work: Work, issuer: str, message: Message) -> None:
    """Take an 0810 whose MAC is right."""
    session = work.sessions[issuer]
    if not session.asked or (message.de7, message.de11) != _numbers(session):
        return
    accepted = message.de39 == APPROVED
    if not accepted:
        work.alarm("issuer_refuses", issuer, f"it answers {message.de39} to DE70 {session.asked}")
    idle = msgspec.structs.replace(session, asked="", tick=0, answer_by=0)
    if session.asked == SIGN_ON:
        walk = _compared(desk, work, issuer, session, message) if accepted else None
        if walk is not None:
            work.put_session(issuer, msgspec.structs.replace(idle, walk=walk))
            _ask(desk, work, issuer, SIGN_ON)
            return
        idle = msgspec.structs.replace(idle, signed_on=accepted, open=True, again_at=0)
    work.put_session(issuer, idle)


def _compared(desk: Desk, work: Work, issuer: str, session: IssuerSession, message: Message) -> RecollectionWalk | None:
    """The next page of the comparison, None when it has come to its end, or the issuer takes no part in it."""
    if message.de48 is None:
        return None
    try:
        return forgotten.go_on(desk, work, issuer, session.walk, parse_answer(message.de48))
    except DecodeError:
        return None


def asked(desk: Desk, work: Work, issuer: str, message: Message) -> None:
    """Answer the issuer's own 0800."""
    answer = Message(NETWORK_ANSWER, de7=message.de7, de11=message.de11, de39=APPROVED, de70=message.de70)
    work.out.append(sending(desk, desk.issuers[issuer], answer))


def timers(desk: Desk, work: Work) -> None:
    """What no answer came to, and what has been silent too long."""
    for issuer, session in list(work.sessions.items()):
        if not session.up or wakes_at(session, desk.settings) > work.now:
            continue
        if not session.asked:
            silent = session.heard_at + desk.settings.echo_idle <= work.now
            _ask(desk, work, issuer, ECHO if silent else SIGN_ON)
            continue
        work.alarm("issuer_silent", issuer, f"no answer to DE70 {session.asked}")
        idle = msgspec.structs.replace(session, asked="", tick=0, answer_by=0, heard_at=work.now)
        if session.asked == ECHO:
            work.out.append(Hangup(issuer, LANE))
        else:
            idle = msgspec.structs.replace(idle, open=True, again_at=work.now + desk.settings.echo_idle)
        work.put_session(issuer, idle)


def wakes_at(session: IssuerSession, settings: Settings) -> Instant:
    """When the session of a link that is up wants to be looked at again."""
    if session.asked:
        return session.answer_by
    silent = session.heard_at + settings.echo_idle
    return min(silent, session.again_at) if session.again_at else silent


def _ask(desk: Desk, work: Work, issuer: str, code: str) -> None:
    tick = work.tick()
    session = work.sessions[issuer]
    message = Message(NETWORK, de7=numbers.transmitted(tick), de11=numbers.trace(tick), de70=code)
    if code == SIGN_ON:
        message.de32, message.de48 = desk.settings.acquirer, build_question(session.walk.question)
    work.out.append(sending(desk, desk.issuers[issuer], message))
    answer_by = work.now + desk.settings.switch_timer
    work.put_session(issuer, msgspec.structs.replace(session, asked=code, tick=tick, answer_by=answer_by))


def _numbers(session: IssuerSession) -> tuple[str, str]:
    return numbers.transmitted(session.tick), numbers.trace(session.tick)
