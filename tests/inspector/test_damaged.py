"""Published packets cut short, with a byte lost or a byte too many: never a sound message of another type."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from counterfoil.inspector import Guess, advice, best, read
from counterfoil.iso8583 import ISO87_ASCII, framing
from inspector.packets import HOST, HOST_BODY, NAMED, VECTORS

DUMPS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "wire_dumps.json").read_text("utf-8"))
TEXT = ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True).encode(HOST)
READ = ("cup-pos", "iso87-ascii", "iso87-ascii-text")
PACKETS = {
    **{vector["name"]: bytes.fromhex(vector["hex"]) for vector in VECTORS},
    **{dump["name"]: bytes.fromhex(dump["hex"]) for dump in DUMPS if dump["kind"] in READ},
    "host": HOST_BODY,
    "host behind a length": framing.frame(HOST_BODY),
    "host in characters": TEXT,
}
STOPS_BEFORE = ("0220-refund-request",)
"""Read only with a switch of the dialect, which is not looked for in a packet that is broken."""
PLACES = 6


def cut(data: bytes) -> Iterator[bytes]:
    for count in range(1, 13):
        yield data[:-count]


def lost(data: bytes) -> Iterator[bytes]:
    for at in random.Random(len(data)).sample(range(len(data)), PLACES):
        yield data[:at] + data[at + 1 :]


def added(data: bytes) -> Iterator[bytes]:
    seeded = random.Random(len(data) + 1)
    for at in seeded.sample(range(len(data) + 1), PLACES):
        byte = seeded.choice((0x00, 0x02, 0x08, 0x30, 0xFF, data[at - 1]))
        yield data[:at] + bytes((byte,)) + data[at:]


def type_of(found: Guess) -> str:
    return read(found.data, found.wire).mti


@pytest.mark.parametrize("damage", [lost, added])
@pytest.mark.parametrize("name", PACKETS)
def test_a_damaged_packet_is_never_a_sound_message_of_another_type(name: str, damage: Any) -> None:
    whole = best(PACKETS[name].hex())
    assert whole is not None
    assert whole.sound
    for data in damage(PACKETS[name]):
        found = best(data.hex())
        assert found is None or not found.sound or type_of(found) == type_of(whole), data.hex()
        assert found is None or found.sound == read(found.data, found.wire).sound


@pytest.mark.parametrize("name", PACKETS)
def test_a_packet_that_was_cut_is_never_sound_and_is_said_to_be_cut(name: str) -> None:
    for data in cut(PACKETS[name]):
        found = best(data.hex())
        assert found is not None
        said = [text.en for text in advice(found).findings]
        assert not found.sound
        assert said[0].startswith("Nothing reads this for certain")
        assert any("cut short" in text for text in said) or name in STOPS_BEFORE, said


def test_hex_digits_are_bytes_before_they_are_characters() -> None:
    found = best("0800202001000080000092000000002800044454493030303031")
    assert found is not None
    assert (found.how, found.wire.dialect, found.sound) == ("hex", "cup-pos", False)
    assert type_of(found) == "0800"
    assert any("stops at DE24" in text.en for text in advice(found).findings)


def test_a_reversal_without_its_last_byte_stays_a_reversal() -> None:
    found = best(NAMED["mocredit-0400-reversal-98"]["hex"][:-2])
    assert found is not None
    assert (type_of(found), found.sound) == ("0400", False)
    assert any("113 bytes follow, and 112 do" in text.en for text in advice(found).findings)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump["name"])
def test_a_published_dump_is_read_or_said_to_be_no_sound_message(dump: dict[str, Any]) -> None:
    found = best(dump["hex"])
    assert found is not None
    expected = dump["expected_fields"]
    if dump["kind"] in READ or dump["name"] == "base24-0800":
        assert found.sound
        assert type_of(found) == (expected.get("mti") or expected["t"])
    else:
        assert not found.sound


def test_a_serial_packet_is_whole_and_its_check_byte_is_looked_at() -> None:
    published = next(dump for dump in DUMPS if dump["name"] == "codetd-stx")
    found = best(published["hex"])
    assert found is not None
    assert found.wire.length == "stx-bcd"
    said = " ".join(text.en for text in advice(found).findings)
    assert "cut short" not in said
    assert "check byte (LRC) is 22; these bytes make 2D" in said
