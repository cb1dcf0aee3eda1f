"""What happens next, who owns it, and by when."""

from __future__ import annotations

from typing import Final

from counterfoil.step import Instant
from counterfoil.transaction import TerminalStub
from counterfoil.verdict.family import there
from counterfoil.verdict.finding import Clocks, Evidence, Next, Verdict
from counterfoil.verdict.position import I, S, T, only_asks
from counterfoil.words import Text

NOTHING: Final = Text("nothing to do", "无需处理")
GIVE_RECEIPT: Final = Text("print the receipt again and hand it over", "重打印签购单并交给持卡人")
AWAIT_CLOSURE: Final = Text(
    "wait for this terminal's next transaction, which proves that it closed this one; "
    "otherwise a person decides with the evidence pack",
    "等待该终端的下一笔交易以证明本笔已完成；否则由专人凭证据处理",
)
SEND_UP: Final = Text(
    "send the reversal (0420, repeated as 0421) until the issuer acknowledges it",
    "持续发送冲正通知（0420，重发为0421），直到发卡行确认",
)
SEND_REVERSAL: Final = Text(
    "send the reversal (0400) before any other transaction of this terminal",
    "在该终端的任何其他交易之前发送冲正（0400）",
)
AWAIT_ANSWER: Final = Text("wait for the answer; without one, reverse", "等待应答；如无应答则冲正")
RESTORE: Final = Text("bring the store with the missing stub back and ask again", "恢复缺失存根的数据库后再次查询")
AWAIT_OR_LAPSE: Final = Text("wait for the answer; without one, nothing is owed", "等待应答；如无应答，无需冲正")
DECIDE: Final = Text("decide with the evidence and call the customer back", "凭证据裁定并回复顾客")


def due(verdict: Verdict, positions: tuple[T, S, I], evidence: Evidence, clocks: Clocks, said: Text) -> Next:
    """The next action with its owner and its clock; what the cashier does about a sale not charged is `said`."""
    started = min(stub.started_at for stub in evidence if stub is not None and not isinstance(stub, str))
    if verdict in {Verdict.PAID, Verdict.RETURNED}:
        return Next(NOTHING, "nobody", 0)
    if verdict is Verdict.NOT_CHARGED:
        return Next(said, "cashier", 0)
    if verdict is Verdict.EXCEPTION:
        return Next(DECIDE, "supervisor" if positions[0] is T.ESCALATED else "acquirer", started + clocks.reversal)
    if verdict is Verdict.PAID_RECEIPT_OPEN:
        if positions[0] is T.APPROVED:
            return Next(GIVE_RECEIPT, "cashier", started + clocks.closure)
        return Next(AWAIT_CLOSURE, "acquirer", started + clocks.closure)
    if verdict is Verdict.RETURNING:
        if positions[1] is S.REVERSING:
            return Next(SEND_UP, "switch", started + clocks.reversal)
        return Next(SEND_REVERSAL, "terminal", started + clocks.reversal)
    return owed(positions, evidence, started, clocks)


def owed(positions: tuple[T, S, I], evidence: Evidence, started: Instant, clocks: Clocks) -> Next:
    """UNKNOWN: who owes the answer."""
    terminal, switch = evidence.terminal, evidence.switch
    wait = AWAIT_OR_LAPSE if any(only_asks(stub) for stub in there(evidence)) else AWAIT_ANSWER
    if isinstance(terminal, TerminalStub) and positions[0] in {T.ASKED, T.REVERSING}:
        by = terminal.due or started + clocks.answer
        return Next(wait if positions[0] is T.ASKED else SEND_REVERSAL, "terminal", by)
    if switch is not None and positions[1] is S.ASKED:
        return Next(wait, "switch", switch.due or started + clocks.answer)
    return Next(RESTORE, "acquirer", started + clocks.closure)
