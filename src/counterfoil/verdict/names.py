"""What verdicts and parties are called, in both languages: the command line and the console say the same."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.kinds import BY_NAME, Ended
from counterfoil.words import Text

VERDICTS: Final[dict[str, Text]] = {
    "PAID": Text("PAID", "已付款"),
    "PAID_RECEIPT_OPEN": Text("PAID, RECEIPT OPEN", "已付款，签购单待交付"),
    "NOT_CHARGED": Text("NOT CHARGED", "未扣款"),
    "RETURNING": Text("RETURNING", "退回中"),
    "RETURNED": Text("RETURNED", "已退回"),
    "UNKNOWN": Text("UNKNOWN", "结果未知"),
    "EXCEPTION": Text("EXCEPTION", "异常，人工处理"),
}
OUTCOMES: Final[dict[str, Text]] = {
    "approved": Text("approved", "已批准"),
    "declined": Text("declined", "已拒绝"),
    "unknown": Text("unknown", "结果未知"),
    "not_sent": Text("not sent", "未发出"),
}
"""What a terminal says of a sale."""
PHASES: Final[dict[str, Text]] = {
    "idle": Text("idle", "空闲"),
    "asking": Text("waits for an answer", "等待应答"),
    "reversing": Text("reverses", "冲正中"),
    "reversal_pending": Text("reversal pending", "冲正待发"),
    "signing_on": Text("signs on", "签到中"),
    "printing": Text("prints", "打印中"),
    "open_sale": Text("asks about the goods", "待确认商品"),
}
"""What a terminal is doing."""
FAULTS: Final[dict[str, Text]] = {
    "drop": Text("drop", "丢弃"),
    "delay": Text("delay", "延迟"),
    "duplicate": Text("duplicate", "重复发送"),
    "corrupt": Text("corrupt", "破坏 MAC"),
    "close": Text("close", "断开连接"),
    "hang": Text("hang", "半开连接"),
    "refuse": Text("refuse", "拒绝连接"),
}
"""What is done to messages on a leg on purpose."""
INVARIANTS: Final[dict[str, Text]] = {
    "sum_not_zero": Text("the balances do not add up to zero", "余额合计不为零"),
    "balance_differs": Text("a balance is not the sum of its entries", "余额与分录之和不符"),
    "held_differs": Text("a held amount is not the sum of its holds", "冻结金额与冻结之和不符"),
    "below_floor": Text("less is available than may be", "可用金额低于下限"),
    "amount_wrong": Text("an entry moves no sensible amount", "分录金额有误"),
    "account_wrong": Text("an entry is on an account it cannot be on", "分录的账户有误"),
    "id_twice": Text("two records have one number", "编号重复"),
    "reversal_differs": Text("a reversal differs from what it reverses", "冲正与原分录不符"),
    "reversed_twice": Text("it is reversed twice", "重复冲正"),
    "resolved_twice": Text("a hold ends twice", "冻结重复了结"),
    "hold_missing": Text("the hold is missing", "冻结不存在"),
    "posting_differs": Text("what was posted differs from what was held", "入账与冻结不符"),
    "authorisation_differs": Text("an open hold is no open authorisation", "冻结与授权不符"),
}
"""What is wrong with a ledger."""
VIOLATION: Final = Text(
    "{issuer}: {what}: {subject}, expected {expected}, found {found}",
    "{issuer}：{what}：{subject}，应为 {expected}，实为 {found}",
)
BROKEN: Final = re.compile(r"(.*?): (\w+): (.*), expected (-?\d+), found (-?\d+)")
CASES: Final[dict[str, Text]] = {
    "reversal_unacknowledged": Text("the issuer does not acknowledge the reversal", "发卡行未确认冲正"),
    "reversal_differs": Text("a reversal names another transaction than its key does", "冲正内容与原交易不符"),
    "forgotten": Text(
        "a station whose store was put back does not know it any more", "恢复过数据的站点已不再知道该笔交易"
    ),
    "archived_reversal": Text("a reversal of a transaction that is archived", "对已归档交易的冲正"),
    "hold_completed": Text(
        "a reversal of a pre-authorisation that is completed: nothing was undone",
        "对已完成的预授权的冲正：未作任何冲回",
    ),
    "overdrawn": Text("a reversal took an account below its limit", "冲正使账户余额低于下限"),
    "reversal_escalated": Text(
        "a supervisor took the pending reversal out of the terminal's hands", "主管已将未决冲正转人工处理"
    ),
}
ENDS: Final[dict[str, Text]] = {
    "acknowledged": Text("the reversal was acknowledged", "冲正已获确认"),
    "agreed": Text("the stations agree again", "各站点记录已一致"),
    "decided": Text("a person decided", "已由人工裁定"),
    "accepted": Text("a person accepted that it is forgotten", "已由人工确认遗忘"),
    "imported": Text("a person kept what the other stations know", "已由人工记入其他站点的记录"),
}
PARTIES: Final[dict[str, Text]] = {
    "nobody": Text("nobody", "无"),
    "cashier": Text("cashier", "收银员"),
    "supervisor": Text("supervisor", "主管"),
    "acquirer": Text("acquirer", "收单机构"),
    "terminal": Text("terminal", "终端"),
    "switch": Text("switch", "交换中心"),
    "issuer": Text("issuer", "发卡行"),
    "cardholder": Text("cardholder", "持卡人"),
    "merchant": Text("merchant", "商户"),
    "receipt": Text("receipt", "签购单"),
}


EFFECTS: Final[dict[str, Text]] = {
    "debited": Text("debited", "已扣款"),
    "returned": Text("returned", "已退回"),
    "credited": Text("given back", "已退回"),
    "withdrawn": Text("debited again", "已重新扣款"),
    "held": Text("set aside", "已冻结"),
    "released": Text("released", "已解冻"),
    "freed": Text("released", "已解冻"),
    "held_again": Text("set aside again", "已重新冻结"),
}
"""What an issuer's stub says it did to a card, by the member that says how much."""
OPEN_RECEIPT: Final = Text("{said}, RECEIPT OPEN", "{said}，签购单待交付")


def word(verdict: str, kind: str, over: Ended | None = None) -> Text:
    """What lists call a verdict of this kind; `over` is how a transaction that stood ended."""
    names = BY_NAME[kind].headings
    stands = over.heading if over is not None else names.stands
    return {
        "PAID": stands,
        "PAID_RECEIPT_OPEN": OPEN_RECEIPT.filled(said=stands),
        "NOT_CHARGED": names.nothing,
        "RETURNING": names.returning,
        "RETURNED": names.undone,
    }.get(verdict) or VERDICTS[verdict]


def kind_word(kind: str) -> Text:
    """What a kind of transaction is called."""
    return BY_NAME[kind].says


def case_word(what: str) -> Text:
    """What a case is about; the station's own word where there is no other."""
    return CASES.get(what, Text(what, what))


NO_RECORD: Final = Text("no record", "无记录")
"""A station's stub that is not there, or cannot be read: not the verdict UNKNOWN."""
NOT_OURS: Final = Text("not ours to ask", "非本系统所属")


def hop(named: str) -> Text:
    """Where it stopped: a hop, "terminal → switch", or the station that said no."""
    ends = [party(end) for end in named.split(" → ")]
    return Text(" → ".join(end.en for end in ends), " → ".join(end.zh for end in ends))


def absent(said: str) -> Text:
    """What stands in place of a stub: no record, or not ours."""
    return NOT_OURS if said == "not ours" else NO_RECORD


def phase(word: str) -> Text:
    """What a terminal is doing; its own word where there is no other."""
    return PHASES.get(word, Text(word, word))


def violation(line: str) -> Text:
    """A broken invariant of an issuer's ledger, as `inquiry.books` tells it."""
    told = BROKEN.fullmatch(line)
    if told is None:
        return Text(line, line)
    issuer, what, subject, expected, found = told.groups()
    words = INVARIANTS.get(what, Text(what, what))
    return VIOLATION.filled(issuer=issuer, what=words, subject=subject, expected=expected, found=found)


def party(named: str) -> Text:
    """A party by name: "cardholder …1234", "merchant 8980…", "switch"; a name stays as it is."""
    role, space, rest = named.partition(" ")
    if role not in PARTIES:
        return Text(named, named)
    return Text(*(word + space + rest for word in PARTIES[role]))
