"""What goes out of the command line: any text on any stream, and nothing in it is read as markup.

A stream that is closed, takes ASCII only, or is full must not end a verb that did its work.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn
    from rich.table import Table

ERRORS: Final = "counterfoil"
"""The name under which `plainly` is known to the streams."""
PLAIN: Final = {
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "·": "-",
    "→": "->",
    "×": "x",
    "≠": "!=",
    "✓": "+",
    "✗": "x",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "，": ", ",
    "。": ".",
    "：": ": ",
    "（": "(",
    "）": ")",
    "￥": "CNY",
}
STREAMS: Final = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_WRONLY), ("stderr", "w", os.O_WRONLY))
WIDEST: Final = 1000
NARROWEST: Final = 40
"""Columns a page is laid out for at the least; a narrower screen breaks the lines itself."""


def plainly(error: UnicodeError) -> tuple[str, int]:
    r"""What stands for a character that a stream cannot take: a plainer one, else its number as in \u7b7e."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(one) or json.dumps(one)[1:-1] for one in text), error.end


def settle() -> None:
    """Make the three streams usable, whatever they are, and the width of the screen a number."""
    for name, mode, flags in STREAMS:
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode))
    codecs.register_error(ERRORS, plainly)
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, ERRORS), (sys.stderr, ERRORS)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
    os.environ.update(measured(os.environ.get("COLUMNS", "")))


def measured(columns: str) -> dict[str, str]:
    """COLUMNS as it may be used; nothing where it is not set."""
    if not columns:
        return {}
    digits = columns.strip()
    if not (digits.isascii() and digits.isdigit()):
        return {"COLUMNS": ""}
    if not digits.strip("0"):  # a screen that does not know its width
        return {"COLUMNS": ""}
    wide = len(digits) > len(str(WIDEST))
    return {"COLUMNS": str(WIDEST if wide else max(NARROWEST, min(int(digits), WIDEST)))}


def flushed() -> OSError | None:
    """Write out what waits; what went wrong on stdout. A stream that takes nothing is given up: nothing else fails."""
    told: OSError | None = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            told = error if stream is sys.stdout else told
            with suppress(OSError, ValueError):  # a stream of no file
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except ValueError:  # closed meanwhile
            continue
    return told


def padded(text: str, columns: int) -> str:
    """A text filled up with spaces to so many columns: a Han character and a full-width sign take two."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return text + " " * (columns - len(text) - wide)


def json_text(value: Any) -> str:
    """A value as JSON that stdout can hold: in ASCII where it takes no more, or where a name is no text in UTF-8."""
    try:
        text = msgspec.json.encode(value).decode()
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
    return text


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """A screen for tables and progress. What is in brackets or between colons is text, as everything else."""
    from rich.console import Console

    made = Console(stderr=stderr, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)
    if made.width < NARROWEST:
        made.width = NARROWEST
    return made


def table(columns: int = 2, *, title: str = "", right: bool = False) -> Table:
    """A table without a head, in a box when it has a title; `right` puts the last column to the right.

    What does not fit goes on in the next line, also where no space divides it (Chinese, a reference): nothing is cut.
    """
    from rich.box import HEAVY_HEAD
    from rich.table import Table

    made = Table(box=HEAVY_HEAD if title else None, pad_edge=bool(title), show_header=False, title=title or None)
    for column in range(columns):
        made.add_column(overflow="fold", justify="right" if right and column == columns - 1 else "left")
    return made


def words(format_: str = "{task.description}") -> ProgressColumn:
    """A column of text beside a progress bar, read as text."""
    from rich.progress import TextColumn

    return TextColumn(format_, markup=False)
