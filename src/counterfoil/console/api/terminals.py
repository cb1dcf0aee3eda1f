"""The terminals, the issuers' accounts, and the faults somebody sets on purpose."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from counterfoil.console.api.desk import Desk, Does, Station, Terminal, acts, only, taken
from counterfoil.console.api.payments import UNKNOWN_TERMINAL
from counterfoil.console.api.problem import Problem
from counterfoil.console.api.shapes import Books, FaultIn, FaultsOut, PauseIn, TerminalOut, Terminals
from counterfoil.console.people import May
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.inquiry import Stores
from counterfoil.inquiry.books import books
from counterfoil.stack.layout import SUPERVISOR
from counterfoil.terminal import stubs

router: Final = APIRouter()
SECONDS: Final = 10.0
FAULT_SECONDS: Final = 15.0


@router.get("/terminals", response_model=Terminals, **only(May.LOOK))
async def list_terminals(desk: Desk) -> dict[str, Any]:
    """Every terminal registered here, and what it is doing."""
    listed = await desk.read(_listed)
    live = await _live(desk, {})
    return {
        "terminals": [{"terminal": name, "merchant": merchant, "live": live.get(name)} for name, merchant in listed]
    }


@router.get("/terminals/{terminal}", response_model=TerminalOut, **only(May.LOOK, 404))
async def get_terminal(desk: Desk, terminal: Terminal) -> dict[str, Any]:
    """One terminal, and what it is doing."""
    merchant = dict(await desk.read(_listed)).get(terminal)
    if merchant is None:
        raise Problem(404, "unknown_terminal", UNKNOWN_TERMINAL)
    live = await _live(desk, {"terminal": terminal})
    return {"terminal": terminal, "merchant": merchant, "live": live.get(terminal)}


def _listed(stores: Stores) -> list[tuple[str, str]]:
    return stubs.terminals(stores.terminal) if stores.terminal is not None else []


async def _live(desk: Desk, args: dict[str, str]) -> dict[str, dict[str, Any]]:
    try:
        reply = taken(await desk.reach.look("terminal", "status", args, SECONDS))
    except (NothingSentError, OutcomeUnknown):
        return {}
    return {one["terminal"]: one for one in reply["terminals"]}


@router.post("/terminals/{terminal}/cancel", **acts(May.SELL, 404, 409))
async def cancel_sale(doer: Does, terminal: Terminal) -> dict[str, Any]:
    """Cancel the sale that waits for its answer: it is reversed, reason 17. After an approval it is too late (409)."""
    deed = doer.begin("sale cancelled", terminal)
    return await doer.has(deed, "terminal", "cancel", {"terminal": terminal}, SECONDS)


@router.get("/accounts", response_model=Books, **only(May.LEDGER))
async def list_accounts(desk: Desk, audit: bool = False) -> dict[str, Any]:
    """The issuers' accounts, and their sum per currency, which is zero. `audit` checks every entry: it takes longer."""
    found: dict[str, Any] = await desk.read(lambda stores: books(stores, audit=audit))
    return found


# --- faults -----------------------------------------------------------------------------------------------------------


@router.get("/faults", response_model=FaultsOut, **only(May.BREAK))
async def list_faults(desk: Desk) -> dict[str, Any]:
    """What is broken on purpose, and how stations and links are."""
    return taken(await desk.reach.look(SUPERVISOR, "status", {}, FAULT_SECONDS))


@router.post("/faults", status_code=201, **acts(May.BREAK, 409))
async def set_fault(doer: Does, wanted: FaultIn) -> dict[str, Any]:
    """Break messages on one leg."""
    args = wanted.model_dump(exclude_none=True)
    deed = doer.begin("fault set", f"leg {wanted.leg}", wanted.kind)
    return await doer.has(deed, SUPERVISOR, "fault.set", args, FAULT_SECONDS)


@router.delete("/faults", **acts(May.BREAK, 409))
async def clear_faults(doer: Does) -> dict[str, Any]:
    """End every fault and pause."""
    return await doer.has(doer.begin("faults cleared"), SUPERVISOR, "fault.clear", {}, FAULT_SECONDS)


@router.post("/stations/{name}/kill", **acts(May.BREAK, 404, 409))
async def kill_station(doer: Does, name: Station) -> dict[str, Any]:
    """Kill a station's process (SIGKILL), or every connection of a link; the supervisor starts it again."""
    deed = doer.begin("station killed", name)
    return await doer.has(deed, SUPERVISOR, "fault.kill", {"station": name}, FAULT_SECONDS)


@router.post("/stations/{name}/pause", **acts(May.BREAK, 404, 409))
async def pause_station(doer: Does, name: Station, wanted: PauseIn) -> dict[str, Any]:
    """Stop a station's process where it is (SIGSTOP) and let it go on after a while."""
    args = {"station": name, "seconds": wanted.seconds}
    return await doer.has(doer.begin("station paused", name), SUPERVISOR, "fault.pause", args, FAULT_SECONDS)
