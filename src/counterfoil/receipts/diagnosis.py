"""Why did no receipt come out? One tree, from the money to the paper; each step has its probe or its question.

Pure: what the probes found comes in as `PrinterFacts`, what a person said as answers; out comes the next question or
the end. The money comes first and is never changed by anything below it. A person is asked only what no probe can know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from counterfoil.receipts.causes import LEAVE_ON, OUTCOMES, DiagnosisOutcome
from counterfoil.receipts.copies import CLOSED
from counterfoil.words import Text

PAID: Final = "PAID"
"""How the verdicts of sales that stand begin."""
UNDECIDED: Final = frozenset({"UNKNOWN", "EXCEPTION"})
"""Verdicts that do not say whether the sale stands."""
MAY_HOLD: Final = frozenset({"sending", "sent", "unknown"})
"""States of a receipt that may be in the printer, and comes out when that is mended."""


class PrinterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes found. `verdict` and `sentence`: where the money is; `asked`: somebody wants to know about this
    very sale, not about the printer in general. `prints`: how many times a receipt was handed to the printer; `receipt`
    what is known of it. `way`: how the printer is reached, "file" for none at all. `trouble`, `in_order`: see
    printers/probe.py; "ours" when our own terminal is printing on it. `holds`: a slip of ours may be in the printer and
    not on paper yet (links/uses.py).
    """

    verdict: str = ""
    asked: bool = False
    sentence: Text = Text("", "")
    prints: int = 0
    receipt: str = ""
    way: str = "tcp"
    trouble: str = ""
    in_order: bool | None = None
    holds: bool = False

    @property
    def kept(self) -> bool:
        """Whether something would be lost if the printer were switched off: not once it has worked through all."""
        return self.in_order is not True and (self.holds or self.receipt in MAY_HOLD)

    @property
    def wanted(self) -> bool:
        """Whether a receipt is in nobody's hand yet."""
        return bool(self.verdict) and self.receipt not in CLOSED


class PersonQuestion(msgspec.Struct, frozen=True):
    """What only a person can know, and what they may answer. No choices: a code is typed."""

    name: str
    text: Text
    choices: tuple[str, ...]


class DiagnosisStep(msgspec.Struct, frozen=True):
    """One step that was taken: what was looked at, and what was found."""

    number: int
    what: Text
    found: str


class Diagnosis(msgspec.Struct, frozen=True):
    """The steps so far, and either the next question or the outcome."""

    steps: tuple[DiagnosisStep, ...]
    question: PersonQuestion | None = None
    outcome: DiagnosisOutcome | None = None


LAMP: Final = PersonQuestion("lamp", Text("Is the printer's power lamp on?", "打印机电源指示灯亮吗？"), ("on", "off"))
SMELL: Final = PersonQuestion(
    "smell", Text("Is there water, a water mark or a burnt smell?", "是否有进水、水渍或焦味？"), ("no", "yes")
)
SWAP: Final = PersonQuestion(
    "swap",
    Text(
        "With the power supply of another unit of this model, does the lamp come on? (none: there is no other)",
        "换用同型号设备的电源后指示灯亮吗？（没有：没有可换的设备）",
    ),
    ("on", "off", "none"),
)
CABLE: Final = PersonQuestion(
    "cable",
    Text("Is the data cable plugged in at both ends and undamaged?", "数据线两端是否插紧且无破损？"),
    ("yes", "no"),
)
PAPER: Final = PersonQuestion(
    "paper",
    Text(
        "What came out: nothing, blank paper, unreadable signs, a good receipt?",
        "出来的是什么：没有、白纸、乱码、正常？",
    ),
    ("nothing", "blank", "garbage", "good"),
)
CODE: Final = PersonQuestion(
    "code",
    Text(
        "A test page was sent. Type the four digits printed on it (none: there are none)",
        "已发送测试页。请输入测试页上的四位数字（没有：纸上没有数字）",
    ),
    (),
)
SCRATCH: Final = PersonQuestion(
    "scratch",
    Text(
        "Scratch the printed side of the paper with a fingernail: does a dark line appear?",
        "用指甲划纸的打印面，是否出现深色线？",
    ),
    ("yes", "no"),
)
SELF_TEST: Final = PersonQuestion(
    "self_test",
    Text(
        "Switch it off, hold the feed button and switch it on: does its self-test print?",
        "关机后按住走纸键再开机，能打出自检页吗？",
    ),
    ("yes", "no"),
)
QUESTIONS: Final = {one.name: one for one in (LAMP, SMELL, SWAP, CABLE, PAPER, CODE, SCRATCH, SELF_TEST)}

WORDS: Final[dict[str, Text]] = {
    "on": Text("on", "亮"),
    "off": Text("off", "不亮"),
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "none": Text("none", "没有"),
    "nothing": Text("nothing", "没有"),
    "blank": Text("blank", "白纸"),
    "garbage": Text("garbage", "乱码"),
    "good": Text("good", "正常"),
}
"""How people read and type the choices; programs use the English word everywhere."""

NO_FAULT: Final = "online, no fault"
NO_STATUS: Final = "a spooler gives no status"
FOUND: Final[dict[str, Text]] = {
    NO_FAULT: Text(NO_FAULT, "联机，无故障"),
    NO_STATUS: Text(NO_STATUS, "打印队列不提供状态"),
    "cover_open": Text("cover open", "机盖打开"),
    "paper_out": Text("paper out", "缺纸"),
    "unrecoverable": Text("unrecoverable fault", "不可恢复的故障"),
    "cutter": Text("cutter stuck", "切刀卡住"),
    "jam": Text("paper jam", "卡纸"),
    "hot_head": Text("head too hot", "打印头过热"),
    "feed_held": Text("feed button held", "走纸键被按住"),
    "offline": Text("offline", "脱机"),
    "busy": Text("no, busy", "否，被占用"),
    "ours": Text("our own terminal has it in use", "本机终端正在使用"),
    "refused": Text("no, refused", "否，被拒绝"),
    "unreachable": Text("no, unreachable", "否，无法连接"),
    "lost": Text("no, the line broke", "否，连接中断"),
    "none": Text("none", "无"),
    "queued": Text("not one byte left", "未送出"),
    "sending": Text("sending", "送出中"),
    "sent": Text("sent, not proven", "已送出，未证明"),
    "printed": Text("printed", "已打印"),
    "unknown": Text("not known", "未知"),
    "failed": Text("none came out", "未打出"),
    "attested": Text("seen by a person", "已人工确认"),
    "e_delivered": Text("e-receipt delivered", "已交付电子签购单"),
    "declined": Text("not wanted", "顾客不要"),
}
"""How people read what was found at the printer, and the state of a receipt."""

MONEY: Final = Text("where the money is", "资金状态")
JOB: Final = Text("was a receipt handed to the printer", "是否已送打印")
LINK: Final = Text("can the printer be reached", "能否连接打印机")
ANSWERS: Final = Text("does it answer", "打印机是否应答")
STATUS: Final = Text("what it says of itself", "打印机自报状态")
ORDER: Final = Text("does it process what it is sent", "是否处理收到的数据")


class _Ask(Exception):  # noqa: N818 - it is no error
    def __init__(self, question: PersonQuestion) -> None:
        super().__init__(question.name)
        self.question = question


def diagnose(facts: PrinterFacts, answers: Mapping[str, str]) -> Diagnosis:
    """Walk the tree as far as facts and answers lead. `answers["code"]`: was the typed code right, yes or no.

    No end advises to switch off a printer that may hold a receipt: that prints by itself, or is lost.
    """
    walk = _Walk(facts, answers)
    try:
        cause = walk.money()
    except _Ask as asks:
        return Diagnosis(tuple(walk.steps), question=asks.question)
    outcome = OUTCOMES[cause]
    if facts.kept and outcome.mends:
        advice = Text(outcome.advice.en + LEAVE_ON.en, outcome.advice.zh + LEAVE_ON.zh)
        outcome = msgspec.structs.replace(outcome, advice=advice)
    return Diagnosis(tuple(walk.steps), outcome=outcome)


class _Walk:
    """One walk; each method is a step and returns the cause it ends in."""

    def __init__(self, facts: PrinterFacts, answers: Mapping[str, str]) -> None:
        self.facts = facts
        self.answers = answers
        self.steps: list[DiagnosisStep] = []

    def _step(self, number: int, what: Text, found: str) -> None:
        self.steps.append(DiagnosisStep(number, what, found))

    def _ask(self, number: int, question: PersonQuestion) -> str:
        """What a person said; the walk pauses here until they have."""
        if question.name not in self.answers:
            raise _Ask(question)
        found = self.answers[question.name]
        self._step(number, question.text, found)
        return found

    def money(self) -> str:
        """0, 1: the money first, then whether there ever was a job."""
        facts = self.facts
        if facts.verdict:
            self._step(0, MONEY, facts.verdict)
            self._step(1, JOB, f"{facts.prints} × {facts.receipt or 'none'}")
            if facts.asked and not facts.verdict.startswith(PAID):
                return "undecided" if facts.verdict in UNDECIDED else "no_sale"
            if facts.verdict.startswith(PAID) and not facts.prints and facts.wanted:
                return "no_job"
        if facts.way == "file":
            return "no_printer"
        if facts.way == "cups":
            return self.spooler()
        return self.link()

    def spooler(self) -> str:
        """A queue cannot be asked: only the paper tells."""
        self._step(2, LINK, NO_STATUS)
        came = self._ask(9, PAPER)
        return self.well() if came == "good" else self.paper(came, "spooler")

    def link(self) -> str:
        """2, 3: power, cable, address; then whether it says anything."""
        trouble = self.facts.trouble
        if trouble in ("unreachable", "lost"):
            self._step(2, LINK, trouble)
            return self.dark()
        if trouble in ("busy", "ours"):
            self._step(2, LINK, trouble)
            return trouble
        if trouble == "refused":
            self._step(2, LINK, trouble)
            return "starting" if self._ask(2, LAMP) == "on" else self.unlit()
        self._step(2, LINK, "yes")
        if trouble == "mute":
            self._step(3, ANSWERS, "no")
            return self.silent("mute") if self._ask(3, LAMP) == "on" else self.unlit()
        self._step(3, ANSWERS, "yes")
        self._step(4, STATUS, trouble or NO_FAULT)
        return trouble or self.processes()

    def dark(self) -> str:
        """Nothing there: the lamp tells power from cable."""
        if self._ask(2, LAMP) == "off":
            return self.unlit()
        return "network" if self._ask(2, CABLE) == "yes" else "cable"

    def unlit(self) -> str:
        """No lamp: wet, a broken supply, a broken printer, or simply no power."""
        if self._ask(2, SMELL) == "yes":
            return "wet"
        return {"on": "supply", "off": "repair"}.get(self._ask(2, SWAP), "power")

    def silent(self, cause: str) -> str:
        """It says nothing, or nothing of what it was sent: what may be in it comes first."""
        return "held" if self.facts.kept else cause

    def processes(self) -> str:
        """8, 9: online. Does it work through what it gets, and what is on the paper?"""
        if self.facts.in_order is not None:
            self._step(8, ORDER, "yes" if self.facts.in_order else "no")
            if not self.facts.in_order:
                return self.silent("stuck")
        if self._ask(9, CODE) == "yes":
            return self.well()
        came = self._ask(9, PAPER)
        if came == "good":
            return "another"
        return self.paper(came, "no_paper" if self.facts.in_order else self.silent("stuck"))

    def well(self) -> str:
        """It prints: is there anything left to print?"""
        return "reprint" if self.facts.wanted else "fine"

    def paper(self, came: str, nothing: str) -> str:
        """9, 10: what came out; `nothing` is the cause when nothing did."""
        return self.blank() if came == "blank" else {"garbage": "settings"}.get(came, nothing)

    def blank(self) -> str:
        """9: paper moves and nothing is on it. No sensor sees that; its self-test needs it switched off."""
        if self._ask(9, SCRATCH) == "no":
            return "roll"
        if self.facts.kept:
            return "blank"
        return "data" if self._ask(9, SELF_TEST) == "yes" else "head"
