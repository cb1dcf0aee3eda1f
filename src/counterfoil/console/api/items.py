"""What is not at rest, and what a second person must approve."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from counterfoil.console.api.desk import Desk, Origin, Who, only
from counterfoil.console.api.payments import judged
from counterfoil.console.api.problem import Problem
from counterfoil.console.api.shapes import Decision, Decisions, OpenItems, ProposalIn, ReasonIn
from counterfoil.console.consent import DECIDED, Asked
from counterfoil.console.people import May
from counterfoil.inquiry import Stores
from counterfoil.inquiry.items import open_items
from counterfoil.step import SECOND, Instant
from counterfoil.verdict.finding import iso

router: Final = APIRouter()
Number = Annotated[int, Path(ge=1, le=1 << 53)]


@router.get("/open-items", response_model=OpenItems, **only(May.LOOK))
async def list_open_items(desk: Desk, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
    """Unknown outcomes, returns on their way, open receipts and cases for a person: the oldest first."""
    return {"items": await desk.read(lambda stores: _items(stores, desk.reach.now(), limit))}


def _items(stores: Stores, now: Instant, limit: int) -> list[dict[str, Any]]:
    return [
        {"payment": judged(stores, item.one, now), "age_seconds": max(0, now - item.one.started_at) // SECOND}
        for item in open_items(stores, now, limit)
    ]


@router.get("/decisions", response_model=Decisions, **only(May.LOOK))
async def list_decisions(desk: Desk) -> dict[str, Any]:
    """What waits for a second person."""
    return {"decisions": [shown(one) for one in desk.consent.waiting()]}


@router.post("/decisions", response_model=Decision, status_code=201, **only(May.PROPOSE))
async def propose(desk: Desk, person: Who, origin: Origin, wanted: ProposalIn) -> dict[str, Any]:
    """Ask for a decision: hand a pending reversal to a person (`escalate`). Another person must approve it."""
    return shown(desk.consent.ask(person, wanted.action, wanted.ref, wanted.reason, origin))


@router.post("/decisions/{number}/approve", response_model=Decision, **only(May.DECIDE, 404))
async def approve(desk: Desk, person: Who, origin: Origin, number: Number) -> dict[str, Any]:
    """Approve as a second person: it is done at once, and once. `state` says what became of it."""
    return shown(await desk.consent.approve(_known(desk, number), person, origin))


@router.post("/decisions/{number}/refuse", response_model=Decision, **only(May.PROPOSE, 404))
async def refuse(desk: Desk, person: Who, origin: Origin, number: Number, wanted: ReasonIn) -> dict[str, Any]:
    """Say no, or take back what one asked for oneself."""
    return shown(desk.consent.refuse(_known(desk, number), person, wanted.reason, origin))


def _known(desk: Desk, number: int) -> int:
    if desk.consent.one(number) is None:
        raise Problem(404, "unknown_decision", DECIDED)
    return number


def shown(one: Asked) -> dict[str, Any]:
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
        "answer": one.answer,
    }
