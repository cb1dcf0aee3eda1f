"""Names of the fields of requests, for people: a refusal names the field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterfoil.words import Text

NAMES: Final[Mapping[str, str]] = {
    "amount": "金额",
    "answer": "答复",
    "balance": "余额",
    "batch": "批次号",
    "card": "银行卡",
    "card.track2": "银行卡磁道二",
    "cards": "银行卡列表",
    "copy": "联别",
    "count_day": "单日笔数限制",
    "currency": "币种",
    "dialect": "报文差异",
    "entry": "输入方式",
    "expiry": "有效期",
    "header": "报文头",
    "how": "交付方式",
    "key": "收银键",
    "lang": "语言",
    "last4": "卡号后四位",
    "limit": "单笔限额",
    "limit_day": "单日限额",
    "limit_each": "单笔限额",
    "mac": "MAC 算法",
    "mak": "MAC 密钥",
    "mak_bytes": "MAC 密钥长度",
    "merchant": "商户编号",
    "name": "名称",
    "operator": "操作员",
    "pan": "卡号",
    "pik": "PIN 密钥",
    "pin": "密码",
    "printer": "打印机",
    "printer2": "第二台打印机",
    "pvv": "密码校验值",
    "raw": "MAC 格式",
    "reason": "原因",
    "retry_of": "原交易号",
    "rrn": "参考号",
    "status": "卡状态",
    "terminal": "终端编号",
    "terminals": "终端列表",
    "tmk": "终端主密钥",
    "to": "手机号",
    "tpdu": "TPDU",
}


def called(said: str) -> Text:
    """Names of fields with ", " between, as programs know them in English; one of no other name stays as it is."""
    return Text(said, "、".join(NAMES.get(name, name) for name in said.split(", ")))
