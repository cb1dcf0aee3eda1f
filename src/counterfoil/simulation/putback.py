"""An operator who puts one station back from an earlier copy of its store, and the supervisor who ends what follows.

With the station, those who look after it go back to what they knew at that moment: what it should do next follows from
what is on its disk. What it has forgotten is a hole in its memory (`hole`), which the oracle has not forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Final

from counterfoil.drawing import drawing
from counterfoil.inquiry.lapses import known_of, lapses
from counterfoil.simulation.hole import TERMINAL, Hole
from counterfoil.simulation.listing import Machine
from counterfoil.simulation.node import Node
from counterfoil.simulation.oracle import Court
from counterfoil.simulation.plant import Plant
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Instant
from counterfoil.storage.forgotten import VERB, every_row

AT_REST: Final[Instant] = 5 * SECOND  # nothing is on its way any more when the copy is in its place
ROUND: Final[Instant] = 20 * SECOND  # how often the supervisor looks again
ACCEPTED, IMPORTED = "accepted", "imported"
SOME: Final = 50  # rows ended in one message


class PutBack:
    """What happens to one station of a world."""

    def __init__(
        self, world: World, plant: Plant, court: Court, seed: str, watching: Callable[[Node], Sequence[object]]
    ) -> None:
        self.world = world
        self.plant = plant
        self.court = court
        self.watching = watching
        self.settled = False  # at the last look nothing was open any more
        choice = drawing(f"{seed}/restored")
        stations = {
            "switch": [plant.switch],
            "issuer": list(plant.issuers.values()),
            "terminal": list(plant.machines.values()),
        }
        self.node = choice.choice(stations[world.faults.restored])
        self.how = choice.choice((ACCEPTED, IMPORTED))
        self._image = b""
        self._known: list[tuple[object, dict[str, Any]]] = []

    def begin(self) -> None:
        """Let it happen in its time."""
        self.world.after(self.world.faults.copied, self._copy)
        self.world.after(self.world.faults.stopped, self._stop)

    def _copy(self) -> None:
        self._image = self.node.disk.image()
        self._known = [(one, deepcopy(vars(one))) for one in self.watching(self.node)]
        self.world.note(f"{self.node.name} is copied")

    def _stop(self) -> None:
        self.node.off = True
        self.node.crash("stopped to be put back")
        self.world.after(AT_REST + self.world.wait(self.world.faults.restart), self._put_back)

    def _put_back(self) -> None:
        node, world = self.node, self.world
        hole = self.court.hole = Hole(world.faults.restored, node, self.plant, self.court.shop)
        node.disk.put_back(self._image)
        hole.opened()
        for one, known in self._known:
            vars(one).update(known)
        for judge in node.judges:
            judge.died()
        world.count(f"{world.faults.restored} put back")
        world.note(f"{node.name} is put back")
        node.off = False
        node.start()
        world.after(world.faults.ended, self._look)

    # --- the supervisor ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """End every row that is open, with what the other stations know of it or without; and look again later."""
        open_now = self._open()
        self.settled = not any(open_now.values())
        for holder, rows in open_now.items():
            node = self.plant.switch if holder == self.plant.switch.name else self.plant.issuers[holder]
            for start in range(0, len(rows), SOME):
                some = dict(rows[start : start + SOME])
                told = {"by": "Lin", "reason": "slips and statements were looked at", "how": self.how}
                known = {number: one for number, one in some.items() if one}
                self.court.shop.send(node, VERB, {**told, "numbers": list(some), "evidence": known})
                self.world.count("forgotten rows ended", len(some))
        for ref in self._refused():
            self.court.shop.ask(ref[:8], "escalate", {"ref": ref, "operator": "99", "reason": "its store was put back"})
        self.world.after(ROUND, self._look)

    def _refused(self) -> list[str]:
        """Reversals that a terminal owes for what it has forgotten: the switch takes none of them."""
        if self.world.faults.restored != TERMINAL:
            return []
        lost = {row.key for row in every_row(self.plant.switch.disk)}
        refs = self.plant.switch.disk.select_in(
            "SELECT terminal, batch, stan FROM attempt WHERE rrn IN ({marks})", [*lost]
        )
        owed = set(self.node.disk.query("SELECT terminal, batch, stan FROM attempt WHERE state = 'reversing'"))
        return ["/".join(key) for key in refs if tuple(key) in owed]

    def _open(self) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        """The rows that are open, by who keeps them: their numbers, and what is imported with them."""
        issuers = {name: node.disk for name, node in self.plant.issuers.items()}
        stores = [Machine(node.disk, self.plant.switch.disk, issuers) for node in self.plant.machines.values()]
        found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for lapse in lapses(stores[0]):
            told = (known_of(one, lapse) for one in stores if self.how == IMPORTED)
            known = next(filter(None, told), {})
            for holder, row in lapse.rows.items():
                found.setdefault(holder, []).append((row.number, known))
        return found
