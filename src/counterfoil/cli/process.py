"""One process of the command line: its streams, its signals, and the last word when nothing else was said."""

from __future__ import annotations

import math
import signal
import sys
import time
import traceback
from types import FrameType, TracebackType
from typing import ClassVar, Final

from counterfoil.cli.app import run, unwritten
from counterfoil.cli.failure import Complaint, Exit
from counterfoil.cli.screen import flushed, settle
from counterfoil.words import Text

GRACE: Final = 2.0
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
BUG: Final = Text(
    "this is a fault of the program, please report it: {what} at {where}",
    "程序出错，请报告此问题：{what}，位置 {where}",
)


def main(held: set[signal.Signals]) -> int:
    """The `counterfoil` command in a process of its own; `held` are the signals that were blocked before it began."""
    sys.excepthook = last_word
    interruptible()
    settle()
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)  # what came while the program loaded comes now
        status = run()
    except KeyboardInterrupt:
        status = interrupted()
    broken = flushed()
    if broken is not None:
        status = unwritten(Complaint(sys.argv[1:]), broken, status)
        flushed()
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # all is said: the exit code stays what it is
    return status


def interruptible() -> None:
    """Take Ctrl-C, a request to end and a closed terminal as the same: a verb then says what may stand."""
    for number in (one for one in SIGNALS if signal.getsignal(one) is not signal.SIG_IGN):
        signal.signal(number, Interrupted())


class Interrupted:
    """Interrupts once; whatever follows within GRACE seconds does not cut short what is said then."""

    at: ClassVar[float] = -math.inf

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """A signal came."""
        taken = signal.getsignal(signal.SIGINT)
        if number != signal.SIGINT and taken is not signal.SIG_IGN:
            signal.raise_signal(signal.SIGINT)  # a day has its own way to stop
        elif time.monotonic() - Interrupted.at > GRACE:
            Interrupted.at = time.monotonic()
            raise KeyboardInterrupt


def interrupted() -> int:
    """The sentence that says so; the exit code."""
    return Complaint(sys.argv[1:]).say("interrupted", Text("interrupted", "已中断"), Exit.INTERRUPTED)


def last_word(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """One sentence in place of a traceback: what went wrong, and where. Values are not shown: they may be card data."""
    if issubclass(kind, KeyboardInterrupt):
        interrupted()
    else:
        frames = traceback.extract_tb(trace)
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
        Complaint(sys.argv[1:]).say("bug", BUG.filled(what=kind.__name__, where=where), Exit.FAILED)
    flushed()
