"""Questions and answers: what was said before, by another or about something else is never taken for an answer."""

from __future__ import annotations

import pytest

from counterfoil.receipts.printers.dialogue import Changed, Cleared, Dialogue, Heard, Passed, Said, Unasked
from counterfoil.receipts.profile import profile_of

NAMED, NAMELESS = profile_of("epson-tm-t20iii"), profile_of("generic-80", identifies=True)


def kinds(heard: list[Heard]) -> list[str]:
    return [type(one).__name__ for one in heard]


def test_a_status_byte_before_the_question_is_no_answer() -> None:
    talk = Dialogue(NAMED, "abc")
    assert kinds(talk.hear(b"\x12\x1a")) == ["Unasked", "Unasked"]
    talk.ask(2)
    (answer,) = talk.hear(b"\x16")
    assert isinstance(answer, Said)
    assert (answer.question, answer.byte) == (2, 0x16)
    assert kinds(talk.hear(b"\x12")) == ["Unasked"]  # a second one answers nothing


def test_an_answer_after_the_question_was_dropped_is_stale() -> None:
    talk = Dialogue(NAMED, "abc")
    talk.ask(1)
    talk.drop()
    assert kinds(talk.hear(b"\x12")) == ["Unasked"]


def test_an_automatic_status_does_not_answer_a_question() -> None:
    talk = Dialogue(NAMED, "abc")
    talk.ask(1)
    assert kinds(talk.hear(b"\x10\x00\x00\x00")) == ["Changed"]
    assert talk.asking == 1


@pytest.mark.parametrize(("answer", "ours"), [("abcH", True), ("abcE", False), ("abdH", False), ("ABCH", False)])
def test_only_our_own_id_passes_a_barrier(answer: str, ours: bool) -> None:
    talk = Dialogue(NAMED, "abc")
    assert talk.barrier("H").endswith(b"abcH")
    assert kinds(talk.hear(b"\x37\x22" + answer.encode() + b"\x00")) == (["Passed"] if ours else ["Unasked"])
    assert talk.awaits("H") is not ours


def test_the_same_id_twice_passes_once() -> None:
    talk = Dialogue(NAMED, "abc")
    talk.barrier("E")
    assert kinds(talk.hear(b"\x37\x22abcE\x00" * 2)) == ["Passed", "Unasked"]


def test_nameless_replies_answer_in_the_order_of_the_questions() -> None:
    talk = Dialogue(NAMELESS, "abc")
    talk.barrier("H")
    talk.count()
    talk.barrier("E")
    heard = talk.hear(b"\x00\x03\x00\x00")
    assert [one.tag for one in heard if isinstance(one, Passed)] == ["H", "n", "E"]
    assert isinstance(heard[-1], Unasked)


def test_a_cleared_buffer_counts_only_when_it_was_asked_for() -> None:
    talk = Dialogue(NAMED, "abc")
    assert kinds(talk.hear(b"\x37\x25\x00")) == ["Unasked"]
    talk.clear()
    assert kinds(talk.hear(b"\x37\x25\x00\x37\x25\x00")) == ["Cleared", "Unasked"]


def test_what_an_earlier_job_asked_for_does_not_pass_ours() -> None:
    talk = Dialogue(NAMELESS, "abc")
    talk.sync("S")
    assert kinds(talk.hear(b"\x00\x00\x37\x22xyzE\x00")) == ["Unasked"] * 3
    assert talk.awaits("S")
    assert kinds(talk.hear(b"\x5fTM\x00")) == ["Passed"]


def test_the_conversation_is_kept_in_hex_and_does_not_grow_for_ever() -> None:
    talk = Dialogue(NAMED, "abc")
    talk.hear(b"\x10\x00\x00\x00")
    assert talk.lines == ["< 10 00 00 00"]
    for _ in range(2000):
        talk.hear(b"\x12")
    assert len(talk.lines) < 1000


def test_every_kind_of_answer_is_one_of_these() -> None:
    assert {Said, Changed, Passed, Cleared, Unasked} == set(Heard.__args__)
