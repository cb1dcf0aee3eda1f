"""`counterfoil kinds`: the kinds of transactions, from the table that every station interprets."""

from __future__ import annotations

from typing import Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.screen import console, table
from counterfoil.cli.session import Session, verb
from counterfoil.kinds import BY_NAME, TABLE, Kind, Needs
from counterfoil.words import Text

NO_KIND: Final = Text(
    "there is no kind of transaction {name}; there are: {names}", "没有交易种类 {name}；可选：{names}"
)
SPELT: Final = Text("on the wire", "报文")
MODE: Final = Text("mode", "方式")
MOVES: Final = Text("moves", "账务")
UNDONE: Final = Text("its reversal", "冲正")
RULES: Final = Text("rules", "规则")
NEEDED: Final = Text("needs", "需要")
OF: Final = Text("its original", "原交易")
COUNTS: Final = Text("in the totals", "批总计")
TOLD: Final = Text("the cardholder is told", "通知持卡人")


@click.command(epilog="\b\nExamples:\n  counterfoil kinds\n  counterfoil kinds purchase --json")
@click.argument("name", required=False)
@verb
def command(session: Session, name: str | None) -> int:
    """The kinds of transactions: how each is spelt, what it moves, what undoes it, and what is said of it."""
    from counterfoil.kinds.described import described

    if name is not None and name not in BY_NAME:
        raise Failure(Exit.NOT_FOUND, "unknown_kind", NO_KIND.filled(name=name, names=", ".join(BY_NAME)))
    shown = TABLE if name is None else (BY_NAME[name],)
    session.answer([described(kind) for kind in shown], lambda: pages(session, shown))
    return Exit.OK


def pages(session: Session, shown: tuple[Kind, ...]) -> None:
    """One small table a kind."""
    for kind in shown:
        page = table(title=f"{kind.name} · {session.word(kind.says)}")
        for word, said in lines(kind):
            page.add_row(session.word(word), said if isinstance(said, str) else session.word(said))
        console().print(page)


def lines(kind: Kind) -> list[tuple[Text, Text | str]]:
    """What is said of a kind, line by line."""
    from counterfoil.kinds.described import MODES, NEEDS, NOTHING, TOTALS, listed, movements_text, original_text
    from counterfoil.kinds.undo import undo

    wire = "{mti} DE3={processing} DE25={condition} DE60.1={type}".format(**kind.wire._asdict())
    return [
        (SPELT, wire),
        (MODE, MODES[kind.mode]),
        (MOVES, movements_text(kind.movements)),
        (UNDONE, movements_text(undo(kind.movements))),
        (NEEDED, listed(NEEDS[need] for need in Needs if need in kind.needs)),
        *((OF, original_text(of)) for of in (kind.original,) if of is not None),
        (RULES, ", ".join(kind.rules) or NOTHING),
        (COUNTS, TOTALS[kind.total]),
        *((TOLD, told) for told in kind.notices or ()),
    ]
