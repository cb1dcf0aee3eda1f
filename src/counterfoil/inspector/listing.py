"""Dumps whose lines begin with an offset: hexdump, od, xxd, tcpdump, Wireshark, Java's and Windows' tools.

A line holds as many bytes as the next offset is away: nothing else says what the offsets count in (hex, octal or
decimal), what the cells are (bytes, words of either order, octal, decimal, bits, characters), and where the characters
a dump repeats beside them begin. The last line may hold an offset only, where the dump ends. `*` stands for lines like
the one before.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

_LINE: Final = re.compile(
    r"(?P<indent>\s*)[|│]?(?:[0-9A-Fa-f]{4}:(?=[0-9A-Fa-f]{4}\s))?(?:0x)?(?P<offset>[0-9A-Fa-f]{4,16})(?P<rest>h?[:|│]?(?:\s.*)?)"
)
_MARKED: Final = re.compile(
    r"(?P<indent>.*?)(?<![0-9A-Za-z])(?:0x)?(?P<offset>[0-9A-Fa-f]{4,16})(?P<rest>(?:h:?|[:|])\s{1,4}[0-9A-Fa-f]{2}.*)"
)
_UNMARKED: Final = re.compile(
    r"(?P<indent>.*?)(?<![0-9A-Za-z])(?P<offset>[0-9A-Fa-f]{4,16})(?P<rest>\s{1,4}(?:[0-9A-Fa-f]{2}\s){3}.*)"
)
"""An offset behind what a log writes before each line."""
_BEFORE_CELLS: Final = re.compile(r"h?[:|│]?[|│ ]?")
_TOKEN: Final = re.compile(r"[^\s-]+|(?<=\s)-[0-9]+")
_BARS: Final = "|│><;\"'`"
FEWEST: Final = 12
"""Fewer bytes than this are no message."""
LONGEST: Final = 16 * 1024
"""Bytes: nothing longer is read. An offset may say that `*` stands for as many as there are in the world."""
WIDEST: Final = 2048
"""Characters: a longer line is none of a listing, whose widest have 256 bytes."""
_SHORT: Final = 3
"""A listing of fewer lines than this has to be bytes: words of another order would be a guess."""


class Listed(NamedTuple):
    """The bytes of one listing, and the numbers of the lines it was read from."""

    data: bytes
    lines: frozenset[int]


class _Entry(NamedTuple):
    number: int
    indent: str
    offset: str
    rest: str
    repeated: bool
    """A `*` stands behind this line."""


Cell = Callable[[str], bytes | None]


def _hex(cell: str) -> bytes | None:
    return bytes.fromhex(cell) if re.fullmatch(r"(?:[0-9A-Fa-f]{2}){1,32}", cell) else None


def _swapped(size: int) -> Cell:
    def read(cell: str) -> bytes | None:
        return bytes.fromhex(cell)[::-1] if re.fullmatch(rf"(?:[0-9A-Fa-f]{{2}}){{1,{size}}}", cell) else None

    return read


def _number(pattern: str, base: int, size: int, order: str) -> Cell:
    def read(cell: str) -> bytes | None:
        if re.fullmatch(pattern, cell) is None:
            return None
        value = int(cell, base)
        if not -(1 << (8 * size - 1)) <= value < 1 << (8 * size):
            return None
        return (value % (1 << (8 * size))).to_bytes(size, "little" if order == "little" else "big")

    return read


_ORDERS: Final = ("little", "big")
_OCTAL: Final = ((2, 6), (4, 11), (8, 22))
"""How many octal digits a word of so many bytes has."""
_CELLS: Final[Sequence[Cell]] = (
    _hex,
    *(_swapped(size) for size in (2, 4, 8)),
    _number("[0-7]{3}", 8, 1, "big"),
    *(
        _number(f"[0-7]{{{digits}}}", 8, size, order)
        for size, digits in ((2, 6), (4, 11), (8, 22))
        for order in ("little", "big")
    ),
    _number("[01]{8}", 2, 1, "big"),
    *(_number("-?[0-9]{1,20}", 10, size, order) for size in (1, 2, 4, 8) for order in _ORDERS),
)
_ESCAPES: Final = {
    r"\0": 0, r"\a": 7, r"\b": 8, r"\t": 9, r"\n": 10, r"\v": 11, r"\f": 12, r"\r": 13,
}  # fmt: skip
_WIDE: Final = 4
"""A character's column in what `od -c` and `hexdump -c` print."""


def listings(text: str) -> list[list[Listed]]:
    """Every way to understand a listing, the likeliest first: each is the listings that stand in the text.

    [] when no line begins with an offset.
    """
    for pattern in (_LINE, _MARKED, _UNMARKED):
        entries = _entries(text, pattern)
        groupings = [
            [part for _, one in itertools.groupby(entries, lambda entry: entry.indent) for part in _blocks(list(one))],
            _blocks(entries),
            [part for one in _by_indent(entries) for part in _blocks(one)],
        ]
        tried = [[list(_ways(block)) for block in groups] for groups in groupings]
        ways = min(tried, key=lambda each: sum(not one for one in each))
        if any(len(way.data) >= FEWEST for one in ways for way in one):
            most = max(len(one) for one in ways)
            return [[one[min(at, len(one) - 1)] for one in ways if one] for at in range(most)]
    return []


def unnumbered(text: str) -> bytes | None:
    """The bytes of lines that have no offset and end in the characters of their bytes; None for others."""
    data, proven = b"", False
    for line in text.splitlines():
        taken = []
        for token, _, end in _tokens(line[:WIDEST]):
            value = _hex(token)
            if value is None:
                break
            taken.append((value, end))
        if len(line) > WIDEST or (line.strip() and not taken):
            return None
        row = _beside_characters(line, taken)
        proven = (
            proven or len(row) < sum(len(value) for value, _ in taken) or bool(taken and line[taken[-1][1] :].strip())
        )
        data += row
    return data if proven and len(data) >= FEWEST else None


def _entries(text: str, pattern: re.Pattern[str]) -> list[_Entry]:
    found: list[_Entry] = []
    for number, line in enumerate(text.expandtabs(8).splitlines(), 1):
        match = pattern.fullmatch(line.rstrip()) if len(line) <= WIDEST else None
        if match is not None:
            found.append(_Entry(number, match["indent"], match["offset"], match["rest"], False))
        elif found and line.strip() == "*":
            found[-1] = found[-1]._replace(repeated=True)
    if len(found) > 1 and found[0].number == 1:  # copied from behind its indentation
        found[0] = found[0]._replace(indent=found[1].indent)
    return found


def _blocks(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """The entries cut where the offsets begin anew."""
    blocks: list[list[_Entry]] = []
    last = -1
    for entry in entries:
        at = int(entry.offset, 16)
        if at <= last or not blocks:
            blocks.append([])
        blocks[-1].append(entry)
        last = at
    return blocks


def _by_indent(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """The entries of each indentation: Wireshark sets the bytes of the other side farther in."""
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.indent, []).append(entry)
    return list(groups.values())


def _ways(block: Sequence[_Entry]) -> Iterator[Listed]:
    """What a listing can mean: in each way its offsets count, with each kind of cells that agrees with them."""
    told = set()
    for base in (16, 10, 8):
        try:
            places = [int(entry.offset, base) for entry in block]
        except ValueError:
            continue
        if places[-1] - places[0] > LONGEST or any(behind <= at for at, behind in itertools.pairwise(places)):
            continue
        for cell in (*_CELLS, None):
            if len(block) < _SHORT - 1 and cell not in (_hex, None):
                continue
            data = _read(block, places, cell)
            if data and data not in told:
                told.add(data)
                yield Listed(data, frozenset(entry.number for entry in block))


def _read(block: Sequence[_Entry], places: Sequence[int], cell: Cell | None) -> bytes | None:
    """The bytes of a listing with cells of this kind (None: characters); None when its offsets do not agree."""
    data, column, width = bytearray(), 0, 0
    for number, entry in enumerate(block):
        behind = places[number + 1] - places[0] if number + 1 < len(block) else None
        if behind is None:
            last = _last(entry, cell, column, width)
            return bytes(data + last) if last is not None else None
        wanted = behind - len(data)
        if entry.repeated:
            wanted = min(wanted, width or wanted)
        ends = number + 2 == len(block) and not _cells_of(block[-1].rest)
        row, end = _row(entry.rest, cell, wanted, ends)
        if row is None:
            return None
        if not column:
            column, width = end, len(row)
        data += row
        while entry.repeated and row and len(data) < behind:
            data += row[: behind - len(data)]
        if len(data) != behind:
            return None
    return None


def _cells_of(rest: str) -> str:
    return _BEFORE_CELLS.sub("", rest, count=1).strip()


def _row(rest: str, cell: Cell | None, wanted: int, ends: bool) -> tuple[bytes | None, int]:
    """Exactly so many bytes of a line, and the column behind them. In the line before the end a word may be filled."""
    if cell is None:
        return _characters(rest, wanted), 0
    data = b""
    for token, _, end in _tokens(rest):
        value = cell(token)
        if value is None:
            break
        data += value
        if len(data) >= wanted:
            if len(data) > wanted and not ends:
                break
            return data[:wanted], end
    return None, 0


def _tokens(rest: str) -> Iterator[tuple[str, int, int]]:
    begin = _BEFORE_CELLS.match(rest)
    for match in _TOKEN.finditer(rest, begin.end() if begin else 0):
        yield match.group(), match.start(), match.end()


def _characters(rest: str, wanted: int) -> bytes | None:
    """The bytes of a line of characters: each in a column of four, as itself, an escape or three octal digits."""
    data = bytearray()
    for at in range(0, wanted * _WIDE, _WIDE):
        cell = rest[at : at + _WIDE].ljust(_WIDE)
        shown = cell.strip()
        if shown in _ESCAPES:
            data.append(_ESCAPES[shown])
        elif re.fullmatch("[0-3][0-7]{2}", shown):
            data.append(int(shown, 8))
        elif len(shown) <= 1 and shown.isascii() and not cell[: _WIDE - 1].strip():
            data.append(ord(cell[-1]))
        else:
            return None
    return bytes(data)


def _last(entry: _Entry, cell: Cell | None, column: int, width: int) -> bytes | None:
    """The bytes of a last line, which no offset ends: up to the column where cells end, or to what repeats them."""
    if not _cells_of(entry.rest):
        return b""
    if cell is None:
        text = entry.rest.rstrip()
        return _characters(text, (len(text) + _WIDE - 1) // _WIDE)
    taken = []
    for token, start, end in _tokens(entry.rest):
        value = cell(token)
        if value is None or (column and start >= column):
            break
        taken.append((value, end))
    data = _beside_characters(entry.rest, taken)
    return (data[:width] if column else data) or None


def _beside_characters(rest: str, taken: Sequence[tuple[bytes, int]]) -> bytes:
    """The bytes of a single line: as many cells as the characters behind them repeat; all, where nothing does."""
    for count in range(len(taken), 0, -1):
        data, behind = b"".join(value for value, _ in taken[:count]), rest[taken[count - 1][1] :]
        gap = len(behind) - len(behind.lstrip(" -"))
        if gap and any(_repeats(behind[cut:], data) for cut in range(gap + 1)):
            return data
    return b"".join(value for value, _ in taken)


def _repeats(shown: str, data: bytes) -> bool:
    """Whether these characters are those of the bytes, a dot or the like for what cannot be printed."""
    shown = shown.strip(_BARS) if shown.strip()[:1] in _BARS else shown
    if len(shown) > len(data) or not shown.strip() or data[len(shown) :].strip(b" "):
        return False
    return all(
        letter == chr(byte) if 0x20 < byte < 0x7F else not (letter.isascii() and letter.isalnum())
        for letter, byte in zip(shown, data, strict=False)
    )
