"""What may be broken, and what must come of it: the rows of docs/loop.md's break table that one sale can show.

A break is one or more faults on legs, or something done to a station while a message is held back so that it is sure
to be on its way. Times are multiples of the stack's own time-outs, so that the same break fits any of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.iso8583.mti import REVERSAL, answer_of
from counterfoil.kinds import PURCHASE
from counterfoil.words import Text

ISSUER, SWITCH, TERMINAL = 0, 1, 2
PLACES: Final = {
    "leg-1": Text("leg 1, terminal → switch", "第 1 段：终端 → 交换中心"),
    "leg-2": Text("leg 2, switch → issuer", "第 2 段：交换中心 → 发卡行"),
    "leg-3": Text("leg 3, issuer → switch", "第 3 段：发卡行 → 交换中心"),
    "leg-4": Text("leg 4, switch → terminal", "第 4 段：交换中心 → 终端"),
    "terminal": Text("terminal", "终端"),
    "switch": Text("switch", "交换中心"),
    "issuer": Text("issuer", "发卡行"),
}
KINDS: Final = {
    "drop": Text("drop it", "丢弃"),
    "delay": Text("hold it too long", "延迟过久"),
    "duplicate": Text("send it twice", "重复发送"),
    "corrupt": Text("spoil its MAC", "破坏 MAC"),
    "close": Text("close the connection", "断开连接"),
    "hang": Text("leave it half open", "半开连接"),
    "refuse": Text("refuse connections", "拒绝连接"),
    "kill": Text("kill it (SIGKILL)", "强制终止（SIGKILL）"),
    "pause": Text("pause it too long", "暂停过久"),
}


class After(NamedTuple):
    """A time: so many tenths of one of the stack's time-outs (ISSUER, SWITCH or TERMINAL)."""

    tenths: int
    timer: int

    def seconds(self, timers: tuple[int, ...]) -> float:
        """In seconds, for time-outs in microseconds."""
        return self.tenths * timers[self.timer] / 10_000_000


ASKED: Final = PURCHASE.wire.mti
ANSWERED: Final = answer_of(ASKED)
REVERSED: Final = answer_of(REVERSAL)


class PlannedFault(NamedTuple):
    """One `fault set`: a leg, a kind, and the message it hits. `hold` is for a delay."""

    leg: int
    kind: str
    mti: str
    hold: After | None = None


class StationAct(NamedTuple):
    """Something done to a station, `after` the sale began: "kill", or "pause" for a time."""

    verb: str
    station: str
    after: After
    hold: After | None = None


class LabBreak(NamedTuple):
    """One row. `ends` are the verdicts it may come to rest in, `leg` where it must stop (0: not said)."""

    key: str
    place: str
    kind: str
    says: Text
    way: tuple[str, ...]
    ends: tuple[str, ...]
    leg: int
    faults: tuple[PlannedFault, ...] = ()
    act: StationAct | None = None

    @property
    def heals(self) -> bool:
        """Whether it stays until somebody heals it: the recovery needs the link."""
        return any(fault.kind in ("refuse", "hang") for fault in self.faults)


_NOT_CHARGED, _RETURNED, _PAID = ("NOT_CHARGED",), ("RETURNED",), ("PAID",)
_EITHER: Final = ("RETURNED", "NOT_CHARGED")
_UNKNOWN: Final = ("UNKNOWN",)
_BACK: Final = ("UNKNOWN", "RETURNING")

_LOST_1: Final = Text(
    "Leg 1 lost: the terminal's 0400 finds no original; the switch keeps a tombstone and refuses a late one.",
    "第 1 段丢失：终端的 0400 找不到原交易；交换中心留下墓碑记录，拒绝迟到的原交易。",
)
_LOST_2: Final = Text(
    "Leg 2 lost: at its deadline the switch moves to REVERSING, answers 98 and sends 0420 until 0430.",
    "第 2 段丢失：到时限后交换中心转为 REVERSING，应答 98，并持续发送 0420 直到收到 0430。",
)
_LOST_3: Final = Text(
    "Leg 3 lost or late: the switch reverses at its deadline; the issuer undoes its debit, visible to the cardholder.",
    "第 3 段丢失或迟到：到时限后交换中心冲正；发卡行撤销扣款，扣款与退回对持卡人均可见。",
)
_LOST_4: Final = Text(
    "Leg 4 lost: the terminal's 0400 is answered as soon as the 0420 is on the switch's disk.",
    "第 4 段丢失：0420 落盘后，交换中心立即应答终端的 0400。",
)
_SPOILT: Final = Text(
    "An answer with a wrong MAC is no answer: the switch goes on as if leg 3 were lost.",
    "MAC 错误的应答不算应答：交换中心按第 3 段丢失处理。",
)
_TWICE: Final = Text(
    "A duplicate is absorbed: one answer, one booking.",
    "重复报文被吸收：只应答一次，只记账一次。",
)
_CLOSED: Final = Text(
    "A connection that ends with the answer owed leaves the outcome unknown: a reversal is owed.",
    "应答未到而连接中断：结果未知，须冲正。",
)

BREAKS: Final = (
    LabBreak("leg-1-drop", "leg-1", "drop", _LOST_1, _UNKNOWN, _NOT_CHARGED, 1, (PlannedFault(1, "drop", ASKED),)),
    LabBreak(
        "leg-1-delay",
        "leg-1",
        "delay",
        Text(
            "The 0400 overtakes its original, which is refused when it comes.",
            "0400 先于原交易到达，迟到的原交易被拒绝。",
        ),
        _UNKNOWN,
        _NOT_CHARGED,
        1,
        (PlannedFault(1, "delay", ASKED, After(16, TERMINAL)),),
    ),
    LabBreak("leg-1-duplicate", "leg-1", "duplicate", _TWICE, (), _PAID, 0, (PlannedFault(1, "duplicate", ASKED),)),
    LabBreak(
        "leg-1-refuse",
        "leg-1",
        "refuse",
        Text(
            "Nothing left the terminal, and it knows: its stored reversal is dropped.",
            "终端确知未发出任何报文：丢弃已存的冲正。",
        ),
        (),
        _NOT_CHARGED,
        1,
        (PlannedFault(1, "refuse", ""),),
    ),
    LabBreak("leg-1-close", "leg-1", "close", _CLOSED, _UNKNOWN, _NOT_CHARGED, 1, (PlannedFault(1, "close", ASKED),)),
    LabBreak("leg-2-drop", "leg-2", "drop", _LOST_2, _BACK, _NOT_CHARGED, 2, (PlannedFault(2, "drop", ASKED),)),
    LabBreak(
        "leg-2-delay",
        "leg-2",
        "delay",
        _LOST_2,
        _BACK,
        _NOT_CHARGED,
        2,
        (PlannedFault(2, "delay", ASKED, After(25, SWITCH)),),
    ),
    LabBreak("leg-2-duplicate", "leg-2", "duplicate", _TWICE, (), _PAID, 0, (PlannedFault(2, "duplicate", ASKED),)),
    LabBreak(
        "leg-2-refuse",
        "leg-2",
        "refuse",
        Text(
            "The switch cannot reach the issuer: 91, and no 0420 is owed.",
            "交换中心无法连到发卡行：应答 91，不欠 0420。",
        ),
        (),
        _NOT_CHARGED,
        2,
        (PlannedFault(2, "refuse", ""),),
    ),
    LabBreak("leg-3-drop", "leg-3", "drop", _LOST_3, _BACK, _RETURNED, 3, (PlannedFault(3, "drop", ANSWERED),)),
    LabBreak(
        "leg-3-delay",
        "leg-3",
        "delay",
        _LOST_3,
        _BACK,
        _RETURNED,
        3,
        (PlannedFault(3, "delay", ANSWERED, After(16, SWITCH)),),
    ),
    LabBreak("leg-3-duplicate", "leg-3", "duplicate", _TWICE, (), _PAID, 0, (PlannedFault(3, "duplicate", ANSWERED),)),
    LabBreak(
        "leg-3-corrupt", "leg-3", "corrupt", _SPOILT, _BACK, _RETURNED, 3, (PlannedFault(3, "corrupt", ANSWERED),)
    ),
    LabBreak("leg-4-drop", "leg-4", "drop", _LOST_4, _BACK, _RETURNED, 4, (PlannedFault(4, "drop", ANSWERED),)),
    LabBreak(
        "leg-4-delay",
        "leg-4",
        "delay",
        Text(
            "A late yes is recorded and never printed; the reversal wins.", "迟到的批准只作记录，绝不打印；以冲正为准。"
        ),
        _BACK,
        _RETURNED,
        4,
        (PlannedFault(4, "delay", ANSWERED, After(16, TERMINAL)),),
    ),
    LabBreak("leg-4-duplicate", "leg-4", "duplicate", _TWICE, (), _PAID, 0, (PlannedFault(4, "duplicate", ANSWERED),)),
    LabBreak(
        "leg-4-corrupt",
        "leg-4",
        "corrupt",
        Text("An answer with a wrong MAC is no answer: 0400, reason A0.", "MAC 错误的应答不算应答：0400，原因 A0。"),
        _BACK,
        _RETURNED,
        4,
        (PlannedFault(4, "corrupt", ANSWERED),),
    ),
    LabBreak("leg-4-close", "leg-4", "close", _CLOSED, _BACK, _RETURNED, 4, (PlannedFault(4, "close", ANSWERED),)),
    LabBreak(
        "leg-4-twice",
        "leg-4",
        "drop",
        Text(
            "The answer to the reversal is lost too: it is sent again, and booked once.",
            "冲正应答也丢失：重发冲正，只记账一次。",
        ),
        _BACK,
        _RETURNED,
        4,
        (PlannedFault(4, "drop", ANSWERED), PlannedFault(4, "drop", REVERSED)),
    ),
    LabBreak(
        "terminal-kill",
        "terminal",
        "kill",
        Text(
            "A terminal killed while it waits starts with its reversal, before any other sale.",
            "终端在等待应答时被终止：重启后先发冲正，再受理其他交易。",
        ),
        _BACK,
        _RETURNED,
        0,
        (PlannedFault(4, "delay", ANSWERED, After(5, TERMINAL)),),
        StationAct("kill", "terminal", After(2, TERMINAL)),
    ),
    LabBreak(
        "switch-kill",
        "switch",
        "kill",
        Text(
            "A switch killed with an intent open starts with every open intent expired: it reverses.",
            "交换中心在交易未决时被终止：重启后所有未决交易视为超时并冲正。",
        ),
        _BACK,
        _RETURNED,
        0,
        (PlannedFault(3, "delay", ANSWERED, After(9, SWITCH)),),
        StationAct("kill", "switch", After(3, SWITCH)),
    ),
    LabBreak(
        "issuer-kill",
        "issuer",
        "kill",
        Text(
            "An issuer killed after its commit has the debit on its disk, and undoes it when the 0420 comes.",
            "发卡行在落盘后被终止：扣款仍在磁盘上，收到 0420 后撤销。",
        ),
        _BACK,
        _RETURNED,
        0,
        (PlannedFault(3, "delay", ANSWERED, After(9, SWITCH)),),
        StationAct("kill", "issuer", After(3, SWITCH)),
    ),
    LabBreak(
        "issuer-pause",
        "issuer",
        "pause",
        Text(
            "An issuer that stands still past the switch's deadline is asked to undo what it may have done.",
            "发卡行停顿超过交换中心的时限：要求其撤销可能已完成的交易。",
        ),
        _BACK,
        _EITHER,
        0,
        (),
        StationAct("pause", "issuer", After(0, SWITCH), After(15, SWITCH)),
    ),
    LabBreak(
        "switch-pause",
        "switch",
        "pause",
        Text(
            "A switch that stands still past the terminal's deadline finds the 0400 waiting.",
            "交换中心停顿超过终端的时限：恢复后 0400 已在等待。",
        ),
        _BACK,
        _EITHER,
        0,
        (),
        StationAct("pause", "switch", After(0, SWITCH), After(13, TERMINAL)),
    ),
)
BY_KEY: Final = {each.key: each for each in BREAKS}


def at(place: str) -> list[LabBreak]:
    """What can be done there."""
    return [each for each in BREAKS if each.place == place]
