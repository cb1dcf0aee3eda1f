"""Canaries: `PYTHONPATH=tests python -m canary --json` plants card data in a live stack and looks for it everywhere."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from canary.needles import CANARIES
from canary.scan import scan
from canary.traffic import everything
from checkout import commit


def measured(folder: Path) -> dict[str, Any]:
    """Let the canaries fly in a stack of their own in this folder, then look through all of it."""
    stack = everything(folder / "data")
    report = scan([folder], stack.said, stack.needles)
    return {
        "commit": commit(),
        "canaries": len(CANARIES),
        "needles": len(stack.needles),
        **msgspec.structs.asdict(report),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and say it; 0 when nothing was found, else 1."""
    parser = argparse.ArgumentParser("python -m canary", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="counterfoil-canary-") as folder:
        found = measured(Path(folder))
    if asked.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        sys.stdout.write(
            f"{found['canaries']} canaries, {found['files']} files, {found['bytes']:,} bytes looked through\n"
        )
        sys.stdout.writelines(f"{hit['where']}: {hit['what']} at byte {hit['at']}\n" for hit in found["hits"])
    return 1 if found["hits"] else 0


if __name__ == "__main__":
    sys.exit(main())
