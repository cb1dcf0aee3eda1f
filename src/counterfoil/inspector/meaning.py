"""What the coded fields say: message type, processing code, entry mode, response code and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from counterfoil.iso8583 import Message, responses
from counterfoil.money import BY_NUMBER, written
from counterfoil.words import Text

_CLASSES: Final = {
    "1": Text("authorisation", "授权"),
    "2": Text("financial", "金融"),
    "3": Text("file action or batch upload", "批上送 / 文件"),
    "4": Text("reversal", "冲正"),
    "5": Text("reconciliation", "对账"),
    "6": Text("administrative", "管理"),
    "8": Text("network management", "网络管理"),
}
_FUNCTIONS: Final = {
    "0": Text("request", "请求"),
    "1": Text("answer", "应答"),
    "2": Text("advice", "通知"),
    "3": Text("answer to an advice", "通知应答"),
}
_PROCESSING: Final = {
    "00": Text("purchase", "消费"),
    "01": Text("cash withdrawal", "取现"),
    "02": Text("debit adjustment", "借记调整"),
    "03": Text("pre-authorisation", "预授权"),
    "20": Text("void or refund", "撤销 / 退货"),
    "22": Text("credit adjustment", "贷记调整"),
    "30": Text("balance inquiry", "余额查询"),
    "31": Text("balance inquiry", "余额查询"),
    "33": Text("cardholder verification", "持卡人验证"),
    "40": Text("transfer", "转账"),
    "60": Text("load", "圈存"),
}
_ENTRY: Final = {
    "00": Text("unknown", "未知"),
    "01": Text("typed by hand", "手工输入"),
    "02": Text("magnetic stripe", "磁条"),
    "03": Text("bar code", "条码"),
    "04": Text("optical reading", "光学识读"),
    "05": Text("chip, contact", "IC 卡接触式"),
    "07": Text("chip, contactless", "IC 卡非接"),
    "80": Text("chip failed, stripe read", "IC 卡降级为磁条"),
    "90": Text("magnetic stripe, whole track", "磁条（完整磁道）"),
    "91": Text("magnetic stripe, contactless", "磁条（非接）"),
    "95": Text("chip, data unreliable", "IC 卡（数据不可靠）"),
    "96": Text("chip of a telephone", "手机芯片"),
}
_PIN: Final = {"0": Text("not specified", "未说明"), "1": Text("with PIN", "有 PIN"), "2": Text("no PIN", "无 PIN")}
_CONDITIONS: Final = {
    "00": Text("normal", "正常提交"),
    "06": Text("pre-authorisation", "预授权"),
    "08": Text("mail or telephone order", "邮购 / 电话"),
    "18": Text("pre-authorisation completion", "预授权完成"),
    "59": Text("electronic commerce", "电子商务"),
}
_NETWORK: Final = {
    "001": Text("sign-on", "签到"),
    "002": Text("sign-off", "签退"),
    "101": Text("key change", "密钥更换"),
    "201": Text("cut-over", "日切"),
    "301": Text("echo test", "回响测试"),
}
_REASONS: Final = {
    "06": Text("reason: device or line failed", "冲正原因：设备或通讯故障"),
    "17": Text("reason: cancelled by the customer", "冲正原因：持卡人取消"),
    "68": Text("reason: no answer in time", "冲正原因：未及时收到应答"),
    "96": Text("reason: approved, and could not be completed", "冲正原因：已批准但无法完成"),
    "98": Text("reason: no answer in time", "冲正原因：未及时收到应答"),
    "A0": Text("reason: the answer's MAC was wrong", "冲正原因：应答 MAC 错误"),
}
_ORIGINS: Final = {"1": Text(", repeated", "（重发）"), "3": Text(", repeated", "（重发）")}


def message_type(mti: str) -> Text | None:
    """What kind of message it is: "0421" is a reversal advice, repeated."""
    kind, function = _CLASSES.get(mti[1:2]), _FUNCTIONS.get(mti[2:3])
    if kind is None or function is None:
        return None
    repeated = _ORIGINS.get(mti[3:4], Text("", ""))
    return Text(f"{kind.en} {function.en}{repeated.en}", f"{kind.zh}{function.zh}{repeated.zh}")


def _amount(text: str, message: Message) -> Text | None:
    currency = BY_NUMBER.get(message.de49 or "")
    if currency is None:
        return None
    value = f"{written(int(text), currency)} {currency}"
    return Text(value, value)


def _currency(text: str, _message: Message) -> Text | None:
    name = BY_NUMBER.get(text)
    return Text(name, name) if name is not None else None


def _entry(text: str, _message: Message) -> Text | None:
    how, pin = _ENTRY.get(text[:2]), _PIN.get(text[2:])
    if how is None:
        return None
    return Text(f"{how.en}, {pin.en}", f"{how.zh}，{pin.zh}") if pin is not None else how


def _response(text: str, message: Message) -> Text | None:
    if message.mti[1:2] == "4" and message.mti[2:3] in ("0", "2"):
        return _REASONS.get(text)
    return responses.text(text) if text in responses.RESPONSES else None


def _table(table: Mapping[str, Text], size: int) -> Callable[[str, Message], Text | None]:
    return lambda text, _message: table.get(text[:size])


_MEANINGS: Final[Mapping[str, Callable[[str, Message], Text | None]]] = {
    "3": _table(_PROCESSING, 2),
    "4": _amount,
    "22": _entry,
    "25": _table(_CONDITIONS, 2),
    "39": _response,
    "49": _currency,
    "70": _table(_NETWORK, 3),
}


def meaning(path: str, text: str, message: Message) -> Text | None:
    """What a field's value means; None where it means itself."""
    if path == "MTI":
        return message_type(text)
    says = _MEANINGS.get(path)
    return says(text, message) if says is not None else None
