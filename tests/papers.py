"""What customers' papers and sentences say: the operator's words on them, and what they claim about the money."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

OPERATORS: Final = re.compile(
    r"\b0[0-9]{3}\b(?!/)|\([0-9A-Z]{2}\)|\bswitch|\bissuer|\bacquirer|revers|\badvice|store.and.forward|\bSTAN\b|\bRRN\b"
    r"|\bMTI\b|\bMACs?\b|sign(?:s|ed)?.on\b|\bterminal|\bexception\b|tombstone|stolen|\blost\b|retain|fraud|pick.?up"
    r"|response code|DE ?39|交换中心|发卡方|发卡行|收单|冲正|没收|被窃|挂失|盗|报文|签到|终端|异常|应答码|流水号|单边",
    re.IGNORECASE,
)
"""Words of the loop, codes, and why a bank keeps a card."""
LABELS: Final = re.compile(
    r"^(?:TERMINAL NO|ISSUER|ACQUIRER|VOUCHER NO|BATCH NO|OPERATOR NO|MERCHANT NO|MERCHANT NAME|REF NO|AUTH NO|AMOUNT"
    r"|DATE/TIME|CARD NO|TRANSACTION|终端编号|发卡行|收单行|凭证号|批次号|操作员号|商户编号|商户名称|交易参考号|授权码"
    r"|金额|日期/时间|卡号|交易)\s?[:：].*$",
    re.MULTILINE,
)
"""Lines a UnionPay slip must have, with what stands behind the label."""

CLAIMS: Final = {
    "paid": re.compile(r"you have (?:already )?paid|POS SALES SLIP", re.IGNORECASE),
    "not charged": re.compile(r"not charged", re.IGNORECASE),
    "coming back": re.compile(r"is being returned"),
    "came back": re.compile(r"was returned (?:at|to)"),
    "wait": re.compile(r"do not pay again yet"),
    "again": re.compile(r"may pay again|try again"),
}
CONTRARY: Final = (
    ("paid", "not charged"), ("paid", "coming back"), ("paid", "again"),
    ("not charged", "coming back"), ("not charged", "came back"), ("coming back", "came back"), ("wait", "again"),
)  # fmt: skip


def inside(text: str) -> list[str]:
    """The operator's words in a customer's text, without the lines every slip must have."""
    return OPERATORS.findall(LABELS.sub("", text))


def claims(text: str) -> set[str]:
    """What a text, in English, claims."""
    flat = " ".join(text.split())
    return {name for name, said in CLAIMS.items() if said.search(flat)}


def contradictions(texts: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of claims that texts of one moment make together and that cannot both be true."""
    made = set().union(*(claims(text) for text in texts))
    return [pair for pair in CONTRARY if made.issuperset(pair)]
