"""Every byte of a packet has one place in the reading, and coded values say what they mean in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from counterfoil.inspector import best, read
from counterfoil.inspector.emv import NAMES
from counterfoil.inspector.meaning import meaning, message_type
from counterfoil.inspector.names import name_of
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message
from inspector.packets import NAMED, PURCHASE, VECTORS

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_parts_of_a_packet_lie_side_by_side_and_cover_it(vector: dict[str, Any]) -> None:
    found = best(vector["hex"])
    assert found is not None
    reading = read(found.data, found.wire)
    assert reading.sound
    at = 0
    for row in reading.rows:
        assert row.start == at, row.path
        at = row.end
    assert at == len(found.data)
    assert [row.path for row in reading.rows if row.path.isdecimal()] == [str(bit) for bit in reading.bits]


@pytest.mark.parametrize("cut", [45, 60, 100, 150, 200])
def test_a_broken_packet_is_covered_too_and_says_where_it_breaks(cut: int) -> None:
    found = best(PURCHASE["hex"][: 2 * cut])
    assert found is not None
    reading = read(found.data, found.wire)
    assert not reading.sound
    assert [row.flaw for row in reading.rows if row.flaw]
    assert reading.rows[-1].end in (cut, reading.rows[-1].start)


@pytest.mark.parametrize(
    ("path", "text", "message", "says"),
    [
        ("3", "000000", Message("0200"), "purchase"),
        ("3", "310000", Message("0200"), "balance inquiry"),
        ("4", "000000001250", Message("0200", de49="156"), "12.50 CNY"),
        ("4", "000000001250", Message("0200", de49="392"), "1,250 JPY"),
        ("22", "051", Message("0200"), "chip, contact, with PIN"),
        ("22", "022", Message("0200"), "magnetic stripe, no PIN"),
        ("39", "51", Message("0210"), "Insufficient funds"),
        ("39", "98", Message("0400"), "reason: no answer in time"),
        ("39", "A0", Message("0420"), "reason: the answer's MAC was wrong"),
        ("39", "A0", Message("0410"), "MAC error, sign on"),
        ("49", "156", Message("0200"), "CNY"),
        ("70", "301", Message("0800"), "echo test"),
    ],
)
def test_a_coded_value_says_what_it_means(path: str, text: str, message: Message, says: str) -> None:
    found = meaning(path, text, message)
    assert found is not None
    assert found.en == says
    assert found.zh


@pytest.mark.parametrize(
    ("mti", "says"),
    [("0200", "financial request"), ("0210", "financial answer"), ("0420", "reversal advice"),
     ("0421", "reversal advice, repeated"), ("0800", "network management request")],
)  # fmt: skip
def test_a_message_type_is_told_in_words(mti: str, says: str) -> None:
    found = message_type(mti)
    assert found is not None
    assert found.en == says
    assert HAN.search(found.zh)


@pytest.mark.parametrize("path", ["3", "22", "25", "39", "49", "70", "4", "11", "MTI"])
def test_an_unknown_code_says_nothing(path: str) -> None:
    assert meaning(path, "ZZZ", Message("9999")) is None


@pytest.mark.parametrize("number", sorted(CUP_POS.fields))
def test_every_field_of_a_terminal_s_message_has_a_name_in_both_languages(number: int) -> None:
    assert HAN.search(name_of(CUP_POS, str(number)).zh)


def test_every_chip_element_has_a_name_in_both_languages() -> None:
    assert all(text.en and text.zh for text in NAMES.values())
    found = best(NAMED["whty-0200-contactless-purchase-body"]["hex"])
    assert found is not None
    row = next(row for row in read(found.data, found.wire).rows if row.path == "55")
    assert "9F26" in {part.path for part in row.parts}


def test_a_name_is_there_for_what_is_no_field() -> None:
    assert name_of(ISO87_ASCII, "65").en == "not a field of this dialect"
