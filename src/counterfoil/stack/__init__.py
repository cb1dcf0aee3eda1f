"""The stack: every station as a process of its own under a small supervisor, on one data directory.

`config` says what was asked for, `layout` where everything lies, `ports` which ports are ours, `demo` what is seeded
and `seed` how; `service` is the process of one station, `supervisor` keeps them running and breaks legs on request.
"""
