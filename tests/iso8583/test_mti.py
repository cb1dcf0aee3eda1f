"""The arithmetic of message types."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import mti

TYPES = [
    # type, its answer, its first try, said again, is it answered
    ("0100", "0110", "0100", "0101", True),
    ("0200", "0210", "0200", "0201", True),
    ("0201", "0210", "0200", "0201", True),
    ("0202", "0212", "0202", "0203", True),
    ("0203", "0212", "0202", "0203", True),
    ("0210", "", "0210", "0211", False),
    ("0220", "0230", "0220", "0221", True),
    ("0230", "", "0230", "0231", False),
    ("0320", "0330", "0320", "0321", True),
    ("0400", "0410", "0400", "0401", True),
    ("0420", "0430", "0420", "0421", True),
    ("0421", "0430", "0420", "0421", True),
    ("0440", "0450", "0440", "0441", False),
    ("0500", "0510", "0500", "0501", True),
    ("0800", "0810", "0800", "0801", True),
    ("0810", "", "0810", "0811", False),
    ("0820", "0830", "0820", "0821", True),
]


@pytest.mark.parametrize(("given", "answer", "first", "again", "answered"), TYPES)
def test_what_follows_from_a_type(given: str, answer: str, first: str, again: str, answered: bool) -> None:
    assert mti.answer_of(given) == answer
    assert mti.first_try(given) == first
    assert mti.repeat_of(given) == again
    assert mti.is_answered(given) is answered


def test_a_type_has_one_name() -> None:
    named = [value for name, value in vars(mti).items() if name.isupper() and isinstance(value, str)]
    assert len(named) == len(set(named)) == 8
    assert not [given for given in named if mti.first_try(given) != given]
