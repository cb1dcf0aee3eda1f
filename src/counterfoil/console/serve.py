"""The console's process, begun by the supervisor like a station's, and speaking to it in the same way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Final

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from counterfoil.console import lost
from counterfoil.console.anchor import EVERY_SECONDS, Anchors, signer
from counterfoil.console.people import People
from counterfoil.console.reach import Reach
from counterfoil.console.visitor import BUSY, KEEP_ALIVE_SECONDS, MOST_HEAD, Visitor
from counterfoil.errors import OurError
from counterfoil.links.control import ControlServer
from counterfoil.links.door import Door, Guest
from counterfoil.links.limits import CONTROL
from counterfoil.stack import ports as ports_of
from counterfoil.stack.certificates import console_port
from counterfoil.stack.config import Config
from counterfoil.stack.descriptors import claim_stack
from counterfoil.stack.layout import Layout, Running
from counterfoil.stack.logs import Log
from counterfoil.stack.owning import owned
from counterfoil.stack.service import EXIT_OK, cannot_start, say
from counterfoil.storage import migrations_of

NAME: Final = "console"
GRACE_SECONDS: Final = 2
CALLERS: Final = 4
"""Connections to the control channel, out of what every process keeps aside: a verb asks one thing and leaves."""
HSTS: Final = ("strict-transport-security", "max-age=31536000")
"""Under TLS: for a year browsers ask this host for nothing in the clear."""


class Server(uvicorn.Server):
    """A server whose signals and whose door are ours, and that says when it serves."""

    def __init__(
        self, config: uvicorn.Config, door: Door, serving: Callable[[], None], tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(config)
        self._door = door
        self._tls = tls
        self._serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        self._door.begin(self._tls)
        self._serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, and end what goes on."""
        self._door.close()
        await super().shutdown(sockets)

    def visit(self, guest: Guest) -> Visitor:
        """Somebody is let in."""
        return Visitor(guest, self.config, self.server_state)

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """The process has handlers of its own."""
        yield


async def _live(config: Config) -> int:
    layout = Layout(config.data)
    log = Log(layout.log(NAME))
    try:
        _, allowed = claim_stack(NAME, lab=config.lab)
        signer(layout, make=True)  # whoever finds a log finds the key of its anchors
        store = await owned(layout.store(NAME), migrations_of("counterfoil.console"))
        reach = Reach(layout)
        people = People(store, reach.now)
        password = people.first_password()
        door = Door(NAME, allowed.pages, log, lambda guest: server.visit(guest), farewell=BUSY)
        door.bind(config.host, ports_of.read(layout)[NAME])
        tls = console_port(config, layout)
        control = ControlServer(
            config.host, 0, secrets.token_hex(16), lost.server(people), limits=CONTROL.within(CALLERS), note=log
        )
        await control.start()
    except (OurError, OSError) as error:
        return cannot_start(error, log)
    layout.publish(NAME, Running(control.port, control.token, os.getpid(), config.host))
    # Whoever connects from now on is served as soon as the pages are there: a second that no sale need wait for.
    say(listening=True, password=password)
    from counterfoil.console.app import build
    from counterfoil.console.doorstep import Trusted

    current_default_thread_limiter().total_tokens = allowed.readers
    app = build(reach, people, log, Trusted.of(config))
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        h11_max_incomplete_event_size=MOST_HEAD,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        proxy_headers=False,  # doorstep.py believes those of the settings, and nobody else
        timeout_graceful_shutdown=GRACE_SECONDS,
        headers=[] if tls is None else [HSTS],
    )
    server = Server(settings, door, lambda: say(up=True), tls)
    _end_with_supervisor(server)
    log("started", pid=os.getpid())
    anchors = Anchors(layout, config.audit_anchor or layout.audit_anchor, store, log)
    anchoring = asyncio.create_task(_anchor(anchors, reach))
    await server.serve([])  # the door lets in
    anchoring.cancel()
    await control.stop()
    layout.retract(NAME)
    anchors.write(reach.now())
    store.close()
    log("stopped")
    return EXIT_OK


async def _anchor(anchors: Anchors, reach: Reach) -> None:
    """Anchor the audit log, now and then."""
    while True:
        anchors.write(reach.now())
        await asyncio.sleep(EVERY_SECONDS)


def _end_with_supervisor(server: uvicorn.Server) -> None:
    """SIGTERM and the end of stdin stop it; Ctrl-C is the supervisor's business."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    def heard() -> None:
        if not os.read(sys.stdin.fileno(), 256):
            loop.remove_reader(sys.stdin.fileno())
            stop()

    loop.add_signal_handler(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.add_reader(sys.stdin.fileno(), heard)


def serve(config: Config) -> int:
    """Be the console; the exit code it ends with."""
    return asyncio.run(_live(config))
