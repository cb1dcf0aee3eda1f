"""The balance inquiry: what the card has left is told to who has its PIN; nothing moves."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import CALL_BACK, Headings, Kind, Mode, Needs, Saying, SlipOf, Spelling, Total, Words
from counterfoil.words import Text, Told

_NOT_TOLD: Final = Saying(
    free=Told(
        Text("The balance could not be told; nothing was charged.", "余额未能查询；未扣款。"),
        Text("No balance was told: ask again.", "未查到余额：可重新查询。"),
    ),
    busy=Told(
        Text("The balance could not be told; nothing was charged.", "余额未能查询；未扣款。"),
        Text(
            'No balance was told: ask at another terminal, or here once the display says "{display}".',
            "未查到余额：可换用其他终端查询，或待本终端显示“{display}”后查询。",
        ),
    ),
)
_NOT_KNOWN: Final = Told(
    Text("The answer has not come yet; nothing is charged by it.", "尚未收到应答；查询不会扣款。"),
    Text("Wait for the answer; it is known by {by}.", "请等待应答；最迟 {by} 会有结果。"),
)
_NOTHING_BACK: Final = Text("", "")
"""An inquiry moves nothing, so nothing goes back."""

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
        printing=Told(
            Text("The balance was told. The slip of it is being printed.", "余额已查询，正在打印单据。"),
            Text("The balance was told. The slip is being printed.", "余额已查询，正在打印单据。"),
        ),
        receipt_open=Told(
            Text("The balance was told; nothing was charged.", "余额已查询；未扣款。"),
            Text("The balance was told: a slip of it is printed on request.", "余额已查询：如需要可打印单据。"),
        ),
        nothing=_NOT_TOLD,
        refused=Told(
            Text("The balance could not be told; nothing was charged.", "余额未能查询；未扣款。"),
            Text("{why}: no balance was told, and nothing was charged.", "{why}：未查到余额，未扣款。"),
        ),
        going_back=_NOT_TOLD,
        back=_NOTHING_BACK,
        came_back=_NOTHING_BACK,
        undone=_NOT_TOLD,
        unknown=Saying(free=_NOT_KNOWN, busy=_NOT_KNOWN),
        exception=Told(
            CALL_BACK,
            Text(
                "A person decides, case number {case}: the stations disagree about a balance inquiry, which moves "
                "nothing.",
                "已转人工处理，案件编号 {case}：各站点关于余额查询的记录不一致，查询本身不动账。",
            ),
        ),
    ),
    headings=Headings(
        stands=Text("BALANCE TOLD", "余额已查询"),
        nothing=Text("NO BALANCE TOLD", "余额未查询"),
        going_back=Text("NO BALANCE TOLD", "余额未查询"),
        returning=Text("NO BALANCE TOLD", "余额未查询"),
        undone=Text("NO BALANCE TOLD", "余额未查询"),
        unknown=Text("NOT KNOWN YET", "结果待定"),
    ),
    paper=SlipOf(
        word="balance", title=Text("BALANCE SLIP", "余额查询单"), signature=False, acknowledgement=Text("", "")
    ),
    balances=True,
)
