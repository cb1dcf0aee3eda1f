"""One station's process as the supervisor sees it: started, watched, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from counterfoil.stack.config import Config
from counterfoil.stack.layout import Layout
from counterfoil.stack.logs import Log

BACKOFF_FIRST: Final = 0.05
BACKOFF_LAST: Final = 5.0
HEALTHY_SECONDS: Final = 5.0
STOP_SECONDS: Final = 5.0


class Child:
    """Keeps one station running until `stop`. `changed` is called whenever it came up or went."""

    def __init__(self, name: str, config: Config, log: Log, changed: Callable[[], None]) -> None:
        self.name = name
        self.state = "down"
        self.starts = 0
        self.fatal = ""
        """The sentence with which its last start failed."""
        self._config = config
        self._layout = Layout(config.data)
        self._log = log
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._go = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Its process id, 0 when it has none."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Begin to keep it running."""
        self._task = asyncio.get_running_loop().create_task(self._keep())

    def go(self, on: bool) -> None:
        """Whether a station that speaks first may begin to."""
        if on:
            self._go.set()
        else:
            self._go.clear()

    def kill(self) -> int:
        """End the process as a power cut would; returns its id, 0 when it was not running."""
        pid = self.pid
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid

    async def stop(self) -> None:
        """End it in good order, by force when that takes too long."""
        self._stopping = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                self._log("killed_after_patience", child=self.name)
                self.kill()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.kill()

    async def _keep(self) -> None:
        wait = BACKOFF_FIRST
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began = loop.time()
            code = await self._live()
            self.state = "down"
            self._process = None
            self._layout.retract(self.name)
            self._changed()
            if self._stopping:
                return
            if loop.time() - began > HEALTHY_SECONDS:
                wait = BACKOFF_FIRST
            self._log("child_ended", child=self.name, code=code, again_in=wait, reason=self.fatal)
            await asyncio.sleep(wait)
            wait = min(wait * 3, BACKOFF_LAST)

    async def _live(self) -> int:
        """One life of the process; its exit code."""
        self.state, self.fatal = "starting", ""
        self.starts += 1
        config = self._config
        log = os.open(self._layout.log(f"{self.name}.stderr"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "counterfoil.stack.service"),
                *("--data", str(config.data), "--timers", str(config.timers), "--parent", str(os.getpid()), self.name),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours; it must not reach the stations before we decide
            )
        except OSError as error:
            self.fatal = f"{self.name} cannot be started: {error.strerror}"
            return -1
        finally:
            os.close(log)
        assert process.stdout is not None
        async for line in process.stdout:
            await self._heard(line)
        return await process.wait()

    async def _heard(self, line: bytes) -> None:
        try:
            said = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError:
            return
        process = self._process
        if "fatal" in said:
            self.fatal = str(said["fatal"])
        elif "waiting" in said and process is not None and process.stdin is not None:
            await self._go.wait()
            process.stdin.write(b"go\n")
        elif "up" in said:
            self.state = "up"
        self._changed()
