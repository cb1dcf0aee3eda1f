"""What the terminal shows and says to people, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.kinds import PURCHASE
from counterfoil.receipts.document import notices, slip
from counterfoil.terminal import causes
from counterfoil.words import Text, Told

# --- the display ------------------------------------------------------------------------------------------------------
AUTO_REVERSAL: Final = Text("Auto reversal", "自动冲正")
REVERSAL_DONE: Final = Text("Auto reversal succeeded", "自动冲正成功")
REVERSAL_FAILED: Final = Text("Reversal failed, please call customer service", "冲正不成功 请与客服联系")
SIGNING_ON: Final = Text("Signing on", "正在签到")
SIGNED_ON: Final = Text("Signed on", "签到成功")
SIGN_ON_FAILED: Final = Text("Sign-on failed", "签到失败")
NO_ANSWER: Final = Text("No answer in time", "接收超时")
NO_LINE: Final = Text("Cannot connect", "通讯失败 无法连接")
BAD_MAC: Final = Text("The answer could not be authenticated", "应答MAC校验错")
CANCELLED: Final = Text("Cancelled", "交易已取消")
READ_FAILED: Final = Text("Card read failed", "刷卡失败 请重刷")
ASKING: Final = Text("Waiting for the answer", "正在处理 请稍候")
PRINTING: Final = Text("Printing", "正在打印")
RECEIPT_PENDING: Final = Text("PAID - receipt pending", "交易成功 签购单待打印")
RECEIPT_HELD: Final = Text("PAID. The rest of the receipt prints by itself.", "交易成功 排除故障后签购单自动续打")
RECEIPT_NOW: Final = Text("The receipt is out now", "签购单已打印完成")
COPY_PENDING: Final[dict[str, Text]] = {
    "not_done": Text("The copy did not come out", "重打印未完成"),
    "unknown": Text("Is the copy out? Look at the printer", "重打印结果未知 请查看打印机"),
}
ELSEWHERE: Final = Text("The second printer prints it", "由第二台打印机打印")
SMS_SENT: Final = Text("The e-receipt was sent by SMS", "电子签购单已短信发送")

# --- what to do at the printer; the key is a word of receipts/printers/status.py --------------------------------------
TROUBLES: Final[dict[str, Text]] = {
    "cover_open": Text("Close the printer's lid", "请合上打印机盖"),
    "paper_out": Text("Load a new paper roll and close the lid", "请更换纸卷并合盖"),
    "unrecoverable": Text("The printer needs service: use another one", "打印机需报修 请换用其他打印机"),
    "cutter": Text("Open the lid and clear the cutter", "请开盖清理切刀"),
    "jam": Text("Open the lid, pull out the jammed paper, reseat the roll", "请开盖取出卡纸并重装纸卷"),
    "hot_head": Text("The print head is hot: wait a minute", "打印头过热 请稍候"),
    "feed_held": Text("Let go of the feed button", "请松开走纸键"),
    "offline": Text("Bring the printer online", "打印机脱机 请恢复联机"),
    "unprintable": Text(
        "This printer cannot print this receipt: see its settings", "此打印机无法打印该签购单 请检查设置"
    ),
    "spelled_out": Text(
        "No font here has some letters of this receipt: their numbers are printed. The operations page names them",
        "本机缺少该签购单部分文字的字体 已打印其编码 运维页面列出缺少的文字",
    ),
    "no_printer": Text("There is no such printer: see the settings", "没有该打印机 请检查设置"),
    "mute": Text(
        "The printer does not answer: look at its lid and paper, and whether another till prints on it",
        "打印机无应答 请检查机盖、纸卷 以及是否被其他收银台占用",
    ),
    "busy": Text("The printer is busy with another receipt", "打印机正忙于其他签购单"),
    "refused": Text("The printer refuses the connection: is it starting up?", "打印机拒绝连接 可能正在启动"),
    "unreachable": Text("The printer cannot be reached: check power and cable", "无法连接打印机 请检查电源和数据线"),
    "disk_full": Text("The disk is full: make room", "磁盘已满 请清理空间"),
    "no_rights": Text("Its folder may not be written: see whose it is", "没有目录写入权限 请检查目录权限"),
    "unwritable": Text("Its folder cannot be written: see whether it is there", "输出目录无法写入 请检查目录和磁盘"),
    "nobody": Text("Nothing here sends it: see the settings", "本机未配置发送途径 请检查设置"),
    "lost": Text("The line to the printer broke: check power and cable", "打印机连接中断 请检查电源和数据线"),
}
# --- what became of one print; the key is its state -------------------------------------------------------------------
COPIES: Final[dict[str, Text]] = {copy.value: name for copy, name in slip.COPIES.items()}
_NOT_PRINTED: Final = Text(
    "Nothing of this print is on paper: {copies}. {why}Then print again.",
    "本次打印未出纸：{copies}。{why}处理后请重打印。",
)
PRINTS: Final[dict[str, Text]] = {
    "printed": Text("Printed: {copies}. Please hand over.", "已打印：{copies}。请交付。"),
    "sent": Text(
        "Sent to a printer that cannot say whether it prints: {copies}. Please look at the paper.",
        "已送往打印机：{copies}。该打印机无法证实是否打印，请查看纸张。",
    ),
    "queued": _NOT_PRINTED,
    "failed": _NOT_PRINTED,
}
PRINT_WAITS: Final = Text(
    "Not out yet: {copies}. {why}After that it prints by itself.", "尚未打印完：{copies}。{why}处理后自动续打。"
)
PRINT_UNSURE: Final = Text(
    "It is not known whether this came out: {copies}. {why}Look at the printer; what is printed again is a DUPLICATE.",
    "尚不清楚是否已打印：{copies}。{why}请查看打印机；再次打印将标注为重打印。",
)
GOODS_NOTED: Final = Text("The goods are noted as handed over.", "已登记商品已交付。")
CLOSED_NOW: Final[dict[str, Text]] = {
    "attested": Text("Noted as seen: {copies}.", "已登记为人工确认：{copies}。"),
    "e_delivered": Text("Noted as handed over as e-receipt: {copies}.", "已登记为电子签购单已交付：{copies}。"),
    "declined": Text("Noted as not wanted: {copies}.", "已登记为顾客不要：{copies}。"),
}
SMS_TAKEN: Final = Text(
    "Sent. That it was received a person says: the receipt stays open.",
    "已发送。是否收到须由人工确认：签购单仍未了结。",
)
STILL_OPEN: Final = Text("Still open: {copies}.", "仍未了结：{copies}。")

# --- how a sale ended: to the customer, and to the cashier ------------------------------------------------------------
_UNTIL: Final = Text(
    f'This terminal takes no other payment before its display says "{REVERSAL_DONE.en}"',
    f"显示“{REVERSAL_DONE.zh}”之前，本终端不受理其他付款",
)
APPROVED: Final = Told(
    Text("You have paid; here is your receipt.", "您已付款；请收好签购单。"),
    Text("Approved. Please hand over the receipt.", "交易成功，请将签购单交给持卡人。"),
)
RECEIPT_FAILED: Final = Told(
    Text(
        "You have paid; the receipt could not be printed and can be printed again.",
        "您已付款；签购单打印失败，可以重打印。",
    ),
    Text(
        "Paid. The receipt could not be printed: print it again, or hand it over another way.",
        "已付款。签购单打印失败：请重打印，或以其他方式交付。",
    ),
)
RECEIPT_OUT: Final = Told(
    Text("You have paid; the receipt was sent to the printer.", "您已付款；签购单已送往打印机。"),
    Text("Paid. Look whether the receipt came out, and hand it over.", "已付款。请确认签购单已打印并交给持卡人。"),
)
RECEIPT_UNSURE: Final = Told(
    Text("You have paid; whether the receipt came out is not known.", "您已付款；签购单是否已打印尚不清楚。"),
    Text(
        "Paid. Whether the receipt came out is not known: look, and print it again if it did not.",
        "已付款。签购单是否已打印尚不清楚：请查看，如未打印请重打印。",
    ),
)
GIVEN_UP: Final = Told(
    Text(
        "Your bank did not answer in time, and the sale did not go through. If your bank shows a charge, it is "
        "returned to your card. You may pay again now.",
        "您的发卡银行未及时应答，交易未成功。如银行显示已扣款，款项会退回您的卡。您现在可以重新付款。",
    ),
    Text(
        "Issuer timeout (98): this sale is over, and any charge of it goes back. Take the payment again, here or "
        "elsewhere.",
        "发卡行超时（98）：本笔已结束，如有扣款会退回。可在本机或其他终端重新收款。",
    ),
)
ASKED: Final = Told(
    Text(
        "The answer has not come yet. Please wait, and do not pay again at this till yet.",
        "尚未收到应答。请稍候，暂勿在此收银台再次付款。",
    ),
    Text(
        "Wait for the answer. Until then this terminal sends no other sale.",
        "请等待应答。在此之前本终端不发送其他交易。",
    ),
)
UNKNOWN: Final = Told(
    Text(
        "No usable answer came from your bank. Please wait, and do not pay again at this till yet.",
        "未收到银行的有效应答。请稍候，暂勿在此收银台再次付款。",
    ),
    Text(
        f"No usable answer came: the terminal reverses this sale by itself. {_UNTIL.en}.",
        f"未收到有效应答：终端正在自动冲正本笔交易。{_UNTIL.zh}。",
    ),
)
CANCELLED_WAITING: Final = Told(
    Text(
        "Cancelled. If your bank shows a charge, it is returned to your card. Please wait, and do not pay again at "
        "this till yet.",
        "交易已取消。如银行显示已扣款，款项会退回您的卡。请稍候，暂勿在此收银台再次付款。",
    ),
    Text(
        f"Cancelled while the answer was awaited: the terminal reverses this sale by itself. {_UNTIL.en}.",
        f"等待应答时已取消：终端正在自动冲正本笔交易。{_UNTIL.zh}。",
    ),
)
GOODS_KEPT: Final = Told(
    Text("The goods were not handed over: the charge is returned to your card.", "商品未交付，扣款会退回您的卡。"),
    Text(
        f"The goods were not handed over: the terminal reverses this sale by itself. {_UNTIL.en}.",
        f"商品未交付：终端正在自动冲正本笔交易。{_UNTIL.zh}。",
    ),
)
PAID_ELSEWHERE: Final = Told(
    notices.REPEATED,
    Text(
        f"Already paid with {{other}}: the terminal reverses this second sale by itself. {_UNTIL.en}.",
        f"已通过 {{other}} 付款：终端正在自动冲正本笔重复交易。{_UNTIL.zh}。",
    ),
)
PAID_ELSEWHERE_DONE: Final = Told(
    notices.REPEATED,
    Text(
        "Already paid with {other}: this second sale is reversed. Nothing more is paid.",
        "已通过 {other} 付款：本笔重复交易已冲正，无需再付款。",
    ),
)
RETURNED: Final = Told(
    notices.RETURNED,
    Text(
        "This sale is reversed: take the payment again, here or elsewhere.", "本笔已冲正：可在本机或其他终端重新收款。"
    ),
)
ESCALATED: Final = Told(
    Text("Case number {case}, we call you back.", "案件编号 {case}，我们将回电。"),
    Text(
        "A person decides this sale, case number {case}. This terminal takes other payments.",
        "本笔已转人工处理，案件编号 {case}。本终端可受理其他付款。",
    ),
)

# --- the same of what is no payment: around the sentences of its kind (sayings.py) ----------------------------------
SLIP_PENDING: Final = Text("{stands} - slip pending", "{stands} 单据待打印")
SLIP_HELD: Final = Text("{stands}. The rest of the slip prints by itself.", "{stands} 排除故障后单据自动续打")
SLIP_FAILED: Final = Text("The slip could not be printed and can be printed again.", "单据打印失败，可以重打印。")
SLIP_OUT: Final = Told(
    Text("The slip was sent to the printer.", "单据已送往打印机。"),
    Text("{stands}. Look whether the slip came out, and hand it over.", "{stands}。请确认单据已打印并交给持卡人。"),
)
SLIP_UNSURE: Final = Told(
    Text("Whether its slip came out is not known.", "单据是否已打印尚不清楚。"),
    Text(
        "{stands}. Whether the slip came out is not known: look, and print it again if it did not.",
        "{stands}。单据是否已打印尚不清楚：请查看，如未打印请重打印。",
    ),
)
ASKED_FOR: Final = Told(
    Text("The answer has not come yet. Please wait.", "尚未收到应答。请稍候。"),
    Text(
        "Wait for the answer. Until then this terminal sends nothing else.",
        "请等待应答。在此之前本终端不发送其他交易。",
    ),
)
BANK_SILENT: Final = Told(
    Text("Your bank did not answer in time.", "您的发卡银行未及时应答。"),
    Text("Issuer timeout (98): this one is over.", "发卡行超时（98）：本笔已结束。"),
)
NO_USABLE_ANSWER: Final = Told(
    Text("No usable answer came from your bank.", "未收到银行的有效应答。"),
    Text("No usable answer came.", "未收到有效应答。"),
)
CANCELLED_FOR: Final = Told(
    Text("Cancelled.", "交易已取消。"), Text("Cancelled while the answer was awaited.", "等待应答时已取消。")
)
GOES_BACK: Final = notices.UNDONE
WHY_NOT_SENT: Final[dict[str, Text]] = {
    causes.LINE: Text("The line is down, nothing was sent.", "线路不通，交易未发出。"),
    causes.SIGN_ON: Text("The terminal could not sign on, nothing was sent.", "终端签到失败，交易未发出。"),
    causes.REVERSAL: Text(
        "An earlier one of this terminal is still being reversed, so this one was not sent.",
        "本终端上一笔交易的冲正尚未成功，本笔未发出。",
    ),
    causes.PRINTER: Text(
        "The printer is not ready and this shop works with paper only, so nothing was sent: mend the printer.",
        "打印机未就绪，本店须打印单据方可交易，交易未发出：请先排除打印机故障。",
    ),
    causes.CANCELLED: Text("Cancelled before it was sent.", "交易在发出前已取消。"),
}
BALANCES: Final[dict[str, Text]] = {
    "ledger": Text("Ledger balance {amount}", "账户余额 {amount}"),
    "available": Text("Available balance {amount}", "可用余额 {amount}"),
}
"""What the display shows of a balance; the key is its type."""

# --- why nothing was sent; the key is `Attempt.cause` -----------------------------------------------------------------
NOT_SENT: Final[dict[str, Told]] = {
    cause: said.filled(display=REVERSAL_DONE) for cause, said in PURCHASE.words.unsent.items()
}

# --- why a request of the till was turned down; the key is the error code ---------------------------------------------
ERRORS: Final[dict[str, Text]] = {
    "unknown_terminal": Text("This terminal is not registered here.", "本机未登记该终端。"),
    "unknown_sale": Text("There is no such sale on these terminals.", "这些终端上没有这笔交易。"),
    "unknown_verb": Text("The terminal does not know this command.", "终端不支持该命令。"),
    "key_reused": Text(
        "This key already stands for a sale with other content; nothing was sent.",
        "该流水键已用于内容不同的交易；本次未发出。",
    ),
    "archived": Text(
        "This key stands for a sale of long ago that is in the archive; nothing was sent. `counterfoil why` finds it.",
        "该流水键属于一笔早已归档的交易；本次未发出。可用 `counterfoil why` 查询。",
    ),
    "typed_not_allowed": Text(
        "This shop may not type card numbers; nothing was sent. Swipe the card.",
        "本商户不得手工输入卡号；交易未发出。请刷卡。",
    ),
    "name_not_printable": Text(
        "This merchant name cannot be printed on receipts: {detail}.", "该商户名称无法打印在签购单上：{detail}。"
    ),
    "bad_keys": Text("These are no keys with digests of an archive.", "参数不是归档的交易键与摘要。"),
    "busy": Text("The terminal is busy; nothing was sent.", "终端正忙；交易未发出。"),
    "already_paid": Text(
        "The sale this one should replace was approved: the customer has paid.", "所关联的原交易已成功：顾客已付款。"
    ),
    "already_stands": Text(
        "The transaction this one should replace was approved and stands.", "所关联的原交易已成功，仍然有效。"
    ),
    "original_unknown": Text(
        "This terminal has no such transaction to refer to; nothing was sent.", "本终端没有所引用的原交易；交易未发出。"
    ),
    "original_other_kind": Text(
        "The transaction it refers to is of another kind: {detail}; nothing was sent.",
        "所引用的原交易类型不符：{detail}；交易未发出。",
    ),
    "original_fallen": Text(
        "The transaction it refers to does not stand: there is nothing to undo or to complete. Nothing was sent.",
        "所引用的原交易未成立或已冲正：无可撤销或完成。交易未发出。",
    ),
    "original_closed": Text(
        "The transaction it refers to was voided or completed already, by {detail}; nothing was sent.",
        "所引用的原交易已撤销或完成：{detail}；交易未发出。",
    ),
    "original_other_batch": Text(
        "The transaction it refers to is of an earlier batch: a void is for the open batch only. Nothing was sent.",
        "所引用的原交易属于先前批次：仅可撤销当前批次的交易。交易未发出。",
    ),
    "original_expired": Text(
        "The time of the transaction it refers to is over: nothing is set aside any more. Nothing was sent.",
        "所引用的原交易已超过有效期，冻结已解除；交易未发出。",
    ),
    "amount_above_original": Text(
        "The amount is above what the transaction it refers to allows, {detail} at most; nothing was sent.",
        "金额超过原交易所允许的上限：{detail}；交易未发出。",
    ),
    "wrong_supervisor": Text(
        "This needs the supervisor's password, and this is not it; nothing was sent.",
        "须输入主管密码，密码缺失或错误；交易未发出。",
    ),
    "supervisor_locked": Text(
        "Too many wrong supervisor passwords at this terminal: none is taken until {detail}; nothing was sent.",
        "本终端主管密码错误次数过多：{detail} 前不再受理主管密码；交易未发出。",
    ),
    "open_sale": Text(
        "Before the restart a sale was approved and nobody saw its receipt. What became of the goods? Answer "
        "handed_over or kept.",
        "重启前有一笔交易已获批准而签购单未确认。商品是否已交付？请回答 handed_over（已交付）或 kept（未交付）。",
    ),
    "nothing_to_cancel": Text(
        "There is nothing to cancel: an approved sale needs a void.", "没有可取消的交易：已成功的交易须作撤销。"
    ),
    "not_pending": Text("This sale has no pending reversal.", "该交易没有待处理的冲正。"),
    "not_open": Text("This sale does not wait for this answer.", "该交易无需此项答复。"),
    "not_printing": Text(
        "No copy of this receipt is in doubt: there is nothing to attest.", "该交易没有待确认的签购单：无需确认。"
    ),
    "no_key": Text(
        "Receipts are not signed here, so there is no e-receipt.", "本机未配置签购单签名密钥：没有电子签购单。"
    ),
    "sms_refused": Text("The message was not sent: {detail}.", "短信未能发送：{detail}。"),
    "no_receipt": Text("This sale has no receipt.", "该交易没有签购单。"),
    "bad_request": Text("The request is not complete or not valid: {detail}.", "请求不完整或无效：{detail}。"),
}


def trouble(word: str) -> Text:
    """What to do about a trouble at the printer, or at the folder in its place, in one sentence."""
    return TROUBLES[trouble_word(word)]


def trouble_word(word: str) -> str:
    """The word of TROUBLES for what was said to be wrong: whatever no printer says was said of a folder."""
    return word if word in TROUBLES else "unwritable"


def refused(detail: str) -> Text:
    """Why a message was not taken; what a gateway says in its own words stays as it is."""
    why = TROUBLES.get(detail, Text(detail, detail))
    return ERRORS["sms_refused"].filled(detail=why)


def about(form: Text, copies: Iterable[str], word: str = "") -> Text:
    """A sentence about copies of a receipt, with what to do about a trouble at the printer; "" is none."""
    named = [COPIES[copy] for copy in copies]
    why = trouble(word) if word else Text("", "")
    stop = "" if why.en.endswith("?") else "."
    return form.filled(
        copies=Text(", ".join(copy.en for copy in named), "、".join(copy.zh for copy in named)),
        why=Text(f"{why.en}{stop} ", f"{why.zh}。") if word else "",
    )


def joined(said: Iterable[Text]) -> Text:
    """Sentences one after the other; an empty one is none."""
    told = [one for one in said if one.en]
    return Text(" ".join(one.en for one in told), "".join(one.zh for one in told))
