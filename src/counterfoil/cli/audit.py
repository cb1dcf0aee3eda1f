"""`counterfoil audit`: what people did in the console, and whether that log was altered, shortened or replaced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.stack.layout import Layout

EPILOG: Final = """\b
Examples:
  counterfoil audit
  counterfoil audit --last 50 --json
  counterfoil audit verify
  counterfoil audit anchor > /media/safe/audit.anchor
  counterfoil audit verify --anchor /media/safe/audit.anchor
Exit code 7: a line was altered, moved or dropped; the first one is named.
"""
VERIFY_EPILOG: Final = """\b
Examples:
  counterfoil audit verify
  counterfoil audit verify --anchor /media/safe/audit.anchor
FILE holds anchors, one a line: what `audit anchor` printed, the file of the
setting audit_anchor, or the console's JSON log. Without it the file that the
settings name is taken.
Exit code 7: a line was altered, the end is missing, the log is empty, gone or
another one; each is said.
"""


@click.group(name="audit", epilog=EPILOG, invoke_without_command=True)
@click.option("--last", "count", type=click.IntRange(0, 10_000), default=10, show_default=True, help="Lines to show.")
@verb
def command(session: Session, count: int) -> int:
    """The console's audit log: its latest lines, and the check of its chain. Works on stopped data too."""
    from counterfoil.console import audit
    from counterfoil.console import lines as words
    from counterfoil.stack.layout import CONSOLE
    from counterfoil.verdict.finding import iso

    if click.get_current_context().invoked_subcommand is not None:
        return Exit.OK
    path = _layout(session).store(CONSOLE)
    with audit.reader(path) as store:
        broken = audit.verify(path)
        entries = [{"line": seq, **audit.plain(one), "at": iso(one.at)} for seq, one in audit.newest(store, count)]
        lines, newest = audit.head(store)
    value: dict[str, Any] = {"broken": broken, "lines": lines, "newest": newest, "entries": entries}

    def people() -> None:
        for one in reversed(entries):
            to, why = words.subject(one["subject"]), words.why(one["what"], one["why"], one["result"])
            facts = " · ".join(text for text in (session.word(to), session.word(why), one["origin"]) if text)
            who = session.word(words.who(one["who"]))
            what, result = session.word(words.deed(one["what"])), session.word(words.deed(one["result"]))
            print(f"{one['line']:>6} {session.clock.said(one['at'])}  {who}: {what} ({result})  {facts}".rstrip())
        print(session.word(_chain(broken, lines)))
        print(newest)

    session.answer(value, people)
    return Exit.OK if broken is None and lines else Exit.BREAKS


def _chain(broken: int | None, lines: int) -> Text:
    if broken is not None:
        return Text(
            f"line {broken} was altered, or lines before it are missing", f"第 {broken} 行被改动，或其前有行缺失"
        )
    if not lines:
        return Text("the log is empty: all lines are gone", "日志为空：全部记录已消失")
    return Text("every line follows from the one before", "各行依次衔接，未被改动")


def _layout(session: Session) -> Layout:
    """The data directory; NOT_FOUND when no console has ever run in it."""
    from counterfoil.cli.stack import layout_of
    from counterfoil.stack.layout import CONSOLE

    layout = layout_of(session)
    if not layout.store(CONSOLE).exists():
        text = Text(f"{session.data} has no console yet", f"{session.data} 尚无控制台数据")
        raise Failure(Exit.NOT_FOUND, "no_console", text)
    return layout


@command.command(epilog=VERIFY_EPILOG)
@click.option("--anchor", "file", type=click.Path(exists=True, dir_okay=False), help="Anchors kept elsewhere.")
@verb
def verify(session: Session, file: str | None) -> int:
    """Check every line, and that nothing is missing since an anchor was written."""
    from counterfoil.cli.stack import layout_of
    from counterfoil.console import anchor
    from counterfoil.stack.config import load

    layout = layout_of(session)
    anchors = anchor.read_file(Path(file)) if file else anchor.kept(layout, load(layout.data))
    if file and not anchors:
        raise Failure(Exit.NOT_FOUND, "no_anchor", Text(f"{file} holds no anchor", f"{file} 中没有锚点"))
    if not anchors and not layout.audit_key.exists():
        _layout(session)
    lines, found = anchor.examine(layout, anchors)
    wrong = [{"code": one.code, "message": one.text.both()} for one in found]

    def people() -> None:
        for one in found:
            print(session.word(one.text))
        if not found:
            print(session.word(_held(lines, len(anchors))))

    session.answer({"lines": lines, "anchors": len(anchors), "findings": wrong}, people)
    return Exit.BREAKS if found else Exit.OK


def _held(lines: int, anchors: int) -> Text:
    en, zh = f"{lines} lines, each follows from the one before", f"共 {lines} 行，依次衔接"
    if anchors:
        return Text(f"{en}; none is missing since the newest anchor", f"{zh}；最新锚点以来未缺失")
    return Text(
        f"{en}; no anchor was found, so an end that was cut off cannot be seen", f"{zh}；未找到锚点，无法发现末尾被截断"
    )


@command.command(epilog="\b\nExample: counterfoil audit anchor > /media/safe/audit.anchor")
@verb
def anchor(session: Session) -> int:
    """Print the signed head of the log: one line, to be kept where nobody here can write."""
    import msgspec

    from counterfoil.console import audit
    from counterfoil.console.anchor import of, signer
    from counterfoil.console.reach import Reach
    from counterfoil.stack.layout import CONSOLE

    layout = _layout(session)
    with audit.reader(layout.store(CONSOLE)) as store:
        made = of(signer(layout, make=False), store, Reach(layout).now())
    value = msgspec.to_builtins(made)
    session.answer(value, lambda: print(msgspec.json.encode(value).decode()))
    return Exit.OK
