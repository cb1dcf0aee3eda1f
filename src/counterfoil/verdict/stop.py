"""The hop where the loop stopped, as far as the stubs show it."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583.responses import is_approval
from counterfoil.transaction import SwitchStub
from counterfoil.verdict.finding import Evidence, Stop
from counterfoil.verdict.position import I, S, T
from counterfoil.words import Text

HOPS: Final = {
    1: "terminal → switch",
    2: "switch → issuer",
    3: "issuer → switch",
    4: "switch → terminal",
    5: "terminal → receipt",
}

NOT_IN_TIME: Final = frozenset({"tombstoned", "late"})
CONNECT: Final = Text("the terminal could not reach the switch", "终端无法连接交换中心")
REQUEST: Final = Text("the switch has no record of the request", "交换中心没有收到请求的记录")
NO_ROUTE_UP: Final = Text("the switch could not reach the issuer", "交换中心无法连接发卡行")
REQUEST_UP: Final = Text("the issuer has no record of the request", "发卡行没有收到请求的记录")
ANSWER_UP: Final = Text("the issuer's answer did not reach the switch in time", "发卡行的应答未及时到达交换中心")
ANSWER: Final = Text("the switch's answer did not reach the terminal", "交换中心的应答未到达终端")
CLOSURE: Final = Text("the terminal has not yet shown that it has the answer", "终端尚未表明已收到应答")
RECEIPT: Final = Text("the receipt is not known to be in a hand", "凭条尚未确认交到持卡人手中")
WAITING_SWITCH: Final = Text("the switch is waiting for the issuer", "交换中心正在等待发卡行应答")
SAID_NO: Final = Text("{who} declined with {code}", "{who} 以 {code} 拒绝")


def stopped_at(terminal: T, switch: S, issuer: I, evidence: Evidence) -> Stop | None:
    """Where it stopped, or None for a sale that went all the way round."""
    if terminal is T.CLOSED and switch is S.APPROVED:
        return None
    if terminal is T.NOT_SENT:
        return Stop(1, HOPS[1], CONNECT)
    if evidence.switch is None:
        return decline(evidence) if terminal is T.DECLINED else Stop(1, HOPS[1], REQUEST)
    if switch is S.TOMBSTONE:
        return Stop(1, HOPS[1], REQUEST)
    if switch is S.APPROVED and terminal is T.APPROVED:
        return Stop(5, HOPS[5], RECEIPT)
    if answered(evidence.switch):
        return after_the_answer(terminal, evidence.switch, evidence)
    if not evidence.switch.forwarded:
        return Stop(2, HOPS[2], NO_ROUTE_UP)
    if switch is S.ASKED:
        return Stop(2, HOPS[2], WAITING_SWITCH)
    return Stop(2, HOPS[2], REQUEST_UP) if never_arrived(issuer, evidence) else Stop(3, HOPS[3], ANSWER_UP)


def after_the_answer(terminal: T, switch: SwitchStub, evidence: Evidence) -> Stop | None:
    """The switch had decided: the answer was lost on leg 4, or it was a no that arrived."""
    if terminal in {T.ASKED, T.REVERSING, T.REVERSED, T.ESCALATED} or switch.reversal_reason:
        return Stop(4, HOPS[4], ANSWER)
    if is_approval(switch.response_code):
        return None if switch.followed_at else Stop(4, HOPS[4], CLOSURE)
    return decline(evidence)


def answered(switch: SwitchStub) -> bool:
    """Whether the issuer's (or the switch's own) decision was there before any reversal of it."""
    return switch.response_code not in {"", "98", "91"}


def never_arrived(issuer: I, evidence: Evidence) -> bool:
    """Whether the request reached the issuer not at all, or only after the 0420 had left its tombstone there."""
    return issuer is I.MISSING or (evidence.issuer is not None and evidence.issuer.state in NOT_IN_TIME)


def decline(evidence: Evidence) -> Stop:
    """Nothing broke: a station said no. Which one, and with which code; an issuer that said yes is not the one."""
    issuer = evidence.issuer
    if issuer is not None and issuer.response_code and not is_approval(issuer.response_code):
        who, code = issuer.issuer, issuer.response_code
    elif evidence.switch is not None:
        who, code = "switch", evidence.switch.response_code
    else:
        assert evidence.terminal is not None
        assert not isinstance(evidence.terminal, str)
        who, code = "switch", evidence.terminal.response_code
    return Stop(0, who, SAID_NO.filled(who=who, code=code))
