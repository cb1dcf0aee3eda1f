"""The balance inquiry: what the card has left is told to who has its PIN; nothing moves."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import Headings, Kind, Mode, Needs, SlipOf, Spelling, Total, Words
from counterfoil.words import Text, Told

_NOT_TOLD: Final = Told(
    Text("The balance could not be told; nothing was charged.", "余额未能查询；未扣款。"),
    Text("No balance was told: ask again.", "未查到余额：可重新查询。"),
)

BALANCE: Final = Kind(
    name="balance",
    says=Text("BALANCE", "余额查询"),
    wire=Spelling("0200", "310000", "00", "01"),
    mode=Mode.INQUIRY,
    needs=Needs.CARD | Needs.PIN,
    movements=(),
    rules=(),
    total=Total.NONE,
    words=Words(
        stands=Told(
            Text("The balance was told; nothing was charged.", "余额已查询；未扣款。"),
            Text("The balance was told: nothing to do.", "余额已查询，无需处理。"),
        ),
        receipt_open=Told(
            Text("The balance was told; nothing was charged.", "余额已查询；未扣款。"),
            Text("The balance was told: a slip of it is printed on request.", "余额已查询：如需要可打印单据。"),
        ),
        nothing=_NOT_TOLD,
        going_back=_NOT_TOLD,
        undone=_NOT_TOLD,
        unknown=Told(
            Text("The answer has not come yet; nothing is charged by it.", "尚未收到应答；查询不会扣款。"),
            Text(
                "Wait for the answer, or ask again; it is known by {by}.", "请等待应答或重新查询；最迟 {by} 会有结果。"
            ),
        ),
    ),
    headings=Headings(
        stands=Text("BALANCE TOLD", "余额已查询"),
        nothing=Text("NO BALANCE TOLD", "余额未查询"),
        going_back=Text("NO BALANCE TOLD", "余额未查询"),
        undone=Text("NO BALANCE TOLD", "余额未查询"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(title=Text("BALANCE SLIP", "余额查询单"), signature=False, acknowledgement=Text("", "")),
    balances=True,
)
