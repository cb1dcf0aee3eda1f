"""What the cashier says, per verdict, in both languages (docs/loop.md, "Verdicts")."""

from __future__ import annotations

from typing import Final

from counterfoil.money import Money
from counterfoil.step import Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict.finding import NOT_OURS, Clocks, Evidence, Verdict, working_days_after
from counterfoil.words import Text
from counterfoil.zone import Zone

NO_ANSWER_UPSTREAM: Final = "98"

SENTENCES: Final[dict[Verdict, Text]] = {
    Verdict.PAID: Text("You have paid {amount}.", "您已付款 {amount}。"),
    Verdict.PAID_RECEIPT_OPEN: Text(
        "You have paid {amount}; here is how you get your receipt.", "您已付款 {amount}；请按以下方式领取凭条。"
    ),
    Verdict.NOT_CHARGED: Text(
        "Your card was not charged. Please try again or pay another way.", "您的卡未被扣款。请重试或改用其他方式付款。"
    ),
    Verdict.RETURNING: Text(
        "The sale did not go through. If your bank shows a charge of {amount} it is being returned, by {refund} at the "
        "latest. You may pay again now.",
        "交易未成功。如银行显示已扣款 {amount}，正在退回，最迟 {refund} 到账。您现在可以重新付款。",
    ),
    Verdict.RETURNED: Text(
        "The charge of {amount} was returned at {returned}.", "{amount} 的扣款已于 {returned} 退回。"
    ),
    Verdict.UNKNOWN: Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
    Verdict.EXCEPTION: Text("Case number {case}, we call you back.", "受理编号 {case}，我们会给您回电。"),
}


def sentence(
    verdict: Verdict,
    evidence: Evidence,
    first: TerminalStub | SwitchStub | IssuerStub,
    by: Instant,
    clocks: Clocks,
    clock: Zone,
) -> Text:
    """The sentence of this verdict with its amount, times and case number filled in."""
    issuer = evidence.issuer
    charged_at = issuer.debited_at if issuer is not None and issuer.debited_at else first.started_at
    returned_at = issuer.returned_at if issuer is not None else 0
    return SENTENCES[verdict].filled(
        amount=Money(first.amount, first.currency),
        refund=clock.spoken(working_days_after(charged_at, clocks.refund_days, clock)),
        returned=clock.spoken(returned_at),
        by=clock.spoken(by),
        case=case_number(evidence),
    )


def case_number(evidence: Evidence) -> str:
    """The case a station opened; else the retrieval reference, which finds every stub again."""
    stubs = [stub for stub in evidence if stub is not None and stub != NOT_OURS]
    for stub in stubs:
        if not isinstance(stub, str) and stub.case:
            return stub.case
    for stub in stubs:
        if not isinstance(stub, str) and stub.rrn:
            return stub.rrn
    return next(stub.ref for stub in stubs if isinstance(stub, TerminalStub | SwitchStub))
