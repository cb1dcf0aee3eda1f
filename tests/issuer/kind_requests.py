"""Requests of every kind, as a switch sends them."""

from __future__ import annotations

from typing import Any

from counterfoil.iso8583 import Message
from counterfoil.kinds import Kind, Needs
from issuer.bank import Bank


def request(bank: Bank, kind: Kind, card: str, amount: int = 0, pin: str | None = "1234", **changes: Any) -> Message:
    """A request of a kind; with a PIN where one is asked for, or where `pin` says which."""
    wire = kind.wire
    typed = pin if Needs.PIN in kind.needs or pin != "1234" else None
    moves = {} if kind.movements else {"de4": None}
    message = bank.purchase(card, amount, typed, **{"de3": wire.processing, "de25": wire.condition, **moves, **changes})
    message.mti = wire.mti
    return message


def referring(of: Message, approval: str) -> dict[str, str]:
    """The fields with which a request names its original."""
    return {"de90": named(of), "de38": approval}


def named(of: Message) -> str:
    """DE90 of a request."""
    return f"{of.mti}{of.de11}{of.de7}{of.de32:0>11}{0:011d}"
