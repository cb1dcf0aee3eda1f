"""The facts of a slip, and the blocks of lines that every slip about one transaction is made of.

Field order and wording are those of the UnionPay POS slip (签购单). The merchant's and the bank's copy show first six
and last four of the card and its expiry; the cardholder's shows the last four only and no expiry.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from counterfoil import money
from counterfoil.receipts.document.nodes import Heading, Node, Row, Rule
from counterfoil.words import Text


class Copy(enum.StrEnum):
    """Whose copy of a sales slip. The bank's is the optional third one."""

    MERCHANT = "merchant"
    CARDHOLDER = "cardholder"
    BANK = "bank"


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one slip. `card` is masked already; `expiry` YYMM; `date` YYYY/MM/DD and `time` hh:mm:ss, both the
    host's when it sent them; `entry` how the card was read (S stripe, I chip, C contactless, M keyed); `amount` minor
    units; `remarks` what the host wants printed; `kind` the type of transaction, a word of KINDS.
    """

    merchant_name: str
    merchant: str
    terminal: str
    operator: str
    card: str
    entry: str
    batch: str
    voucher: str
    amount: int
    currency: str
    date: str
    time: str
    expiry: str = ""
    issuer: str = ""
    acquirer: str = ""
    auth_code: str = ""
    rrn: str = ""
    signature: bool = True
    remarks: tuple[str, ...] = ()
    kind: str = "sale"


SALE: Final = Text("SALE", "消费")
KINDS: Final[dict[str, Text]] = {
    "sale": SALE,
    "void": Text("VOID", "消费撤销"),
    "refund": Text("REFUND", "退货"),
    "pre-authorisation": Text("PRE-AUTHORISATION", "预授权"),
    "completion": Text("PRE-AUTH COMPLETION", "预授权完成"),
}
COPY_LINE: Final = {
    Copy.MERCHANT: Text("MERCHANT COPY", "商户存根"),
    Copy.CARDHOLDER: Text("CARDHOLDER COPY", "持卡人存根"),
    Copy.BANK: Text("BANK COPY", "银行存根"),
}
AMOUNT: Final = Text("AMOUNT", "金额")


def same(value: str) -> Text:
    """A value that reads the same in both languages."""
    return Text(value, value)


def grouped(card: str) -> str:
    """A masked card number in groups of four."""
    return " ".join(card[start : start + 4] for start in range(0, len(card), 4))


def card_for(copy: Copy, card: str) -> str:
    """The card number as this copy may show it: the cardholder's shows the last four only."""
    return grouped("*" * (len(card) - 4) + card[-4:] if copy is Copy.CARDHOLDER else card)


def amount_text(amount: int, currency: str) -> str:
    """The amount as slips print it: RMB 12.50."""
    return f"{'RMB' if currency == 'CNY' else currency} {money.plain(amount, currency)}"


def kind_text(kind: str) -> Text:
    """A type of transaction in words; one that has none speaks for itself."""
    return KINDS.get(kind) or same(kind.upper())


def merchant_block(slip: Slip) -> list[Node]:
    """Who was paid, where, and who served."""
    return [
        Row(Text("MERCHANT NAME", "商户名称"), same(slip.merchant_name)),
        Row(Text("MERCHANT NO", "商户编号"), same(slip.merchant)),
        Row(Text("TERMINAL NO", "终端编号"), same(slip.terminal)),
        Row(Text("OPERATOR NO", "操作员号"), same(slip.operator)),
    ]


def card_block(slip: Slip, copy: Copy) -> list[Node]:
    """Which card, and what was done with it."""
    nodes: list[Node] = [Row(Text("ISSUER", "发卡行"), same(slip.issuer))] if slip.issuer else []
    if slip.acquirer:
        nodes.append(Row(Text("ACQUIRER", "收单行"), same(slip.acquirer)))
    nodes.append(Row(Text("CARD NO", "卡号"), same(f"{card_for(copy, slip.card)} {slip.entry}".rstrip())))
    nodes.append(Row(Text("TRANS TYPE", "交易类型"), kind_text(slip.kind)))
    if copy is not Copy.CARDHOLDER and slip.expiry:
        nodes.append(Row(Text("EXP DATE", "卡有效期"), same(f"20{slip.expiry[:2]}/{slip.expiry[2:]}")))
    return nodes


def number_block(slip: Slip) -> list[Node]:
    """By which numbers it is found again."""
    nodes: list[Node] = [
        Row(Text("BATCH NO", "批次号"), same(slip.batch)),
        Row(Text("VOUCHER NO", "凭证号"), same(slip.voucher)),
    ]
    if slip.auth_code:
        nodes.append(Row(Text("AUTH NO", "授权码"), same(slip.auth_code)))
    nodes.append(Row(Text("DATE/TIME", "日期/时间"), same(f"{slip.date} {slip.time}")))
    if slip.rrn:
        nodes.append(Row(Text("REF NO", "交易参考号"), same(slip.rrn)))
    return nodes


def amount_row(slip: Slip, *, big: bool = False) -> Row:
    """How much."""
    return Row(AMOUNT, same(amount_text(slip.amount, slip.currency)), big=big)


def titled(title: Text, copy: Copy | None = None) -> list[Node]:
    """How every slip begins."""
    return [Heading(title, big=True), *([Heading(COPY_LINE[copy])] if copy else [])]


def about(slip: Slip, copy: Copy = Copy.CARDHOLDER) -> list[Node]:
    """The facts of a transaction between two rules, for slips that are no vouchers."""
    return [
        Rule(),
        *merchant_block(slip),
        Rule(),
        *card_block(slip, copy),
        *number_block(slip),
        amount_row(slip),
        Rule(),
    ]
