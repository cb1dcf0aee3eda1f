"""What a station says, word for word, kept as a text that people read.

A test plays a scene and writes down all that was said, replied, printed and stored; the text is compared with the one
kept beside the test, in its folder `told/`. After a change that is meant, look at the difference and keep it:

    KEEP_TOLD=1 PYTHONPATH=tests python -m pytest tests/terminal/test_told.py
    git diff tests/terminal/told
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from counterfoil.storage import Store

KEEP: Final = "KEEP_TOLD"
EMPTY: Final = ("", b"", 0, None)


class Transcript:
    """The text of one scene. `path`: where the kept one is."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / "told" / f"{name}.txt"
        self.lines: list[str] = []

    def note(self, *parts: object) -> None:
        """A line; what is no text is shown as JSON, bytes in hex."""
        self.lines += " ".join(map(shown, parts)).splitlines()

    def rows(self, store: Store, tables: Iterable[str]) -> None:
        """Everything in these tables, a row a line, empty columns left out."""
        for table in tables:
            columns = [name for _, name, *_ in store.query(f"PRAGMA table_info({table})")]
            for row in store.query(f"SELECT * FROM {table} ORDER BY {', '.join(columns)}"):
                filled = [(name, value) for name, value in zip(columns, row, strict=True) if value not in EMPTY]
                self.note(table, *(f"{name}={shown(value)}" for name, value in filled))

    def compare(self) -> None:
        """Fail with the difference to the kept text; with KEEP_TOLD=1 keep this one."""
        text = "\n".join(self.lines) + "\n"
        if os.environ.get(KEEP) == "1":
            self.path.parent.mkdir(exist_ok=True)
            self.path.write_text(text, "utf-8")
        kept = self.path.read_text("utf-8") if self.path.exists() else ""
        if kept != text:
            difference = difflib.unified_diff(kept.splitlines(), self.lines, "kept", "told now", lineterm="", n=1)
            raise AssertionError(
                "\n".join([f"{self.path.name} is told otherwise now ({KEEP}=1 keeps it):", *difference])
            )


def shown(value: object) -> str:
    """A value as a transcript has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Sequence) or not isinstance(value, int):
        return msgspec.json.encode(value, order="deterministic").decode()
    return str(value)
