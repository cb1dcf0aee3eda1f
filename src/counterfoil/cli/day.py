"""`counterfoil day`: real baskets through the running stack, legs breaking on the way, and a judge at the end."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.cli.standing import INTERRUPTED, Standing
from counterfoil.stack.config import DEFAULT_SUPERVISOR
from counterfoil.words import Text

if TYPE_CHECKING:
    from rich.console import Console

    from counterfoil.day.engine import Watcher
    from counterfoil.day.town import BasketSale

EPILOG: Final = """\b
Examples:
  counterfoil day --baskets 500 --faults 0
  counterfoil day --baskets 5000 --faults 0.05 --seed 7
  counterfoil day --baskets 500 --mix all --seed 7
  counterfoil day --baskets 3000 --seconds 240 --kill 40 --pause 10 --outage 10 --seed 7


What breaks needs a stack that was started for it: counterfoil up --lab.
Kills are `kill -9` of any station of this stack, or of a link between two. The
same seed draws the same plan; real processes make every run come out otherwise.
"""
STANDS: Final = Text(
    "sales of this day ({run}) may stand or be on their way back; the stack goes on by itself",
    "本日（{run}）的交易可能已成立，也可能正在退回；系统会自动处理完毕",
)
NO_LAB: Final = Text(
    "this stack was not started for faults: stop it and start it with `{up}`, or have a day of `--faults 0`",
    "此系统启动时未允许故障注入：请停止后用 `{up}` 启动，或使用 `--faults 0`",
)
MIXES: Final = ("purchases", "all")
PER_MINUTE: Final = click.FloatRange(0, 600)
ROWS: Final[tuple[tuple[str, Text], ...]] = (
    ("sales", Text("sales", "交易")),
    ("approved", Text("  approved", "  成功")),
    ("declined", Text("  declined", "  拒绝")),
    ("not_sent", Text("  not sent", "  未发出")),
    ("unknown", Text("  outcome unknown, reversed", "  结果未知，已冲正")),
    ("left_out", Text("  left out: too late, or original not approved", "  未进行：超时或原交易未成功")),
    ("reversed", Text("reversals", "冲正")),
    ("one_sided", Text("one-sided at rest", "静止时单边账")),
    ("one_sided_unreported", Text("  of these without a case", "  其中未立案")),
    ("half_written", Text("half-written records", "写入不完整的记录")),
    ("ledger_sum", Text("ledger sum", "总账合计")),
)
STRUCK: Final[tuple[tuple[str, Text], ...]] = (
    ("kills", Text("killed", "强制终止")),
    ("pauses", Text("paused", "暂停")),
    ("outages", Text("outages, by leg", "中断，按段")),
)


@click.command(epilog=EPILOG)
@click.option("--baskets", type=click.IntRange(1, 155_848), default=500, show_default=True, help="How many.")
@click.option(
    "--faults", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Share of messages that break."
)
@click.option("--kill", type=PER_MINUTE, default=0, help="Kills (SIGKILL) of a station or a link, per minute.")
@click.option(
    "--pause", type=PER_MINUTE, default=0, help="Pauses (SIGSTOP) of a station, shorter or longer than timers."
)
@click.option("--outage", type=PER_MINUTE, default=0, help="Outages of a leg (lost, half open, refused), per minute.")
@click.option(
    "--seconds", type=click.FloatRange(1, 86_400), help="Spread the baskets over this time; what is late is left out."
)
@click.option(
    "--mix",
    type=click.Choice(MIXES),
    default="purchases",
    show_default=True,
    help="Purchases, or transactions of all kinds.",
)
@click.option("--supervisor", metavar="PASSWORD", default=DEFAULT_SUPERVISOR, help="The supervisors' password.")
@click.option("--seed", type=int, default=1, show_default=True, help="Draws the baskets and everything that breaks.")
@verb
def command(
    session: Session,
    baskets: int,
    faults: float,
    kill: float,
    pause: float,
    outage: float,
    seconds: float | None,
    mix: str,
    supervisor: str,
    seed: int,
) -> int:
    """Sell real shop baskets from a hundred terminals at once while things break, then judge from outside."""
    from counterfoil.cli.town import town
    from counterfoil.day.baskets import BasketsMissing, read
    from counterfoil.day.engine import Weather, run_day
    from counterfoil.day.mix import MIXES as MIXED
    from counterfoil.day.sabotage import Rates
    from counterfoil.day.town import queues
    from counterfoil.stack.descriptors import OWN, RESERVE, claim

    claim("day", RESERVE + OWN)  # one connection a cashier
    place = town(session, supervisor)
    weather = Weather(seed, faults, Rates(kill, pause, outage), seconds)
    if not place.lab and not weather.calm:
        raise Failure(Exit.FAILED, "no_lab", NO_LAB.filled(up=session.typed("up --lab")))
    try:
        drawn = read(baskets, seed)
    except BasketsMissing as error:
        raise Failure(Exit.FAILED, "baskets_missing", Text(str(error), error.zh)) from None
    run = f"day-{seed}-{secrets.token_hex(4)}"
    standing = Standing(STANDS.filled(run=run), session.line("reconcile"), {"run": run})
    session.may_stand(lambda: standing)
    lanes = MIXED[mix](queues(place, drawn, run), seed)
    with progress(session, sum(map(len, lanes.values()))) as watcher:
        result = run_day(place, lanes, weather, watcher)
    value = result.to_json()
    if result.stopped:
        if not session.json:
            table(session, value)
        raise standing._replace(more={**value, "run": run}).failure("interrupted", INTERRUPTED)
    session.answer(value, lambda: table(session, value))
    return Exit.OK if result.sound else Exit.BREAKS


@contextmanager
def progress(session: Session, total: int) -> Iterator[Watcher]:
    """A bar on a terminal; elsewhere a line for each kind of thing that is waited for; with --json silence."""
    from counterfoil.day.engine import Watcher

    if session.json:
        yield Watcher()
        return
    if not sys.stderr.isatty():
        yield Watcher(waits=lines(session))
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    from counterfoil.cli.screen import console, words

    told = {"approved": 0, "declined": 0, "unknown": 0, "not_sent": 0, "lost": 0}
    columns = (words(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, words("{task.fields[told]}"), console=console(stderr=True)) as bar:
        task = bar.add_task(session.word(Text("baskets", "购物篮")), total=total, told="")

        def sold(sale: BasketSale) -> None:
            told[sale.outcome] = told.get(sale.outcome, 0) + 1
            bar.update(task, advance=1, told=f"✓ {told['approved']}  ✗ {told['declined']}  ? {told['unknown']}")

        yield Watcher(sold, lambda text: bar.update(task, told=session.word(text)))


def lines(session: Session) -> Callable[[Text], None]:
    """What is waited for, on stderr, said once for each kind of it: its figures change with every look."""
    said = ""

    def waits(text: Text) -> None:
        nonlocal said
        kind = re.sub(r"\d+", "", text.en)
        if kind != said:
            said = kind
            click.echo(session.word(text), err=True)

    return waits


def table(session: Session, value: dict[str, Any]) -> None:
    """The day as a person reads it."""
    from counterfoil.cli import screen as out
    from counterfoil.kinds import BY_NAME
    from counterfoil.verdict.names import FAULTS, party

    grid = out.table(title=session.word(Text("The day", "一天的交易")), right=True)
    for name, text in ROWS:
        grid.add_row(session.word(text), str(value[name]))
    for kind, counts in value["kinds"].items() if len(value["kinds"]) > 1 else ():
        label = Text("  {kind}, approved of all", "  {kind}，成功/全部").filled(kind=BY_NAME[kind].says)
        grid.add_row(session.word(label), f"{counts.get('approved', 0)}/{sum(counts.values())}")
    for leg, count in value["posted_and_undone"].items():
        grid.add_row(session.word(Text(f"charged and returned, leg {leg}", f"已扣款并退回，第 {leg} 段")), str(count))
    for name, text in STRUCK:
        counts = ", ".join(f"{session.word(party(target))} {count}" for target, count in value[name].items())
        grid.add_row(session.word(text), counts or "0")
    for leg, kinds in value["faults"].items():
        counts = ", ".join(f"{session.word(FAULTS[kind])} {count}" for kind, count in kinds.items() if count)
        grid.add_row(session.word(Text(f"faults, leg {leg}", f"故障，第 {leg} 段")), counts or "0")
    closing = value["closing_seconds"]
    if closing["max"] is not None:
        spread = f"p50 {closing['p50']}  p99 {closing['p99']}  max {closing['max']}"
        grid.add_row(session.word(Text("closed after, seconds", "关闭用时，秒")), spread)
    screen = out.console(soft_wrap=True)
    screen.print(grid)
    if value["stopped"]:
        screen.print(session.word(Text("stopped: not judged", "已中断，未作核对")))
    elif not value["at_rest"]:
        screen.print(session.word(Text("it did not come to rest in time", "未能在限定时间内静止")))
    told(screen, session, value)


def told(screen: Console, session: Session, value: dict[str, Any]) -> None:
    """What to look at when it did not come out right: the records, the sales, and what was done to the stack."""
    for record in (*value["half_written_where"], *value["originals_twice"], *value["unowned"], *value.get("plan", ())):
        screen.print(record)
    if value.get("plan"):
        where = Text(f"seed {value['seed']}, data {session.data}", f"种子 {value['seed']}，数据 {session.data}")
        screen.print(session.word(where))
    for suspect in value["suspects"]:
        why = session.typed(f"why {suspect}")
        text = Text(f"look at: {why}", f"请查看：{why}")
        screen.print(session.word(text))
