"""The slips that are no vouchers: what became of a sale that does not stand."""

from __future__ import annotations

from typing import Final

from counterfoil.receipts.document.nodes import Document, Heading, Node, Note, Rule
from counterfoil.receipts.document.slip import Copy, Slip, about, titled
from counterfoil.words import Text

RETURNED_TITLE: Final = Text("SALE NOT COMPLETED", "交易未完成")
REVERSED: Final = Text("Auto reversal succeeded", "自动冲正成功")
RETURNED: Final = Text(
    "This sale did not go through. If your bank shows a charge it is being returned. You may pay again.",
    "本笔交易未成功。如银行显示已扣款，款项正在退回。您可以重新付款。",
)
FAULT_TITLE: Final = Text("FAULT REPORT", "故障报告单")
FAULT: Final = Text(
    "Reversal failed, please handle by hand: call customer service", "冲正不成功，请人工处理，请与客服联系"
)
NOT_CHARGED_TITLE: Final = Text("NOT CHARGED", "未扣款")
NOT_CHARGED: Final = Text(
    "Your card was not charged. Please try again or pay another way.", "您的卡未被扣款。请重试或改用其他方式付款。"
)
NO_VOUCHER: Final = Text("THIS IS NOT A RECEIPT", "非凭证联")


def reversal_slip(slip: Slip) -> Document:
    """The slip that tells the customer that the sale did not stand."""
    return _notice(slip, RETURNED_TITLE, (Heading(REVERSED), Note(RETURNED)))


def fault_slip(slip: Slip) -> Document:
    """The slip for a reversal that nobody answered: it stays pending, a person has to know."""
    return _notice(slip, FAULT_TITLE, (Note(FAULT),))


def not_charged_slip(slip: Slip, reason: Text | None = None) -> Document:
    """The slip for a sale of which it is certain that no money moved; `reason`: why, as far as it is known."""
    return _notice(slip, NOT_CHARGED_TITLE, (*((Note(reason),) if reason else ()), Note(NOT_CHARGED)))


def _notice(slip: Slip, title: Text, words: tuple[Node, ...]) -> Document:
    return Document((*titled(title, Copy.CARDHOLDER), *about(slip), *words, Rule(), Heading(NO_VOUCHER)))
