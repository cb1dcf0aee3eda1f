"""The colour and the sign of each verdict: never colour alone; unknown is never red."""

from __future__ import annotations

from typing import Final, NamedTuple


class Look(NamedTuple):
    """A colour of console.css and a sign beside the word."""

    tone: str
    sign: str


LOOKS: Final[dict[str, Look]] = {
    "PAID": Look("ok", "✓"),
    "PAID_RECEIPT_OPEN": Look("waiting", "◔"),
    "NOT_CHARGED": Look("info", "○"),
    "RETURNING": Look("waiting", "↺"),
    "RETURNED": Look("ok", "↺"),
    "UNKNOWN": Look("unknown", "?"),
    "EXCEPTION": Look("failed", "!"),
}
