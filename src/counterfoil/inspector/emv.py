"""Chip data (DE55): the names of its elements, which of them may be shown, and what the common ones say."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import Message
from counterfoil.iso8583.nested import tlv
from counterfoil.words import Text

# Tag, whether its value may be shown, and its name. What may not: card number, tracks, name, PIN, and free data.
_TAGS: Final[tuple[tuple[str, bool, str, str], ...]] = (
    ("4F", True, "application identifier", "应用标识（AID）"),
    ("50", True, "application label", "应用标签"),
    ("56", False, "track 1 data", "磁道 1 数据"),
    ("57", False, "track 2 equivalent data", "磁道 2 等效数据"),
    ("5A", False, "card number (PAN)", "主账号（PAN）"),
    ("5F20", False, "cardholder name", "持卡人姓名"),
    ("5F24", False, "expiry date", "应用失效日期"),
    ("5F28", True, "issuer country", "发卡行国家代码"),
    ("5F2A", True, "transaction currency", "交易货币代码"),
    ("5F34", True, "card sequence number", "主账号序列号"),
    ("71", True, "issuer script, before the second cryptogram", "发卡行脚本（第二次 GAC 之前）"),
    ("72", True, "issuer script, after the second cryptogram", "发卡行脚本（第二次 GAC 之后）"),
    ("82", True, "application interchange profile", "应用交互特征（AIP）"),
    ("84", True, "dedicated file name", "专用文件名"),
    ("8A", True, "authorisation response code", "授权应答码"),
    ("91", True, "issuer authentication data", "发卡行认证数据"),
    ("95", True, "terminal verification results", "终端验证结果（TVR）"),
    ("99", False, "PIN data", "PIN 数据"),
    ("9A", True, "transaction date", "交易日期"),
    ("9B", True, "transaction status information", "交易状态信息（TSI）"),
    ("9C", True, "transaction type", "交易类型"),
    ("9F02", True, "amount, authorised", "授权金额"),
    ("9F03", True, "amount, other", "其他金额"),
    ("9F06", True, "application identifier, terminal", "应用标识（终端）"),
    ("9F09", True, "application version, terminal", "应用版本号（终端）"),
    ("9F10", False, "issuer application data", "发卡行应用数据"),
    ("9F12", True, "application preferred name", "应用首选名称"),
    ("9F1A", True, "terminal country", "终端国家代码"),
    ("9F1E", True, "serial number of the interface device", "接口设备序列号"),
    ("9F1F", False, "track 1 discretionary data", "磁道 1 自定义数据"),
    ("9F20", False, "track 2 discretionary data", "磁道 2 自定义数据"),
    ("9F26", True, "application cryptogram", "应用密文（AC）"),
    ("9F27", True, "cryptogram information data", "密文信息数据"),
    ("9F33", True, "terminal capabilities", "终端性能"),
    ("9F34", True, "cardholder verification results", "持卡人验证结果"),
    ("9F35", True, "terminal type", "终端类型"),
    ("9F36", True, "application transaction counter", "应用交易计数器（ATC）"),
    ("9F37", True, "unpredictable number", "不可预知数"),
    ("9F41", True, "transaction sequence counter", "交易序列计数器"),
    ("9F4C", False, "ICC dynamic number", "IC 卡动态数"),
    ("9F63", False, "product identification", "卡产品标识信息"),
    ("9F6B", False, "track 2 data, contactless", "磁道 2 数据（非接）"),
    ("9F74", False, "electronic cash issuer authorisation code", "电子现金发卡行授权码"),
    ("DF31", True, "result of the issuer script", "发卡行脚本结果"),
)
NAMES: Final = {tag: Text(en, zh) for tag, _, en, zh in _TAGS}
_PUBLIC: Final = frozenset(tag for tag, public, _, _ in _TAGS if public)
_ELSE: Final = Text("another element", "其他数据元")

_CRYPTOGRAMS: Final = {
    0x00: Text("declined offline (AAC)", "脱机拒绝（AAC）"),
    0x40: Text("approved offline (TC)", "脱机批准（TC）"),
    0x80: Text("asks online (ARQC)", "请求联机（ARQC）"),
}
# Byte, bit, and what it says when it is set.
_TVR: Final[tuple[tuple[int, int, str, str], ...]] = (
    (0, 0x80, "offline data authentication not performed", "未进行脱机数据认证"),
    (0, 0x40, "SDA failed", "静态数据认证失败"),
    (0, 0x20, "chip data missing", "IC 卡数据缺失"),
    (0, 0x10, "card on the exception file", "卡片在终端异常文件中"),
    (0, 0x08, "DDA failed", "动态数据认证失败"),
    (0, 0x04, "CDA failed", "复合动态数据认证失败"),
    (1, 0x80, "application versions differ", "应用版本不一致"),
    (1, 0x40, "expired application", "应用已过期"),
    (1, 0x20, "application not yet effective", "应用尚未生效"),
    (1, 0x10, "service not allowed for the card", "卡片不允许所请求的服务"),
    (1, 0x08, "new card", "新卡"),
    (2, 0x80, "cardholder verification failed", "持卡人验证未成功"),
    (2, 0x40, "unknown verification method", "未知的持卡人验证方法"),
    (2, 0x20, "PIN tries exceeded", "PIN 输入次数超限"),
    (2, 0x10, "PIN pad not there or broken", "密码键盘不存在或故障"),
    (2, 0x08, "PIN not entered", "未输入 PIN"),
    (2, 0x04, "online PIN entered", "已输入联机 PIN"),
    (3, 0x80, "above the floor limit", "交易超过最低限额"),
    (3, 0x40, "lower consecutive offline limit exceeded", "超过连续脱机交易下限"),
    (3, 0x20, "upper consecutive offline limit exceeded", "超过连续脱机交易上限"),
    (3, 0x10, "chosen at random for online", "随机选择联机处理"),
    (3, 0x08, "merchant forced online", "商户强制联机"),
    (4, 0x40, "issuer authentication failed", "发卡行认证失败"),
    (4, 0x20, "script failed before the second cryptogram", "第二次 GAC 之前脚本处理失败"),
    (4, 0x10, "script failed after the second cryptogram", "第二次 GAC 之后脚本处理失败"),
)


class EmvElement(NamedTuple):
    """One element and where it lies in the field: tag at `at`, value from `value_at` to `end`."""

    tag: str
    value: bytes
    at: int
    value_at: int
    end: int

    @property
    def name(self) -> Text:
        """What it is called."""
        return NAMES.get(self.tag, _ELSE)

    def public(self, message: Message) -> bool:
        """Whether its value may be shown: known to hold no card data, and no piece of this message's own card in it."""
        card = message.de2 or (message.de35 or "").replace("=", "D").partition("D")[0]
        pieces = (card[:10], card[4:13], card[-10:]) if len(card) >= 13 else ()
        digits = self.value.hex()
        return self.tag in _PUBLIC and not any(piece in digits for piece in pieces)

    def says(self) -> Text | None:
        """What the value means; None where nothing is known of it."""
        if self.tag == "9F27" and len(self.value) == 1:
            return _CRYPTOGRAMS.get(self.value[0] & 0xC0)
        if self.tag == "95" and len(self.value) == 5:
            found = [Text(en, zh) for byte, bit, en, zh in _TVR if self.value[byte] & bit]
            return Text("; ".join(text.en for text in found), ";".join(text.zh for text in found)) if found else None
        return None


def elements(data: bytes) -> list[EmvElement]:
    """The elements of a field; [] when it is no BER-TLV."""
    try:
        pairs = tlv.parse(data)
    except DecodeError:
        return []
    found, at = [], 0
    for tag, value in pairs:
        behind_tag = at + len(tag) // 2
        first = data[behind_tag]
        value_at = behind_tag + (1 if first < 0x80 else 1 + (first & 0x7F))
        found.append(EmvElement(tag, value, at, value_at, value_at + len(value)))
        at = value_at + len(value)
    return found
