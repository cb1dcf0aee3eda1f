"""Audit lines, each chained to the one before by a hash: change, drop or swap one and the next names it.

Pure: the caller stores the lines. A chain shows that a line was altered by someone who could not rewrite all that
follow; cutting off its end is seen only by who kept the newest hash (`head`) elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

GENESIS: Final = "0" * 64
_HASH: Final = 64


def append(previous: str, entry: Mapping[str, Any]) -> str:
    """One line, `HASH JSON`: `previous` is the hash of the line before (`head_of`), GENESIS for the first.

    `entry` says who, what, when, with which result and from where; TypeError for what JSON does not know.
    """
    body = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{_link(previous, body)} {body}"


def head_of(line: str) -> str:
    """The hash the next line is chained to."""
    return line[:_HASH]


def verify(lines: Iterable[str], head: str | None = None) -> int | None:
    """The number (from 0) of the first line that does not follow from the one before, or None when all do.

    With `head`, a chain that ends elsewhere is reported too, at the line that should come next.
    """
    previous, count = GENESIS, 0
    for count, line in enumerate(lines, 1):
        digest, space, body = line[:_HASH], line[_HASH : _HASH + 1], line[_HASH + 1 :]
        if space != " " or not hmac.compare_digest(digest.encode(), _link(previous, body).encode()):
            return count - 1
        previous = digest
    return None if head is None or head == previous else count


def _link(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()
