"""Where the tree of diagnosis.py ends: each cause with what a cashier does about it, or who takes it over."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.words import Text


class DiagnosisOutcome(msgspec.Struct, frozen=True):
    """Where the tree ends: the cause, what to do, and whether somebody from service has to come.

    `mends`: a cashier puts it right at the printer, which then goes on with what it holds.
    """

    cause: str
    advice: Text
    service: bool = False
    mends: bool = False


LEAVE_ON: Final = Text(
    " Do not switch it off: what it holds prints on by itself.", "请勿关机：尚未打完的签购单会自动续打。"
)

OUTCOMES: Final[dict[str, DiagnosisOutcome]] = {
    one.cause: one
    for one in (
        DiagnosisOutcome(
            "no_sale",
            Text(
                "This sale does not stand, so there is no receipt of it: tell the customer where the money is, or "
                "hand over `receipt show --copy explanation`.",
                "该交易未成立，因此没有签购单；请向顾客说明资金去向，或出具 `receipt show --copy explanation`。",
            ),
        ),
        DiagnosisOutcome(
            "no_job",
            Text(
                "No receipt was printed for this sale: print it now (`receipt reprint`).",
                "该交易未送打印：请执行 `receipt reprint` 打印。",
            ),
        ),
        DiagnosisOutcome(
            "no_printer",
            Text(
                "No printer is configured: receipts are files. The administrator names one: `printer` in the "
                "settings, or `terminal printer`.",
                "未配置打印机，签购单写入文件：请管理员在设置中填写 printer，或执行 `terminal printer`。",
            ),
        ),
        DiagnosisOutcome(
            "power",
            Text(
                "It has no power: check the plug, the switch and the socket. If it stays dark, hand it to the repair "
                "service.",
                "打印机没有通电：请检查插头、开关和插座。如仍不亮，请报修。",
            ),
        ),
        DiagnosisOutcome(
            "supply",
            Text(
                "Its power supply is broken: use the other one, and have service replace it.",
                "电源适配器损坏：请改用另一个，并报修更换。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "wet",
            Text(
                "Water or a short circuit: unplug it now, do not switch it on again, and have service replace or "
                "repair it.",
                "进水或短路：请立即断电，勿再开机，并报修或更换。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "cable",
            Text(
                "Plug the data cable in again at both ends, or replace it.",
                "请重新插好数据线两端，或更换数据线。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "starting",
            Text(
                "It refuses the connection: it is starting up, or the settings name a wrong port. Try again in a "
                "minute; if it still refuses, call service.",
                "打印机拒绝连接：正在启动，或设置中的端口有误。请一分钟后重试；仍被拒绝时请报修。",
            ),
        ),
        DiagnosisOutcome(
            "busy",
            Text(
                "Another program prints on it: another till, or the system's print queue (CUPS). Wait until that is "
                "done and try again; if it stays so, call service.",
                "打印机被其他程序占用：另一收银台或系统打印队列（CUPS）。请等其完成后重试；如一直如此，请报修。",
            ),
        ),
        DiagnosisOutcome(
            "ours",
            Text(
                "Our own terminal is printing a receipt on it: wait a moment, leave it switched on, and ask again.",
                "本机终端正用它打印签购单：请稍候，勿关机，然后重试。",
            ),
        ),
        DiagnosisOutcome(
            "network",
            Text(
                "Power and cable are good, and there is no connection that lasts: its address or device in the "
                "settings, or the network. Service looks at it.",
                "电源和数据线正常，但没有稳定的连接：可能是设置中的地址或设备名有误，或网络故障。请报修。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "mute",
            Text(
                "It takes the connection and says nothing. If another till prints on it, wait until that is done, up "
                "to five minutes. If none does, switch it off and on. If it stays silent, call service: its "
                "emulation is not ESC/POS.",
                "打印机接受连接但无应答。如有其他收银台正在使用，请等其完成（最长五分钟）；如没有，请关机重开。仍无应"
                "答时请报修：仿真模式不是 ESC/POS。",
            ),
        ),
        DiagnosisOutcome(
            "cover_open",
            Text(
                "Close the lid.",
                "请合上机盖。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "paper_out",
            Text(
                "Load a paper roll, printed side to the head, and close the lid.",
                "请装入纸卷，打印面朝打印头，并合盖。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "jam",
            Text(
                "Paper jam: open the lid, pull the paper out, put the roll in again.",
                "卡纸：请开盖取出纸张并重新装纸。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "cutter",
            Text(
                "The cutter is stuck: open the lid and clear it.",
                "切刀卡住：请开盖清理。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "unrecoverable",
            Text(
                "The printer reports a fault it cannot recover from: print on another one, and have service look at "
                "this one.",
                "打印机报告不可恢复的故障：请改用其他打印机，并报修本机。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "hot_head",
            Text(
                "The head is hot or the voltage low: wait a minute, it goes on by itself.",
                "打印头过热或电压不足：请稍候，将自行恢复。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "feed_held",
            Text(
                "The feed button is held down: release it.",
                "走纸键被按住：请松开。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "offline",
            Text(
                "The printer was put offline at its panel: press its online button. If it has none or stays offline, "
                "call service.",
                "打印机在面板上被设为脱机：请按联机键。如没有该键或仍脱机，请报修。",
            ),
            mends=True,
        ),
        DiagnosisOutcome(
            "stuck",
            Text(
                "It is online and does not process what it is sent, or does not say so: switch it off and on. If "
                "that does not help, service sets the right model in the settings (generic-80 fits most). Then "
                "`receipt reprint`: a DUPLICATE, unless it is proven that nothing came out.",
                "打印机联机但不处理数据，或不回报：请关机重开；如无效，请维修在设置中改为正确型号（多数可用 "
                "generic-80）。然后执行 `receipt reprint`：除非已证明未打出，否则打印的是副本。",
            ),
        ),
        DiagnosisOutcome(
            "spooler",
            Text(
                "Look at the print queue and release a job that is held there. If nothing comes out then, service "
                "looks at the driver: it swallows raw data, and a raw queue does not.",
                "请查看打印队列并放行被挂起的作业。如仍未打出，请维修检查驱动：该驱动吞掉了数据，应使用 raw 队列。",
            ),
        ),
        DiagnosisOutcome(
            "reprint",
            Text(
                "The printer is well: print the receipt again (`receipt reprint`).",
                "打印机正常：请重打签购单（`receipt reprint`）。",
            ),
        ),
        DiagnosisOutcome(
            "roll",
            Text(
                "The roll is in upside down, or it is no thermal paper: turn it over.",
                "纸卷装反或非热敏纸：请翻转纸卷。",
            ),
        ),
        DiagnosisOutcome(
            "head",
            Text(
                "Paper is good and nothing shows on it: the print head is broken. Service by the agent, normally "
                "free of charge.",
                "纸张正常但无字：打印头损坏。由代理机构报修处理，一般免费。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "data",
            Text(
                "The printer prints by itself, but not for us: service checks model, port and driver in the settings.",
                "打印机自检正常但不打印我方数据：请报修，由维修检查设置中的型号、端口和驱动。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "settings",
            Text(
                "Unreadable signs: service checks the profile (code page, Chinese mode), baud rate, emulation and "
                "paper width in the settings.",
                "乱码：请报修，由维修检查设置中的型号（代码页、汉字模式）、波特率、仿真和纸宽。",
            ),
            service=True,
        ),
        DiagnosisOutcome("fine", Text("The printer works.", "打印机工作正常。")),
        DiagnosisOutcome(
            "undecided",
            Text(
                "Whether this sale stands is not decided yet, so there is no receipt of it: tell the customer not to "
                "pay again, and ask `why` again later. `receipt show --copy explanation` says where it stands.",
                "该交易是否成立尚未确定，因此还没有签购单：请告知顾客暂勿再次付款，稍后再用 `why` 查询。"
                "`receipt show --copy explanation` 可说明现状。",
            ),
        ),
        DiagnosisOutcome(
            "repair",
            Text(
                "It stays dark with another power supply too: the printer itself is broken. Hand it to the repair "
                "service.",
                "换用其他电源仍不亮：打印机本身损坏，请报修。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "held",
            Text(
                "It may still hold a receipt, and says nothing. Leave it switched on, look at its lid and its paper "
                "and wait a minute: the receipt prints on by itself. If nothing comes out, use another printer "
                "(`receipt reprint --printer`) or the e-receipt (`receipt link`, `receipt close`); service looks at "
                "this one.",
                "打印机内可能还有未打完的签购单，且无应答。请勿断电，检查机盖和纸卷并稍候一分钟：签购单会自动续打。如仍未"
                "打出，请用其他打印机重打印（`receipt reprint --printer`）或交付电子签购单（`receipt link`、"
                "`receipt close`）；本机请报修。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "another",
            Text(
                "What came out is not the last test page. Print one with `printer test` and look at which printer it "
                "comes out: the address in the settings may be another printer's. Then call service.",
                "打出的不是最近的测试页。请执行 `printer test` 并查看由哪台打印机打出：设置中的地址可能是另一台打印机"
                "的。然后报修。",
            ),
        ),
        DiagnosisOutcome(
            "no_paper",
            Text(
                "It works through what it is sent and no paper comes out: look whether the paper runs into the "
                "printer, and whether the test page lies at another one. Service looks at it.",
                "打印机已处理数据但没有出纸：请查看纸张是否卷入机内，以及测试页是否由另一台打印机打出。请报修。",
            ),
            service=True,
        ),
        DiagnosisOutcome(
            "blank",
            Text(
                "Paper is good and nothing shows on it: its self-test must wait, because it may still hold a "
                "receipt. Hand over the e-receipt (`receipt link`), and have service look at the printer.",
                "纸张正常但无字：机内可能还有未打完的签购单，暂不能做自检。请交付电子签购单（`receipt link`），打印机请"
                "报修。",
            ),
            service=True,
        ),
    )
}
