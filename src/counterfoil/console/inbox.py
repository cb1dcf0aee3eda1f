"""The inbox: everything that is not at rest, the most pressing first, and what somebody may do about it.

Every action has a reason and its line in the audit log; what moves money out of its turn is asked for here and done
when a second person approves it (consent.py).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import decisions
from counterfoil.console.consent import ApprovalRequest
from counterfoil.console.happened import copy
from counterfoil.console.numbered import MOST, opened
from counterfoil.console.people import May, NotAllowed
from counterfoil.console.site import Site, Visit
from counterfoil.console.till import said_of
from counterfoil.inquiry.items import OPEN, OpenItem
from counterfoil.transaction import TerminalStub, parse_ref
from counterfoil.verdict import Verdict
from counterfoil.verdict.finding import iso
from counterfoil.words import Text

LONGEST_NUMBER: Final = 15
"""Digits of a number of ours: more do not fit the store."""
GROUPS: Final[dict[Verdict, Text]] = {
    Verdict.UNKNOWN: Text("Unknown: an answer is owed", "结果未知：等待应答"),
    Verdict.RETURNING: Text("Reversals on their way", "冲正进行中"),
    Verdict.EXCEPTION: Text("Exceptions: a person decides", "异常：须人工裁定"),
    Verdict.PAID_RECEIPT_OPEN: Text("Open receipts", "签购单待交付"),
}
ENDED: Final[dict[str, Text]] = {
    "done": Text("Done.", "已执行。"),
    "failed": Text("The terminal refused: nothing was changed.", "终端拒绝执行，未作更改。"),
    "not_sent": Text("The terminal could not be reached: nothing was changed.", "无法连接终端，未作更改。"),
    "unknown": Text("Whether it was done is not known: look at the payment.", "是否执行不明：请查看该交易。"),
    "asked": Text("Asked for. A second person must approve it.", "已提交，须由另一人批准。"),
    "refused": Text("Refused.", "已拒绝。"),
}


def routes(site: Site) -> list[Route]:
    """The inbox, its live part, asking and deciding."""
    return [
        site.route("/inbox", May.LOOK, inbox),
        site.route("/inbox/live", May.LOOK, live),
        site.route("/inbox/ask", May.PROPOSE, ask, ("POST",)),
        site.route("/inbox/decide", May.PROPOSE, decide, ("POST",)),
    ]


async def inbox(site: Site, visit: Visit, wrong: Text | None = None) -> Response:
    """What is open, and what waits for a second person."""
    values = await _values(site)
    heart, seen = site.heart(visit, "inbox_heart.html", **values)
    said = said_of(visit)
    ended = ENDED.get(visit.request.query_params.get("said", "")) or (said[1] if said else None)
    waiting = [_asked(site, one) for one in site.consent.waiting()]
    owed = values["groups"][Verdict.RETURNING] + values["groups"][Verdict.UNKNOWN]
    more = {"wrong": wrong, "ended": ended, "waiting": waiting, "stuck": [row for row in owed if row["pending"]]}
    return site.page(visit, "inbox.html", 409 if wrong else 200, heart=heart, seen=seen, **more)


async def live(site: Site, visit: Visit) -> Response:
    """What is open, again."""
    return site.beat(visit, "inbox_heart.html", done=False, **await _values(site))


async def _values(site: Site) -> dict[str, Any]:
    now = site.reach.now()

    judged, rows = await site.read(lambda stores: opened(site.reach, stores, now))
    found = [item for item in judged if item.finding.verdict in OPEN]
    groups: dict[Verdict, list[dict[str, Any]]] = {verdict: [] for verdict in OPEN}
    numbers = defaultdict[str, list[str]](list)
    for row in rows.open:
        numbers[row["ref"]].append(row["number"])
    for item in found:
        groups[item.finding.verdict].append(_row(item, numbers[item.one.ref or item.one.request]))
    return {"groups": groups, "titles": GROUPS, "full": len(found) == MOST, "rows": rows}


def _row(item: OpenItem, numbers: list[str]) -> dict[str, Any]:
    terminal = item.finding.evidence.terminal
    ours = terminal if isinstance(terminal, TerminalStub) else None
    return {
        "one": item.one,
        "kind": item.finding.kind,
        "at": iso(item.one.started_at),
        "owner": item.finding.next.owner,
        "action": item.finding.next.action,
        "numbers": numbers,
        "by": iso(item.finding.next.by) if item.finding.next.by else "",
        "receipt": copy(ours.receipt) if ours else None,
        "state": ours.receipt if ours else "",
        "pending": ours is not None and ours.state == "reversing",
    }


def _asked(site: Site, one: ApprovalRequest) -> dict[str, Any]:
    return {
        "number": one.number,
        "text": site.consent.actions[one.action].text,
        "subject": one.subject,
        "reason": one.reason,
        "by": one.asked_by,
        "at": iso(one.asked_at),
        "lapsed": one.lapsed(site.reach.now()),
    }


async def ask(site: Site, visit: Visit) -> Response:
    """Ask that a pending reversal be handed to a person."""
    ref = visit.form.get("ref", "")
    if parse_ref(ref) is None:
        return RedirectResponse("/inbox", 303)
    try:
        site.consent.ask(visit.person, decisions.ESCALATE, ref, visit.form.get("reason", ""), visit.origin)
    except NotAllowed as no:
        return await inbox(site, visit, no.text)
    return RedirectResponse("/inbox?said=asked", 303)


async def decide(site: Site, visit: Visit) -> Response:
    """Approve or refuse what somebody else asked for."""
    form = visit.form
    typed = form.get("number", "")
    number = int(typed) if typed.isdecimal() and len(typed) <= LONGEST_NUMBER else 0
    try:
        if form.get("approve") == "1":
            told = await site.consent.approve(number, visit.person, visit.origin, visit.goes_on)
        else:
            told = site.consent.refuse(number, visit.person, form.get("reason", ""), visit.origin)
    except NotAllowed as no:
        return await inbox(site, visit, no.text)
    return RedirectResponse(f"/inbox?said={told.state}", 303)
