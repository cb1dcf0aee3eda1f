"""The purchase: the card pays, the acquirer is owed."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import (
    CALL_BACK,
    Deed,
    Headings,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Party,
    Saying,
    SlipOf,
    Spelling,
    Total,
    Words,
)
from counterfoil.words import Text, Told

SPEND: Final = ("amount_is_positive", "within_limit_each", "within_limit_day", "within_count_day", "funds_suffice")
"""The rules of whatever takes money off a card or sets it aside."""

_RETURNED: Final = Text("The charge of {amount} was returned at {returned}.", "{amount} 的扣款已于 {returned} 退回。")
_UNTIL: Final = Text(
    'This terminal takes no other payment before its display says "{display}"',
    "显示“{display}”之前，本终端不受理其他付款",
)
_UNSENT: Final = {
    "line": Told(
        Text(
            "Your card was not charged. Please try again, or pay another way.",
            "您的卡未被扣款。请重试，或改用其他方式付款。",
        ),
        Text(
            "The line is down, nothing was sent: try again in a moment, or take the payment another way.",
            "线路不通，交易未发出：请稍候重试，或改用其他方式收款。",
        ),
    ),
    "sign_on": Told(
        Text(
            "Your card was not charged. Please try again later, or pay another way.",
            "您的卡未被扣款。请稍后重试，或改用其他方式付款。",
        ),
        Text(
            "The terminal could not sign on, nothing was sent: try again later, or use another terminal.",
            "终端签到失败，交易未发出：请稍后重试，或换用其他终端。",
        ),
    ),
    "reversal": Told(
        Text(
            "Your card was not charged. This till is not free yet. Please wait, or pay at another one.",
            "您的卡未被扣款。此收银台暂未就绪，请稍候，或到其他收银台付款。",
        ),
        Text(
            f"An earlier sale of this terminal is still being reversed, so this one was not sent. {_UNTIL.en}; another "
            "terminal takes it now.",
            f"本终端上一笔交易的冲正尚未成功，本笔未发出。{_UNTIL.zh}；可换用其他终端收款。",
        ),
    ),
    "printer": Told(
        Text(
            "Your card was not charged. This till cannot print just now. Please wait, or pay at another one.",
            "您的卡未被扣款。此收银台暂时无法打印，请稍候，或到其他收银台付款。",
        ),
        Text(
            "The printer is not ready and this shop sells with paper only, so nothing was sent: mend the printer, then "
            "take the payment again.",
            "打印机未就绪，本店须打印签购单方可交易，交易未发出：请先排除打印机故障，再重新收款。",
        ),
    ),
    "cancelled": Told(
        Text("Cancelled. Your card was not charged.", "交易已取消。您的卡未被扣款。"),
        Text(
            "Cancelled before it was sent: take the payment again if the customer wants to.",
            "交易在发出前已取消：如顾客仍要付款，可重新收款。",
        ),
    ),
}
"""By the word of terminal/causes.py that says why nothing was sent."""

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
        printing=Told(
            Text("You have paid. Your receipt is being printed.", "您已付款，正在打印签购单。"),
            Text("Paid. The receipt is being printed.", "已付款，正在打印签购单。"),
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
        nothing=Saying(
            free=Told(
                Text(
                    "Your card was not charged. Please try again, or pay another way.",
                    "您的卡未被扣款。请重试，或改用其他方式付款。",
                ),
                Text("Not charged: take the payment again, or another way.", "未扣款：可重新收款，或改用其他方式。"),
            ),
            busy=Told(
                Text(
                    "Your card was not charged. You may pay at another till now, or wait until this one is free.",
                    "您的卡未被扣款。您现在可以到其他收银台付款，或等待此收银台就绪。",
                ),
                Text(
                    'Not charged: take the payment at another terminal, or here once the display says "{display}".',
                    "未扣款：可换用其他终端收款，或待本终端显示“{display}”后收款。",
                ),
            ),
            twice=Told(
                Text(
                    "Your card was not charged. This was a second payment, beside {other}.",
                    "您的卡未被扣款。本次为 {other} 之外的重复付款。",
                ),
                Text(
                    "Not charged: it repeated {other}. Nothing more is paid for it.",
                    "未扣款：本笔与 {other} 重复，无需再付款。",
                ),
            ),
        ),
        refused=Told(
            Text("Your card was not charged. {more}", "您的卡未被扣款。{more}"),
            Text("{why}: {advice}.", "{why}：{advice}。"),
        ),
        going_back=Saying(
            free=Told(
                Text(
                    "The sale did not go through. {back} You may pay again now.",
                    "交易未成功。{back}您现在可以重新付款。",
                ),
                Text(
                    "Any charge goes back by itself: take the payment again, here or elsewhere.",
                    "如有扣款会自动退回：可在本机或其他终端重新收款。",
                ),
            ),
            busy=Told(
                Text(
                    "The sale did not go through. {back} You may pay at another till now, or wait until this one is "
                    "free.",
                    "交易未成功。{back}您现在可以到其他收银台付款，或等待此收银台就绪。",
                ),
                Text(
                    "Any charge goes back by itself: take the payment at another terminal now, or at this one once its "
                    'display says "{display}".',
                    "如有扣款会自动退回：可立即换用其他终端收款，或待本终端显示“{display}”后收款。",
                ),
            ),
            twice=Told(
                Text("This was a second payment, beside {other}. {back}", "本次为 {other} 之外的重复付款。{back}"),
                Text(
                    "It was paid with {other}: this second charge goes back by itself. Do not take it again.",
                    "已通过 {other} 付款：本笔重复扣款会自动退回，请勿再次收款。",
                ),
            ),
        ),
        back=Text(
            "If your bank shows a charge of {amount} it is being returned, by {refund} at the latest.",
            "如银行显示已扣款 {amount}，正在退回，最迟 {refund} 到账。",
        ),
        came_back=_RETURNED,
        undone=Saying(
            free=Told(_RETURNED, Text("Returned: the payment may be taken again.", "已退回：可重新收款。")),
            busy=Told(
                _RETURNED,
                Text(
                    'Returned: take the payment at another terminal, or here once the display says "{display}".',
                    "已退回：可换用其他终端收款，或待本终端显示“{display}”后收款。",
                ),
            ),
            twice=Told(
                _RETURNED,
                Text(
                    "Returned: it repeated {other}. Nothing more is paid for it.",
                    "已退回：本笔与 {other} 重复，无需再付款。",
                ),
            ),
        ),
        unknown=Saying(
            free=Told(
                Text(
                    "The sale did not go through, and you may pay again. If your bank shows a charge, it is returned "
                    "to your card; we will know by {by} whether there was one.",
                    "交易未成功，您可以重新付款。如银行显示已扣款，款项会退回您的卡；最迟 {by} 可知是否有扣款。",
                ),
                Text(
                    "This sale does not stand: take the payment again. Whether there was a charge is known by {by}.",
                    "本笔交易未成立：可重新收款。是否有扣款最迟 {by} 可知。",
                ),
            ),
            busy=Told(
                Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
                Text(
                    "Do not take this payment again yet; it is known by {by}.", "请暂勿再次收款；最迟 {by} 会有结果。"
                ),
            ),
        ),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: do not take this payment again before a supervisor says so.",
                "已转人工处理，案件编号 {case}：主管同意之前请勿再次收款。",
            ),
        ),
        unsent=_UNSENT,
    ),
    headings=Headings(
        stands=Text("PAID", "已付款"),
        nothing=Text("NOT CHARGED", "未扣款"),
        going_back=Text("NOT COMPLETED", "交易未完成"),
        returning=Text("RETURNING", "退回中"),
        undone=Text("RETURNED", "已退回"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        word="sale",
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
