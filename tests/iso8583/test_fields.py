"""Overrides: another acquirer's habits as data, checked, so that a typo never becomes a wrong wire format."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.errors import OurError
from counterfoil.iso8583 import CUP_POS, DIALECTS, ISO87_ASCII, Dialect, Message
from counterfoil.iso8583.fields import Align, Characters, Field, Prefix
from counterfoil.iso8583.show import hidden, long_numbers, words


def test_each_switch_changes_the_wire() -> None:
    cases: list[tuple[dict[str, dict[str, Any]], dict[str, str | bytes], str]] = [
        ({"22": {"align": "right"}}, {"de22": "012"}, "0012"),
        ({"22": {"pad": "f"}}, {"de22": "012"}, "012F"),
        ({"61": {"pad": "F"}}, {"de61": "0000010"}, "00070000010F"),
        ({"61": {"align": "right"}}, {"de61": "0000010"}, "000700000010"),
        ({"60": {"max": 19}}, {"de60": "2" * 19}, "0019" + "2" * 19 + "0"),
        ({"62": {"type": "ans"}}, {"de62": "abc"}, "0003616263"),
        ({"63": {"type": "b"}}, {"de63": b"\x00\xff"}, "000200FF"),
        ({"48": {"type": "ans", "prefix": "LL", "max": 99}}, {"de48": "1"}, "0131"),
        ({"44": {"prefix": "", "max": 22}}, {"de44": "A"}, "41" + "20" * 21),
        ({"5": {"type": "n", "max": 12}}, {"de5": "1" * 12}, "1" * 12),
        ({"39": {"type": "n", "max": 3, "prefix": "LLL"}}, {"de39": "123"}, "00031230"),
    ]
    for changes, fields, wire in cases:
        dialect = CUP_POS.override(changes)
        message = Message("0200", **fields)
        body = dialect.encode(message)
        assert body[10:].hex().upper() == wire
        decoded = dialect.decode(body)
        assert decoded.present() == message.present()
        assert dialect.encode(decoded) == body


@pytest.mark.parametrize(
    "changes",
    [
        {"60": {"maximum": 19}},
        {"60": {"max": "19"}},
        {"60": {"max": 0}},
        {"60": {"max": 1000}},
        {"60": {"max": True}},
        {"2": {"max": 100}},
        {"60": {"type": "bcd"}},
        {"60": {"type": 1}},
        {"60": {"type": ["n"]}},
        {"60": {"prefix": "LLLL"}},
        {"60": {"align": "middle"}},
        {"60": {"pad": "1"}},
        {"60": {"pad": 0}},
        {"60": []},
        {"65": {"type": "n", "max": 1}},
        {"1": {"type": "n", "max": 1}},
        {"129": {"type": "n", "max": 1}},
        {"-3": {"type": "n", "max": 1}},
        {"²": {"max": 1}},
        {"": {}},
        {"9999": {}},
        {60: {"max": 19}},
        {"5": {"type": "n"}},
        {"5": {"max": 12}},
        [],
        "60",
        None,
    ],
)
def test_a_change_that_means_nothing_is_refused(changes: Any) -> None:
    with pytest.raises(OurError):
        CUP_POS.override(changes)


def test_the_same_changes_give_the_same_dialect_and_their_number_is_bounded() -> None:
    dialect = Dialect("d", CUP_POS.fields.values(), CUP_POS.style, (), {})
    one = dialect.override({"60": {"max": 19}})
    assert one is dialect.override({"60": {"max": 19}})
    assert one is not dialect.override({"60": {"max": 18}})
    for size in range(200, 300):
        dialect.override({"46": {"max": size}})
    assert len(dialect._variants) == 64
    assert dialect.override({"46": {"max": 300}}).fields[46].size == 300


def test_no_change_is_the_same_wire() -> None:
    message = Message("0200", de22="012")
    assert CUP_POS.override({}).encode(message) == CUP_POS.encode(message)


def test_what_a_field_will_hold_is_no_longer_known_when_its_type_changes() -> None:
    fields = CUP_POS.override(
        {
            "63": {"type": "b"},
            "60": {"type": "ans"},
            "48": {"type": "ans"},
            "5": {"type": "n", "max": 12},
            "61": {"max": 30},
        }
    ).fields
    assert fields[63].show is hidden
    assert fields[60].show is words
    assert fields[48].show is hidden
    assert fields[5].show is hidden
    assert fields[61].show is long_numbers


@pytest.mark.parametrize(
    ("number", "size", "pad"), [(1, 1, "0"), (65, 1, "0"), (129, 1, "0"), (3, 0, "0"), (3, 1000, "0"), (3, 6, "1")]
)
def test_a_field_is_checked_when_it_is_made(number: int, size: int, pad: str) -> None:
    with pytest.raises(OurError):
        Field(number, "?", Characters.N, size, Prefix.FIXED, hidden, Align.LEFT, pad)


def test_the_dialects_are_listed_by_the_names_people_type() -> None:
    assert DIALECTS == {"cup-pos": CUP_POS, "iso87-ascii": ISO87_ASCII}
    assert [repr(dialect) for dialect in DIALECTS.values()] == ["<Dialect cup-pos>", "<Dialect iso87-ascii>"]
