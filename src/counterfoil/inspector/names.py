"""What the data elements are called in Chinese, beside the English name in their dialect's table."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Dialect
from counterfoil.words import Text

_CHINESE: Final[dict[int, str]] = {
    2: "主账号", 3: "交易处理码", 4: "交易金额", 5: "清算金额", 6: "持卡人扣账金额", 7: "交易传输时间",
    11: "系统跟踪号 (流水号)", 12: "受卡方所在地时间", 13: "受卡方所在地日期", 14: "卡有效期", 15: "清算日期",
    18: "商户类型", 22: "服务点输入方式码", 23: "卡序列号", 25: "服务点条件码", 26: "服务点 PIN 获取码",
    32: "受理机构标识码", 33: "发送机构标识码", 34: "扩展主账号", 35: "第二磁道数据", 36: "第三磁道数据",
    37: "检索参考号", 38: "授权标识应答码", 39: "应答码", 41: "终端号", 42: "商户号", 43: "商户名称和地址",
    44: "附加响应数据", 45: "第一磁道数据", 46: "收单机构自定义", 47: "收单机构自定义", 48: "附加数据",
    49: "交易货币代码", 50: "清算货币代码", 51: "持卡人账户货币代码", 52: "PIN 数据", 53: "安全控制信息",
    54: "附加金额", 55: "IC 卡数据域", 56: "响应文本", 57: "收单机构自定义", 58: "电子钱包数据",
    59: "终端信息", 60: "交易类型、批次号和网络管理码", 61: "原始信息域", 62: "密钥、状态、参数",
    63: "操作员；国际卡组织代码和备注", 64: "报文鉴别码 (MAC)", 66: "结算代码", 70: "网络管理信息码",
    90: "原始数据元", 95: "替换金额", 100: "接收机构标识码", 102: "账户标识 1", 103: "账户标识 2",
    128: "报文鉴别码 (MAC)",
}  # fmt: skip
MTI: Final = Text("message type", "消息类型")
BITMAP: Final = Text("bitmap", "位元表")
REST: Final = Text("bytes that cannot be read", "无法解析的字节")


def name_of(dialect: Dialect, path: str) -> Text:
    """What the part of a message is called."""
    if path in ("MTI", "bitmap", "rest"):
        return {"MTI": MTI, "bitmap": BITMAP, "rest": REST}[path]
    field = dialect.fields.get(int(path))
    english = field.name if field is not None else "not a field of this dialect"
    return Text(english, _CHINESE.get(int(path), english if field is not None else "本格式没有的域"))
