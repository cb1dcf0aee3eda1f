"""A small ESC/POS printer: it knows the commands a slip may use and nothing else, and shows what would be on paper.

Written from the command reference, not from the encoder: an unknown byte is an error, never skipped.
"""

from __future__ import annotations

from typing import Final, NamedTuple

KANJI_START, KANJI_END = b"\x1c&", b"\x1c."
REAL_TIME: Final = (b"\x10\x04", b"\x10\x05", b"\x10\x14")


class Text(NamedTuple):
    """A printed line in the printer's own letters; `used`: columns it takes, a byte each, before `wide`."""

    text: str
    wide: int
    tall: int
    used: int


class Dots(NamedTuple):
    """A picture: its width in dots and its rows, a bit per dot, the left one the highest."""

    width: int
    rows: tuple[int, ...]


class Qr(NamedTuple):
    """A code the printer draws itself, in the middle or not."""

    payload: str
    module: int
    centred: bool


class Wrong(Exception):  # noqa: N818 - says it
    """Bytes no printer of this model understands."""


class Reader:
    """Reads a whole slip. `chinese`: the printer has two-byte characters, and starts in that mode."""

    def __init__(self, codec: str, *, chinese: bool) -> None:
        self.on_paper: list[Text | Dots | Qr] = []
        self._codec = codec
        self._has_chinese = self._chinese = chinese
        self._line = ""
        self._used = 0
        self._wide = self._tall = 1
        self._centred = False
        self._stored = ""
        self._module = 0

    def read(self, data: bytes) -> list[Text | Dots | Qr]:
        rest = data
        while rest:
            rest = rest[self._one(rest) :]
        if self._line:
            raise Wrong("the last line never ends")
        return self.on_paper

    def _one(self, rest: bytes) -> int:
        first, two = rest[0], rest[:2]
        if two in (KANJI_START, KANJI_END):
            if not self._has_chinese:
                raise Wrong("FS without Chinese characters")
            self._chinese = two == KANJI_START
            return 2
        if two == b"\x1bt":
            return 3
        if two == b"\x1d!":
            self._wide, self._tall = (rest[2] >> 4) + 1, (rest[2] & 7) + 1
            return 3
        if two == b"\x1ba":
            self._centred = rest[2] == 1
            return 3
        if rest[:4] == b"\x1dv0\x00":
            return self._picture(rest)
        if rest[:3] == b"\x1d(k":
            return self._code(rest)
        if first == 0x0A:
            if self._line or not (self.on_paper and isinstance(self.on_paper[-1], Qr)):
                self.on_paper.append(Text(self._line, self._wide, self._tall, self._used))
            self._line, self._used = "", 0
            return 1
        taken = self._letter(rest)
        self._used += taken
        return taken

    def _letter(self, rest: bytes) -> int:
        if rest[0] < 0x20 or rest[0] == 0x7F:
            raise Wrong(f"control byte {rest[0]:02x}")
        if rest[0] < 0x80:
            self._line += chr(rest[0])
            return 1
        if self._chinese:
            self._line += rest[:2].decode("gbk")
            return 2
        self._line += rest[:1].decode(self._codec)
        return 1

    def _picture(self, rest: bytes) -> int:
        across, height = int.from_bytes(rest[4:6], "little"), int.from_bytes(rest[6:8], "little")
        data = rest[8 : 8 + across * height]
        if len(data) != across * height or not 0 < height <= 255 or self._line:
            raise Wrong("a picture that is not whole, too high, or in the middle of a line")
        if any(order in data for order in REAL_TIME):
            raise Wrong("a picture that a printer would take for a question")
        rows = tuple(int.from_bytes(data[at : at + across], "big") for at in range(0, len(data), across))
        self.on_paper.append(Dots(across * 8, rows))
        return 8 + len(data)

    def _code(self, rest: bytes) -> int:
        length = int.from_bytes(rest[3:5], "little")
        block = rest[5 : 5 + length]
        if len(block) != length or block[:1] != b"1":
            raise Wrong("GS ( k")
        function, value = block[1:2], block[2:]
        if function == b"C":
            self._module = value[0]
        elif function == b"P":
            self._stored = value[1:].decode("ascii")
        elif function == b"Q":
            self.on_paper.append(Qr(self._stored, self._module, self._centred))
        elif function not in (b"A", b"E"):
            raise Wrong("GS ( k function")
        return 5 + length


def joined(pictures: list[Dots]) -> Dots:
    """Pictures below each other as one."""
    return Dots(pictures[0].width, tuple(row for picture in pictures for row in picture.rows))
