"""Why nothing came out: what the probes find and what a person says, and where that leads."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.receipts.causes import OUTCOMES
from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.diagnosis import FOUND, QUESTIONS, WORDS, PrinterFacts, diagnose
from counterfoil.receipts.printers.status import Trouble
from counterfoil.words import Text

PAID: dict[str, Any] = {"verdict": "PAID_RECEIPT_OPEN", "sentence": Text("paid", "已付"), "prints": 1}

TABLE = [
    # facts, answers -> cause
    ({**PAID, "prints": 0}, {}, "no_job"),
    ({**PAID, "verdict": "NOT_CHARGED", "asked": True}, {}, "no_sale"),
    ({**PAID, "verdict": "UNKNOWN", "asked": True, "trouble": "cutter"}, {}, "undecided"),
    ({**PAID, "verdict": "EXCEPTION", "asked": True}, {}, "undecided"),
    ({**PAID, "prints": 0, "receipt": "declined", "trouble": "cutter"}, {}, "cutter"),
    ({**PAID, "verdict": "RETURNED", "trouble": "cutter"}, {}, "cutter"),
    ({**PAID, "way": "file"}, {}, "no_printer"),
    ({"trouble": "unreachable"}, {"lamp": "off", "smell": "no", "swap": "none"}, "power"),
    ({"trouble": "unreachable"}, {"lamp": "off", "smell": "no", "swap": "on"}, "supply"),
    ({"trouble": "unreachable"}, {"lamp": "off", "smell": "no", "swap": "off"}, "repair"),
    ({"trouble": "unreachable"}, {"lamp": "off", "smell": "yes"}, "wet"),
    ({"trouble": "unreachable"}, {"lamp": "on", "cable": "no"}, "cable"),
    ({"trouble": "unreachable"}, {"lamp": "on", "cable": "yes"}, "network"),
    ({"trouble": "refused"}, {"lamp": "on"}, "starting"),
    ({"trouble": "busy"}, {}, "busy"),
    ({"trouble": "ours"}, {}, "ours"),
    ({"trouble": "mute"}, {"lamp": "on"}, "mute"),
    ({"trouble": "mute", "holds": True}, {"lamp": "on"}, "held"),
    ({**PAID, "trouble": "mute", "receipt": "unknown"}, {"lamp": "on"}, "held"),
    ({**PAID, "trouble": "mute", "receipt": "e_delivered"}, {"lamp": "on"}, "mute"),
    ({"trouble": "mute"}, {"lamp": "off", "smell": "no", "swap": "none"}, "power"),
    ({"trouble": "cover_open"}, {}, "cover_open"),
    ({"trouble": "paper_out"}, {}, "paper_out"),
    ({"trouble": "cutter"}, {}, "cutter"),
    ({"trouble": "jam"}, {}, "jam"),
    ({"trouble": "unrecoverable"}, {}, "unrecoverable"),
    ({"trouble": "hot_head"}, {}, "hot_head"),
    ({"trouble": "feed_held"}, {}, "feed_held"),
    ({"trouble": "offline"}, {}, "offline"),
    ({"in_order": False}, {}, "stuck"),
    ({"in_order": False, "holds": True}, {}, "held"),
    ({}, {"code": "no", "paper": "nothing"}, "stuck"),
    ({**PAID, "receipt": "unknown", "in_order": True}, {"code": "yes"}, "reprint"),
    ({**PAID, "receipt": "printed", "in_order": True}, {"code": "yes"}, "fine"),
    ({**PAID, "receipt": "e_delivered", "in_order": True}, {"code": "yes"}, "fine"),
    ({"in_order": True}, {"code": "yes"}, "fine"),
    ({"in_order": True}, {"code": "no", "paper": "blank", "scratch": "no"}, "roll"),
    ({"in_order": True}, {"code": "no", "paper": "blank", "scratch": "yes", "self_test": "no"}, "head"),
    ({"in_order": True}, {"code": "no", "paper": "blank", "scratch": "yes", "self_test": "yes"}, "data"),
    ({"in_order": True}, {"code": "no", "paper": "garbage"}, "settings"),
    ({"in_order": True}, {"code": "no", "paper": "nothing"}, "no_paper"),
    ({"in_order": True}, {"code": "no", "paper": "good"}, "another"),
    ({"way": "cups"}, {"paper": "nothing"}, "spooler"),
    ({"way": "cups"}, {"paper": "good"}, "fine"),
    ({**PAID, "way": "cups", "receipt": "sent"}, {"paper": "good"}, "reprint"),
    ({"way": "cups", "holds": True}, {"paper": "blank", "scratch": "yes"}, "blank"),
]


@pytest.mark.parametrize(("facts", "answers", "cause"), TABLE)
def test_the_tree_leads_there_and_asks_nothing_else(facts: dict[str, Any], answers: dict[str, str], cause: str) -> None:
    typed: dict[str, str] = {}
    while (found := diagnose(PrinterFacts(**facts), typed)).question is not None:
        typed[found.question.name] = answers[found.question.name]
    assert typed == answers
    assert found.outcome is not None
    assert found.outcome.cause == cause


def test_every_outcome_is_in_the_table() -> None:
    assert {cause for _, _, cause in TABLE} == set(OUTCOMES)


def test_the_money_comes_first_and_every_answer_is_a_step() -> None:
    found = diagnose(PrinterFacts(**PAID, trouble="unreachable"), {"lamp": "on", "cable": "no"})
    assert [step.number for step in found.steps] == [0, 1, 2, 2, 2]
    assert found.steps[0].found == "PAID_RECEIPT_OPEN"
    assert found.steps[-1].found == "no"


def test_every_choice_has_a_word_of_its_own_in_both_languages() -> None:
    for question in QUESTIONS.values():
        for words in ({WORDS[choice].en for choice in question.choices}, {WORDS[one].zh for one in question.choices}):
            assert len(words) == len(question.choices)


def test_every_question_and_every_advice_is_in_both_languages() -> None:
    for text in [*(one.text for one in QUESTIONS.values()), *(one.advice for one in OUTCOMES.values())]:
        assert text.en.isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)


def test_every_trouble_and_every_state_of_a_receipt_has_words_for_people() -> None:
    assert {trouble.value for trouble in Trouble} - {Trouble.MUTE.value} <= set(FOUND)
    assert {state.value for state in CopyState} <= set(FOUND)
    assert all(any("\u4e00" <= character <= "\u9fff" for character in text.zh) for text in FOUND.values())
