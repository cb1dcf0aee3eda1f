"""A printer's bytes: whose answer each is, and what its bits say. The tables are those of the manuals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.receipts.printers.status import (
    LONGEST_BLOCK,
    Demultiplexer,
    ReplyKind,
    Sign,
    Trouble,
    automatic,
    realtime,
    trouble,
)

BITS = [
    (1, 0x08, Sign.OFFLINE, Trouble.OFFLINE),
    (1, 0x20, Sign.WAITING, Trouble.OFFLINE),
    (1, 0x40, Sign.FEED_HELD, Trouble.FEED_HELD),
    (2, 0x04, Sign.COVER_OPEN, Trouble.COVER_OPEN),
    (2, 0x08, Sign.FEED_HELD, Trouble.FEED_HELD),
    (2, 0x20, Sign.PAPER_STOP, Trouble.PAPER_OUT),
    (2, 0x40, Sign.ERROR, Trouble.OFFLINE),
    (3, 0x04, Sign.MECHANICAL, Trouble.JAM),
    (3, 0x08, Sign.CUTTER, Trouble.CUTTER),
    (3, 0x20, Sign.UNRECOVERABLE, Trouble.UNRECOVERABLE),
    (3, 0x40, Sign.HOT_HEAD, Trouble.HOT_HEAD),
    (4, 0x0C, Sign.NEAR_END, None),
    (4, 0x60, Sign.PAPER_OUT, Trouble.PAPER_OUT),
]
ASB = [
    ("10 00 00 00", Sign.NONE, None),
    ("10 00 03 00", Sign.NEAR_END, None),
    ("18 00 0f 00", Sign.OFFLINE | Sign.NEAR_END | Sign.PAPER_OUT, Trouble.PAPER_OUT),
    ("38 00 0f 00", Sign.OFFLINE | Sign.COVER_OPEN | Sign.NEAR_END | Sign.PAPER_OUT, Trouble.COVER_OPEN),
    ("18 08 00 00", Sign.OFFLINE | Sign.CUTTER, Trouble.CUTTER),
    ("18 04 00 00", Sign.OFFLINE | Sign.MECHANICAL, Trouble.JAM),
    ("18 20 00 00", Sign.OFFLINE | Sign.UNRECOVERABLE, Trouble.UNRECOVERABLE),
    ("18 40 00 00", Sign.OFFLINE | Sign.HOT_HEAD, Trouble.HOT_HEAD),
    ("58 00 00 00", Sign.OFFLINE | Sign.FEED_HELD, Trouble.FEED_HELD),
    ("18 01 00 00", Sign.OFFLINE | Sign.WAITING, Trouble.OFFLINE),
    ("14 00 00 00", Sign.NONE, None),  # the drawer
]
REPLIES = [
    ("12", ReplyKind.REALTIME),
    ("1a", ReplyKind.REALTIME),
    ("7e", ReplyKind.REALTIME),
    ("10 00 00 00", ReplyKind.AUTOMATIC),
    ("11", ReplyKind.FLOW),
    ("13", ReplyKind.FLOW),
    ("37 22 41 42 43 44 00", ReplyKind.BLOCK),
    ("37 25 00", ReplyKind.BLOCK),
    ("5f 54 4d 2d 54 32 30 00", ReplyKind.INFO),
    ("3d 31 00", ReplyKind.INFO),
    ("00", ReplyKind.PLAIN),
    ("0c", ReplyKind.PLAIN),
    ("80", ReplyKind.STRAY),
    ("ff", ReplyKind.STRAY),
]


@pytest.mark.parametrize(("question", "bits", "sign", "named"), BITS)
def test_a_bit_of_a_status_byte(question: int, bits: int, sign: Sign, named: Trouble | None) -> None:
    assert realtime(question, 0x12 | bits) == sign
    assert trouble(sign) is named
    assert realtime(question, 0x12) == Sign.NONE


def test_a_model_with_an_inverted_bit_is_well_when_others_are_hot() -> None:
    assert realtime(3, 0x52, inverted=True) == Sign.NONE
    assert realtime(3, 0x12, inverted=True) == Sign.HOT_HEAD
    assert realtime(2, 0x12, inverted=True) == Sign.NONE


@pytest.mark.parametrize(("data", "signs", "named"), ASB)
def test_an_automatic_status(data: str, signs: Sign, named: Trouble | None) -> None:
    assert automatic(bytes.fromhex(data)) == signs
    assert trouble(signs) is named


@pytest.mark.parametrize(("data", "kind"), REPLIES)
def test_the_first_byte_says_whose_answer_it_is(data: str, kind: ReplyKind) -> None:
    reply = Demultiplexer().feed(bytes.fromhex(data))
    assert [(one.kind, one.data) for one in reply] == [(kind, bytes.fromhex(data))]


@given(st.lists(st.sampled_from(REPLIES), max_size=12), st.data())
def test_replies_are_the_same_in_whatever_pieces_they_come(
    said: list[tuple[str, ReplyKind]], data: st.DataObject
) -> None:
    stream = b"".join(bytes.fromhex(one) for one, _ in said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = Demultiplexer()
    found = [
        reply
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for reply in reader.feed(stream[start:end])
    ]
    assert [(one.kind, one.data) for one in found] == [(kind, bytes.fromhex(one)) for one, kind in said]


def test_a_torn_automatic_status_swallows_nothing_that_follows() -> None:
    found = Demultiplexer().feed(bytes.fromhex("18 00 12 10 00 00 00"))
    assert [(one.kind, one.data.hex()) for one in found] == [
        (ReplyKind.STRAY, "1800"),
        (ReplyKind.REALTIME, "12"),
        (ReplyKind.AUTOMATIC, "10000000"),
    ]


def test_a_block_that_never_ends_is_noise_and_not_waited_for_for_ever() -> None:
    found = Demultiplexer().feed(b"\x37" + b"A" * LONGEST_BLOCK)
    assert found[0].kind is ReplyKind.STRAY
    assert len(found) > 1


@given(st.binary(max_size=300))
def test_no_byte_is_lost_and_none_is_made_up(data: bytes) -> None:
    reader = Demultiplexer()
    found = reader.feed(data)
    assert b"".join(one.data for one in found) == data[: len(data) - len(reader._rest)]
    assert len(reader._rest) <= LONGEST_BLOCK
