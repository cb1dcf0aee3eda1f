"""The parts of a day that need no stack: who sells what where, how faults and seconds are counted."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

from counterfoil.cli.day import progress
from counterfoil.cli.language import Lang
from counterfoil.cli.session import Session
from counterfoil.day import engine, rest
from counterfoil.day.baskets import Basket
from counterfoil.day.engine import JUDGES, OPENS, REST, DayResult, Watcher, come_to_rest, counted, unless
from counterfoil.day.judge import DayJudgement, percentiles
from counterfoil.day.town import BasketSale, ChannelAddress, Shopper, Town, queues
from counterfoil.inquiry import Stores
from counterfoil.step import SECOND
from counterfoil.words import Text

SHOPPERS = [Shopper(f"shopper-{n}", f"629999{n:010d}", "3112", "", "1234" if n else "", "CNY") for n in range(3)]


def no_stores() -> Stores:
    raise AssertionError("not asked here")


def no_stores_at_all() -> Any:
    return nullcontext()


def town(terminals: int) -> Town:
    def no_faults(verb: str, args: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError((verb, args))

    names = [f"T{n}" for n in range(terminals)]
    return Town(names, SHOPPERS, lambda _: ChannelAddress("", 0, ""), no_faults, no_stores, dict, lambda: 0, 1.0)


def baskets(sizes: dict[int, int]) -> list[Basket]:
    made = [(store, number) for store, count in sizes.items() for number in range(count)]
    return [Basket(1000 * store + number, number % 7, store, 100 + number) for store, number in made]


def test_every_store_has_one_terminal_and_every_household_one_card() -> None:
    lanes = queues(town(4), baskets({1: 10, 2: 5, 3: 5, 4: 3, 5: 2, 6: 1}), "run")
    sales = [sale for lane in lanes.values() for sale in lane]
    assert len(sales) == 26
    for store in range(1, 7):
        assert len({sale.terminal for sale in sales if sale.basket.store == store}) == 1
    for household in range(7):
        assert len({sale.shopper.name for sale in sales if sale.basket.household == household}) == 1


def test_the_load_is_dealt_out_evenly() -> None:
    lanes = queues(town(3), baskets(dict.fromkeys(range(30), 4)), "run")
    assert sorted(map(len, lanes.values())) == [40, 40, 40]


def test_a_key_is_asked_once_a_day_and_never_on_two_days() -> None:
    some = baskets({1: 5, 2: 5})
    first, second = (queues(town(2), some, run) for run in ("one", "two"))
    keys = [sale.key for lanes in (first, second) for lane in lanes.values() for sale in lane]
    assert len(set(keys)) == len(keys) == 20


def test_the_cashier_sends_a_pin_only_for_a_card_that_has_one() -> None:
    basket = Basket(1, 1, 1, 250)
    assert "pin" not in BasketSale(basket, SHOPPERS[0], "T1", "k").asked()
    asked = BasketSale(basket, SHOPPERS[1], "T1", "k").asked()
    assert (asked["pin"], asked["amount"], asked["key"], asked["terminal"]) == ("1234", 250, "k", "T1")


def test_the_first_word_and_the_last_are_both_remembered() -> None:
    sale = BasketSale(Basket(1, 1, 1, 250), SHOPPERS[0], "T1", "k")
    assert sale.outcome == "lost"
    sale.told("unknown", {"ref": "T1/000001/000001"})
    sale.told("approved", {"response_code": "00"})
    assert (sale.heard, sale.outcome, sale.ref, sale.response_code) == ("unknown", "approved", "T1/000001/000001", "00")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([], (None, None, None)), ([4], (4, 4, 4)), (list(range(1, 101)), (51, 100, 100)), ([3, 1, 2], (2, 3, 3))],
)
def test_percentiles(seconds: list[int], expected: tuple[float | None, ...]) -> None:
    found = percentiles([each * SECOND for each in seconds])
    assert (found["p50"], found["p99"], found["max"]) == expected


def test_faults_of_earlier_days_are_not_counted() -> None:
    before = {"1": {"drop": 2}}
    after = {"1": {"drop": 5, "delay": 1}, "4": {"close": 1}}
    assert counted(before, after) == {"1": {"drop": 3, "delay": 1}, "4": {"close": 1}}


@pytest.mark.parametrize(
    ("judgement", "at_rest", "sound"),
    [
        (DayJudgement(), True, True),
        (DayJudgement(), False, False),
        (DayJudgement(one_sided=1, exceptions=1), True, True),
        (DayJudgement(one_sided=1, one_sided_unreported=1), True, False),
        (DayJudgement(ledger_sum=1), True, False),
        (DayJudgement(half_written=["switch: damaged: a page"]), True, False),
        (DayJudgement(unowned=["632623A1B2C3"]), True, False),
        (DayJudgement(originals_twice=["T0000001/000001/000001 merchant"]), True, False),
        (DayJudgement(nets={"tills": 1250, "customers": 1250}), True, True),
        (DayJudgement(nets={"tills": 1250, "customers": 0}), True, False),
        (DayJudgement(nets={"tills": 1250, "customers": 0}, exceptions=1), True, True),
    ],
)
def test_a_day_is_sound_only_at_rest_with_nothing_one_sided_unreported(
    judgement: DayJudgement, at_rest: bool, sound: bool
) -> None:
    assert DayResult([], {}, judgement, at_rest, False, 1.0).sound is sound


def test_the_json_names_what_was_promised_and_its_outcomes_add_up() -> None:
    sales = []
    for outcome in ("approved", "declined", "unknown", "not_sent", "lost"):
        sales.append(BasketSale(Basket(1, 1, 1, 1), SHOPPERS[0], "T1", outcome))
        sales[-1].outcome = outcome
    value = DayResult(sales, {}, DayJudgement(), True, False, 1.0).to_json()
    promised = {"sales", "approved", "declined", "unknown", "reversed", "one_sided", "ledger_sum", "faults"}
    assert promised | {"closing_seconds"} <= set(value)
    assert value["sales"] == value["approved"] + value["declined"] + value["unknown"] + value["not_sent"]


def test_jobs_run_to_their_end_unless_somebody_says_stop() -> None:
    done: list[int] = []

    async def job(number: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append(number)

    async def both() -> tuple[bool, bool]:
        stop = asyncio.Event()
        first = await unless(stop, [job(1, 0), job(2, 0.01)])
        asyncio.get_running_loop().call_later(0.01, stop.set)
        return first, await unless(stop, [job(3, 30)])

    assert asyncio.run(both()) == (False, True)
    assert done == [1, 2]


def test_a_job_that_fails_fails_the_day() -> None:
    async def broken() -> None:
        raise RuntimeError("till on fire")

    async def run() -> None:
        await unless(asyncio.Event(), [broken()])

    with pytest.raises(RuntimeError, match="till on fire"):
        asyncio.run(run())


def test_who_looks_on_hears_what_is_waited_for_until_nothing_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([2, 1, 0, 0])
    monkeypatch.setattr(rest, "open_count", lambda _: next(left))
    monkeypatch.setattr(rest, "POLL", 0.001)
    heard: list[Text] = []
    place = Town(
        [], [], lambda _: ChannelAddress("", 0, ""), lambda _verb, _args: {}, no_stores_at_all, dict, lambda: 0, 1.0
    )

    async def end_of_day() -> bool:
        return await come_to_rest(place, asyncio.Event(), [], Watcher(waits=heard.append))

    assert asyncio.run(end_of_day())
    assert [text.en for text in heard] == [
        f"all is sold; waits for what is on its way: {count} answers and reversals, 158 s at most" for count in (2, 1)
    ]
    assert all("等待在途" in text.zh for text in heard)


def test_when_no_sale_ends_for_a_while_it_is_said_how_many_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STILL", 0.01)
    heard: list[Text] = []
    ended = [BasketSale(Basket(1, 1, 1, 250), SHOPPERS[0], "T1", "k")]

    async def day() -> None:
        said = asyncio.Event()

        def waits(text: Text) -> None:
            heard.append(text)
            said.set()

        still = asyncio.create_task(engine.stillness(town(1), ended, 3, Watcher(waits=waits)))
        await asyncio.wait_for(said.wait(), 10)
        still.cancel()

    asyncio.run(day())
    assert heard[0].en.startswith("2 sales are left; none ended just now: a terminal waits 1 s")
    assert heard[0].zh.startswith("还有 2 笔交易")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_terminal_each_kind_of_waiting_is_said_once(capsys: pytest.CaptureFixture[str], lang: Lang) -> None:
    with progress(Session(None, json=False, lang=lang), 10) as watcher:
        for text in (OPENS, REST.filled(count=3, seconds=9), REST.filled(count=2, seconds=9), JUDGES):
            watcher.waits(text)
    said = [OPENS, REST.filled(count=3, seconds=9), JUDGES]
    assert capsys.readouterr().err.splitlines() == [text.zh if lang == "zh" else text.en for text in said]


def test_with_json_nothing_is_said_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Session(None, json=True, lang="en"), 10) as watcher:
        watcher.waits(JUDGES)
    assert capsys.readouterr() == ("", "")
