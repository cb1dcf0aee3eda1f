"""Messages nobody vouches for: without a valid MAC, of a terminal that is not registered, or no message at all.

Such a message proves nothing about the attempt whose key it carries: another, intact copy of it may be approved at
this moment. It is answered only where the commit of the answer burns that key, so that an intact copy that comes later
is refused too; everything else gets silence (docs/loop.md, Trust). A reversal always gets silence.

What is burnt and what is kept is bounded by the hour, for each terminal and once for all that names none: nobody fills
a disk here, or uses up a terminal's numbers, without a key. What comes above the bound is counted.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583.mti import TRANSACTION_REQUESTS
from counterfoil.iso8583.responses import MAC_ERROR
from counterfoil.switch import numbers
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event, moved
from counterfoil.switch.rows import Attempt, TerminalRow
from counterfoil.switch.tell import answer, spoken
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.transaction import LAST_STAN, AttemptKey

NOBODY: Final = ""  # whose quota it is when a message names no terminal of ours
AHEAD: Final = 100
"""How far above the highest STAN a terminal vouched for its next one may be (docs/loop.md, Trust)."""


def unsealed(desk: Desk, work: Work, ask: Request) -> None:
    """Take a message that has no valid MAC: burn the key of its attempt and say A0, or say nothing."""
    if ask.error and not ask.message.present():
        not_a_request(desk, work, ask.link, ask.conn, ask.error)
        return
    terminal, key, mti = ask.terminal, ask.key, ask.message.mti
    if (
        terminal is not None
        and key is not None
        and mti in TRANSACTION_REQUESTS
        and _may_burn(desk, work, terminal, key)
    ):
        quota = work.quota(terminal.terminal)
        work.put_quota(terminal.terminal, quota._replace(burnt=quota.burnt + 1))
        work.alarm("wrong_mac", terminal.terminal, f"a {mti} without a valid MAC: its key is burnt")
        burn(desk, work, ask, key, MAC_ERROR)
        return
    name = terminal.terminal if terminal is not None else NOBODY
    if may_keep(desk, work, name):
        work.saw("ignored", "1", ask.dialect.told(ask.message), terminal=name)
        what = "wrong_mac" if terminal is not None else "unknown_terminal"
        work.alarm(what, name, f"a {mti} without a valid MAC: not answered")


def burn(desk: Desk, work: Work, ask: Request, key: AttemptKey, code: str) -> None:
    """Refuse a message that nobody looked into: the no is stored under its key, then said.

    Nothing of what it asked for is stored, so whatever comes under the key afterwards is the same to it.
    """
    tick = work.tick()
    attempt = Attempt(
        key,
        rrn=numbers.rrn(tick, desk.settings.clock.numbering),
        state=moved(None, Event.REFUSE, ""),
        merchant=ask.terminal.merchant if ask.terminal is not None else "",
        response_code=code,
        started_at=work.now,
        answered_at=work.now,
    )
    work.put(attempt)
    work.saw("asked", "1", ask.dialect.told(ask.message), rrn=attempt.rrn, terminal=key.terminal)
    answer(desk, work, ask, code, what="turned_away", de37=attempt.rrn)


def told(desk: Desk, work: Work, ask: Request, code: str, **fields: str | bytes) -> bool:
    """Answer a claim. It decides nothing about money, so anybody may hear it; only its evidence is bounded.

    Whether a line of it was kept.
    """
    name = ask.terminal.terminal if ask.terminal is not None else NOBODY
    kept = may_keep(desk, work, name)
    if kept:
        work.saw("asked", "1", ask.dialect.told(ask.message), terminal=name)
        if ask.terminal is None:
            work.alarm("unknown_terminal", NOBODY, f"a {ask.message.mti} of a terminal that is not registered")
    message = spoken(desk, work, ask, code, fields)
    if kept:
        work.said("answered", "4", ask.dialect.told(message), message.de37 or "", message.de41 or "")
    return kept


def may_keep(desk: Desk, work: Work, name: str) -> bool:
    """Whether another line may be kept this hour of what nobody vouches for; what may not is counted.

    `name` is a terminal, NOBODY, or the link of an issuer.
    """
    quota = work.quota(name)
    if quota.lines >= (desk.settings.peer_lines if name in desk.issuers else desk.settings.stranger_lines):
        work.put_quota(name, quota._replace(more=quota.more + 1))
        work.ignored += 1
        return False
    if not quota.lines and quota.more:
        work.alarm("strangers", name, f"{quota.more} more without a valid MAC before this hour")
        quota = quota._replace(more=0)
    work.put_quota(name, quota._replace(lines=quota.lines + 1))
    return True


def not_a_request(desk: Desk, work: Work, link: str, conn: int | str, reason: str, message: str = "") -> None:
    """Hang up on what cannot be a request; it is kept as far as it may be."""
    if may_keep(desk, work, NOBODY):
        work.refuse(link, conn, reason, message)
    else:
        work.hang_up(link, conn)


def _may_burn(desk: Desk, work: Work, terminal: TerminalRow, key: AttemptKey) -> bool:
    """In the batch of today, never seen before, near to where the terminal is, and not too often."""
    if key.batch != terminal.batch or work.quota(terminal.terminal).burnt >= desk.settings.burnt_keys:
        return False
    if key in work.attempts or key in work.archived:
        return False
    highest = int(highest_stan(desk, work, terminal) or 0)
    return f"{1:06d}" <= key.stan <= f"{min(highest + AHEAD, LAST_STAN):06d}"


def highest_stan(desk: Desk, work: Work, terminal: TerminalRow) -> str:
    """The highest STAN in its batch that a terminal vouched for, those of this step included; "" for none."""
    name, batch = terminal.terminal, terminal.batch
    mine = (key.stan for key, one in work.attempts.items() if key[:2] == (name, batch) and not one.unsealed)
    return max(desk.highest_stan(name, batch), *mine, "")
