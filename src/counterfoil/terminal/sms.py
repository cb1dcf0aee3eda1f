"""A receipt as a text message: its facts, and where the signed one is. Sent is not received: a person says that.

The telephone number is in the message itself and nowhere else; the trail keeps its last digits.
"""

from __future__ import annotations

import re
from typing import Final

from counterfoil.receipts.document import Slip, amount_text
from counterfoil.receipts.document.slip import kind_text
from counterfoil.step import Performed
from counterfoil.terminal import outcome, printing, sentences
from counterfoil.terminal.lane import Lane, Texting
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work
from counterfoil.words import Text, Told

KIND: Final = "sms"
WHAT: Final = "receipt-sms"
NUMBER: Final = re.compile(r"\+[0-9]{6,13}|[0-9]{5,12}")
"""A telephone number, as nobody writes a card number."""
MESSAGE: Final = Text(
    "{merchant}: {kind} {amount}, card ending {last4}, {date} {time} {zone}, terminal {terminal} batch {batch} voucher "
    "{voucher}. Your signed receipt: {address}",
    "【{merchant}】{kind} {amount}，卡尾号{last4}，{date} {time} {zone}，终端{terminal} 批次{batch} 凭证号{voucher}。"
    "您的电子签购单：{address}",
)


def send(work: Work, lane: Lane, attempt: Attempt, slip: Slip, number: str, command: int) -> None:
    """Hand the message to whoever sends messages; the till is answered when it is known what became of it."""
    assert work.issue is not None
    text = _text(
        slip, work.settings.clock.told(attempt.started_at), work.issue.address(attempt.ref), work.settings.language
    )
    work.note(lane, "e-receipt sent by SMS", attempt, {"number": f"…{number[-4:]}"})
    name = printing.job_name(attempt, WHAT, work.line)
    lane.texting = (*lane.texting, Texting(name, command))
    work.perform(KIND, name, f"{number}\n{text}\n")


def _text(slip: Slip, zone: str, address: str, language: str) -> str:
    kind = kind_text(slip.kind)
    said = MESSAGE.zh if language == "zh" else MESSAGE.en
    return said.format(
        merchant=slip.merchant_name,
        kind=kind.zh if language == "zh" else kind.en,
        amount=amount_text(slip.amount, slip.currency),
        last4=slip.card[-4:],
        date=slip.date,
        time=slip.time,
        zone=zone,
        terminal=slip.terminal,
        batch=slip.batch,
        voucher=slip.voucher,
        address=address,
    )


def performed(work: Work, lane: Lane, item: Performed) -> None:
    """Whether it was taken."""
    attempt = work.attempt(printing.of_job(item.name)[0])
    if attempt is None:
        return
    work.note(lane, f"SMS {'taken' if item.ok else 'refused'}{f': {item.detail}' if item.detail else ''}", attempt)
    waiting = next((one for one in lane.texting if one.name == item.name), None)
    if waiting is None:
        return
    lane.texting = tuple(one for one in lane.texting if one.name != item.name)
    if item.ok:
        lane.show(sentences.SMS_SENT)
        said = sentences.SMS_TAKEN if printing.missing(attempt) else sentences.SMS_SENT
        work.reply((waiting.command,), {**outcome.brief(attempt), "sent": True, **Told(said, said).both()})
    else:
        told = {"message": sentences.refused(item.detail).both(), "sale": outcome.brief(attempt)}
        work.reply((waiting.command,), {"error": "sms_refused", **told})
