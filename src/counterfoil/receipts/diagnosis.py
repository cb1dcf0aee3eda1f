"""Why did no receipt come out? One tree, from the money to the paper; each step has its probe or its question.

Pure: what the probes found comes in as `Facts`, what a person said as answers; out comes the next question or the end.
The money comes first and is never changed by anything below it. A person is asked only what no probe can know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from counterfoil.receipts.copies import CLOSED
from counterfoil.words import Text

PAID: Final = "PAID"
"""How the verdicts of sales that stand begin."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes found. `verdict` and `sentence`: where the money is; `asked`: somebody wants to know about this
    very sale, not about the printer in general. `prints`: how many times a receipt was handed to the printer; `receipt`
    what is known of it. `way`: how the printer is reached, "file" for none at all. `trouble`, `in_order`: see
    printers/probe.py; "ours" when our own terminal is printing on it.
    """

    verdict: str = ""
    asked: bool = False
    sentence: Text = Text("", "")
    prints: int = 0
    receipt: str = ""
    way: str = "tcp"
    trouble: str = ""
    in_order: bool | None = None


class Question(msgspec.Struct, frozen=True):
    """What only a person can know, and what they may answer. No choices: a code is typed."""

    name: str
    text: Text
    choices: tuple[str, ...]


class Step(msgspec.Struct, frozen=True):
    """One step that was taken: what was looked at, and what was found."""

    number: int
    what: Text
    found: str


class Outcome(msgspec.Struct, frozen=True):
    """Where the tree ends: the cause, what to do, and whether somebody from service has to come."""

    cause: str
    advice: Text
    service: bool = False


class Diagnosis(msgspec.Struct, frozen=True):
    """The steps so far, and either the next question or the outcome."""

    steps: tuple[Step, ...]
    question: Question | None = None
    outcome: Outcome | None = None


LAMP: Final = Question("lamp", Text("Is the printer's power lamp on?", "打印机电源指示灯亮吗？"), ("on", "off"))
SMELL: Final = Question(
    "smell", Text("Is there water, a water mark or a burnt smell?", "是否有进水、水渍或焦味？"), ("no", "yes")
)
SWAP: Final = Question(
    "swap",
    Text(
        "With the power supply of another unit of this model, does the lamp come on? (none: there is no other)",
        "换用同型号设备的电源后指示灯亮吗？（没有：没有可换的设备）",
    ),
    ("on", "off", "none"),
)
CABLE: Final = Question(
    "cable",
    Text("Is the data cable plugged in at both ends and undamaged?", "数据线两端是否插紧且无破损？"),
    ("yes", "no"),
)
PAPER: Final = Question(
    "paper",
    Text(
        "What came out: nothing, blank paper, unreadable signs, a good receipt?",
        "出来的是什么：没有、白纸、乱码、正常？",
    ),
    ("nothing", "blank", "garbage", "good"),
)
CODE: Final = Question(
    "code",
    Text(
        "A test page was sent. Type the four digits printed on it (none: there are none)",
        "已发送测试页。请输入测试页上的四位数字（没有：纸上没有数字）",
    ),
    (),
)
SCRATCH: Final = Question(
    "scratch",
    Text(
        "Scratch the printed side of the paper with a fingernail: does a dark line appear?",
        "用指甲划纸的打印面，是否出现深色线？",
    ),
    ("yes", "no"),
)
SELF_TEST: Final = Question(
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


OUTCOMES: Final[dict[str, Outcome]] = {
    one.cause: one
    for one in (
        Outcome(
            "no_sale",
            Text(
                "This sale does not stand, so there is no receipt of it: tell the customer where the money is, or hand "
                "over `receipt show --copy explanation`.",
                "该交易未成立，因此没有签购单；请向顾客说明资金去向，或出具 `receipt show --copy explanation`。",
            ),
        ),
        Outcome(
            "no_job",
            Text(
                "No receipt was printed for this sale: print it now (`receipt reprint`).",
                "该交易未送打印：请执行 `receipt reprint` 打印。",
            ),
        ),
        Outcome(
            "no_printer",
            Text(
                "No printer is configured: receipts are files. Set `printer` in the settings.",
                "未配置打印机，小票写入文件：请在设置中填写 printer。",
            ),
        ),
        Outcome(
            "power",
            Text(
                "It has no power: check the plug, the switch and the socket.",
                "打印机没有通电：请检查插头、开关和插座。",
            ),
        ),
        Outcome("supply", Text("Its power supply is broken: replace it.", "电源适配器损坏：请更换。"), service=True),
        Outcome(
            "wet",
            Text(
                "Water or a short circuit: unplug it now and have it replaced or repaired.",
                "进水或短路：请立即断电并更换或报修。",
            ),
            service=True,
        ),
        Outcome("cable", Text("Plug the data cable in again, or replace it.", "请重新插好或更换数据线。")),
        Outcome(
            "starting",
            Text(
                "It refuses the connection: it is starting up, or the port is wrong. Try again in a minute.",
                "打印机拒绝连接：正在启动或端口有误，请一分钟后重试。",
            ),
        ),
        Outcome(
            "busy",
            Text(
                "Another program holds the printer: another till, or the system's print queue (CUPS). End that, or "
                "print through the queue.",
                "打印机被其他程序占用：另一收银台或系统打印队列（CUPS）。请关闭该程序，或改用打印队列。",
            ),
        ),
        Outcome(
            "ours",
            Text(
                "Our own terminal is printing a receipt on it: wait a moment, leave it switched on, and ask again.",
                "本机终端正用它打印小票：请稍候，勿关机，然后重试。",
            ),
        ),
        Outcome(
            "network",
            Text(
                "Power and cable are good, and it cannot be reached: check its address.",
                "电源和数据线正常但无法连接：请检查其网络地址。",
            ),
            service=True,
        ),
        Outcome(
            "mute",
            Text(
                "It takes the connection and says nothing: another till holds it (up to five minutes), or its "
                "emulation is not ESC/POS. Switch it off and on.",
                "打印机接受连接但无应答：可能被其他收银台占用（最长五分钟），或仿真模式不是 ESC/POS。请关机重开。",
            ),
        ),
        Outcome("cover_open", Text("Close the lid.", "请合上机盖。")),
        Outcome(
            "paper_out",
            Text(
                "Load a paper roll, printed side to the head, and close the lid.",
                "请装入纸卷，打印面朝打印头，并合盖。",
            ),
        ),
        Outcome(
            "jam",
            Text(
                "Paper jam: open the lid, pull the paper out, put the roll in again.",
                "卡纸：请开盖取出纸张并重新装纸。",
            ),
        ),
        Outcome("cutter", Text("The cutter is stuck: open the lid and clear it.", "切刀卡住：请开盖清理。")),
        Outcome(
            "unrecoverable",
            Text("The printer reports a fault it cannot recover from: service.", "打印机报告不可恢复的故障：请报修。"),
            service=True,
        ),
        Outcome(
            "hot_head",
            Text(
                "The head is hot or the voltage low: it goes on by itself after a minute.",
                "打印头过热或电压不足：稍候将自行恢复。",
            ),
        ),
        Outcome("feed_held", Text("The feed button is held down: release it.", "走纸键被按住：请松开。")),
        Outcome(
            "offline",
            Text(
                "The printer was put offline at its panel: press its online button, or switch it off and on.",
                "打印机在面板上被设为脱机：请按联机键，或关机重开。",
            ),
        ),
        Outcome(
            "stuck",
            Text(
                "It is online and does not process what it is sent, or does not say so: switch it off and on. If that "
                "does not help, the profile in the settings is another model's (generic-80 fits most). Then `receipt "
                "reprint`: a DUPLICATE, unless it is proven that nothing came out.",
                "打印机联机但不处理数据，或不回报：请关机重开；如无效，说明设置中的型号不符（多数可用 generic-80）。"
                "然后执行 `receipt reprint`：除非已证明未打出，否则打印的是副本。",
            ),
        ),
        Outcome(
            "spooler",
            Text(
                "Look at the print queue: a held job, or a driver that swallows raw data. Use a raw queue, or "
                "reinstall the driver.",
                "请检查打印队列：作业被挂起，或驱动吞掉了数据。请使用 raw 队列或重装驱动。",
            ),
        ),
        Outcome(
            "reprint",
            Text(
                "The printer is well: print the receipt again (`receipt reprint`).",
                "打印机正常：请重打小票（`receipt reprint`）。",
            ),
        ),
        Outcome(
            "roll",
            Text(
                "The roll is in upside down, or it is no thermal paper: turn it over.",
                "纸卷装反或非热敏纸：请翻转纸卷。",
            ),
        ),
        Outcome(
            "head",
            Text(
                "Paper is good and nothing shows on it: the print head is broken. Service by the agent, normally "
                "free of charge.",
                "纸张正常但无字：打印头损坏。由代理机构维修，一般免费。",
            ),
            service=True,
        ),
        Outcome(
            "data",
            Text(
                "The printer prints by itself, but not for us: check model, port and driver in the settings.",
                "打印机自检正常但不打印我方数据：请检查设置中的型号、端口和驱动。",
            ),
        ),
        Outcome(
            "settings",
            Text(
                "Unreadable signs: check profile (code page, Chinese mode), baud rate, emulation and paper "
                "width in the settings.",
                "乱码：请检查设置中的型号（代码页、汉字模式）、波特率、仿真和纸宽。",
            ),
        ),
        Outcome("fine", Text("The printer works.", "打印机工作正常。")),
    )
}


class _Ask(Exception):  # noqa: N818 - it is no error
    def __init__(self, question: Question) -> None:
        super().__init__(question.name)
        self.question = question


def diagnose(facts: Facts, answers: Mapping[str, str]) -> Diagnosis:
    """Walk the tree as far as facts and answers lead. `answers["code"]`: was the typed code right, yes or no."""
    walk = _Walk(facts, answers)
    try:
        outcome = walk.money()
    except _Ask as asks:
        return Diagnosis(tuple(walk.steps), question=asks.question)
    return Diagnosis(tuple(walk.steps), outcome=OUTCOMES[outcome])


class _Walk:
    """One walk; each method is a step and returns the cause it ends in."""

    def __init__(self, facts: Facts, answers: Mapping[str, str]) -> None:
        self.facts = facts
        self.answers = answers
        self.steps: list[Step] = []

    def _step(self, number: int, what: Text, found: str) -> None:
        self.steps.append(Step(number, what, found))

    def _ask(self, number: int, question: Question) -> str:
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
            if not facts.verdict.startswith(PAID) and facts.asked:
                return "no_sale"
            if facts.verdict.startswith(PAID) and not facts.prints:
                return "no_job"
        if facts.way == "file":
            return "no_printer"
        if facts.way == "cups":
            return self.spooler()
        return self.link()

    def spooler(self) -> str:
        """A queue cannot be asked: only the paper tells."""
        self._step(2, LINK, NO_STATUS)
        return self.paper("spooler")

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
            return "mute" if self._ask(3, LAMP) == "on" else self.unlit()
        self._step(3, ANSWERS, "yes")
        self._step(4, STATUS, trouble or NO_FAULT)
        return trouble or self.processes()

    def dark(self) -> str:
        """Nothing there: the lamp tells power from cable."""
        if self._ask(2, LAMP) == "off":
            return self.unlit()
        return "network" if self._ask(2, CABLE) == "yes" else "cable"

    def unlit(self) -> str:
        """No lamp: wet, a broken supply, or simply no power."""
        if self._ask(2, SMELL) == "yes":
            return "wet"
        return {"on": "supply", "off": "wet", "none": "power"}.get(self._ask(2, SWAP), "power")

    def processes(self) -> str:
        """8, 9: online. Does it work through what it gets, and what is on the paper?"""
        if self.facts.in_order is not None:
            self._step(8, ORDER, "yes" if self.facts.in_order else "no")
            if not self.facts.in_order:
                return "stuck"
        if self._ask(9, CODE) == "yes":
            return "reprint" if self.facts.verdict and self.facts.receipt not in CLOSED else "fine"
        return self.paper("stuck")

    def paper(self, nothing: str) -> str:
        """9, 10: what came out; `nothing` is the cause when nothing did."""
        came = self._ask(9, PAPER)
        if came == "blank":
            return self.blank()
        return {"garbage": "settings", "good": "fine"}.get(came, nothing)

    def blank(self) -> str:
        """9: paper moves and nothing is on it. No sensor sees that."""
        if self._ask(9, SCRATCH) == "no":
            return "roll"
        return "data" if self._ask(9, SELF_TEST) == "yes" else "head"
