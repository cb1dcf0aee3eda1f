"""The completion of a pre-authorisation: the hold is taken, what is owed moves, the rest is free again."""

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

COMPLETION: Final = Kind(
    name="completion",
    says=Text("PRE-AUTH COMPLETION", "预授权完成"),
    wire=Spelling("0200", "000000", "06", "20"),
    mode=Mode.REQUEST,
    needs=Needs.AMOUNT | Needs.CARD | Needs.ORIGINAL,
    movements=(Movement(Deed.POST, Party.CARD, Party.CLEARING),),
    rules=("amount_is_positive", "funds_suffice_above_hold"),
    total=Total.DEBIT,
    original=Original(of=("preauth",), amount=AmountRule.AT_MOST_ABOVE),
    words=Words(
        stands=Told(
            Text("You have paid {amount}; nothing is set aside any more.", "您已付款 {amount}，预授权冻结已解除。"),
            Text("Completed: nothing to do.", "预授权已完成，无需处理。"),
        ),
        receipt_open=Told(
            Text(
                "You have paid {amount}; here is how you get your receipt.",
                "您已付款 {amount}；请按以下方式领取签购单。",
            ),
            Text(
                "Completed, do not complete it again: print the receipt again, or hand it over another way.",
                "已完成，请勿再次完成：请重打印签购单，或以其他方式交付。",
            ),
        ),
        nothing=Told(
            Text(
                "Your card was not charged; what was set aside before is still set aside.",
                "您的卡未被扣款；原预授权仍然冻结。",
            ),
            Text(
                "Not completed: the pre-authorisation stands. Complete it again.",
                "未完成：预授权仍然有效，可再次完成。",
            ),
        ),
        going_back=Told(
            Text(
                "The payment did not go through. If your bank shows a charge of {amount} it is being returned, and the "
                "amount set aside before stands.",
                "付款未成功。如银行显示已扣款 {amount}，正在退回；原预授权仍然有效。",
            ),
            Text(
                "Any charge goes back by itself, and the pre-authorisation stands: complete it again once that is "
                "done.",
                "如有扣款会自动退回，预授权仍然有效：完成后可再次作预授权完成。",
            ),
        ),
        undone=Told(
            Text(
                "The charge of {amount} was returned at {returned}; the pre-authorisation stands.",
                "{amount} 的扣款已于 {returned} 退回；预授权仍然有效。",
            ),
            Text(
                "Returned: the pre-authorisation stands and may be completed again.",
                "已退回：预授权仍然有效，可再次完成。",
            ),
        ),
        unknown=Told(
            Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
            Text("Do not complete it again yet; it is known by {by}.", "请暂勿再次完成；最迟 {by} 会有结果。"),
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
            "Card ending {last4}: {amount} was debited at merchant {merchant} for its pre-authorisation. This "
            "message is "
            "not a receipt.",
            "您尾号{last4}的卡在商户{merchant}预授权完成，已扣款{amount}。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the debit of {amount} at merchant {merchant} was returned to your account; the "
            "pre-authorisation stands again. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的预授权完成{amount}，扣款已经退回到账，预授权仍然有效。"
            "本短信不作为交易凭证。",
        ),
    ),
)
