"""The sales slip: the voucher of a transaction that stands. The slip of a void, a refund or a pre-authorisation is the
same one with another `kind` and other remarks.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.receipts.document.nodes import Code, Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.receipts.document.slip import (
    Copy,
    Slip,
    amount_row,
    card_block,
    merchant_block,
    number_block,
    same,
    titled,
)
from counterfoil.words import Text

TITLE: Final = Text("POS SALES SLIP", "POS签购单")
DUPLICATE: Final = Text("****DUPLICATE {n}****", "****重打印 {n}****")
ORIGINAL: Final = Text("ORIGINAL", "正本")
ELECTRONIC: Final = Text("E-RECEIPT", "电子签购单")
SHOWN: Final = Text("SCREEN COPY", "屏幕副本")
AGAIN: Final = Text("copy {n}, printed at {now}, first copy: {first}", "第 {n} 份副本，打印于 {now}，首份：{first}")
FIRST_PRINTED: Final = Text("printed {at}", "{at} 已打印")
NOT_CONFIRMED: Final = Text("not confirmed", "未确认")
SIGN_HERE: Final = Text("CARDHOLDER SIGNATURE", "持卡人签名")
ACKNOWLEDGE: Final = Text(
    "I ACKNOWLEDGE THIS TRANSACTION AND AGREE TO PAY THE ABOVE AMOUNT", "本人确认以上交易，同意将其计入本卡账户"
)
NO_SIGNATURE: Final = Text(
    "THE AMOUNT IS WITHIN THE LIMIT: NO PIN AND NO SIGNATURE REQUIRED", "交易金额未超过免密免签限额，无需输密和签名"
)
KEEP: Final = Text("PLEASE KEEP THIS SLIP", "请妥善保管此单据")
TORN: Final = Text("NOT VALID WITHOUT THE CODE BELOW", "下方无验证码者无效")
VERIFY: Final = Text("CODE", "验证码")


class FurtherCopy(msgspec.Struct, frozen=True):
    """What a further copy says of itself: when it was printed, and when the first was ("" when nobody knows that it
    was). Both as people read a time.
    """

    now: str
    first: str = ""

    def said(self, number: int) -> Text:
        """The line below the mark of copy `number`."""
        first = FIRST_PRINTED.filled(at=self.first) if self.first else NOT_CONFIRMED
        return AGAIN.filled(n=number, now=self.now, first=first)


def sale_slip(
    slip: Slip,
    copy: Copy,
    duplicate: int = 0,
    *,
    again: FurtherCopy | None = None,
    code: str = "",
    mark_as: Text = ORIGINAL,
) -> Document:
    """The slip of a transaction that stands; `duplicate` 0 is the first of its kind, else the number of this further
    copy.

    `code`: the signed code over its facts (receipts/proof.py). With one, the slip says at its top that it is none
    without its end: half a slip, torn off by a fault, is no receipt. `mark_as`: what the first calls itself there;
    only paper, whose prints are counted, may be the ORIGINAL.
    """
    mark: list[Node] = [Heading(DUPLICATE.filled(n=duplicate))] if duplicate else []
    nodes: list[Node] = [*titled(TITLE, copy), *mark]
    if duplicate and again is not None:
        nodes.append(Note(again.said(duplicate)))
    if code:
        nodes.append(Heading(TORN))
    nodes += [Rule(), *merchant_block(slip), Rule(), *card_block(slip, copy), *number_block(slip), Rule()]
    nodes.append(amount_row(slip, big=True))
    if slip.remarks:
        nodes.append(Row(Text("REMARKS", "备注"), same(" ".join(slip.remarks))))
    nodes += [Rule(), *_signature_block(slip, copy)]
    if code:
        nodes += [Rule(), *(mark or [Heading(mark_as)]), code_of(code)]
    else:
        nodes += mark
    return Document(tuple(nodes))


def code_of(code: str) -> Code:
    """A signed code as slips carry it; people compare its last eight characters."""
    return Code(VERIFY, code, f"{code[-8:-4]}-{code[-4:]}")


def _signature_block(slip: Slip, copy: Copy) -> list[Node]:
    if not slip.signature:
        return [Note(NO_SIGNATURE)]
    if copy is Copy.CARDHOLDER:
        return [Note(KEEP)]
    return [Signature(SIGN_HERE), Note(ACKNOWLEDGE)]
