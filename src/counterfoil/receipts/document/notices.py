"""The slips that are no vouchers: what became of a sale that does not stand."""

from __future__ import annotations

from typing import Final

from counterfoil.receipts.document.nodes import Document, Heading, Node, Note, Rule
from counterfoil.receipts.document.slip import Copy, Slip, about, titled
from counterfoil.words import Text

RETURNED_TITLE: Final = Text("SALE NOT COMPLETED", "交易未完成")
RETURNED: Final = Text(
    "This sale did not go through. If your bank shows a charge, it is returned to your card. You may pay again.",
    "本笔交易未成功。如银行显示已扣款，款项会退回您的卡。您可以重新付款。",
)
REPEATED: Final = Text(
    "You have already paid with {other}. This second payment was approved too, and is returned to your card.",
    "您已通过 {other} 付款。本次付款也获批准，款项会退回您的卡。",
)
FAULT_TITLE: Final = Text("FAULT REPORT", "故障报告单")
FAULT: Final = Text(
    "Reversal failed, please handle by hand: call customer service", "冲正不成功，请人工处理，请与客服联系"
)
NOT_CHARGED_TITLE: Final = Text("NOT CHARGED", "未扣款")
NO_VOUCHER: Final = Text("THIS IS NOT A RECEIPT", "非凭证联")


def reversal_slip(slip: Slip, other: str = "") -> Document:
    """The slip that tells the customer that the sale did not stand; `other`: the sale that was paid instead of it."""
    said = REPEATED.filled(other=other) if other else RETURNED
    return _notice(slip, RETURNED_TITLE, Copy.CARDHOLDER, Note(said))


def fault_slip(slip: Slip) -> Document:
    """The merchant's slip for a reversal that nobody answered: it stays pending, a person has to know."""
    return _notice(slip, FAULT_TITLE, Copy.MERCHANT, Note(FAULT))


def not_charged_slip(slip: Slip, sentence: Text) -> Document:
    """The slip for a sale of which it is certain that no money moved; `sentence`: that, and what can be done now."""
    return _notice(slip, NOT_CHARGED_TITLE, Copy.CARDHOLDER, Note(sentence))


def _notice(slip: Slip, title: Text, copy: Copy, said: Node) -> Document:
    return Document((*titled(title, copy), *about(slip), said, Rule(), Heading(NO_VOUCHER)))
