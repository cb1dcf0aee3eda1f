"""What a slip says: a small tree of lines, the same for every paper, screen and language.

Field order and wording follow reference/cup-pos.md §6.1. The merchant copy shows first six and last four of the card
and its expiry; the cardholder copy shows the last four only and no expiry.
"""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

import msgspec

from counterfoil import money
from counterfoil.words import Text


class Copy(enum.StrEnum):
    """Whose copy of a sales slip."""

    MERCHANT = "merchant"
    CARDHOLDER = "cardholder"


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one slip. `card` is masked already; `expiry` YYMM; `date` YYYY/MM/DD and `time` hh:mm:ss, both the
    host's when it sent them; `entry` the letter of §1.5 (S stripe, I chip, C contactless, M keyed); `amount` minor
    units; `remarks` what the host wants printed.
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


class Heading(msgspec.Struct, frozen=True, tag=True):
    """A centred line; `big` in double size where the paper can."""

    text: Text
    big: bool = False


class Row(msgspec.Struct, frozen=True, tag=True):
    """A label and its value; `big` for the amount."""

    label: Text
    value: Text
    big: bool = False


class Note(msgspec.Struct, frozen=True, tag=True):
    """Running text, wrapped."""

    text: Text


class Signature(msgspec.Struct, frozen=True, tag=True):
    """Room for a signature."""

    label: Text


class Rule(msgspec.Struct, frozen=True, tag=True):
    """A line across."""


Node: TypeAlias = Heading | Row | Note | Signature | Rule


class Document(msgspec.Struct, frozen=True):
    """One slip, top to bottom."""

    nodes: tuple[Node, ...]


TITLE: Final = Text("POS SALES SLIP", "POS签购单")
COPY_LINE: Final = {
    Copy.MERCHANT: Text("MERCHANT COPY", "商户存根"),
    Copy.CARDHOLDER: Text("CARDHOLDER COPY", "持卡人存根"),
}
DUPLICATE: Final = Text("****DUPLICATE {n}****", "****重打印 {n}****")
SALE: Final = Text("SALE", "消费")
SIGN_HERE: Final = Text("CARDHOLDER SIGNATURE", "持卡人签名")
ACKNOWLEDGE: Final = Text(
    "I ACKNOWLEDGE THIS TRANSACTION AND AGREE TO PAY THE ABOVE AMOUNT", "本人确认以上交易，同意将其计入本卡账户"
)
NO_SIGNATURE: Final = Text(
    "THE AMOUNT IS WITHIN THE LIMIT: NO PIN AND NO SIGNATURE REQUIRED", "交易金额未超过免密免签限额，无需输密和签名"
)
KEEP: Final = Text("PLEASE KEEP THIS SLIP", "请妥善保管此单据")

RETURNED_TITLE: Final = Text("SALE NOT COMPLETED", "交易未完成")
REVERSED: Final = Text("Auto reversal succeeded", "自动冲正成功")
RETURNED: Final = Text(
    "This sale did not go through. If your bank shows a charge it is being returned. You may pay again.",
    "本笔交易未成功。如银行显示已扣款，款项正在退回。您可以重新付款。",
)
FAULT_TITLE: Final = Text("FAULT REPORT", "故障报告单")
FAULT: Final = Text(
    "Reversal failed, please handle by hand: call customer service", "冲正不成功,请人工处理,请与客服联系"
)
NO_VOUCHER: Final = Text("THIS IS NOT A RECEIPT", "非凭证联")


def same(value: str) -> Text:
    """A value that reads the same in both languages."""
    return Text(value, value)


def grouped(card: str) -> str:
    """A masked card number in groups of four."""
    return " ".join(card[start : start + 4] for start in range(0, len(card), 4))


def card_for(copy: Copy, card: str) -> str:
    """The card number as this copy may show it: the cardholder's shows the last four only."""
    return grouped(card if copy is Copy.MERCHANT else "*" * (len(card) - 4) + card[-4:])


def amount_text(amount: int, currency: str) -> str:
    """The amount as slips print it: RMB 12.50."""
    return f"{'RMB' if currency == 'CNY' else currency} {money.plain(amount, currency)}"


def sale_slip(slip: Slip, copy: Copy, duplicate: int = 0) -> Document:
    """The sales slip of an approved sale; `duplicate` 0 is the original, else the number of this further copy."""
    nodes: list[Node] = [Heading(TITLE, big=True), Heading(COPY_LINE[copy])]
    mark: list[Node] = [Heading(DUPLICATE.filled(n=duplicate))] if duplicate else []
    nodes += [*mark, Rule(), *_merchant_block(slip), Rule(), *_card_block(slip, copy), *_number_block(slip), Rule()]
    nodes.append(Row(Text("AMOUNT", "金额"), same(amount_text(slip.amount, slip.currency)), big=True))
    if slip.remarks:
        nodes.append(Row(Text("REMARKS", "备注"), same(" ".join(slip.remarks))))
    nodes += [Rule(), *_signature_block(slip, copy), *mark]
    return Document(tuple(nodes))


def reversal_slip(slip: Slip) -> Document:
    """The slip that tells the customer that the sale did not stand."""
    return _notice(slip, RETURNED_TITLE, (Heading(REVERSED), Note(RETURNED), Heading(NO_VOUCHER)))


def fault_slip(slip: Slip) -> Document:
    """The slip for a reversal that nobody answered: it stays pending, a person has to know."""
    return _notice(slip, FAULT_TITLE, (Note(FAULT), Heading(NO_VOUCHER)))


def _notice(slip: Slip, title: Text, words: tuple[Node, ...]) -> Document:
    nodes: list[Node] = [Heading(title, big=True), Heading(COPY_LINE[Copy.CARDHOLDER]), Rule(), *_merchant_block(slip)]
    nodes += [Rule(), *_card_block(slip, Copy.CARDHOLDER), *_number_block(slip)]
    nodes += [Row(Text("AMOUNT", "金额"), same(amount_text(slip.amount, slip.currency))), Rule(), *words]
    return Document(tuple(nodes))


def _merchant_block(slip: Slip) -> list[Node]:
    return [
        Row(Text("MERCHANT NAME", "商户名称"), same(slip.merchant_name)),
        Row(Text("MERCHANT NO", "商户编号"), same(slip.merchant)),
        Row(Text("TERMINAL NO", "终端编号"), same(slip.terminal)),
        Row(Text("OPERATOR NO", "操作员号"), same(slip.operator)),
    ]


def _card_block(slip: Slip, copy: Copy) -> list[Node]:
    nodes: list[Node] = [Row(Text("ISSUER", "发卡行"), same(slip.issuer))] if slip.issuer else []
    if slip.acquirer:
        nodes.append(Row(Text("ACQUIRER", "收单行"), same(slip.acquirer)))
    nodes.append(Row(Text("CARD NO", "卡号"), same(f"{card_for(copy, slip.card)} {slip.entry}")))
    nodes.append(Row(Text("TRANS TYPE", "交易类型"), SALE))
    if copy is Copy.MERCHANT and slip.expiry:
        nodes.append(Row(Text("EXP DATE", "卡有效期"), same(f"20{slip.expiry[:2]}/{slip.expiry[2:]}")))
    return nodes


def _number_block(slip: Slip) -> list[Node]:
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


def _signature_block(slip: Slip, copy: Copy) -> list[Node]:
    if not slip.signature:
        return [Note(NO_SIGNATURE)]
    if copy is Copy.MERCHANT:
        return [Signature(SIGN_HERE), Note(ACKNOWLEDGE)]
    return [Note(KEEP)]
