"""What a transaction of any kind did to a card, by the stubs: how much, which way, and what of it is not undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from counterfoil.kinds import BY_NAME, Deed, Kind, Party
from counterfoil.transaction import IssuerStub, TerminalStub

PAID: Final = frozenset({"approved", "closed"})
REVERSED: Final = "reversed"
# What the issuer says that a deed did and its undoing undid; of money by the side of the card.
LEFT: Final[Mapping[tuple[Deed, Party], Callable[[IssuerStub], int]]] = {
    (Deed.MOVE, Party.CARD): lambda stub: stub.debited - stub.returned,
    (Deed.MOVE, Party.CLEARING): lambda stub: stub.credited - stub.withdrawn,
    (Deed.HOLD, Party.CARD): lambda stub: stub.held - stub.released,
    (Deed.POST, Party.CARD): lambda stub: stub.debited - stub.returned,
    (Deed.RELEASE, Party.CARD): lambda stub: stub.freed - stub.held_again,
}
MOVES_MONEY: Final = frozenset({Deed.MOVE, Deed.POST})
ENDS_A_HOLD: Final = frozenset({Deed.POST, Deed.RELEASE})


def left(stub: IssuerStub | None) -> int:
    """What an issuer did for a transaction and did not undo; of what is undone, without what those against it took."""
    if stub is None:
        return 0
    done = sum(LEFT[one.deed, one.debit](stub) for one in BY_NAME[stub.kind].movements)
    if stub.state == REVERSED:
        taken = done if holds(BY_NAME[stub.kind]) and stub.expired_at else sum(one.amount for one in stub.against)
        done -= min(done, taken)
    return done


def stands(stub: TerminalStub) -> int:
    """What a terminal says that a transaction does, now."""
    return stub.amount if stub.state in PAID and BY_NAME[stub.kind].movements else 0


def sign(kind: str) -> int:
    """What clearing gains by it, times its amount: 1, -1, or 0 where no money moves."""
    moves = (one for one in BY_NAME[kind].movements if one.deed in MOVES_MONEY)
    return sum(1 if one.debit is Party.CARD else -1 for one in moves)


def holds(kind: Kind) -> bool:
    """Whether it sets an amount aside."""
    return any(one.deed is Deed.HOLD for one in kind.movements)


def ends_a_hold(kind: str) -> bool:
    """Whether what its original set aside is so no more."""
    return any(one.deed in ENDS_A_HOLD for one in BY_NAME[kind].movements)
