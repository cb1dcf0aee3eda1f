"""The network messages with an issuer: sign-on when the link comes up, an echo test after silence.

A link counts as usable as soon as it is connected: money does not wait for a sign-on answer. A sign-on that is refused
or not answered is an alarm; an echo that is not answered means that the connection is dead without knowing it, so it
is closed and comes up again. How soon is the link's business (links/client.py); what was on its way when it went down
is what the issuer may have hung up on.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.iso8583 import Message
from counterfoil.step import Hangup, Instant
from counterfoil.switch import forward, numbers, saf
from counterfoil.switch.desk import Desk
from counterfoil.switch.memory import Session
from counterfoil.switch.settings import Settings
from counterfoil.switch.upstream import LANE, sending
from counterfoil.switch.work import Work

SIGN_ON: Final = "001"
ECHO: Final = "301"
APPROVED: Final = "00"
ALARMING: Final = 5
"""Connections in a row that end before their sign-on is answered, after which an operator is told."""


def connected(desk: Desk, work: Work, issuer: str) -> None:
    """The link came up: sign on."""
    unanswered = work.sessions[issuer].unanswered
    work.put_session(issuer, Session(up=True, heard_at=work.now, since=work.ticks.last, unanswered=unanswered))
    _ask(desk, work, issuer, SIGN_ON)


def closed(work: Work, issuer: str) -> None:
    """The link went down. What was on its way stays unknown until its deadline."""
    session = work.sessions[issuer]
    unanswered = session.unanswered + 1 if session.asked == SIGN_ON else 0
    if unanswered == ALARMING:
        work.alarm("hangs_up", issuer, f"{ALARMING} connections in a row ended before their sign-on was answered")
    work.put_session(issuer, Session(unanswered=unanswered))
    saf.hung_up(work, issuer)
    forward.hung_up(work, issuer, session.since)


def heard(work: Work, issuer: str) -> None:
    """Something genuine came in: the link is alive."""
    session = work.sessions[issuer]
    if session.heard_at != work.now:
        work.put_session(issuer, msgspec.structs.replace(session, heard_at=work.now))


def answered(work: Work, issuer: str, message: Message) -> None:
    """Take an 0810 whose MAC is right."""
    session = work.sessions[issuer]
    if not session.asked or (message.de7, message.de11) != _numbers(session):
        return
    accepted = message.de39 == APPROVED
    if not accepted:
        work.alarm("issuer_refuses", issuer, f"it answers {message.de39} to DE70 {session.asked}")
    signed_on = accepted if session.asked == SIGN_ON else session.signed_on
    idle = msgspec.structs.replace(session, asked="", tick=0, answer_by=0, signed_on=signed_on)
    work.put_session(issuer, idle)


def asked(desk: Desk, work: Work, issuer: str, message: Message) -> None:
    """Answer the issuer's own 0800."""
    answer = Message("0810", de7=message.de7, de11=message.de11, de39=APPROVED, de70=message.de70)
    work.out.append(sending(desk, desk.issuers[issuer], answer))


def timers(desk: Desk, work: Work) -> None:
    """What no answer came to, and what has been silent too long."""
    for issuer, session in list(work.sessions.items()):
        if not session.up or wakes_at(session, desk.settings) > work.now:
            continue
        if not session.asked:
            _ask(desk, work, issuer, ECHO)
            continue
        work.alarm("issuer_silent", issuer, f"no answer to DE70 {session.asked}")
        work.put_session(issuer, msgspec.structs.replace(session, asked="", tick=0, answer_by=0, heard_at=work.now))
        if session.asked == ECHO:
            work.out.append(Hangup(issuer, LANE))


def wakes_at(session: Session, settings: Settings) -> Instant:
    """When the session of a link that is up wants to be looked at again."""
    return session.answer_by if session.asked else session.heard_at + settings.echo_idle


def _ask(desk: Desk, work: Work, issuer: str, code: str) -> None:
    tick = work.tick()
    message = Message("0800", de7=numbers.transmitted(tick), de11=numbers.trace(tick), de70=code)
    work.out.append(sending(desk, desk.issuers[issuer], message))
    session = work.sessions[issuer]
    answer_by = work.now + desk.settings.switch_timer
    work.put_session(issuer, msgspec.structs.replace(session, asked=code, tick=tick, answer_by=answer_by))


def _numbers(session: Session) -> tuple[str, str]:
    return numbers.transmitted(session.tick), numbers.trace(session.tick)
