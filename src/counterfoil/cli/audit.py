"""`counterfoil audit`: what people did in the console, and whether a line of that log was altered."""

from __future__ import annotations

from typing import Any

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

EPILOG = """\b
Examples:
  counterfoil audit
  counterfoil audit --last 50 --json
Exit code 7: a line was altered, moved or dropped; the first one is named.
"""


@click.command(epilog=EPILOG)
@click.option("--last", "count", type=click.IntRange(0, 10_000), default=10, show_default=True, help="Lines to show.")
@verb
def command(session: Session, count: int) -> int:
    """The console's audit log: its latest lines, and the check of its chain. Works on stopped data too."""
    from counterfoil.cli.stack import layout_of
    from counterfoil.console import audit
    from counterfoil.console.lines import deed
    from counterfoil.stack.layout import CONSOLE
    from counterfoil.verdict.finding import iso

    path = layout_of(session).store(CONSOLE)
    if not path.exists():
        text = Text(f"{session.data} has no console yet", f"{session.data} 尚无控制台数据")
        raise Failure(Exit.NOT_FOUND, "no_console", text)
    with audit.reader(path) as store:
        broken = audit.verify(path)
        entries = [{"line": seq, **audit.plain(one), "at": iso(one.at)} for seq, one in audit.newest(store, count)]
        value: dict[str, Any] = {"broken": broken, "newest": audit.newest_hash(store), "entries": entries}

    def people() -> None:
        for one in reversed(entries):
            facts = " · ".join(text for text in (one["subject"], one["why"], one["origin"]) if text)
            what, result = session.word(deed(one["what"])), session.word(deed(one["result"]))
            print(f"{one['line']:>6} {one['at'][:19]}Z  {one['who']}: {what} ({result})  {facts}".rstrip())
        holds = Text("every line follows from the one before", "各行依次衔接，未被改动")
        wrong = Text(
            f"line {broken} was altered, or lines before it are missing", f"第 {broken} 行被改动，或其前有行缺失"
        )
        print(session.word(holds if broken is None else wrong))
        print(value["newest"])

    session.answer(value, people)
    return Exit.OK if broken is None else Exit.BREAKS
