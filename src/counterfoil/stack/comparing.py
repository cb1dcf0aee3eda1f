"""The process that compares the stubs of all stations, begun by the supervisor once a sale can be taken.

It looks at everything when it starts and every hour, and each minute at what is new, a page at a time; between two
pages it sleeps longer than it worked, so that the sales need not notice. On its control channel it tells how far it is,
and is told to look now.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from typing import Any, Final

from counterfoil.errors import OurError, StoreError
from counterfoil.links.control import Answer, ControlServer, refusal
from counterfoil.reconciliation.comparison import Comparison
from counterfoil.reconciliation.records import Records, open_count
from counterfoil.stack.config import Config
from counterfoil.stack.descriptors import claim_stack
from counterfoil.stack.layout import RECONCILIATION, Layout, Running, formats
from counterfoil.stack.logs import Log
from counterfoil.stack.owning import owned
from counterfoil.stack.reading import stores_of
from counterfoil.stack.service import EXIT_COMMIT, EXIT_OK, cannot_start, say
from counterfoil.step import CommitFailed, Instant

NICENESS: Final = 10
IDLE_PER_WORK: Final = 3.0
LONGEST_PAUSE: Final = 1.0


def now() -> Instant:
    """The present instant."""
    return time.time_ns() // 1000


class Comparing:
    """One data directory, compared until the process is told to stop."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.layout = Layout(config.data)
        self.log = Log(self.layout.log(RECONCILIATION))
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._hurry = False
        self._whole_due = 0.0  # at once: stores may have been put back while nobody looked
        self._new_due = 0.0

    async def run(self) -> int:
        """Compare; the exit code of the process."""
        self._end_with_supervisor()
        try:
            _, allowed = claim_stack(RECONCILIATION, lab=self.config.lab)
            store = await owned(self.layout.store(RECONCILIATION), formats(RECONCILIATION))
            self._records = Records(store)
            self._comparison = Comparison(self._records, lambda: stores_of(self.layout), now)
            control = ControlServer(
                self.config.host, 0, secrets.token_hex(16), self._serve, limits=allowed.control, note=self.log
            )
            await control.start()
        except (OurError, OSError) as error:
            return cannot_start(error, self.log)
        self.layout.publish(RECONCILIATION, Running(control.port, control.token, os.getpid(), self.config.host))
        say(up=True)
        self.log("started", pid=os.getpid())
        try:
            await self._live()
            return EXIT_OK
        except CommitFailed:
            self.log("ended", reason="a commit failed: only the disk is right, start again from it")
            return EXIT_COMMIT
        finally:
            await control.stop()
            self.layout.retract(RECONCILIATION)
            store.close()

    async def _live(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                worked = self._work(began)
            except StoreError as error:  # a station's store is just being put back, say: its stage waits
                self.log("unreadable", reason=str(error))
                self._new_due = began + self.config.reconcile.new
                worked = False
            spent = time.monotonic() - began
            if not worked:
                pause = max(0.0, min(self._whole_due, self._new_due) - time.monotonic())
            elif self._hurry:
                pause = 0.0
            else:
                pause = min(LONGEST_PAUSE, IDLE_PER_WORK * spent)
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.001)):
                    await self._woken.wait()

    def _work(self, at: float) -> bool:
        """A page of the pass under way, or the beginning of one that is due; False when nothing is to be done now."""
        comparison, every = self._comparison, self.config.reconcile
        if comparison.running is not None:
            if not comparison.turn().stage:
                self._over()
            return True
        if at >= self._whole_due:
            self._whole_due, self._new_due = at + every.whole, at + every.new
            comparison.begin(whole=True)
            return True
        if at >= self._new_due:
            self._new_due = at + every.new
            if comparison.news():
                comparison.begin(whole=False)
                return True
        return False

    def _over(self) -> None:
        self._hurry = False
        done = self._comparison.last
        if done is not None and (done.opened or done.ended or done.unread):
            self.log("compared", compared=done.compared, opened=done.opened, ended=done.ended, unread=done.unread)

    # --- control channel ---

    def _serve(self, verb: str, args: dict[str, Any], answer: Answer) -> None:
        if verb not in ("compare", "status"):
            answer(refusal("unknown_verb", "the comparison has no command of that name", "对账进程没有此命令"))
            return
        if verb == "compare":
            self._comparison.begin(whole=args.get("whole") is True)
            self._hurry = True
            self._woken.set()
        answer(self._status())

    def _status(self) -> dict[str, Any]:
        last = self._comparison.last
        return {"pass": last.to_json() if last is not None else None, "open": open_count(self._records.store)}

    # --- the supervisor ---

    def _end_with_supervisor(self) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self._stopping.set()
            self._woken.set()

        def heard() -> None:
            if not os.read(sys.stdin.fileno(), 256):
                loop.remove_reader(sys.stdin.fileno())
                stop()

        loop.add_signal_handler(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's business
        loop.add_reader(sys.stdin.fileno(), heard)


def serve(config: Config) -> int:
    """Be the process that compares; the exit code it ends with."""
    os.nice(NICENESS)

    async def living() -> int:
        return await Comparing(config).run()

    return asyncio.run(living())
