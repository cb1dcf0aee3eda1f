"""What of a text can be shown at all, whatever the fonts.

Nobody sees controls, and what only changes the direction or the look of a text is a way to deceive: it is left out.
What stands for a letter and has no picture that all agree on is spelled out, as is a mark on nothing: [U+E863].
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from counterfoil.receipts.render.clusters import (
    JOINER,
    NON_JOINER,
    clusters,
    columns,
    is_shaped,
    stands_alone,
)

_SEEN: Final = frozenset((*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD))
"""Signs around numbers, which Unicode counts among the controls."""
_TAGS: Final = range(0xE0020, 0xE0080)
_SHAPING: Final = frozenset((JOINER, NON_JOINER, "\u180e"))
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\ufffc\ufffd")
_NOWHERE: Final = frozenset("\ufffc\ufffd")  # in the place of what got lost
_NO_PICTURE: Final = frozenset(("Co", "Cs"))
_LATER: Final = range(0x20000, 0x3FFFE)  # for Chinese characters, new ones every few years


NOT_ASSIGNED: Final = f"NOT ASSIGNED IN UNICODE {unicodedata.unidata_version.rpartition('.')[0]}"


def spelled(letter: str) -> str:
    """A letter by its numbers, in brackets."""
    return f"[{'+'.join(f'U+{ord(character):04X}' for character in letter)}]"


@lru_cache(maxsize=4096)
def shown(text: str) -> str:
    """The text as it can be shown: composed, with plain blanks, without what nobody sees, spelled out where it must.

    U+00A5 becomes the wide U+FFE5: it is not in GBK, and printers that get its four bytes of GB18030 print "?0?6".
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in clusters("".join(map(_plain, text))))


def unshown(text: str) -> list[str]:
    """The characters of a text that `shown` leaves out or spells out, each once. Blanks of other kinds are none."""
    found: dict[str, None] = {}
    for letter in clusters(text):
        if stands_alone(letter):
            found[letter[0]] = None
        found |= dict.fromkeys(one for one in letter if _has_no_picture(one) or not _is_seen(one, letter))
    return list(found)


def _plain(character: str) -> str:
    """A blank of any kind as a plain one of its width, the yen sign as the yuan's; any other character as it is."""
    if unicodedata.category(character) == "Zs":
        return " " * columns(character)
    if character == "\u00a5":
        return "\uffe5"
    return " " if character in "\t\n\r\v\f\u2028\u2029" else character


def _shown(letter: str) -> str:
    kept = "".join(character for character in letter if _is_seen(character, letter) or _has_no_picture(character))
    if not kept:
        return ""
    if stands_alone(kept) or any(map(_has_no_picture, kept)):
        return spelled(kept)
    return unicodedata.normalize("NFC", kept) if len(kept) > 1 else kept


def _has_no_picture(character: str) -> bool:
    if character in _NOWHERE:
        return True
    kind = unicodedata.category(character)
    return kind in _NO_PICTURE or (kind == "Cn" and not _is_later(ord(character)))


def _is_later(code: int) -> bool:
    return code in _LATER and code & 0xFFFE != 0xFFFE


def _is_seen(character: str, letter: str) -> bool:
    """Whether a character of a letter is seen, or changes how its neighbours are."""
    if character in _SHAPING:
        return is_shaped(letter) or unicodedata.category(letter[0]) == "So"
    if character in _FILLERS:
        return False
    kind, code = unicodedata.category(character), ord(character)
    if kind == "Cf":
        return code in _SEEN or (code in _TAGS and unicodedata.category(letter[0]) == "So")
    return kind not in ("Cc", "Zl", "Zp")


def named(character: str) -> str:
    """A character as a refusal names it: U+20BB7 CJK UNIFIED IDEOGRAPH-20BB7."""
    kind = unicodedata.category(character)
    what = {"Cc": "CONTROL", "Co": "PRIVATE USE", "Cs": "SURROGATE"}.get(kind, NOT_ASSIGNED)
    return f"U+{ord(character):04X} {unicodedata.name(character, what)}"
