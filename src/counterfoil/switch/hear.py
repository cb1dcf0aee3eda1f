"""What comes in, sorted: a request from a terminal to its rule, an answer from an issuer to its own.

The order of the checks on a request is fixed, and a test holds it: format 30, unknown terminal 97, other merchant 03,
not signed on or wrong MAC A0, not supported 40, then the verb's own rules. A message whose MAC is wrong changes
nothing, whatever it says.
"""

from __future__ import annotations

from typing import Final

from counterfoil.switch import replies, saf, session
from counterfoil.switch.authorise import purchase
from counterfoil.switch.desk import Desk
from counterfoil.switch.intake import Ask, answer_mti
from counterfoil.switch.reverse import reversal
from counterfoil.switch.rows import Terminal
from counterfoil.switch.signon import manage
from counterfoil.switch.tell import answer
from counterfoil.switch.upstream import Heard, authentic
from counterfoil.switch.work import Work

FORMAT: Final = "30"
UNKNOWN_TERMINAL: Final = "97"
OTHER_MERCHANT: Final = "03"
WRONG_MAC: Final = "A0"
NOT_SUPPORTED: Final = "40"

MANAGEMENT: Final = frozenset({"0800", "0820"})
WITHOUT_MAC: Final = frozenset({"0320", "0500"})  # their tables of elements have no DE64


def from_terminal(desk: Desk, work: Work, ask: Ask) -> None:
    """Decide one request of a terminal connection."""
    message, terminal = ask.message, ask.terminal
    if answer_mti(message.mti) is None:
        work.refuse(ask.link, ask.conn, "not a request", ask.dialect.told(message))
    elif ask.error and (message.de41 is None or message.de11 is None):
        work.refuse(ask.link, ask.conn, ask.error)
    elif ask.error:
        _turn_away(desk, work, ask, FORMAT)
    elif terminal is None:
        _turn_away(desk, work, ask, UNKNOWN_TERMINAL)
    elif message.de42 != terminal.merchant:
        _turn_away(desk, work, ask, OTHER_MERCHANT)
    elif message.mti in MANAGEMENT:
        manage(desk, work, ask, terminal)
    elif not genuine(desk, ask, terminal):
        work.alarm("wrong_mac", terminal.terminal, f"a {message.mti} without a valid MAC")
        _turn_away(desk, work, ask, WRONG_MAC)
    elif message.mti == "0200":
        purchase(desk, work, ask, terminal, ask.key)
    elif message.mti == "0400":
        reversal(desk, work, ask, ask.key)
    else:
        _turn_away(desk, work, ask, NOT_SUPPORTED)


def genuine(desk: Desk, ask: Ask, terminal: Terminal) -> bool:
    """Whether the terminal vouches for its request."""
    if ask.message.de64 is None:
        return ask.message.mti in WITHOUT_MAC
    mak = terminal.mak
    if mak is None:
        return False
    ask.proven = desk.hsm.keyed_mac(mak, terminal.mac_algorithm, terminal.mac_raw).closes(ask.packet.body)
    return ask.proven


def from_issuer(desk: Desk, work: Work, heard: Heard) -> None:
    """Decide one message from an issuer. What it does not vouch for counts as if it had not come."""
    frame, mti = heard.frame, heard.mti
    issuer = desk.issuers.get(frame.link)
    if issuer is None:
        work.refuse(frame.link, frame.conn, "a link nobody configured")
        return
    if not mti:
        work.alarm("unreadable", frame.link, f"{len(frame.data)} bytes that are no message")
    elif not authentic(desk, issuer, frame) or not heard.whole:
        what = "answer_unreadable" if not heard.whole else "answer_wrong_mac"
        mine = work.heard_of(heard.answer.de37)
        work.saw(what, "3", heard.answer.told, **mine)
        work.alarm(what, frame.link, f"a {mti} that counts as no answer", rrn=mine.get("rrn", ""))
    else:
        session.heard(work, frame.link)
        if mti == "0210":
            replies.answered(desk, work, frame.link, heard.answer)
        elif mti == "0430":
            saf.acknowledged(desk, work, frame.link, heard.message)
        elif mti == "0810":
            session.answered(work, frame.link, heard.message)
        elif mti == "0800":
            session.asked(desk, work, frame.link, heard.message)
        else:
            work.alarm("unexpected", frame.link, f"a {mti}")


def _turn_away(desk: Desk, work: Work, ask: Ask, code: str) -> None:
    """Answer without looking at any attempt."""
    work.saw("asked", "1", ask.dialect.told(ask.message), terminal=ask.message.de41 or "")
    answer(desk, work, ask, code, what="turned_away")
