"""The hop where the loop stopped and why, as the stations wrote it down.

What a station recorded is told first. Only where all it knows is that nothing came do the other stations' records tell
where it was lost; a record that is not there is told as one that is not there.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import responses
from counterfoil.transaction import SwitchStub, TerminalStub
from counterfoil.verdict.finding import Evidence, Stop
from counterfoil.verdict.names import party
from counterfoil.verdict.position import S, T, only_asks
from counterfoil.verdict.reasons import (
    HOPS,
    printer_word,
    why_not_sent,
    why_owed,
    why_reversed,
    with_reason,
)
from counterfoil.words import Text

ANSWERED: Final = frozenset({T.APPROVED, T.CLOSED})
FALLEN: Final = frozenset({T.LAPSED, T.REVERSING, T.REVERSED, T.ESCALATED})
RESTARTED: Final = responses.ERROR
CONTRADICTED: Final = responses.MALFUNCTION
OWN_REASONS: Final = frozenset({"", responses.ISSUER_TIMEOUT, RESTARTED})
ORIGINAL_THERE: Final = {responses.APPROVED: True, responses.NO_ORIGINAL: False}
UNDONE: Final = frozenset({"reversing", "reversed"})
UNUSABLE: Final = frozenset({"answer_unusable", "answer_unreadable", "answer_wrong_mac"})

REQUEST: Final = Text("the switch has no record of the request", "交换中心没有收到请求的记录")
SWITCH_UNREAD: Final = Text("the switch's record cannot be read", "无法读取交换中心的记录")
FORGOTTEN: Final = Text(
    "the switch has no record of a request that others have an answer to",
    "交换中心没有该请求的记录，而其他站点有其应答",
)
NOT_AUTHENTIC: Final = Text(
    "the switch could not authenticate the request: its MAC was wrong (A0)", "请求 MAC 错误，交换中心无法认证（A0）"
)
NO_ROUTE_UP: Final = Text("the switch could not reach the issuer", "交换中心无法连接发卡行")
HELD_BACK: Final = Text(
    "the issuer hung up on this terminal's or this card's requests before, so the switch held this one back",
    "发卡行曾因该终端或该卡的请求断开连接，交换中心暂未转发本笔",
)
REQUEST_UP: Final = Text("the issuer has no record of the request", "发卡行没有收到请求的记录")
REQUEST_UP_LATE: Final = Text("the request reached the issuer only after its reversal", "请求在冲正之后才到达发卡行")
NEVER_IN_TIME: Final = {"tombstoned": REQUEST_UP, "late": REQUEST_UP_LATE}
ISSUER_UNREAD: Final = Text(
    "no answer came from the issuer, and its record cannot be read", "发卡行未应答，且无法读取其记录"
)
ANSWER_UP: Final = Text("the issuer's answer did not reach the switch in time", "发卡行的应答未及时到达交换中心")
ANSWER_UP_UNUSABLE: Final = Text("the switch could not use the issuer's answer", "交换中心无法使用发卡行的应答")
SWITCH_RESTARTED: Final = Text("the switch restarted while it waited for the issuer", "交换中心在等待发卡行应答时重启")
YES_AFTER_NO: Final = Text(
    "the issuer approved what had been declined with {code}", "已以 {code} 拒绝的交易，发卡行事后又批准"
)
ANSWER: Final = Text("the switch's answer did not reach the terminal", "交换中心的应答未到达终端")
CLOSURE: Final = Text("the terminal has not yet shown that it has the answer", "终端尚未表明已收到应答")
RECEIPT: Final = Text("the receipt is not known to be in a hand: {copy}", "签购单尚未确认交到持卡人手中：{copy}")
RECEIPT_TROUBLE: Final = Text("{said} ({trouble})", "{said}（{trouble}）")
WAITING_SWITCH: Final = Text("the switch is waiting for the issuer", "交换中心正在等待发卡行应答")
SAID_NO: Final = Text("{who} declined with {code}: {reason}", "{who} 以 {code} 拒绝：{reason}")


def stopped_at(terminal: T, switch: S, evidence: Evidence, unread: frozenset[str] = frozenset()) -> Stop | None:
    """Where it stopped, or None for a sale that went all the way round. `unread`: whose store cannot be read."""
    sold, asked = evidence.terminal, evidence.switch
    if terminal is T.CLOSED and switch is S.APPROVED:
        return None
    if isinstance(sold, TerminalStub):
        if terminal is T.NOT_SENT:
            return why_not_sent(sold)
        why = why_owed(sold) if terminal in FALLEN else None
        unheard = asked is not None and not_authentic(asked) and (why is None or why.hop != "terminal")
        if why is not None and not unheard:
            return why
        if switch is S.APPROVED and terminal is T.APPROVED:
            return Stop(5, HOPS[5], receipt(sold))
    if asked is None:
        return without_the_switch(terminal, evidence, unread)
    return at_the_switch(terminal, switch, asked, evidence, unread)


def without_the_switch(terminal: T, evidence: Evidence, unread: frozenset[str]) -> Stop:
    """The switch has no record, or it cannot be read: what the terminal was told, or that nothing was heard."""
    if terminal is T.DECLINED:
        return decline(evidence)
    if "switch" in unread:
        return Stop(0, "switch", SWITCH_UNREAD)
    if terminal in ANSWERED or evidence.issuer is not None:
        return Stop(0, "switch", FORGOTTEN)
    return Stop(1, HOPS[1], REQUEST)


def at_the_switch(terminal: T, switch: S, asked: SwitchStub, evidence: Evidence, unread: frozenset[str]) -> Stop | None:
    """What the switch wrote down."""
    if not_authentic(asked):
        return Stop(1, HOPS[1], NOT_AUTHENTIC)
    ours = isinstance(evidence.terminal, TerminalStub)
    if not ours and not gave_up(asked) and not is_late_yes(asked) and (why := why_reversed(asked)) is not None:
        return why
    if switch is S.TOMBSTONE:
        return Stop(1, HOPS[1], REQUEST)
    if switch is S.ASKED:
        return Stop(2, HOPS[2], WAITING_SWITCH)
    if is_late_yes(asked):
        return Stop(3, HOPS[3], YES_AFTER_NO.filled(code=asked.response_code))
    if gave_up(asked) or (asked.state in UNDONE and not asked.response_code):
        return upstream(asked, evidence, unread)
    if not asked.forwarded and asked.response_code == responses.ISSUER_UNAVAILABLE:
        return Stop(2, HOPS[2], HELD_BACK if "held_back" in told(asked) else NO_ROUTE_UP)
    if terminal in FALLEN or terminal is T.ASKED or asked.reversal_reason:
        return Stop(4, HOPS[4], ANSWER)
    if responses.is_approval(asked.response_code):
        return None if asked.followed_at else Stop(4, HOPS[4], CLOSURE)
    return decline(evidence)


def gave_up(asked: SwitchStub) -> bool:
    """Whether the issuer did not answer the switch, which owes, or owed, the reversal, or of an inquiry nothing."""
    if asked.response_code != responses.ISSUER_TIMEOUT:
        return False
    if only_asks(asked):
        return asked.state == "declined" and asked.forwarded
    return asked.state in UNDONE and asked.reversal_reason in OWN_REASONS


def is_late_yes(asked: SwitchStub) -> bool:
    """Whether a yes of the issuer is being undone that came after a no."""
    code, reason = asked.response_code, asked.reversal_reason
    return bool(code) and reason == CONTRADICTED and not responses.is_approval(code)


def not_authentic(asked: SwitchStub) -> bool:
    """Whether the switch refused a request that nobody vouched for."""
    return asked.state == "declined" and not asked.forwarded and asked.response_code == responses.MAC_ERROR


def told(asked: SwitchStub) -> set[str]:
    """The lines of the switch's evidence; none where only the stub was read."""
    return {line.what for line in asked.history}


def upstream(asked: SwitchStub, evidence: Evidence, unread: frozenset[str]) -> Stop:
    """The switch had no answer of the issuer that it could use."""
    lines = told(asked)
    if asked.reversal_reason == RESTARTED and gave_up(asked):
        return Stop(0, "switch", SWITCH_RESTARTED)
    if not asked.forwarded or "not_sent" in lines:
        return Stop(2, HOPS[2], NO_ROUTE_UP)
    if lines & UNUSABLE:
        return Stop(3, HOPS[3], ANSWER_UP_UNUSABLE)
    if evidence.issuer is not None:
        late = NEVER_IN_TIME.get(evidence.issuer.state)
        return Stop(2, HOPS[2], late) if late is not None else Stop(3, HOPS[3], ANSWER_UP)
    if asked.reversal_code in ORIGINAL_THERE:  # by what the issuer said to the reversal it had the request, or not
        return Stop(3, HOPS[3], ANSWER_UP) if ORIGINAL_THERE[asked.reversal_code] else Stop(2, HOPS[2], REQUEST_UP)
    return Stop(2, HOPS[2], ISSUER_UNREAD if "issuer" in unread else REQUEST_UP)


def decline(evidence: Evidence) -> Stop:
    """Nothing broke: a station said no. Which one, and with which code; an issuer that said yes is not the one."""
    issuer, asked = evidence.issuer, evidence.switch
    if issuer is not None and issuer.response_code and not responses.is_approval(issuer.response_code):
        who, code = issuer.issuer, issuer.response_code
    elif asked is not None:
        heard = issuer is None and asked.forwarded and asked.issuer
        who, code = asked.issuer if heard else "switch", asked.response_code
    else:
        assert isinstance(evidence.terminal, TerminalStub)
        who, code = "switch", evidence.terminal.response_code
    return Stop(0, who, with_reason(SAID_NO, code, who=party(who)))


def receipt(sold: TerminalStub) -> Text:
    """What the terminal knows of a receipt that is not in a hand."""
    said = RECEIPT.filled(copy=printer_word(sold.receipt))
    if not sold.trouble:
        return said
    return RECEIPT_TROUBLE.filled(said=said, trouble=printer_word(sold.trouble))
