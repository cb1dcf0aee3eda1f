"""The void of a purchase: before its batch is settled, all of it goes back to the card it came from."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import (
    CALL_BACK,
    AmountRule,
    Deed,
    Ended,
    Headings,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Original,
    Party,
    Refers,
    Saying,
    SlipOf,
    Spelling,
    Total,
    Words,
)
from counterfoil.words import Text, Told

_UNCHANGED: Final = Text(
    "The void did not take place: it changed nothing about your payment of {amount}.",
    "撤销未成立：您的消费 {amount} 未因此变动。",
)
_FALLEN: Final = Text(
    "The void did not go through: it changes nothing about your payment of {amount}. {back}",
    "撤销未成功：您的消费 {amount} 不因此变动。{back}",
)
_UNDONE: Final = Text(
    "The void was taken back at {returned}, and {amount} was debited again.",
    "撤销已于 {returned} 取消，{amount} 已重新扣款。",
)

VOID: Final = Kind(
    name="void",
    says=Text("VOID", "消费撤销"),
    wire=Spelling("0200", "200000", "00", "23"),
    mode=Mode.REQUEST,
    needs=Needs.CARD | Needs.SUPERVISOR | Needs.ORIGINAL,
    movements=(Movement(Deed.MOVE, Party.CLEARING, Party.CARD),),
    rules=(),
    total=Total.CREDIT,
    original=Original(
        of=("purchase",),
        amount=AmountRule.EQUAL,
        ended=Ended(
            Text("VOIDED", "已撤销"),
            Told(
                Text(
                    "Your payment of {amount} was voided, and {taken} went back to your card.",
                    "您的消费 {amount} 已撤销，{taken} 已退回卡内。",
                ),
                Text(
                    "Voided with {other}: the payment does not stand any more, and the amount is back on the card.",
                    "已通过 {other} 撤销：原交易不再有效，款项已退回卡内。",
                ),
            ),
        ),
        same_batch=True,
    ),
    words=Words(
        stands=Told(
            Text(
                "Your payment of {amount} was voided: it went back to your card.",
                "您的消费 {amount} 已撤销，款项已退回卡内。",
            ),
            Text("Voided: the payment does not stand any more.", "已撤销：原交易不再有效。"),
        ),
        printing=Told(
            Text("Your payment was voided. The slip of it is being printed.", "您的消费已撤销，正在打印撤销单据。"),
            Text("Voided. The slip is being printed.", "已撤销，正在打印单据。"),
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
        nothing=Saying(
            free=Told(
                _UNCHANGED,
                Text(
                    "Not voided: this changed nothing about the payment. Void it again if it shall go back.",
                    "未撤销：原交易未因此变动。如须退回请再次撤销。",
                ),
            ),
            busy=Told(
                _UNCHANGED,
                Text(
                    "Not voided: this changed nothing about the payment. Void it again, if it shall go back, once the "
                    'display says "{display}".',
                    "未撤销：原交易未因此变动。如须退回，请待终端显示“{display}”后再次撤销。",
                ),
            ),
        ),
        refused=Told(
            _UNCHANGED,
            Text(
                "{why}: not voided, and nothing changed about the payment. Look it up before anything else.",
                "{why}：未撤销，原交易未因此变动。请先核对原交易，再作其他处理。",
            ),
        ),
        going_back=Saying(
            free=Told(
                _FALLEN,
                Text(
                    "The void does not stand, and what it gave back is debited again by itself: the payment stands as "
                    "before, and may be voided again.",
                    "撤销未成立，如已退回将自动重新扣款：原交易仍如撤销之前，可再次撤销。",
                ),
            ),
            busy=Told(
                _FALLEN,
                Text(
                    "The void is being reversed, and what it gave back is debited again by itself: the payment stands "
                    'as before, and may be voided again once the display says "{display}".',
                    "撤销正在冲正，如已退回将自动重新扣款：原交易仍如撤销之前，待终端显示“{display}”后可再次撤销。",
                ),
            ),
        ),
        back=Text(
            "If your bank shows that the amount came back, it is debited again.", "如银行显示款项已退回，将重新扣款。"
        ),
        came_back=Text("What had come back was debited again at {returned}.", "已退回的款项已于 {returned} 重新扣款。"),
        undone=Saying(
            free=Told(
                _UNDONE,
                Text(
                    "The void was reversed, and the amount was debited again: the payment stands as before, and may be "
                    "voided again.",
                    "撤销已冲正，款项已重新扣款：原交易仍如撤销之前，可再次撤销。",
                ),
            ),
            busy=Told(
                _UNDONE,
                Text(
                    "The void was reversed, and the amount was debited again: the payment stands as before, and may be "
                    'voided again once the display says "{display}".',
                    "撤销已冲正，款项已重新扣款：原交易仍如撤销之前，待终端显示“{display}”后可再次撤销。",
                ),
            ),
        ),
        unknown=Saying(
            free=Told(
                Text(
                    "The void of your payment of {amount} did not go through. We will know by {by} whether the amount "
                    "came back meanwhile; then it is debited again.",
                    "您的消费 {amount} 撤销未成功。款项是否曾退回最迟 {by} 可知；如曾退回将重新扣款。",
                ),
                Text(
                    "The void does not stand, and the payment may be voided again. Whether the amount had come back is "
                    "known by {by}.",
                    "撤销未成立，原交易可再次撤销。款项是否曾退回最迟 {by} 可知。",
                ),
            ),
            busy=Told(
                Text(
                    "Whether your payment of {amount} was voided is not known yet; we will know by {by}.",
                    "您的消费 {amount} 是否已撤销尚不清楚；最迟 {by} 会有结果。",
                ),
                Text("Do not void it again yet; it is known by {by}.", "请暂勿再次撤销；最迟 {by} 会有结果。"),
            ),
        ),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: do not void this payment again before a supervisor says so.",
                "已转人工处理，案件编号 {case}：主管同意之前请勿再次撤销。",
            ),
        ),
    ),
    headings=Headings(
        stands=Text("VOIDED", "已撤销"),
        nothing=Text("NOT VOIDED", "未撤销"),
        going_back=Text("VOID NOT COMPLETED", "撤销未完成"),
        returning=Text("VOID BEING REVERSED", "撤销冲正中"),
        undone=Text("VOID TAKEN BACK", "撤销已取消"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        word="void",
        title=Text("POS SALES SLIP", "POS签购单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION: THE ABOVE AMOUNT IS CREDITED TO THIS CARD",
            "本人确认以上交易，同意将其退回本卡账户",
        ),
        refers=Refers(Text("ORIGINAL VOUCHER", "原凭证号")),
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
