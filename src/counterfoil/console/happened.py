"""What the lines and states of the stations' stubs say, for people: the stores keep each as one short English word."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.reconciliation.kinds import MISSING, NOT_OURS, UNREADABLE
from counterfoil.terminal.sentences import COPIES as PAPERS
from counterfoil.terminal.sentences import TROUBLES, trouble
from counterfoil.verdict import names
from counterfoil.words import Text

LINES: Final[tuple[tuple[str, Text], ...]] = (
    # the terminal
    ("request sent", Text("asked the switch", "向交换中心发出请求")),
    ("request not sent", Text("the request did not leave", "请求未发出")),
    ("not sent", Text("nothing was sent", "未发出")),
    ("approved", Text("heard the approval", "收到批准")),
    ("declined", Text("heard the decline", "收到拒绝")),
    ("answer with a bad MAC", Text("the answer could not be authenticated", "应答 MAC 校验错")),
    ("answer that decides nothing", Text("an answer that decides nothing", "应答不能定论")),
    ("unreadable message", Text("a message that cannot be read", "报文无法解析")),
    ("line closed", Text("the line closed", "线路断开")),
    ("late answer", Text("a late answer: evidence, never printed", "迟到的应答：仅作证据，不打印")),
    ("repeated answer", Text("a repeated answer", "重复的应答")),
    (r"reversal owed, reason (\w+)", Text("owes a reversal, reason {0}", "须冲正，原因码 {0}")),
    ("given up, nothing is owed", Text("gave the inquiry up: nothing is owed", "放弃查询：无需冲正")),
    ("wrong supervisor password", Text("a wrong supervisor password", "主管密码错误")),
    (
        "supervisor passwords refused for an hour",
        Text("takes no supervisor password for an hour", "一小时内不再受理主管密码"),
    ),
    ("reversal sent", Text("sent the reversal", "发出冲正")),
    ("reversal not sent", Text("the reversal did not leave", "冲正未发出")),
    ("reversal unanswered", Text("the reversal was not answered", "冲正无应答")),
    ("reversal answered with a bad MAC", Text("the reversal's answer was not authentic", "冲正应答 MAC 校验错")),
    (r"reversal answered (\w+)", Text("the reversal was answered {0}", "冲正应答 {0}")),
    ("found without an answer after a restart", Text("restarted without an answer", "重启后发现无应答")),
    (
        "found approved after a restart, receipt not seen",
        Text("restarted: approved, receipt not seen", "重启后发现已批准，签购单未确认"),
    ),
    ("goods handed_over", Text("the goods were handed over", "商品已交付")),
    (
        r"its key is used again at (.*)",
        Text("nothing had been sent: its key is used again at {0}", "未曾发出：其收银键在终端 {0} 再次使用"),
    ),
    ("goods kept", Text("the goods were not handed over", "商品未交付")),
    ("printers set", Text("was given other printers", "更换打印机")),
    (r"print (\d+)", Text("print {0} goes to the printer", "第 {0} 次打印送往打印机")),
    (r"receipt (\w+)", Text("a person says: receipt {0}", "人工确认签购单：{0}")),
    (r"escalated by (.*)", Text("handed to a person by {0}", "由 {0} 转人工处理")),
    ("e-receipt shown as QR", Text("e-receipt shown as QR", "电子签购单已出示")),
    ("e-receipt sent by SMS", Text("e-receipt sent by SMS", "电子签购单已发短信")),
    ("SMS taken", Text("text message to the telephone: taken", "签购单短信：已受理")),
    ("SMS refused", Text("text message to the telephone: refused", "签购单短信：被拒绝")),
    # the switch
    ("asked", Text("the terminal asked", "收到终端请求")),
    ("forwarded", Text("asked the issuer", "转发至发卡行")),
    ("issuer_answered", Text("the issuer answered", "发卡行已应答")),
    ("answered", Text("answered the terminal", "应答终端")),
    ("repeated", Text("said the stored answer again", "重发已存应答")),
    ("expired", Text("no answer from the issuer in time", "发卡行未及时应答")),
    ("answer_late", Text("the issuer answered too late: evidence", "发卡行应答迟到：仅作证据")),
    ("answer_wrong_mac", Text("the issuer's answer was not authentic", "发卡行应答 MAC 校验错")),
    ("answer_unmatched", Text("an answer that fits no request", "应答与任何请求不符")),
    ("answer_unusable", Text("an answer that decides nothing", "应答不能定论")),
    ("not_sent", Text("the request did not leave for the issuer", "请求未能发往发卡行")),
    ("held_back", Text("held the request back: the issuer hung up on such before", "发卡行曾因此断开连接，暂未转发")),
    ("restarted", Text("restarted without the issuer's answer", "重启后发现无发卡行应答")),
    ("turned_away", Text("turned away", "拒绝受理")),
    ("ignored", Text("a message without a valid MAC: no answer", "MAC 无效的报文：不予应答")),
    ("signed_on", Text("the terminal used the keys it was offered", "终端启用下发的工作密钥")),
    ("reversal_asked", Text("the terminal asked for a reversal", "收到终端冲正")),
    ("reversal_answered", Text("accepted the reversal", "已受理冲正")),
    ("reversal_owed", Text("owes the issuer a reversal", "须向发卡行冲正")),
    ("reversal_sent", Text("sent the reversal to the issuer", "向发卡行发出冲正")),
    ("reversal_not_sent", Text("the reversal did not leave for the issuer", "冲正未能发往发卡行")),
    ("hung_up", Text("the connection to the issuer ended behind it", "发出后与发卡行的连接中断")),
    ("reversal_acknowledged", Text("the issuer acknowledged the reversal", "发卡行已确认冲正")),
    # the issuers
    (r"(\d{4}) received, without a valid MAC", Text("{0} came without a valid MAC", "收到 {0}，MAC 无效")),
    (r"(\d{4}) received", Text("{0} came", "收到 {0}")),
    (r"(\d{4}) answered", Text("answered with {0}", "应答 {0}")),
)
STATES: Final[dict[str, Text]] = {
    "sent": Text("asked", "已请求"),
    "asked": Text("asked, answer owed", "等待应答"),
    "approved": Text("approved", "已批准"),
    "closed": Text("approved, receipt out", "已批准，签购单已交付"),
    "declined": Text("declined", "已拒绝"),
    "not_sent": Text("not sent", "未发出"),
    "reversing": Text("reversing", "冲正中"),
    "reversed": Text("reversed", "已冲正"),
    "escalated": Text("with a person", "转人工处理"),
    "lapsed": Text("given up without an answer", "未获应答，已放弃"),
    "tombstone": Text("reversed before it came", "冲正先于原交易到达"),
    "tombstoned": Text("reversed before it came", "冲正先于原交易到达"),
    "late": Text("came too late, refused", "迟到，已拒绝"),
    "posted": Text("debited", "已扣款"),
}
COPIES: Final[dict[str, Text]] = {
    "none": Text("none", "无"),
    "queued": Text("not printed", "未打印"),
    "sending": Text("printing", "打印中"),
    "sent": Text("sent to the printer", "已送打印机"),
    "printed": Text("printed", "已打印"),
    "unknown": Text("may have come out", "可能已出纸"),
    "failed": Text("did not come out", "未出纸"),
    "attested": Text("seen by a person", "人工确认"),
    "e_delivered": Text("e-receipt delivered", "电子签购单已交付"),
    "declined": Text("not wanted", "顾客不要"),
}
POSITIONS: Final = {
    MISSING: names.NO_RECORD,
    UNREADABLE: Text("cannot be read", "无法读取"),
    NOT_OURS: names.NOT_OURS,
}
NEWS: Final[dict[str, Text]] = {
    **COPIES,
    "held up": Text("held up, goes on by itself", "打印受阻，处理后自动续打"),
    "goes to the second printer": Text("goes to the second printer", "改由第二台打印机打印"),
}
"""What a terminal notes of a copy of the receipt."""
OF_A_COPY: Final = re.compile(rf"({'|'.join(PAPERS)}) copy ({'|'.join(NEWS)})(?:: (.*))?")
WITH_WHY: Final = re.compile(r"(SMS taken|SMS refused): (.*)")
OF_PAPER: Final = Text("{copy}: {news}", "{copy}：{news}")
BECAUSE: Final = Text("{said} ({why})", "{said}（{why}）")
_PATTERNS: Final = tuple((re.compile(pattern), text) for pattern, text in LINES)


def line(what: str) -> Text:
    """A line of a stub's history in both languages; as it is when it is none of those known here."""
    noted, refused = OF_A_COPY.fullmatch(what), WITH_WHY.fullmatch(what)
    if noted is not None:
        paper, news, why = noted.groups()
        said = OF_PAPER.filled(copy=PAPERS[paper], news=NEWS[news])
        return BECAUSE.filled(said=said, why=trouble(why)) if why else said
    if refused is not None:
        why = refused[2]
        return BECAUSE.filled(said=line(refused[1]), why=TROUBLES.get(why, Text(why, why)))
    for pattern, text in _PATTERNS:
        found = pattern.fullmatch(what)
        if found is not None:
            words = found.groups()
            return Text(
                text.en.format(*(COPIES[word].en if word in COPIES else word for word in words)),
                text.zh.format(*(COPIES[word].zh if word in COPIES else word for word in words)),
            )
    return Text(what, what)


def state(word: str) -> Text:
    """A state of a station's lifecycle in both languages."""
    return STATES.get(word, Text(word, word))


def copy(word: str) -> Text:
    """What is known of a copy of the receipt."""
    return COPIES.get(word, Text(word, word))


def position(text: str) -> Text:
    """Where a station stood: its state in words, and the code it gave."""
    if text in POSITIONS:
        return POSITIONS[text]
    word, _, code = text.partition(" ")
    said = state(word)
    return Text(f"{said.en} {code}".rstrip(), f"{said.zh} {code}".rstrip())
