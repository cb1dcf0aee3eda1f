"""The pre-authorisation: an amount is set aside on the card until it is completed, voided, or its time is over."""

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
from counterfoil.kinds.purchase import SPEND
from counterfoil.words import Text, Told

DAY: Final = 86_400
HOLD_DAYS: Final = 30
"""How long an issuer keeps a pre-authorisation (UnionPay: 30 days)."""

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
    words=Words(
        stands=Told(
            Text("{amount} is set aside on your card; nothing was debited yet.", "您的卡已冻结 {amount}，尚未扣款。"),
            Text("Pre-authorised: complete or void it later.", "预授权成功：之后请作完成或撤销。"),
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
        nothing=Told(
            Text(
                "Nothing was set aside on your card. Please try again, or pay another way.",
                "您的卡未被冻结资金。请重试，或改用其他方式付款。",
            ),
            Text("Not pre-authorised: ask again, or another way.", "预授权未成立：可重新申请，或改用其他方式。"),
        ),
        going_back=Told(
            Text(
                "The pre-authorisation did not go through. If your bank shows {amount} as set aside, it is being "
                "released.",
                "预授权未成功。如银行显示已冻结 {amount}，正在解冻。",
            ),
            Text(
                "What may be set aside is released by itself: ask again, here or elsewhere.",
                "如有冻结会自动解冻：可在本机或其他终端重新申请。",
            ),
        ),
        undone=Told(
            Text(
                "The {amount} that were set aside were released at {returned}.",
                "已冻结的 {amount} 已于 {returned} 解冻。",
            ),
            Text("Released: it may be asked for again.", "已解冻：可重新申请。"),
        ),
        unknown=Told(
            Text(
                "Please wait: we will know by {by} whether {amount} is set aside.",
                "请稍候：最迟 {by} 可知是否已冻结 {amount}。",
            ),
            Text("Do not ask again yet; it is known by {by}.", "请暂勿重新申请；最迟 {by} 会有结果。"),
        ),
    ),
    headings=Headings(
        stands=Text("PRE-AUTHORISED", "已预授权"),
        nothing=Text("NOT PRE-AUTHORISED", "预授权未成立"),
        going_back=Text("PRE-AUTHORISATION NOT COMPLETED", "预授权未完成"),
        undone=Text("RELEASED", "已解冻"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
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

PREAUTH_VOID: Final = Kind(
    name="preauth_void",
    says=Text("PRE-AUTH VOID", "预授权撤销"),
    wire=Spelling("0100", "200000", "06", "11"),
    mode=Mode.REQUEST,
    needs=Needs.CARD | Needs.SUPERVISOR | Needs.ORIGINAL,
    movements=(Movement(Deed.RELEASE, Party.CARD, Party.CLEARING),),
    rules=(),
    total=Total.NONE,
    original=Original(of=("preauth",), amount=AmountRule.EQUAL),
    words=Words(
        stands=Told(
            Text("The {amount} that were set aside on your card were released.", "您的卡已冻结的 {amount} 已解冻。"),
            Text("Voided: nothing is set aside any more.", "预授权已撤销：不再冻结资金。"),
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
        nothing=Told(
            Text("Nothing was released: {amount} is still set aside on your card.", "未解冻：您的卡仍冻结 {amount}。"),
            Text(
                "Not voided: the pre-authorisation stands. Void it again if it shall go.",
                "未撤销：预授权仍然有效。如须解冻请再次撤销。",
            ),
        ),
        going_back=Told(
            Text(
                "The release did not go through: {amount} stays set aside on your card.",
                "解冻未成功：您的卡仍将冻结 {amount}。",
            ),
            Text(
                "The void is being reversed: the pre-authorisation stands. Void it again once that is done.",
                "撤销正在冲正：预授权仍然有效。冲正完成后可再次撤销。",
            ),
        ),
        undone=Told(
            Text(
                "The release was reversed at {returned}: {amount} is still set aside on your card.",
                "解冻已于 {returned} 冲正：您的卡仍冻结 {amount}。",
            ),
            Text(
                "The void was reversed: the pre-authorisation stands. It may be voided again.",
                "撤销已冲正：预授权仍然有效，可再次撤销。",
            ),
        ),
        unknown=Told(
            Text(
                "Whether {amount} was released is not known yet; we will know by {by}.",
                "{amount} 是否已解冻尚不清楚；最迟 {by} 会有结果。",
            ),
            Text("Do not void it again yet; it is known by {by}.", "请暂勿再次撤销；最迟 {by} 会有结果。"),
        ),
    ),
    headings=Headings(
        stands=Text("PRE-AUTHORISATION VOIDED", "预授权已撤销"),
        nothing=Text("NOT VOIDED", "未撤销"),
        going_back=Text("VOID NOT COMPLETED", "撤销未完成"),
        undone=Text("VOID REVERSED", "撤销已冲正"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        title=Text("POS PRE-AUTHORISATION SLIP", "POS预授权单"),
        signature=True,
        acknowledgement=Text(
            "I ACKNOWLEDGE THIS TRANSACTION: THE ABOVE AMOUNT IS NOT SET ASIDE ANY MORE",
            "本人确认以上交易，同意解除以上金额的冻结",
        ),
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
