"""Which stub of an issuer belongs to which request.

Nobody owns a retrieval reference number, an approval code or a STAN: another acquirer, a switch that was restored, or a
relay may say it again. What names a request is DE32, DE7 and DE11 at the issuer it went to, and a terminal's key at the
switch. Where the switch cannot be asked, a stub fits when everything agrees that both hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from counterfoil.issuer.stubs import request_of
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub


def belongs(stub: IssuerStub, sent: SwitchStub) -> bool:
    """Whether this is what the issuer says of the very request the switch sent."""
    return bool(sent.transmitted) and (stub.issuer, stub.request) == (sent.issuer, request_of(sent))


def fits(stub: IssuerStub, asked: TerminalStub | SwitchStub) -> bool:
    """Whether an issuer's stub may be of this sale, as far as number, place, card and money can tell."""
    ours = (asked.rrn, asked.terminal, asked.merchant, asked.last4, asked.amount, asked.currency)
    return ours == (stub.rrn, stub.terminal, stub.merchant, stub.last4, stub.amount, stub.currency)


def only(found: Sequence[IssuerStub]) -> IssuerStub | None:
    """The one that fits; None when none does, or several do and nobody can say which is meant."""
    return found[0] if len(found) == 1 else None
