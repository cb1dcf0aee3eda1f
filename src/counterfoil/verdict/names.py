"""What verdicts and parties are called, in both languages: the command line and the console say the same."""

from __future__ import annotations

from typing import Final

from counterfoil.words import Text

VERDICTS: Final[dict[str, Text]] = {
    "PAID": Text("PAID", "已付款"),
    "PAID_RECEIPT_OPEN": Text("PAID, RECEIPT OPEN", "已付款，凭条待交付"),
    "NOT_CHARGED": Text("NOT CHARGED", "未扣款"),
    "RETURNING": Text("RETURNING", "退款中"),
    "RETURNED": Text("RETURNED", "已退回"),
    "UNKNOWN": Text("UNKNOWN", "结果未知"),
    "EXCEPTION": Text("EXCEPTION", "异常，人工处理"),
}
CASES: Final[dict[str, Text]] = {
    "reversal_unacknowledged": Text("the issuer does not acknowledge the reversal", "发卡行未确认冲正"),
    "reversal_differs": Text("a reversal names another sale than its key does", "冲正内容与原交易不符"),
    "forgotten": Text(
        "a station whose store was put back does not know it any more", "恢复过数据的站点已不再知道该笔交易"
    ),
    "archived_reversal": Text("a reversal of a sale that is archived", "对已归档交易的冲正"),
    "reversal_escalated": Text(
        "a supervisor took the pending reversal out of the terminal's hands", "主管已将未决冲正转人工处理"
    ),
}
ENDS: Final[dict[str, Text]] = {
    "acknowledged": Text("the reversal was acknowledged", "冲正已获确认"),
    "agreed": Text("the stations agree again", "各站记录已一致"),
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
    "receipt": Text("receipt", "凭条"),
}


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


def party(named: str) -> Text:
    """A party by name: "cardholder …1234", "merchant 8980…", "switch"; a name stays as it is."""
    role, space, rest = named.partition(" ")
    if role not in PARTIES:
        return Text(named, named)
    return Text(*(word + space + rest for word in PARTIES[role]))
