"""The fault lab without a browser: its table, its seeds, its record, its exports, and a few rows on real processes."""

from __future__ import annotations

import ast
import asyncio
import re
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from console.lab_runs import broken
from counterfoil.console.lab.breaks import BREAKS, BY_KEY, KINDS, PLACES, LabBreak, at
from counterfoil.console.lab.export import exported, name_of
from counterfoil.console.lab.plan import CARDS, LEAST, MOST, plan
from counterfoil.console.lab.records import Run, Runs, VerdictSeen
from counterfoil.console.lab.run import fault_args, wrong
from counterfoil.links.faults import FaultPlan
from counterfoil.storage import migrations_of, open_store
from counterfoil.verdict import Verdict
from loop.running import stack

TERMINALS = [f"T{number:07d}" for number in range(1, 9)]
TIMERS = (600_000, 1_200_000, 2_500_000)
RUN = Run(
    number=1, at=1_790_000_000_000_000, by="support", key="leg-4-drop", seed=7, card="alice", amount=1250,
    currency="CNY", timers=TIMERS, state="done", issuer="issuer-a", terminal="T0000001", ref="T0000001/000001/000002",
    outcome="unknown", seen=(VerdictSeen(180, "UNKNOWN"), VerdictSeen(2613, "RETURNED")), leg=4, charged=0,
    hits=1, sound=True,
)  # fmt: skip


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.key)
def test_every_break_is_one_the_proxies_can_make_and_says_what_comes_of_it(each: LabBreak) -> None:
    assert each.place in PLACES
    assert each.kind in KINDS
    assert {*each.way, *each.ends} <= {verdict.value for verdict in Verdict}
    assert re.search("[\u4e00-\u9fff]", each.says.zh)
    assert each.faults or each.act
    faults = FaultPlan()
    for fault in each.faults:
        args = fault_args(fault, TIMERS)
        faults.set(args["leg"], args["kind"], times=None, seconds=args.get("seconds"), mti=args.get("mti", ""), now=0.0)
    assert len(faults.faults) == len(each.faults)


def test_every_place_of_the_picture_has_breaks() -> None:
    assert all(at(place) for place in PLACES)
    assert len(BY_KEY) == len(BREAKS)


def test_a_hold_outlasts_the_time_out_it_is_meant_for() -> None:
    for each in BREAKS:
        for fault in each.faults:
            if fault.kind == "delay" and each.kind == "delay" and fault.hold:
                assert fault.hold.seconds(TIMERS) * 1_000_000 > TIMERS[1 if each.place in ("leg-2", "leg-3") else 2]


def test_the_same_seed_is_the_same_sale() -> None:
    plans = [plan(seed, TERMINALS) for seed in range(200)]
    assert plans == [plan(seed, TERMINALS) for seed in range(200)]
    assert {each.chosen.key for each in plans} == set(BY_KEY)
    assert {each.card for each in plans} == set(CARDS)
    assert all(LEAST <= each.amount <= MOST for each in plans)


def test_a_chosen_break_changes_nothing_else_of_a_seed() -> None:
    drawn, chosen = plan(7, TERMINALS), plan(7, TERMINALS, "leg-4-drop")
    assert chosen.chosen.key == "leg-4-drop"
    assert drawn[1:] == chosen[1:]
    with pytest.raises(KeyError):
        plan(7, TERMINALS, "leg-9-drop")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"seen": (VerdictSeen(1, "PAID"),), "charged": 1250}, ["verdict"]),
        ({"leg": 1}, ["leg"]),
        ({"charged": 1250}, ["money"]),
        ({"charged": None}, []),
        ({"sound": False}, ["ledger"]),
        ({"sound": None}, ["ledger"]),
        ({"hits": 0}, ["fault"]),
        ({"seen": ()}, ["verdict"]),
    ],
)
def test_what_is_not_as_the_table_says_is_named(changes: dict[str, object], says: list[str]) -> None:
    run = msgspec.structs.replace(RUN, **changes)
    assert wrong(run, BY_KEY[run.key]) == says


def test_a_run_is_kept_and_one_that_was_cut_off_is_unfinished(tmp_path: Path) -> None:
    with closing(open_store(tmp_path / "lab.db", migrations_of("counterfoil.console.lab"))) as store:
        runs = Runs(store)
        runs.keep(RUN)
        runs.keep(msgspec.structs.replace(RUN, number=runs.next_number(), state="running"))
    with closing(open_store(tmp_path / "lab.db", migrations_of("counterfoil.console.lab"))) as store:
        runs = Runs(store)
        assert [(run.number, run.state, run.passed) for run in runs.newest(5)] == [
            (2, "unfinished", False),
            (1, "done", True),
        ]
        assert runs.one(1) == RUN
        assert runs.one(9) is None


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.key)
def test_every_break_exports_to_a_test_that_can_be_read(each: LabBreak) -> None:
    run = msgspec.structs.replace(RUN, key=each.key)
    tree = ast.parse(exported(run, each))
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert f"test_{each.key.replace('-', '_')}" in functions
    assert name_of(run).startswith("test_lab_1_")


@pytest.mark.loop
def test_stations_killed_and_paused_end_as_the_table_says(tmp_path: Path) -> None:
    with stack(tmp_path / "data") as running:
        runs = asyncio.run(broken(running.data, ["leg-1-refuse", "terminal-kill", "issuer-pause"]))
        assert [(run.key, run.verdict, run.wrong, run.trouble) for run in runs if not run.passed] == []
        assert len(runs) == 3
        assert running.ask("fault", "clear").json["cleared"] == 0
