"""The slips that are no vouchers: what became of a transaction that does not stand, in the words of its kind."""

from __future__ import annotations

from typing import Final

from counterfoil.receipts.document.nodes import Document, Heading, Node, Note, Rule
from counterfoil.receipts.document.slip import Copy, Slip, about, amount_text, titled
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
UNDONE: Final = Text("Whatever your bank may show of it is undone by itself.", "如银行显示该笔交易，将自动恢复。")
"""What can be promised of what is going back: on which day, a terminal does not know."""
FAULT_TITLE: Final = Text("FAULT REPORT", "故障报告单")
FAULT: Final = Text(
    "Reversal failed, please handle by hand: call customer service", "冲正不成功，请人工处理，请与客服联系"
)
NO_VOUCHER: Final = Text("THIS IS NOT A RECEIPT", "非凭证联")


def reversal_slip(slip: Slip, other: str = "") -> Document:
    """The slip that tells the customer that it did not stand; `other`: the one that was paid instead of it."""
    kind = slip.described
    if not kind.pays:
        told = kind.words.going_back.twice if other and kind.words.going_back.twice else kind.words.going_back.free
        said = told.customer.filled(amount=amount_text(slip.amount, slip.currency), back=UNDONE, other=other)
        return _notice(slip, kind.headings.going_back, Copy.CARDHOLDER, Note(said))
    said = REPEATED.filled(other=other) if other else RETURNED
    return _notice(slip, RETURNED_TITLE, Copy.CARDHOLDER, Note(said))


def fault_slip(slip: Slip) -> Document:
    """The merchant's slip for a reversal that nobody answered: it stays pending, a person has to know."""
    return _notice(slip, FAULT_TITLE, Copy.MERCHANT, Note(FAULT))


def not_charged_slip(slip: Slip, sentence: Text) -> Document:
    """The slip of what certainly came to nothing: no money moved; `sentence`: that, and what can be done now."""
    return _notice(slip, slip.described.headings.nothing, Copy.CARDHOLDER, Note(sentence))


def _notice(slip: Slip, title: Text, copy: Copy, said: Node) -> Document:
    return Document((*titled(title, copy), *about(slip), said, Rule(), Heading(NO_VOUCHER)))
