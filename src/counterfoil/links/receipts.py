"""Handing receipts to printers: one worker per printer, one connection per receipt, another printer when one cannot.

A receipt goes on to the next printer only while not one byte of it has left for the one before: the rule of the one
ORIGINAL (receipts/copies.py) needs no more than that. The copies of one print wait for one another (whole.py).
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, Protocol

import msgspec

from counterfoil.errors import InputError, OurError, StoreError
from counterfoil.links.address import PrinterAddress, parse, resolved
from counterfoil.links.driver import Performer
from counterfoil.links.performers import write_bytes
from counterfoil.links.printing import look, order_of, put_alone
from counterfoil.links.uses import Uses
from counterfoil.links.whole import Wholes
from counterfoil.receipts.document import Document
from counterfoil.receipts.printers.job import JobState
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.printers.status import Trouble
from counterfoil.receipts.render.escpos import render
from counterfoil.receipts.render.text import Language
from counterfoil.step import (
    ELSEWHERE,
    HELD,
    SECOND,
    SECOND_PRINTER,
    SPELLED_OUT,
    UNREADABLE,
    Inbound,
    Perform,
    Performed,
)

RECEIPT, READY = "receipt", "printer"
LONGEST_WAIT: Final = 10.0  # seconds a receipt may wait for another one's end
AGAIN: Final = 1.0  # seconds after which a copy that waits with its receipt tries to begin again
OUT: Final = (JobState.PRINTED, JobState.SENT)
UNPRINTABLE, NO_PRINTER = "unprintable", "no_printer"
P = ParamSpec("P")


class _Inlet(Protocol):
    def arrive(self, item: Inbound) -> None: ...


class _Task(NamedTuple):
    """What a worker has to do. `printers`: its own, then the ones to try after it. `trouble`: of the one before."""

    item: Perform
    printers: tuple[PrinterAddress, ...]
    since: float
    trouble: str = ""


class ReceiptPrinter:
    """Prints receipts and says whether a printer is ready; everything else goes to `others`.

    `printers` are those of the stack, tried in this order; a terminal may have its own. Without any, receipts go to
    `others` too. The bytes of every receipt are kept in `kept` before the first of them leaves. Which printer has whose
    receipt is told in `uses`.
    """

    def __init__(
        self,
        printers: Sequence[PrinterAddress],
        language: Language,
        inlet: _Inlet,
        others: Performer,
        kept: Path,
        uses: Uses,
        timings: Timings | None = None,
    ) -> None:
        self._printers = tuple(printers)
        self._language = language
        self._inlet = inlet
        self._others = others
        self._kept = kept
        self._uses = uses
        self._timings = timings or Timings()
        self._wholes = Wholes(self._timings.patience / SECOND)
        self._held: dict[str, str] = {}
        self._workers: dict[str, queue.SimpleQueue[_Task]] = {}
        self._open = 0
        self._stop = threading.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def perform(self, item: Perform) -> None:
        """Take one; Performed arrives when it is known what became of it."""
        if item.kind not in (RECEIPT, READY):
            self._others.perform(item)
            return
        printers = self._meant(item)
        if printers is None:
            self._others.perform(item)
            return
        if not printers:
            self._inlet.arrive(Performed(item.kind, item.name, False, NO_PRINTER, JobState.QUEUED.value))
            return
        self._loop = asyncio.get_running_loop()
        self._open += 1
        if item.kind == RECEIPT:
            self._wholes.enter(item.name)
        self._idle.clear()
        self._give(_Task(item, printers, time.monotonic()))

    def _meant(self, item: Perform) -> tuple[PrinterAddress, ...] | None:
        """The printers to try; empty when there is no such printer, None when its terminal has none."""
        try:
            if item.to not in ("", SECOND_PRINTER):
                address = parse(item.to)
                return () if address.way == "file" else (address,)
            printers = resolved(item.own, self._printers)
        except InputError:
            return ()
        return printers[1:] if item.to else printers or None

    async def stop(self) -> None:
        """Give up what is held up, take no more, and wait until the news of all of it is in."""
        self._stop.set()
        await self._idle.wait()
        await self._others.stop()

    # --- in the loop's thread ---

    def _give(self, task: _Task) -> None:
        """To the worker of the task's first printer; nobody waits behind a receipt that is held up."""
        address = str(task.printers[0])  # the same one under another profile is no other printer
        if (trouble := self._held.get(address)) is not None and self._passed_over(task, trouble):
            return
        if address not in self._workers:
            self._workers[address] = queue.SimpleQueue()
            self._hire(self._workers[address])
        self._workers[address].put(task)

    def _hire(self, todo: queue.SimpleQueue[_Task]) -> None:
        threading.Thread(target=self._work, args=(todo,), daemon=True, name="printer").start()

    def _passed_over(self, task: _Task, trouble: str) -> bool:
        """Whether a task that has not begun ends here, or goes on to the next printer, because of a trouble."""
        item = task.item
        if len(task.printers) > 1 and not self._stop.is_set():
            if item.kind == RECEIPT:
                self._inlet.arrive(Performed(RECEIPT, item.name, False, trouble, ELSEWHERE))
            self._give(_Task(item, task.printers[1:], time.monotonic(), task.trouble or trouble))
        elif item.kind == READY:
            self._over(Performed(READY, item.name, False, task.trouble or trouble))
        else:
            return False
        return True

    def _holds(self, address: str, name: str, trouble: str) -> None:
        """A receipt is held up: it says why, and what waits behind it goes elsewhere."""
        self._wholes.held(name)
        self._inlet.arrive(Performed(RECEIPT, name, False, trouble, HELD))
        self._held[address] = trouble
        todo = self._workers[address]
        for _ in range(todo.qsize()):
            try:
                task = todo.get_nowait()
            except queue.Empty:
                break
            if not self._passed_over(task, trouble):
                todo.put(task)

    def _ended(self, task: _Task, done: Performed) -> None:
        """News of a task from its worker."""
        self._held.pop(str(task.printers[0]), None)
        begun = done.ok or done.state not in ("", JobState.QUEUED.value)
        if begun or not (self._passed_over(task, done.detail) or self._waits(task, done.detail)):
            self._over(done)

    def _waits(self, task: _Task, trouble: str) -> bool:
        """Whether a copy that has not begun waits with its receipt, which has; it tries again where that began."""
        item = task.item
        if item.kind != RECEIPT or self._stop.is_set() or trouble == UNPRINTABLE:
            return False
        home = self._wholes.waits_at(item.name)
        if home is None:
            return False
        trouble = trouble if task.printers[0] == home else self._held.get(str(home), task.trouble or trouble)
        if self._wholes.news(item.name, trouble):
            self._inlet.arrive(Performed(RECEIPT, item.name, False, trouble, HELD))
        again = _Task(item, (home,), time.monotonic() + AGAIN)
        asyncio.get_running_loop().call_later(AGAIN, self._give, again)
        return True

    def _over(self, done: Performed) -> None:
        if done.kind == RECEIPT:
            if done.ok:
                self._wholes.came_out(done.name)
            self._wholes.leave(done.name)
        self._inlet.arrive(done)
        self._open -= 1
        if not self._open:
            self._idle.set()

    # --- in a worker's thread ---

    def _work(self, todo: queue.SimpleQueue[_Task]) -> None:
        """One task after the other. What nobody expected ends this thread with its trace in the log: of its task it is
        only known that it may have begun, and what waits behind it gets another thread.
        """
        while True:
            task = todo.get()
            done = Performed(task.item.kind, task.item.name, False, Trouble.LOST.value, JobState.UNKNOWN.value)
            alive = False
            try:
                done = self._look(task) if task.item.kind == READY else self._try(task)
                alive = True
            finally:
                self._call(self._ended, task, done)
                if not alive:
                    self._hire(todo)

    def _look(self, task: _Task) -> Performed:
        """Whether this printer is ready; the trouble told is that of the first one. One that another process has in use
        says nothing.
        """
        use = self._uses.of(task.printers[0])
        busy = (use.trouble or Trouble.BUSY.value) if use is not None and use.live else ""
        trouble = busy or look(task.printers[0], self._timings).trouble
        return Performed(READY, task.item.name, not trouble, task.trouble or trouble)

    def _try(self, task: _Task) -> Performed:
        late = time.monotonic() - task.since > LONGEST_WAIT and not self._wholes.has_begun(task.item.name)
        if self._stop.is_set() or late:
            return Performed(RECEIPT, task.item.name, False, Trouble.BUSY.value, JobState.QUEUED.value)
        return self._print(task.item, task.printers[0])

    def _print(self, item: Perform, address: PrinterAddress) -> Performed:
        try:
            document = msgspec.msgpack.decode(item.document, type=Document)
            paper = render(document, self._language, address.profile)
            order = order_of(paper)
            write_bytes(self._kept / f"{item.name}.escpos", order.head + order.rest)
        except (OurError, OSError, *UNREADABLE):
            return Performed(item.kind, item.name, False, UNPRINTABLE, JobState.QUEUED.value)

        def held(trouble: Trouble) -> None:
            self._wholes.began(item.name, address)
            self._call(self._holds, str(address), item.name, trouble.value)

        try:
            result = put_alone(order, address, self._timings, self._uses, item.name, stop=self._stop, held=held)
        except StoreError:
            return Performed(item.kind, item.name, False, UNPRINTABLE, JobState.QUEUED.value)
        if result.state is not JobState.QUEUED:
            self._wholes.began(item.name, address)
        told = result.trouble or (SPELLED_OUT if paper.lacking and result.state in OUT else "")
        return Performed(item.kind, item.name, result.state is JobState.PRINTED, told, result.state.value)

    def _call(self, what: Callable[P, None], *args: P.args, **_: P.kwargs) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(what, *args)
