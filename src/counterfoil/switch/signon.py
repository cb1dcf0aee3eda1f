"""Management messages: sign-on with fresh working keys and the batch number, sign-off, echo test.

None of them carries a MAC, so anybody may have sent one: each is a claim. A sign-on is told working keys, of use only
to the holder of the terminal's master key, and a batch number; both are offered, and take effect with the first message
under them. Until then the keys and the batch of before hold, and a sale that is under way goes on. Offers stand until
one is taken; above a number of them the last is told again, so a stranger uses up neither keys nor batch numbers, and
pushes out nothing that a terminal was told. A sign-off drops no key.

The batch number is issued here. A terminal whose STAN went backwards in its batch was wiped or replaced, or its STANs
ran out; so did one that says it has no batch, or names another, however far its STAN has come meanwhile. It gets the
next batch, so that no key of an attempt comes round again. After the last one there is none: it needs another terminal
number.

An offer is told again only to whoever claims what it was made for: what a stranger said of a terminal must not come
true because the terminal took up what he had provoked.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from counterfoil.iso8583 import nested
from counterfoil.iso8583.mti import NETWORK, NETWORK_ADVICE
from counterfoil.iso8583.network import ECHO, SIGN_OFF, SIGN_ON, SIGN_ON_DOUBLE, SIGN_ON_TRACK
from counterfoil.iso8583.responses import APPROVED, FORMAT_ERROR, NOT_SUPPORTED, SECURITY_FAILED
from counterfoil.security import KeyUsage, StoredKey
from counterfoil.switch import forgotten
from counterfoil.switch.desk import Desk
from counterfoil.switch.numbers import rrn
from counterfoil.switch.rows import Offer, TerminalRow
from counterfoil.switch.strangers import highest_stan, told
from counterfoil.switch.wire import Request, network_code
from counterfoil.switch.work import Work

# 005 is an acquirer's own code for a sign-on; its holder is given the keys as 003 gives them.
SIGN_ONS: Final = frozenset({SIGN_ON, SIGN_ON_DOUBLE, SIGN_ON_TRACK, "005"})

FIRST_STAN: Final = "000001"
LAST_BATCH: Final = "999999"


def manage(desk: Desk, work: Work, ask: Request, terminal: TerminalRow) -> None:
    """Answer an 0800 or 0820 of a registered terminal."""
    code = network_code(ask.message)
    if ask.message.mti == NETWORK and code in SIGN_ONS:
        _sign_on(desk, work, ask, terminal, code)
    elif ask.message.mti == NETWORK_ADVICE and code in (SIGN_OFF, ECHO):
        told(desk, work, ask, APPROVED)
    else:
        told(desk, work, ask, NOT_SUPPORTED)


def taken(desk: Desk, work: Work, terminal: TerminalRow, offer: Offer) -> TerminalRow:
    """A message came under what a sign-on was told: these are the keys and the batch of its terminal from now on.

    Older offers are nobody's any more. Nor are newer ones once the batch is another: they were made for the one before,
    and two devices must not work in one batch. One of them that did not name that batch may be of another device, which
    works in it from now on: that what comes later in it closed what came before is no proof then. So whoever signs on
    next gets another batch.
    """
    newer = terminal.offers[terminal.offers.index(offer) + 1 :]
    begun = offer.batch != terminal.batch
    shared = any((one.batch, one.named == one.batch) == (offer.batch, False) for one in newer)
    furthest = _furthest_back(terminal, offer) if offer.behind else ""
    terminal = replace(
        terminal,
        batch=offer.batch,
        pik=offer.pik,
        mak=offer.mak,
        tdk=offer.tdk,
        signed_on_at=offer.at,
        offers=() if begun else newer,
        shared=shared if begun else terminal.shared,
    )
    work.put_terminal(terminal)
    work.saw("signed_on", "1", "", terminal=terminal.terminal)
    if offer.behind:
        forgotten.by_terminal(desk, work, terminal.terminal, offer.behind, furthest)
    return terminal


def _furthest_back(terminal: TerminalRow, taken: Offer) -> str:
    """Where a terminal stood that was put back: each of its sign-ons had a STAN of its own, and answers are lost."""
    return min(offer.stan for offer in terminal.offers if offer.behind == taken.behind)


def _sign_on(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, code: str) -> None:
    stan, tmk = ask.message.de11, terminal.tmk
    if stan is None:
        told(desk, work, ask, FORMAT_ERROR)
        return
    if tmk is None:
        told(desk, work, ask, SECURITY_FAILED)
        return
    offer = _standing(desk, work, ask, terminal, stan, code)
    if offer is None:
        if told(desk, work, ask, SECURITY_FAILED):
            work.alarm(
                "batches_used_up", terminal.terminal, "it has had every batch number: give it another terminal number"
            )
        return
    if offer not in terminal.offers:
        others = tuple(one for one in terminal.offers if one.rrn != offer.rrn)
        work.put_terminal(replace(terminal, offers=(*others, offer)))
    told(
        desk,
        work,
        ask,
        APPROVED,
        de32=desk.settings.acquirer,
        de37=offer.rrn,
        de60=nested.build_de60((ask.message.de60 or "00")[:2], offer.batch, code),
        de62=_wrapped(desk, offer, tmk),
    )


def _standing(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, stan: str, code: str) -> Offer | None:
    """What this sign-on is told: an offer that stands, or another one; None when no batch number is left for it.

    An offer that stands is told again only to whoever claims the same: taking it must not mean what somebody else said.
    """
    batch, named = terminal.batch, (ask.message.de60 or "")[2:8]
    behind = ""
    anew = _began_anew(desk, work, ask, terminal, stan)
    if anew:
        # A wiped or replaced device has no batch, or counts from one again. Any other that names the batch, and stands
        # before what it did in it, was put back.
        behind = batch if named == batch and stan != FIRST_STAN else ""
    for offer in reversed(terminal.offers):
        # Doubled by the network: whichever answer the terminal takes, it must be this one. Not from the future either:
        # after the clock went back an old sign-on is not a recent one.
        doubled = (offer.stan, offer.code, offer.behind) == (stan, code, behind)
        if doubled and 0 <= work.now - offer.at < desk.settings.signon_repeat:
            return offer
    if anew or terminal.shared:
        batch = _next_batch(desk, terminal, stan)
        if not batch:
            return None
    claim = (batch, code, behind)
    alike = [offer for offer in terminal.offers if (offer.batch, offer.code, offer.behind) == claim]
    if len(alike) >= desk.settings.offers:
        # Of several that say they were put back, what is forgotten is told from the furthest back.
        return replace(alike[-1], stan=min(alike[-1].stan, stan)) if behind else alike[-1]
    number = rrn(work.tick(), desk.settings.clock.numbering)
    return Offer(batch, code, stan, work.now, number, *_fresh_keys(desk, terminal, code), behind, named)


def _next_batch(desk: Desk, terminal: TerminalRow, stan: str) -> str:
    """The batch for a device that begins anew; "" when there is none left.

    A device that was told one at a higher STAN may have used its numbers all the same, though nothing in it was heard:
    a device that has begun anew since gets the one behind that. As often as an offer stands, no further. A store that
    was put back does not know which batches it gave since to a terminal of which it has forgotten something: as many
    are left out.
    """
    told = {offer.batch for offer in terminal.offers if offer.stan > stan}
    last = int(terminal.batch) + (desk.settings.offers if desk.recall.has_forgotten(terminal.terminal) else 0)
    number = last + 1
    while f"{number:06d}" in told and number - last < desk.settings.offers:
        number += 1
    return f"{number:06d}" if number <= int(LAST_BATCH) else ""


def _began_anew(desk: Desk, work: Work, ask: Request, terminal: TerminalRow, stan: str) -> bool:
    """Whether this device does not go on where the one that used the batch before had come to.

    Its own last sign-on may come again with the same STAN; an attempt's STAN never. One that has no batch, or names
    another, was wiped, has used up its STANs, was told the next batch and has said nothing in it so far, or comes out
    of an earlier time: it does not go on in this one either, where somebody else may have come further than is known.
    """
    highest = highest_stan(desk, work, terminal)
    if stan <= highest:
        return True
    if (ask.message.de60 or "")[2:8] == terminal.batch:
        return False
    told_before = any(offer.batch == terminal.batch for offer in terminal.offers)
    return bool(highest or terminal.signed_on_at or told_before)


def _fresh_keys(desk: Desk, terminal: TerminalRow, code: str) -> tuple[StoredKey, StoredKey, StoredKey | None]:
    """A PIN, a MAC and perhaps a track key."""
    size = 8 if code == SIGN_ON else 16
    return (
        desk.hsm.generate(KeyUsage.PIN, size),
        desk.hsm.generate(KeyUsage.MAC, min(size, terminal.mak_size)),
        desk.hsm.generate(KeyUsage.TRACK, 16) if code == SIGN_ON_TRACK else None,
    )


def _wrapped(desk: Desk, offer: Offer, tmk: StoredKey) -> bytes:
    """DE62: each key as a cryptogram under the master key, with its check value."""
    track = desk.hsm.wrap(offer.tdk, tmk) if offer.tdk is not None else (b"", b"")
    return nested.build_de62_keys(*desk.hsm.wrap(offer.pik, tmk), *desk.hsm.wrap(offer.mak, tmk), *track)
