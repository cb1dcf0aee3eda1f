"""What may stand when a verb ends before it could say what came of it, and how to ask.

Every question the command line puts to a station is in one of the two tables: those that change nothing, and those that
may have moved money, paper or a record by the time the one who asked has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from counterfoil.cli.failure import Exit, Failure
from counterfoil.words import Text

LOOKS: Final = frozenset({"last", "status", "receipt_link", "compare", "fault.counts"})
"""What is asked and changes nothing that a person would have to look for."""
CHANGES: Final[dict[str, tuple[Text, tuple[str, ...]]]] = {
    "sale": (Text("the sale at {terminal} may stand", "终端 {terminal} 的交易可能已成立"), ()),
    "cancel": (
        Text("the sale at {terminal} may be cancelled, or may stand", "终端 {terminal} 的交易可能已取消，也可能已成立"),
        ("terminal", "last", "{terminal}"),
    ),
    "goods": (
        Text("what became of the goods of {ref} may be recorded", "{ref} 的商品去向可能已记录"),
        ("why", "{ref}"),
    ),
    "escalate": (
        Text("the reversal of {ref} may be in a person's hands", "{ref} 的冲正可能已转人工处理"),
        ("why", "{ref}"),
    ),
    "receipt": (
        Text(
            "a copy of the receipt of {ref} may have come out, or may still: look at the printer",
            "{ref} 的签购单可能已打印，或仍会打印：请查看打印机",
        ),
        ("why", "{ref}", "--verbose"),
    ),
    "close_receipt": (
        Text("the receipt of {ref} may be closed", "{ref} 的签购单可能已了结"),
        ("why", "{ref}", "--verbose"),
    ),
    "receipt_sms": (
        Text("the message about {ref} may have been sent", "{ref} 的短信可能已发送"),
        ("why", "{ref}", "--verbose"),
    ),
    "printers": (
        Text("the printers of {terminal} may be set", "终端 {terminal} 的打印机可能已设置"),
        ("terminal", "status", "{terminal}"),
    ),
    "register": (
        Text("terminal {terminal} may be registered", "终端 {terminal} 可能已登记"),
        ("terminal", "status"),
    ),
    "archive": (
        Text(
            "a part of it may be archived, and nothing is lost: running it again goes on",
            "可能已归档一部分，数据不会丢失：再次运行即可继续",
        ),
        ("archive", "list"),
    ),
    "forgotten": (Text("some of these rows may be ended", "其中部分记录可能已了结"), ("forgotten", "list", "--ended")),
    "fault.set": (Text("the fault may be in effect", "故障可能已生效"), ("fault", "clear")),
    "fault.kill": (Text("the station may have been killed", "站点可能已被终止"), ("terminal", "status")),
    "fault.pause": (Text("the station may be stopped", "站点可能已暂停"), ("terminal", "status")),
    "fault.clear": (Text("the faults may be ended", "故障可能已清除"), ("fault", "clear")),
}
INTERRUPTED: Final = Text("interrupted", "已中断")
UNSAID: Final = Text("the answer could not be said", "无法给出结果")
ASK: Final = Text("{why}: {what}. To ask: {ask}", "{why}：{what}。查询：{ask}")
BARE: Final = Text("{why}: {what}", "{why}：{what}")


class Standing(NamedTuple):
    """What may stand, the words of the verb that tells, and what a program gets besides."""

    what: Text
    ask: str = ""
    more: Mapping[str, Any] = {}
    status: Exit = Exit.UNKNOWN

    def failure(self, code: str, why: Text) -> Failure:
        """A verb's last word: why it ended, what may stand, how to ask."""
        form = ASK if self.ask else BARE
        text = form.filled(why=why, what=self.what, ask=self.ask)
        return Failure(self.status, code, text, **{**self.more, **({"ask": self.ask} if self.ask else {})})


def of(verb: str, args: Mapping[str, Any], line: Callable[..., str], reference: Callable[[], str]) -> Standing | None:
    """What may stand once a station was asked this; None for what changes nothing.

    `line` makes a command line of words, `reference` finds the sale that the till's key stands for, "" for none yet.
    """
    if verb in LOOKS:
        return None
    what, words = CHANGES[verb]
    names = {name: str(args[name]) for name in ("terminal", "ref", "key") if args.get(name)}
    if verb == "sale":
        names["ref"] = reference()
        words = ("why", "{ref}") if names["ref"] else ("terminal", "last", "{terminal}")
    ask = line(*(word.format(**names) for word in words))
    return Standing(what.filled(**names), ask, {name: value for name, value in names.items() if value})
