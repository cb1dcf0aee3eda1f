"""What every rule of the switch may look at: settings, keys, issuers and routes. Fixed while the process lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from counterfoil.kinds import Spellings
from counterfoil.security import Hsm, StoredKey
from counterfoil.switch.recall import Recall
from counterfoil.switch.rows import IssuerRow
from counterfoil.switch.settings import Settings
from counterfoil.zone import Zone


class Desk(NamedTuple):
    """`token` and `data` are the switch's own keys; `routes` maps leading digits to an issuer's name, `sizes` are the
    numbers of leading digits there are, the longest first. `highest_stan` is the highest of a terminal in a batch that
    came under a valid MAC, "" for none. `clock` is the acquirer's; `spellings` are of the
    kinds that are taken from terminals.
    """

    settings: Settings
    hsm: Hsm
    token: StoredKey
    data: StoredKey
    issuers: Mapping[str, IssuerRow]
    routes: Mapping[str, str]
    sizes: Sequence[int]
    recall: Recall
    highest_stan: Callable[[str, str], str]
    clock: Zone
    spellings: Spellings

    def route(self, pan: str) -> IssuerRow | None:
        """The issuer of a card: the longest range that fits."""
        for size in self.sizes:
            name = self.routes.get(pan[:size])
            if name is not None:
                return self.issuers[name]
        return None
