"""What can be wrong between the stubs of one transaction, and what it is called in both languages."""

from __future__ import annotations

import enum
from typing import Final

from counterfoil.words import Text


def said(detail: str) -> Text:
    """What differs, for people: each field by its name, and what either side says of it."""
    both = [_named(part) for part in detail.split("; ")]
    return Text("; ".join(text.en for text in both), "；".join(text.zh for text in both))


def _named(part: str) -> Text:
    name, space, values = part.partition(" ")
    word = FIELDS.get(name, Text(name, name))
    return Text(word.en + space + values, word.zh + space + values)


class BreakKind(enum.StrEnum):
    """One way in which stations contradict one another."""

    TOLD_NOT_CHARGED = "told_not_charged"
    NOT_HELD = "not_held"
    STATIONS_DIFFER = "stations_differ"
    OVERDUE = "overdue"
    MISSING_AT_TERMINAL = "missing_at_terminal"
    MISSING_AT_SWITCH = "missing_at_switch"
    MISSING_AT_ISSUER = "missing_at_issuer"
    UNASKED_DEBIT = "unasked_debit"
    DEBITED_TWICE = "debited_twice"
    VALUES_DIFFER = "values_differ"
    LEDGER_DIFFERS = "ledger_differs"
    RECEIPT_DIFFERS = "receipt_differs"
    NUMBER_TWICE = "number_twice"
    ORIGINAL_MISSING = "original_missing"
    FAMILY_EXCEEDED = "family_exceeded"


KINDS: Final[dict[BreakKind, Text]] = {
    BreakKind.TOLD_NOT_CHARGED: Text(
        "The terminal told the till that it does not stand, and the issuer has booked it.",
        "终端已告知收银台该交易未成立，但发卡行仍有其账务。",
    ),
    BreakKind.NOT_HELD: Text(
        "The terminal has its approval, and no issuer has it on its books.", "终端已批准该交易，但发卡行账上并无此笔。"
    ),
    BreakKind.STATIONS_DIFFER: Text(
        "The stations do not say the same of this transaction, and no rule makes sense of it.",
        "各站点对该交易的记录互相矛盾，没有规则可以解释。",
    ),
    BreakKind.OVERDUE: Text("This has been open for longer than it may be.", "该交易悬而未决，已超过规定时限。"),
    BreakKind.MISSING_AT_TERMINAL: Text(
        "The switch has a transaction of this terminal, and the terminal's store does not know it.",
        "交换中心有该终端的这笔交易，而终端的数据库中没有。",
    ),
    BreakKind.MISSING_AT_SWITCH: Text(
        "Another station has an answer of the switch, and the switch's store does not know the transaction.",
        "其他站点有交换中心的应答，而交换中心的数据库中没有这笔交易。",
    ),
    BreakKind.MISSING_AT_ISSUER: Text(
        "The switch has an answer of the issuer, and the issuer's store does not know the request.",
        "交换中心有发卡行的应答，而发卡行的数据库中没有该请求。",
    ),
    BreakKind.UNASKED_DEBIT: Text(
        "The issuer has booked what the switch never asked for.", "发卡行已将交换中心从未请求的交易入账。"
    ),
    BreakKind.DEBITED_TWICE: Text(
        "The issuer has booked twice under the number of one transaction.",
        "发卡行以同一笔交易的参考号重复入账。",
    ),
    BreakKind.VALUES_DIFFER: Text(
        "The stations do not say the same amount, card, merchant, number or code.",
        "各站点记录的金额、卡号、商户、号码或应答码不一致。",
    ),
    BreakKind.LEDGER_DIFFERS: Text(
        "The issuer's ledger does not say what its record of the transaction says.", "发卡行账目与其交易记录不一致。"
    ),
    BreakKind.RECEIPT_DIFFERS: Text("The receipt does not say what the transaction was.", "签购单与交易不符。"),
    BreakKind.NUMBER_TWICE: Text(
        "Two transactions have the same retrieval reference number.", "两笔交易使用了同一参考号。"
    ),
    BreakKind.ORIGINAL_MISSING: Text(
        "It refers to a transaction that its issuer does not know.", "该交易所指的原交易，发卡行没有记录。"
    ),
    BreakKind.FAMILY_EXCEEDED: Text(
        "More stands against a transaction than it moved or set aside.",
        "针对一笔交易的撤销或完成，合计超过其原扣款或冻结。",
    ),
}

POSITIONS: Final = frozenset({BreakKind.TOLD_NOT_CHARGED, BreakKind.NOT_HELD, BreakKind.STATIONS_DIFFER})
"""One contradiction under three names: which it is can change while stores cannot be read, and while money moves."""

FIELDS: Final[dict[str, Text]] = {
    "amount": Text("amount", "金额"),
    "currency": Text("currency", "币种"),
    "merchant": Text("merchant", "商户"),
    "terminal": Text("terminal", "终端"),
    "last4": Text("card", "卡号末四位"),
    "rrn": Text("RRN", "参考号"),
    "response_code": Text("code", "应答码"),
    "auth_code": Text("approval code", "授权码"),
    "debited": Text("debited", "已扣款"),
    "returned": Text("returned", "已退回"),
    "credited": Text("given back", "已退回"),
    "withdrawn": Text("debited again", "已重新扣款"),
    "kind": Text("kind", "交易种类"),
    "original": Text("original", "原交易"),
    "against": Text("against it", "其后续"),
    "STAN": Text("STAN", "凭证号"),
}

AGREED: Final = "agreed"
UNREADABLE: Final = "?"
MISSING: Final = "-"
NOT_OURS: Final = "not ours"
