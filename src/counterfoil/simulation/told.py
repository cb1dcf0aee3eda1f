"""What the injected faults of a simulated world are called, for people; they are counted under short English words."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.kinds import TABLE
from counterfoil.verdict.names import FAULTS
from counterfoil.words import Text

KINDS: Final[tuple[tuple[str, str], ...]] = (
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
    (r"asked: (\w+)", "收银台发起：{0}"),
    (r"errand: (.*)", "附带操作：{0}"),
)
INNER: Final[dict[str, str]] = {
    # how a message is damaged
    "flip": "某位翻转",
    "truncate": "截断",
    "noise": "乱码",
    "length": "长度",
    "tpdu": "TPDU",
    "header": "报文头",
    # when a process dies
    "after commit": "提交后",
    "before commit": "提交前",
    "without a commit": "无提交",
    "crash before commit": "提交前",
    "disk full": "磁盘已满",
    "error after commit": "提交后报错",
    "stopped to be put back": "为恢复备份而停止",
    "lost for good": "永久丢失",
    "switched off": "关机",
    # who is put back
    "terminal": "终端",
    "switch": "交换中心",
    "issuer": "发卡行",
    # what a relay does
    "again": "重发",
    "hold": "扣留",
    "swap": "调换顺序",
    "splice": "拼接",
    "across": "串线",
    "own line": "另开线路",
    # what is brought instead of a card
    "copied": "复制的磁条",
    "number": "仅有卡号的磁条",
    "service": "改动的服务代码",
    "date": "改动的有效期",
    "typed": "手工输入",
    "mistyped": "手工输入有误",
    # what goes wrong at the till
    "cancel": "取消",
    "twice": "重复询问",
    "other": "另一笔交易",
    "elsewhere": "换终端",
    # what is asked beside a sale
    "receipt": "签购单",
    "last": "上一笔",
    "find": "查找",
    "open_receipts": "未了结的签购单",
    "close_receipt": "了结签购单",
    "goods": "商品",
    "escalate": "转人工",
    "list": "列表",
    "dance": "未知命令",
    "receipt_link": "电子签购单",
    "silence": "不应答",
    **{kind.name: kind.says.zh for kind in TABLE},
}
"""The words that fill in a kind."""
_PATTERNS: Final = tuple((re.compile(pattern), zh) for pattern, zh in KINDS)


def fault(kind: str) -> Text:
    """A kind of fault in both languages, called as one set on a leg is; its own word where there is no other."""
    if kind in FAULTS:
        return FAULTS[kind]
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(kind)
        if found is not None:
            return Text(kind, zh.format(*(INNER.get(word, word) for word in found.groups())))
    return Text(kind, kind)
