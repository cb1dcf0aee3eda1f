"""The fonts the pictures are drawn with: packages of the distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.lacking import OTHERS, RARE, SHAPING_PACKAGE, SIGNS
from system import needed

FILES: Final = {
    fonts.PACKAGE: "truetype/wqy/wqy-microhei.ttc",
    OTHERS: "truetype/noto/NotoSansThai-Regular.ttf",
    RARE: "truetype/hanazono/HanaMinB.ttf",
    SIGNS: "truetype/ancient-scripts/Symbola_hint.ttf",
}
"""The packages of the scripts, and a file of each."""


def found() -> Path | None:
    fonts.find.cache_clear()
    return fonts.find()


def every_script() -> fonts.Chain | None:
    fonts.shapes.cache_clear()
    there = all(Path("/usr/share/fonts", file).is_file() for file in FILES.values())
    return fonts.chain(fonts.find()) if there and fonts.shapes() else None


@pytest.fixture(scope="session")
def font() -> Path:
    return needed("Chinese font", found, fonts.PACKAGE)


@pytest.fixture(scope="session")
def scripts(font: Path) -> fonts.Chain:
    """All fonts that docs/operations.md names, and what shapes letters."""
    return needed("fonts of every script", every_script, *FILES, SHAPING_PACKAGE)
