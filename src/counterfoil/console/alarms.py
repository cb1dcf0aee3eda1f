"""What the alarms of the switch are called and say, for people: its store keeps each as one short English word."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.verdict.names import CASES
from counterfoil.words import Text

NAMES: Final[dict[str, Text]] = {
    "answer_unmatched": Text("answer to no request", "应答与任何请求不符"),
    "answer_unreadable": Text("answer that cannot be read", "应答无法解析"),
    "answer_unusable": Text("answer that decides nothing", "应答不能定论"),
    "answer_wrong_mac": Text("answer with a wrong MAC", "应答 MAC 校验错"),
    "archived_repeated": Text("archived sale came again", "已归档交易重复到达"),
    "batches_used_up": Text("no batch number left", "批次号用尽"),
    "hangs_up": Text("issuer hangs up", "发卡行挂断连接"),
    "issuer_refuses": Text("issuer refuses", "发卡行拒绝"),
    "issuer_silent": Text("issuer does not answer", "发卡行无应答"),
    "late_approval": Text("late approval", "迟到的批准"),
    "number_gone": Text("card number deleted by its date", "卡号已到期删除"),
    "other_batch": Text("another batch", "批次不符"),
    "other_content": Text("same key, other content", "同一交易内容不同"),
    "quarantine": Text("message set aside", "报文已隔离"),
    "reversal_refused": Text("reversal refused", "冲正被拒"),
    "strangers": Text("more without a valid MAC", "更多 MAC 无效的报文"),
    "unexpected": Text("unexpected message", "意外的报文"),
    "unknown_terminal": Text("unknown terminal", "未登记的终端"),
    "unreadable": Text("unreadable message", "报文无法解析"),
    "wrong_mac": Text("wrong MAC", "MAC 校验错"),
    **CASES,
}
"""Alarms by name; a case that is opened is an alarm under the case's own."""
DETAILS: Final[tuple[tuple[str, str], ...]] = (
    (r"(\d+) bytes that are no message", "{0} 字节，不是报文"),
    (r"an? (\d{4}) that counts as no answer", "{0} 不算应答"),
    (r"an? (\d{4}) without a valid MAC: its key is burnt", "{0} 的 MAC 无效：该交易键作废"),
    (r"an? (\d{4}) without a valid MAC: not answered", "{0} 的 MAC 无效：不予应答"),
    (r"an? (\d{4}) of a terminal that is not registered", "{0} 来自未登记的终端"),
    (r"an? (\d{4})", "{0}"),
    ("a message that cannot be read", "无法解析的报文"),
    (r"a reversal goes without DE2: its date has passed", "冲正不带 DE2：卡号已过保留期"),
    (r"an (\d{4}) that fits no advice of ours", "{0} 与任何冲正通知不符"),
    (r"an (\d{4}) with (\w+): it is tried again", "{0} 应答 {1}：将重试"),
    (r"it has hung up on this advice (\d+) times", "对此冲正通知已挂断 {0} 次"),
    (
        r"(\d+) connections in a row ended before their sign-on was answered",
        "连续 {0} 次连接在签到应答前中断",
    ),
    (
        r"again while (\S+) asked with a card ending (\d+): answered 91 for now",
        "终端 {0} 以尾号 {1} 的卡请求时再次挂断：暂以 91 应答",
    ),
    (r"(\S+) is known, and not of the batch the terminal signed on for", "{0} 已有记录，但不属于该终端签到的批次"),
    (r"(\S+) came again with other content", "{0} 重复到达，内容不同"),
    (r"(\S+) came again", "{0} 重复到达"),
    (r"it answers (\w+) to DE70 (\d+)", "对 DE70 {1} 应答 {0}"),
    (r"no answer to DE70 (\d+)", "对 DE70 {0} 无应答"),
    (
        r"it was put back, requests forgotten: (\d+); it is refused",
        "该终端曾恢复数据，遗忘请求 {0} 笔：暂停受理",
    ),
    (
        "it does not know what it has answered: the cards of that are refused",
        "发卡行不知道自己应答过的交易：暂停受理相关卡",
    ),
    (
        r"(\S+) has decided what this store does not know: the cards and terminals of that are refused",
        "{0} 处理过本库没有的交易：暂停受理相关卡和终端",
    ),
    ("an answer that fits no request of ours", "应答与任何请求不符"),
    (r"a yes with (\w+): it counts as no answer", "应答 {0} 表示批准，但不能采信"),
    ("an approval of what was declined is being undone", "对已拒绝交易的批准正在冲正"),
    (r"case (\S+)", "案件 {0}"),
    (r"(\d+) more without a valid MAC before this hour", "上一小时内另有 {0} 条 MAC 无效"),
    ("it has had every batch number: give it another terminal number", "该终端的批次号已用尽：请更换终端编号"),
)
_PATTERNS: Final = tuple((re.compile(pattern), zh) for pattern, zh in DETAILS)


def name(word: str) -> Text:
    """What an alarm is called; its own word where there is no other."""
    return NAMES.get(word, Text(word, word))


def detail(english: str) -> Text:
    """What an alarm says, in both languages; as it is where it is none of those above."""
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(english)
        if found is not None:
            return Text(english, zh.format(*found.groups()))
    return Text(english, english)
