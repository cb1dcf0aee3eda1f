"""Calling the command line as a person does, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from counterfoil.cli.app import run


class Said(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """The exit code and what was printed, in this process."""
    status = run(words)
    captured = capsys.readouterr()
    return Said(status, captured.out, captured.err)


def called(*words: str, seconds: float = 60.0, **environment: str) -> Said:
    """The exit code and what was printed, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "counterfoil", *words],
        capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)
