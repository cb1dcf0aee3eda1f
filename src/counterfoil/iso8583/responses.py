"""DE39: what each code means, what the cashier is told and does, and what the customer is told.

One table for both dialects: UnionPay's codes, and those only ISO 8583:1987 has. Two generations of UnionPay's table are
in use; `klass` is the newer one's letter where they differ. What the customer is told names no station and no code,
and never says why a bank keeps a card: lost, stolen and suspected cards read exactly like a plain refusal.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

from counterfoil.words import Text, Told

APPROVED: Final = "00"
INVALID_MERCHANT: Final = "03"
ERROR: Final = "06"
HONOUR_WITH_IDENTIFICATION: Final = "08"
PARTIALLY_APPROVED: Final = "10"
INVALID_TRANSACTION: Final = "12"
INVALID_AMOUNT: Final = "13"
INVALID_CARD: Final = "14"
NO_SUCH_ISSUER: Final = "15"
APPROVED_UPDATE_TRACK_3: Final = "16"
CANCELLED: Final = "17"
OUT_OF_TIME: Final = "22"
NO_ORIGINAL: Final = "25"
FORMAT_ERROR: Final = "30"
COMPLETED_IN_PART: Final = "32"
NOT_SUPPORTED: Final = "40"
LOST_CARD: Final = "41"
STOLEN_CARD: Final = "43"
INSUFFICIENT_FUNDS: Final = "51"
EXPIRED_CARD: Final = "54"
WRONG_PIN: Final = "55"
NOT_PERMITTED_TO_CARD: Final = "57"
NOT_PERMITTED_AT_TERMINAL: Final = "58"
VERIFICATION_FAILED: Final = "59"
OVER_LIMIT: Final = "61"
RESTRICTED_CARD: Final = "62"
SECURITY_VIOLATION: Final = "63"
AMOUNT_MISMATCH: Final = "64"
TOO_MANY_USES: Final = "65"
TOO_LATE: Final = "68"
PIN_TRIES_EXCEEDED: Final = "75"
SIGN_ON_AGAIN: Final = "77"
ISSUER_UNAVAILABLE: Final = "91"
DUPLICATE: Final = "94"
MALFUNCTION: Final = "96"
UNKNOWN_TERMINAL: Final = "97"
ISSUER_TIMEOUT: Final = "98"
PIN_ERROR: Final = "99"
MAC_ERROR: Final = "A0"
SECURITY_FAILED: Final = "A7"

APPROVALS: Final = frozenset((APPROVED, PARTIALLY_APPROVED, "11", "A2", "A4", "A5", "A6"))
"""Codes that mean "paid" to a terminal, under a valid MAC only."""

REVERSAL_CLOSED: Final = frozenset((APPROVED, NO_ORIGINAL))
"""Codes of a MAC-valid 0410 (or a 0430) that end a reversal. 12 joins them in some dialects."""


class Retry(enum.Enum):
    """Whether another attempt can succeed after a code."""

    PAID = "paid"  # it was approved: nothing is paid again
    NOW = "now"  # the same card, at once
    LATER = "later"  # the same card, when the bank is back
    NOT_THIS_CARD = "not this card"  # another card, or another way
    NOT_BY_CARD = "not by card"  # no card here before somebody mended something


class Guidance(NamedTuple):
    """Guidance for a code: the cashier's act, the customer's sentence, and whether another attempt can succeed.

    `discreet`: the meaning of the code is for the cashier alone; a display that the customer sees does not show it.
    """

    cashier: Text
    customer: Text
    again: Retry
    discreet: bool = False


class Response(NamedTuple):
    """Response code. `klass`: A success · B may be tried again · C do not try again · D the cashier must act · E a
    fault of the system, do not try again. `text` is its meaning, as cashiers and the inspector read it.
    """

    code: str
    klass: str
    text: Text
    advice: Guidance


_PAID: Final = Text("You have paid.", "您已付款。")
_REFUSED: Final = Text(
    "The card was not accepted. Please ask your bank, or pay another way.",
    "该卡未被受理。请咨询您的发卡银行，或改用其他方式付款。",
)
_OTHER_WAY: Final = Text(
    "This payment cannot be taken by card here. Please pay another way.",
    "此处无法以银行卡收取本笔款项。请改用其他方式付款。",
)
_LATER: Final = Text(
    "Your bank cannot be reached just now. Please try again later, or pay another way.",
    "暂时无法联系您的发卡银行。请稍后再试，或改用其他方式付款。",
)

_PRINT: Final = Guidance(Text("hand over the receipt", "将签购单交给持卡人"), _PAID, Retry.PAID)
_CONFIRM: Final = Guidance(
    Text("confirm the approved amount with the customer", "与持卡人确认实际批准金额"),
    Text("A part of the amount was paid.", "已支付部分金额。"),
    Retry.PAID,
)
_ASK_BANK: Final = Guidance(
    Text("ask for another card; the customer asks the bank about this one", "请换卡；该卡由持卡人咨询发卡行"),
    _REFUSED,
    Retry.NOT_THIS_CARD,
)
_UNSAID: Final = _ASK_BANK._replace(discreet=True)
_KEEP: Final = Guidance(
    Text(
        "keep the card only if that is safe, and call the acquirer; do not say why, and do not try it again",
        "在安全的前提下留下此卡并致电收单行；不要说明原因，不要再试此卡",
    ),
    _REFUSED,
    Retry.NOT_THIS_CARD,
    discreet=True,
)
_CALL_QUIETLY: Final = Guidance(
    Text("call the acquirer; do not say why, and do not try this card again", "致电收单行；不要说明原因，不要再试此卡"),
    _REFUSED,
    Retry.NOT_THIS_CARD,
    discreet=True,
)
_EXPIRED: Final = Guidance(
    Text("ask for another card; this one is refused every time", "请换卡；此卡再试仍会被拒"),
    Text(
        "The card has expired, or its expiry date is not right. Please use another card, or pay another way.",
        "卡片已过期或有效期不符。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_OTHER_CARD: Final = Guidance(
    Text("ask for another card", "请换卡"),
    Text(
        "This card cannot be used for this payment. Please use another card, or pay another way.",
        "此卡不能用于本次付款。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_PIN: Final = Guidance(
    Text("let the cardholder enter the PIN again, as a new sale", "请持卡人重新输入密码，作为新交易"),
    Text("The PIN was missing or wrong. Please try again with your PIN.", "密码缺失或错误。请重新输入密码再试一次。"),
    Retry.NOW,
)
_PIN_SPENT: Final = Guidance(
    Text("ask for another card; no PIN is accepted for this one any more", "请换卡；此卡已不再接受密码"),
    Text(
        "A wrong PIN was entered too often. Please use another card, or pay another way; your bank unlocks this one.",
        "密码错误次数过多。请换卡，或改用其他方式付款；此卡可由发卡银行解锁。",
    ),
    Retry.NOT_THIS_CARD,
)
_FUNDS: Final = Guidance(
    Text("ask for another card or another way to pay", "请换卡或改用其他方式"),
    Text(
        "The card does not have enough for this amount. Please use another card, or pay another way.",
        "卡内可用余额不足。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_LIMIT: Final = Guidance(
    Text("ask for another card or another way to pay", "请换卡或改用其他方式"),
    Text(
        "The amount is above a limit. Please use another card, or pay another way.",
        "金额超过限额。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_COUNT: Final = Guidance(
    Text("ask for another card or another way to pay", "请换卡或改用其他方式"),
    Text(
        "This card was used as often as it may be for now. Please use another card, or pay another way.",
        "此卡的使用次数已达上限。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_AMOUNT: Final = Guidance(
    Text("enter the amount again, as a new sale", "重新输入金额，作为新交易"),
    Text("The amount was not accepted. Please let it be entered again.", "金额未被接受。请收银员重新输入金额后再试。"),
    Retry.NOW,
)
_AWAY: Final = Guidance(
    Text(
        "try later, or take the payment another way now",
        "稍后再试，或现在改用其他方式收款",
    ),
    _LATER,
    Retry.LATER,
)
_SLOW: Final = Guidance(
    Text(
        "take the payment again as a new sale, or another way",
        "作为新交易重新收款，或改用其他方式",
    ),
    Text(
        "Your bank did not answer in time. Please try again, or pay another way.",
        "您的发卡银行未及时应答。请重试，或改用其他方式付款。",
    ),
    Retry.NOW,
)
_SIGN_ON: Final = Guidance(
    Text("the terminal signs on by itself; then take the payment again", "终端会自动重新签到；随后重新收款"),
    Text("The till was not ready. Please try again.", "收款设备尚未就绪。请再试一次。"),
    Retry.NOW,
)
_NOT_HERE: Final = Guidance(
    Text(
        "swipe the card if its number was typed; else call the acquirer, and take the payment another way",
        "若为手输卡号请改为刷卡；否则致电收单行，并改用其他方式收款",
    ),
    Text(
        "The card was not accepted in this way. Please let it be swiped, or pay another way.",
        "此卡未能以此方式受理。请刷卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_CALL: Final = Guidance(
    Text("call the acquirer, and take the payment another way", "致电收单行，并改用其他方式收款"),
    _OTHER_WAY,
    Retry.NOT_BY_CARD,
)
_SUPPORT: Final = Guidance(
    Text("call support, and take the payment another way", "联系客服，并改用其他方式收款"),
    _OTHER_WAY,
    Retry.NOT_BY_CARD,
)
_ORIGINAL: Final = Guidance(
    Text("look the first transaction up before anything else", "先核对原交易，再作其他处理"),
    Text(
        "This could not be done. Please let the cashier look up your first payment.",
        "本次操作未完成。请收银员先核对原交易。",
    ),
    Retry.NOT_BY_CARD,
)
_CANCELLED: Final = Guidance(
    Text("take the payment again if the customer wants to", "如顾客仍要付款，可重新收款"),
    Text("The payment was cancelled.", "付款已取消。"),
    Retry.NOW,
)
_PLAIN: Final = Guidance(
    Text("ask for another card or another way to pay", "请换卡或改用其他方式"),
    Text(
        "The payment was not accepted. Please use another card, or pay another way.",
        "付款未被受理。请换卡，或改用其他方式付款。",
    ),
    Retry.NOT_THIS_CARD,
)
_NO_YES: Final = Guidance(
    Text(
        "no approval at this terminal; call the acquirer, and take the payment another way",
        "此应答在本机不作为批准；请致电收单行，并改用其他方式收款",
    ),
    _OTHER_WAY,
    Retry.NOT_BY_CARD,
)

_ROWS: Final[tuple[tuple[str, str, str, str, Guidance], ...]] = (
    ("00", "A", "Approved", "交易成功", _PRINT),
    ("01", "C", "Refer to card issuer", "请持卡人联系发卡行", _ASK_BANK),
    ("02", "C", "Refer to issuer", "请联系发卡行", _ASK_BANK),
    ("03", "C", "Invalid merchant", "无效商户", _CALL),
    ("04", "D", "Retain card", "请没收此卡", _KEEP),
    ("05", "C", "Declined", "发卡行拒绝", _ASK_BANK),
    ("06", "E", "Error", "交易出错", _PLAIN),
    ("07", "D", "Retain card", "请没收此卡", _KEEP),
    ("08", "C", "Honour with identification", "核实身份后承兑", _NO_YES),
    ("09", "B", "In progress, retry", "处理中，请重试", _SLOW),
    ("10", "A", "Partially approved", "部分金额成功", _CONFIRM),
    ("11", "A", "Approved (VIP)", "成功（VIP）", _PRINT),
    ("12", "C", "Invalid transaction", "无效交易", _PLAIN),
    ("13", "B", "Invalid amount", "金额无效或超限", _AMOUNT),
    ("14", "B", "Invalid card", "无效卡号", _OTHER_CARD),
    ("15", "C", "Card not supported", "此卡不能受理", _OTHER_CARD),
    ("16", "C", "Approved, update track 3", "批准，须更新三磁道", _NO_YES),
    ("17", "C", "Cancelled by the customer", "持卡人取消", _CANCELLED),
    ("18", "C", "Disputed by the customer", "持卡人有异议", _ASK_BANK),
    ("19", "C", "Failed", "交易失败", _PLAIN),
    ("20", "C", "Failed", "交易失败", _PLAIN),
    ("21", "C", "Card inactive", "卡未启用", _ASK_BANK),
    ("22", "C", "Operation not allowed", "操作有误或超期", _ORIGINAL),
    ("23", "C", "Failed", "交易失败", _PLAIN),
    ("24", "C", "File update not supported", "不支持文件更新", _SUPPORT),
    ("25", "C", "Original not found", "没有原交易", _ORIGINAL),
    ("26", "C", "Duplicate file record", "文件记录重复", _SUPPORT),
    ("27", "C", "File field error", "文件字段错误", _SUPPORT),
    ("28", "C", "File locked", "文件锁定", _SUPPORT),
    ("29", "C", "File not updated", "文件未更新", _SUPPORT),
    ("30", "C", "Format error", "报文格式错", _SUPPORT),
    ("31", "C", "Not supported", "此卡不能受理", _OTHER_CARD),
    ("32", "C", "Completed in part", "部分完成", _NO_YES),
    ("33", "D", "Expired card", "过期卡", _EXPIRED),
    ("34", "D", "Suspected fraud, retain", "没收卡", _KEEP),
    ("35", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("36", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("37", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("38", "C", "PIN tries exceeded", "密码错误超限", _PIN_SPENT),
    ("39", "C", "No such account", "无此账户", _ASK_BANK),
    ("40", "C", "Not supported", "发卡行不支持", _OTHER_CARD),
    ("41", "D", "Lost card, retain", "挂失卡，没收", _KEEP),
    ("42", "C", "No such account", "无此账户", _ASK_BANK),
    ("43", "D", "Stolen card, retain", "被窃卡，没收", _KEEP),
    ("44", "C", "No such account", "无此账户", _ASK_BANK),
    ("51", "C", "Insufficient funds", "余额不足", _FUNDS),
    ("52", "C", "No such account", "无此账户", _ASK_BANK),
    ("53", "C", "No such account", "无此账户", _ASK_BANK),
    ("54", "C", "Expired card", "过期卡", _EXPIRED),
    ("55", "C", "Wrong PIN", "密码错误", _PIN),
    ("56", "C", "No such account", "无此账户", _ASK_BANK),
    ("57", "C", "Not permitted to this card", "不允许此卡交易", _OTHER_CARD),
    ("58", "C", "Not permitted at this terminal", "不允许此终端交易", _NOT_HERE),
    ("59", "C", "Card verification failed", "卡片校验错", _UNSAID),
    ("60", "C", "Call acquirer", "联系收单行", _CALL_QUIETLY),
    ("61", "C", "Over limit", "金额超限", _LIMIT),
    ("62", "C", "Restricted card", "受限制的卡", _UNSAID),
    ("63", "C", "Call acquirer", "联系收单行", _CALL_QUIETLY),
    ("64", "C", "Amount mismatch", "与原金额不符", _ORIGINAL),
    ("65", "C", "Too many uses", "次数超限", _COUNT),
    ("66", "C", "Call acquirer", "联系收单行", _CALL_QUIETLY),
    ("67", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("68", "C", "Timed out", "超时，请重试", _SLOW),
    ("75", "D", "PIN tries exceeded", "密码错误超限", _PIN_SPENT),
    ("77", "B", "Sign on again", "请重新签到", _SIGN_ON),
    ("79", "C", "Re-upload offline", "请重传脱机数据", _SUPPORT),
    ("90", "C", "Host closing, retry later", "系统日切", _AWAY),
    ("91", "C", "Issuer unavailable", "发卡行异常", _AWAY),
    ("92", "C", "Issuer unavailable", "线路异常", _AWAY),
    ("93", "C", "Not allowed", "交易违法", _UNSAID),
    ("94", "C", "Duplicate", "重复交易", _ORIGINAL),
    ("95", "C", "Totals error", "对账差错", _SUPPORT),
    ("96", "C", "System malfunction", "系统异常", _AWAY),
    ("97", "D", "Unknown terminal", "终端未登记", _CALL),
    ("98", "E", "Issuer timeout", "发卡行超时", _SLOW),
    ("99", "B", "PIN error, sign on", "PIN格式错，重新签到", _SIGN_ON),
    ("A0", "B", "MAC error, sign on", "MAC校验错，重新签到", _SIGN_ON),
    ("A1", "C", "Transfer currency differs", "货币不一致", _PLAIN),
    ("A2", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A3", "C", "Wrong destination account", "账户不正确", _PLAIN),
    ("A4", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A5", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A6", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A7", "C", "Security processing failed", "安全处理失败", _CALL),
)

RESPONSES: Final[dict[str, Response]] = {
    code: Response(code, klass, Text(en, zh), advice) for code, klass, en, zh, advice in _ROWS
}
NOT_CHARGED: Final = Text("Your card was not charged. {more}", "您的卡未被扣款。{more}")
NOT_ACCEPTED: Final = Text("Card not accepted", "该卡未被受理")


def is_approval(code: str | None) -> bool:
    """Whether a terminal may accept this code as an approval; only ever ask under a valid MAC."""
    return code in APPROVALS


def text(code: str) -> Text:
    """Meaning of a code, for cashiers and operators; an unknown one is a plain "failed" with its code."""
    known = RESPONSES.get(code)
    if known is not None:
        return known.text
    shown = code if len(code) == 2 and code.isascii() and code.isalnum() else "??"
    return Text(f"Failed ({shown})", f"交易失败（{shown}）")


def advice(code: str) -> Guidance:
    """Guidance for a code; for an unknown one, nothing that a retry could make worse."""
    known = RESPONSES.get(code)
    return known.advice if known is not None else _PLAIN


def shown(code: str) -> Text:
    """Meaning of a code for a display that the customer sees too."""
    return NOT_ACCEPTED if advice(code).discreet else text(code)


def declined(code: str) -> Told:
    """Sentences for a decline: the customer's (nothing was charged, and what can be done) and the cashier's (what to
    do).
    """
    why, known = named(code), advice(code)
    return Told(
        customer=NOT_CHARGED.filled(more=known.customer),
        cashier=Text(f"{why.en}: {known.cashier.en}.", f"{why.zh}：{known.cashier.zh}。"),
    )


def named(code: str) -> Text:
    """What a code means, with the code itself."""
    what = text(code)
    return what if code not in RESPONSES else Text(f"{what.en} ({code})", f"{what.zh}（{code}）")
