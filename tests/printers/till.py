"""A till in a process of its own, to be killed: prints one receipt at `python -m printers.till PORT`."""

from __future__ import annotations

import sys

from counterfoil.links.printing import put
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.printers.status import Trouble
from printers.desk import receipt
from printers.lines import gs_r


def main() -> None:
    put(receipt(), gs_r(int(sys.argv[1])), Timings(), held=tell)


def tell(trouble: Trouble) -> None:
    """To whoever holds the other end."""
    sys.stdout.write(f"{trouble}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
