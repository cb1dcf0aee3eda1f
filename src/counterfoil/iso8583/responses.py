"""DE39: what each code means, what the cashier reads, and what to do next. After the table in cup-pos §3.

Two generations of the UnionPay table are in use; `klass` is the newer one's letter where they differ.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.words import Text

APPROVALS: Final = frozenset(("00", "10", "11", "A2", "A4", "A5", "A6"))
"""Codes that mean "paid" to a terminal, under a valid MAC only."""

REVERSAL_CLOSED: Final = frozenset(("00", "25"))
"""Codes of a MAC-valid 0410 (or a 0430) that end a reversal. 12 joins them in some dialects."""


class Response(NamedTuple):
    """One code. `klass`: A success · B may be tried again · C do not try again · D the cashier must act ·
    E a fault of the system, do not try again. `action` is what the cashier does next, empty when nothing special.
    """

    code: str
    klass: str
    text: Text
    action: Text


_NONE: Final = Text("", "")
_PRINT: Final = Text("Hand over the receipt.", "打印签购单。")
_OTHER_CARD: Final = Text("Ask for another card.", "请换卡。")
_CALL: Final = Text("Call the acquirer.", "请联系收单行。")
_KEEP: Final = Text("Keep the card if that is safe, and call.", "在安全的前提下没收卡，并联系发卡行。")
_RETRY: Final = Text("Try again.", "请重试。")
_LATER: Final = Text("Try again later.", "请稍后重试。")
_SIGN_ON: Final = Text("Sign on again, then repeat.", "请重新签到后再试。")
_AMOUNT: Final = Text("Enter the amount again.", "请重新输入金额。")
_CONFIRM: Final = Text("Confirm the approved amount with the customer.", "请与持卡人确认实际批准金额。")
_PIN: Final = Text(
    "Let the cardholder enter the PIN again, as a new transaction.", "请持卡人重新输入密码，作为新交易。"
)
_ORIGINAL: Final = Text("Check the original transaction.", "请核对原交易。")
_SUPPORT: Final = Text("Call support.", "请联系客服。")

_ROWS: Final[tuple[tuple[str, str, str, str, Text], ...]] = (
    ("00", "A", "Approved", "交易成功", _PRINT),
    ("01", "C", "Refer to card issuer", "请持卡人联系发卡行", _OTHER_CARD),
    ("02", "C", "Refer to issuer", "请联系发卡行", _OTHER_CARD),
    ("03", "C", "Invalid merchant", "无效商户", _CALL),
    ("04", "D", "Retain card", "请没收此卡", _KEEP),
    ("05", "C", "Declined", "发卡行拒绝", _OTHER_CARD),
    ("06", "E", "Error", "交易出错", _CALL),
    ("07", "D", "Retain card", "请没收此卡", _KEEP),
    ("09", "B", "In progress, retry", "处理中，请重试", _RETRY),
    ("10", "A", "Partially approved", "部分金额成功", _CONFIRM),
    ("11", "A", "Approved (VIP)", "成功(VIP)", _PRINT),
    ("12", "C", "Invalid transaction", "无效交易", _NONE),
    ("13", "B", "Invalid amount", "金额无效或超限", _AMOUNT),
    ("14", "B", "Invalid card", "无效卡号", _OTHER_CARD),
    ("15", "C", "Card not supported", "此卡不能受理", _OTHER_CARD),
    ("17", "C", "Cancelled by the customer", "持卡人取消", _NONE),
    ("19", "C", "Failed", "交易失败", _NONE),
    ("20", "C", "Failed", "交易失败", _NONE),
    ("21", "C", "Card inactive", "卡未启用", _OTHER_CARD),
    ("22", "C", "Operation not allowed", "操作有误或超期", _ORIGINAL),
    ("23", "C", "Failed", "交易失败", _NONE),
    ("25", "C", "Original not found", "没有原交易", _ORIGINAL),
    ("30", "C", "Format error", "报文格式错，请重试", _SUPPORT),
    ("31", "C", "Not supported", "此卡不能受理", _OTHER_CARD),
    ("33", "D", "Expired card", "过期卡", _OTHER_CARD),
    ("34", "D", "Suspected fraud, retain", "没收卡", _KEEP),
    ("35", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("36", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("37", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("38", "C", "PIN tries exceeded", "密码错误超限", _OTHER_CARD),
    ("39", "C", "No such account", "无此账户", _OTHER_CARD),
    ("40", "C", "Not supported", "发卡方不支持", _OTHER_CARD),
    ("41", "D", "Lost card, retain", "挂失卡，没收", _KEEP),
    ("42", "C", "No such account", "无此账户", _OTHER_CARD),
    ("43", "D", "Stolen card, retain", "被窃卡，没收", _KEEP),
    ("44", "C", "No such account", "无此账户", _OTHER_CARD),
    ("51", "C", "Insufficient funds", "余额不足", _OTHER_CARD),
    ("52", "C", "No such account", "无此账户", _OTHER_CARD),
    ("53", "C", "No such account", "无此账户", _OTHER_CARD),
    ("54", "C", "Expired card", "过期卡", _OTHER_CARD),
    ("55", "C", "Wrong PIN", "密码错误", _PIN),
    ("56", "C", "No such account", "无此账户", _OTHER_CARD),
    ("57", "C", "Not permitted to this card", "不允许此卡交易", _OTHER_CARD),
    ("58", "C", "Not permitted at this terminal", "不允许此终端交易", _CALL),
    ("59", "C", "Card verification failed", "卡片校验错", _OTHER_CARD),
    ("60", "C", "Call acquirer", "联系收单行", _CALL),
    ("61", "C", "Over limit", "金额超限", _OTHER_CARD),
    ("62", "C", "Restricted card", "受限制的卡", _OTHER_CARD),
    ("63", "C", "Call acquirer", "联系收单行", _CALL),
    ("64", "C", "Amount mismatch", "与原金额不符", _ORIGINAL),
    ("65", "C", "Too many uses", "次数超限", _OTHER_CARD),
    ("66", "C", "Call acquirer", "联系收单行", _CALL),
    ("67", "D", "Retain, call acquirer", "没收卡，联系收单行", _KEEP),
    ("68", "C", "Timed out", "超时，请重试", _ORIGINAL),
    ("75", "D", "PIN tries exceeded", "密码错误超限", _OTHER_CARD),
    ("77", "B", "Sign on again", "请重新签到", _SIGN_ON),
    ("79", "C", "Re-upload offline", "请重传脱机数据", _NONE),
    ("90", "C", "Host closing, retry later", "系统日切", _LATER),
    ("91", "C", "Issuer unavailable", "发卡方异常", _LATER),
    ("92", "C", "Issuer unavailable", "线路异常", _LATER),
    ("93", "C", "Not allowed", "交易违法", _NONE),
    ("94", "C", "Duplicate", "重复交易", _ORIGINAL),
    ("95", "C", "Totals error", "对账差错", _NONE),
    ("96", "C", "System malfunction", "系统异常", _LATER),
    ("97", "D", "Unknown terminal", "终端未登记", _CALL),
    ("98", "E", "Issuer timeout", "发卡方超时", _LATER),
    ("99", "B", "PIN error, sign on", "PIN格式错，重新签到", _SIGN_ON),
    ("A0", "B", "MAC error, sign on", "MAC校验错，重新签到", _SIGN_ON),
    ("A1", "C", "Transfer currency differs", "货币不一致", _NONE),
    ("A2", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A3", "C", "Wrong destination account", "账户不正确", _NONE),
    ("A4", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A5", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A6", "A", "Approved, confirm with bank", "成功，请向发卡行确认", _PRINT),
    ("A7", "C", "Security processing failed", "安全处理失败", _CALL),
)

RESPONSES: Final[dict[str, Response]] = {
    code: Response(code, klass, Text(en, zh), action) for code, klass, en, zh, action in _ROWS
}


def is_approval(code: str | None) -> bool:
    """Whether a terminal may take this code for a yes; only ever ask under a valid MAC."""
    return code in APPROVALS


def text(code: str) -> Text:
    """What the cashier reads; an unknown code is shown with a plain "failed"."""
    known = RESPONSES.get(code)
    if known is not None:
        return known.text
    shown = code if len(code) == 2 and code.isascii() and code.isalnum() else "??"
    return Text(f"Failed ({shown})", f"交易失败({shown})")
