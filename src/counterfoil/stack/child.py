"""One station's process as the supervisor sees it: started, watched, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from counterfoil.reasons import reason
from counterfoil.stack import service
from counterfoil.stack.config import Config
from counterfoil.stack.layout import Layout
from counterfoil.stack.logs import Log
from counterfoil.stack.spawn import Born, spawn
from counterfoil.step import UNREADABLE
from counterfoil.words import Text

BACKOFF_FIRST: Final = 0.05
BACKOFF_LAST: Final = 5.0
HEALTHY_SECONDS: Final = 5.0
STOP_SECONDS: Final = 20.0
"""How long a station may take to put its log away; a machine whose disk is busy needs seconds for it."""
REAP_SECONDS: Final = 0.005
NOT_STARTED: Final = Text("{name} cannot be started: {reason}", "无法启动 {name}：{reason}")


class Child:
    """Keeps one station running until `stop`. `changed` is called whenever it came up or went."""

    def __init__(
        self, name: str, config: Config, log: Log, changed: Callable[[], None], live: Callable[[], int] | None = None
    ) -> None:
        self.name = name
        self.password = ""
        """What it said of itself once, for the person who starts it for the first time."""
        self.state = "down"
        self.listening = False
        """Whether it takes connections, though it may not serve them yet."""
        self.starts = 0
        self.pid = 0
        """Its process id, 0 when it has none."""
        self.fatal: Text | None = None
        """The sentence with which its last start failed."""
        self._life = live or partial(service.serve, config, name)
        self._layout = Layout(config.data)
        self._log = log
        self._changed = changed
        self._asleep: asyncio.TimerHandle | None = None
        self._may_go = False
        self._waiting = False
        self._into = -1
        self._heard = b""
        self._silent = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep it running."""
        self._task = asyncio.get_running_loop().create_task(self._keep())

    def go(self) -> None:
        """A station that speaks first may begin to, from now on."""
        self._may_go = True
        if self._waiting:
            self._waiting = False
            with contextlib.suppress(OSError):
                os.write(self._into, service.GO)

    def kill(self) -> int:
        """End the process as a power cut would; returns its id, 0 when it was not running."""
        pid = self.pid
        if pid:
            os.kill(pid, signal.SIGKILL)
        return pid

    def pause(self, seconds: float) -> int:
        """Stop the process where it is (SIGSTOP) for so long; returns its id, 0 when it was not running."""
        pid = self.pid
        if pid:
            self.wake()
            os.kill(pid, signal.SIGSTOP)
            self._asleep = asyncio.get_running_loop().call_later(seconds, self.wake)
        return pid

    def wake(self) -> None:
        """Let a paused process go on; harmless for any other."""
        if self._asleep is not None:
            self._asleep.cancel()
            self._asleep = None
        if self.pid:
            os.kill(self.pid, signal.SIGCONT)

    async def stop(self) -> None:
        """End it in good order, by force when that takes too long."""
        self._stopping = True
        self.wake()
        if self._task is None:
            return
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
        done, _ = await asyncio.wait({self._task}, timeout=STOP_SECONDS)
        if not done:
            self._log("killed_after_patience", child=self.name)
            self.kill()
            await self._task

    async def _keep(self) -> None:
        wait = BACKOFF_FIRST
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began = loop.time()
            code = await self._live()
            self.state = "down"
            self._layout.retract(self.name)
            self._changed()
            if self._stopping:
                return
            if loop.time() - began > HEALTHY_SECONDS:
                wait = BACKOFF_FIRST
            self._log(
                "child_ended", child=self.name, code=code, again_in=wait, reason=self.fatal.en if self.fatal else ""
            )
            await asyncio.sleep(wait)
            wait = min(wait * 3, BACKOFF_LAST)

    async def _live(self) -> int:
        """One life of the process; its exit code, negative for the signal that ended it."""
        self.state, self.fatal, self._heard, self._waiting = "starting", None, b"", False
        self.listening = False
        self.starts += 1
        self._silent.clear()
        try:
            born = spawn(self._life, str(self._layout.log(f"{self.name}.stderr")))
        except OSError as error:
            self.fatal = NOT_STARTED.filled(name=self.name, reason=reason(error))
            return -1
        self.pid, self._into = born.pid, born.into
        loop = asyncio.get_running_loop()
        loop.add_reader(born.out, self._readable, born)
        try:
            await self._silent.wait()
            return await self._reaped()
        finally:
            self.pid = 0
            os.close(born.into)
            os.close(born.out)

    async def _reaped(self) -> int:
        """Its pipe is closed, so it has ended or is about to: collect it."""
        tries = 0
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222 - it does not wait
            if pid:
                return os.waitstatus_to_exitcode(status)
            tries += 1
            if tries * REAP_SECONDS > STOP_SECONDS:
                self.kill()
            await asyncio.sleep(REAP_SECONDS)

    def _readable(self, born: Born) -> None:
        data = os.read(born.out, 1 << 16)
        if not data:
            asyncio.get_running_loop().remove_reader(born.out)
            self._silent.set()
            return
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            try:
                said = msgspec.json.decode(line, type=dict[str, Any])
            except UNREADABLE:
                continue  # what a library printed
            self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        if "fatal" in said:
            self.fatal = Text(**said["fatal"])
        elif "waiting" in said:
            self._waiting = True
            if self._may_go:
                self.go()
        elif "up" in said:
            self.state, self.listening = "up", True
        elif "listening" in said:
            self.listening = True
        self.password = said.get("password", "") or self.password
        self._changed()
