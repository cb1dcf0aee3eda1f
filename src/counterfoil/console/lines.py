"""What the lines of the audit log say, for people: they are stored in English, once."""

from __future__ import annotations

from typing import Final

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
    "sale": "消费",
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


def deed(said: str) -> Text:
    """What a line says, in both languages; one that nobody translated stays as it is."""
    return Text(said, CHINESE.get(said, said))
