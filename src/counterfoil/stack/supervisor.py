"""The supervisor: starts every station as a process of its own, starts it again when it ends, breaks legs on request.

It holds no money and decides nothing; when it ends, its children end, however it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil import __version__
from counterfoil.errors import PaymentError, StoreError
from counterfoil.links.control import Answer, ControlClient, ControlServer, refusal
from counterfoil.links.limits import OPEN_FILES
from counterfoil.stack import certificates, comparing
from counterfoil.stack import ports as ports_of
from counterfoil.stack.alone import alone
from counterfoil.stack.breakage import Breakage
from counterfoil.stack.child import Child
from counterfoil.stack.config import Config, load
from counterfoil.stack.demo import Demo
from counterfoil.stack.descriptors import ALLOWED, Shares, claim_stack, shares
from counterfoil.stack.lab import PREFIX, FaultLab, refused
from counterfoil.stack.layout import CONSOLE, ISSUERS, RECONCILIATION, STATIONS, SUPERVISOR, Layout, Running
from counterfoil.stack.logs import Log
from counterfoil.stack.upgrading import TOLD, upgrading
from counterfoil.words import Text

EXIT_OK: Final = 0
READY_SECONDS: Final = 60.0
FAILED_STARTS: Final = 5
ASK_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 3.0
SALE: Final = "counterfoil sale --amount 12.50 --card alice --pin 1234"
READY: Final = Text(
    "ready for sales; Ctrl-C stops it. In another terminal: {sale}",
    "可以受理交易，按 Ctrl-C 停止。在另一终端执行：{sale}",
)


def run(
    data: Path,
    *,
    timers: str | None = None,
    lab: bool = False,
    zone: str | None = None,
    json: bool = False,
    console: Callable[[Config], int] | None = None,
    sale: str = SALE,
) -> int:
    """Run a stack on `data` until SIGINT, SIGTERM or `stop`; the exit code. OurError, in a sentence, when it cannot.

    `console` is what the console's process lives on; without it there is none. With `lab` it may be broken on purpose.

    That it is ready is said on stdout: one JSON line with `json`, else words, `sale` among them as a command line to
    copy. What people read beside it goes to stderr, and not at all with `json`.
    """
    os.umask(0o077)
    config = load(data, timers, lab=lab, zone=zone)
    limit, allowed = claim_stack("up", lab=config.lab)
    layout = Layout(config.data)
    layout.prepare()
    with alone(layout):
        layout.secret(layout.receipt_key, make=True)
        if layout.zone_name() != config.zone:
            layout.write(layout.zone, f"{config.zone}\n")
        soon = certificates.prepare(config, layout, datetime.now(UTC))
        supervisor = Supervisor(config, allowed, quiet=json, console=console, sale=sale)
        supervisor.tell_ends(soon)
        supervisor.tell_allowed(limit)
        return asyncio.run(supervisor.run())


def _tell(sentence: str) -> None:
    with contextlib.suppress(OSError):  # whoever started us may have gone
        sys.stderr.write(f"counterfoil: {sentence}\n")
        sys.stderr.flush()


class Supervisor:
    """One stack."""

    def __init__(
        self,
        config: Config,
        allowed: Shares,
        *,
        quiet: bool,
        console: Callable[[Config], int] | None = None,
        sale: str = SALE,
    ) -> None:
        self.config = config
        self._allowed = allowed
        self.layout = Layout(config.data)
        self.log = Log(self.layout.log(SUPERVISOR))
        self.ready = False
        self._patience = 100
        self._upgrading: list[str] = []
        self._quiet = quiet
        self._sale = sale
        self._stopping = asyncio.Event()
        self._children: dict[str, Child] = {}
        self._console = Child(CONSOLE, config, self.log, self._changed, partial(console, config)) if console else None
        self._comparing = Child(RECONCILIATION, config, self.log, self._changed, partial(comparing.serve, config))
        self._lab: FaultLab | None = None
        self._settling: set[asyncio.Task[None]] = set()

    def tell_allowed(self, limit: int) -> None:
        """What the limit of open files allows: always in the log, and said where it is less than a stack could bear."""
        allowed = self._allowed
        facts = {"limit": limit, "terminals": allowed.terminals.total, "pages": allowed.pages.total}
        self.log("open_files", control=allowed.control.total, **facts)
        most = shares(OPEN_FILES, lab=self.config.lab)
        if not self._quiet and (allowed.terminals, allowed.pages) != (most.terminals, most.pages):
            for sentence in ALLOWED.filled(**facts):
                _tell(sentence)

    def tell_ends(self, soon: Sequence[Text]) -> None:
        """Which certificates end soon."""
        for text in soon:
            self.log("certificate_ends", reason=text.en)
            if not self._quiet:
                for sentence in text:
                    _tell(sentence)

    async def run(self) -> int:
        """Everything from the first port to the last child; StoreError when it cannot even begin."""
        loop = asyncio.get_running_loop()
        # explicit, because whoever started us may have had them ignored
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
            loop.add_signal_handler(signal.SIGHUP, self._stopping.set)
        for name in (*STATIONS, RECONCILIATION, CONSOLE):  # what a killed supervisor left behind
            self.layout.retract(name)
        Demo.of(self.layout, make=True)
        ports, moved = ports_of.claim(self.layout, self.config.host)
        for name in moved:
            _tell(f"the port kept for {name} is taken by another program; it is {ports[name]} now")
        if self.config.lab:
            self._lab = FaultLab(
                Breakage(self.config.host, ports, self.log, self._allowed.proxies), self._children, self.log
            )
        control = ControlServer(
            self.config.host, 0, secrets.token_hex(16), self._serve, limits=self._allowed.control, note=self.log
        )
        await control.start()
        try:
            self._publish(control, ports)
            return await self._live(ports)
        finally:
            for task in self._settling:
                task.cancel()
            await asyncio.gather(*(child.stop() for child in (*self._everyone(), self._comparing)))
            if self._lab is not None:
                await self._lab.breakage.stop()
            await control.stop()
            self.layout.retract(SUPERVISOR)
            self.log("stopped")
            self.log.close()

    def _publish(self, control: ControlServer, ports: dict[str, int]) -> None:
        extra = {
            "timers": list(self.config.timers),
            "terminals": {
                "host": self.config.host,
                "port": ports[ports_of.TERMINALS],
                "tls": certificates.outside(self.config, self.layout),
            },
            "lab": self.config.lab,
        }
        running = Running(control.port, control.token, os.getpid(), self.config.host, extra)
        self.layout.publish(SUPERVISOR, running)

    async def _live(self, ports: dict[str, int]) -> int:
        self._upgrading = upgrading(self.layout)
        for name in self._upgrading:
            self.log("upgrading", station=name)
            if not self._quiet:
                for sentence in TOLD.filled(station=name):
                    _tell(sentence)
        for name in STATIONS:
            child = self._children[name] = Child(name, self.config, self.log, self._changed)
            child.start()
        if self._console is not None:
            self._console.start()
        if self._lab is not None:
            self._lab.breakage.start()
        stopped = asyncio.ensure_future(self._stopping.wait())
        getting_ready = asyncio.ensure_future(self._until_ready())
        try:
            await asyncio.wait({stopped, getting_ready}, return_when=asyncio.FIRST_COMPLETED)
            if getting_ready.done():
                getting_ready.result()
                self._announce(ports)
                self._comparing.start()
                await stopped
            return EXIT_OK
        finally:
            for task in (stopped, getting_ready):
                task.cancel()
            await asyncio.gather(stopped, getting_ready, return_exceptions=True)

    # --- getting ready ---

    def _changed(self) -> None:
        """A station came or went."""
        if self._lab is not None:
            self._lab.breakage.look()

    async def _until_ready(self) -> None:
        """Wait until a sale can be taken; StoreError with a station's own sentence when one cannot start.

        The time for it runs from when no store is brought to another format any more.
        """
        ends = asyncio.get_running_loop().time() + READY_SECONDS
        # sales first: the terminal begins as soon as it can, beside the console, which takes longest
        while not (await self._sale_possible() and self._console_listens()):
            everyone = self._everyone()
            fatal = [child.fatal for child in everyone if child.fatal and child.state != "up"]
            if fatal:
                raise StoreError(*fatal[0])
            failing = [child.name for child in everyone if child.starts > FAILED_STARTS]
            if failing:
                log = self.layout.log(f"{failing[0]}.stderr")
                raise StoreError(f"{failing[0]} does not stay up; see {log}", f"{failing[0]} 无法持续运行：请看 {log}")
            if any(self._children[name].state != "up" for name in self._upgrading):
                ends = asyncio.get_running_loop().time() + READY_SECONDS
            if asyncio.get_running_loop().time() > ends:
                late = ", ".join(child.name for child in everyone if child.state != "up") or "sign-on"
                raise StoreError(
                    f"not ready after {READY_SECONDS:.0f} seconds, waiting for {late}; see {self.layout.logs}",
                    f"{READY_SECONDS:.0f} 秒后仍未就绪，在等待 {late}：请看 {self.layout.logs}",
                )
            await asyncio.sleep(POLL_SECONDS)

    def _everyone(self) -> list[Child]:
        """Every process a sale may need: the stations, and the console when there is one."""
        return [*self._children.values(), *((self._console,) if self._console is not None else ())]

    def _console_listens(self) -> bool:
        return self._console is None or self._console.listening

    async def _sale_possible(self) -> bool:
        if all(self._links().values()):
            self._children["terminal"].go()
        if not all(child.state == "up" for child in self._children.values()):
            return False
        try:
            switch = await self._ask("switch", "links")  # from memory: after any history it costs the same
            if not all(link["connected"] and link["signed_on"] for link in switch["issuers"].values()):
                return False
            terminals = (await self._ask("terminal"))["terminals"]
        except PaymentError:
            return False
        if all(each["signed_on"] for each in terminals):
            return True
        # one that was refused signs on by itself with its next sale; the others need not wait for it
        self._patience -= 1
        return self._patience < 0 and any(each["signed_on"] for each in terminals)

    async def _ask(self, station: str, verb: str = "status") -> dict[str, Any]:
        running = self.layout.find(station)
        if running is None:
            raise StoreError(f"{station} is not there yet", f"{station} 尚未就绪")
        client = await ControlClient.connect(running.host, running.port, running.token)
        try:
            return await client.call(verb, {}, ASK_SECONDS)
        finally:
            client.close()

    def _announce(self, ports: dict[str, int]) -> None:
        self.ready = True
        line: dict[str, Any] = {
            "ready": True,
            "data": str(self.config.data),
            "terminals": {"host": self.config.host, "port": ports[ports_of.TERMINALS]},
            "version": __version__,
        }
        if self._console is not None:
            line["console"] = f"{'https' if self.config.console_tls else 'http'}://{self.config.host}:{ports[CONSOLE]}/"
            if self._console.password:
                line["password"] = self._console.password
        told = [msgspec.json.encode(line).decode()] if self._quiet else self._words(line)
        with contextlib.suppress(OSError):
            sys.stdout.write("".join(f"{each}\n" for each in told))
            sys.stdout.flush()
        self.log("ready")

    def _words(self, line: dict[str, Any]) -> list[str]:
        """That it is ready, where the console is, and the administrator's password when it was made just now."""
        said = list(READY.filled(sale=self._sale))
        if "console" in line:
            said.append(f"console / 控制台: {line['console']}")
        if "password" in line:
            said.append(f"first log-in: admin {line['password']} (shown once)")
            said.append(f"首次登录：admin {line['password']}（仅显示一次）")
        return said

    # --- control channel ---

    def _serve(self, verb: str, args: dict[str, Any], answer: Answer) -> None:
        body = self._answer(verb, args)
        if verb in {"fault.set", "fault.clear"} and self.ready and self._lab is not None:
            task = asyncio.get_running_loop().create_task(self._settled(self._lab.breakage, body, answer))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        else:
            answer(body)

    async def _settled(self, breakage: Breakage, body: dict[str, Any], answer: Answer) -> None:
        """Answer when what was asked for is so: refused links closed, healed ones open and signed on again."""
        ends = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while asyncio.get_running_loop().time() < ends:
            if breakage.settled and (breakage.refusing or await self._sale_possible()):
                break
            await asyncio.sleep(POLL_SECONDS)
        answer(body)

    def _answer(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        if verb.startswith(PREFIX):
            said = self._lab.answer(verb, args) if self._lab is not None else refused(verb)
            if said is not None:
                return said
        if verb == "status":
            return self._status()
        if verb == "stop":
            asyncio.get_running_loop().call_soon(self._stopping.set)
            return {"stopping": True}
        return refusal("unknown_verb", "the supervisor has no command of that name", "管理进程没有此命令")

    def _status(self) -> dict[str, Any]:
        stations = {
            name: {
                "state": child.state,
                "pid": child.pid,
                "starts": child.starts,
                "reason": child.fatal.en if child.fatal else "",
            }
            for name, child in self._children.items()
        }
        return {
            "ready": self.ready,
            "timers": str(self.config.timers),
            "stations": stations,
            "lab": self._lab is not None,
            "faults": self._lab.breakage.faults() if self._lab is not None else [],
            "links": self._links(),
        }

    def _links(self) -> dict[str, bool]:
        """The links, and whether each can be connected: its proxy listens, or where there is none its station."""
        if self._lab is not None:
            return self._lab.breakage.links()
        ends = {ports_of.TERMINALS: "switch"} | {ports_of.proxy_of(issuer): issuer for issuer in ISSUERS}
        up = {name for name, child in self._children.items() if child.state == "up"}
        return {link: station in up for link, station in ends.items()}
