"""The pre-authorisation: an amount is set aside on the card until it is completed, voided, or its time is over."""

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
from counterfoil.kinds.purchase import SPEND
from counterfoil.words import Text, Told

DAY: Final = 86_400
HOLD_DAYS: Final = 30
"""How long an issuer keeps a pre-authorisation (UnionPay: 30 days)."""

_RELEASED: Final = Text(
    "The {amount} that were set aside were released at {returned}.", "已冻结的 {amount} 已于 {returned} 解冻。"
)

PREAUTH: Final = Kind(
    name="preauth",
    says=Text("PRE-AUTHORISATION", "预授权"),
    wire=Spelling("0100", "030000", "06", "10"),
    mode=Mode.REQUEST,
    needs=Needs.AMOUNT | Needs.CARD | Needs.PIN,
    movements=(Movement(Deed.HOLD, Party.CARD, Party.CLEARING),),
    rules=SPEND,
    total=Total.NONE,
    keeps_for=HOLD_DAYS * DAY,
    expired=Ended(
        Text("EXPIRED", "已到期"),
        Told(
            Text(
                "The {amount} that were set aside on your card were released when their time was over; nothing was "
                "debited.",
                "您的卡已冻结的 {amount} 已到期解冻，未扣款。",
            ),
            Text(
                "Its time is over, and nothing is set aside any more: it can neither be completed nor voided.",
                "预授权已到期，资金已解冻：不能再作完成或撤销。",
            ),
        ),
    ),
    words=Words(
        stands=Told(
            Text("{amount} is set aside on your card; nothing was debited yet.", "您的卡已冻结 {amount}，尚未扣款。"),
            Text("Pre-authorised: complete or void it later.", "预授权成功：之后请作完成或撤销。"),
        ),
        printing=Told(
            Text(
                "The amount is set aside on your card. The slip of it is being printed.",
                "您的卡已冻结资金，正在打印预授权单据。",
            ),
            Text("Pre-authorised. The slip is being printed.", "预授权成功，正在打印单据。"),
        ),
        receipt_open=Told(
            Text(
                "{amount} is set aside on your card; here is how you get the slip of it.",
                "您的卡已冻结 {amount}；请按以下方式领取预授权单据。",
            ),
            Text(
                "Pre-authorised, do not ask again: print the slip again, or hand it over another way.",
                "预授权已成功，请勿重复：请重打印单据，或以其他方式交付。",
            ),
        ),
        nothing=Saying(
            free=Told(
                Text(
                    "Nothing was set aside on your card. Please try again, or pay another way.",
                    "您的卡未被冻结资金。请重试，或改用其他方式付款。",
                ),
                Text("Not pre-authorised: ask again, or another way.", "预授权未成立：可重新申请，或改用其他方式。"),
            ),
            busy=Told(
                Text(
                    "Nothing was set aside on your card. You may go to another till now, or wait until this one is "
                    "free.",
                    "您的卡未被冻结资金。您现在可以到其他收银台办理，或等待此收银台就绪。",
                ),
                Text(
                    'Not pre-authorised: ask at another terminal, or here once the display says "{display}".',
                    "预授权未成立：可换用其他终端申请，或待本终端显示“{display}”后申请。",
                ),
            ),
            twice=Told(
                Text(
                    "Nothing was set aside on your card. This was a second pre-authorisation, beside {other}.",
                    "您的卡未被冻结资金。本次为 {other} 之外的重复预授权。",
                ),
                Text(
                    "Not pre-authorised: it repeated {other}, which stands.",
                    "预授权未成立：本笔与已成功的 {other} 重复。",
                ),
            ),
        ),
        refused=Told(
            Text("Nothing was set aside on your card. {more}", "您的卡未被冻结资金。{more}"),
            Text("{why}: {advice}.", "{why}：{advice}。"),
        ),
        going_back=Saying(
            free=Told(
                Text(
                    "The pre-authorisation did not go through. {back} You may try again now.",
                    "预授权未成功。{back}您现在可以重新办理。",
                ),
                Text(
                    "What may be set aside is released by itself: ask again, here or elsewhere.",
                    "如有冻结会自动解冻：可在本机或其他终端重新申请。",
                ),
            ),
            busy=Told(
                Text(
                    "The pre-authorisation did not go through. {back} You may go to another till now, or wait until "
                    "this one is free.",
                    "预授权未成功。{back}您现在可以到其他收银台办理，或等待此收银台就绪。",
                ),
                Text(
                    "What may be set aside is released by itself: ask at another terminal now, or at this one once its "
                    'display says "{display}".',
                    "如有冻结会自动解冻：可立即换用其他终端申请，或待本终端显示“{display}”后申请。",
                ),
            ),
            twice=Told(
                Text(
                    "This was a second pre-authorisation, beside {other}. {back}",
                    "本次为 {other} 之外的重复预授权。{back}",
                ),
                Text(
                    "It was pre-authorised with {other}: what this second one set aside is released by itself. Do not "
                    "ask again.",
                    "已通过 {other} 预授权：本笔重复冻结会自动解冻，请勿再次申请。",
                ),
            ),
        ),
        back=Text(
            "If your bank shows {amount} as set aside, it is being released, by {refund} at the latest.",
            "如银行显示已冻结 {amount}，正在解冻，最迟 {refund} 解冻。",
        ),
        came_back=_RELEASED,
        undone=Saying(
            free=Told(_RELEASED, Text("Released: it may be asked for again.", "已解冻：可重新申请。")),
            busy=Told(
                _RELEASED,
                Text(
                    'Released: ask at another terminal, or here once the display says "{display}".',
                    "已解冻：可换用其他终端申请，或待本终端显示“{display}”后申请。",
                ),
            ),
            twice=Told(
                _RELEASED, Text("Released: it repeated {other}, which stands.", "已解冻：本笔与已成功的 {other} 重复。")
            ),
        ),
        unknown=Saying(
            free=Told(
                Text(
                    "The pre-authorisation did not go through, and you may try again. If your bank shows an amount as "
                    "set aside, it is released; we will know by {by} whether there was one.",
                    "预授权未成功，您可以重新办理。如银行显示已冻结资金，将会解冻；最迟 {by} 可知是否有冻结。",
                ),
                Text(
                    "This pre-authorisation does not stand: ask again. Whether an amount was set aside is known by "
                    "{by}.",
                    "本笔预授权未成立：可重新申请。是否有冻结最迟 {by} 可知。",
                ),
            ),
            busy=Told(
                Text(
                    "Please wait: we will know by {by} whether {amount} is set aside.",
                    "请稍候：最迟 {by} 可知是否已冻结 {amount}。",
                ),
                Text("Do not ask again yet; it is known by {by}.", "请暂勿重新申请；最迟 {by} 会有结果。"),
            ),
        ),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: do not ask for this pre-authorisation again before a supervisor "
                "says so.",
                "已转人工处理，案件编号 {case}：主管同意之前请勿再次申请预授权。",
            ),
        ),
    ),
    headings=Headings(
        stands=Text("PRE-AUTHORISED", "已预授权"),
        nothing=Text("NOT PRE-AUTHORISED", "预授权未成立"),
        going_back=Text("PRE-AUTHORISATION NOT COMPLETED", "预授权未完成"),
        returning=Text("BEING RELEASED", "解冻中"),
        undone=Text("RELEASED", "已解冻"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        word="preauth",
        title=Text("POS PRE-AUTHORISATION SLIP", "POS预授权单"),
        signature=True,
        acknowledgement=Text(
            "I AGREE THAT THE ABOVE AMOUNT IS SET ASIDE ON THIS CARD", "本人同意在本卡账户冻结以上金额"
        ),
    ),
    notices=Notices(
        booked=Text(
            "Card ending {last4}: {amount} was set aside for merchant {merchant}; nothing was debited. This "
            "message is not "
            "a receipt.",
            "您尾号{last4}的卡在商户{merchant}预授权，已冻结{amount}，尚未扣款。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the {amount} set aside for merchant {merchant} were released. This message is not a "
            "receipt.",
            "您尾号{last4}的卡在商户{merchant}预授权冻结的{amount}已解冻。本短信不作为交易凭证。",
        ),
    ),
)

_UNCHANGED: Final = Text(
    "The release did not take place: it changed nothing about the {amount} that were set aside on your card.",
    "解冻未成立：您的卡已冻结的 {amount} 未因此变动。",
)
_FALLEN: Final = Text(
    "The release did not go through: it changes nothing about the {amount} that were set aside on your card. {back}",
    "解冻未成功：您的卡已冻结的 {amount} 不因此变动。{back}",
)
_SET_ASIDE_AGAIN: Final = Text(
    "The release was taken back at {returned}, and {amount} was set aside again.",
    "解冻已于 {returned} 取消，{amount} 已重新冻结。",
)

PREAUTH_VOID: Final = Kind(
    name="preauth_void",
    says=Text("PRE-AUTH VOID", "预授权撤销"),
    wire=Spelling("0100", "200000", "06", "11"),
    mode=Mode.REQUEST,
    needs=Needs.CARD | Needs.SUPERVISOR | Needs.ORIGINAL,
    movements=(Movement(Deed.RELEASE, Party.CARD, Party.CLEARING),),
    rules=(),
    total=Total.NONE,
    original=Original(
        of=("preauth",),
        amount=AmountRule.EQUAL,
        ended=Ended(
            Text("VOIDED", "已撤销"),
            Told(
                Text(
                    "The {amount} that were set aside on your card were released; nothing was debited.",
                    "您的卡已冻结的 {amount} 已解冻，未扣款。",
                ),
                Text(
                    "Voided with {other}: nothing is set aside for it any more.", "已通过 {other} 撤销：不再冻结资金。"
                ),
            ),
        ),
    ),
    words=Words(
        stands=Told(
            Text("The {amount} that were set aside on your card were released.", "您的卡已冻结的 {amount} 已解冻。"),
            Text("Voided: nothing is set aside for it any more.", "预授权已撤销：不再冻结资金。"),
        ),
        printing=Told(
            Text(
                "What was set aside was released. The slip of it is being printed.",
                "已冻结的资金已解冻，正在打印撤销单据。",
            ),
            Text("Voided. The slip is being printed.", "预授权已撤销，正在打印单据。"),
        ),
        receipt_open=Told(
            Text(
                "The {amount} that were set aside were released; here is how you get the slip of it.",
                "已冻结的 {amount} 已解冻；请按以下方式领取撤销单据。",
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
                    "Not voided: this changed nothing about the pre-authorisation. Void it again if it shall go.",
                    "未撤销：原预授权未因此变动。如须解冻请再次撤销。",
                ),
            ),
            busy=Told(
                _UNCHANGED,
                Text(
                    "Not voided: this changed nothing about the pre-authorisation. Void it again, if it shall go, once "
                    'the display says "{display}".',
                    "未撤销：原预授权未因此变动。如须解冻，请待终端显示“{display}”后再次撤销。",
                ),
            ),
        ),
        refused=Told(
            _UNCHANGED,
            Text(
                "{why}: not voided, and nothing changed about the pre-authorisation. Look it up before anything else.",
                "{why}：未撤销，原预授权未因此变动。请先核对原交易，再作其他处理。",
            ),
        ),
        going_back=Saying(
            free=Told(
                _FALLEN,
                Text(
                    "The void does not stand, and what it released is set aside again by itself: the pre-authorisation "
                    "stands as before, and may be voided again.",
                    "撤销未成立，如已解冻将自动重新冻结：预授权仍如撤销之前，可再次撤销。",
                ),
            ),
            busy=Told(
                _FALLEN,
                Text(
                    "The void is being reversed, and what it released is set aside again by itself: the "
                    'pre-authorisation stands as before, and may be voided again once the display says "{display}".',
                    "撤销正在冲正，如已解冻将自动重新冻结：预授权仍如撤销之前，待终端显示“{display}”后可再次撤销。",
                ),
            ),
        ),
        back=Text("If your bank shows that it was released, it is set aside again.", "如银行显示已解冻，将重新冻结。"),
        came_back=Text(
            "What had been released was set aside again at {returned}.", "已解冻的资金已于 {returned} 重新冻结。"
        ),
        undone=Saying(
            free=Told(
                _SET_ASIDE_AGAIN,
                Text(
                    "The void was reversed: the pre-authorisation stands as before, and may be voided again.",
                    "撤销已冲正：预授权仍如撤销之前，可再次撤销。",
                ),
            ),
            busy=Told(
                _SET_ASIDE_AGAIN,
                Text(
                    "The void was reversed: the pre-authorisation stands as before, and may be voided again once the "
                    'display says "{display}".',
                    "撤销已冲正：预授权仍如撤销之前，待终端显示“{display}”后可再次撤销。",
                ),
            ),
        ),
        unknown=Saying(
            free=Told(
                Text(
                    "The release of {amount} did not go through. We will know by {by} whether it was released "
                    "meanwhile; then it is set aside again.",
                    "{amount} 的解冻未成功。是否曾解冻最迟 {by} 可知；如曾解冻将重新冻结。",
                ),
                Text(
                    "The void does not stand, and the pre-authorisation may be voided again. Whether it had been "
                    "released is known by {by}.",
                    "撤销未成立，预授权可再次撤销。是否曾解冻最迟 {by} 可知。",
                ),
            ),
            busy=Told(
                Text(
                    "Whether {amount} was released is not known yet; we will know by {by}.",
                    "{amount} 是否已解冻尚不清楚；最迟 {by} 会有结果。",
                ),
                Text("Do not void it again yet; it is known by {by}.", "请暂勿再次撤销；最迟 {by} 会有结果。"),
            ),
        ),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: do not void this pre-authorisation again before a supervisor "
                "says so.",
                "已转人工处理，案件编号 {case}：主管同意之前请勿再次撤销预授权。",
            ),
        ),
    ),
    headings=Headings(
        stands=Text("PRE-AUTHORISATION VOIDED", "预授权已撤销"),
        nothing=Text("NOT VOIDED", "未撤销"),
        going_back=Text("VOID NOT COMPLETED", "撤销未完成"),
        returning=Text("VOID BEING REVERSED", "撤销冲正中"),
        undone=Text("VOID TAKEN BACK", "撤销已取消"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        word="preauth-void",
        title=Text("POS PRE-AUTHORISATION SLIP", "POS预授权单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION: THE ABOVE AMOUNT IS NOT SET ASIDE ANY MORE",
            "本人确认以上交易，同意解除以上金额的冻结",
        ),
        refers=Refers(Text("ORIGINAL AUTH NO", "原授权码"), approval=True),
    ),
    notices=Notices(
        booked=Text(
            "Card ending {last4}: the pre-authorisation of {amount} at merchant {merchant} was voided; nothing "
            "is set aside "
            "for it any more. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的预授权{amount}已撤销，资金已解冻。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the void of the pre-authorisation of {amount} at merchant {merchant} did not "
            "go through; "
            "the amount is set aside again. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的预授权撤销{amount}未成功，资金已重新冻结。本短信不作为交易凭证。",
        ),
    ),
)
