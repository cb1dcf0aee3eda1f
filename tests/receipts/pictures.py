"""The pictures of docs/receipts.md: what printers put on paper from our bytes.

    PYTHONPATH=tests python -m receipts.pictures

58 mm is a printer with Chinese letters of its own (GBK), 80 mm one that gets Chinese as dots. The code on the slips is
signed with a key made of zeros, and is genuine for it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from PIL import Image, ImageChops

from counterfoil.receipts.document import Code, Document
from counterfoil.receipts.document.sale import code_of
from counterfoil.receipts.profile import PROFILES
from counterfoil.receipts.proof import sealer
from counterfoil.receipts.render import escpos, fonts
from counterfoil.receipts.render.text import Language
from counterfoil.receipts.testpage import page
from receipts.printed import picture
from receipts.slips import BY_KIND, DOCUMENTS, SLIP

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures" / "receipts"
FONT: Final = Path(fonts.KNOWN[0])
SEED: Final = bytes(32)
MARGIN: Final = 16
PAPERS: Final = {"58": "chinese-58", "80": "generic-80"}
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


def names() -> Iterator[tuple[str, Language, str]]:
    """Every picture: the slip, its language, the width of the paper."""
    for name in (*DOCUMENTS, "test-page"):
        for language in LANGUAGES:
            for width in PAPERS:
                yield name, language, width


def document(name: str, width: str) -> Document:
    """The slip, with a code that is genuine."""
    if name == "test-page":
        return page(PROFILES[PAPERS[width]], "tcp://192.0.2.7:9100", "4711")
    word = name.rpartition("-")[0]
    code = code_of(sealer(SEED)(BY_KIND.get(word, SLIP)))
    slip = DOCUMENTS[name]
    return replace(slip, nodes=tuple(code if isinstance(node, Code) else node for node in slip.nodes))


def drawn(name: str, language: Language, width: str) -> Image.Image:
    """The paper, black on white."""
    profile = PROFILES[PAPERS[width]]
    black = picture(escpos.render(document(name, width), language, profile, FONT), profile, FONT)
    whole = Image.new("1", (black.width + 2 * MARGIN, black.height + 2 * MARGIN), 0)
    whole.paste(black, (MARGIN, MARGIN))
    return ImageChops.invert(whole)


def file(name: str, language: Language, width: str) -> Path:
    """Where the picture is kept."""
    return FOLDER / f"{name}.{language}.{width}.png"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, language, width in names():
        made = io.BytesIO()
        drawn(name, language, width).save(made, "PNG", optimize=True)
        file(name, language, width).write_bytes(made.getvalue())
    sys.stdout.write(f"{len(list(names()))} pictures in {FOLDER}\n")


if __name__ == "__main__":
    main()
