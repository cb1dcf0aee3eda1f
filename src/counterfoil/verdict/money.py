"""Who holds whose money right now, from the issuer's booked amounts."""

from __future__ import annotations

from typing import Final

from counterfoil.verdict.finding import Evidence, Holding, Verdict
from counterfoil.verdict.position import I
from counterfoil.words import Text

FOR_THE_MERCHANT: Final = Text(
    "paid by the cardholder, owed to the merchant at settlement", "持卡人已付，清算时付给商户"
)
ON_ITS_WAY_BACK: Final = Text("debited, on its way back to the card", "已扣款，正在退回卡内")
HELD: Final = Text("debited; whether it stands is not decided yet", "已扣款，交易是否成立尚未确定")
BACK: Final = Text("debited and returned to the card", "已扣款并已退回卡内")


def holdings(verdict: Verdict, issuer: I, evidence: Evidence) -> tuple[Holding, ...]:
    """What is where. Empty when no station says that money moved."""
    stub = evidence.issuer
    if stub is None or issuer in {I.MISSING, I.NOTHING} or not stub.debited:
        return ()
    card = f"cardholder …{stub.last4}"
    if issuer is I.RETURNED:
        return (Holding(stub.issuer, card, stub.returned, stub.currency, BACK),)
    amount = stub.debited - stub.returned
    if verdict in {Verdict.PAID, Verdict.PAID_RECEIPT_OPEN}:
        return (Holding(stub.issuer, f"merchant {stub.merchant}", amount, stub.currency, FOR_THE_MERCHANT),)
    what = ON_ITS_WAY_BACK if verdict is Verdict.RETURNING else HELD
    return (Holding(stub.issuer, card, amount, stub.currency, what),)
