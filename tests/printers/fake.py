"""A printer in software, with everything that can go wrong: bytes in, paper and bytes out. No socket, no clock.

It reads the stream as the manuals say: DLE commands at once, whatever else waits; all others in order, and not while
it is offline. What it has received it keeps when the sender leaves, and prints it later. On its paper each receipt's
last line tells which copy it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SECOND = 1_000_000
BLOCKS = ("cover", "paper_out", "offline", "cutter", "jam", "unrecoverable", "hot")
CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
WIDTHS = {
    **dict.fromkeys((b"\x1b@", b"\x1b2", b"\x1c&", b"\x1c."), 2),
    **{b"\x1b" + bytes((letter,)): 3 for letter in b"!EadJtM-3R{G V="},
    **{b"\x1b" + bytes((letter,)): 4 for letter in b"$\\c"},
    **{b"\x1d" + bytes((letter,)): 3 for letter in b"!BraIhwHfb"},
    **{b"\x1d" + bytes((letter,)): 4 for letter in b"LWP$"},
    **{b"\x1c" + bytes((letter,)): 3 for letter in b"!-C"},
    b"\x1bp": 5,
    b"\x1cS": 4,
    b"\x1b\x06": 3,  # another maker's question, that this one does not answer
    b"\x10\x05": 3,
}


@dataclass
class Habits:
    """What this model can do, and the bad manners it has."""

    gs_h: bool = True
    clears: bool = True
    identifies: bool = True
    asb_zero: bool = False  # its automatic status has the wrong fixed bit: four zero bytes
    wrong_id: bytes = b""  # what it answers instead of our id
    id_late: int = 0  # microseconds
    mute: bool = False
    buffer: int = 4096
    line_time: int = 20_000  # microseconds for one line of text
    near_end_at: int = 0  # lines left from which it says so


@dataclass
class Printer:
    """One device, across all connections. `paper` is what came out; a cut is a line of its own."""

    habits: Habits = field(default_factory=Habits)
    lines_left: int = 10_000
    troubles: set[str] = field(default_factory=set)
    plan: list[tuple[int, str]] = field(default_factory=list)  # (lines printed, trouble that then happens)
    paper: list[str] = field(default_factory=list)
    said: bytearray = field(default_factory=bytearray)
    behind_cut: str = ""  # the trouble that happens behind the next cut
    now: int = 0
    printed: int = 0
    polled_in_image: int = 0

    def __post_init__(self) -> None:
        self._boot()

    def _boot(self) -> None:
        self._buffer = bytearray()
        self._line = bytearray()
        self._seen = b""
        self._asb = 0
        self._busy_until = self.now
        self._later: list[tuple[int, bytes]] = []
        self._last_asb = b""

    # --- what happens to it -----------------------------------------------------------------------------------------

    def set(self, trouble: str) -> None:
        """Something goes wrong."""
        self.troubles.add(trouble)
        if trouble == "paper_out":
            self.lines_left = 0
        self._report()

    def mend(self, trouble: str) -> None:
        """A person puts it right."""
        self.troubles.discard(trouble)
        if trouble == "paper_out":
            self.lines_left = 10_000
        self._report()

    def power_cycle(self) -> None:
        """Everything it had not printed is gone, and so is what it was told to report."""
        self.said.clear()
        self._boot()

    def hang_up(self) -> None:
        """The sender is gone: what was still to be said is said to nobody; what was received stays."""
        self.said.clear()
        self._later.clear()
        self._seen = b""
        self._asb = 0

    @property
    def blocked(self) -> bool:
        """Whether it stands still."""
        return bool(self.troubles & set(BLOCKS))

    # --- what it is sent --------------------------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many bytes it takes now. An image that is longer than its buffer it prints as it comes."""
        longest = self.habits.buffer
        if self._buffer and not self.blocked:
            longest = max(longest, self._length())
        return max(0, longest - len(self._buffer))

    @property
    def _whole(self) -> bool:
        """Whether there is a whole command to execute."""
        return bool(self._buffer) and 0 < self._length() <= len(self._buffer)

    def receive(self, data: bytes) -> int:
        """Take what fits into the buffer; returns how much that was. Real-time commands act at once."""
        taken = data[: self.room]
        for number in taken:
            self._buffer.append(number)
            self._seen = (self._seen + bytes((number,)))[-len(CLEAR) :]
            self._real_time()
        return len(taken)

    def _real_time(self) -> None:
        if self._seen[-3:-1] == b"\x10\x04" and self._seen[-1] in (1, 2, 3, 4):
            self._say(bytes((self.status(self._seen[-1]),)))
            if self._buffer[:3] == b"\x1dv0" and self._length() > len(self._buffer):
                self.polled_in_image += 1
        elif self._seen == CLEAR and self.habits.clears:
            self._buffer.clear()
            self._line.clear()
            self._say(b"\x37\x25\x00")

    def status(self, question: int) -> int:
        """The byte DLE EOT answers."""
        have = self.troubles
        error = bool(have & {"cutter", "jam", "unrecoverable", "hot"})
        bits = {
            1: 0x08 * self.blocked | 0x40 * ("feed" in have),
            2: 0x04 * ("cover" in have) | 0x20 * ("paper_out" in have) | 0x40 * error,
            3: 0x04 * ("jam" in have) | 0x08 * ("cutter" in have) | 0x20 * ("unrecoverable" in have)
            | 0x40 * ("hot" in have),
            4: 0x0C * self._near_end | 0x60 * ("paper_out" in have),
        }  # fmt: skip
        return 0x12 | bits[question]

    @property
    def _near_end(self) -> bool:
        return "near_end" in self.troubles or "paper_out" in self.troubles or self.lines_left <= self.habits.near_end_at

    def _report(self) -> None:
        """Automatic status: at once when it is switched on, then whenever something changed."""
        have = self.troubles
        data = bytes((
            0x10 | 0x08 * self.blocked | 0x20 * ("cover" in have),
            0x04 * ("jam" in have) | 0x08 * ("cutter" in have) | 0x20 * ("unrecoverable" in have)
            | 0x40 * ("hot" in have),
            0x03 * self._near_end | 0x0C * ("paper_out" in have),
            0,
        ))  # fmt: skip
        if self._asb and data != self._last_asb:
            self._last_asb = data
            self._say(bytes(4) if self.habits.asb_zero else data)

    def _say(self, data: bytes, late: int = 0) -> None:
        if self.habits.mute:
            return
        if late:
            self._later.append((self.now + late, data))
        else:
            self.said += data

    # --- what it does in order --------------------------------------------------------------------------------------

    def advance(self, now: int) -> None:
        """Work until `now`."""
        self.now = max(self.now, now)
        for at, data in [one for one in self._later if one[0] <= self.now]:
            self._later.remove((at, data))
            self._say(data)
        while not self.blocked and self._busy_until <= self.now and self._whole:
            length = self._length()
            command = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._execute(command)

    def wakes_at(self) -> int | None:
        """When it has something to do by itself."""
        times = [at for at, _ in self._later]
        if not self.blocked and self._whole:
            times.append(self._busy_until)
        return min(times, default=None)

    def _length(self) -> int:
        """How long the command at the head of the buffer is, 0 while that cannot be told."""
        head = bytes(self._buffer[:8])
        if head[0] not in b"\x10\x1b\x1c\x1d":
            return 1
        if len(head) < 3 and head not in (b"\x1b@", b"\x1b2", b"\x1c&", b"\x1c."):
            return 0
        if head[0] == 0x10:
            return 10 if head[:2] == b"\x10\x14" else 3
        if head[:2] in WIDTHS:
            return WIDTHS[head[:2]]
        if head[:2] == b"\x1dV":
            return 3 if head[2] in b"\x00\x0101" else 4
        if head[:2] in (b"\x1d(", b"\x1c("):
            return 5 + head[3] + 256 * head[4] if len(head) >= 5 else 0
        if head[:3] == b"\x1dv0":
            return 8 + (head[4] + 256 * head[5]) * (head[6] + 256 * head[7]) if len(head) == 8 else 0
        raise AssertionError(f"this printer does not know {head[:3].hex(' ')}")

    def _execute(self, command: bytes) -> None:
        if command == b"\n":
            self._print(self._line.decode("gbk", "replace"))
            self._line.clear()
        elif len(command) == 1:
            self._line += command if command >= b" " else b""
        elif command == b"\x1b@":
            self._line.clear()
            self._asb = 0
        elif command[:3] == b"\x1dv0":
            self._print(f"[{8 * (command[4] + 256 * command[5])} x {command[6] + 256 * command[7]} dots]")
        elif command[:2] == b"\x1bd":
            for _ in range(command[2]):
                self._print("")
        elif command[:3] == b"\x1d(k" and command[6:7] == b"Q":
            self._print("[QR]")
        else:
            self._answer(command)

    def _answer(self, command: bytes) -> None:
        """What makes it speak, and the cut."""
        if command[:2] == b"\x1dr":
            self._say(bytes((0x03 * self._near_end,)))
        elif command == b"\x1dIC" and self.habits.identifies:
            self._say(b"\x5fFAKE 1\x00")
        elif command[:2] == b"\x1da":
            self._asb, self._last_asb = command[2], b""
            self._report()
        elif command[:3] == b"\x1d(H" and self.habits.gs_h:
            self._say(b"\x37\x22" + (self.habits.wrong_id or command[7:11]) + b"\x00", self.habits.id_late)
        elif command[:2] == b"\x1dV":
            self.paper.append("-- cut --")
            if "cutter_sticks" in self.troubles:
                self.set("cutter")
            if self.behind_cut:
                trouble, self.behind_cut = self.behind_cut, ""
                self.set(trouble)

    def _print(self, line: str) -> None:
        self.paper.append(line)
        self.printed += 1
        self.lines_left -= 1
        self._busy_until = self.now + self.habits.line_time
        for at, trouble in [one for one in self.plan if one[0] <= self.printed]:
            self.plan.remove((at, trouble))
            self.set(trouble)
        if self.lines_left <= 0:
            self.set("paper_out")
        elif self._near_end:
            self._report()

    # --- what is on the paper ---------------------------------------------------------------------------------------

    def originals(self) -> int:
        """How many whole ORIGINALs came out."""
        return sum(bool(re.fullmatch(r"\W*ORIGINAL\b.*", line.strip())) for line in self.paper)

    def duplicates(self) -> int:
        """How many whole DUPLICATEs came out."""
        return sum(bool(re.fullmatch(r"\W*DUPLICATE \d.*", line.strip())) for line in self.paper)
