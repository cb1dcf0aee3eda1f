"""What a text has that cannot be drawn here, and what would draw it."""

from __future__ import annotations

from bisect import bisect
from typing import Final, NamedTuple

from counterfoil.receipts.render.clusters import Piece, clusters, columns, pieces
from counterfoil.receipts.render.fonts import PACKAGE, Chain, Face, forms, has, shapes
from counterfoil.receipts.render.shown import named, unshown
from counterfoil.words import Text

SHAPING_PACKAGE: Final = "libfribidi0"
RARE, NEWEST, SIGNS, OTHERS, OLD_KOREAN = (
    "fonts-hanazono",
    "fonts-babelstone-han",
    "fonts-symbola",
    "fonts-noto-core",
    "fonts-noto-cjk",
)
# From which character on which of Debian's packages has a block's letters; counted in the packages of Debian 12.
_PACKAGES: Final = (
    (0x0000, OTHERS),
    (0x1100, OLD_KOREAN),
    (0x1200, OTHERS),
    (0x2100, SIGNS),
    (0x2C00, OTHERS),
    (0x2E80, RARE),
    (0x2FF0, PACKAGE),
    (0x3130, PACKAGE),
    (0x31A0, RARE),
    (0x4E00, PACKAGE),
    (0x9FA6, NEWEST),
    (0xA000, OTHERS),
    (0xA960, OLD_KOREAN),
    (0xA980, OTHERS),
    (0xAC00, PACKAGE),
    (0xD7B0, OLD_KOREAN),
    (0xE000, ""),
    (0xF900, RARE),
    (0xFB00, OTHERS),
    (0xFF00, PACKAGE),
    (0xFFF0, OTHERS),
    (0x1F000, SIGNS),
    (0x20000, RARE),
    (0x2EBF0, ""),
    (0x2F800, RARE),
    (0x30000, NEWEST),
    (0x323B0, ""),
)
_COMMON: Final = "一"  # who has this has the common characters, and what lacks is a rare one
_FROM: Final = [first for first, _ in _PACKAGES]

NO_FONT: Final = Text("no font here has {names}", "本机没有字体包含 {names}")
NO_SHAPING: Final = Text(
    "letters that join, change places or run from right to left cannot be drawn here yet: {names}",
    "本机尚不能绘制连写、变位或从右向左的文字：{names}",
)
NOT_SHOWN: Final = Text("{names}: not a letter that paper can show", "{names}：不是纸上可显示的字符")
NO_CODE: Final = Text("this printer has no {names}", "此打印机没有 {names}")
INSTALL: Final = Text(": apt-get install {packages}", "：请执行 apt-get install {packages}")
_MOST_NAMED: Final = 4


class Lack(NamedTuple):
    """Characters that cannot be drawn, for one reason, and the Debian packages that would help, where known."""

    characters: tuple[str, ...]
    reason: Text
    packages: tuple[str, ...] = ()

    @property
    def text(self) -> Text:
        """The sentence, which names the first few of them."""
        names = ", ".join(map(named, self.characters[:_MOST_NAMED]))
        more = ", …" if len(self.characters) > _MOST_NAMED else ""
        said = self.reason.filled(names=names + more)
        if not self.packages:
            return said
        install = INSTALL.filled(packages=" ".join(self.packages))
        return Text(said.en + install.en, said.zh + install.zh)


def package_of(character: str) -> str:
    """The Debian package whose font has a character; "" where none is known."""
    return _PACKAGES[bisect(_FROM, ord(character)) - 1][1]


def undrawn(line: str, chain: Chain) -> list[str]:
    """The letters of a line, as `shown` gives it, that no font of a chain can draw, each once."""
    found: dict[str, None] = {}
    for piece in pieces(line):
        found |= dict.fromkeys(
            letter for letter in clusters(piece.text) if not letter.isascii() and drawn_by(letter, piece, chain) is None
        )
    return list(found)


def drawn_by(letter: str, piece: Piece, chain: Chain, before: Face | None = None) -> tuple[Face, str] | None:
    """The face that draws a letter of a piece, and the characters it draws it of; None when nothing can. `before`: the
    face of the letter before it, which is taken when it has this one too.
    """
    if piece.shaped and not shapes():
        return None
    if before is not None:
        form = next((form for form in forms(letter) if has(before, form)), None)
        if form is not None:
            return before, form
    return chain.find(letter, narrow=columns(letter) == 1 and not piece.shaped)


def why(letters: list[str], chain: Chain) -> list[Lack]:
    """Why letters cannot be drawn with a chain, the same reasons together."""
    missing: dict[str, None] = {}
    unshaped: dict[str, None] = {}
    for letter in letters:
        alone = [one for one in letter if chain.find(one, narrow=False) is None]
        if alone:
            missing |= dict.fromkeys(alone)
        elif not shapes():
            unshaped |= dict.fromkeys(letter)
        else:
            missing |= dict.fromkeys(letter)  # every one of them, but no font has all
    found = []
    if missing:
        packages = dict.fromkeys(_hint(one, chain) for one in missing)
        found.append(Lack(tuple(missing), NO_FONT, tuple(filter(None, packages))))
    if unshaped:
        found.append(Lack(tuple(unshaped), NO_SHAPING, (SHAPING_PACKAGE,)))
    return found


def _hint(character: str, chain: Chain) -> str:
    package = package_of(character)
    return RARE if package == PACKAGE and chain.find(_COMMON, narrow=False) else package


def not_shown(text: str) -> list[Lack]:
    """What of a text no paper can show, whatever the fonts."""
    found = unshown(text)
    return [Lack(tuple(found), NOT_SHOWN)] if found else []
