"""Packets on a stream, TPDU and header; a stream that lies about its lengths ends with one clear error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import EncodeError, FramingError, OurError
from counterfoil.iso8583 import framing
from counterfoil.iso8583.framing import CupPacket, FrameBuffer, frame, join_cup, split_cup, swap_tpdu, unwrap, wrap

TPDU, HEADER, BODY = bytes.fromhex("6000030000"), bytes.fromhex("603100311300"), bytes.fromhex("0800") + bytes(8)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.data(), st.booleans(), st.booleans())
def test_packets_come_out_however_the_bytes_arrive(
    payloads: list[bytes], data: st.DataObject, digits: bool, inclusive: bool
) -> None:
    stream = b"".join(frame(payload, digits=digits, inclusive=inclusive) for payload in payloads)
    buffer = FrameBuffer(digits=digits, inclusive=inclusive)
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += buffer.feed(stream[:size])
        stream = stream[size:]
    assert found == payloads
    assert buffer.pending == 0


def test_half_a_packet_waits() -> None:
    buffer = FrameBuffer()
    assert buffer.feed(b"\x00") == []
    assert buffer.feed(b"\x03ab") == []
    assert buffer.pending == 4
    assert buffer.feed(b"c\x00\x01d\x00") == [b"abc", b"d"]
    assert buffer.pending == 1


@pytest.mark.parametrize(
    ("data", "sentence", "digits"),
    [
        (b"\x00\x00", "a packet of no bytes", False),
        (b"\xff\xff", "a packet of 65535 bytes, above the limit of 8192", False),
        (b"\x20\x01", "a packet of 8193 bytes, above the limit of 8192", False),
        (b"GET ", "the length is not four digits", True),
        (b"+001", "the length is not four digits", True),
        (b"0000", "a packet of no bytes", True),
    ],
)
def test_a_length_that_cannot_be_ends_the_stream(data: bytes, sentence: str, digits: bool) -> None:
    with pytest.raises(FramingError, match=sentence):
        FrameBuffer(digits=digits).feed(data)


def test_the_limit_is_the_callers() -> None:
    assert FrameBuffer(limit=3).feed(frame(b"abc")) == [b"abc"]
    with pytest.raises(FramingError):
        FrameBuffer(limit=3).feed(frame(b"abcd"))
    with pytest.raises(FramingError, match="no bytes"):
        FrameBuffer(inclusive=True).feed(b"\x00\x02")


@pytest.mark.parametrize("digits", [False, True])
def test_what_cannot_be_framed_is_refused(digits: bool) -> None:
    longest = 9999 if digits else 65535
    assert len(frame(bytes(longest), digits=digits)) == longest + (4 if digits else 2)
    for payload in (b"", bytes(longest + 1)):
        with pytest.raises(EncodeError):
            frame(payload, digits=digits)


def test_the_lengths_of_the_worked_examples() -> None:
    assert frame(bytes(55))[:2] == bytes.fromhex("0037")
    assert frame(bytes(55), digits=True)[:4] == b"0055"
    assert frame(bytes(150))[:2] == bytes.fromhex("0096")


def test_a_packet_in_its_parts() -> None:
    packet = join_cup(TPDU, HEADER, BODY)
    assert split_cup(packet) == split_cup(packet, None) == CupPacket(TPDU, HEADER, BODY)
    bare = join_cup(TPDU, b"", BODY)
    assert split_cup(bare, 0) == split_cup(bare, None) == CupPacket(TPDU, b"", BODY)
    assert swap_tpdu(bytes.fromhex("6000030510")) == bytes.fromhex("6005100003")


@pytest.mark.parametrize(
    "packet", [b"", b"\x60", TPDU, TPDU + HEADER, b"\x61" + TPDU[1:] + HEADER + BODY, b"GET / HTTP/1.1"]
)
def test_what_is_no_packet_is_refused(packet: bytes) -> None:
    for header_length in (6, None):
        with pytest.raises(FramingError):
            split_cup(packet, header_length)
    with pytest.raises(EncodeError):
        join_cup(TPDU[:4], HEADER, BODY)


def test_the_hosts_wish_in_the_header() -> None:
    assert framing.processing_request(HEADER) == 0
    assert framing.processing_request(b"") == 0
    asked = framing.with_processing_request(HEADER, 3)
    assert asked == bytes.fromhex("603103311300")
    assert framing.processing_request(asked) == 3
    assert framing.with_processing_request(b"", 3) == b""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("len+tpdu+header", (TPDU, HEADER, BODY)),
        ("tpdu+header", (TPDU, HEADER, BODY)),
        ("len+tpdu", (TPDU, None, BODY)),
        ("body", (None, None, BODY)),
    ],
)
def test_framings_by_name(name: str, parts: tuple[bytes | None, bytes | None, bytes]) -> None:
    assert name in framing.FRAMINGS
    packet = wrap(*parts, name)
    assert unwrap(packet, name) == parts
    if name.startswith("len"):
        with pytest.raises(FramingError, match="does not count what follows"):
            unwrap(packet + b"\x00", name)


def test_an_unknown_framing_is_our_error() -> None:
    for call in (lambda: unwrap(b"", "tpdu"), lambda: wrap(None, None, BODY, "tpdu")):
        with pytest.raises(OurError, match="framing is one of"):
            call()
