"""A software back end with repeatable entropy. It keeps no state a test could see, so one serves them all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from counterfoil.security import SoftHsm


@pytest.fixture(scope="session")
def entropy() -> Callable[[int], bytes]:
    """Bytes that look random, never repeat, and are the same in every run."""
    calls = 0

    def draw(size: int) -> bytes:
        nonlocal calls
        calls += 1
        return hashlib.shake_256(calls.to_bytes(8, "big")).digest(size)

    return draw


@pytest.fixture(scope="session")
def hsm(entropy: Callable[[int], bytes]) -> SoftHsm:
    return SoftHsm(bytes(range(32)), entropy)
