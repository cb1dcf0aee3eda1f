"""What the injected faults of a simulated world are called, for people; they are counted under short English words."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.words import Text

KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("delay", "延迟"),
    ("drop", "丢弃"),
    ("duplicate", "重复"),
    ("partition", "网络分区"),
    ("reset", "连接中断"),
    ("not sent", "未能发出"),
    ("stale connection", "已断连接未及时发现"),
    (r"corrupt (.*)", "损坏：{0}"),
    (r"crash (.*)", "崩溃：{0}"),
    ("forged answer", "伪造的应答"),
    ("forged sign-on", "伪造的签到"),
    (r"forged (\w+)", "伪造的 {0}"),
    ("forgotten rows ended", "已了结遗忘的记录"),
    (r"(\S+) put back", "{0} 恢复备份"),
    (r"hangs up on (\w+)", "收到 {0} 即挂断"),
    (r"institution: silence to (\w+)", "发卡行对 {0} 不应答"),
    (r"institution: (\w+) to (\w+)", "发卡行对 {1} 应答 {0}"),
    ("odd customer", "异常顾客"),
    ("printer fails", "打印机故障"),
    ("sms fails", "短信发送失败"),
    (r"relay: (.*)", "中间人：{0}"),
    ("stray advice", "无主的通知"),
    ("supervisor", "主管介入"),
    ("terminal replaced", "终端更换"),
    (r"brought: (.*)", "出示方式：{0}"),
    (r"cashier: (.*)", "收银台：{0}"),
    (r"errand: (.*)", "附带操作：{0}"),
)
_PATTERNS: Final = tuple((re.compile(pattern), zh) for pattern, zh in KINDS)


def fault(kind: str) -> Text:
    """A kind of fault in both languages; its own word where there is no other."""
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(kind)
        if found is not None:
            return Text(kind, zh.format(*found.groups()))
    return Text(kind, kind)
