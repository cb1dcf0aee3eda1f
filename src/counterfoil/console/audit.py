"""The audit log: who did what, when, why and with which result; each line chained to the one before by a hash.

Change, drop or swap a line and the next one names it. A chain shows that a line was altered by somebody who could not
rewrite all that follow; that its end was cut off, or all of it replaced, shows an anchor (anchor.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.step import UNREADABLE
from counterfoil.storage import Store, migrations_of, open_store

GENESIS: Final = "0" * 64
HASH: Final = 64
NEWEST: Final = "SELECT seq, line FROM audit ORDER BY seq DESC LIMIT ?"
ALL: Final = "SELECT seq, line FROM audit ORDER BY seq"
ONE: Final = "SELECT line FROM audit WHERE seq = ?"
INSERT: Final = "INSERT INTO audit (seq, line) VALUES (?, ?)"


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `at` is UTC microseconds, `subject` what it was done to, `origin` the address it came from."""

    at: int
    who: str
    what: str
    subject: str = ""
    why: str = ""
    result: str = "ok"
    origin: str = ""


ALTERED: Final = AuditLine(at=0, who="?", what="unreadable line", result="altered")


def append(store: Store, entry: AuditLine) -> int:
    """Write a line behind the last one, in the transaction that is open; its number."""
    newest = store.query(NEWEST, (1,))
    seq, previous = (newest[0][0], newest[0][1][:HASH]) if newest else (0, GENESIS)
    body = msgspec.json.encode(entry, order="sorted").decode()
    store.execute(INSERT, (seq + 1, f"{link(previous, body)} {body}"))
    return int(seq) + 1


def read(line: str) -> AuditLine:
    """What a line says; one that was altered so that nothing can be read in it says so."""
    try:
        return msgspec.json.decode(line[HASH + 1 :], type=AuditLine)
    except UNREADABLE:
        return ALTERED


def newest(store: Store, count: int) -> list[tuple[int, AuditLine]]:
    """The latest lines with their numbers, newest first."""
    return [(seq, read(line)) for seq, line in store.query(NEWEST, (count,))]


def head(store: Store) -> tuple[int, str]:
    """The number of the newest line and its hash; that of no line in an empty log."""
    rows = store.query(NEWEST, (1,))
    return (int(rows[0][0]), str(rows[0][1][:HASH])) if rows else (0, GENESIS)


def newest_hash(store: Store) -> str:
    """The hash of the newest line."""
    return head(store)[1]


def hash_at(store: Store, seq: int) -> str:
    """The hash of one line; that of no line when there is none of this number."""
    rows = store.query(ONE, (seq,))
    return str(rows[0][0][:HASH]) if rows else GENESIS


def first_broken(lines: Iterable[Sequence[Any]]) -> int | None:
    """The number (from 1) of the first (number, line) that does not follow from the one before; None when all do."""
    previous = GENESIS
    for number, (seq, line) in enumerate(lines, 1):
        digest, space, body = line[:HASH], line[HASH : HASH + 1], line[HASH + 1 :]
        if seq != number or space != " " or not hmac.compare_digest(digest.encode(), link(previous, body).encode()):
            return number
        previous = digest
    return None


def reader(path: Path) -> closing[Store]:
    """A console's store, open for reading beside its console. StoreError when it cannot be."""
    return closing(open_store(path, migrations_of("counterfoil.console"), readonly=True))


def verify(path: Path) -> int | None:
    """The first line of the log in a console's store that was altered; None when the chain holds.

    It reads every line, with a reader of its own: not for the thread that serves. StoreError when it cannot.
    """
    with reader(path) as store:
        return first_broken(store.query(ALL))


def link(previous: str, body: str) -> str:
    """The hash of a line that follows the line with the hash `previous`."""
    return hashlib.sha256(f"{previous}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def plain(entry: AuditLine) -> dict[str, Any]:
    """An entry for a page or the API."""
    return dict(msgspec.to_builtins(entry))
