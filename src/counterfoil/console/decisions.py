"""The decisions that need a second person, and the message to a station that each one is."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.console.consent import Action, ApprovalRequest
from counterfoil.console.deeds import RunningAct
from counterfoil.console.reach import Reach
from counterfoil.words import Text

ESCALATE: Final = "escalate"
"""Hand a reversal that nobody answers to a person: the payment becomes an EXCEPTION, the terminal sells again."""
TEXTS: Final = {
    ESCALATE: Text(
        "Hand the pending reversal to a person: case number, EXCEPTION; the terminal may sell again.",
        "将未决冲正转人工处理：生成案件编号并列为异常，终端恢复交易。",
    )
}
SECONDS: Final = 15.0


def actions(reach: Reach) -> list[Action]:
    """Every action there is; its subject is the reference of a payment, TERMINAL/BATCH/STAN."""

    async def escalate(asked: ApprovalRequest, deed: RunningAct) -> dict[str, Any]:
        both = f"{asked.asked_by}+{asked.decided_by}"
        args = {"ref": asked.subject, "operator": both[:40], "reason": asked.reason}
        return await reach.act(deed, "terminal", "escalate", args, SECONDS)

    return [Action(ESCALATE, TEXTS[ESCALATE], escalate)]
