"""Fuzzing guided by coverage, with atheris. A process for each target: libFuzzer never gives one back."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from fuzz.mutation import LONGEST, Tally, note

START_SECONDS: Final = 60


def available() -> str:
    """The engine's name and version; "" when it is not installed."""
    return f"atheris {version('atheris')}" if importlib.util.find_spec("atheris") else ""


def fuzz(name: str, seed: int, seconds: float) -> Tally:
    """Let a process of its own try inputs for so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "tally.json"
        words = [sys.executable, "-m", "fuzz.guided", name, str(seed), str(seconds), str(told), folder]
        done = subprocess.run(words, capture_output=True, check=False, timeout=seconds + START_SECONDS)
        if told.exists():
            return msgspec.json.decode(told.read_bytes(), type=Tally)
        tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return Tally(0, 1, [{"error": f"the process ended with {done.returncode}: {' '.join(tail)}", "input": ""}])


def _child(name: str, seed: int, seconds: float, told: Path, folder: Path) -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["counterfoil"]):
        from fuzz.targets import TARGETS
    from fuzz.harness import tried

    target = TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(target.corpus()):
        (corpus / f"{number:04d}").write_bytes(data)
    tally, ends = Tally(), time.monotonic() + seconds

    def once(data: bytes) -> None:
        note(tally, tried(target.run, data).crash, data)
        if time.monotonic() > ends:
            told.write_bytes(msgspec.json.encode(tally))
            os._exit(0)

    options = [
        f"-seed={seed % (1 << 31) or 1}",
        f"-max_len={LONGEST}",
        f"-max_total_time={int(seconds) + START_SECONDS}",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
