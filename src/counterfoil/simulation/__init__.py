"""The simulator: the same stations, their very `step`, under a seeded network, clock, disk and people.

Receives from: nobody; one seed makes a world. Sends to: nobody. Records: a report; the journal's hash says whether two
runs were the same, under any PYTHONHASHSEED. If it dies here: nothing happened.

Reading order: `mixes` (what may go wrong), `world` (time and chance), `node`, `network` and `line` (processes and what
is between them), `plant` (which stations there are), `people` (who uses them), `oracle` (what must hold of the money),
`audit` (what must hold besides), `scene` (one world), `campaign` (many).

What it does not cover: bytes on a socket (framing, back-pressure, partial reads: `links` and the fault proxy), the
engine below a commit (torn pages, power cuts: the storage tests), several processes on one machine, the operator.
"""

from counterfoil.simulation.campaign import Report, WorldJob, failure, jobs_of, play, replay, run, sales_of, shrunk
from counterfoil.simulation.mixes import MIXES, Faults
from counterfoil.simulation.scene import SALES, WorldOutcome

__all__ = [
    "MIXES",
    "SALES",
    "Faults",
    "Report",
    "WorldJob",
    "WorldOutcome",
    "failure",
    "jobs_of",
    "play",
    "replay",
    "run",
    "sales_of",
    "shrunk",
]
