"""`counterfoil simulate`: the same stations in a world of faults drawn from a seed. Needs no stack."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.cli.source import source
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.simulation import Report, WorldJob, WorldOutcome

MIXES: Final = (
    *("calm", "loss", "duplicate", "delay", "partition", "crash", "disk", "lost-terminal", "garbled", "peers"),
    *("forged", "copies", "relay", "closer", "forger", "customers", "restored", "kinds", "swarm"),
)
EPILOG: Final = """\b
Examples:
  counterfoil simulate --transactions 10000 --jobs 2
  counterfoil simulate --mix crash --seed 7 --json
  counterfoil simulate --seed 7 --mix crash --world 12 --transactions 75   # one world again
  counterfoil simulate --mix swarm --world 3 --transactions 1500   # each fourth world is a rush hour
"""
PROMISED: Final = (
    *("transactions", "seed", "mix", "one_sided", "one_sided_unreported", "exceptions", "ledger_sum"),
    *("closing_seconds", "faults", "events_hash"),
)
JUDGED: Final = ("one_sided", "one_sided_unreported", "exceptions", "ledger_sum")
"""What the oracle says of a world at rest. Of one that broke a promise it says nothing: the sum is of the others."""
ROWS: Final[tuple[tuple[str, Text], ...]] = (
    ("transactions", Text("transactions", "交易")),
    ("attempts", Text("  attempts at the stations", "  各站点记录的尝试")),
    ("worlds", Text("worlds", "模拟世界")),
    ("virtual_seconds", Text("  virtual seconds", "  虚拟秒数")),
    ("one_sided", Text("one-sided at rest", "静止时单边账")),
    ("one_sided_unreported", Text("  of these unreported", "  其中未报告")),
    ("exceptions", Text("exceptions for a person", "需人工处理的异常")),
    ("ledger_sum", Text("ledger sum", "总账合计")),
    ("closing_seconds", Text("longest way to rest, seconds", "恢复静止最长秒数")),
    ("events_hash", Text("hash of all events", "事件摘要")),
)
WORLD: Final = Text("world", "世界")
NO_FAULT: Final = Text("--without: there is no fault called {names}", "--without：没有名为 {names} 的故障")
FEWER: Final = Text(
    "{asked} were asked for and {made} made: one world has no more, and a terminal that is lost for good sells nothing",
    "要求 {asked} 笔，完成 {made} 笔：一个世界的交易数有上限，永久丢失的终端不再交易",
)


@click.command(epilog=EPILOG)
@click.option("--transactions", type=click.IntRange(1), default=1000, show_default=True, help="How many sales.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Draws everything.")
@click.option("--mix", type=click.Choice(MIXES), default="swarm", show_default=True, help="What may go wrong.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to use.")
@click.option("--world", type=click.IntRange(0), help="Play only this one of the campaign's worlds.")
@click.option("--without", multiple=True, metavar="KIND", help="Leave out a kind of fault (drop, crash …).")
@click.option("--verbose", "-v", is_flag=True, help="With --json: every figure, and the exceptions one by one.")
@verb
def command(
    session: Session,
    transactions: int,
    seed: int,
    mix: str,
    jobs: int,
    world: int | None,
    without: tuple[str, ...],
    *,
    verbose: bool,
) -> int:
    """Sell in simulated worlds where everything breaks, and check from outside that no money is lost."""
    from counterfoil.cli.simulate_all import Played
    from counterfoil.simulation import Faults, jobs_of

    unknown = set(without) - set(Faults.__struct_fields__)
    if unknown:
        raise Failure(Exit.USAGE, "usage", NO_FAULT.filled(names=", ".join(sorted(unknown))))
    listed = jobs_of(transactions, seed, mix, world, without)
    with progress(session, transactions if world is None else listed[0].transactions) as step:
        played = Played(jobs, step)
        report = played.whole(transactions, listed) if world is None else played.once(listed)
    if report.failure is not None:
        report.failure |= {"commit": source(), "shrunk": shortest(session, report)}
    session.answer(told(report, verbose=verbose), lambda: table(session, report, transactions))
    if report.failure is not None:
        complain(session, report)
    return Exit.OK if report.sound else Exit.BREAKS


@contextmanager
def progress(session: Session, total: int) -> Iterator[Callable[[WorldOutcome], None]]:
    """How many sales were made, as a bar on a terminal; silence elsewhere."""
    if session.json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    from counterfoil.cli.screen import console, words

    columns = (words(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task(session.word(Text("transactions", "交易")), total=total)
        yield lambda outcome: bar.update(task, advance=outcome.transactions)


def told(report: Report, *, verbose: bool) -> dict[str, Any]:
    """The report as JSON carries it: what was promised, and more only when it is asked for or a promise was broken."""
    whole: dict[str, Any] = msgspec.to_builtins(report)
    broken = ("failure",) if report.failure is not None else ()
    if broken:
        whole |= dict.fromkeys(JUDGED)
    return whole if verbose else {name: whole[name] for name in (*PROMISED, *broken)}


def shortest(session: Session, report: Report) -> str:
    """The command line of a smaller world that breaks the same way, looked for when a promise was broken."""
    from counterfoil.simulation import replay, shrunk

    click.echo(
        session.word(Text("a promise is broken; looking for a smaller world", "发现问题，正在缩小范围")), err=True
    )
    return replay(shrunk(failed(report)))


def failed(report: Report) -> WorldJob:
    """The world that broke."""
    from counterfoil.simulation import WorldJob

    assert report.failure is not None
    told = report.failure
    return WorldJob(told["seed"], told["mix"], told["world"], told["transactions"], tuple(told["without"]))


def table(session: Session, report: Report, asked: int) -> None:
    """The figures, one a line; why one world made fewer sales than were asked for."""
    from counterfoil.cli.screen import padded
    from counterfoil.simulation.told import fault
    from counterfoil.verdict.names import VERDICTS

    print(session.word(Text(f"seed {report.seed}, mix {report.mix}", f"种子 {report.seed}，组合 {report.mix}")))
    for name, text in ROWS:
        value = "–" if report.failure is not None and name in JUDGED else getattr(report, name)
        shown = f"{value:,.0f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
        print(f"{padded(session.word(text), 34)} {shown}")
    if report.failure is None and report.transactions < asked:
        print(session.word(FEWER.filled(asked=f"{asked:,}", made=f"{report.transactions:,}")))
    for kind, count in report.faults.items():
        print(f"  {padded(session.word(fault(kind)), 32)} {count:,}")
    for item in report.exception_list:
        verdict, world = session.word(VERDICTS[item["verdict"]]), session.word(WORLD)
        print(f"  {verdict} {item['ref']} {item['case'] or '-'} ({world} {item['world']})")


def complain(session: Session, report: Report) -> None:
    """What broke, the last events, and how to play it again."""
    failure = report.failure
    assert failure is not None
    for line in failure["last_events"]:
        print(line, file=sys.stderr)
    print(session.word(Text("broken", "问题")), failure["broken"], sep=": ", file=sys.stderr)
    print(
        f"commit {failure['commit']}, seed {failure['seed']}, mix {failure['mix']}, world {failure['world']}",
        file=sys.stderr,
    )
    print(failure["replay"], file=sys.stderr)
    print(failure["shrunk"], file=sys.stderr)
