"""The message: a plain object, masked when it shows itself."""

from __future__ import annotations

import pytest
from hypothesis import given

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message
from message_strategies import messages

CARD = "6299991234567890"


def test_absent_fields_are_none() -> None:
    message = Message("0200", de11="000001", de38=None)
    assert (message.mti, message.de11, message.de38, message.get(38), message.get(11)) == (
        "0200", "000001", None, None, "000001",
    )  # fmt: skip
    assert message.present() == (11,)
    assert list(message.items()) == [(11, "000001")]


def test_fields_come_and_go() -> None:
    message = Message("0200")
    message.set(11, "000001")
    message.de3 = "000000"
    assert message.present() == (3, 11)
    message.set(11, None)
    message.set(12, None)
    message.de3 = None
    assert message.present() == ()
    assert message == Message("0200")


@pytest.mark.parametrize("number", [0, 1, 65, 129])
def test_there_is_no_such_field(number: int) -> None:
    with pytest.raises(KeyError):
        Message("0200").get(number)
    with pytest.raises(KeyError):
        Message("0200").set(number, "1")


@pytest.mark.parametrize("name", ["de1", "de65", "de129", "stan"])
def test_there_is_no_such_name(name: str) -> None:
    with pytest.raises(TypeError):
        Message("0200", **{name: "1"})
    with pytest.raises(TypeError):
        Message("0200").copy(**{name: "1"})


def test_a_copy_is_another_message() -> None:
    message = Message("0200", de11="000001", de38="ABCDEF")
    other = message.copy(de11="000002", de38=None, de39="00")
    assert other == Message("0200", de11="000002", de39="00")
    assert message == Message("0200", de11="000001", de38="ABCDEF")
    assert message != other
    assert message != Message("0210", de11="000001", de38="ABCDEF")
    assert message != "0200"


def test_it_shows_numbers_and_codes_and_no_card_data() -> None:
    message = Message("0200", de2=CARD, de4="000000001250", de11=CARD, de35=CARD, de39=b"00", de52=b"12345678")
    assert repr(message) == "<Message '0200' 2 4='000000001250' 11='****************' 35 39 52>"


@given(messages(CUP_POS), messages(ISO87_ASCII))
def test_whatever_it_holds_its_repr_holds_no_secret(terminal: Message, issuer: Message) -> None:
    for message in (terminal, issuer):
        for number in (2, 14, 35, 36, 45, 48, 55, 59, 62):
            assert f"{number}=" not in repr(message).replace("12=", "").split("'", 2)[2]
