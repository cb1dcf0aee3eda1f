"""What comes in, sorted: a request from a terminal to its rule, an answer from an issuer to its own.

The order of the checks on a request is fixed, and a test holds it. First of all its MAC, over the bytes as they came,
whether or not they can be read; what has no valid one is not answered but by burning its key (strangers.py). Then: the
key is known (its result, 12, 94), format 30, other merchant 03, not supported 40, then the verb's own rules.
Messages that carry no MAC by their nature are claims: they decide nothing about money.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583.mti import NETWORK, NETWORK_ADVICE, REVERSAL, answer_of
from counterfoil.iso8583.responses import FORMAT_ERROR, INVALID_MERCHANT, NOT_SUPPORTED, UNKNOWN_TERMINAL
from counterfoil.kinds import TABLE
from counterfoil.security import StoredKey
from counterfoil.switch import replies, saf, session, strangers
from counterfoil.switch.decide import request, turned_away
from counterfoil.switch.desk import Desk
from counterfoil.switch.rows import TerminalRow
from counterfoil.switch.signon import manage, taken
from counterfoil.switch.undo import reversal
from counterfoil.switch.upstream import NETWORK_ANSWER, REVERSAL_ANSWER, IssuerMessage, authentic
from counterfoil.switch.wire import CLAIMS, Request
from counterfoil.switch.work import Work

ANSWERS: Final = frozenset(answer_of(kind.wire.mti) for kind in TABLE)
MANAGEMENT: Final = frozenset({NETWORK, NETWORK_ADVICE})


def from_terminal(desk: Desk, work: Work, ask: Request) -> None:
    """Decide one request of a terminal connection."""
    mti, terminal = ask.message.mti, ask.terminal
    if not answer_of(mti):
        strangers.not_a_request(desk, work, ask.link, ask.conn, "not a request", ask.dialect.told(ask.message))
    elif mti in CLAIMS:
        _claimed(desk, work, ask)
    elif terminal is None or (terminal := vouched(desk, work, ask, terminal)) is None:
        strangers.unsealed(desk, work, ask)
    elif mti == REVERSAL:
        reversal(desk, work, ask, ask.key)
    elif ask.error:
        turned_away(desk, work, ask, terminal, FORMAT_ERROR)
    elif ask.message.de42 != terminal.merchant:
        turned_away(desk, work, ask, terminal, INVALID_MERCHANT)
    elif mti in desk.spellings.requests:
        request(desk, work, ask, terminal, ask.key)
    else:
        turned_away(desk, work, ask, terminal, NOT_SUPPORTED)


def vouched(desk: Desk, work: Work, ask: Request, terminal: TerminalRow) -> TerminalRow | None:
    """The terminal as it is from now on, when it vouches for its request; None when it does not.

    The MAC closes the bytes, whatever we make of them. One under keys that a sign-on was told makes them its keys.
    """
    if genuine(desk, ask, terminal, terminal.mak):
        return terminal
    for offer in reversed(terminal.offers):
        if genuine(desk, ask, terminal, offer.mak):
            ask.terminal = taken(desk, work, terminal, offer)
            return ask.terminal
    return None


def genuine(desk: Desk, ask: Request, terminal: TerminalRow, mak: StoredKey | None) -> bool:
    """Whether a request has a valid MAC under this key of its terminal."""
    if mak is None:
        return False
    mac = desk.hsm.keyed_mac(mak, terminal.mac_algorithm, terminal.mac_raw)
    if not mac.closes(ask.packet.body):
        return False
    ask.mac = mac
    return True


def _claimed(desk: Desk, work: Work, ask: Request) -> None:
    """A message whose table of elements has no DE64: anybody may have sent it."""
    message, terminal = ask.message, ask.terminal
    if ask.error and (message.de41 is None or message.de11 is None):
        strangers.not_a_request(desk, work, ask.link, ask.conn, ask.error)
    elif ask.error:
        strangers.told(desk, work, ask, FORMAT_ERROR)
    elif terminal is None:
        strangers.told(desk, work, ask, UNKNOWN_TERMINAL)
    elif message.de42 != terminal.merchant:
        strangers.told(desk, work, ask, INVALID_MERCHANT)
    elif message.mti in MANAGEMENT:
        manage(desk, work, ask, terminal)
    else:
        strangers.told(desk, work, ask, NOT_SUPPORTED)


def from_issuer(desk: Desk, work: Work, heard: IssuerMessage) -> None:
    """Decide one message from an issuer. What it does not vouch for counts as if it had not come."""
    frame, mti = heard.frame, heard.mti
    issuer = desk.issuers.get(frame.link)
    if issuer is None:
        work.refuse(frame.link, frame.conn, "a link nobody configured")
        return
    if not mti:
        if strangers.may_keep(desk, work, frame.link):
            work.alarm("unreadable", frame.link, f"{len(frame.data)} bytes that are no message")
    elif not authentic(desk, issuer, frame) or not heard.whole:
        _unbelieved(desk, work, heard)
    else:
        session.heard(work, frame.link)
        if mti in ANSWERS:
            replies.answered(desk, work, frame.link, mti, heard.answer)
        elif mti == REVERSAL_ANSWER:
            saf.acknowledged(desk, work, frame.link, heard.message)
        elif mti == NETWORK_ANSWER:
            session.answered(desk, work, frame.link, heard.message)
        elif mti == NETWORK:
            session.asked(desk, work, frame.link, heard.message)
        else:
            work.alarm("unexpected", frame.link, f"a {mti}")


def _unbelieved(desk: Desk, work: Work, heard: IssuerMessage) -> None:
    """A message of an issuer that cannot be read, or has no valid MAC."""
    issuer = heard.frame.link
    if strangers.may_keep(desk, work, issuer):
        what = "answer_unreadable" if not heard.whole else "answer_wrong_mac"
        mine = work.heard_of(heard.answer.de37)
        work.saw(what, "3", heard.answer.told, **mine)
        work.alarm(what, issuer, f"a {heard.mti} that counts as no answer", rrn=mine.get("rrn", ""))
