"""Which printers a terminal has, and whether they are ready: asked before the card is, so that nobody pays first and
learns afterwards that paper is out.

It stops a sale only where the merchant sells with paper only; a reversal or a refund it never stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from counterfoil.step import NO_PRINTER, SECOND, SECOND_PRINTER, Command, Instant
from counterfoil.terminal import birth, causes, sentences
from counterfoil.terminal.lane import Checking, Lane
from counterfoil.terminal.rows import Device
from counterfoil.terminal.work import Work

KIND: Final = "printer"
LONGEST: Final[Instant] = 8 * SECOND
NAMES: Final = ("printer", "printer2")
LONGEST_ADDRESS: Final = 200


def check(work: Work, lane: Lane) -> None:
    """Ask it for the sale that just came in. Only a merchant who needs paper waits for the answer."""
    if not work.prints(lane.device) or lane.checking is not None:
        return
    lane.checks += 1
    name = f"{lane.device.terminal}.check.{lane.checks}"
    work.perform(KIND, name, own=work.printers(lane.device))
    if work.settings.paper == "required":
        lane.checking = Checking(name, work.now + min(LONGEST, work.settings.timer))


def checked(work: Work, lane: Lane, name: str, *, ready: bool, trouble: str) -> None:
    """The printer told how it is. Ready with a trouble: the usual printer is not, another one is."""
    if trouble:
        lane.show(sentences.trouble(trouble))
        if ready:
            lane.show(sentences.ELSEWHERE)
    if lane.checking is None or lane.checking.name != name:
        return
    lane.checking = None
    if not ready:
        birth.give_up(work, lane, causes.PRINTER, trouble, taking=True)


# --- which printers ---------------------------------------------------------------------------------------------------


def printers(work: Work, command: Command) -> Lane | None:
    """Give a terminal a printer of its own, and a second one: an address, NO_PRINTER, or "" for what the settings name.

    What is not said stays. It holds from the next slip on; what is at a printer already stays there.
    """
    lane = work.lane(command.args.get("terminal"))
    if lane is None:
        work.refuse((command.id,), "unknown_terminal")
        return None
    try:
        device = given(work, lane.device, command.args)
    except ValueError as error:
        work.refuse((command.id,), "bad_request", detail=str(error))
        return None
    put(work, lane, device)
    work.reply((command.id,), {"terminal": device.terminal, **told(work, device)})
    return lane


def put(work: Work, lane: Lane, device: Device) -> None:
    """Take over the printers of a terminal that is otherwise the same."""
    if device != lane.device:
        lane.device = device
        work.note(lane, "printers set", message={name: getattr(device, name) for name in NAMES})


def given(work: Work, device: Device, args: dict[str, Any]) -> Device:
    """A terminal with the printers that are named.

    ValueError, with the name, for what is none, for a second one without a first, and for none where paper must be.
    """
    said = {name: named(args[name], name) for name in NAMES if args.get(name) is not None}
    if not said:
        return device
    device = replace(device, **said)
    if said.get("printer2", "") not in ("", NO_PRINTER) and not work.prints(device):
        raise ValueError("printer2")
    if work.settings.paper == "required" and not work.prints(device):
        raise ValueError("printer")
    return device


def named(text: object, name: str) -> str:
    """A printer as it may be kept: its address is looked at by whoever prints there. ValueError for no line of text."""
    if isinstance(text, str) and len(text) <= LONGEST_ADDRESS and text.isprintable() and text != SECOND_PRINTER:
        return text
    raise ValueError(name)


def told(work: Work, device: Device) -> dict[str, Any]:
    """The printers that are a terminal's own, "" for the stack's, and whether it has a second one at all."""
    first, second = work.printers(device)
    two = work.prints(device) and second != NO_PRINTER and (bool(second) or work.settings.printer2)
    return {"printer": first, "printer2": second, "second": two}


VERBS: Final[dict[str, Callable[[Work, Command], Lane | None]]] = {"printers": printers}
