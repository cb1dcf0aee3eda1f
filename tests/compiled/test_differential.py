"""Compiled and pure read and write the same: every vector, any message, any damage; same values, same errors."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiled.differing import CORPORA, differing
from compiled.parts import parts
from compiled.twins import DIALECTS, Twins, streams
from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message, framing
from fuzz.mutation import fuzz
from fuzz.targets import Fuzzed
from message_strategies import messages

PACKETS: Final[list[dict[str, Any]]] = json.loads(Path("tests/vectors/wire_vectors.json").read_text("utf-8"))
SLICE: Final = 1500  # inputs for each; `python -m compiled` tries as many as there is time for

packets = pytest.mark.parametrize("packet", PACKETS, ids=[packet["name"] for packet in PACKETS])
dialects = pytest.mark.parametrize("name", DIALECTS)
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def twins(name: str) -> Twins:
    return Twins(DIALECTS[name])


@cache
def twins_of(overrides: str) -> Twins:
    return Twins(DIALECTS["cup-pos"].override(json.loads(overrides)))


def body_of(packet: dict[str, Any]) -> bytes:
    return framing.unwrap(bytes.fromhex(packet["hex"]), packet["framing"])[2]


@packets
def test_a_published_packet_is_read_written_and_shown_alike(packet: dict[str, Any]) -> None:
    both, body = twins_of(json.dumps(packet["dialect_overrides"])), body_of(packet)
    both.decode(body)
    both.shown(body)
    assert both.encode(both.fast.decode(body)) == (bytes, body)


@packets
def test_a_published_packet_cut_off_anywhere_is_refused_alike(packet: dict[str, Any]) -> None:
    both, body = twins_of(json.dumps(packet["dialect_overrides"])), body_of(packet)
    for end in range(len(body)):
        assert both.decode(body[:end])[0] is DecodeError
    both.decode(body + b"\0")


@dialects
@quick
@given(data=st.data())
def test_any_message_is_written_and_read_alike(name: str, data: st.DataObject) -> None:
    both = twins(name)
    message = data.draw(messages(both.pure))
    written = both.encode(message)
    if written[0] is bytes:
        both.decode(written[1])
        both.shown(written[1])


NUMBERS: Final = st.lists(st.integers(2, 128).filter(lambda number: number != 65), min_size=2, max_size=20)


@dialects
@quick
@given(data=st.data())
def test_an_excerpt_of_any_message_damaged_or_not_is_the_same(name: str, data: st.DataObject) -> None:
    both, numbers = twins(name), data.draw(NUMBERS)
    body = bytearray(both.pure.encode_any(data.draw(messages(both.pure))))
    assert both.excerpt(bytes(body), numbers) is both.excerpt(bytes(body), numbers[::-1])
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        both.excerpt(bytes(body), numbers)
    both.excerpt(bytes(body[: data.draw(st.integers(0, len(body)))]), numbers)


@dialects
@quick
@given(data=st.data())
def test_an_answer_repeats_any_request_alike(name: str, data: st.DataObject) -> None:
    both, numbers = twins(name), data.draw(NUMBERS)
    body = both.pure.encode_any(data.draw(messages(both.pure)))
    other = data.draw(messages(both.pure, most=8))
    added = {
        field: value for field, value in vars(other).items() if field != "mti" or data.draw(st.integers(0, 9)) == 0
    }
    mac = data.draw(st.sampled_from(("de64", "de128", "de64", "de128", "de39", "mti", "x")))
    if both.excerpt(body, numbers):
        both.answer(body, numbers, added, mac)


@packets
def test_a_published_packet_is_repeated_to_the_last_field(packet: dict[str, Any]) -> None:
    both, body = twins_of(json.dumps(packet["dialect_overrides"])), body_of(packet)
    message = both.pure.decode(body)
    everything = [number for number in message.present() if number not in (64, 128)]
    if message.de64 is not None and everything:
        assert both.excerpt(body, everything)
        repeated = both.answer(body, everything, {}, "de64")
        assert repeated[0] is not bytes or repeated[1][both.pure._head_size :] == body[both.pure._head_size : -8]


@dialects
@quick
@given(data=st.data())
def test_damaged_bytes_are_refused_alike(name: str, data: st.DataObject) -> None:
    both = twins(name)
    body = bytearray(both.pure.encode_any(data.draw(messages(both.pure, most=8))))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    both.decode(bytes(body[: data.draw(st.integers(0, len(body)))]))


VALUES: Final = st.one_of(
    st.none(),
    st.integers(),
    st.binary(max_size=20),
    st.builds(bytearray, st.binary(max_size=3)),
    st.text(max_size=20),
    st.text("0123456789٣３²CD=AF a", max_size=20),
)


@dialects
@quick
@given(data=st.data())
def test_wrong_values_are_refused_alike(name: str, data: st.DataObject) -> None:
    both = twins(name)
    message = data.draw(messages(both.pure, most=8))
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.sampled_from([*vars(message), "de2", "de38", "de56", "de9", "de12x"]))
        vars(message)[which] = data.draw(VALUES)
    both.encode(message)
    both.kept(message)


CARD: Final = "6299991234567894"


@dialects
@quick
@given(data=st.data())
def test_the_cards_own_number_is_hidden_alike_wherever_it_stands(name: str, data: st.DataObject) -> None:
    """Planted whole or in part, in any field that takes text, of a message that names its card in DE2, DE35 or not."""
    both = twins(name)
    message = data.draw(messages(both.pure, most=8))
    for number, value in data.draw(
        st.sampled_from([{2: CARD}, {35: CARD + "D3012"}, {35: CARD + "=3"}, {2: ""}, {}])
    ).items():
        message.set(number, value)
    texts = [
        name for name, value in vars(message).items() if isinstance(value, str) and name not in ("mti", "de2", "de35")
    ]
    for which in data.draw(st.lists(st.sampled_from(texts), max_size=2)) if texts else []:
        start = data.draw(st.integers(0, 10))
        piece = CARD[start : start + data.draw(st.integers(8, 16))]
        before, after = (
            data.draw(st.sampled_from(("", "A ", "测", "0"))),
            data.draw(st.sampled_from(("", " ", "9", "文"))),
        )
        vars(message)[which] = before + piece + after
    both.kept(message)


def test_a_card_number_is_found_at_both_ends_and_in_the_middle() -> None:
    both = twins("cup-pos")
    for start, size in ((0, 10), (4, 9), (6, 10)):
        for text in (CARD[start : start + size], "A" + CARD[start : start + size] + "B"):
            told = dict(both.pure.kept(Message("0200", de2=CARD, de44=text, de39="00")))
            assert told == both.fast.kept(Message("0200", de2=CARD, de44=text, de39="00"))
            assert told["44"] == f"[hidden, {len(text)} characters]"
            assert told["39"] == "00"


def test_attributes_in_any_order_and_names_made_on_the_way_are_written_alike() -> None:
    both = twins("cup-pos")
    fields = {"de60": "22000001", "de3": "000000", "de41": "T0000001", "de11": "000123"}
    for order in (list(fields), sorted(fields), list(reversed(fields))):
        message = Message("0200")
        for name in order:
            vars(message)["".join(name)] = fields[name]
            message.set(int(name[2:]), fields[name])
        assert both.encode(message)[0] is bytes
    vars(message)["d" + "e9x"] = "000000"
    assert both.encode(message)[1] == "message: an attribute that is no field"


def test_what_is_no_message_meets_the_same_fate() -> None:
    both = twins("cup-pos")
    for dialect in (both.pure, both.fast):
        with pytest.raises(AttributeError):
            dialect.encode("0200")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(TypeError):
            dialect.decode(None)  # type: ignore[arg-type]  # on purpose


def test_a_short_value_that_is_remembered_is_never_given_for_another() -> None:
    """DE23 of one odd digit count and another, DE49 of the same bytes: what is kept is told apart by its length too."""
    both = twins("overridden")
    for number, values in ((32, ("1", "12", "1", "01", "123", "0123")), (23, ("001", "010", "001", "100"))):
        for value in values:
            message = Message("0200")
            message.set(number, value)
            assert both.decode(both.encode(message)[1])[-1] == (f"de{number}", str, value)


def test_what_is_remembered_of_a_bitmap_is_not_given_to_another_message() -> None:
    """More bitmaps than are remembered, again and again in another order, and some bodies that end too early."""
    both = twins("cup-pos")
    fields = {"de3": "000000", "de4": "000000001250", "de11": "000001", "de23": "001", "de25": "00", "de44": "测试"}
    fields |= {"de39": "00", "de41": "T0000001", "de49": "156", "de60": "22000001"}
    names = list(fields)
    for turn in range(6):
        for which in range(0, 1 << len(names), 7 + turn):
            values = {name: fields[name] for place, name in enumerate(names) if which >> place & 1}
            if turn & 1 and "de11" in values:
                values["de11"] = f"{which:06d}"
            if turn & 2 and "de49" in values:
                values["de49"] = "840"
            body = both.encode(Message("0200" if which & turn else "0800", **values))[1]
            both.decode(body[:-1])
            both.decode(body)


def test_a_message_longer_than_any_of_every_day_is_written_alike() -> None:
    long = ISO87_ASCII.override({str(n): {"type": "ans", "max": 999, "prefix": "LLL"} for n in range(2, 30)})
    both = Twins(long)
    for last in range(900, 999, 9):
        values = {f"de{number}": "A" * 999 for number in range(2, 9)} | {"de9": "B" * last, "de10": "C" * (last - 9)}
        for more in ({}, {f"de{number}": "D" * 999 for number in range(11, 30)}):
            both.decode(both.encode(Message("0200", **values, **more))[1])


@quick
@given(st.binary(max_size=900), st.lists(st.integers(0, 400), max_size=6), st.booleans(), st.booleans())
def test_any_stream_is_split_alike(data: bytes, sizes: list[int], digits: bool, inclusive: bool) -> None:
    streams(data, sizes, digits=digits, inclusive=inclusive)


@quick
@given(
    st.lists(st.binary(min_size=1, max_size=90), max_size=8),
    st.binary(max_size=9),
    st.lists(st.integers(0, 200), max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_packets_and_what_follows_them_are_split_alike(
    sent: list[bytes], rest: bytes, sizes: list[int], digits: bool, inclusive: bool
) -> None:
    stream = b"".join(framing.frame(packet, digits=digits, inclusive=inclusive) for packet in sent)
    streams(stream + rest, sizes, digits=digits, inclusive=inclusive)


@pytest.mark.parametrize("name", CORPORA)
def test_a_slice_of_the_mutations_is_read_alike(name: str) -> None:
    tally = fuzz(f"compiled {name}", Fuzzed(differing(name), CORPORA[name]), 1, executions=SLICE)
    assert tally.failures == []
    assert tally.executions == SLICE


def test_a_difference_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Twins(DIALECTS["cup-pos"])
    body = body_of(PACKETS[0])
    monkeypatch.setitem(vars(both.fast), "decode", lambda _body: Message("0800"))
    with pytest.raises(AssertionError):
        both.decode(body)


@pytest.mark.parametrize("rest", [bytes(8), b"\x20" + bytes(7) + b"123456"])
def test_zeros_are_no_message_type_even_under_a_bitmap_never_seen(rest: bytes) -> None:
    dialect = ISO87_ASCII.override({"126": {"type": "ans", "max": 5}})  # nothing was read by its table yet
    with pytest.raises(DecodeError) as refused:
        dialect.decode(bytes(4) + rest)
    assert refused.value.partial is None
    assert dialect.decode(b"0800" + rest).mti == "0800"


CELLS: Final = st.one_of(st.integers(), st.text(max_size=3), st.binary(max_size=3), st.none(), st.booleans())


@quick
@given(st.lists(st.tuples(CELLS, CELLS) | st.lists(CELLS, max_size=3), max_size=4), st.data())
def test_a_float_is_found_wherever_it_stands(rows: list[Any], data: st.DataObject) -> None:
    find = parts().messages.floats
    assert find(rows) is False
    assert find(tuple(rows)) is None
    assert find([*rows, "text"]) is None
    place = data.draw(st.integers(0, len(rows)))
    assert find([*rows[:place], (1, "x", 0.0), *rows[place:]]) is True
    assert find([*rows[:place], [float("nan")], *rows[place:]]) is True
