"""The process of one station, begun by the supervisor.

It says {"up": true} on stdout when it listens, or {"fatal": sentence} when it cannot, and ends when its stdin does:
the pipe to the supervisor is gone when the supervisor is, however that ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import sys
from typing import Any, Final

import msgspec

from counterfoil.errors import OurError, StoreError
from counterfoil.links.client import ClientLink
from counterfoil.links.clock import Clock
from counterfoil.links.control import ControlServer
from counterfoil.links.driver import Driver, Performer, StationFault
from counterfoil.links.performers import FileWriter
from counterfoil.links.receipts import ReceiptPrinter
from counterfoil.links.server import ServerLink
from counterfoil.links.wire import Link
from counterfoil.reasons import named, reason
from counterfoil.receipts.ereceipt import Issue, issue
from counterfoil.security import SoftHsm
from counterfoil.stack import certificates, seed
from counterfoil.stack import ports as ports_of
from counterfoil.stack.config import Config
from counterfoil.stack.demo import Demo
from counterfoil.stack.descriptors import Shares, claim_stack
from counterfoil.stack.layout import CONSOLE, ISSUERS, Layout, Running, formats
from counterfoil.stack.logs import Log
from counterfoil.stack.owning import owned
from counterfoil.step import CommitFailed, Instant
from counterfoil.storage import Aside, Store, sentences
from counterfoil.words import Text

EXIT_OK: Final = 0
EXIT_FATAL: Final = 1
EXIT_FAULT: Final = 70
EXIT_COMMIT: Final = 74
BIND_SECONDS: Final = 3.0
GO: Final = b"go"
NO_PORT: Final = Text("{name} cannot listen: {reason}", "{name} 无法监听：{reason}")
KEYS_REMEMBERED: Final = 16_384  # two or three keys for every terminal that is busy, some 2 KiB each
GC: Final = (20_000, 50, 100)
"""A step makes thousands of objects that live as long as it does: the usual seven hundred would look at them all again
and again in the middle of it.
"""


def say(**facts: Any) -> None:
    """One JSON line to the supervisor."""
    with contextlib.suppress(OSError):
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        sys.stdout.flush()


def cannot_start(error: OurError | OSError, log: Log) -> int:
    """Tell the log, and the supervisor in both languages, why this process cannot start; its exit code."""
    log("cannot_start", reason=str(error))
    say(fatal=(Text(str(error), error.zh) if isinstance(error, OurError) else named(error)).both())
    return EXIT_FATAL


class Service:
    """One station with its store, links and control channel."""

    def __init__(self, config: Config, name: str) -> None:
        self.config = config
        self.name = name
        self.layout = Layout(config.data)
        self.log = Log(self.layout.log(name))
        self.allowed: Shares
        self.stopping = asyncio.Event()
        self.may_speak = asyncio.Event()

    async def run(self) -> int:
        """Serve until told to stop; the exit code of the process."""
        self._listen_to_supervisor()
        try:
            _, self.allowed = claim_stack(self.name, lab=self.config.lab)
            self._refuse_vanished()
            # before the store: what is sealed under it is never written before it is safe on the disk
            lmk = self.layout.secret(self.layout.lmk(self.name), make=not self.layout.store(self.name).exists())
            store = await owned(self.layout.store(self.name), formats(self.name))
            aside = Aside(store)
            driver, control = await self._start(store, lmk)
        except (OurError, OSError) as error:
            return cannot_start(error, self.log)
        code = EXIT_OK
        running = asyncio.ensure_future(driver.run())
        told = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            code = self._why(running.exception())
        await control.stop()
        await driver.stop()
        self.layout.retract(self.name)
        told.cancel()
        await asyncio.gather(running, told, return_exceptions=True)
        aside.stop()
        store.close()
        self.log("stopped", code=code)
        return code

    def _why(self, error: BaseException | None) -> int:
        if isinstance(error, CommitFailed):
            self.log("ended", reason="a commit failed: only the disk is right, start again from it")
            return EXIT_COMMIT
        self.log("ended", reason="the station failed without a message to blame: start again from the disk")
        return EXIT_FAULT if isinstance(error, StationFault) else EXIT_FATAL

    # --- starting ---

    def _refuse_vanished(self) -> None:
        """A store that was filled once is never begun anew: the other stations remember what it has forgotten."""
        path = self.layout.store(self.name)
        log = path.with_name(path.name + "-wal")  # with a log beside it, opening says more
        empty = [not file.exists() or not file.stat().st_size for file in (path, log)]
        if all(empty) and self.layout.seeded(self.name).exists():
            raise StoreError(*sentences.VANISHED.filled(store=path))

    async def _start(self, store: Store, lmk: bytes) -> tuple[Driver, ControlServer]:
        layout, name = self.layout, self.name
        hsm, issued = (
            SoftHsm(lmk, os.urandom, remembered=KEYS_REMEMBERED),
            self._issue() if name == "terminal" else None,
        )
        plan = seed.plan(name, store, hsm, Demo.of(layout), self.config.timers, self.config, issued)
        clock = Clock(not_before=self._last_seen())
        if clock.stepped_back:
            self.log("clock_stepped_back", seconds=clock.stepped_back // 1_000_000)
        driver = Driver(plan.station, clock, self.log)
        for link in self._links(driver):
            driver.add(link)
        files = FileWriter({"receipt": layout.receipts, "sms": layout.sms}, driver)
        driver.use(self._printer(driver, files) if name == "terminal" else files)
        answers: list[dict[str, Any]] = []
        seeding = [] if layout.seeded(name).exists() else plan.commands
        for verb, args in seeding:
            driver.command(verb, args, answers.append)
        if name == "terminal":
            await self._wait_for_go()
        await self._bound(driver.start)
        if seeding:
            self._seeded(answers, len(seeding))
        token = secrets.token_hex(16)
        limits = self.allowed.tills if name == "terminal" else self.allowed.control
        control = ControlServer(self.config.host, 0, token, driver.command, limits=limits, note=self.log)
        await control.start()
        layout.publish(name, Running(control.port, token, os.getpid(), self.config.host))
        say(up=True, control=control.port)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC)
        self.log("started", pid=os.getpid(), timers=str(self.config.timers))
        return driver, control

    def _issue(self) -> Issue:
        """What receipts are signed with, and where customers find them: at the console unless told otherwise."""
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        port = ports_of.read(self.layout).get(CONSOLE, 0)
        scheme = "https" if self.config.console_tls is not None else "http"
        base = self.config.receipt_url or f"{scheme}://{host}:{port}"
        return issue(self.layout.secret(self.layout.receipt_key, make=False), base)

    def _printer(self, driver: Driver, files: FileWriter) -> Performer:
        """The printers somebody configured, and those of single terminals; without one receipts are files."""
        layout = self.layout
        return ReceiptPrinter(self.config.usual, self.config.language, driver, files, layout.receipts, layout.uses)

    def _links(self, driver: Driver) -> list[Link]:
        host, ports, lab = self.config.host, ports_of.read(self.layout), self.config.lab
        if len(ports) != len(ports_of.NAMES):
            raise StoreError(f"{self.layout.ports} is missing or damaged", f"{self.layout.ports} 缺失或已损坏")
        tls = certificates.link_port(self.config, self.layout, self.name)
        caller = certificates.link_caller(self.config, self.layout)
        if self.name in ISSUERS:
            return [ServerLink("switch", host, ports[self.name], driver, limits=self.allowed.issuer, tls=tls)]
        if self.name == "switch":
            upstream: list[Link] = [
                ClientLink(issuer, host, ports[ports_of.reached(issuer, lab=lab)], driver, eager=True, tls=caller)
                for issuer in ISSUERS
            ]
            port = ports[ports_of.listened("switch", lab=lab)]
            return [ServerLink("terminals", host, port, driver, limits=self.allowed.terminals, tls=tls), *upstream]
        return [ClientLink("switch", host, ports[ports_of.TERMINALS], driver, eager=False, tls=caller)]

    async def _bound(self, start: Any) -> None:
        """Start the driver; a port that a dying predecessor still holds is waited for."""
        ends = asyncio.get_running_loop().time() + BIND_SECONDS
        while True:
            try:
                await start()
            except OSError as error:
                if asyncio.get_running_loop().time() > ends:
                    raise StoreError(*NO_PORT.filled(name=self.name, reason=reason(error))) from None
            else:
                return
            await asyncio.sleep(0.05)

    def _seeded(self, answers: list[dict[str, Any]], count: int) -> None:
        """The first step took all that seeds the station: remember that it did."""
        if len(answers) < count:
            log = self.layout.log(self.name)
            raise StoreError(f"{self.name} cannot be seeded: see {log}", f"{self.name} 无法初始化：请看 {log}")
        wrong = [answer for answer in answers if "error" in answer]
        if wrong:
            said = wrong[0]["message"]
            raise StoreError(f"{self.name} cannot be seeded: {said['en']}", f"{self.name} 无法初始化：{said['zh']}")
        self.layout.write(self.layout.seeded(self.name), "")

    def _last_seen(self) -> Instant:
        """When this station last wrote, by the clock of that time."""
        path = self.layout.store(self.name)
        files = (path, path.with_name(path.name + "-wal"))
        return max((file.stat().st_mtime_ns // 1000 for file in files if file.exists()), default=0)

    # --- the supervisor ---

    def _listen_to_supervisor(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's business
        loop.add_reader(sys.stdin.fileno(), self._heard)

    def _heard(self) -> None:
        heard = os.read(sys.stdin.fileno(), 256)
        if GO in heard:
            self.may_speak.set()
        elif not heard:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stop()

    def _stop(self) -> None:
        self.stopping.set()
        self.may_speak.set()

    async def _wait_for_go(self) -> None:
        say(waiting=True)
        await self.may_speak.wait()
        if self.stopping.is_set():
            raise StoreError(f"{self.name} was told to stop before it began", f"{self.name} 在开始之前被要求停止")


def serve(config: Config, name: str) -> int:
    """Be the process of this station; the exit code it ends with."""

    async def living() -> int:
        return await Service(config, name).run()

    return asyncio.run(living())
