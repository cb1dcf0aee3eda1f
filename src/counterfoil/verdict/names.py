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
}


def party(named: str) -> Text:
    """A party by name: "cardholder …1234", "merchant 8980…", "switch"; a name stays as it is."""
    role, space, rest = named.partition(" ")
    if role not in PARTIES:
        return Text(named, named)
    return Text(*(word + space + rest for word in PARTIES[role]))
