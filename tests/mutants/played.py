"""One world, played for a drawn mutant: what broke, or what it came to, byte for byte."""

from __future__ import annotations

import hashlib
import signal
from types import FrameType
from typing import Any, NamedTuple

import msgspec

from counterfoil.simulation.scene import Scene
from counterfoil.step import Reply


class Played(NamedTuple):
    """`fingerprint` has a part for each thing a change can show in, so that two can be compared."""

    broken: str
    fingerprint: str

    def compared(self, other: str) -> str:
        """In what they differ."""
        mine, theirs = msgspec.json.decode(self.fingerprint), msgspec.json.decode(other)
        return ", ".join(name for name in mine if mine[name] != theirs.get(name))


class Kept(Scene):
    """A scene that remembers what it came to, before its disks are closed."""

    parts: dict[str, str]

    def play(self) -> Any:
        """Listen to every reply as well."""
        said = hashlib.blake2b(digest_size=8)
        replied = self.shop._replied

        def heard(reply: Reply) -> None:
            said.update(msgspec.json.encode(reply.body, order="deterministic"))
            replied(reply)

        for node in self.plant.nodes:
            node.replied = heard
        self._said = said
        self.parts = {}
        return super().play()

    def _judge(self) -> None:
        self.parts["said"] = self.world.digest.hexdigest()
        self.parts["replied"] = self._said.hexdigest()
        self.parts["printed"] = digest(sorted(self.shop.paper.items()))
        self.parts["messages"] = digest(sorted(self.shop.messages.items()))
        for number, disk in enumerate(self.court.disks):
            for (table,) in disk.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
                name = f"{self.plant.nodes[number].name if number < len(self.plant.nodes) else 'lost'}.{table}"
                self.parts[name] = digest(disk.query(f"SELECT * FROM {table}"))
        super()._judge()


def digest(rows: object) -> str:
    """Of anything that repr shows in full."""
    return hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()


class Hangs(BaseException):
    """A world that takes for ever."""


def _alarm(_number: int, _frame: FrameType | None) -> None:
    raise Hangs


def play_one(job: tuple[int, str, int, int], patience: int) -> Played:
    """Play a world; one that takes longer than `patience` seconds is broken."""
    seed, mix, number, sales = job
    scene = Kept(seed, mix, number, sales)
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(patience)
    try:
        outcome = scene.play()
    except Hangs:
        return Played("it hangs", "{}")
    finally:
        signal.alarm(0)
    return Played(outcome.broken, msgspec.json.encode(scene.parts).decode())
