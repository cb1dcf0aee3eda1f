"""The fonts that draw what a printer has no letters for: a chain, each letter from the first one that has it.

First the chosen font, then the known ones that have Chinese, then whatever else is installed. A font has a letter when
its own table names every character of it and its picture is neither empty nor the font's box: some fonts name
characters they have no picture of.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from counterfoil.errors import OurError
from counterfoil.receipts.render.clusters import is_part
from counterfoil.receipts.render.coverage import coverage
from counterfoil.words import Text

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

FACES: Final = 16  # how many faces of a file are looked at
PACKAGE: Final = "fonts-wqy-microhei"
# Where Debian's and Fedora's packages and macOS put a font that has simplified Chinese, the smallest first.
KNOWN: Final = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
)
FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
KINDS: Final = frozenset((".ttf", ".otf", ".ttc", ".otc"))
# What the name of a file has when nobody would choose its letters while there are others.
_NOT_PLAIN: Final = (
    *("bold", "italic", "oblique", "slanted", "condensed", "light", "thin", "black", "display"),
    *("unifont", "lastresort", "csur", "sample"),
)
SELECTORS: Final = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
"""They choose between pictures of the letter before them, and have none."""
_WITHOUT_SELECTORS: Final[dict[int, None]] = dict.fromkeys(SELECTORS)
_UNSEEN: Final = frozenset({*map(chr, SELECTORS), "\u200c", "\u200d"})
SIZE: Final = 20  # at which a face is tried
PARTS_WITHIN: Final = SIZE * 3 // 2  # how wide a Korean syllable of one letter gets
_NOT_A_CHARACTER: Final = "\U0010ffff"  # whatever a font draws for this is its box


NOT_READ: Final = Text("{path} cannot be read as a font", "{path} 不是可用的字体文件")


class NoFont(OurError):  # noqa: N818 - says what is missing
    """No font to draw with; the text says what to install."""


class Face(NamedTuple):
    """One face of a font file."""

    path: Path
    number: int = 0


class Chain:
    """Font files in the order they are tried; `more` finds others when none of these has a letter."""

    def __init__(self, paths: Sequence[Path], more: Callable[[], Sequence[Path]] = tuple) -> None:
        self._paths = tuple(paths)
        self._more = more
        self._found: dict[tuple[str, bool], tuple[Face, str]] = {}

    def find(self, letter: str, *, narrow: bool) -> tuple[Face, str] | None:
        """The face that draws a letter, and the characters it draws it of; None when no font has it.

        `narrow`: it has one column. A composed letter is preferred to its parts, of whatever font.
        """
        known = self._found.get((letter, narrow))
        if known is not None and known[0].path.is_file():
            return known
        for face in self._faces(narrow=narrow):
            for form in forms(letter):
                if has(face, form):
                    self._found[letter, narrow] = face, form
                    return face, form
        return None

    def _faces(self, *, narrow: bool) -> Iterator[Face]:
        for path in self._paths:
            if path.is_file():
                yield Face(path, _mono(path) if narrow else 0)
        for path in sorted(self._more(), key=lambda path: _rank(path, narrow=narrow)):
            if path not in self._paths:
                yield Face(path)


def chain(first: Path | None = None) -> Chain:
    """The fonts of this machine, `first` before all others."""
    return _chain(first, tuple(path for path in map(Path, KNOWN) if path.is_file()))


@lru_cache(maxsize=8)
def _chain(first: Path | None, known: tuple[Path, ...]) -> Chain:
    return Chain(((first, *known) if first else known), installed)


def installed() -> list[Path]:
    """Every font file in the usual folders."""
    return sorted(
        path for root in FOLDERS for path in Path(root).expanduser().rglob("*") if path.suffix.lower() in KINDS
    )


def _rank(path: Path, *, narrow: bool) -> tuple[bool, bool, bool, bool, str]:
    name = path.stem.lower()
    plain = not any(word in name for word in _NOT_PLAIN)
    return not plain, ("mono" in name) != narrow, "notosans" not in name, "sans" not in name, str(path)


def forms(letter: str) -> list[str]:
    """The ways to write a letter, the best one first: composed, as it is, in parts; without what only chooses between
    pictures where nothing can obey that.
    """
    if len(letter) == 1:
        return [letter]
    if not shapes():
        letter = letter.translate(_WITHOUT_SELECTORS) or letter
    composed, apart = (unicodedata.normalize(form, letter) for form in ("NFC", "NFD"))
    return [one for one in dict.fromkeys((composed, letter, apart)) if len(one) == 1 or shapes()]


@lru_cache(maxsize=1)
def shapes() -> bool:
    """Whether letters can be drawn that depend on each other: Pillow with raqm, HarfBuzz and FriBidi."""
    from PIL import features

    return bool(features.check("raqm"))


@lru_cache(maxsize=8192)
def has(face: Face, form: str) -> bool:
    """Whether a face can draw a letter: it names all its characters, and the picture is not empty and not its box."""
    known = coverage(*face)
    if not all(known.names(character) for character in form if character not in _UNSEEN):
        return False
    try:
        font = load(face.path, SIZE, index=face.number)
    except NoFont:
        return False
    if any(map(is_part, form)) and font.getlength(form) > PARTS_WITHIN:
        return False  # it has the parts of the syllable side by side only
    box = _picture(font, _NOT_A_CHARACTER)
    return all(
        any(picture[1]) and picture != box
        for character in form
        if character not in _UNSEEN and not unicodedata.category(character).startswith("M")
        for picture in (_picture(font, character),)
    )


def _picture(font: FreeTypeFont | ImageFont, text: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(text)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def find(chosen: str = "", known: tuple[str, ...] = KNOWN) -> Path | None:
    """The font file to draw with first: the chosen one, else the first known one that is there; None without any.

    Looked for once per process. NoFont when the chosen one is not there or is no font: nobody asked for another.
    """
    if chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            raise NoFont(f"there is no font file {chosen}", f"没有字体文件 {chosen}")
        if not coverage(path).firsts:
            raise NoFont(*NOT_READ.filled(path=path))
        return path
    return next((path for path in map(Path, known) if path.is_file()), None)


@lru_cache(maxsize=64)
def load(path: Path | None, size: int, *, narrow: bool = False, index: int = 0) -> FreeTypeFont | ImageFont:
    """The font in a size (pixels of its square); without a file the small Latin one that comes with Pillow.

    `narrow`: for letters, whose columns are all the same: the face of the file that was drawn for that, if it has one.
    """
    from PIL import ImageFont

    if path is None:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(str(path), size, index=_mono(path) if narrow else index)
    except OSError:
        raise NoFont(*NOT_READ.filled(path=path)) from None


@lru_cache(maxsize=64)
def _mono(path: Path) -> int:
    """Which face of a font file has letters of one width; 0 where none says so."""
    from PIL import ImageFont

    for index in range(1, FACES):
        try:
            name = ImageFont.truetype(str(path), 10, index=index).getname()[0]
        except OSError:
            break
        if name and "Mono" in name and "TC" not in name and "JP" not in name:
            return index
    return 0
