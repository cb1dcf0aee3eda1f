"""The undoing of a kind, told from its movements: what its reversal does while all that it did still stands.

The ledger undoes records by the same algebra (ledger/undo.py), and only those that stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from counterfoil.kinds.kind import Deed, Movement


def undo(movements: Sequence[Movement]) -> tuple[Movement, ...]:
    """The movements that undo these: the reverse of each, in the reverse order, all of them forced."""
    return tuple(back for movement in reversed(movements) for back in _back(movement))


def _back(movement: Movement) -> tuple[Movement, ...]:
    deed, debit, credit, _ = movement
    again = Movement(Deed.HOLD, debit, credit, forced=True)
    moved = Movement(Deed.MOVE, credit, debit, forced=True)
    return {
        Deed.MOVE: (moved,),
        Deed.HOLD: (Movement(Deed.RELEASE, debit, credit, forced=True),),
        Deed.POST: (moved, again),
        Deed.RELEASE: (again,),
    }[deed]
