"""`counterfoil reconcile`: compare the stubs of all stations now, and list what contradicts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.money import written
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.stack.layout import Layout

ASK_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.2
STARTS_SECONDS: Final = 10.0
"""How long a comparison may take from its store to its port."""
MOST: Final = 200
EPILOG: Final = """\b
Every contradiction is a row with a number of its own: it opens, and it ends by
itself when the stations agree again. The inbox shows the same rows. A running
stack does this every minute for what is new and every hour for everything;
`reconcile = "60,3600"` in counterfoil.toml sets that.
Interrupted: what was found stays, and the next run goes on.

\b
Exit codes: 0 nothing is open · 3 something is

\b
Examples:
  counterfoil reconcile
  counterfoil reconcile --full --json
"""
UNREADABLE: Final = Text("what the comparison found cannot be read", "无法读取对账结果")
NOT_COMPARED: Final = Text("not compared, cannot be read: {names}", "无法读取，未核对：{names}")
GONE: Final = Text(
    "the comparison ended before it was through: run it again",
    "对账尚未完成便已中断：请重新运行",
)


@click.command(epilog=EPILOG)
@click.option("--full", is_flag=True, help="Compare everything, not only what is new.")
@verb
def command(session: Session, full: bool) -> int:
    """Compare the stubs of all stations now, and list every contradiction.

    Reads the stations' stores and changes none of them; works on stopped data too.
    """
    from counterfoil.cli.stack import data_of

    layout = data_of(session)
    with progress(session) as step:
        done = compared(session, layout, full, step)
    value = {"pass": done, **listed(session)}
    session.answer(value, lambda: tell(session, value))
    return Exit.UNKNOWN if value["open"] else Exit.OK


def compared(session: Session, layout: Layout, full: bool, step: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """By the running process, or here; a store that is taken is that of a process which is about to say so.

    StoreInUseError when somebody holds it for STARTS_SECONDS and cannot be asked.
    """
    from counterfoil.errors import StoreInUseError
    from counterfoil.stack.layout import RECONCILIATION

    ends = time.monotonic() + STARTS_SECONDS
    while layout.find(RECONCILIATION) is None:
        try:
            return here(session, full, step)
        except StoreInUseError:
            if time.monotonic() > ends:
                raise
            time.sleep(POLL_SECONDS)
    return asked(session, full, step)


def asked(session: Session, full: bool, step: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Have the running process look now, and wait until it is through."""
    from counterfoil.cli.stack import ask
    from counterfoil.stack.layout import RECONCILIATION

    answer = ask(session, RECONCILIATION, "compare", {"whole": full}, ASK_SECONDS)
    number = answer["pass"]["number"]
    while True:
        now_at: dict[str, Any] = answer["pass"]
        if now_at["number"] != number:
            raise Failure(Exit.FAILED, "interrupted", GONE)
        step(now_at)
        if now_at["ended_at"]:
            return now_at
        time.sleep(POLL_SECONDS)
        answer = ask(session, RECONCILIATION, "status", {}, ASK_SECONDS)


def here(session: Session, full: bool, step: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Compare in this process: nothing runs on the data."""
    from counterfoil.cli.stack import layout_of, now, stores
    from counterfoil.reconciliation.comparison import Comparison
    from counterfoil.reconciliation.records import Records
    from counterfoil.stack.layout import RECONCILIATION, formats
    from counterfoil.storage import open_store

    store = open_store(layout_of(session).store(RECONCILIATION), formats(RECONCILIATION))
    try:
        comparison = Comparison(Records(store), lambda: stores(session), now)
        now_at = comparison.begin(whole=full)
        while now_at.stage:
            step(now_at.to_json())
            now_at = comparison.turn()
        return now_at.to_json()
    finally:
        store.close()


def listed(session: Session) -> dict[str, Any]:
    """What is open, the oldest first, and how much of it there is."""
    from counterfoil.cli.stack import layout_of
    from counterfoil.reconciliation.records import open_count, opened
    from counterfoil.stack.reading import found_by_comparison

    with found_by_comparison(layout_of(session)) as store:
        if store is None:
            raise Failure(Exit.FAILED, "unreadable", UNREADABLE)
        return {"open": open_count(store), "contradictions": [row.to_json() for row in opened(store, MOST)]}


@contextmanager
def progress(session: Session) -> Iterator[Callable[[dict[str, Any]], None]]:
    """How far it is, on a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn

    from counterfoil.cli.screen import console, words
    from counterfoil.verdict.names import party

    with Progress(SpinnerColumn(), words(), console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def step(now_at: dict[str, Any]) -> None:
            at = {"waiting": Text("in flight", "在途"), "open": Text("open rows", "未结记录")}
            stage = at.get(now_at["stage"]) or party(now_at["stage"])
            count = Text(f"{now_at['compared']} compared", f"已核对 {now_at['compared']} 笔")
            bar.update(task, description=f"{session.word(stage)}: {session.word(count)}")

        yield step


def tell(session: Session, value: dict[str, Any]) -> None:
    """A contradiction in three lines, and the sum of it."""
    from counterfoil.console.happened import position
    from counterfoil.reconciliation.kinds import said
    from counterfoil.verdict.names import party

    done = value["pass"]
    for row in value["contradictions"]:
        name = row["ref"] or f"{row['issuer']} {row['request']}"
        amount = f"{written(row['amount'], row['currency'])} {row['currency']}"
        print(f"{row['number']}  {name}  {amount}  …{row['last4']}  {row['first_seen']}")
        print(f"    {session.pick(row['sentence'])}{' ' + session.word(said(row['detail'])) if row['detail'] else ''}")
        at = row["positions"]
        print("    " + " | ".join(f"{session.word(party(each))}: {session.word(position(at[each]))}" for each in at))
    if done["unread"]:
        names = ", ".join(session.word(party(name)) for name in done["unread"])
        print(session.word(NOT_COMPARED.filled(names=names)))
    compared, still = done["compared"], value["open"]
    print(
        session.word(
            Text(
                f"{compared} compared, {done['opened']} opened, {done['ended']} ended; {still} open",
                f"核对 {compared} 笔，新增 {done['opened']}，结束 {done['ended']}；未结 {still}",
            )
        )
    )
