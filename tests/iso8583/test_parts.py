"""Fields with parts: read, built, and refused with the path of the part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583 import nested as parts
from counterfoil.iso8583.nested import tlv
from message_strategies import CHINESE, digits


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("22000126", parts.De60("22", "000126")),
        ("00000001003", parts.De60("00", "000001", "003")),
        ("220000010006", parts.De60("22", "000001", "000", "6")),
        ("2200072700060", parts.De60("22", "000727", "000", "6", "0")),
        ("22000006000601", parts.De60("22", "000006", "000", "6", "0", "1")),
        ("22000006000601065", parts.De60("22", "000006", "000", "6", "0", "1", "065")),
        ("26000001000" + "60000000", parts.De60("26", "000001", "000", "6", "0", "0", "000")),
    ],
)
def test_de60_in_every_length_seen(value: str, expected: parts.De60) -> None:
    assert parts.de60(value) == expected
    if len(value) <= 17:
        assert parts.build_de60(*expected) == value


BLOCK = bytes(range(1, 17))
KCV = b"\xaa\xbb\xcc\xdd"


@pytest.mark.parametrize(
    "keys",
    [
        parts.WorkingKeys(BLOCK[:8], KCV, BLOCK[8:], KCV),
        parts.WorkingKeys(BLOCK, KCV, BLOCK[:8], KCV),
        parts.WorkingKeys(BLOCK, KCV, BLOCK, KCV),
        parts.WorkingKeys(BLOCK, KCV, BLOCK[:8], KCV, BLOCK, KCV),
        parts.WorkingKeys(BLOCK + BLOCK[:8], KCV, BLOCK + BLOCK[:8], KCV),
        parts.WorkingKeys(BLOCK + BLOCK[:8], KCV, BLOCK + BLOCK[:8], KCV, BLOCK + BLOCK[:8], KCV),
    ],
    ids=lambda keys: f"{len(parts.build_de62_keys(*keys))} bytes",
)
def test_working_keys_in_every_layout(keys: parts.WorkingKeys) -> None:
    built = parts.build_de62_keys(*keys)
    assert len(built) in (24, 40, 56, 60, 84)
    assert parts.de62_keys(built) == keys
    assert BLOCK[:4].hex() not in repr(keys).lower()


def test_the_published_key_block() -> None:
    """cup-pos §5.3: a single-length MAC key, filled with zeros."""
    block = bytes.fromhex("6701EAD6A9AD51E51AA406E2C27FCFA98D0A74B8B651F9E9BACE9AE10000000000000000AB7153CA")
    keys = parts.de62_keys(block)
    assert (keys.pik_kcv.hex(), keys.mak.hex(), keys.mak_kcv.hex()) == ("8d0a74b8", "b651f9e9bace9ae1", "ab7153ca")
    assert keys.tdk == b""


def test_the_device_number() -> None:
    assert parts.build_de62_sequence("306099999906") == b"Sequence No12306099999906"
    assert parts.de62_sequence(b"Sequence No12306099999906") == "306099999906"


def test_the_original_of_a_void_and_of_a_reversal() -> None:
    assert parts.de61("0000013872030128") == parts.De61("000001", "387203", "0128")
    assert (
        parts.build_de61("000001", "387203", "0128", "01", "00000010344") == "0000013872030128" + "01" + "00000010344"
    )
    built = parts.build_de90("0200", "000123", "0314101530", "12345678")
    assert built == "0200" + "000123" + "0314101530" + "00012345678" + "00000000000"
    assert parts.de90(built) == parts.De90("0200", "000123", "0314101530", "12345678", "")
    assert parts.de90(parts.build_de90("0200", "000123", "0314101530", "00010344", "7")).forwarder == "7"
    assert parts.same_institution("00010344", "10344")
    assert not parts.same_institution("10344", "10345")


@given(
    st.lists(
        st.tuples(digits(2, 2), digits(2, 2), st.sampled_from(["156", "HKD"]), st.integers(-(10**12) + 1, 10**12 - 1)),
        max_size=6,
    )
)
def test_amounts_there_and_back(items: list[tuple[str, str, str, int]]) -> None:
    amounts = [parts.Amount(*item) for item in items]
    assert parts.de54(parts.build_de54(amounts)) == amounts


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["00", "01"]),
            digits(6, 6),
            digits(13, 19).filter(lambda pan: pan[0] != "0"),
            st.integers(0, 10**12 - 1),
        ),
        max_size=8,
    )
)
def test_details_there_and_back(items: list[tuple[str, str, str, int]]) -> None:
    details = [parts.Detail(*item) for item in items]
    assert parts.de48_details(parts.build_de48_details(details)) == details
    assert not any(item[2] in repr(details) for item in items)


TOTAL = st.builds(parts.Totals, *(st.integers(0, 10**size - 1) for size in (12, 3, 12, 3)), st.sampled_from("0123"))


@given(TOTAL, TOTAL)
def test_totals_there_and_back(domestic: parts.Totals, foreign: parts.Totals) -> None:
    built = parts.build_de48_totals(domestic, foreign)
    assert len(built) == 62
    assert (built[30], built[61]) == (domestic.answer, foreign.answer)
    assert parts.de48_totals(built) == (domestic, foreign)


WORDS = st.text(CHINESE + "Abc 1", max_size=10).map(str.strip)


@given(st.sampled_from(["CUP", "VIS", "01", ""]), WORDS, WORDS, WORDS, WORDS)
def test_texts_there_and_back(head: str, issuer: str, network: str, acquirer: str, terminal: str) -> None:
    built = parts.build_de63(head, issuer, network, acquirer, terminal)
    assert len(built.encode("gb18030")) <= 123
    assert parts.de63(built) == (head, issuer, network, acquirer, terminal)


TAGS = st.sampled_from(["9F26", "95", "5A", "9F02", "DF31", "91", "71", "BF0C", "DF8101"])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=6))
def test_chip_data_there_and_back(elements: list[tuple[str, bytes]]) -> None:
    assert tlv.parse(tlv.build(elements)) == elements


@pytest.mark.parametrize(
    ("size", "length"), [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65535, "82FFFF")]
)
def test_chip_data_lengths(size: int, length: str) -> None:
    built = tlv.build([("DF31", bytes(size))])
    assert built == bytes.fromhex("DF31" + length) + bytes(size)
    assert tlv.parse(built) == [("DF31", bytes(size))]


@given(st.binary(max_size=40))
def test_any_bytes_are_chip_data_or_refused_with_a_place(data: bytes) -> None:
    try:
        elements = tlv.parse(data)
    except DecodeError as error:
        place, refused = error.offset, True
    else:
        place, refused = len(tlv.build(elements)), False
    assert place <= len(data)
    assert refused or elements or not data


READ: list[tuple[Callable[[Any], Any], Any, str, int]] = [
    (parts.de60, None, "60", 0),
    (parts.de60, "2", "60.1", 0),
    (parts.de60, "22000", "60.2", 2),
    (parts.de60, "22", "60.2", 2),
    (parts.de60, "220000010", "60.3", 8),
    (parts.de60, "22A00001", "60.2", 2),
    (parts.de60, "2200000100060100x", "60.7", 14),
    (parts.de61, "000001", "61.2", 6),
    (parts.de61, "0000013872", "61.2", 6),
    (parts.de61, "1" * 30, "61", 29),
    (parts.de61, b"0", "61", 0),
    (parts.de62_keys, bytes(57), "62", 0),
    (parts.de62_keys, None, "62", 0),
    (parts.de62_sequence, b"Sequence 12", "62", 0),
    (parts.de62_sequence, b"Sequence No2", "62", 11),
    (parts.de62_sequence, b"Sequence No031", "62", 11),
    (parts.de62_sequence, b"Sequence No011\n"[:-1] + b"2", "62", 11),
    (parts.de62_sequence, b"Sequence No01\n", "62", 13),
    (parts.de90, "1" * 41, "90.5", 31),
    (parts.de90, "1" * 31, "90", 0),
    (parts.de54, "0002156C00000000000", "54.1", 0),
    (parts.de54, "0002156X000000000001", "54.1", 7),
    (parts.de54, "0002156C000000000001" + "0002156C00000000000x", "54.2", 20),
    (parts.de48_totals, "1" * 61, "48", 0),
    (parts.de48_totals, "1" * 31 + "x" * 31, "48.2.debit", 0),
    (parts.de48_details, "02" + "1" * 40, "48", 0),
    (parts.de48_details, "x", "48", 0),
    (parts.de63, "CUP" + "x" * 19 + "测", "63.2.1", 3),
    (parts.de63, "x" * 124, "63", 123),
    (parts.de63, None, "63", 0),
    (tlv.parse, bytes.fromhex("9F"), "55", 0),
    (tlv.parse, bytes.fromhex("9F8181818101"), "55", 0),
    (tlv.parse, bytes.fromhex("9F36"), "55.9F36", 2),
    (tlv.parse, bytes.fromhex("9F3602031E9F260811"), "55.9F26", 8),
    (tlv.parse, bytes.fromhex("5A80"), "55.5A", 1),
    (tlv.parse, bytes.fromhex("5A8301"), "55.5A", 1),
    (tlv.parse, bytes.fromhex("5A8201"), "55.5A", 2),
]


@pytest.mark.parametrize(("reader", "value", "path", "offset"), READ)
def test_a_flaw_is_named_by_its_part(reader: Callable[[Any], Any], value: Any, path: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        reader(value)
    assert (caught.value.path, caught.value.offset) == (path, offset)


def test_offsets_count_from_where_the_caller_says() -> None:
    with pytest.raises(DecodeError) as caught:
        tlv.parse(bytes.fromhex("9F260811"), path="55", at=135)
    assert (caught.value.path, caught.value.offset) == ("55.9F26", 138)


WRITE: list[tuple[Callable[[], Any], str]] = [
    (lambda: parts.build_de60("2", "000001"), "60.1"),
    (lambda: parts.build_de60("22", ""), "60.2"),
    (lambda: parts.build_de60("22", "000001", "", "6"), "60.4"),
    (lambda: parts.build_de60("22", "00000١"), "60.2"),
    (lambda: parts.build_de60("22", 1), "60.2"),  # type: ignore[arg-type]
    (lambda: parts.build_de61("000001", "387203", "", "01"), "61.4"),
    (lambda: parts.build_de62_keys(BLOCK[:4], KCV, BLOCK, KCV), "62"),
    (lambda: parts.build_de62_keys(BLOCK[:8], KCV, BLOCK, KCV), "62"),
    (lambda: parts.build_de62_keys(BLOCK + BLOCK[:8], KCV, BLOCK, KCV), "62"),
    (lambda: parts.build_de62_keys(BLOCK, KCV, BLOCK, KCV, BLOCK[:8], KCV), "62"),
    (lambda: parts.build_de62_keys(BLOCK[:8], KCV, BLOCK[:8], KCV, BLOCK[:8], KCV), "62"),
    (lambda: parts.build_de62_keys(BLOCK, KCV[:3], BLOCK, KCV), "62"),
    (lambda: parts.build_de62_sequence("测"), "62"),
    (lambda: parts.build_de62_sequence("1" * 100), "62"),
    (lambda: parts.build_de90("0200", "000123", "0314101530", "123456789012"), "90.4"),
    (lambda: parts.build_de54([parts.Amount("00", "02", "156", 10**12)]), "54.1"),
    (lambda: parts.build_de54([parts.Amount("00", "02", "15", 1)]), "54.1"),
    (lambda: parts.build_de54([parts.Amount("0", "02", "156", 1)]), "54.1"),
    (lambda: parts.build_de48_totals(parts.Totals(-1, 0, 0, 0), parts.Totals(0, 0, 0, 0)), "48.1.debit"),
    (lambda: parts.build_de48_details([parts.Detail("00", "000001", "1" * 16, 1)] * 9), "48"),
    (lambda: parts.build_de48_details([parts.Detail("00", "000001", "1" * 21, 1)]), "48.1"),
    (lambda: parts.build_de63("CUPX"), "63.1"),
    (lambda: parts.build_de63("CUP", "测" * 11), "63.2.1"),
    (lambda: tlv.build([("9", b"")]), "55"),
    (lambda: tlv.build([("", b"")]), "55"),
    (lambda: tlv.build([("5A", bytes(65536))]), "55.5A"),
]


@pytest.mark.parametrize(("build", "path"), WRITE)
def test_parts_that_do_not_fit_are_not_built(build: Callable[[], Any], path: str) -> None:
    with pytest.raises(EncodeError) as caught:
        build()
    assert caught.value.path == path
