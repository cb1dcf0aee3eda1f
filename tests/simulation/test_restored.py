"""Worlds in which one station is put back alone: each kind, told by its own history, and without each protection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from counterfoil.issuer.work import Work
from counterfoil.simulation import hole
from counterfoil.simulation.everything import Everything
from counterfoil.simulation.hole import ForgottenRow, Hole
from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.putback import ACCEPTED, IMPORTED
from counterfoil.simulation.scene import Scene
from counterfoil.simulation.world import Broken
from counterfoil.step import SECOND
from counterfoil.storage.forgotten import Forgotten, every_row
from counterfoil.switch import forgotten

SEED = 20_261
SALES = 30
WORLDS = 20
KINDS = ("switch", "issuer", "terminal")


def calm(faults: Faults, kind: str) -> Faults:
    """Nothing goes wrong but that one station is put back; the hole in its memory is the same for all kinds."""
    times = {"copied": 15 * SECOND, "stopped": 45 * SECOND, "ended": 30 * SECOND}
    spared = {"drop": 0, "crash": 0, "wrap": False, "people": 0, "mean_delay": 20_000, "lag": 200}
    return msgspec.structs.replace(faults, restored=kind, **times, **spared)


def scene(kind: str, world: int = 0) -> Scene:
    """A world of it, not played yet."""
    return Scene(SEED, "restored", world, SALES, partial(calm, kind=kind))


class Kept(Scene):
    """A scene whose oracle tells what it saw before the disks are closed."""

    hole: Hole
    everything: Everything
    rows: dict[str, list[Forgotten]]

    def _judge(self) -> None:
        assert self.court.hole is not None
        self.hole = self.court.hole
        self.everything = self.court.everything()
        holders = (self.plant.switch, *self.plant.issuers.values())
        self.rows = {node.name: every_row(node.disk) for node in holders}
        super()._judge()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_station_has_forgotten_is_found_refused_and_ended(kind: str) -> None:
    played = Kept(SEED, "restored", 0, SALES, partial(calm, kind=kind))
    outcome = played.play()
    assert (outcome.broken, outcome.transactions, outcome.unreported) == ("", SALES, 0)
    assert outcome.faults[f"{kind} put back"] == 1
    assert len(played.hole.lost) > 2
    kept = [row for rows in played.rows.values() for row in rows]
    assert {row.station for row in kept} <= {played.hole.name, *played.plant.places}
    assert {(row.ended_by, row.how) for row in kept} <= {("Lin", ACCEPTED), ("Lin", IMPORTED)}
    assert len(played.rows["switch"]) == len(played.hole.lost)
    assert bool(played.rows["issuer-a"] or played.rows["issuer-b"]) is (kind != "terminal")


def test_what_a_terminal_undid_at_a_switch_that_had_forgotten_it_is_listed_by_its_issuers_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No comparison named it, and neither terminal nor switch has a sale any more (restored 1/103, 1,500 sales)."""
    played = Kept(SEED, "restored", 0, SALES, partial(calm, kind="switch"))
    played.play()
    ref = next(ref for ref in sorted(played.hole.lost) if len(played.hole.names(ref)) == 2)
    (name,) = played.hole.names(ref) - {ref}
    monkeypatch.setattr(hole, "PAGE", 0)
    played.world.faults = msgspec.structs.replace(played.world.faults, drop=100)
    nowhere: dict[str, list[ForgottenRow]] = {holder: [] for holder in played.rows}
    for listed in ({name}, {ref}):
        played.hole._found(ref, played.everything, nowhere, listed)
    with pytest.raises(Broken, match="does not say so"):
        played.hole._found(ref, played.everything, nowhere, {"T0000001/000001/000099"})


def test_what_an_issuer_has_forgotten_is_one_sided_and_on_the_list() -> None:
    outcome = scene("issuer").play()
    assert outcome.one_sided == len(outcome.exceptions) > 2
    assert {(found.held, found.stands > 0) for found in outcome.exceptions} == {(0, True)}


def test_a_world_in_which_nothing_was_done_since_the_copy_has_nothing_to_end() -> None:
    def at_once(faults: Faults) -> Faults:
        return msgspec.structs.replace(calm(faults, "switch"), copied=SECOND, stopped=2 * SECOND)

    outcome = Scene(SEED, "restored", 0, SALES, at_once).play()
    assert (outcome.broken, outcome.exceptions) == ("", [])
    assert "forgotten rows ended" not in outcome.faults


def test_every_kind_of_station_and_both_ways_to_end_it_are_drawn() -> None:
    drawn = [Scene(SEED, "restored", world, SALES) for world in range(24)]
    made = [one.put_back for one in drawn if one.put_back is not None]
    assert {one.node.name for one in made} == {node.name for node in drawn[0].plant.nodes}
    assert {one.how for one in made} == {ACCEPTED, IMPORTED}
    for one in drawn:
        faults = one.world.faults
        assert 0 < faults.copied < faults.stopped
        assert faults.ended > 0


def nothing(*_: object) -> None:
    """A protection that does nothing."""


def never(*_: object) -> bool:
    """A rule that never applies."""
    return False


def no_objection(*_: object) -> str:
    """A refusal that is none."""
    return ""


Without = Callable[[pytest.MonkeyPatch], None]
PROTECTIONS: dict[str, tuple[str, Without, str]] = {
    "the switch hears what an issuer has forgotten": (
        "issuer",
        lambda patch: patch.setattr(forgotten, "_lost", nothing),
        "does not say so",
    ),
    "the switch hears what it has forgotten itself": (
        "switch",
        lambda patch: patch.setattr(forgotten, "_strange", nothing),
        "does not say so",
    ),
    "a terminal proves where it stands": (
        "terminal",
        lambda patch: patch.setattr(forgotten, "by_terminal", nothing),
        "does not say that",
    ),
    "the switch refuses": ("issuer", lambda patch: patch.setattr(forgotten, "objection", no_objection), "is approved"),
    "the issuer refuses": ("switch", lambda patch: patch.setattr(Work, "withholds", never), "is approved"),
}


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_without_a_protection_the_oracle_says_so(protection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, without, said = PROTECTIONS[protection]
    scene(kind)  # enrolled by whole stations
    without(monkeypatch)
    broken = (scene(kind, world).play().broken for world in range(WORLDS))
    assert any(said in one for one in broken)
