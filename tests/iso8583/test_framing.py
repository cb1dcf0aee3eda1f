"""Packets on a stream, TPDU and header; a stream that lies about its lengths ends with one clear error."""

from __future__ import annotations

import itertools

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


SENSELESS = [
    (b"\xff\xff", "a packet of 65535 bytes, above the limit of 8192", {}),
    (b"\x20\x01", "a packet of 8193 bytes, above the limit of 8192", {}),
    (b"GET ", "the length is not four digits", {"digits": True}),
    (b"+001", "the length is not four digits", {"digits": True}),
    (b"9999", "a packet of 9999 bytes, above the limit of 8192", {"digits": True}),
    (b"\x00\x00", "a length that does not count itself", {"inclusive": True}),
    (b"\x00\x01", "a length that does not count itself", {"inclusive": True}),
    (b"0003", "a length that does not count itself", {"digits": True, "inclusive": True}),
]
EMPTY = [
    (b"\x00\x00", {}),
    (b"0000", {"digits": True}),
    (b"\x00\x02", {"inclusive": True}),
    (b"0004", {"digits": True, "inclusive": True}),
]
PURE = [False, True]


@pytest.mark.parametrize("pure", PURE)
@pytest.mark.parametrize(("data", "sentence", "how"), SENSELESS)
def test_a_length_that_means_nothing_ends_the_stream_and_loses_nothing_before_it(
    data: bytes, sentence: str, how: dict[str, bool], pure: bool
) -> None:
    for before in ([], [b"one"], [b"one", b"two", b"three"]):
        buffer = FrameBuffer(**how, accelerated=not pure)
        stream = b"".join(frame(packet, **how) for packet in before)
        assert buffer.feed(stream + data + frame(b"behind it", **how)) == before
        assert buffer.broken == sentence
        assert buffer.feed(frame(b"too late", **how)) == []
        assert buffer.pending == 0


@pytest.mark.parametrize("pure", PURE)
@pytest.mark.parametrize(("empty", "how"), EMPTY)
def test_an_empty_frame_is_left_out_and_is_no_speech(empty: bytes, how: dict[str, bool], pure: bool) -> None:
    buffer = FrameBuffer(**how, accelerated=not pure)
    assert buffer.feed(empty * 3) == []
    assert buffer.feed(frame(b"one", **how) + empty + frame(b"two", **how) + empty) == [b"one", b"two"]
    assert [buffer.feed(bytes((byte,))) for byte in empty] == [[]] * len(empty)
    assert (buffer.broken, buffer.pending) == ("", 0)


FRAMES = st.lists(st.binary(max_size=40), max_size=8)
ENDS = st.sampled_from([b"", b"\xff\xff\xff\xff", b"\x00", b"00"]) | st.binary(max_size=30)


@pytest.mark.parametrize("how", [how for _, how in EMPTY], ids=["binary", "digits", "inclusive", "digits inclusive"])
@given(packets=FRAMES, end=ENDS, data=st.data())
def test_however_the_bytes_come_the_packets_are_the_same_ones(
    how: dict[str, bool], packets: list[bytes], end: bytes, data: st.DataObject
) -> None:
    """Empty frames between them, anything at all behind them; in one piece, in any pieces, pure and accelerated."""
    empty = next(bytes_ for bytes_, same in EMPTY if same == how)
    stream = b"".join(frame(packet, **how) if packet else empty for packet in packets) + end
    told = []
    for pure in PURE:
        whole = FrameBuffer(50, **how, accelerated=not pure)
        found = whole.feed(stream)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
        pieces = FrameBuffer(50, **how, accelerated=not pure)
        pieced = []
        for begin, finish in itertools.pairwise([0, *cuts, len(stream)]):
            pieced += pieces.feed(stream[begin:finish])
        assert found[: len([one for one in packets if one])] == [one for one in packets if one]
        assert (pieced, pieces.broken, pieces.pending) == (found, whole.broken, whole.pending)
        told.append((found, whole.broken, whole.pending))
    assert told[0] == told[1]


def test_the_limit_is_the_callers() -> None:
    assert FrameBuffer(limit=3).feed(frame(b"abc")) == [b"abc"]
    buffer = FrameBuffer(limit=3)
    assert buffer.feed(frame(b"abcd")) == []
    assert buffer.broken == "a packet of 4 bytes, above the limit of 3"


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
    assert framing.processing_request(bytes.fromhex("603103311300")) == 3


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
