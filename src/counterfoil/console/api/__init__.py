"""`/api/v1`: what a till, a support tool or a monitor asks for, with the same answers as the command line.

It holds no money logic: it speaks to the stations' control channels and reads their stores. Reading order: `problem`
(every no), `guard` (who asks, how often), `desk` (what an endpoint needs), `shapes` (what goes in and out), the
endpoints, `build` (all of them).
"""
