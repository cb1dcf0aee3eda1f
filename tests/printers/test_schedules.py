"""Random fault schedules: a slice of the campaign, and tills without the rule, which it must catch."""

from __future__ import annotations

from collections import Counter

import pytest

from printers.plan import MODELS, NOT_THERE, ONCE, STOPS, drawn
from printers.schedules import Play, campaign, smaller

SLICE = 500


def test_never_two_originals_and_never_a_lost_receipt_unreported() -> None:
    figures, failures = campaign(SLICE, seed=1)
    assert failures == []
    assert figures["broken"] == 0
    assert figures["lost_and_open"]  # faults did make receipts disappear: that they were told is no accident
    prints = figures["prints"]
    assert isinstance(prints, dict)
    assert set(prints) == {"crashed", "failed", "printed", "queued", "sent", "unknown"}


@pytest.mark.parametrize("till", ["naive", "hopeful", "trusting"])
def test_a_till_that_does_not_keep_the_rule_is_caught(till: str) -> None:
    number = next(number for number in range(SLICE) if Play(drawn(1, number), till).run().broken)
    less = smaller(drawn(1, number), till)
    assert Play(less, till).run().broken
    assert not Play(less).run().broken
    assert len(less.faults) <= len(drawn(1, number).faults)


def test_a_schedule_is_the_same_every_time() -> None:
    assert drawn(3, 7) == drawn(3, 7)
    assert Play(drawn(3, 7)).run().desk.printer.paper == Play(drawn(3, 7)).run().desk.printer.paper


def test_every_model_and_every_fault_is_in_the_slice() -> None:
    plans = [drawn(1, number) for number in range(SLICE)]
    assert {plan.model for plan in plans} == set(MODELS)
    kinds = Counter(fault.kind for plan in plans for fault in plan.faults)
    assert set(kinds) == {*STOPS, *ONCE, NOT_THERE}
