"""What is said per verdict, in both languages, to the customer and to the cashier (docs/loop.md, "Verdicts").

The customer's sentence may be read aloud and stands on papers: no code, no station, no message of the loop. What it
says can be done is what the terminal takes as it stands now: one that owes a reversal sells nothing before that.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import responses
from counterfoil.money import Money
from counterfoil.terminal import causes, sentences
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict.finding import NOT_OURS, Clocks, Evidence, Verdict, working_days_after
from counterfoil.verdict.position import I, S, T
from counterfoil.words import Text, Told
from counterfoil.zone import Zone

FREE: Final = frozenset({T.NOT_SENT, T.DECLINED, T.REVERSED, T.ESCALATED})
"""Where the terminal has no more to do with a sale that does not stand, and takes the next."""
TOMBSTONED: Final = frozenset({"tombstoned", "late"})
"""States of an issuer whose code says nothing about the card: the request came after its reversal."""

DISPLAY: Final = sentences.REVERSAL_DONE
PAID: Final = Told(
    Text("You have paid {amount}.", "您已付款 {amount}。"), Text("Paid: nothing to do.", "已付款，无需处理。")
)
PAID_RECEIPT_OPEN: Final = Told(
    Text("You have paid {amount}; here is how you get your receipt.", "您已付款 {amount}；请按以下方式领取签购单。"),
    Text(
        "Paid, do not take it again: print the receipt again, or hand it over another way.",
        "已付款，请勿再次收款：请重打印签购单，或以其他方式交付。",
    ),
)
NOT_CHARGED: Final = Told(
    Text(
        "Your card was not charged. Please try again, or pay another way.",
        "您的卡未被扣款。请重试，或改用其他方式付款。",
    ),
    Text("Not charged: take the payment again, or another way.", "未扣款：可重新收款，或改用其他方式。"),
)
NOT_CHARGED_BUSY: Final = Told(
    Text(
        "Your card was not charged. You may pay at another till now, or wait until this one is free.",
        "您的卡未被扣款。您现在可以到其他收银台付款，或等待此收银台就绪。",
    ),
    Text(
        f'Not charged: take the payment at another terminal, or here once the display says "{DISPLAY.en}".',
        f"未扣款：可换用其他终端收款，或待本终端显示“{DISPLAY.zh}”后收款。",
    ),
)
NOT_CHARGED_TWICE: Final = Told(
    Text(
        "Your card was not charged. This was a second payment, beside {other}.",
        "您的卡未被扣款。本次为 {other} 之外的重复付款。",
    ),
    Text("Not charged: it repeated {other}. Nothing more is paid for it.", "未扣款：本笔与 {other} 重复，无需再付款。"),
)
BACK: Final = Text(
    "If your bank shows a charge of {amount} it is being returned, by {refund} at the latest.",
    "如银行显示已扣款 {amount}，正在退回，最迟 {refund} 到账。",
)
CAME_BACK: Final = Text("The charge of {amount} was returned at {returned}.", "{amount} 的扣款已于 {returned} 退回。")
"""Instead of `BACK` once the issuer has returned it, and only its acknowledgement is awaited."""
RETURNING: Final = Told(
    Text("The sale did not go through. {back} You may pay again now.", "交易未成功。{back}您现在可以重新付款。"),
    Text(
        "Any charge goes back by itself: take the payment again, here or elsewhere.",
        "如有扣款会自动退回：可在本机或其他终端重新收款。",
    ),
)
RETURNING_BUSY: Final = Told(
    Text(
        "The sale did not go through. {back} You may pay at another till now, or wait until this one is free.",
        "交易未成功。{back}您现在可以到其他收银台付款，或等待此收银台就绪。",
    ),
    Text(
        "Any charge goes back by itself: take the payment at another terminal now, or at this one once its display "
        f'says "{DISPLAY.en}".',
        f"如有扣款会自动退回：可立即换用其他终端收款，或待本终端显示“{DISPLAY.zh}”后收款。",
    ),
)
RETURNING_TWICE: Final = Told(
    Text("This was a second payment, beside {other}. {back}", "本次为 {other} 之外的重复付款。{back}"),
    Text(
        "It was paid with {other}: this second charge goes back by itself. Do not take it again.",
        "已通过 {other} 付款：本笔重复扣款会自动退回，请勿再次收款。",
    ),
)
RETURNED: Final = Told(CAME_BACK, Text("Returned: the payment may be taken again.", "已退回：可重新收款。"))
RETURNED_BUSY: Final = Told(
    RETURNED.customer,
    Text(
        f'Returned: take the payment at another terminal, or here once the display says "{DISPLAY.en}".',
        f"已退回：可换用其他终端收款，或待本终端显示“{DISPLAY.zh}”后收款。",
    ),
)
RETURNED_TWICE: Final = Told(
    RETURNED.customer,
    Text("Returned: it repeated {other}. Nothing more is paid for it.", "已退回：本笔与 {other} 重复，无需再付款。"),
)
UNKNOWN: Final = Told(
    Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
    Text("Do not take this payment again yet; it is known by {by}.", "请暂勿再次收款；最迟 {by} 会有结果。"),
)
UNKNOWN_FALLEN: Final = Told(
    Text(
        "The sale did not go through, and you may pay again. If your bank shows a charge, it is returned to your card; "
        "we will know by {by} whether there was one.",
        "交易未成功，您可以重新付款。如银行显示已扣款，款项会退回您的卡；最迟 {by} 可知是否有扣款。",
    ),
    Text(
        "This sale does not stand: take the payment again. Whether there was a charge is known by {by}.",
        "本笔交易未成立：可重新收款。是否有扣款最迟 {by} 可知。",
    ),
)
EXCEPTION: Final = Told(
    Text("Case number {case}, we call you back.", "案件编号 {case}，我们会给您回电。"),
    Text(
        "A person decides, case number {case}: do not take this payment again before a supervisor says so.",
        "已转人工处理，案件编号 {case}：主管同意之前请勿再次收款。",
    ),
)

ALWAYS: Final[dict[Verdict, Told]] = {
    Verdict.PAID: PAID,
    Verdict.PAID_RECEIPT_OPEN: PAID_RECEIPT_OPEN,
    Verdict.EXCEPTION: EXCEPTION,
}
TWICE: Final[dict[Verdict, Told]] = {
    Verdict.NOT_CHARGED: NOT_CHARGED_TWICE,
    Verdict.RETURNING: RETURNING_TWICE,
    Verdict.RETURNED: RETURNED_TWICE,
}
FREE_NOW: Final[dict[Verdict, Told]] = {
    Verdict.NOT_CHARGED: NOT_CHARGED,
    Verdict.RETURNING: RETURNING,
    Verdict.RETURNED: RETURNED,
    Verdict.UNKNOWN: UNKNOWN_FALLEN,
}
BUSY: Final[dict[Verdict, Told]] = {
    Verdict.NOT_CHARGED: NOT_CHARGED_BUSY,
    Verdict.RETURNING: RETURNING_BUSY,
    Verdict.RETURNED: RETURNED_BUSY,
    Verdict.UNKNOWN: UNKNOWN,
}
HEADINGS: Final[dict[Verdict, Text]] = {
    Verdict.PAID: Text("PAID", "已付款"),
    Verdict.PAID_RECEIPT_OPEN: Text("PAID", "已付款"),
    Verdict.NOT_CHARGED: Text("NOT CHARGED", "未扣款"),
    Verdict.RETURNING: Text("NOT COMPLETED", "交易未完成"),
    Verdict.RETURNED: Text("RETURNED", "已退回"),
    Verdict.UNKNOWN: Text("NOT KNOWN YET", "结果待定"),
    Verdict.EXCEPTION: Text("BEING LOOKED INTO", "正在核实"),
}
"""What a verdict is called on a customer's paper."""


def told(
    verdict: Verdict,
    positions: tuple[T, S, I],
    evidence: Evidence,
    first: TerminalStub | SwitchStub | IssuerStub,
    clocks: Clocks,
    clock: Zone,
) -> Told:
    """The two sentences of this verdict, filled in but for `{by}`, when the clock ends that runs."""
    issuer, amount = evidence.issuer, Money(first.amount, first.currency)
    charged_at = issuer.debited_at if issuer is not None and issuer.debited_at else first.started_at
    returned = clock.spoken(issuer.returned_at if issuer is not None else 0)
    back = Text("", "")
    if verdict is Verdict.RETURNING and positions[2] is I.RETURNED:
        back = CAME_BACK.filled(amount=amount, returned=returned)
    elif verdict is Verdict.RETURNING:
        refund = clock.spoken(working_days_after(charged_at, clocks.refund_days, clock))
        back = BACK.filled(amount=amount, refund=refund)
    return _meant(verdict, positions, evidence).filled(
        amount=amount,
        back=back,
        returned=returned,
        by="{by}",
        case=case_number(evidence),
        other=causes.detail(_cause(evidence)),
    )


def _meant(verdict: Verdict, positions: tuple[T, S, I], evidence: Evidence) -> Told:
    """Which sentences: by the verdict, by whether the terminal sells again, and by why a card was refused."""
    if verdict in ALWAYS:
        return ALWAYS[verdict]
    terminal, cause = positions[0], _cause(evidence)
    if verdict in TWICE and causes.word(cause) == causes.PAID:
        return TWICE[verdict]
    if verdict is Verdict.NOT_CHARGED:
        if terminal is T.NOT_SENT:
            return sentences.NOT_SENT.get(causes.word(cause), NOT_CHARGED)
        if code := refusal(positions, evidence):
            return responses.declined(code)
    # Of a terminal that is not ours to ask, or does not say, nobody knows whether it sells again.
    behind = terminal is T.NOT_SENT and causes.word(cause) == causes.REVERSAL
    free = terminal in FREE and not behind
    return FREE_NOW[verdict] if free else BUSY[verdict]


def _cause(evidence: Evidence) -> str:
    terminal = evidence.terminal
    return terminal.cause if isinstance(terminal, TerminalStub) else ""


def refusal(positions: tuple[T, S, I], evidence: Evidence) -> str:
    """The code with which a card was refused, "" where nobody refused it: it came to nothing on the way.

    The terminal's word comes first, because the customer heard it; then the issuer's, whose reason it is, and the
    switch's own. A no that the terminal still waits for, or reverses, is told when it is free again.
    """
    terminal = positions[0]
    if terminal in {T.ASKED, T.REVERSING} or positions[1] is S.TOMBSTONE:
        return ""
    heard = evidence.terminal.response_code if isinstance(evidence.terminal, TerminalStub) else ""
    if terminal is T.DECLINED and heard != responses.ISSUER_TIMEOUT:
        return heard
    issuer, switch = evidence.issuer, evidence.switch
    codes = (
        issuer.response_code if issuer is not None and issuer.state not in TOMBSTONED else "",
        switch.response_code if switch is not None else "",
        heard if terminal is T.DECLINED else "",
    )
    return next((code for code in codes if code and not responses.is_approval(code)), "")


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
