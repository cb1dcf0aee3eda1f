"""The Chinese font the pictures are drawn with: a Debian package, installed where the checks must be complete."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from counterfoil.receipts.render import fonts

INSTALL = f"apt-get install -y {fonts.PACKAGE}"


@pytest.fixture(scope="session")
def font() -> Path:
    found = fonts.find()
    if found is None and os.environ.get("CI") == "true":
        for command in ("apt-get update -q", f"{INSTALL} -q --no-install-recommends"):
            subprocess.run(command.split(), check=False, capture_output=True, timeout=200)
        found = fonts.find()
    if found is None:
        pytest.skip(f"no Chinese font: {INSTALL}")
    return found
