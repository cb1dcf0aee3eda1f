"""The copies of one print as one receipt: once a byte of it has left, the rest of it prints by itself.

"The rest of the receipt prints by itself" is told of the whole. So a copy that cannot begin because of what holds up
the others waits for the printer where they began, for as long as a job that is held up waits, and then begins. Not one
byte of it has left, so that it waits and begins later makes no second ORIGINAL. A receipt of which nothing has left
waits for nobody: it stays queued, and the cashier is told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from counterfoil.links.address import PrinterAddress


@dataclass
class _Receipt:
    """One print. `home` is the printer at which it began, `until` when the wait of its copies ends; 0: nobody waits."""

    open: int = 0
    home: PrinterAddress | None = None
    until: float = 0
    told: dict[str, str] = field(default_factory=dict)


def print_of(job: str) -> str:
    """What the copies of one print have in common: the job's name without the copy."""
    parts = job.rsplit(".", 2)
    return f"{parts[0]}.{parts[2]}" if len(parts) == 3 else job


class Wholes:
    """The receipts at the printers. `patience`: seconds. Workers call `began`, the loop's thread calls the rest."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._receipts: dict[str, _Receipt] = {}

    def enter(self, job: str) -> None:
        """One more copy is at the printers."""
        self._receipts.setdefault(print_of(job), _Receipt()).open += 1

    def leave(self, job: str) -> None:
        """It is known what became of this copy."""
        receipt = self._receipts[print_of(job)]
        receipt.open -= 1
        receipt.told.pop(job, None)
        if not receipt.open:
            del self._receipts[print_of(job)]

    def began(self, job: str, at: PrinterAddress) -> None:
        """A byte of this copy has left for a printer."""
        receipt = self._receipts[print_of(job)]
        receipt.home = receipt.home or at

    def has_begun(self, job: str) -> bool:
        """Whether a byte of the receipt that this copy belongs to has left."""
        return self._receipts[print_of(job)].home is not None

    def held(self, job: str) -> None:
        """Something holds this copy up: from now on the receipt waits, but not for ever."""
        receipt = self._receipts[print_of(job)]
        receipt.until = receipt.until or time.monotonic() + self._patience

    def came_out(self, job: str) -> None:
        """This copy is out: what held it up is mended, and another trouble has its own time."""
        self._receipts[print_of(job)].until = 0

    def waits_at(self, job: str) -> PrinterAddress | None:
        """The printer at which a copy that could not begin waits with its receipt; None when it waits no longer."""
        receipt = self._receipts[print_of(job)]
        if receipt.home is None:
            return None
        self.held(job)
        return receipt.home if time.monotonic() < receipt.until else None

    def news(self, job: str, trouble: str) -> bool:
        """Whether it is new that this trouble holds the copy up."""
        told = self._receipts[print_of(job)].told
        before, told[job] = told.get(job), trouble
        return before != trouble
