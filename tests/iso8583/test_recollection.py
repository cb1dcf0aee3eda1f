"""DE48 of a sign-on: what is said of what is known comes back as it was said, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.recollection import (
    NEWEST,
    NOTHING,
    PAGE,
    Named,
    Recollected,
    RecollectionQuery,
    build_answer,
    build_question,
    parse_answer,
    parse_question,
)

REQUESTS = st.from_regex(r"[0-9]{16}", fullmatch=True)
WORDS = st.from_regex(r"[0-9A-Z]{1,8}", fullmatch=True)
QUESTIONS = st.builds(
    RecollectionQuery,
    st.lists(REQUESTS, max_size=PAGE).map(tuple),
    st.lists(REQUESTS, max_size=PAGE).map(tuple),
    st.sampled_from([NOTHING, NEWEST]) | REQUESTS,
)
ANSWERS = st.builds(
    Recollected,
    st.lists(st.booleans(), max_size=PAGE).map(tuple),
    st.lists(st.builds(Named, REQUESTS, WORDS, WORDS), max_size=PAGE).map(tuple),
)


@given(QUESTIONS)
def test_a_question_is_read_as_it_was_written_and_fits_into_a_message(question: RecollectionQuery) -> None:
    text = build_question(question)
    assert parse_question(text) == question
    message = Message("0800", de7="0314040000", de11="000001", de32="00010344", de48=text, de70="001", de128=bytes(8))
    assert ISO87_ASCII.decode(ISO87_ASCII.encode(message)).de48 == text


@given(ANSWERS)
def test_an_answer_is_read_as_it_was_written_and_fits_into_a_message(answer: Recollected) -> None:
    text = build_answer(answer)
    assert parse_answer(text) == answer
    message = Message("0810", de7="0314040000", de11="000001", de39="00", de48=text, de70="001", de128=bytes(8))
    assert ISO87_ASCII.decode(ISO87_ASCII.encode(message)).de48 == text


WRONG = ["", "Q", "Q1", "Q100", "Q10000", "Q10000-x", "Q12600-", "Q101x00-", "Q1010000-", "Q100001", "Q10000" + "1" * 5]


@pytest.mark.parametrize("text", [*WRONG, "A10000", "Q10000２", "Q2" + "0000-"])
def test_what_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="DE48"):
        parse_question(text)


@pytest.mark.parametrize("text", ["", "A1", "A10012", "A1012", "A101200", "A10001" + "0" * 35, "Q10000-", "A10000-"])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="DE48"):
        parse_answer(text)


def test_what_they_name_is_hidden_in_the_evidence() -> None:
    message = Message(
        "0810", de7="0314040000", de11="000001", de39="00", de48=build_answer(Recollected((True,))), de70="001"
    )
    assert ISO87_ASCII.kept(message)["48"].startswith("[hidden")
