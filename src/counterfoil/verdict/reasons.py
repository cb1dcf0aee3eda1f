"""Why a sale stopped, as the station that knew it wrote it down when it happened."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import responses
from counterfoil.receipts.diagnosis import FOUND
from counterfoil.terminal import causes
from counterfoil.transaction import SwitchStub, TerminalStub
from counterfoil.verdict.finding import Stop
from counterfoil.words import Text

HOPS: Final = {
    1: "terminal → switch",
    2: "switch → issuer",
    3: "issuer → switch",
    4: "switch → terminal",
    5: "terminal → receipt",
}

CONNECT: Final = Text("the terminal could not reach the switch", "终端无法连接交换中心")
NO_SIGN_ON: Final = Text("the terminal could not sign on", "终端签到失败")
SIGN_ON_UNANSWERED: Final = Text("the switch did not answer the terminal's sign-on", "交换中心未应答终端的签到")
SIGN_ON_KEYS: Final = Text(
    "the terminal could not take the keys or the batch of its sign-on", "终端无法接受签到下发的密钥或批次"
)
SIGN_ON_REFUSED: Final = Text(
    "the switch refused the terminal's sign-on with {code}: {reason}", "交换中心以 {code} 拒绝终端签到：{reason}"
)
EARLIER: Final = Text(
    "an earlier transaction of this terminal was still being reversed, so this one was not sent",
    "该终端上一笔交易的冲正尚未完成，本笔未发出",
)
EARLIER_ONE: Final = Text(
    "the earlier transaction {other} was still being reversed, so this one was not sent",
    "上一笔交易 {other} 的冲正尚未完成，本笔未发出",
)
NO_PRINTER: Final = Text(
    "no printer was ready and this shop sells with paper only, so nothing was sent",
    "打印机未就绪，本店须打印签购单方可交易，故未发出",
)
NO_PRINTER_FOR: Final = Text(
    "the printer was not ready ({trouble}) and this shop sells with paper only, so nothing was sent",
    "打印机未就绪（{trouble}），本店须打印签购单方可交易，故未发出",
)
GIVEN_UP: Final = Text("the cashier cancelled it before it was sent", "收银员在发出前取消")
CANCELLED: Final = Text("the cashier cancelled it while the answer was awaited", "收银员在等待应答时取消")
KEPT: Final = Text(
    "after a restart the cashier said that the goods were not handed over", "终端重启后，收银员答复商品未交付"
)
PAID: Final = Text("the customer has paid already, with {other}", "顾客已通过 {other} 付款")
CARD: Final = Text("the card refused the transaction after its approval", "交易获批后被卡片拒绝")
RESTART: Final = Text("the terminal restarted while the answer was awaited", "终端在等待应答时重启")
BAD_MAC: Final = Text("the answer could not be authenticated: its MAC was wrong", "应答 MAC 错误，无法认证")
UNREADABLE: Final = Text("the answer could not be read", "应答无法解析")
DIFFERS: Final = Text("the answer does not repeat what was asked (DE{detail})", "应答与请求不符（域 {detail}）")
UNDECIDED: Final = Text(
    "the switch answered {code}, which decides nothing: {reason}", "交换中心应答 {code}，不能定论：{reason}"
)
TOLD_CANCELLED: Final = Text("the terminal says that it was cancelled (17)", "终端称交易已取消（17）")
TOLD_ERROR: Final = Text(
    "the terminal says that it restarted, or could not use the answer (06)", "终端称曾重启或应答无法使用（06）"
)
TOLD_CARD: Final = Text("the terminal says that the card refused (96)", "终端称卡片拒绝（96）")

THERE: Final = 1
BACK: Final = 4
OWN: Final = 0
"""The leg of a reason that is no leg's: a station decided."""

NOT_SENT: Final[dict[str, tuple[int, str, Text]]] = {
    causes.LINE: (THERE, HOPS[THERE], CONNECT),
    causes.SIGN_ON: (THERE, HOPS[THERE], NO_SIGN_ON),
    f"{causes.SIGN_ON}:{causes.UNANSWERED}": (THERE, HOPS[THERE], SIGN_ON_UNANSWERED),
    f"{causes.SIGN_ON}:{causes.KEYS}": (OWN, "terminal", SIGN_ON_KEYS),
    causes.REVERSAL: (OWN, "terminal", EARLIER),
    causes.PRINTER: (OWN, "terminal", NO_PRINTER),
    causes.CANCELLED: (OWN, "terminal", GIVEN_UP),
}
OWED: Final[dict[str, tuple[int, str, Text]]] = {
    causes.CANCELLED: (OWN, "terminal", CANCELLED),
    causes.KEPT: (OWN, "terminal", KEPT),
    causes.PAID: (OWN, "terminal", PAID),
    causes.CARD_REFUSED: (OWN, "terminal", CARD),
    causes.RESTART: (OWN, "terminal", RESTART),
    causes.BAD_MAC: (BACK, HOPS[BACK], BAD_MAC),
    causes.UNREADABLE: (BACK, HOPS[BACK], UNREADABLE),
    causes.DIFFERS: (BACK, HOPS[BACK], DIFFERS),
    causes.UNDECIDED: (OWN, "switch", UNDECIDED),
}
TOLD: Final[dict[str, tuple[int, str, Text]]] = {
    responses.CANCELLED: (OWN, "terminal", TOLD_CANCELLED),
    responses.ERROR: (OWN, "terminal", TOLD_ERROR),
    responses.MALFUNCTION: (OWN, "terminal", TOLD_CARD),
    responses.MAC_ERROR: (BACK, HOPS[BACK], BAD_MAC),
}
REASONS: Final = {
    responses.MAC_ERROR: causes.BAD_MAC,
    responses.CANCELLED: causes.CANCELLED,
    responses.MALFUNCTION: causes.CARD_REFUSED,
}
"""What DE39 of a reversal says of its cause, where the cause itself is not kept."""
PRINTER: Final[dict[str, Text]] = {
    "mute": Text("no answer from it", "打印机无应答"),
    "busy": Text("busy with another receipt", "正忙于其他签购单"),
    "refused": Text("it refuses the connection", "打印机拒绝连接"),
    "unreachable": Text("it cannot be reached", "无法连接打印机"),
    "lost": Text("the line to it broke", "打印机连接中断"),
    "no_printer": Text("there is no such printer", "没有该打印机"),
    "spelled_out": Text("letters no font has, by their numbers", "缺字体的文字以编码打印"),
    "unprintable": Text("it cannot print this receipt", "无法打印该签购单"),
    "disk_full": Text("the disk is full", "磁盘已满"),
    "no_rights": Text("its folder may not be written", "没有目录写入权限"),
    "unwritable": Text("its folder cannot be written", "目录无法写入"),
    "nobody": Text("nothing here prints it", "本机未配置打印途径"),
}
"""What was wrong with a printer, where receipts/diagnosis.py answers another question with the same word."""
SILENCE: Final = frozenset({"", causes.NO_ANSWER, causes.LINE_CLOSED})
"""Causes that say only that no answer came: where it was lost the other stations know."""


def why_not_sent(sold: TerminalStub) -> Stop:
    """Why a terminal sent nothing."""
    cause, detail = causes.word(sold.cause), causes.detail(sold.cause)
    if cause == causes.SIGN_ON and len(detail) == 2:  # a DE39
        return Stop(OWN, "switch", with_reason(SIGN_ON_REFUSED, detail))
    if cause == causes.REVERSAL and detail:
        return Stop(OWN, "terminal", EARLIER_ONE.filled(other=detail))
    if cause == causes.PRINTER and sold.trouble:
        return Stop(OWN, "terminal", NO_PRINTER_FOR.filled(trouble=printer_word(sold.trouble)))
    return Stop(*NOT_SENT.get(sold.cause, NOT_SENT[causes.LINE]))


def why_owed(sold: TerminalStub) -> Stop | None:
    """Why a terminal owes, or owed, a reversal; None when all it knows is that no answer came."""
    known = cause_of(sold)
    cause, detail = causes.word(known), causes.detail(known)
    if cause in SILENCE:
        return None
    leg, hop, said = OWED[cause]
    if cause == causes.UNDECIDED:
        return Stop(leg, hop, with_reason(said, sold.response_code))
    return Stop(leg, hop, said.filled(detail=detail, other=detail))


def cause_of(sold: TerminalStub) -> str:
    """The cause; of a sale of an earlier version, what DE39 of its reversal and of its answer say."""
    if sold.cause or not sold.reversal_reason:
        return sold.cause
    if sold.reversal_reason == responses.ERROR:
        return causes.UNDECIDED if sold.response_code else causes.RESTART
    return REASONS.get(sold.reversal_reason, "")


def why_reversed(asked: SwitchStub) -> Stop | None:
    """Why a terminal that nobody can ask wanted its sale reversed, by DE39 of its 0400; None when no answer came."""
    found = TOLD.get(asked.reversal_reason)
    return Stop(*found) if found else None


def with_reason(said: Text, code: str, **values: Text) -> Text:
    """A sentence with a DE39 and what it means."""
    return said.filled(code=code, reason=responses.text(code), **values)


def printer_word(trouble: str) -> Text:
    """What was wrong with a printer."""
    return PRINTER.get(trouble) or FOUND.get(trouble) or Text(trouble, trouble)
