"""The fault lab: break one place of the loop, sell, and hold what happened against the break table of docs/loop.md.

Receives from: its pages. Sends to: the supervisor's control channel (faults, kills, pauses) and the terminals' (a
sale). Records: its runs, in a store of its own; of payments nothing. If it dies here: the run is kept as unfinished,
and what it broke stays broken until somebody heals it.

Reading order: `breaks` (what may be broken, and what must come of it), `plan` (a seed becomes a sale), `run` (it is
done), `records` (it is kept), `export` (it becomes a test), `page`.
"""
