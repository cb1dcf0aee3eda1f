"""One running stack for the tests of a file: the tests use different terminals and put everything right again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loop.running import Running, stack
from receipts.conftest import font

__all__ = ["font", "healed", "running"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with stack(tmp_path_factory.mktemp("stack") / "data") as started:
        yield started


@pytest.fixture(autouse=True)
def healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault of one test reaches the next."""
    yield
    if "running" in request.fixturenames:
        request.getfixturevalue("running").ask("fault", "clear")
