"""How each kind is asked for on both links, and what of a message belongs to it: looked up in the table of kinds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from counterfoil.iso8583 import Message
from counterfoil.kinds import TABLE, Kind, Movement, Party

ANY: Final = (None,)
TYPES: Final = frozenset(kind.wire.mti for kind in TABLE)
"""The message types with which something is asked for."""
ANSWERS: Final = frozenset(f"{mti[:2]}10" for mti in TYPES)


def answer_to(mti: str) -> str:
    """The message type that answers one with which something is asked for."""
    return f"{mti[:2]}10"


def first_try(mti: str) -> str:
    """A message type without its repeat mark."""
    return f"{mti[:3]}0" if mti[3:] == "1" else mti  # not iso8583/mti.py: a second opinion asks nobody


def by_terminal(message: Message) -> Kind | None:
    """The kind a terminal asks for; what its message leaves out agrees with any. None for none."""
    said = (message.de3, message.de25, (message.de60 or "")[:2] or None)
    for kind in TABLE:
        _, processing, condition, type_ = kind.wire
        if kind.wire.mti == message.mti and agree(said, (processing, condition, type_)):
            return kind
    return None


def by_switch(message: Message) -> Kind | None:
    """The kind a switch asks an issuer for; without DE25 under normal conditions. None for none."""
    said = (first_try(message.mti), (message.de3 or "")[:2], message.de25 or "00")
    found = [kind for kind in TABLE if said == (kind.wire.mti, kind.wire.processing[:2], kind.wire.condition)]
    return found[0] if found else None


def agree(said: Collection[str | None], meant: Collection[str]) -> bool:
    """Whether what was said is what is meant, where anything was said."""
    return all(one in (None, other) for one, other in zip(said, meant, strict=True))


def carries_amount(kind: Kind) -> bool:
    """Whether its messages have an amount (DE4): those of what moves nothing have none."""
    return bool(kind.movements)


def amount_of(message: Message) -> int:
    """The amount in a message; 0 in one that has none."""
    return int(message.de4 or "0")


def toward_clearing(movement: Movement) -> int:
    """1 for money that goes from a card to clearing, -1 the other way; times what moves, what clearing gains."""
    return 1 if movement.debit is Party.CARD else -1
