"""On which day the card number of a sale leaves: whole days after its business day, on the acquirer's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from counterfoil.security.keeping import due_before
from counterfoil.step import SECOND, Instant
from counterfoil.zone import zone

CHINA = 8 * 3600 * SECOND


def at(text: str) -> Instant:
    """An instant of the acquirer's clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND - CHINA


@pytest.mark.parametrize(
    ("sold", "days", "goes"),
    [
        ("2026-03-14T00:00:00", 1, "2026-03-16T00:00:00"),
        ("2026-03-14T23:59:59", 1, "2026-03-16T00:00:00"),
        ("2026-03-15T00:00:00", 1, "2026-03-17T00:00:00"),
        ("2026-03-14T12:00:00", 7, "2026-03-22T00:00:00"),
        ("2026-02-27T12:00:00", 2, "2026-03-02T00:00:00"),  # over the end of a month
        ("2026-12-31T23:59:59", 180, "2027-06-30T00:00:00"),
    ],
)
def test_a_number_goes_when_its_days_after_the_end_of_its_day_are_over(sold: str, days: int, goes: str) -> None:
    assert at(sold) < due_before(at(goes), days, zone())
    assert not at(sold) < due_before(at(goes) - 1, days, zone())


def test_the_next_look_is_when_the_next_business_day_begins() -> None:
    for now in ("2026-03-14T00:00:00", "2026-03-14T23:59:59"):
        assert zone().next_day(at(now)) == at("2026-03-15T00:00:00")
