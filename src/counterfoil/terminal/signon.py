"""Signing on: fresh working keys and the batch number, by itself, whenever the terminal has reason to.

The STAN goes up with every request that has one. When it has run out, the terminal signs on with STAN 1; the host sees
it going backwards and gives a new batch number, so no key of an attempt ever comes round again. An answer has no MAC:
an old one may be said again, or a batch changed on its way. So a batch in which this STAN, or a later one, was used is
not taken.
"""

from __future__ import annotations

from counterfoil.errors import PeerError
from counterfoil.iso8583 import Message
from counterfoil.iso8583.responses import APPROVED
from counterfoil.terminal import birth, causes, numbers, sentences, wire
from counterfoil.terminal.lane import Awaited, Exchange, Lane
from counterfoil.terminal.work import Work


def ask(work: Work, lane: Lane) -> None:
    """Send the 0800."""
    if numbers.run_out(lane):
        numbers.start_over(lane, work.now)
    stan = numbers.next_stan(lane)
    message = wire.sign_on(lane.device, stan)
    deadline = work.now + work.settings.timer
    token = work.send(lane, wire.seal(work.hsm, lane.device, message), deadline)
    lane.exchange = Exchange(Awaited.SIGN_ON, message.mti, stan, deadline, token)
    lane.show(sentences.SIGNING_ON)
    work.note(lane, "sign-on sent", None, message)


def answered(work: Work, lane: Lane, stan: str, message: Message) -> None:
    """An 0810: take the keys if they prove themselves, else sell nothing."""
    work.note(lane, "sign-on answered", None, message)
    if message.de39 != APPROVED:
        failed(work, lane, f"{causes.SIGN_ON}:{message.de39 or '?'}")
        return
    try:
        device = wire.keys_from(work.hsm, lane.device, message)
        if numbers.used_from(work, device.terminal, device.batch, int(stan)):
            raise PeerError(f"the host gave batch {device.batch}, whose STANs were used")
    except PeerError as error:
        work.note(lane, "sign-on keys refused", None, {"error": str(error)})
        failed(work, lane, f"{causes.SIGN_ON}:{causes.KEYS}")
        return
    lane.device = device
    lane.exchange = None
    lane.signed_on = True
    lane.dials = 0
    lane.show(sentences.SIGNED_ON)
    lane.wake = work.now if lane.current is not None and not lane.asks else None


def failed(work: Work, lane: Lane, cause: str = f"{causes.SIGN_ON}:{causes.UNANSWERED}") -> None:
    """No keys: what waits is told that nothing was sent, and the terminal tries again later by itself."""
    lane.exchange = None
    lane.show(sentences.NO_LINE if cause == causes.LINE else sentences.SIGN_ON_FAILED)
    lane.redial(work.now, work.settings.pause_after_refusal, work.settings.pause_after_tries)
    birth.give_up(work, lane, cause)
