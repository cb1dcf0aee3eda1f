"""Questions to a printer and the replies that may be taken for their answers.

A reply counts only while a question of its kind is open, and answers the oldest one. What nobody asked for is kept for
the log and decides nothing. A one-byte GS r reply carries no name: it answers the oldest such barrier, and one that
nobody asked for shows that this stream cannot be trusted to be in order.
"""

from __future__ import annotations

from collections import deque
from typing import Final, TypeAlias

import msgspec

from counterfoil.receipts.printers.status import Demultiplexer, PrinterReply, ReplyKind, Sign, automatic, realtime
from counterfoil.receipts.profile import Profile

INITIALISE: Final = b"\x1b@"
AUTOMATIC_ON: Final = b"\x1da\x0f"
IDENTIFY: Final = b"\x1dIC"
ORDERED: Final = b"\x1dr\x01"  # GS r 1
COUNT: Final = "n"
CLEAR: Final = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
CLEARED: Final = bytes.fromhex("37 25 00")
KEPT: Final = 400  # lines of the conversation kept for the log
ID_LENGTH: Final = 4
ID_BYTES: Final = range(0x20, 0x7F)


class Said(msgspec.Struct, frozen=True):
    """The answer to DLE EOT `question`."""

    question: int
    byte: int
    signs: Sign


class Changed(msgspec.Struct, frozen=True):
    """An automatic status: nobody asked, but it names itself."""

    signs: Sign


class Passed(msgspec.Struct, frozen=True):
    """The barrier `tag` was reached: everything sent before it has been processed."""

    tag: str


class Cleared(msgspec.Struct, frozen=True):
    """The printer threw away what it had not yet printed."""


class Unasked(msgspec.Struct, frozen=True):
    """A reply that answers nothing: stale, foreign, or noise."""

    reply: PrinterReply


Heard: TypeAlias = Said | Changed | Passed | Cleared | Unasked


class Dialogue:
    """One conversation over one connection. `name`: three characters that make this attempt's barriers its own."""

    def __init__(self, profile: Profile, name: str) -> None:
        assert len(name) == ID_LENGTH - 1
        assert all(ord(character) in ID_BYTES for character in name)
        self.profile = profile
        self.lines: list[str] = []
        """The conversation for the log: `>` what we asked, `<` what came."""
        self._name = name
        self._demultiplexer = Demultiplexer()
        self._question = 0
        self._plain: deque[str] = deque()
        self._info: deque[str] = deque()
        self._named: set[str] = set()
        self._clearing = False

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self, question: int) -> bytes:
        """DLE EOT; one at a time."""
        self._question = question
        return bytes((0x10, 0x04, question))

    def drop(self) -> None:
        """The open DLE EOT will not be answered any more; a late answer is stale."""
        self._question = 0

    @property
    def asking(self) -> int:
        """The DLE EOT that is open, 0 for none."""
        return self._question

    def barrier(self, tag: str) -> bytes:
        """A barrier in the stream; `tag` is one character and makes its id."""
        assert len(tag) == 1
        if self.profile.barrier == "gs-h":
            self._named.add(tag)
            return bytes.fromhex("1d 28 48 06 00 30 30") + (self._name + tag).encode("ascii")
        if self.profile.barrier == "gs-r":
            self._plain.append(tag)
            return ORDERED
        return b""

    def count(self) -> bytes:
        """One of many nameless barriers: how many come back tells whether the printer lost a part of the stream."""
        self._plain.append(COUNT)
        return ORDERED

    def sync(self, tag: str) -> bytes:
        """A barrier that what an earlier job left in the printer cannot answer, as far as the model has one."""
        if self.profile.barrier == "gs-h" or not self.profile.identifies:
            return self.barrier(tag)
        self._info.append(tag)
        return IDENTIFY

    def awaits(self, tag: str) -> bool:
        """Whether a barrier was asked for and has not been reached."""
        return tag in self._named or tag in self._plain or tag in self._info

    def clear(self) -> bytes:
        """Ask the printer to throw away what is not printed. Nothing may be sent before its answer."""
        self._clearing = True
        return CLEAR

    # --- hearing ----------------------------------------------------------------------------------------------------

    def hear(self, data: bytes) -> list[Heard]:
        """What a piece of the stream says, in order."""
        self.note("<", data)
        return [self._taken(reply) for reply in self._demultiplexer.feed(data)]

    def note(self, way: str, data: bytes) -> None:
        """Keep what was said."""
        if data:
            self.remark(f"{way} {data.hex(' ')}")

    def remark(self, line: str) -> None:
        """Keep a line; a conversation that goes on for ever keeps its beginning."""
        if len(self.lines) < KEPT:
            self.lines.append(line)

    def _taken(self, reply: PrinterReply) -> Heard:
        if reply.kind is ReplyKind.AUTOMATIC:
            return Changed(automatic(reply.data))
        if reply.kind is ReplyKind.REALTIME and self._question:
            question, self._question = self._question, 0
            byte = reply.data[0]
            return Said(question, byte, realtime(question, byte, inverted=self.profile.inverted))
        if reply.kind is ReplyKind.BLOCK:
            return self._block(reply)
        if reply.kind is ReplyKind.INFO and self._info:
            return Passed(self._info.popleft())
        if reply.kind is ReplyKind.PLAIN and self._plain:
            return Passed(self._plain.popleft())
        return Unasked(reply)

    def _block(self, reply: PrinterReply) -> Heard:
        if reply.data == CLEARED and self._clearing:
            self._clearing = False
            return Cleared()
        if reply.data[:2] == b"\x37\x22" and len(reply.data) == ID_LENGTH + 3:
            name, tag = reply.data[2:5].decode("latin-1"), chr(reply.data[5])
            if name == self._name and tag in self._named:
                self._named.discard(tag)
                return Passed(tag)
        return Unasked(reply)
