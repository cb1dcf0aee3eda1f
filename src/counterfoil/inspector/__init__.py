"""The message inspector: what a packet says, byte by byte and field by field, and what is wrong with how it is read.

    from counterfoil.inspector import best, read

    found = best(dump)                      # which dialect, which length, TPDU and header: found out
    reading = read(found.data, found.wire)  # rows for people: where each field lies, what it means, masked

Everything that leaves a `Reading` is masked: no full card number, track, PIN block or card verification value, neither
as text nor as bytes. Pure: no I/O, no clock. The console's page and `counterfoil decode` both ask here.
"""

from __future__ import annotations

from counterfoil.inspector.change import EditError, set_field, with_cells
from counterfoil.inspector.diff import Difference, differences
from counterfoil.inspector.doctor import Remedy, advice
from counterfoil.inspector.dump import Dump, dumps
from counterfoil.inspector.guess import Guess, best, best_of
from counterfoil.inspector.reading import PacketRow, Reading, read
from counterfoil.inspector.wire import FORMS, LENGTHS, Wrapping, reframed

__all__ = [
    "FORMS",
    "LENGTHS",
    "Difference",
    "Dump",
    "EditError",
    "Guess",
    "PacketRow",
    "Reading",
    "Remedy",
    "Wrapping",
    "advice",
    "best",
    "best_of",
    "differences",
    "dumps",
    "read",
    "reframed",
    "set_field",
    "with_cells",
]
