"""Why a message cannot be read or written, in Chinese beside the codec's own English.

The codec says its reasons in English, for logs and programs; whoever shows one to people says `told`.
"""

from __future__ import annotations

import re
from typing import Final

from counterfoil.errors import PaymentError
from counterfoil.words import Text

REASONS: Final[tuple[tuple[str, str], ...]] = (
    # a message
    ("not a field of this dialect", "本格式没有该域"),
    ("cut off", "报文在此中断"),
    ("cut off inside the length", "报文在长度内中断"),
    ("not four digits", "不是四位数字"),
    ("a secondary bitmap is not used here", "此处不使用第二位图"),
    ("a third bitmap is not used here", "此处不使用第三位图"),
    ("not hex characters", "不是十六进制字符"),
    ("not a hex character", "不是十六进制字符"),
    ("not hex digits in pairs", "不是成对的十六进制数字"),
    ("neither C nor D before the digits", "数字前应为 C 或 D"),
    ("neither C nor D before the amount", "金额前应为 C 或 D"),
    ("not a digit", "不是数字"),
    ("not track data", "不是磁道数据"),
    ("text is wanted here", "此处应为文本"),
    ("bytes are wanted here", "此处应为字节"),
    ("the filler nibble is not 0", "填充位不是 0"),
    ("the filler nibble is neither 0 nor F", "填充位既不是 0 也不是 F"),
    ("the filler nibble is 0 or F", "填充位应为 0 或 F"),
    ("not printable text", "不是可打印文本"),
    (r"(\d+) bytes wanted, (\d+) left", "需要 {0} 字节，只剩 {1} 字节"),
    (r"(\d+) digits wanted, (\d+) left", "需要 {0} 位数字，只剩 {1} 位"),
    (r"(\d+) characters wanted, (\d+) left", "需要 {0} 个字符，只剩 {1} 个"),
    (r"(\d+) digits wanted", "应为 {0} 位数字"),
    (r"(\d+) bytes left over", "多出 {0} 字节"),
    (r"(\d+) digits left over", "多出 {0} 位数字"),
    (r"longer than (\d+) bytes", "超过 {0} 字节"),
    (r"longer than (\d+)", "超过 {0}"),
    ("present but empty", "域存在但为空"),
    ("the length is not a number", "长度不是数字"),
    (r"length is not (\d+)", "长度不是 {0}"),
    (r"length (\d+), (\d+) left", "长度为 {0}，只剩 {1}"),
    ("an attribute that is no field", "该属性不是域"),
    ("a key that is no field of this dialect", "该键不是本格式的域"),
    (r"DE(\d+) is not in this message", "报文中没有 DE{0}"),
    ("no message type", "没有消息类型"),
    ("no bitmap", "没有位图"),
    ("cannot be read", "无法解析"),
    ("bytes left over", "多余的字节"),
    (
        "this dialect has no such field; an override that adds it needs type and max",
        "本格式没有该域；用 override 增加时须给出 type 和 max",
    ),
    # parts of fields
    ("a part ends inside a character", "子域在字符中间结束"),
    (r"working keys of (\d+) bytes have no known layout", "{0} 字节的工作密钥没有已知的排列"),
    ("key lengths that have no layout", "密钥长度没有对应的排列"),
    ("a track key is as long as the PIN key", "磁道密钥应与 PIN 密钥等长"),
    ("a check value is 4 bytes", "校验值应为 4 字节"),
    ("not a sequence number", "不是序号"),
    ("the length does not count what follows", "长度与其后内容不符"),
    ("the count does not count what follows", "计数与其后内容不符"),
    ("at most 99 printable ASCII characters", "最多 99 个可打印 ASCII 字符"),
    ("stands behind an empty part", "前面的子域为空"),
    ("absent, or not text", "缺失或不是文本"),
    ("absent, or not bytes", "缺失或不是字节"),
    ("the amount or its currency does not fit", "金额或货币不符"),
    ("the original's STAN is missing", "缺少原交易凭证号"),
    ("more than 8 items", "超过 8 项"),
    ("the batch number is missing", "缺少批次号"),
    ("not what a sign-on says of what is known", "不是签到中已知交易的格式"),
    # chip data
    ("ends inside a tag", "在标签内结束"),
    ("a tag longer than four bytes", "标签超过四字节"),
    ("a tag is hex digits in pairs", "标签应为成对的十六进制数字"),
    ("ends before its length", "在长度之前结束"),
    ("a length of this form is not used", "不使用这种长度形式"),
    ("ends inside its length", "在长度内结束"),
    # frames
    ("a packet of this length cannot be framed", "此长度的报文无法加长度头"),
    ("the packet does not begin with a TPDU", "报文不以 TPDU 开头"),
    ("the packet ends before its message", "报文在消息之前结束"),
    ("no ETX closes the packet", "报文末尾没有 ETX"),
    ("there is no message where one should be", "应有消息处没有消息"),
    (r"framing is one of (.*)", "可用的封装：{0}"),
    # what differs from a dialect
    (
        "an override is a mapping from the number of a data element to what changes",
        "override 应为域号到改动内容的映射",
    ),
    ("an override is keyed by the number of a data element", "override 的键应为域号"),
    (
        "an override is a mapping of type, max, prefix, align, pad and charset",
        "override 应由 type、max、prefix、align、pad、charset 组成",
    ),
    (
        "an override has type, max, prefix, align, pad and charset, nothing else",
        "override 只能含 type、max、prefix、align、pad、charset",
    ),
    ("a data element has a number from 2 to 128, without 65", "域号应为 2 至 128，不含 65"),
    (r"a maximum from 1 to (\d+) fits this length prefix", "此长度前缀的最大长度应为 1 至 {0}"),
    (r"only text \(ans\) has a charset", "只有文本（ans）有字符集"),
    ("max is a whole number", "max 应为整数"),
    (r"(\w+) is one of (.*)", "{0} 应为下列之一：{1}"),
)
_PATTERNS: Final = tuple((re.compile(pattern), zh) for pattern, zh in REASONS)
_PLACED: Final = re.compile(r"(\S+) at byte (\d+): (.*)", re.DOTALL)
_FIELD: Final = re.compile(r"((?:DE)?[0-9][0-9A-F.]*|MTI|TPDU|frame|message|end|bitmap): (.*)", re.DOTALL)
_PLACES: Final = {"frame": "封装", "message": "报文", "end": "报文末尾", "bitmap": "位元表"}


def reason(english: str) -> Text:
    """The reason of a codec error in both languages; one without a translation stays as it is."""
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(english)
        if found is not None:
            return Text(english, zh.format(*found.groups()))
    return Text(english, english)


def told(error: PaymentError) -> Text:
    """A codec error in both languages, with the field and the offset it is about."""
    english = str(error)
    if placed := _PLACED.fullmatch(english):
        where, at, why = placed.groups()
        return Text(english, f"{_PLACES.get(where, where)}（第 {at} 字节）：{reason(why).zh}")
    if field := _FIELD.fullmatch(english):
        where, why = field.groups()
        return Text(english, f"{_PLACES.get(where, where)}：{reason(why).zh}")
    return reason(english)
