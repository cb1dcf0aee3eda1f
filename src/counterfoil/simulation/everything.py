"""What all stations say of each attempt, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from counterfoil.iso8583.responses import MAC_ERROR
from counterfoil.issuer.stubs import every as every_at_issuer
from counterfoil.issuer.stubs import request_of
from counterfoil.simulation.world import Broken
from counterfoil.storage import Store
from counterfoil.switch.stubs import every as every_at_switch
from counterfoil.terminal.stubs import every as every_at_terminals
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub


class Stubs(NamedTuple):
    """What each station holds of one attempt; `truth` also knows what a lost terminal took with it."""

    terminal: TerminalStub | None
    switch: SwitchStub | None
    issuer: IssuerStub | None
    truth: TerminalStub | None


class Everything(NamedTuple):
    """What all stations hold, read once, at rest: stubs by key, the issuers' by name and DE32/DE7/DE11. `buried` is
    what was lost with a machine.
    """

    terminals: dict[str, TerminalStub]
    buried: list[dict[str, TerminalStub]]
    switch: dict[str, SwitchStub]
    issuers: dict[str, dict[str, IssuerStub]]

    def refs(self) -> list[str]:
        """Every attempt any station knows."""
        return list(dict.fromkeys([*self.terminals, *chain(*self.buried), *self.switch]))

    def of_nobody(self, ref: str) -> bool:
        """Whether the switch keeps a key that no terminal has, and nothing was asked of an issuer under it: burnt by a
        damaged or forged message, or a tombstone of a reversal damaged in two places that cancel out in the weak MAC.
        """
        stub = self.switch.get(ref)
        if stub is None or self.of(ref).truth is not None:
            return False
        burnt = (stub.state, stub.response_code, stub.amount) == ("declined", MAC_ERROR, 0)
        return burnt or (stub.state == "tombstone" and not stub.transmitted)

    def of(self, ref: str) -> Stubs:
        """One attempt."""
        terminal, switch = self.terminals.get(ref), self.switch.get(ref)
        truth = terminal or next((known[ref] for known in self.buried if ref in known), None)
        sent = switch is not None and bool(switch.transmitted)
        issuer = self.issuers[switch.issuer].get(request_of(switch)) if switch is not None and sent else None
        return Stubs(terminal, switch, issuer, truth)


def everything_on(
    live: Sequence[Store], buried: Sequence[Store], switch: Store, issuers: Mapping[str, Store]
) -> Everything:
    """Read the stores of the machines that are there and of those that were lost, of the switch and of the issuers."""
    return Everything(
        {stub.ref: stub for store in live for stub in every_at_terminals(store)},
        [{stub.ref: stub for stub in every_at_terminals(store)} for store in buried],
        {stub.ref: stub for stub in every_at_switch(switch)},
        {name: every_at_issuer(store) for name, store in issuers.items()},
    )


def fits(holds: bool, what: str, stubs: Stubs) -> None:
    """The promise, or Broken with where each station stands."""
    if holds:
        return
    words = []
    for name, stub in zip(Stubs._fields, stubs, strict=True):
        if stub is None:
            words.append(f"{name} -")
        else:
            extra = f" {stub.reversal_code}" if isinstance(stub, SwitchStub) else ""
            words.append(f"{name} {stub.state} {stub.response_code}{extra}")
    raise Broken(f"{what}: {', '.join(words)}")
