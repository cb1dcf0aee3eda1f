"""The purchase: the card pays, the acquirer is owed."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import (
    Deed,
    Headings,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Party,
    SlipOf,
    Spelling,
    Total,
    Words,
)
from counterfoil.words import Text, Told

SPEND: Final = ("amount_is_positive", "within_limit_each", "within_limit_day", "within_count_day", "funds_suffice")
"""The rules of whatever takes money off a card or sets it aside."""

PURCHASE: Final = Kind(
    name="purchase",
    says=Text("SALE", "消费"),
    wire=Spelling("0200", "000000", "00", "22"),
    mode=Mode.REQUEST,
    needs=Needs.AMOUNT | Needs.CARD | Needs.PIN,
    movements=(Movement(Deed.MOVE, Party.CARD, Party.CLEARING),),
    rules=SPEND,
    total=Total.DEBIT,
    words=Words(
        stands=Told(
            Text("You have paid {amount}.", "您已付款 {amount}。"), Text("Paid: nothing to do.", "已付款，无需处理。")
        ),
        receipt_open=Told(
            Text(
                "You have paid {amount}; here is how you get your receipt.",
                "您已付款 {amount}；请按以下方式领取签购单。",
            ),
            Text(
                "Paid, do not take it again: print the receipt again, or hand it over another way.",
                "已付款，请勿再次收款：请重打印签购单，或以其他方式交付。",
            ),
        ),
        nothing=Told(
            Text(
                "Your card was not charged. Please try again, or pay another way.",
                "您的卡未被扣款。请重试，或改用其他方式付款。",
            ),
            Text("Not charged: take the payment again, or another way.", "未扣款：可重新收款，或改用其他方式。"),
        ),
        going_back=Told(
            Text(
                "The sale did not go through. If your bank shows a charge of {amount} it is being returned.",
                "交易未成功。如银行显示已扣款 {amount}，正在退回。",
            ),
            Text(
                "Any charge goes back by itself: take the payment again, here or elsewhere.",
                "如有扣款会自动退回：可在本机或其他终端重新收款。",
            ),
        ),
        undone=Told(
            Text("The charge of {amount} was returned at {returned}.", "{amount} 的扣款已于 {returned} 退回。"),
            Text("Returned: the payment may be taken again.", "已退回：可重新收款。"),
        ),
        unknown=Told(
            Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
            Text("Do not take this payment again yet; it is known by {by}.", "请暂勿再次收款；最迟 {by} 会有结果。"),
        ),
    ),
    headings=Headings(
        stands=Text("PAID", "已付款"),
        nothing=Text("NOT CHARGED", "未扣款"),
        going_back=Text("NOT COMPLETED", "交易未完成"),
        undone=Text("RETURNED", "已退回"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        title=Text("POS SALES SLIP", "POS签购单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION AND AGREE TO PAY THE ABOVE AMOUNT", "本人确认以上交易，同意将其计入本卡账户"
        ),
    ),
    notices=Notices(
        booked=Text(
            "Card ending {last4}: {amount} was debited at merchant {merchant}. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}消费，已扣款{amount}。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the debit of {amount} at merchant {merchant} was returned to your account. "
            "This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的消费{amount}，扣款已经退回到账。本短信不作为交易凭证。",
        ),
    ),
)
