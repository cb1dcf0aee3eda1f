"""What the data elements are called in Chinese, beside the English name in their dialect's table."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.iso8583 import Dialect
from counterfoil.words import Text

_CHINESE: Final[dict[int, str]] = {
    2: "主账号", 3: "交易处理码", 4: "交易金额", 5: "清算金额", 6: "持卡人扣账金额", 7: "交易传输时间",
    11: "凭证号", 12: "受卡方所在地时间", 13: "受卡方所在地日期", 14: "卡有效期", 15: "清算日期",
    18: "商户类型", 22: "服务点输入方式码", 23: "卡序列号", 25: "服务点条件码", 26: "服务点 PIN 获取码",
    32: "受理机构标识码", 33: "发送机构标识码", 34: "扩展主账号", 35: "第二磁道数据", 36: "第三磁道数据",
    37: "参考号", 38: "授权码", 39: "应答码", 41: "终端编号", 42: "商户编号", 43: "商户名称和地址",
    44: "附加响应数据", 45: "第一磁道数据", 46: "收单机构自定义", 47: "收单机构自定义", 48: "附加数据",
    49: "交易货币代码", 50: "清算货币代码", 51: "持卡人账户货币代码", 52: "PIN 数据", 53: "安全控制信息",
    54: "附加金额", 55: "IC 卡数据域", 56: "响应文本", 57: "收单机构自定义", 58: "电子钱包数据",
    59: "终端信息", 60: "交易类型、批次号和网络管理码", 61: "原始信息域", 62: "密钥、状态、参数",
    63: "操作员；国际卡组织代码和备注", 64: "报文鉴别码（MAC）", 66: "结算代码", 70: "网络管理信息码",
    90: "原始数据元", 95: "替换金额", 100: "接收机构标识码", 102: "账户标识 1", 103: "账户标识 2",
    128: "报文鉴别码（MAC）",
}  # fmt: skip
MTI: Final = Text("message type", "消息类型")
BITMAP: Final = Text("bitmap", "位元表")
REST: Final = Text("bytes that cannot be read", "无法解析的字节")


FORMS: Final[dict[str, Text]] = {
    "none": Text("none", "无"),
    "binary": Text("2 bytes, big endian", "2 字节，大端"),
    "binary+2": Text("2 bytes, counting themselves", "2 字节，含自身"),
    "little": Text("2 bytes, little endian", "2 字节，小端"),
    "digits": Text("4 digits", "4 位数字"),
    "digits+4": Text("4 digits, counting themselves", "4 位数字，含自身"),
    "bcd": Text("4 packed digits", "4 位 BCD"),
    "stx-bcd": Text("STX, 4 packed digits, ETX, LRC", "STX、4 位 BCD、ETX、LRC"),
    "stx-binary": Text("STX, 2 bytes, ETX, LRC", "STX、2 字节、ETX、LRC"),
}
DIALECTS: Final[dict[str, Text]] = {
    "cup-pos": Text("UnionPay POS (packed digits)", "银联 POS（压缩 BCD）"),
    "iso87-ascii": Text("ISO 8583:1987 in characters", "ISO 8583:1987 字符格式"),
}
PARTS: Final[dict[str, Text]] = {
    "60.1": Text("type of transaction", "交易类型码"),
    "60.2": Text("batch", "批次号"),
    "60.3": Text("network management code", "网络管理信息码"),
    "60.4": Text("terminal capability", "终端读取能力"),
    "60.5": Text("chip condition", "IC 卡条件代码"),
    "60.6": Text("partial approval", "支持部分扣款标志"),
    "60.7": Text("account type", "账户类型"),
    "61.1": Text("original batch", "原批次号"),
    "61.2": Text("original STAN", "原凭证号"),
    "61.3": Text("original date", "原交易日期"),
    "61.4": Text("original authorisation mode", "原授权方式"),
    "61.5": Text("original authorising institution", "原授权机构"),
    "62.sequence": Text("sequence number", "序号"),
    "62.pik": Text("PIN key", "PIN 密钥"),
    "62.pik_check": Text("check value of the PIN key", "PIN 密钥校验值"),
    "62.mak": Text("MAC key", "MAC 密钥"),
    "62.mak_check": Text("check value of the MAC key", "MAC 密钥校验值"),
    "62.tdk": Text("track key", "磁道密钥"),
    "62.tdk_check": Text("check value of the track key", "磁道密钥校验值"),
    "63.1": Text("operator, or card organisation", "操作员或国际卡组织代码"),
    "63.2": Text("notes", "备注"),
    "90.mti": Text("original message type", "原消息类型"),
    "90.11": Text("original STAN", "原凭证号"),
    "90.7": Text("original transmission time", "原交易传输时间"),
    "90.32": Text("original acquirer", "原受理机构"),
    "90.33": Text("original forwarder", "原发送机构"),
}
_HIDDEN: Final = re.compile(r"\[hidden, (\d+) (characters|bytes)\]")


def label(path: str) -> str:
    """How a field is cited: F39, F60.2, MTI, a tag of chip data; "" for a part of a packet that is only named."""
    return f"F{path}" if path[:1].isdecimal() else path if path[:1].isupper() else ""


def shown(value: str) -> Text:
    """A masked value for people: of what is hidden, how long it is."""
    found = _HIDDEN.fullmatch(value)
    if found is None:
        return Text(value, value)
    size, of = found.groups()
    return Text(f"hidden: {size} {of}", f"已隐藏：{size} {'个字符' if of == 'characters' else '个字节'}")


def name_of(dialect: Dialect, path: str) -> Text:
    """What the part of a message is called."""
    if path in ("MTI", "bitmap", "rest"):
        return {"MTI": MTI, "bitmap": BITMAP, "rest": REST}[path]
    if "." in path:
        return PARTS.get(path, Text("", ""))
    field = dialect.fields.get(int(path))
    english = field.name if field is not None else "not a field of this dialect"
    return Text(english, _CHINESE.get(int(path), english if field is not None else "本格式没有的域"))
