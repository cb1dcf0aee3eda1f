"""What exists of what can be read: the table of both dialects, by message and by excerpt, compiled and not."""

from __future__ import annotations

from typing import Any, Final

import pytest

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import CUP_POS, DIALECTS, ISO87_ASCII, Dialect, Message
from counterfoil.iso8583.excerpt import excerpts, remains
from field_ranges import lines

RANGED: Final = [line for line in lines() if not line.why]
EXIST: Final = [(line.dialect, line.number, value) for line in RANGED for value in line.exist]
NOT: Final = [(line.dialect, line.number, value) for line in RANGED for value in line.not_exist]


def pure(dialect: Dialect) -> Dialect:
    return Dialect(
        dialect.name, dialect.fields.values(), dialect.style, dialect._shapes, dialect._nested, accelerated=False
    )


def forms(dialect: Dialect) -> list[Dialect]:
    """The dialect as stations have it, in Python alone, and with bitmaps as characters."""
    return [dialect, pure(dialect), dialect.variant(hex_bitmap=True)]


def body(dialect: Dialect, number: int, value: str) -> bytes:
    fields: dict[str, Any] = {"de3": "000000", "de4": "000000001250", "de60": "22000001000", f"de{number}": value}
    return dialect.encode(Message("0200", **fields))


def test_every_field_has_a_range_or_a_reason_why_not() -> None:
    told = [(line.dialect.name, line.number) for line in lines()]
    assert told == [(name, number) for name, dialect in sorted(DIALECTS.items()) for number in dialect.fields]
    for line in lines():
        assert (line.number in line.dialect.ranges) is not bool(line.why), (line.dialect, line.number)
        assert bool(line.exist and line.not_exist) is not bool(line.why), (line.dialect, line.number)


@pytest.mark.parametrize(("dialect", "number", "value"), EXIST)
def test_a_value_that_exists_is_received(dialect: Dialect, number: int, value: str) -> None:
    for form in forms(dialect):
        data = body(form, number, value)
        assert form.receive(data).get(number) == value
        taken = excerpts(form, (3, number))(data)
        assert taken is not None
        assert (taken[0], taken[3]) == ("0200", ("000000", value))


@pytest.mark.parametrize(("dialect", "number", "value"), NOT)
def test_a_value_that_does_not_exist_is_read_and_not_received(dialect: Dialect, number: int, value: str) -> None:
    for form in forms(dialect):
        data = body(form, number, value)
        assert form.decode(data).get(number) == value
        with pytest.raises(DecodeError, match=rf"DE{number} at byte \d+: outside its range") as caught:
            form.receive(data)
        error = caught.value
        assert (error.path, error.response_code) == (str(number), "30")
        assert error.partial == form.decode(data)
        assert excerpts(form, (3, number))(data) is None
        assert excerpts(form, (3, 4))(data) is None, "a range is looked at whether or not the field is asked for"
        rest = remains(form, (3, number))(data)
        assert rest is not None
        assert (rest[0], rest[3]) == ("0200", ("000000", value))


def test_where_the_value_begins_is_said() -> None:
    data = ISO87_ASCII.encode(Message("0200", de3="000000", de4="000000001250", de11="000000", de32="00010344"))
    with pytest.raises(DecodeError) as caught:
        ISO87_ASCII.receive(data)
    assert data[caught.value.offset :] == b"000000" + b"0800010344"
    data = CUP_POS.encode(Message("0200", de3="000000", de11="000001", de32="00000000", de41="T0000001"))
    with pytest.raises(DecodeError) as caught:
        CUP_POS.receive(data)
    assert data[caught.value.offset :] == bytes(4) + b"T0000001"


def test_text_of_another_script_names_no_terminal() -> None:
    for number, value in ((41, "终端终端"), (42, "商户商户商户商1")):
        data = CUP_POS.encode(Message("0200", **{f"de{number}": value}))
        with pytest.raises(DecodeError, match=f"DE{number} "):
            CUP_POS.receive(data)


def test_a_field_of_another_length_or_kind_has_no_range() -> None:
    other = CUP_POS.override({"22": {"max": 4}, "39": {"type": "b"}, "13": {"align": "right"}})
    assert {22, 39} & set(other.ranges) == set()
    assert 13 in other.ranges
    assert other.receive(other.encode(Message("0200", de22="9999", de39=b"--"))).de22 == "9999"


def test_the_first_value_outside_its_range_is_named() -> None:
    data = ISO87_ASCII.encode(Message("0200", de7="1301000000", de11="000000", de13="0230"))
    with pytest.raises(DecodeError, match="DE7 "):
        ISO87_ASCII.receive(data)


def test_more_forms_of_message_than_are_remembered() -> None:
    one = Dialect("one", ISO87_ASCII.fields.values(), ISO87_ASCII.style, (), {}, accelerated=False)
    free = [number for number in range(101, 128) if number not in one.ranges]
    for bits in range(300):
        named = {f"de{number}": "x" for place, number in enumerate(free) if bits >> place & 1}
        with pytest.raises(DecodeError, match="DE11 "):
            one.receive(one.encode(Message("0200", de11="000000", **named)))
        assert one.receive(one.encode(Message("0200", de11="000001", **named))).de11 == "000001"
