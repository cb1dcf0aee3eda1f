"""The acquirer's own time, as it stands in messages and on paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from counterfoil.step import Instant

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EAST: Final = timedelta(hours=8)


def local(at: Instant) -> datetime:
    """An instant in the acquirer's time."""
    return EPOCH + timedelta(microseconds=at) + EAST


def clock(at: Instant) -> tuple[str, str]:
    """DE12 and DE13: hhmmss and MMDD."""
    moment = local(at)
    return f"{moment:%H%M%S}", f"{moment:%m%d}"
