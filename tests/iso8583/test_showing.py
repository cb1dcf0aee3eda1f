"""Who sees what: every field decides, nothing is shown by default, doubt hides."""

from __future__ import annotations

import pytest
from hypothesis import given

from counterfoil.errors import EncodeError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message
from counterfoil.iso8583.codec import NEVER_KEPT
from counterfoil.iso8583.show import amounts, clear, hidden, long_numbers, original, pan, words
from counterfoil.security import luhn_digit
from message_strategies import messages

CARD = "6299991234567890"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (CARD, "************7890"),
        ("6299991234567", "*********4567"),
        ("6299991234567890123", "***************0123"),
        ("629999123456", "[hidden, 12 characters]"),
        ("62999912345678901234", "[hidden, 20 characters]"),
        ("629999123456789D", "[hidden, 16 characters]"),
        ("629999123456789٣", "[hidden, 16 characters]"),
        ("", "[hidden, 0 characters]"),
    ],
)
def test_a_card_number_shows_its_first_six_and_last_four_or_nothing(text: str, shown: str) -> None:
    assert pan(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"card {CARD}.", "card ****************."),
        ("6299 9912 3456 7890", "**** **** **** ****"),
        ("6299-9912-3456-7890!", "****-****-****-****!"),
        ("６２９９９９１２３４５６７８９０", "*" * 16),
        ("90310000   03025840   ", "90310000   03025840   "),
        ("012345678901", "012345678901"),
    ],
)
def test_free_text_loses_its_long_digit_runs(text: str, shown: str) -> None:
    assert words(text) == shown


def test_amounts_show_their_own_form_only() -> None:
    assert amounts("0002156C000000012345") == "0002156C000000012345"
    assert amounts("6299991234567890") == "[hidden, 16 characters]"
    assert clear("1") == "1"


@pytest.mark.parametrize("dialect", [CUP_POS, ISO87_ASCII], ids=str)
def test_every_field_decides_and_the_sensitive_ones_hide(dialect: Dialect) -> None:
    assert {field.show for field in dialect.fields.values()} <= {
        amounts,
        clear,
        hidden,
        long_numbers,
        original,
        pan,
        words,
    }
    must_hide = {14, 34, 35, 36, 45, 46, 47, 48, 52, 53, 55, 57, 58, 59, 62, 64, 95, 96, 102, 103, 128}
    for number in must_hide & set(dialect.fields):
        assert dialect.fields[number].show is hidden
    assert dialect.fields[2].show is pan


@given(messages(CUP_POS), messages(ISO87_ASCII))
def test_flat_goes_back_to_the_same_message(terminal: Message, issuer: Message) -> None:
    for dialect, message in ((CUP_POS, terminal), (ISO87_ASCII, issuer)):
        flat = dialect.flat(message, reveal=True)
        assert dialect.from_flat(message.mti, flat) == message
        assert list(flat) == [str(number) for number in message.present()]
        assert not {str(number) for number in NEVER_KEPT} & set(dialect.kept(message))
        assert set(dialect.kept(message)) <= set(flat)


@pytest.mark.parametrize(
    "fields",
    [{"1": "x"}, {"x": "1"}, {"65": "1"}, {"0002": "1"}, {"64": "0"}, {"64": "zz"}, {"64": 8}, {"mti": "0200"}],
)
def test_a_flat_form_with_a_wrong_key_or_hex_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(EncodeError):
        CUP_POS.from_flat("0200", fields)


def test_what_the_dialect_does_not_know_is_hidden() -> None:
    assert CUP_POS.flat(Message("0200", de102=CARD)) == {"102": "[hidden, 16 characters]"}


def test_parts_are_masked_like_the_field_they_stand_in() -> None:
    detail = "01" + "00" + "000123" + CARD.rjust(20, "0") + "000000001250"
    message = Message("0320", de48=detail, de55=bytes.fromhex("5A0862999912345678909F3602031E"), de60="00000001201")
    assert CUP_POS.nested(message, reveal=True)["48"] == [
        {"class": "00", "stan": "000123", "pan": CARD, "amount": "1250"}
    ]
    shown = CUP_POS.nested(message)
    assert CARD[6:12] not in str(shown)
    assert shown["55"] == {"5A": "[hidden, 16 characters]", "9F36": "[hidden, 4 characters]"}
    assert shown["60"] == {"1": "00", "2": "000001", "3": "201"}


def test_a_value_without_its_usual_parts_is_left_out() -> None:
    message = Message("0810", de54="short", de55=b"\x9f", de60="1", de61="1", de62=b"?", de63="x" * 124)
    assert CUP_POS.nested(message) == {}
    assert CUP_POS.nested(Message("0200", de48="1", de62=b"?")) == {}


def test_parts_of_the_other_messages() -> None:
    totals = "0000000012500010000000000000001"
    settled = Message("0510", de48=totals + totals)
    assert CUP_POS.nested(settled, reveal=True)["48"]["foreign"] == {
        "debit": "1250", "debit_count": "1", "credit": "0", "credit_count": "0", "answer": "1",
    }  # fmt: skip
    keys = Message("0810", de60="00000001003", de62=bytes(range(24)))
    assert set(CUP_POS.nested(keys)["62"]) == {"pik", "pik_kcv", "mak", "mak_kcv"}
    said = Message("0210", de54="0002156D000000000001", de63="CUP" + "issuer".ljust(20) + "network")
    assert CUP_POS.nested(said) == {
        "54": [{"account": "00", "type": "02", "currency": "156", "amount": "-1"}],
        "63": {"1": "CUP", "2": {"1": "issuer", "2": "network"}},
    }
    advice = Message("0420", de90="0200000123031410153000012345678" + "0" * 11)
    assert ISO87_ASCII.nested(advice)["90"] == {
        "mti": "0200", "11": "000123", "7": "0314101530", "32": "12345678", "33": "",
    }  # fmt: skip


VALID = "629999123456789" + luhn_digit("629999123456789")
INSTITUTIONS = "0000102000000000000000"


@pytest.mark.parametrize("text", ["22000001000", "22000001000501", "0000000000012345", "C0000000000012345", "1" * 17])
def test_numbers_without_a_card_number_are_shown(text: str) -> None:
    assert long_numbers(text) == text


@pytest.mark.parametrize("text", [VALID, f"00{VALID}5", f"C{VALID}"])
def test_numbers_with_a_card_number_are_hidden_whole(text: str) -> None:
    assert long_numbers(text) == f"[hidden, {len(text)} characters]"


def test_original_data_are_shown_in_their_own_form_only() -> None:
    good = "0200" + "000123" + "0314101530" + INSTITUTIONS
    assert original(good) == good
    for wrong in (f"{VALID}{0:026d}", f"{good[:20]}{VALID}{0:06d}", "0200" + "9" * 38, good[:-1]):
        assert original(wrong) == f"[hidden, {len(wrong)} characters]"


@pytest.mark.parametrize("number", [37, 42, 60, 61])
@pytest.mark.parametrize("named", ["de2", "de35"])
def test_a_message_does_not_show_its_own_card_number_in_another_field(number: int, named: str) -> None:
    """Somebody's terminal writes it where it does not belong: no table of fields foresees that."""
    message = Message("0200", **{named: CARD if named == "de2" else f"{CARD}D30122010000000000000"})
    message.set(number, CARD[:12] if number == 37 else CARD[:15])
    for seen in (CUP_POS.flat(message), CUP_POS.kept(message)):
        assert seen[str(number)].startswith("[hidden")
    assert str(number) not in CUP_POS.nested(message)
    assert CUP_POS.flat(message, reveal=True)[str(number)].startswith(CARD[:12])
