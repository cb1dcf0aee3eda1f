"""Every byte of every file below a directory, and of every text that was said, against every needle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from canary.needles import Needle

ON_THE_WIRE: Final = "wire:"
"""Begins the name of an answer that came over a link: its DE2 is the card number, as the standard has it."""


class Report(msgspec.Struct):
    """What was looked through, and where something was found: file (or what said it), needle, offset."""

    files: int = 0
    bytes: int = 0
    hits: list[dict[str, str | int]] = []


def scan(folders: Iterable[Path], said: Mapping[str, str], needles: Sequence[Needle]) -> Report:
    """Look through it all. A file that goes while it is looked at was read, or was not there."""
    report = Report()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                _look(report, str(path.relative_to(folder.parent)), path.read_bytes(), needles)
    for name, text in said.items():
        _look(report, name, text.encode("utf-8", "surrogatepass"), needles)
    return report


def _look(report: Report, name: str, data: bytes, needles: Sequence[Needle]) -> None:
    report.files += 1
    report.bytes += len(data)
    for needle in needles:
        if name.startswith(ON_THE_WIRE) and ": PAN" in needle.what:
            continue
        at = data.find(needle.form)
        if at >= 0:
            report.hits = [*report.hits, {"where": name, "what": needle.what, "at": at}]
