"""Management messages: sign-on with fresh working keys and the batch number, sign-off, echo test.

A sign-on carries no MAC: the keys it is answered with are of use only to the holder of the terminal's master key.
The batch number is issued here. A terminal whose STAN went backwards in its batch was wiped or replaced, or its STANs
ran out; so did one that says it has no batch, however far its STAN has come meanwhile. It gets the next batch, so that
no key of an attempt comes round again.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from counterfoil.iso8583 import nested
from counterfoil.security import KeyUsage, StoredKey
from counterfoil.switch.desk import Desk
from counterfoil.switch.intake import NO_BATCH, Ask, network_code
from counterfoil.switch.numbers import rrn
from counterfoil.switch.rows import Terminal
from counterfoil.switch.strangers import highest_stan, told
from counterfoil.switch.work import Work

SINGLE: Final = "001"
TRACK: Final = "004"
# 005 is an acquirer's own code for a sign-on; its holder is given the keys as 003 gives them.
SIGN_ON: Final = frozenset({SINGLE, "003", TRACK, "005"})
SIGN_OFF: Final = "002"
ECHO: Final = "301"

APPROVED: Final = "00"
NO_MASTER_KEY: Final = "A7"
NOT_SUPPORTED: Final = "40"
FORMAT: Final = "30"


def manage(desk: Desk, work: Work, ask: Ask, terminal: Terminal) -> None:
    """Answer an 0800 or 0820 of a registered terminal."""
    code = network_code(ask.message)
    if ask.message.mti == "0800" and code in SIGN_ON:
        _sign_on(desk, work, ask, terminal, code)
    elif ask.message.mti == "0820" and code == SIGN_OFF:
        work.put_terminal(replace(terminal, pik=None, mak=None, tdk=None, signed_on_at=0))
        told(desk, work, ask, APPROVED)
    elif ask.message.mti == "0820" and code == ECHO:
        told(desk, work, ask, APPROVED)
    else:
        told(desk, work, ask, NOT_SUPPORTED)


def _sign_on(desk: Desk, work: Work, ask: Ask, terminal: Terminal, code: str) -> None:
    stan, tmk = ask.message.de11, terminal.tmk
    if stan is None:
        told(desk, work, ask, FORMAT)
        return
    if tmk is None:
        told(desk, work, ask, NO_MASTER_KEY)
        return
    if not _repeated(desk, work, terminal, stan, code):
        batch = terminal.batch
        if _began_anew(desk, work, ask, terminal, stan):
            batch = f"{int(batch) % 999_999 + 1:06d}"
        keys = _fresh_keys(desk, terminal, code)
        terminal = replace(terminal, batch=batch, **keys, signed_on_at=work.now, signon_stan=stan, signon_code=code)
        work.put_terminal(terminal)
    told(
        desk,
        work,
        ask,
        APPROVED,
        de32=desk.settings.acquirer,
        de37=rrn(work.tick(), desk.settings.utc_offset),
        de60=nested.build_de60((ask.message.de60 or "00")[:2], terminal.batch, code),
        de62=_wrapped(desk, terminal, tmk),
    )


def _repeated(desk: Desk, work: Work, terminal: Terminal, stan: str, code: str) -> bool:
    """The network doubled the request: whichever answer the terminal takes, the keys must be these."""
    # Not from the future either: after the clock went back an old sign-on is not a recent one.
    recent = 0 <= work.now - terminal.signed_on_at < desk.settings.signon_repeat
    return bool(recent and terminal.mak and (stan, code) == (terminal.signon_stan, terminal.signon_code))


def _began_anew(desk: Desk, work: Work, ask: Ask, terminal: Terminal, stan: str) -> bool:
    """Whether this device does not go on where the one that used the batch before had come to.

    Its own last sign-on may come again with the same STAN; an attempt's STAN never.
    """
    highest = highest_stan(desk, work, terminal)
    if stan <= highest or stan < terminal.signon_stan:
        return True
    has_none = (ask.message.de60 or "")[2:8] == NO_BATCH
    return has_none and bool(highest or terminal.signon_stan)


def _fresh_keys(desk: Desk, terminal: Terminal, code: str) -> dict[str, StoredKey | None]:
    size = 8 if code == SINGLE else 16
    return {
        "pik": desk.hsm.generate(KeyUsage.PIN, size),
        "mak": desk.hsm.generate(KeyUsage.MAC, min(size, terminal.mak_size)),
        "tdk": desk.hsm.generate(KeyUsage.TRACK, 16) if code == TRACK else None,
    }


def _wrapped(desk: Desk, terminal: Terminal, tmk: StoredKey) -> bytes:
    """DE62: each key as a cryptogram under the master key, with its check value."""
    pik, mak, tdk = terminal.pik, terminal.mak, terminal.tdk
    assert pik is not None and mak is not None  # noqa: PT018 - this sign-on made them
    track = desk.hsm.wrap(tdk, tmk) if tdk is not None else (b"", b"")
    return nested.build_de62_keys(*desk.hsm.wrap(pik, tmk), *desk.hsm.wrap(mak, tmk), *track)
