"""What is not at rest, and what a second person must approve."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from counterfoil.console import masks
from counterfoil.console.api.desk import Desk, Does, only
from counterfoil.console.api.payments import judged
from counterfoil.console.api.problem import Problem
from counterfoil.console.api.shapes import Cases, Decision, Decisions, OpenItems, ProposalIn, ReasonIn
from counterfoil.console.consent import DECIDED, ApprovalRequest
from counterfoil.console.numbered import both
from counterfoil.console.numbered import found as found_by
from counterfoil.console.people import May
from counterfoil.console.reach import Reach
from counterfoil.inquiry import Stores
from counterfoil.inquiry.items import judged_items, open_items
from counterfoil.step import SECOND
from counterfoil.verdict.finding import iso

router: Final = APIRouter()
Number = Annotated[int, Path(ge=1, le=1 << 53)]


def decides() -> dict[str, Any]:
    """What the route of an approval says of itself."""
    said = only(May.DECIDE, 404)
    return {**said, "response_model": Decision, "responses": {**said["responses"], 202: {"model": Decision}}}


@router.get("/open-items", response_model=OpenItems, **only(May.LOOK))
async def list_open_items(desk: Desk, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
    """Unknown outcomes, returns on their way, open receipts and cases for a person: the oldest first."""
    return {"items": await desk.read(lambda stores: _items(stores, desk.reach, limit))}


def _items(stores: Stores, reach: Reach, limit: int) -> list[dict[str, Any]]:
    now, more = reach.now(), found_by(reach).payments
    return [
        {"payment": judged(stores, item.one, now), "age_seconds": max(0, now - item.one.started_at) // SECOND}
        for item in open_items(stores, now, limit, more)
    ]


@router.get("/cases", response_model=Cases, **only(May.LOOK))
async def list_cases(desk: Desk) -> dict[str, Any]:
    """What stations left to a person, and where they contradict one another: open, and ended in the last seven days."""
    found: dict[str, Any] = await desk.read(lambda stores: _cases(stores, desk.reach))
    return found


def _cases(stores: Stores, reach: Reach) -> dict[str, Any]:
    now, compared = reach.now(), found_by(reach)
    return both(compared, stores, judged_items(stores, now, more=compared.payments), now)


@router.get("/decisions", response_model=Decisions, **only(May.LOOK))
async def list_decisions(desk: Desk) -> dict[str, Any]:
    """What waits for a second person."""
    return {"decisions": [shown(one) for one in desk.consent.waiting()]}


@router.post("/decisions", response_model=Decision, status_code=201, **only(May.PROPOSE))
async def propose(desk: Desk, doer: Does, wanted: ProposalIn) -> dict[str, Any]:
    """Ask for a decision: hand a pending reversal to a person (`escalate`). Another person must approve it."""
    return shown(desk.consent.ask(doer.person, wanted.action, wanted.ref, wanted.reason, doer.origin))


@router.post("/decisions/{number}/approve", **decides())
async def approve(desk: Desk, doer: Does, number: Number, response: Response) -> dict[str, Any]:
    """Approve as a second person: it is done at once, and once. `state` says what became of it; 202: not known."""
    one = _known(desk, number)
    later = {**shown(one), "state": "unknown"}
    done = await desk.consent.approve(number, doer.person, doer.origin, lambda deed: doer.goes_on(deed, later))
    if done.state == "unknown":
        response.status_code = 202
    return shown(done)


@router.post("/decisions/{number}/refuse", response_model=Decision, **only(May.PROPOSE, 404))
async def refuse(desk: Desk, doer: Does, number: Number, wanted: ReasonIn) -> dict[str, Any]:
    """Say no, or take back what one asked for oneself."""
    return shown(desk.consent.refuse(_known(desk, number).number, doer.person, wanted.reason, doer.origin))


def _known(desk: Desk, number: int) -> ApprovalRequest:
    one = desk.consent.one(number)
    if one is None:
        raise Problem(404, "unknown_decision", DECIDED)
    return one


def shown(one: ApprovalRequest) -> dict[str, Any]:
    """A request as the API shows it."""
    return {
        "number": one.number,
        "action": one.action,
        "ref": one.subject,
        "reason": one.reason,
        "state": one.state,
        "asked_by": one.asked_by,
        "asked_at": iso(one.asked_at),
        "decided_by": one.decided_by,
        "decided_at": iso(one.decided_at) if one.decided_at else None,
        "answer": masks.hidden(one.answer),
    }
