"""Strangers against every port of a real stack whose processes may have few descriptors, while it goes on selling."""

from __future__ import annotations

import contextlib
import http.client
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from counterfoil.links.limits import raise_open_files
from counterfoil.stack import ports
from counterfoil.stack.descriptors import OWN, RESERVE, SPARE, least, shares
from counterfoil.stack.layout import ISSUERS, RECONCILIATION, STATIONS, SUPERVISOR
from stack.stacks import PROGRAM, Stack, refused, wait_for

LOCAL = "127.0.0.1"
PROCESSES = (*STATIONS, SUPERVISOR, RECONCILIATION)
HALF = {"message": b"\x01\x00half", "control": b'{"token":"', "page": b"POST /login HTTP/1.1\r\nHost: x\r\n"}


def limited(files: int) -> Callable[[], None]:
    """What a process does that may have so many descriptors."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def test_every_share_leaves_the_reserve_and_grows_with_the_limit() -> None:
    for lab in (False, True):
        before = 0
        for limit in range(least(lab=lab), 70_000, 64):
            found = shares(limit, lab=lab)
            # the busiest processes: the terminals', the switch's, the console's, and in the lab the supervisor's
            assert RESERVE + OWN + found.tills.total <= limit
            assert RESERVE + found.control.total + found.terminals.total <= limit
            assert RESERVE + found.readers * 16 + 3 * found.pages.total <= limit
            pairs = found.proxies["switch"].total + 2 * found.proxies["issuer"].total if lab else 0
            assert RESERVE + found.control.total + 2 * pairs <= limit
            assert found.terminals.total >= max(before, OWN + SPARE)
            before = found.terminals.total
            if lab:
                assert found.terminals.total < found.proxies["switch"].total


@pytest.mark.parametrize("lab", [False, True], ids=["plain", "lab"])
def test_too_low_a_limit_is_a_sentence_that_names_the_right_one(tmp_path: Path, lab: bool) -> None:
    needed = least(lab=lab)
    for files in (64, needed - 1):
        said = refused(tmp_path / "data", lab=lab, before=limited(files))
        assert f"up needs at least {needed} open files and may have {files} here" in said


def test_a_day_says_it_too_and_a_simulation_needs_none() -> None:
    words = {"day": ["day", "--baskets", "5"], "simulate": ["simulate", "--transactions", "20", "--json"]}
    said = {
        name: subprocess.run(
            [sys.executable, "-P", "-c", f"{PROGRAM}sys.exit(run(sys.argv[1:]))", *line],
            capture_output=True, text=True, check=False, timeout=120, preexec_fn=limited(64),
        )
        for name, line in words.items()
    }  # fmt: skip
    assert f"day needs at least {RESERVE + OWN} open files and may have 64 here" in said["day"].stderr
    assert (said["day"].returncode, said["simulate"].returncode) == (1, 0), said


def doors(stack: Stack) -> Iterator[tuple[str, int, int]]:
    """Every port of a stack: what is spoken there, where it is, and how many strangers are more than it bears."""
    found = ports.read(stack.layout)
    allowed = shares(least(lab=stack.lab), lab=stack.lab)
    messages = {ports.TERMINALS: allowed.terminals.total, **dict.fromkeys(ISSUERS, allowed.issuer.total)}
    if stack.lab:
        messages |= {"switch": allowed.terminals.total}
        messages |= {ports.proxy_of(issuer): allowed.proxies["issuer"].total for issuer in ISSUERS}
    for name, most in messages.items():
        yield "message", found[name], most + 60
    for name in PROCESSES:
        running = wait_for(lambda name=name: stack.layout.find(name))  # type: ignore[misc]
        control = allowed.tills if name == "terminal" else allowed.control
        yield "control", running.port, control.total + 40
    yield "page", found["console"], allowed.pages.total + 40


def page(stack: Stack, path: str) -> int:
    address = urlsplit(stack.ready["console"])
    with contextlib.closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)) as line:
        line.request("GET", path)
        return line.getresponse().status


@pytest.mark.loop
@pytest.mark.parametrize("lab", [False, True], ids=["plain", "lab"])
def test_strangers_at_every_port_stop_no_sale_no_page_and_no_command(tmp_path: Path, lab: bool) -> None:
    raise_open_files()
    with (
        Stack(tmp_path / "data", lab=lab, before=limited(least(lab=lab))) as stack,
        contextlib.ExitStack() as strangers,
    ):
        wait_for(lambda: page(stack, "/readyz") == 200, 60)
        assert stack.sale(terminal="T0000001")["outcome"] == "approved"
        came = 0
        for kind, port, count in doors(stack):
            for number in range(count):
                stranger = strangers.enter_context(socket.socket())
                stranger.settimeout(10)
                stranger.connect((LOCAL, port))
                came += 1
                with contextlib.suppress(ConnectionError):
                    stranger.sendall((b"", HALF[kind], b"\0\0" if kind == "message" else b"")[number % 3])
        assert came > 700
        for terminal in ("T0000001", "T0000002", "T0000100"):  # one that sold, and two that have signed on only
            assert stack.sale(terminal=terminal)["outcome"] == "approved"
        assert page(stack, "/readyz") == 200
        for name in PROCESSES:
            assert "error" not in stack.call(name, "status"), name
        log = "".join(path.read_text() for path in stack.layout.logs.glob("*.log"))
        assert "accept_failed" not in log
        assert "too_many_connections" in log
        assert not [path for path in stack.layout.logs.glob("*.stderr.log") if path.read_text()]
        assert stack.call(SUPERVISOR, "status")["stations"]["switch"]["starts"] == 1
