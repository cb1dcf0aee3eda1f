"""The comparison of every stub of every station, again and again: each contradiction is one numbered row.

Receives from: the stations' stores, read-only, some hundred transactions at a time. Sends to: nobody; the inbox, the
command line and the simulator's oracle read what it found. Records: DIR/reconciliation, rows that open and end and
never vanish, and how far the comparison has come. If it dies here: it goes on where it was.

A station lists what it calls open by itself. What no station can see is that another one says something else: a store
that came back from a backup, commits that are gone, a no that was told while money is held. That is seen by whoever
lays the stubs side by side.

Reading order: kinds → rules → looking → rows → records → comparison.
"""
