"""The rule of the one ORIGINAL, over every order in which prints can start and news can come."""

from __future__ import annotations

import itertools

import pytest

from counterfoil.receipts.copies import CLOSED, NEWS, PROOFS, Copies, CopyState, worst

S = CopyState


@pytest.mark.parametrize(
    ("news", "state", "original"),
    [
        (S.QUEUED, S.QUEUED, 0),
        (S.FAILED, S.FAILED, 0),
        (S.SENT, S.SENT, 1),
        (S.UNKNOWN, S.UNKNOWN, 1),
        (S.PRINTED, S.PRINTED, 1),
    ],
)
def test_only_a_proof_gives_the_original_back(news: CopyState, state: CopyState, original: int) -> None:
    assert Copies().started(1) == Copies(S.SENDING, 1)
    assert Copies().started(1).heard(1, news) == Copies(state, original)


def test_a_duplicate_that_failed_says_nothing_about_the_print_before_it() -> None:
    """The first print was silent and may have come out: the one after the failed duplicate is a duplicate too."""
    copy = Copies().started(1).lost().started(2).heard(2, S.FAILED)
    assert copy == Copies(S.UNKNOWN, 1)


def test_late_proof_gives_the_original_back_even_while_a_duplicate_is_out() -> None:
    copy = Copies().started(1).lost().started(2).heard(1, S.QUEUED)
    assert copy.original == 0
    assert copy.heard(2, S.UNKNOWN).original == 0


def test_late_news_of_an_earlier_print_does_not_touch_the_later_original() -> None:
    copy = Copies().started(1).heard(1, S.QUEUED).started(2)
    assert copy.original == 2
    assert copy.heard(1, S.FAILED).original == 2


def test_what_is_closed_stays_closed_and_a_later_print_is_a_duplicate() -> None:
    printed = Copies().started(1).heard(1, S.PRINTED)
    again = printed.started(2)
    assert again == printed
    assert all(again.heard(2, news).state is S.PRINTED for news in NEWS)


def test_paper_after_an_e_receipt_is_a_duplicate_and_after_a_declined_one_the_original() -> None:
    assert Copies().told(S.E_DELIVERED).original != 0
    assert Copies().told(S.DECLINED).original == 0
    assert Copies().started(1).lost().told(S.DECLINED).original == 1


def test_nothing_is_lost_but_what_was_on_its_way() -> None:
    for state in CopyState:
        expected = S.UNKNOWN if state is S.SENDING else state
        assert Copies(state, 1).lost().state is expected


def test_whatever_the_order_of_prints_and_news_at_most_one_original_can_exist() -> None:
    """Up to four prints, each ending in any way now, later or never: no two ORIGINALs without proofs between them."""
    ends = (None, *sorted(NEWS))
    for news in itertools.product(ends, repeat=4):
        for late in itertools.product((False, True), repeat=4):
            play(news, late)


def play(news: tuple[CopyState | None, ...], late: tuple[bool, ...]) -> None:
    copy, held = Copies(), []
    possible = 0  # ORIGINALs that may have come out
    for number, (end, is_late) in enumerate(zip(news, late, strict=True), 1):
        if copy.original == 0:
            possible += end not in PROOFS
        copy = copy.started(number)
        if end is None or is_late:
            copy = copy.lost()
            held.append((number, end))
        else:
            copy = copy.heard(number, end)
    for number, end in held:
        copy = copy if end is None else copy.heard(number, end)
    assert possible <= 1, news
    if copy.state in CLOSED:
        assert S.PRINTED in news
    elif copy.state in PROOFS:
        assert copy.original == 0


def test_of_two_copies_the_one_that_needs_somebody_counts() -> None:
    assert worst((S.PRINTED, S.QUEUED)) is S.QUEUED
    assert worst((S.UNKNOWN, S.PRINTED)) is S.UNKNOWN
    assert worst((S.PRINTED, S.ATTESTED)) is S.ATTESTED
