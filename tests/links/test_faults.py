"""The plan of faults: pure, so a table says it all."""

import re
from collections import Counter

import pytest

from counterfoil.errors import InputError
from counterfoil.links.faults import REFUSE_SECONDS, FaultPlan


def hits(plan: FaultPlan, leg: int, mti: str, times: int, now: float = 0.0) -> list[str]:
    chosen = [plan.choose(leg, lambda: mti, now) for _ in range(times)]
    return [hit.kind if hit else "-" for hit in chosen]


@pytest.mark.parametrize(
    ("times", "seconds", "mti", "stream", "expected"),
    [
        (None, None, "", ["0200", "0200"], "x-"),
        (2, None, "", ["0200", "0400", "0200"], "xx-"),
        (None, 10.0, "", ["0200"] * 5, "xxxxx"),
        (1, None, "0400", ["0200", "0400", "0400"], "-x-"),
        (1, None, "", ["0800", "0820", "0200"], "--x"),
        (1, None, "0800", ["0200", "0800"], "-x"),
        (1, None, "", [""], "x"),
    ],
    ids=["once", "twice", "a while", "one type", "network left alone", "network when named", "unreadable counts"],
)
def test_a_fault_hits_what_it_was_set_for(
    times: int | None, seconds: float | None, mti: str, stream: list[str], expected: str
) -> None:
    plan = FaultPlan()
    plan.set(3, "drop", times=times, seconds=seconds, mti=mti, now=0.0)
    assert "".join("x" if plan.choose(3, lambda each=each: each, 1.0) else "-" for each in stream) == expected  # type: ignore[misc]
    assert plan.counts() == {"3": {"drop": expected.count("x")}}


def test_a_fault_ends_with_its_time_and_with_clear() -> None:
    plan = FaultPlan()
    plan.set(1, "drop", times=None, seconds=10.0, mti="", now=100.0)
    assert hits(plan, 1, "0200", 1, now=109.9) == ["drop"]
    assert hits(plan, 1, "0200", 1, now=110.0) == ["-"]
    plan.set(1, "drop", times=9, seconds=None, mti="", now=110.0)
    plan.clear()
    assert not plan.active(1)
    assert hits(plan, 1, "0200", 1) == ["-"]
    assert plan.counts() == {"1": {"drop": 1}}


def test_only_its_own_leg_is_hit() -> None:
    plan = FaultPlan()
    plan.set(4, "corrupt", times=1, seconds=None, mti="", now=0.0)
    assert [plan.active(leg) for leg in (1, 2, 3, 4)] == [False, False, False, True]
    assert [hits(plan, leg, "0210", 1) for leg in (1, 2, 3)] == [["-"]] * 3
    assert hits(plan, 4, "0210", 2) == ["corrupt", "-"]


def test_a_delay_holds_for_its_seconds_and_hits_once() -> None:
    plan = FaultPlan()
    plan.set(2, "delay", times=None, seconds=7.5, mti="", now=0.0)
    hit = plan.choose(2, lambda: "0200", 1000.0)
    assert hit is not None
    assert hit.seconds == 7.5
    assert plan.choose(2, lambda: "0200", 1000.0) is None


@pytest.mark.parametrize(
    ("times", "seconds", "lasts"),
    [(None, None, 1e9), (None, 3.0, 3.0), (2, None, 2 * REFUSE_SECONDS), (2, 1.0, 1.0)],
)
def test_a_refusal_is_of_connections_and_never_of_messages(
    times: int | None, seconds: float | None, lasts: float
) -> None:
    plan = FaultPlan()
    plan.set(3, "refuse", times=times, seconds=seconds, mti="", now=0.0)
    assert plan.refusing((2, 3), lasts - 0.1)
    assert not plan.refusing((1, 4), 0.0)
    assert hits(plan, 3, "0210", 2) == ["-", "-"]
    assert lasts > 1e8 or not plan.refusing((2, 3), lasts)
    assert plan.counts() == {"3": {"refuse": 1}}


@pytest.mark.parametrize(
    ("leg", "kind", "times", "seconds", "mti"),
    [
        (0, "drop", 1, None, ""),
        (5, "drop", 1, None, ""),
        (1, "explode", 1, None, ""),
        (1, "drop", 0, None, ""),
        (1, "drop", None, -1.0, ""),
        (1, "drop", None, 1e9, ""),
        (1, "drop", 1, None, "02"),
        (1, "drop", 1, None, "０２００"),
    ],
)
def test_what_is_no_fault_is_refused_with_a_sentence(
    leg: int, kind: str, times: int | None, seconds: float | None, mti: str
) -> None:
    plan = FaultPlan()
    with pytest.raises(InputError, match=r"\w+ \w+") as refused:
        plan.set(leg, kind, times=times, seconds=seconds, mti=mti, now=0.0)
    assert re.search(r"应|须|至少", refused.value.zh)
    assert plan.faults == []


def test_the_rate_is_kept_and_the_seed_decides_which() -> None:
    def draws(seed: int) -> list[str]:
        plan = FaultPlan()
        plan.set_rate(0.1, seed)
        return hits(plan, 1, "0200", 5000)

    first = draws(1)
    assert first == draws(1)
    assert first != draws(2)
    kinds = Counter(first)
    assert 400 < 5000 - kinds["-"] < 600
    assert set(kinds) == {"-", "drop", "delay", "duplicate", "corrupt", "close"}


def test_one_leg_does_not_change_what_another_suffers() -> None:
    alone, mixed = FaultPlan(), FaultPlan()
    alone.set_rate(0.2, 3)
    mixed.set_rate(0.2, 3)
    seen = []
    for _ in range(200):
        seen += hits(mixed, 4, "0210", 1)
        hits(mixed, 1, "0200", 3)
    assert seen == hits(alone, 4, "0210", 200)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_a_probability(rate: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        FaultPlan().set_rate(rate, 1)


def test_a_rate_of_nothing_ends_it() -> None:
    plan = FaultPlan()
    plan.set_rate(1.0, 1)
    assert plan.active(2)
    plan.set_rate(0.0, 1)
    assert not plan.active(2)
