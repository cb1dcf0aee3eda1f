"""Whether a merchant's name can be on every receipt, asked when it is registered: later nobody is there to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from counterfoil.receipts.document import Document, Row
from counterfoil.receipts.document.slip import MERCHANT_NAME, same
from counterfoil.receipts.profile import Profile
from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.escpos import lacks
from counterfoil.receipts.render.lacking import NO_CODE, Lack, not_shown, why
from counterfoil.receipts.render.legible import legible
from counterfoil.words import Text

Naming = Callable[[str], Text | None]
"""Why a name cannot be on a receipt; None when it can."""


def as_text(name: str) -> Text | None:
    """What is wrong with a name wherever it is shown: controls, marks on nothing, characters without a picture."""
    return _said(not_shown(name))


def on_paper(profiles: Sequence[Profile], chain: fonts.Chain | None = None) -> Naming:
    """What is wrong with a name for these printers: it must come out of every one, in its own letters or drawn with the
    fonts of this machine (or of `chain`). Without a printer nothing has to be drawn: screens bring fonts of their own.
    """

    def naming(name: str) -> Text | None:
        if name.isascii() and name.isprintable():
            return None
        found = not_shown(name)
        known = chain or fonts.chain()
        for profile in profiles:
            found += [lack for lack in _lacks(name, profile, known) if lack not in found]
        return _said(found)

    return naming


def _lacks(name: str, profile: Profile, chain: fonts.Chain) -> list[Lack]:
    letters = _letters(name, profile.columns, lambda line: lacks(line, profile, chain))
    if not letters or profile.chinese != "none":
        return why(letters, chain)
    return [Lack(tuple(dict.fromkeys("".join(letters))), NO_CODE)]


def _letters(name: str, columns: int, lacks_of: Callable[[str], list[str]]) -> list[str]:
    """The letters of a name that cannot be printed in its row of a receipt."""
    return list(legible(Document((Row(MERCHANT_NAME, same(name)),)), "en", columns, lacks_of).lacking)


def _said(found: Sequence[Lack]) -> Text | None:
    if not found:
        return None
    return Text("; ".join(lack.text.en for lack in found), "；".join(lack.text.zh for lack in found))
