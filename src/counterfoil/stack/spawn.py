"""A process for a station, as a fork of the supervisor: everything is imported already, so it is there in an instant.

The supervisor has one thread and stays that way; what the child inherits of it, it gives up before it begins. On Linux
the kernel ends the child when the supervisor ends; everywhere the end of its stdin does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

PR_SET_PDEATHSIG: Final = 1
EXIT_BROKEN: Final = 71
OURS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


class Born(NamedTuple):
    """A new process: its id, the end of the pipe into it and of the one out of it."""

    pid: int
    into: int
    out: int


def spawn(live: Callable[[], int], stderr: str) -> Born:
    """Run `live` in a process of its own with pipes for stdin and stdout; it ends with what `live` returns."""
    child_in, into = os.pipe()
    out, child_out = os.pipe()
    parent = os.getpid()
    # a signal that reached the child before it gave up our handlers would be told to us as ours
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OURS)
    try:
        pid = os.fork()
        if pid == 0:
            _become(live, child_in, child_out, stderr, parent)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(child_in)
    os.close(child_out)
    return Born(pid, into, out)


def _become(live: Callable[[], int], stdin: int, stdout: int, stderr: str, parent: int) -> None:
    """The child's whole life; never returns."""
    code = EXIT_BROKEN
    try:
        gc.freeze()  # objects of the supervisor must not be finalised here: their descriptors are others' by then
        signal.set_wakeup_fd(-1)
        for number in OURS:
            signal.signal(number, signal.SIG_DFL)
        os.dup2(stdin, 0)
        os.dup2(stdout, 1)
        log = os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        _close_inherited()
        os.setsid()  # Ctrl-C is the supervisor's; it must not reach the stations before that decides
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        code = live()
    finally:
        # after an exception too: the frames above belong to the supervisor
        if sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)


def _close_inherited() -> None:
    """Give up every descriptor but the three that are ours: sockets, locks and logs of the supervisor."""
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):  # the one the listing itself used
                os.close(int(name))


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(EXIT_BROKEN)
