"""The log of a process: JSON lines in DIR/logs, one event each, never a byte of a message or a card.

structlog is imported at the first line, not at start: it costs as much as the rest of a station together.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any


class Log:
    """Writes events. A disk that refuses the log does not stop the station."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logger: Any = None

    def __call__(self, event: str, **facts: Any) -> None:
        """Write one event with its facts."""
        with contextlib.suppress(OSError):
            if self._logger is None:
                self._logger = self._open()
            self._logger.msg(event, **facts)

    def _open(self) -> Any:
        import structlog

        return structlog.wrap_logger(
            structlog.WriteLogger(self._path.open("a", encoding="utf-8")),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
