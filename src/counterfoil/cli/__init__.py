"""The command line: one verb per file, loaded when it is asked for.

Receives from: a person or a script. Sends to: the stations' control channels, and their stores read-only.
Records: nothing. If it dies here: every verb can be asked again; `sale` with the same --key never sells twice.
"""

from __future__ import annotations


def main() -> int:
    """Entry point of the `counterfoil` command; returns the exit code (see `counterfoil --help`).

    Ctrl-C waits while the program loads, so that it is answered in one sentence and never in the middle of an import.
    """
    import _signal  # type: ignore[import-not-found]  # built in: nothing can come while `signal` itself is read

    held = _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP))
    from counterfoil.cli.process import main as whole

    return whole(held)
