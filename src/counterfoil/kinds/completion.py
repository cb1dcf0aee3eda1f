"""The completion of a pre-authorisation: the hold is taken, what is owed moves, the rest is free again."""

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
    "Your card was not charged; this changed nothing about what was set aside before.",
    "您的卡未被扣款；原预授权未因此变动。",
)
_FALLEN: Final = Text(
    "The payment did not go through: it changes nothing about what was set aside before. {back}",
    "付款未成功：原预授权不因此变动。{back}",
)
_RETURNED: Final = Text("The charge of {amount} was returned at {returned}.", "{amount} 的扣款已于 {returned} 退回。")
_RETURNED_AND_HELD: Final = Text(
    "The charge of {amount} was returned at {returned}; what was set aside before is set aside again while its time "
    "lasts.",
    "{amount} 的扣款已于 {returned} 退回；原预授权在有效期内恢复冻结。",
)

COMPLETION: Final = Kind(
    name="completion",
    says=Text("PRE-AUTH COMPLETION", "预授权完成"),
    wire=Spelling("0200", "000000", "06", "20"),
    mode=Mode.REQUEST,
    needs=Needs.AMOUNT | Needs.CARD | Needs.ORIGINAL,
    movements=(Movement(Deed.POST, Party.CARD, Party.CLEARING),),
    rules=("amount_is_positive", "funds_suffice_above_hold"),
    total=Total.DEBIT,
    original=Original(
        of=("preauth",),
        amount=AmountRule.AT_MOST_ABOVE,
        ended=Ended(
            Text("COMPLETED", "已完成"),
            Told(
                Text(
                    "Your pre-authorisation of {amount} was completed: {taken} was debited, and nothing is set aside "
                    "for it any more.",
                    "您的预授权 {amount} 已完成：已扣款 {taken}，预授权冻结已解除。",
                ),
                Text(
                    "Completed with {other}: {taken} was taken, and nothing is set aside for it any more.",
                    "已通过 {other} 完成：已扣款 {taken}，预授权冻结已解除。",
                ),
            ),
        ),
    ),
    words=Words(
        stands=Told(
            Text(
                "You have paid {amount}; nothing is set aside for it any more.", "您已付款 {amount}，预授权冻结已解除。"
            ),
            Text("Completed: nothing to do.", "预授权已完成，无需处理。"),
        ),
        printing=Told(
            Text("You have paid. Your receipt is being printed.", "您已付款，正在打印签购单。"),
            Text("Completed. The receipt is being printed.", "预授权已完成，正在打印签购单。"),
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
        nothing=Saying(
            free=Told(
                _UNCHANGED,
                Text(
                    "Not completed: this changed nothing about the pre-authorisation. Complete it again.",
                    "未完成：原预授权未因此变动。请再次作预授权完成。",
                ),
            ),
            busy=Told(
                _UNCHANGED,
                Text(
                    "Not completed: this changed nothing about the pre-authorisation. Complete it again once the "
                    'display says "{display}".',
                    "未完成：原预授权未因此变动。请待终端显示“{display}”后再次作预授权完成。",
                ),
            ),
        ),
        refused=Told(
            _UNCHANGED,
            Text(
                "{why}: not completed, and nothing changed about the pre-authorisation. Look it up before anything "
                "else.",
                "{why}：未完成，原预授权未因此变动。请先核对原交易，再作其他处理。",
            ),
        ),
        going_back=Saying(
            free=Told(
                _FALLEN,
                Text(
                    "Any charge goes back by itself, and the pre-authorisation stands as before: it may be completed "
                    "again.",
                    "如有扣款会自动退回，预授权仍如之前：可再次作预授权完成。",
                ),
            ),
            busy=Told(
                _FALLEN,
                Text(
                    "Any charge goes back by itself, and the pre-authorisation stands as before: it may be completed "
                    'again once the display says "{display}".',
                    "如有扣款会自动退回，预授权仍如之前：待终端显示“{display}”后可再次作预授权完成。",
                ),
            ),
        ),
        back=Text(
            "If your bank shows a charge of {amount} it is being returned, by {refund} at the latest.",
            "如银行显示已扣款 {amount}，正在退回，最迟 {refund} 到账。",
        ),
        came_back=_RETURNED,
        undone=Saying(
            free=Told(
                _RETURNED_AND_HELD,
                Text(
                    "Returned: the pre-authorisation stands as before, and may be completed again while its time "
                    "lasts.",
                    "已退回：预授权仍如之前，有效期内可再次作预授权完成。",
                ),
            ),
            busy=Told(
                _RETURNED_AND_HELD,
                Text(
                    "Returned: the pre-authorisation stands as before, and may be completed again while its time "
                    'lasts, once the display says "{display}".',
                    "已退回：预授权仍如之前，有效期内待终端显示“{display}”后可再次作预授权完成。",
                ),
            ),
        ),
        unknown=Saying(
            free=Told(
                Text(
                    "The payment did not go through. If your bank shows a charge, it is returned to your card; we will "
                    "know by {by} whether there was one.",
                    "付款未成功。如银行显示已扣款，款项会退回您的卡；最迟 {by} 可知是否有扣款。",
                ),
                Text(
                    "This completion does not stand, and the pre-authorisation may be completed again. Whether there "
                    "was a charge is known by {by}.",
                    "本次预授权完成未成立，可再次作预授权完成。是否有扣款最迟 {by} 可知。",
                ),
            ),
            busy=Told(
                Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
                Text("Do not complete it again yet; it is known by {by}.", "请暂勿再次完成；最迟 {by} 会有结果。"),
            ),
        ),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: do not complete this pre-authorisation again before a "
                "supervisor says so.",
                "已转人工处理，案件编号 {case}：主管同意之前请勿再次作预授权完成。",
            ),
        ),
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
        word="completion",
        title=Text("POS SALES SLIP", "POS签购单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION AND AGREE TO PAY THE ABOVE AMOUNT", "本人确认以上交易，同意将其计入本卡账户"
        ),
        refers=Refers(Text("ORIGINAL AUTH NO", "原授权码"), approval=True),
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
