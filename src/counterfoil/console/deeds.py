"""What people and programs do here, and the line of the audit log that is on the disk before it is done.

A deed that changes nothing but this console's store is one commit with its line (`AuditLog.writing`). A deed that
leaves the console, for a station or a printer, has two: `begin` writes the first before anything leaves, and gives the
Deed without which `Reach.act` sends nothing; the second says what became of it. Where the first cannot be written, it
is an UnwritableError and nothing has left. Where the second cannot, it is owed, and written before the next line that
can be; a console that ends before it knows says "unknown" when it begins again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import msgspec

from counterfoil.console import audit
from counterfoil.console.audit import AuditLine
from counterfoil.errors import StoreError
from counterfoil.freetext import starred
from counterfoil.step import CommitFailed, Instant
from counterfoil.storage import Store
from counterfoil.words import Text

BUSY: Final = "PRAGMA busy_timeout = 300"
"""Milliseconds a commit waits for a stranger's lock: the pages of everybody wait with it."""
OPEN: Final = "SELECT deed.seq, deed.ends_as, audit.line FROM deed JOIN audit USING (seq) ORDER BY deed.seq"
BEGUN: Final = "INSERT INTO deed (seq, ends_as) VALUES (?, ?)"
ENDED: Final = "DELETE FROM deed WHERE seq = ?"
PULSE: Final = "INSERT INTO pulse (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = excluded.at"
UNWRITABLE: Final = Text("The audit log cannot be written: nothing was done.", "审计日志无法写入：操作未执行。")
NOT_CHARGED: Final = Text(
    "The audit log cannot be written: nothing was sent, the card was not charged.",
    "审计日志无法写入：交易未发出，卡未被扣款。",
)
ENDED_FIRST: Final = "the console ended before it knew"


class UnwritableError(StoreError):
    """No line can be added to the audit log, so what was asked for was not done: nothing left the console."""

    def __init__(self) -> None:
        super().__init__(*UNWRITABLE)


class AuditedAct(NamedTuple):
    """What somebody is about to do: the line of it. `ends_as` is what its second line is called, "" for the same."""

    who: str
    what: str
    subject: str = ""
    why: str = ""
    origin: str = ""
    ends_as: str = ""


Also = Callable[[Store], None]


def _nothing(_store: Store) -> None:
    """What most lines change beside the log."""


class UnfinishedAct(NamedTuple):
    """A second line that is not written yet, and what is to be changed with it. `seq` is the first line's number."""

    seq: int
    entry: AuditLine
    also: Also


class RunningAct:
    """One deed that leaves the console; its first line is written. Used as a context, whose end writes the second.

    `left` is whether anything may have left. `owed` is whether the second line is still to be written.
    """

    def __init__(self, log: AuditLog, seq: int, act: AuditedAct) -> None:
        self._log = log
        self._seq = seq
        self.act = act
        self.left = False
        self.owed = False
        self._result = ""
        self._why = ""
        self._subject = act.subject
        self._also: Also = _nothing

    def ends(self, result: str, why: str = "", *, subject: str = "", also: Also = _nothing) -> None:
        """What became of it, for the second line; `also` is changed in the store by the commit of that line."""
        self._result, self._why, self._also = result, why, also
        self._subject = subject or self._subject

    def __enter__(self) -> RunningAct:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._result:
            self._result = "done" if kind is None else "unknown" if self.left else "not_sent"
        what = self.act.ends_as or self.act.what
        ended = self.act._replace(what=what, subject=self._subject, why=self._why)
        self.owed = not self._log.ended(self._seq, ended, self._result, self._also)


class AuditLog:
    """The audit log of one console, and the only way its store is written. `now` gives UTC microseconds."""

    def __init__(self, store: Store, now: Callable[[], Instant]) -> None:
        self._store = store
        self._now = now
        self._since: Instant = 0
        self._refused = 0
        self._file = _identity(store.path)
        store.execute(BUSY)
        self._owed = [
            UnfinishedAct(seq, _unknown(audit.read(line), str(ends_as), now()), _nothing)
            for seq, ends_as, line in store.query(OPEN)
        ]

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """A transaction, committed at the end of the block. UnwritableError when it cannot be: nothing was changed."""
        try:
            if _identity(self._store.path) != self._file:
                raise StoreError("the file was taken away")
            with self._store.transaction() as store:
                owed, since = tuple(self._owed), self._since
                self._settle(owed, since)
                yield store
                store.commit()
        except (CommitFailed, StoreError):
            self._since = self._since or self._now()
            self._refused += 1
            raise UnwritableError from None
        self._owed = self._owed[len(owed) :]
        if since:
            self._since = self._refused = 0

    def _settle(self, owed: tuple[UnfinishedAct, ...], since: Instant) -> None:
        """The lines that could not be written when they should have been, in the transaction that is open."""
        for one in owed:
            one.also(self._store)
            audit.append(self._store, one.entry)
            self._store.execute(ENDED, (one.seq,))
        if since:
            seconds = (self._now() - since) // 1_000_000
            self.note(AuditedAct("console", "audit log unwritable", why=f"{seconds} s, {self._refused} times refused"))

    def note(self, act: AuditedAct, result: str = "ok") -> int:
        """A line in the transaction that is open: it is there when that is committed. Its number."""
        said = {"who": act.who, "subject": act.subject, "why": act.why}  # people type card numbers anywhere
        shown = {name: starred(text) for name, text in said.items()}
        return audit.append(
            self._store, AuditLine(at=self._now(), what=act.what, origin=act.origin, result=result, **shown)
        )

    def did(self, act: AuditedAct, result: str = "ok") -> None:
        """A line by itself, on the disk when this returns; UnwritableError when it cannot be."""
        with self.writing():
            self.note(act, result)

    def begin(self, act: AuditedAct, also: Also = _nothing) -> RunningAct:
        """The first line of a deed that leaves the console, on the disk when this returns; else UnwritableError.

        `also` is changed in the store by the same commit.
        """
        with self.writing() as store:
            also(store)
            seq = self.note(act, "begun")
            store.execute(BEGUN, (seq, act.ends_as or act.what))
        return RunningAct(self, seq, act)

    def ended(self, seq: int, act: AuditedAct, result: str, also: Also) -> bool:
        """The second line of a deed. Whether it is written: otherwise it is owed."""
        said = {"who": starred(act.who), "subject": starred(act.subject), "why": starred(act.why)}
        entry = AuditLine(at=self._now(), what=act.what, origin=act.origin, result=result, **said)
        self._owed.append(UnfinishedAct(seq, entry, also))
        with suppress(UnwritableError):  # readiness says so, and the line is kept
            with self.writing():
                pass
            return True
        return False

    def writable(self) -> bool:
        """Whether a deed can be done now, found out by writing; what is owed is written too."""
        with suppress(UnwritableError):
            with self.writing() as store:
                store.execute(PULSE, (self._now(),))
            return True
        return False

    def history(self, count: int) -> list[tuple[int, AuditLine]]:
        """The latest lines, newest first."""
        return audit.newest(self._store, count)

    def newest_hash(self) -> str:
        """The hash of the newest line: whoever keeps it elsewhere sees when the end of the log is cut off."""
        return audit.newest_hash(self._store)


def _unknown(begun: AuditLine, ends_as: str, now: Instant) -> AuditLine:
    """The second line of a deed whose end no console has seen."""
    return msgspec.structs.replace(begun, at=now, what=ends_as, why=ENDED_FIRST, result="unknown")


def _identity(path: str) -> tuple[int, int] | None:
    """Which file lies at a path; None for none, and for a store in memory."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
