"""The family of a transaction: which one it refers to, and what stands against it."""

from __future__ import annotations

from collections.abc import Sequence

from counterfoil.transaction import Against, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict.finding import Evidence, FamilyChild


def against_of(evidence: Evidence) -> tuple[FamilyChild, ...]:
    """What stands against a transaction, by the station that is nearest to the money; a terminal's name comes first.

    A void appears when the issuer has booked it, and is not settled any more once its terminal reverses it.
    """
    stubs = there(evidence)
    if not stubs:
        return ()
    nearest, *others = reversed(stubs)
    return tuple(_child(one, [stub.against for stub in others]) for one in nearest.against)


def _child(one: Against, others: Sequence[Sequence[Against]]) -> FamilyChild:
    """One child as the nearest station says, named as the farthest one does."""
    fitting = [[other for other in stub if other.kind == one.kind] for stub in others]
    name = next((found[0].name for found in reversed(fitting) if found), one.name)
    return FamilyChild(one.kind, name, one.amount, all(fitting))


def original_of(evidence: Evidence) -> str:
    """The reference of the transaction this one refers to, as the station nearest to the till calls it; "" for none."""
    return next((stub.original for stub in there(evidence) if stub.original), "")


def there(evidence: Evidence) -> list[TerminalStub | SwitchStub | IssuerStub]:
    """The stubs there are, in the order terminal, switch, issuer."""
    return [stub for stub in evidence if isinstance(stub, TerminalStub | SwitchStub | IssuerStub)]
