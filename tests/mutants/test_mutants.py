"""The oracle can see: every broken rule that is quickly seen is shown again, and no rule is without its mutant."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest

from counterfoil.simulation import WorldJob
from counterfoil.simulation.campaign import play
from counterfoil.switch import lifecycle, saf
from counterfoil.switch.lifecycle import Event, State
from mutants.catalogue import MUTANTS, WAITING
from mutants.hunt import ROOT, broken_by
from mutants.mutant import Mutant, Waiting
from mutants.seams import SeamGone, Seams
from mutants.witnesses import Witness, witnesses

WITNESSES = witnesses()
QUICK = 20  # sales: longer worlds are left to `python -m mutants`
MORE = 6  # worlds to look at when the stations have changed and the old one does not show it any more
ALL: list[Mutant | Waiting] = [*MUTANTS, *WAITING]
RULES = [f"L{number}" for number in range(1, 10)]
EVERYWHERE = ["keys", "one reversal pending", "retries", "cardholder money", "notices", "at rest", "trust", "card data"]


def seen(name: str, witness: Witness) -> str:
    """What breaks with this mutant, in its world or one of the next."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    for number in range(witness.world, witness.world + MORE):
        job = WorldJob(witness.seed, witness.mix, number, witness.transactions)
        broken, reached = broken_by(mutant, job)
        if broken and reached and not play(job).broken:
            return broken
    return ""


@pytest.mark.parametrize("name", [name for name, witness in WITNESSES.items() if witness.transactions <= QUICK])
def test_the_oracle_sees_it(name: str) -> None:
    assert seen(name, WITNESSES[name]), f"{name} is not seen any more: python -m mutants --only {name} --record"


def test_every_witness_is_of_a_mutant_that_a_world_can_show() -> None:
    assert set(WITNESSES) <= {mutant.name for mutant in MUTANTS if not mutant.killed_by}


def test_what_is_said_to_see_a_mutant_exists() -> None:
    assert [mutant.killed_by for mutant in MUTANTS if not (ROOT / mutant.killed_by.partition("::")[0]).exists()] == []


# --- no rule without its mutant --------------------------------------------------------------------------------------


def rows() -> list[str]:
    """The first cell of every row of the break table."""
    table = (ROOT / "docs/loop.md").read_text("utf-8").partition("## Every break")[2].partition("## Verdicts")[0]
    return re.findall(r"^\| (?!break |---)(.+?) \|", table, re.MULTILINE)


def test_every_row_and_rule_is_broken_by_a_mutant_or_waits_for_its_part() -> None:
    served = {rule for mutant in ALL for rule in mutant.serves}
    assert len(rows()) > 15
    assert [rule for rule in (*rows(), *RULES, *EVERYWHERE) if rule not in served] == []


def test_a_mutant_serves_only_what_there_is() -> None:
    known = {*rows(), *RULES, *EVERYWHERE}
    assert [(mutant.name, rule) for mutant in MUTANTS for rule in mutant.serves if rule not in known] == []


def test_every_mutant_says_what_it_does_and_none_is_listed_twice() -> None:
    assert [mutant.name for mutant in MUTANTS if not (mutant.apply.__doc__ or "").endswith(".")] == []
    names = [entry.name for entry in ALL]
    assert len(names) == len(set(names))


# --- the seams -------------------------------------------------------------------------------------------------------


def test_every_mutant_finds_its_seam_and_leaves_nothing_behind() -> None:
    before = [(saf, dict(vars(saf))), (lifecycle, dict(vars(lifecycle)))]
    table = {state: dict(ways) for state, ways in lifecycle.REQUEST.items()}
    for mutant in MUTANTS:
        with Seams() as seams:
            mutant.apply(seams)
            assert seams.changes > 0, mutant.name
    assert [module.__name__ for module, names in before if dict(vars(module)) != names] == []
    assert {state: dict(ways) for state, ways in lifecycle.REQUEST.items()} == table


@pytest.mark.parametrize(
    "cut",
    [
        lambda seams: seams.function(saf, "no_such_function", lambda original: original),
        lambda seams: seams.method(Seams, "no_such_method", lambda original: original),
        lambda seams: seams.constant(saf, "NO_SUCH_CONSTANT", lambda original: original),
        lambda seams: seams.constant(saf, "FIRST", lambda original: original),
        lambda seams: seams.way(lifecycle.REQUEST, State.ASKED, Event.FORWARD, State.ASKED),
        lambda seams: seams.way(lifecycle.REQUEST, State.ASKED, Event.EXPIRE, State.REVERSING),
    ],
)
def test_a_seam_that_is_gone_is_an_error(cut: Any) -> None:
    with Seams() as seams, pytest.raises(SeamGone):
        cut(seams)


def test_a_function_is_replaced_wherever_it_was_imported() -> None:
    from counterfoil.switch import replies, undo

    original = undo.owe_reversal
    with Seams() as seams:
        seams.function(undo, "owe_reversal", lambda _: lambda *_: None)
        places: list[ModuleType] = [undo, replies]
        assert all(vars(place)["owe_reversal"] is not original for place in places)
    assert undo.owe_reversal is original
    assert vars(replies)["owe_reversal"] is original
