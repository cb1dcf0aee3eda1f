"""The Chinese font the pictures are drawn with: a package of the distribution."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.receipts.render import fonts
from system import needed


def found() -> Path | None:
    fonts.find.cache_clear()
    return fonts.find()


@pytest.fixture(scope="session")
def font() -> Path:
    return needed("Chinese font", found, fonts.PACKAGE)
