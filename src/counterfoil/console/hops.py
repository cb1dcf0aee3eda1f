"""How far a sale came, hop by hop, and how far its reversal: what the till and the payment loop show as a strip."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.iso8583 import responses
from counterfoil.receipts.copies import CLOSED, CopyState
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Finding
from counterfoil.words import Text

DONE, NOW, OPEN, LOST, NOT_YET = "done", "now", "waits", "lost", "idle"
SIGNS: Final = {DONE: "✓", NOW: "…", OPEN: "!", LOST: "✕", NOT_YET: "·"}
STATES: Final[dict[str, Text]] = {
    DONE: Text("done", "完成"),
    NOW: Text("under way", "进行中"),
    OPEN: Text("still open", "仍未了结"),
    LOST: Text("broke here", "在此中断"),
    NOT_YET: Text("not reached", "未到达"),
}
THERE: Final = (
    Text("terminal → switch", "终端 → 交换中心"),
    Text("switch → issuer", "交换中心 → 发卡行"),
    Text("issuer → switch", "发卡行 → 交换中心"),
    Text("switch → terminal", "交换中心 → 终端"),
    Text("receipt", "签购单"),
)
BACK: Final = (
    Text("reversal owed", "须冲正"),
    Text("switch has it", "交换中心已受理"),
    Text("issuer acknowledged", "发卡行已确认"),
)
OWN_NO: Final = frozenset({responses.ISSUER_TIMEOUT, responses.ISSUER_UNAVAILABLE})
"""What the switch answers by itself, without the issuer having decided."""
NEVER_CAME: Final = frozenset({"tombstoned", "late"})


class Hop(NamedTuple):
    """One step of the way and one of the STATES."""

    name: Text
    state: str

    @property
    def sign(self) -> str:
        """The state without colour."""
        return SIGNS[self.state]

    @property
    def word(self) -> Text:
        """The state in words."""
        return STATES[self.state]


class Path(NamedTuple):
    """The way there, and, when the sale falls, the way back."""

    there: list[Hop]
    back: list[Hop]


def way(told: Finding) -> Path:
    """The hops of one payment."""
    terminal, switch, issuer = told.evidence
    reached = _reached(terminal if isinstance(terminal, TerminalStub) else None, switch, issuer)
    running = isinstance(terminal, TerminalStub) and terminal.state == "sent"
    printing = isinstance(terminal, TerminalStub) and terminal.receipt == CopyState.SENDING
    stop = told.stopped_at.leg if told.stopped_at else 0
    there = []
    for leg, (name, done) in enumerate(zip(THERE, reached, strict=True), 1):
        if done:
            state = DONE
        elif running and leg == reached.index(False) + 1:
            state = NOW
        elif leg == stop and not running:
            state = LOST if leg != 5 else NOW if printing else OPEN
        else:
            state = NOT_YET
        there.append(Hop(name, state))
    return Path(there, _back(terminal if isinstance(terminal, TerminalStub) else None, switch))


def _reached(terminal: TerminalStub | None, switch: SwitchStub | None, issuer: IssuerStub | None) -> list[bool]:
    """Which of the five hops are known to have been made."""
    return [
        switch is not None and switch.state != "tombstone",
        issuer is not None and issuer.state not in NEVER_CAME,
        switch is not None and switch.response_code not in {"", *OWN_NO},
        terminal is not None and terminal.state in {"approved", "closed", "declined"},
        terminal is not None and terminal.receipt in CLOSED,
    ]


def _back(terminal: TerminalStub | None, switch: SwitchStub | None) -> list[Hop]:
    """The way back; [] for a sale of which nobody owes a reversal."""
    owed = terminal is not None and terminal.state in {"reversing", "reversed", "escalated"}
    has = switch is not None and switch.state in {"reversing", "reversed", "tombstone"}
    if not owed and not has:
        return []
    closed = switch is not None and switch.state in {"reversed", "tombstone"}
    given_up = terminal is not None and terminal.state == "escalated"
    states = [DONE, DONE if has else (NOT_YET if given_up else NOW), DONE if closed else (NOW if has else NOT_YET)]
    return [Hop(name, state) for name, state in zip(BACK, states, strict=True)]
