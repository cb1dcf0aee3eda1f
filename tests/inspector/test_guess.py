"""Whatever is pasted, in whatever wrapping, the reading that fits is found, and with it the setting that was wrong."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.inspector import Wrapping, advice, best, read
from counterfoil.inspector.guess import guesses
from counterfoil.inspector.wire import LENGTHS, take_apart, written
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, framing
from inspector.packets import HOST, HOST_BODY, PURCHASE, SIGN_ON, VECTORS

FRAMINGS = {
    "len+tpdu+header": ("binary", True, True),
    "tpdu+header": ("none", True, True),
    "len+tpdu": ("binary", True, False),
    "body": ("none", False, False),
}
TPDU, HEADER = bytes.fromhex("6000030000"), bytes.fromhex("603100311300")
BODY = framing.unwrap(bytes.fromhex(PURCHASE["hex"]), PURCHASE["framing"])[2]
ETHERNET = bytes.fromhex("00005E0053010000 5E0053020800 4500012C 00004000 4006 0000 7F000001 7F000001".replace(" ", ""))


def fields_of(given: str | bytes) -> dict[str, str]:
    found = best(given)
    assert found is not None
    dialect = found.wire.spoken()
    return dialect.flat(dialect.decode(take_apart(found.data, found.wire).body), reveal=True)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_a_published_packet_is_recognised_without_being_told_anything(vector: dict[str, Any]) -> None:
    found = best(vector["hex"])
    assert found is not None
    wire = found.wire
    assert found.sound
    assert (wire.dialect, wire.length, wire.tpdu, wire.header) == ("cup-pos", *FRAMINGS[vector["framing"]])
    assert set(wire.overrides) == set(vector["dialect_overrides"])
    assert fields_of(vector["hex"]) == {n: text for n, text in vector["expected_fields"].items() if n.isdigit()}


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("skip", [b"", ETHERNET], ids=["alone", "behind a capture's headers"])
@pytest.mark.parametrize(("tpdu", "header"), [(True, True), (True, False), (False, False)])
def test_every_wrapping_of_a_terminal_s_message_is_found(length: str, skip: bytes, tpdu: bool, header: bool) -> None:
    rest = TPDU * tpdu + HEADER * header + BODY
    found = best((skip + written(length, len(rest)) + rest).hex())
    assert found is not None
    wanted = Wrapping(length=length, tpdu=tpdu, header=header, skip=len(skip))
    assert (found.sound, found.wire) == (True, wanted)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("text", [False, True])
def test_every_wrapping_of_a_host_s_message_is_found(length: str, text: bool) -> None:
    dialect = ISO87_ASCII.variant(hex_bitmap=text, hex_binary=text)
    body = dialect.encode(HOST)
    found = best((written(length, len(body)) + body).hex())
    assert found is not None
    wanted = Wrapping(dialect="iso87-ascii", length=length, tpdu=False, header=False, text=text)
    assert (found.sound, found.wire) == (True, wanted)


def test_a_second_packet_behind_the_first_is_said_and_not_read() -> None:
    found = best(PURCHASE["hex"] + SIGN_ON["hex"])
    assert found is not None
    assert found.wire.size == len(PURCHASE["hex"]) // 2
    assert any("stand behind" in text.en for text in advice(found).findings)


GIVEN = Wrapping(length="binary", tpdu=True, header=True)


@pytest.mark.parametrize(
    ("packet", "says"),
    [
        (framing.frame(TPDU + HEADER + BODY), []),
        (framing.frame(TPDU + BODY), ["Header"]),
        (framing.frame(BODY), ["TPDU", "Header"]),
        (TPDU + HEADER + BODY, ["Length"]),
        (written("little", len(TPDU + HEADER + BODY)) + TPDU + HEADER + BODY, ["Length"]),
        (written("digits", len(TPDU + HEADER + BODY)) + TPDU + HEADER + BODY, ["Length"]),
        (framing.frame(HOST_BODY), ["Dialect", "TPDU", "Header"]),
        (ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True).encode(HOST),
         ["Dialect", "Length", "TPDU", "Header", "Bitmap and binary fields"]),
    ],
)  # fmt: skip
def test_the_doctor_names_every_setting_that_is_wrong_and_no_other(packet: bytes, says: list[str]) -> None:
    found = best(packet.hex())
    assert found is not None
    told = advice(found, GIVEN)
    assert told.right == (not says)
    named = [text.en.partition(":")[0] for text in told.findings]
    assert named == (says or ["The settings fit this packet."])


def test_a_switch_of_the_dialect_is_named_with_its_value() -> None:
    vector = next(v for v in VECTORS if v["name"] == "cnblogs-0200-with-mac-key")
    found = best(vector["hex"])
    assert found is not None
    assert found.wire.overrides == vector["dialect_overrides"]
    assert [text.en for text in advice(found, GIVEN).findings] == ["Dialect switch: DE60 needs max=19."]


def test_a_packet_cut_short_is_said_to_be_that_and_not_guessed_away() -> None:
    found = best(PURCHASE["hex"][:-40])
    assert found is not None
    assert not found.sound
    findings = " ".join(text.en for text in advice(found, GIVEN).findings)
    assert "271" not in findings
    assert "269 bytes follow, and 249 do" in findings
    assert "stops at DE55" in findings
    assert "stand before the packet" not in findings


@pytest.mark.parametrize("given", ["", "zz", "12", "no message at all", "00" * 40, b"\xff\xfe\xfd" * 30])
def test_what_holds_no_message_gives_none(given: str | bytes) -> None:
    assert best(given) is None


def test_the_other_readings_are_listed_behind_the_best() -> None:
    found = guesses(PURCHASE["hex"])
    assert found[0].sound
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_garbage_never_raises() -> None:
    for seed in range(60):
        garbage = bytes((seed * 37 + place * 101 + place * place) % 256 for place in range(120))
        for one in guesses(garbage.hex() if seed % 2 else garbage):
            read(one.data, one.wire)
            advice(one)


def test_both_dialects_are_the_project_s_own() -> None:
    assert Wrapping().spoken() is CUP_POS
    assert Wrapping(dialect="iso87-ascii").spoken() is ISO87_ASCII
