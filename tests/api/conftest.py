"""One stack with its API for all tests of this folder; they use different terminals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.calling import Api, seed
from loop.running import stack


@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    data = tmp_path_factory.mktemp("api") / "data"
    tokens = seed(data)
    with stack(data) as running:
        yield Api(running, tokens)
