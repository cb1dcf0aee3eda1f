"""Printer profiles: data that fits together, and can be changed for one printer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from counterfoil.links.address import Way
from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.printers.status import Trouble
from counterfoil.receipts.profile import PROFILES, Profile, profile_of

COLUMN_DOTS = 12  # font A


@pytest.mark.parametrize("profile", PROFILES.values(), ids=str)
def test_a_line_of_text_fits_the_paper(profile: Profile) -> None:
    assert profile.columns * COLUMN_DOTS <= profile.dots
    assert profile.dots % 8 == 0  # a raster line is whole bytes


@pytest.mark.parametrize("profile", PROFILES.values(), ids=str)
def test_every_model_can_say_something_or_is_known_not_to(profile: Profile) -> None:
    "é".encode(profile.codec)
    assert profile.title
    assert profile.cut


def test_a_printer_differs_from_its_model_in_a_field() -> None:
    assert profile_of("generic-58", chinese="gbk") == msgspec.structs.replace(PROFILES["generic-58"], chinese="gbk")


def test_a_name_nobody_knows_is_refused() -> None:
    with pytest.raises(LookupError, match="generic-58"):
        profile_of("best-printer")


@pytest.mark.parametrize("changes", [{"chinese": "loud"}, {"dots": "wide"}])
def test_a_change_that_makes_no_profile_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at `"):
        profile_of("generic-58", **changes)


def test_every_model_state_and_trouble_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "printing.md").read_text("utf-8")
    words = [*PROFILES, *(state.value for state in CopyState if state is not CopyState.NONE), *Trouble]
    assert [word for word in words if f"`{word}`" not in text] == []
    for way in get_args(Way):
        assert re.search(rf"`{way}:", text), way
