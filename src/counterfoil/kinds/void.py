"""The void of a purchase: before its batch is settled, all of it goes back to the card it came from."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import (
    AmountRule,
    Deed,
    Headings,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Original,
    Party,
    SlipOf,
    Spelling,
    Total,
    Words,
)
from counterfoil.words import Text, Told

VOID: Final = Kind(
    name="void",
    says=Text("VOID", "消费撤销"),
    wire=Spelling("0200", "200000", "00", "23"),
    mode=Mode.REQUEST,
    needs=Needs.CARD | Needs.SUPERVISOR | Needs.ORIGINAL,
    movements=(Movement(Deed.MOVE, Party.CLEARING, Party.CARD),),
    rules=(),
    total=Total.CREDIT,
    original=Original(of=("purchase",), amount=AmountRule.EQUAL, same_batch=True),
    words=Words(
        stands=Told(
            Text(
                "Your payment of {amount} was voided: it went back to your card.",
                "您的消费 {amount} 已撤销，款项已退回卡内。",
            ),
            Text("Voided: the payment does not stand any more.", "已撤销：原交易不再有效。"),
        ),
        receipt_open=Told(
            Text(
                "Your payment of {amount} was voided; here is how you get the slip of it.",
                "您的消费 {amount} 已撤销；请按以下方式领取撤销单据。",
            ),
            Text(
                "Voided, do not void it again: print the slip again, or hand it over another way.",
                "已撤销，请勿再次撤销：请重打印单据，或以其他方式交付。",
            ),
        ),
        nothing=Told(
            Text(
                "The void did not take place: your payment of {amount} stands.",
                "撤销未成立：您的消费 {amount} 仍然有效。",
            ),
            Text(
                "Not voided: the payment stands. Void it again if it shall go back.",
                "未撤销：原交易仍然有效。如须退回请再次撤销。",
            ),
        ),
        going_back=Told(
            Text(
                "The void did not go through: your payment of {amount} stands. If your bank shows that it came back, "
                "it is "
                "debited again.",
                "撤销未成功：您的消费 {amount} 仍然有效。如银行显示已退回，将重新扣款。",
            ),
            Text(
                "The void is being reversed: the payment stands. Void it again once that is done.",
                "撤销正在冲正：原交易仍然有效。冲正完成后可再次撤销。",
            ),
        ),
        undone=Told(
            Text(
                "The void was reversed at {returned}: your payment of {amount} stands.",
                "撤销已于 {returned} 冲正：您的消费 {amount} 仍然有效。",
            ),
            Text(
                "The void was reversed: the payment stands. It may be voided again.",
                "撤销已冲正：原交易仍然有效，可再次撤销。",
            ),
        ),
        unknown=Told(
            Text(
                "Whether your payment was voided is not known yet; we will know by {by}.",
                "撤销结果未知；最迟 {by} 会有结果。",
            ),
            Text("Do not void it again yet; it is known by {by}.", "请暂勿再次撤销；最迟 {by} 会有结果。"),
        ),
    ),
    headings=Headings(
        stands=Text("VOIDED", "已撤销"),
        nothing=Text("NOT VOIDED", "未撤销"),
        going_back=Text("VOID NOT COMPLETED", "撤销未完成"),
        undone=Text("VOID REVERSED", "撤销已冲正"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        title=Text("POS SALES SLIP", "POS签购单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION: THE ABOVE AMOUNT IS CREDITED TO THIS CARD",
            "本人确认以上交易，同意将其退回本卡账户",
        ),
    ),
    notices=Notices(
        booked=Text(
            "Card ending {last4}: the payment of {amount} at merchant {merchant} was voided and returned to your "
            "account. "
            "This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的消费{amount}已撤销，款项已退回账户。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the void of {amount} at merchant {merchant} did not go through, and the amount was "
            "debited again. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的撤销{amount}未成功，已重新扣款。本短信不作为交易凭证。",
        ),
    ),
)
