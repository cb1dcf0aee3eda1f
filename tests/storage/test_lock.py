"""A lock file is held by one and looked at by any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from counterfoil.storage import lock


def test_one_holds_it_and_others_see_that(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not lock.is_held(path)
    first = lock.hold(path)
    assert first is not None
    assert lock.is_held(path)
    assert lock.hold(path) is None
    os.close(first)
    assert not lock.is_held(path)


def test_what_the_disk_refuses_leaves_no_descriptor(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        lock.hold(tmp_path / "nowhere" / "a.lock")
    with pytest.raises(IsADirectoryError):
        lock.hold(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before
