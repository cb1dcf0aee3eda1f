"""What the lines of the audit log say, for people: they are stored in English, once."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.kinds import BY_SLIP
from counterfoil.terminal.sentences import COPIES, ERRORS
from counterfoil.verdict.names import FAULTS, party
from counterfoil.words import Text

CHINESE: Final = {
    "log-in": "登录",
    "log-in refused": "登录被拒",
    "person added": "添加人员",
    "person disabled": "停用人员",
    "role changed": "更改角色",
    "password changed": "更改密码",
    "password reset": "重置密码",
    "token made": "创建令牌",
    "token ended": "停用令牌",
    **{word: kind.says.zh for word, kind in BY_SLIP.items()},
    "sale cancelled": "取消交易",
    "goods handed_over": "商品已交付",
    "goods kept": "商品未交付",
    "printer asked": "询问打印机",
    "audit log unwritable": "审计日志曾无法写入",
    "unreadable line": "无法读取的行",
    "altered": "被改动",
    "receipt printed again": "重打印签购单",
    "receipt closed": "签购单已交代",
    "retry guard released": "已解除重复收款限制",
    "card revealed": "显示卡号前六位",
    "escalate asked": "申请转人工",
    "escalate approved": "批准转人工",
    "escalate refused": "拒绝转人工",
    "escalate ended": "转人工结果",
    "fault set": "设置故障",
    "faults cleared": "清除故障",
    "lab run": "实验室试验",
    "lab healed": "实验室恢复",
    "station killed": "终止站点进程",
    "station paused": "暂停站点进程",
    "ok": "成功",
    "begun": "已开始",
    "stopped": "已阻止",
    "away": "未能送达",
    "done": "已执行",
    "failed": "被拒绝",
    "refused": "被拒绝",
    "unknown": "结果未知",
    "not_sent": "未发出",
    "approved": "成功",
    "declined": "被拒绝",
    "not printed": "未打印",
    "first start": "首次启动",
    "cashier": "收银员",
    "supervisor": "主管",
    "support": "客服",
    "admin": "管理员",
}
PROGRAM: Final = "token "
LEG: Final = re.compile(r"leg (\d+)")
OURS: Final = {"first start": "首次启动", "console": "控制台", "customer": "顾客"}
"""Who is no person."""
OF_ROLES: Final = frozenset({"person added", "role changed", "token made"})
LOGIN_REFUSED: Final = "log-in refused"
OURS_TO_SAY: Final = frozenset(
    {
        "receipt printed again",
        "receipt closed",
        "goods handed_over",
        "goods kept",
        *BY_SLIP,
        "sale cancelled",
        "fault set",
    }
)
"""Deeds for which nobody types a reason: it is one of REASONS, or a kind of fault."""
REASONS: Final = {
    "missing": "未交付的各联",
    **{copy: called.zh for copy, called in COPIES.items()},
    "reprint": "重打印未交付的各联",
    "reprint-second": "由第二台打印机重打印",
    "reprint-merchant": f"重打印{COPIES['merchant'].zh}",
    "attested": "人工确认",
    "declined": "顾客不要",
    "e_delivered": "电子签购单已交付",
    "e-delivered": "电子签购单已交付",
    "handed-over": "商品已交付",
    "kept": "商品未交付",
    "cancel": "取消",
    "guard": "重复收款限制",
}
REFUSALS: Final = {
    "bad_request": "请求不完整或无效",
    "name_not_printable": "商户名称无法打印",
    "sms_refused": "短信未能发送",
    "unknown_station": "无此站点",
    "no_lab": "未允许故障注入",
    "forbidden": "令牌不正确",
    "internal": "站点内部错误",
}
"""Codes whose sentence cannot stand here, or is another station's."""
FORMS: Final = {
    (LOGIN_REFUSED, r"and (\d+) before it"): "此前另有 {0} 次",
    ("lab run", r"(\S+) seed (\d+)"): "{0}，种子 {1}",
    (r".* approved", r"asked by ([^:]*): (.*)"): "{0} 申请：{1}",
    ("audit log unwritable", r"(\d+) s, (\d+) times refused"): "{0} 秒，被拒 {1} 次",
}
"""Reasons with something filled in, by their deeds."""


def deed(said: str) -> Text:
    """What a line says, in both languages; one that nobody translated stays as it is."""
    return Text(said, CHINESE.get(said, said))


def who(said: str) -> Text:
    """Whose line it is: a person by name, a program by its token, or a part of this system."""
    if said.startswith(PROGRAM):
        return Text(said, f"令牌 {said.removeprefix(PROGRAM)}")
    return Text(said, OURS.get(said, said))


def subject(said: str) -> Text:
    """What it was done to: a leg, a station, or what has a name of its own."""
    leg = LEG.fullmatch(said)
    return Text(said, f"第 {leg[1]} 段") if leg is not None else Text(said, party(said).zh)


def why(what: str, said: str, result: str) -> Text:
    """The reason a line gives: a word of ours, the code of a refusal, or what a person typed, which stays as it is."""
    if what in OF_ROLES:
        return deed(said)
    if result == "refused" and what != LOGIN_REFUSED:
        return Text(said, refusal(said))
    if what in OURS_TO_SAY:
        return Text(said, REASONS.get(said, FAULTS.get(said, Text(said, said)).zh))
    for (deeds, pattern), form in FORMS.items():
        found = re.fullmatch(pattern, said)
        if found is not None and re.fullmatch(deeds, what):
            return Text(said, form.format(*found.groups()))
    return Text(said, said)


def refusal(code: str) -> str:
    """A station's code of a refusal in Chinese, shorter than the sentence that goes with it."""
    if code in REFUSALS:
        return REFUSALS[code]
    return re.split("[；。：，]", ERRORS[code].zh)[0] if code in ERRORS else code
