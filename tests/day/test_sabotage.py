"""The plan of what goes wrong: the same seed draws the same, each kind at its rate, and nobody outside the stack."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

from counterfoil.day.sabotage import OUTAGES, Rates, Sabotage, Saboteur, plan
from counterfoil.day.town import ChannelAddress, Town
from counterfoil.errors import NothingSentError
from counterfoil.inquiry import Stores

STATIONS, LINKS, TIMER = ("terminal", "switch"), ("terminals",), 4.0


def drawn(count: int, *, kill: float = 30, pause: float = 20, outage: float = 10, seed: int = 1) -> list[Sabotage]:
    return list(islice(plan(Rates(kill, pause, outage), seed, STATIONS, LINKS, TIMER), count))


def test_the_same_seed_draws_the_same_plan_and_another_seed_another() -> None:
    assert drawn(500) == drawn(500)
    assert drawn(500) != drawn(500, seed=2)


def test_what_one_kind_does_is_not_changed_by_the_others() -> None:
    kills = [act for act in drawn(600) if act.what == "kill"]
    assert kills == drawn(len(kills), pause=0, outage=0)


def test_everything_strikes_at_its_rate_and_in_order() -> None:
    acts = drawn(6000)
    minutes = acts[-1].at / 60
    assert acts == sorted(acts, key=lambda act: act.at)
    for what, rate in (("kill", 30), ("pause", 20), ("outage", 10)):
        assert 0.9 < sum(act.what == what for act in acts) / minutes / rate < 1.1
    assert drawn(1, kill=0, pause=0, outage=0) == []


def test_every_station_and_link_is_hit_for_less_and_for_more_than_the_timer() -> None:
    acts = drawn(3000)
    assert {act.target for act in acts if act.what == "kill"} == {*STATIONS, *LINKS}
    assert {act.target for act in acts if act.what == "pause"} == set(STATIONS)
    assert {(act.target, act.kind) for act in acts if act.what == "outage"} == {
        (leg, kind) for leg in "1234" for kind in OUTAGES
    }
    lengths = [act.seconds for act in acts if act.what == "pause"]
    assert 0.6 < sum(seconds < TIMER for seconds in lengths) / len(lengths) < 0.73
    assert max(lengths) < 2 * TIMER


def test_the_saboteur_asks_the_supervisor_only_and_ends_when_told() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    all_asked = threading.Event()

    def supervisor(verb: str, args: dict[str, Any]) -> dict[str, Any]:
        asked.append((verb, args))
        if len(asked) == 5:
            all_asked.set()
        if verb == "fault.pause":
            raise NothingSentError("it is being started again")
        return {"killed": 0 if args.get("station") == "switch" else 7, "leg": args.get("leg", 0)}

    def no_stores() -> Stores:
        raise AssertionError("not asked here")

    town = Town([], [], lambda _: ChannelAddress("", 0, ""), supervisor, no_stores, dict, lambda: 0, TIMER)

    def acts() -> Iterator[Sabotage]:
        yield Sabotage(0.0, "kill", "terminal")
        yield Sabotage(0.0, "kill", "switch")
        yield Sabotage(0.0, "pause", "terminal", 1.5)
        yield Sabotage(0.0, "outage", "3", 0.0, "hang")
        yield Sabotage(0.01, "outage", "2", 2.0, "drop")
        yield Sabotage(3600.0, "kill", "terminal")

    async def day() -> Saboteur:
        saboteur = Saboteur(town, acts(), None)
        await asyncio.to_thread(all_asked.wait, 10.0)
        await saboteur.end()
        return saboteur

    saboteur = asyncio.run(day())
    assert asked == [
        ("fault.kill", {"station": "terminal"}),
        ("fault.kill", {"station": "switch"}),
        ("fault.pause", {"station": "terminal", "seconds": 1.5}),
        ("fault.set", {"leg": 3, "kind": "hang", "times": 1}),
        ("fault.set", {"leg": 2, "kind": "drop", "seconds": 2.0}),
    ]
    assert (saboteur.counts("kill"), saboteur.counts("outage"), saboteur.missed) == (
        {"terminal": 1},
        {"2": 1, "3": 1},
        2,
    )
    assert [str(act) for act in saboteur.done][-1] == "    0.01 s  outage drop 2 for 2.00 s"
