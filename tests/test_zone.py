"""One zone for what people read: days, offsets and words, near midnight, on both sides of a change, at half hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from counterfoil.errors import InputError
from counterfoil.step import DAY, SECOND, Instant
from counterfoil.zone import QUARTER, instant, zone

ZONES = (
    "Asia/Shanghai", "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "America/St_Johns",
    "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "America/Havana", "Pacific/Kiritimati", "Pacific/Apia",
)  # fmt: skip


def at(text: str) -> Instant:
    return instant(f"{text}Z")


@pytest.mark.parametrize(
    ("name", "utc", "said"),
    [
        ("Asia/Shanghai", "2026-11-22T23:30:00", "2026-11-23 07:30:00 UTC+08:00"),
        ("Asia/Shanghai", "2026-11-22T15:59:59", "2026-11-22 23:59:59 UTC+08:00"),
        ("Asia/Shanghai", "2026-11-22T16:00:00", "2026-11-23 00:00:00 UTC+08:00"),
        ("Asia/Kolkata", "2026-11-22T18:29:59", "2026-11-22 23:59:59 UTC+05:30"),
        ("Asia/Kathmandu", "2026-11-22T18:15:00", "2026-11-23 00:00:00 UTC+05:45"),
        ("America/St_Johns", "2026-11-22T03:29:59", "2026-11-21 23:59:59 UTC-03:30"),
        ("Europe/Berlin", "2026-10-25T00:59:59", "2026-10-25 02:59:59 UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T01:00:00", "2026-10-25 02:00:00 UTC+01:00"),
        ("Europe/Berlin", "2026-03-29T00:59:59", "2026-03-29 01:59:59 UTC+01:00"),
        ("Europe/Berlin", "2026-03-29T01:00:00", "2026-03-29 03:00:00 UTC+02:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00", "2026-04-05 01:30:00 UTC+10:30"),
    ],
)
def test_an_instant_is_said_with_its_zone(name: str, utc: str, said: str) -> None:
    assert zone(name).spoken(at(utc)) == said
    assert zone(name).said(f"{utc}.000000Z") == said


@pytest.mark.parametrize("name", ZONES)
def test_days_follow_one_another_without_a_gap_over_two_years(name: str) -> None:
    clock, begins = zone(name), zone(name).starts("2025-12-31")
    for _ in range(740):
        ends = clock.next_day(begins)
        assert clock.date(begins) == clock.date(ends - 1) < clock.date(ends)
        assert clock.date(begins - 1) < clock.date(begins)
        assert clock.midnight(begins) == clock.midnight(ends - 1) == begins
        assert DAY - 2 * 4 * QUARTER <= ends - begins <= DAY + 2 * 4 * QUARTER
        begins = ends


@pytest.mark.parametrize("name", ZONES)
def test_the_offset_of_every_quarter_of_an_hour_is_that_of_its_whole(name: str) -> None:
    clock, begins = zone(name), at("2026-01-01T00:00:00")
    for quarter in range(0, 4 * 24 * 366, 7):
        for moment in (begins + quarter * QUARTER, begins + (quarter + 1) * QUARTER - 1):
            wall = datetime(1970, 1, 1) + timedelta(microseconds=moment + clock.offset(moment))
            assert clock.local(moment).replace(tzinfo=None) == wall


def test_reference_numbers_are_counted_without_changes_of_the_clocks() -> None:
    assert zone().numbering == 8 * 3600 * SECOND
    assert zone("Europe/Berlin").numbering == 3600 * SECOND


@pytest.mark.parametrize("name", ["", "Asia", "Nowhere/X", "../etc/passwd", "/etc/passwd", "a\0b", "x" * 500, "UTC\n"])
def test_what_is_no_zone_is_said_in_a_sentence(name: str) -> None:
    with pytest.raises(InputError) as no:
        zone(name)
    assert "tz database" in str(no.value)
    assert "时区名" in no.value.zh


def test_an_instant_is_read_back() -> None:
    assert instant("1970-01-01T00:00:00.000001Z") == 1
    assert instant(datetime(2026, 1, 1, tzinfo=UTC).isoformat()) == at("2026-01-01T00:00:00")
