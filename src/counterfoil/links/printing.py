"""Driving a print job or a probe over a real line. The jobs come from links/receipts.py.

The thinking is in receipts/printers; here are the thread, the clock and the descriptor. One worker and one connection
per job: a network printer prints for one connection and lets all others wait without a word.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from counterfoil.links.address import PrinterAddress
from counterfoil.links.devices import CannotOpen, DeviceHandle, open_device
from counterfoil.links.uses import Use, Uses
from counterfoil.receipts.printers.job import JobState, Order, PrintJob, PrintResult
from counterfoil.receipts.printers.probe import Health, Probe
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.printers.status import Trouble
from counterfoil.receipts.render.escpos import Paper
from counterfoil.step import SECOND, Instant

LOOK: Final = 0.1  # seconds after which a worker looks whether it should stop
LP_SECONDS: Final = 20.0
LETTERS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
R = TypeVar("R", covariant=True)


class Conversation(Protocol, Generic[R]):
    """A job or a probe: pure, driven from here."""

    trouble: Trouble | None

    @property
    def result(self) -> R | None: ...  # noqa: D102
    def begin(self, now: Instant) -> None: ...  # noqa: D102
    def outgoing(self) -> bytes: ...  # noqa: D102
    def wrote(self, count: int, now: Instant) -> None: ...  # noqa: D102
    def received(self, data: bytes, now: Instant) -> None: ...  # noqa: D102
    def closed(self) -> None: ...  # noqa: D102
    def unreachable(self, why: Trouble) -> None: ...  # noqa: D102
    def give_up(self, now: Instant) -> None: ...  # noqa: D102
    def wakes_at(self) -> Instant: ...  # noqa: D102
    def tick(self, now: Instant) -> None: ...  # noqa: D102


def clock() -> Instant:
    """Microseconds that only go forward."""
    return time.monotonic_ns() // 1000


def converse(
    talk: Conversation[R],
    address: PrinterAddress,
    timings: Timings,
    *,
    stop: threading.Event | None = None,
    changed: Callable[[Trouble | None], None] = lambda _trouble: None,
) -> R:
    """Open the line, drive the conversation to its end, close the line. `stop` set: nobody waits any longer.

    `changed` hears when what holds it up becomes another thing.
    """
    try:
        device = open_device(address, timings.connect / SECOND)
    except CannotOpen as error:
        talk.unreachable(error.trouble)
    else:
        try:
            _drive(talk, device, stop or threading.Event(), changed)
        finally:
            device.close()
    assert talk.result is not None
    return talk.result


def _drive(
    talk: Conversation[R], device: DeviceHandle, stop: threading.Event, changed: Callable[[Trouble | None], None]
) -> None:
    said: Trouble | None = None
    with selectors.DefaultSelector() as waiting:
        try:
            waiting.register(device, selectors.EVENT_READ)
        except OSError:  # a plain file can be opened, and is no printer
            talk.unreachable(Trouble.REFUSED)
            return
        talk.begin(clock())
        while talk.result is None:
            wants = selectors.EVENT_READ | (selectors.EVENT_WRITE if talk.outgoing() else 0)
            waiting.modify(device, wants)
            pause = min(LOOK, max(0, talk.wakes_at() - clock()) / SECOND)
            ready = [events for _, events in waiting.select(pause)]
            try:
                if any(events & selectors.EVENT_READ for events in ready):
                    _read(talk, device)
                if talk.result is None and any(events & selectors.EVENT_WRITE for events in ready):
                    talk.wrote(device.write(talk.outgoing()), clock())
            except OSError:
                talk.closed()
            if talk.result is None and clock() >= talk.wakes_at():
                talk.tick(clock())
            if talk.result is None and stop.is_set():
                talk.give_up(clock())
            if talk.trouble is not said:
                said = talk.trouble
                changed(said)


def _read(talk: Conversation[R], device: DeviceHandle) -> None:
    data = device.read()
    if data:
        talk.received(data, clock())
    elif data is not None:
        talk.closed()


# --- one receipt -----------------------------------------------------------------------------------------------------


def own_name() -> str:
    """Three characters for the barriers of one job."""
    return bytes(LETTERS[byte % len(LETTERS)] for byte in os.urandom(3)).decode("ascii")


def order_of(paper: Paper) -> Order:
    """A rendered slip as something to print."""
    return Order(head=paper.head, rest=paper.rest, millimetres=paper.millimetres, stops=paper.stops)


def put(
    order: Order,
    address: PrinterAddress,
    timings: Timings,
    *,
    stop: threading.Event | None = None,
    held: Callable[[Trouble], None] = lambda _trouble: None,
    eased: Callable[[], None] = lambda: None,
) -> PrintResult:
    """Print one receipt and say what is known of it. `held`: something holds it up; `eased`: nothing does any more."""
    if address.way == "cups":
        return through_spooler(order, address)
    job = PrintJob(order, address.profile, timings, own_name(), endless=address.way == "serial")

    def changed(trouble: Trouble | None) -> None:
        if job.result is None and job.state is not JobState.QUEUED:
            if trouble is not None:
                held(trouble)
            else:
                eased()

    return converse(job, address, timings, stop=stop, changed=changed)


def put_alone(
    order: Order,
    address: PrinterAddress,
    timings: Timings,
    uses: Uses,
    name: str = "",
    *,
    stop: threading.Event | None = None,
    held: Callable[[Trouble], None] = lambda _trouble: None,
) -> PrintResult:
    """Print one receipt while no other process of this machine uses the printer, and let all of them know whose it is.

    `name` is the job's, "" for a paper of no sale. StoreError when the disk refuses.
    """
    if address.way == "cups":
        return put(order, address, timings)
    with uses.claimed(address, name, timings.others / SECOND) as claim:
        if claim is None:
            return PrintResult(state=JobState.QUEUED, trouble=Trouble.BUSY.value)

        def told(trouble: Trouble) -> None:
            claim.says(trouble.value)
            held(trouble)

        result = put(order, address, timings, stop=stop, held=told, eased=lambda: claim.says(""))
        claim.ended(result)
    return result


def look(address: PrinterAddress, timings: Timings, *, in_order: bool = False) -> Health:
    """How the printer is. A spooler cannot be asked: it says idle with paper out."""
    if address.way in ("cups", "file"):
        return Health()
    return converse(Probe(address.profile, timings, in_order=in_order), address, timings)


def ask(address: PrinterAddress, uses: Uses, timings: Timings) -> tuple[Health, Use | None]:
    """How the printer is, and whose job it has or may still hold. One that prints for us is not asked: to another
    connection it is mute, and on a serial line its answer would be taken from the job.
    """
    use = uses.of(address)
    if use is not None and use.live:
        return Health(trouble=use.trouble or Trouble.BUSY.value), use
    health = look(address, timings, in_order=True)
    if health.in_order and address.way not in ("cups", "file"):
        uses.emptied(address)
    return health, uses.of(address)


def through_spooler(order: Order, address: PrinterAddress) -> PrintResult:
    """Hand it to a raw queue. That the queue took it, or calls it completed, says nothing about paper: `sent`."""
    command = ["lp", "-d", address.place, "-o", "raw", "-s", "-"]
    data = order.head + order.rest + address.profile.cut
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LP_SECONDS, check=False)  # noqa: S603 - a fixed program
    except OSError as error:
        why = "lp is not installed" if isinstance(error, FileNotFoundError) else f"lp: {error.strerror}"
        return PrintResult(state=JobState.QUEUED, trouble=Trouble.UNREACHABLE.value, log=(why,))
    except subprocess.TimeoutExpired:
        return PrintResult(state=JobState.UNKNOWN, trouble=Trouble.MUTE.value)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        return PrintResult(state=JobState.QUEUED, trouble=Trouble.REFUSED.value, log=(said,))
    return PrintResult(state=JobState.SENT)
