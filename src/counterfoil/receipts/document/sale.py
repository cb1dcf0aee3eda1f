"""The slip of a transaction that stands: one for all kinds, with the title, the signature and the words of its kind."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.kinds import SlipOf
from counterfoil.receipts.document.nodes import Code, Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.receipts.document.slip import (
    PAPERS,
    Copy,
    Slip,
    amount_rows,
    card_block,
    merchant_block,
    number_block,
    same,
    titled,
)
from counterfoil.words import Text

DUPLICATE: Final = Text("****DUPLICATE {n}****", "****重打印 {n}****")
ORIGINAL: Final = Text("ORIGINAL", "正本")
ELECTRONIC: Final = Text("E-RECEIPT", "电子签购单")
SHOWN: Final = Text("SCREEN COPY", "屏幕副本")
AGAIN: Final = Text("copy {n}, printed at {now}, first copy: {first}", "第 {n} 份副本，打印于 {now}，首份：{first}")
FIRST_PRINTED: Final = Text("printed {at}", "{at} 已打印")
NOT_CONFIRMED: Final = Text("not confirmed", "未确认")
SIGN_HERE: Final = Text("CARDHOLDER SIGNATURE", "持卡人签名")
NO_SIGNATURE: Final = Text(
    "THE AMOUNT IS WITHIN THE LIMIT: NO PIN AND NO SIGNATURE REQUIRED", "交易金额未超过免密免签限额，无需输密和签名"
)
PLAIN: Final = SlipOf("", Text("SLIP", "单据"), signature=False, acknowledgement=Text("", ""))
"""Of a kind that has no slip of its own."""
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
    paper = PAPERS.get(slip.kind, PLAIN)
    nodes: list[Node] = [*titled(paper.title, copy), *mark]
    if duplicate and again is not None:
        nodes.append(Note(again.said(duplicate)))
    if code:
        nodes.append(Heading(TORN))
    nodes += [Rule(), *merchant_block(slip), Rule(), *card_block(slip, copy), *number_block(slip), Rule()]
    nodes += amount_rows(slip, big=True)
    if slip.remarks:
        nodes.append(Row(Text("REMARKS", "备注"), same(" ".join(slip.remarks))))
    nodes += [Rule(), *_signature_block(slip, copy, paper)]
    if code:
        nodes += [Rule(), *(mark or [Heading(mark_as)]), code_of(code)]
    else:
        nodes += mark
    return Document(tuple(nodes))


def code_of(code: str) -> Code:
    """A signed code as slips carry it; people compare its last eight characters."""
    return Code(VERIFY, code, f"{code[-8:-4]}-{code[-4:]}")


def _signature_block(slip: Slip, copy: Copy, paper: SlipOf) -> list[Node]:
    if not paper.signature:
        return [Note(KEEP)]
    if not slip.signature:
        return [Note(NO_SIGNATURE)]
    if copy is Copy.CARDHOLDER:
        return [Note(KEEP)]
    return [Signature(SIGN_HERE), Note(paper.acknowledgement)]
