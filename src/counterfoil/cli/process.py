"""One process of the command line: its streams, its signals, and the last word when nothing else was said."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Final

from counterfoil.cli.app import run, unwritten
from counterfoil.cli.failure import Complaint, Exit
from counterfoil.cli.screen import flushed, settle
from counterfoil.words import Text

BUG: Final = Text(
    "this is a fault of the program, please report it: {what} at {where}",
    "程序出错，请报告此问题：{what}，位置 {where}",
)


def main() -> int:
    """The `counterfoil` command in a process of its own."""
    sys.excepthook = last_word
    settle()
    status = run()
    broken = flushed()
    if broken is not None:
        status = unwritten(Complaint(sys.argv[1:]), broken, status)
        flushed()
    return status


def last_word(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """One sentence in place of a traceback: what went wrong, and where. Values are not shown: they may be card data."""
    complaint = Complaint(sys.argv[1:])
    if issubclass(kind, KeyboardInterrupt):
        complaint.say("interrupted", Text("interrupted", "已中断"), Exit.INTERRUPTED)
    else:
        frames = traceback.extract_tb(trace)
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
        complaint.say("bug", BUG.filled(what=kind.__name__, where=where), Exit.FAILED)
    flushed()
