"""A till at its printer, under a clock of its own: jobs over connections whose every fault can be written down."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from counterfoil.receipts.printers.job import Order, PrintJob, PrintResult
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.printers.status import Trouble
from counterfoil.receipts.profile import Profile, profile_of
from printers.fake import SECOND, Printer

GS_H: Final = profile_of("epson-tm-t20iii")
GS_R: Final = profile_of("generic-80", identifies=True)
KERNEL: Final = 2048
LINES: Final = 30


def receipt(duplicate: int = 0, lines: int = LINES) -> Order:
    """A receipt of so many lines between its header and its footer."""
    last = b"DUPLICATE %d\n" % duplicate if duplicate else b"ORIGINAL\n"
    body = [*(b"line %d of the receipt\n" % number for number in range(lines)), last]
    return order(b"NOT VALID WITHOUT THE LAST LINE\n", body)


def order(head: bytes, lines: list[bytes]) -> Order:
    """Lines as something to print."""
    stops = tuple(accumulate(map(len, lines[:-1])))
    return Order(head=head, rest=b"".join(lines), millimetres=4 * len(lines), stops=stops)


class Desk:
    """One till and one printer. `now` is virtual. `serial`: the line has no ends, so nobody notices who left it."""

    def __init__(
        self, printer: Printer, profile: Profile = GS_H, timings: Timings | None = None, *, serial: bool = False
    ) -> None:
        self.printer = printer
        self.profile = profile
        self.timings = timings or Timings()
        self.serial = serial
        self.now = 0
        self.listening = True
        self.crashed = False
        self.job: PrintJob | None = None
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._pipes: deque[bytearray] = deque()
        self.jobs = 0

    def after(self, delay: int, happens: Callable[[], None]) -> None:
        """Plan an event."""
        self._events.append((self.now + delay, len(self._events), happens))
        self._events.sort(key=lambda event: event[:2])

    def mend_after(self, delay: int, trouble: str) -> None:
        """Somebody puts something right later."""
        self.after(delay, lambda: self.printer.mend(trouble))

    def crash(self) -> None:
        """The till dies; what its kernel has taken still arrives."""
        self.crashed = True

    def give_up(self) -> None:
        """The cashier waits no longer."""
        if self.job is not None:
            self.job.give_up(self.now)

    def power_cycle(self) -> None:
        """The printer is switched off and on: a connection does not survive that, a serial line does."""
        self.printer.power_cycle()
        if not self.serial:
            self._pipes = deque(bytearray() for _ in self._pipes)
            self.cut_off()

    def cut_off(self, *, lose: bool = True) -> None:
        """The connection breaks, with what was on its way."""
        if lose and self._pipes:
            self._pipes[-1].clear()
        if self.job is not None:
            self.job.closed()

    # --- one job ----------------------------------------------------------------------------------------------------

    def print(self, duplicate: int = 0, what: Order | None = None) -> PrintResult | None:
        """Print one receipt; None when the till died over it."""
        self.jobs += 1
        self.crashed = False
        what = what or receipt(duplicate)
        job = self.job = PrintJob(what, self.profile, self.timings, f"{self.jobs:03d}", endless=self.serial)
        if not self.listening:
            job.unreachable(Trouble.REFUSED)
            return job.result
        self._pipes.append(bytearray())
        job.begin(self.now)
        while job.result is None and not self.crashed:
            self._turn(job)
        self.job = None
        if not self.serial:
            self.printer.hang_up()
        return None if self.crashed else job.result

    def _turn(self, job: PrintJob) -> None:
        moved = self._write(job)
        moved = self._deliver() or moved
        self.printer.advance(self.now)
        if said := bytes(self.printer.said):
            self.printer.said.clear()
            job.received(said, self.now)
            return
        if job.result is None and not moved and not self._fire():
            times = [job.wakes_at(), self.printer.wakes_at(), self._events[0][0] if self._events else None]
            self.now = max(self.now, min(at for at in times if at is not None))
            if self.now >= job.wakes_at():
                job.tick(self.now)

    def _write(self, job: PrintJob) -> bool:
        """The kernel takes what it has room for."""
        out = job.outgoing()
        count = min(len(out), KERNEL - len(self._pipes[-1]))
        if count <= 0:
            return False
        self._pipes[-1] += out[:count]
        job.wrote(count, self.now)
        return True

    def _deliver(self) -> bool:
        """The printer takes what it has room for; connections one after the other."""
        while len(self._pipes) > 1 and not self._pipes[0]:
            self._pipes.popleft()
        taken = self.printer.receive(bytes(self._pipes[0])) if self._pipes else 0
        if taken:
            del self._pipes[0][:taken]
        return taken > 0

    def _fire(self) -> bool:
        if not self._events or self._events[0][0] > self.now:
            return False
        self._events.pop(0)[2]()
        return True

    def idle(self, seconds: int) -> None:
        """Nobody prints; the printer goes on with what it has."""
        ends = self.now + seconds * SECOND
        while True:
            while self._fire():
                pass
            if self._deliver():
                self.printer.advance(self.now)
                continue
            self.printer.advance(self.now)
            self.printer.said.clear()
            times = [self.printer.wakes_at(), self._events[0][0] if self._events else None]
            soonest = min((at for at in times if at is not None and at > self.now), default=ends)
            if soonest >= ends:
                break
            self.now = soonest
        self.now = ends
