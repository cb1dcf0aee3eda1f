"""Straight-line code gives what the generic loop gives, or steps aside; it never decides anything by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message
from counterfoil.iso8583.codec import bitmap
from counterfoil.iso8583.compiled import CACHE_MAX, Compiler
from message_strategies import messages

ODD = CUP_POS.override({"22": {"align": "right"}, "32": {"align": "right"}, "61": {"pad": "F"}, "49": {"type": "n"}})
DIALECTS = (CUP_POS, ISO87_ASCII, CUP_POS.override({"22": {"align": "right"}, "61": {"pad": "F"}, "49": {"type": "n"}}))

dialects = pytest.mark.parametrize("dialect", DIALECTS, ids=["cup-pos", "iso87-ascii", "overridden"])


def compiled(
    dialect: Dialect, message: Message
) -> tuple[Callable[[bytes], Message | None], Callable[[Any], bytes | None]]:
    compiler = Compiler(dialect.fields, dialect.style)
    compiler.learn_decoder(b"", message.present())
    compiler.learn_encoder(frozenset(message.__dict__))
    return compiler.decoders[b""], compiler.encoders[frozenset(message.__dict__)]


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (DecodeError, EncodeError) as error:
        return str(error)


@dialects
@given(data=st.data())
def test_plain_messages_take_the_fast_way_and_come_out_the_same(dialect: Dialect, data: st.DataObject) -> None:
    message = data.draw(messages(dialect, plain=True))
    decoder, encoder = compiled(dialect, message)
    body = dialect.encode_any(message)
    assert encoder(message.__dict__) == body
    if b"\xff" not in body and dialect.fields[61].pad == "0":
        assert decoder(body) == message
    assert decoder(body) in (None, message)
    assert dialect.decode_any(body) == message


@dialects
@given(data=st.data())
def test_any_message_comes_out_the_same_or_takes_the_loop(dialect: Dialect, data: st.DataObject) -> None:
    message = data.draw(messages(dialect))
    decoder, encoder = compiled(dialect, message)
    body = dialect.encode_any(message)
    assert encoder(message.__dict__) in (None, body)
    assert decoder(body) in (None, message)
    assert dialect.decode_any(body) == message


@dialects
@given(data=st.data())
def test_damaged_bytes_are_never_taken_by_the_fast_way_alone(dialect: Dialect, data: st.DataObject) -> None:
    message = data.draw(messages(dialect, plain=True, most=8))
    decoder, _ = compiled(dialect, message)
    body = bytearray(dialect.encode_any(message))
    head = (2 if dialect.style.packed else 4) + (16 if body[2 if dialect.style.packed else 4] & 0x80 else 8)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        if 2 <= at < head:  # another bitmap is another decoder's business
            continue
        body[at] = data.draw(st.integers(0, 255))
    damaged = bytes(body[: data.draw(st.integers(head, len(body)))])
    fast = decoder(damaged)
    if fast is not None:
        assert fast == dialect.decode_any(damaged)


WRONG = st.one_of(
    st.none(), st.integers(), st.binary(max_size=20), st.text(max_size=20), st.text("0123456789٣３²", max_size=20)
)


@dialects
@given(data=st.data())
def test_wrong_values_are_never_written_by_the_fast_way_alone(dialect: Dialect, data: st.DataObject) -> None:
    message = data.draw(messages(dialect, plain=True, most=8))
    _, encoder = compiled(dialect, message)
    name = data.draw(st.sampled_from(sorted(message.__dict__)))
    message.__dict__[name] = data.draw(WRONG)
    fast = encoder(message.__dict__)
    if fast is not None:
        assert fast == dialect.encode_any(message)


@given(data=st.data())
def test_the_order_of_the_attributes_does_not_matter(data: st.DataObject) -> None:
    message = data.draw(messages(CUP_POS, plain=True))
    shuffled = Message.__new__(Message)
    shuffled.__dict__ = dict(data.draw(st.permutations(list(message.__dict__.items()))))
    _, encoder = compiled(CUP_POS, shuffled)
    assert encoder(shuffled.__dict__) == CUP_POS.encode_any(message)


SALE: dict[str, str | bytes] = {
    "de2": "6299991234567890", "de3": "000000", "de4": "000000001250", "de11": "000001", "de22": "021", "de25": "00",
    "de41": "T0000001", "de42": "104290053990001", "de49": "156", "de60": "22000001000", "de64": bytes(8),
}  # fmt: skip


def fresh(dialect: Dialect = CUP_POS) -> Dialect:
    """The dialect in pure Python, without anything learnt."""
    fields = dialect.fields.values()
    return Dialect(dialect.name, fields, dialect.style, dialect._shapes, dialect._nested, accelerated=False)


def test_a_known_shape_is_learnt_by_its_first_message() -> None:
    dialect = fresh()
    message = Message("0200", **SALE)
    body = dialect.encode(message)
    assert dialect.decode(body) == message
    assert len(dialect._compiler.decoders) == len(dialect._compiler.encoders) == 1
    assert dialect.decode(body) == message
    assert dialect.encode(message) == body


def test_an_unknown_shape_and_garbage_teach_nothing() -> None:
    dialect = fresh()
    odd = Message("0200", de4="000000001250", de56="?")
    assert dialect.decode(dialect.encode(odd)) == odd
    with pytest.raises(DecodeError):
        dialect.decode(dialect.encode_any(Message("0200", **SALE)) + b"?")
    dialect.encode(Message("0200", de38=None, **SALE))
    message = Message("0200", **SALE)
    message.de38 = None
    dialect.encode(message)
    assert not dialect._compiler.decoders
    assert len(dialect._compiler.encoders) == 1  # what was None when it was made is simply not there


def test_the_errors_are_those_of_the_loop_before_and_after_learning() -> None:
    dialect = fresh()
    body = dialect.encode(Message("0200", **SALE))
    broken = body[:20] + b"\xab" + body[21:]
    before = outcome(lambda: dialect.decode(broken))
    dialect.decode(body)
    assert outcome(lambda: dialect.decode(broken)) == before == outcome(lambda: dialect.decode_any(broken))
    wrong = Message("0200", **{**SALE, "de11": "00000x"})
    assert outcome(lambda: dialect.encode(wrong)) == "DE11: not a digit"


def test_what_the_fast_way_leaves_the_loop_reads_and_writes() -> None:
    """A filler nibble F in a fixed field, Chinese in a fixed field, an encrypted track: known shape, slow value."""
    dialect = fresh()
    plain = Message("0200", **SALE, de35="629999", de43="M" * 40)
    other = plain.copy(de43="测试" + " " * 36, de35="62A99B")
    for message in (plain, other, plain, other):
        body = dialect.encode(message)
        assert body == dialect.encode_any(message)
        assert dialect.decode(body) == message
    with_f = dialect.encode(plain).replace(bytes.fromhex("0210"), bytes.fromhex("021F"))
    assert dialect.decode(with_f) == plain
    assert len(dialect._compiler.decoders) == len(dialect._compiler.encoders) == 1


def test_the_cache_is_bounded() -> None:
    compiler = Compiler(CUP_POS.fields, CUP_POS.style)
    for number in range(CACHE_MAX + 3):
        compiler.learn_decoder(bytes((number >> 8, number & 255)), (3,))
        compiler.learn_encoder(
            frozenset(("mti", *(f"de{field}" for field in (3, 4, 11, 12, 13) if number >> field % 9 & 1), "de41"))
        )
    assert len(compiler.decoders) == CACHE_MAX
    assert len(compiler.encoders) <= CACHE_MAX


def test_what_only_the_loop_knows_is_not_compiled() -> None:
    compiler = Compiler(ODD.fields, ODD.style)
    compiler.learn_decoder(bitmap((32,)), (32,))
    compiler.learn_encoder(frozenset(("mti", "de32")))
    hexed = ISO87_ASCII.variant(hex_bitmap=True)
    other = Compiler(hexed.fields, hexed.style)
    other.learn_decoder(b"", (3,))
    assert not compiler.decoders
    assert not compiler.encoders
    assert not other.decoders


def test_a_message_without_fields_is_one_too() -> None:
    for dialect in (CUP_POS, ISO87_ASCII):
        decoder, encoder = compiled(dialect, Message("0800"))
        body = encoder({"mti": "0800"})
        assert body == dialect.encode_any(Message("0800"))
        assert decoder(body or b"") == dialect.decode(body or b"") == Message("0800")
