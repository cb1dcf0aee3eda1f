"""The log of a process: JSON lines in DIR/logs, one event each, never a byte of a message or a card.

structlog is imported at the first line, not at start: it costs as much as the rest of a station together.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, TextIO


class Log:
    """Writes events. A disk that refuses the log does not stop the station."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._logger: Any = None

    def __call__(self, event: str, **facts: Any) -> None:
        """Write one event with its facts."""
        with contextlib.suppress(OSError):
            if self._logger is None:
                self._logger = self._open()
            self._logger.msg(event, **facts)

    def close(self) -> None:
        """Close the file; a later event opens it again."""
        if self._file is not None:
            self._file.close()
        self._logger = self._file = None

    def _open(self) -> Any:
        import structlog

        self._file = self._path.open("a", encoding="utf-8")
        return structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
