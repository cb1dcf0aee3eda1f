"""One afternoon of a town: a sale for every way in which one can end, and the stores behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

from counterfoil.inquiry import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.simulation.disk import Disk
from counterfoil.step import Frame
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub, parse_ref
from forgotten.town import Town
from inquiry.world import World

STATIONS = ("tills-1", "switch", "issuer-a", "issuer-b")


class Story(NamedTuple):
    """The town, and its sales by what became of them."""

    town: Town
    refs: dict[str, str]

    def key(self, what: str) -> AttemptKey:
        key = parse_ref(self.refs[what])
        assert key is not None
        return key

    def stubs(self, what: str, *, history: bool = False) -> tuple[TerminalStub, SwitchStub, IssuerStub]:
        """What the three stations say of a sale."""
        key = self.key(what)
        one = terminals.stub(self.town.node("tills-1").disk, key, history=history)
        two = switches.stub(self.town.node("switch").disk, key, history=history)
        assert one is not None
        assert two is not None
        three = issuers.asked(self.town.node("issuer-a").disk, two, history=history)
        assert three is not None
        return one, two, three

    def without(self, *names: str) -> Stores:
        """The stores, those of some stations unreadable."""
        disks: dict[str, Any] = {name: self.town.node(name).disk for name in STATIONS}
        disks |= dict.fromkeys(names)
        return World(disks["tills-1"], disks["switch"], {name: disks[name] for name in STATIONS[2:]})


@contextmanager
def deaf(town: Town, name: str) -> Iterator[None]:
    """A station to which no message comes: its links stand, and nobody is answered."""
    node = town.node(name)
    deliver = node.deliver
    with patch.object(node, "deliver", lambda item: None if isinstance(item, Frame) else deliver(item)):
        yield


@cache
def story() -> Story:
    """Told once; whoever looks at it changes nothing."""
    town = Town("story")
    refs = {"paid": town.sell()["ref"], "other": town.sell("poor", 29_999)["ref"]}
    refs["declined"] = town.sell("poor", 29_999)["ref"]
    town.stop("switch")
    refs["unsent"] = town.sell()["ref"]
    town.node("switch").off = False
    town.node("switch").start()
    town.wait(60)
    with deaf(town, "switch"):
        refs["escalated"] = town.sell()["ref"]
        told = {"ref": refs["escalated"], "operator": "99", "reason": "the customer cannot wait"}
        town.ask(town.node("tills-1"), "escalate", terminal="T0000001", **told)
        refs["reversed"] = town.sell(terminal="T0000002")["ref"]
    town.wait(100)
    with deaf(town, "issuer-a"):
        refs["returning"] = town.sell("good-2", 990)["ref"]
    with deaf(town, "switch"):
        refs["reversing"] = town.sell(terminal="T0000002")["ref"]
    return Story(town, refs)


def empty(name: str) -> Disk:
    """The store of a station that has never heard of any sale of these."""
    return Disk(Town("story").image(name))
