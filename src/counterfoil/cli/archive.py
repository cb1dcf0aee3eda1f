"""`counterfoil archive`: closed business dates leave the stations' stores as Parquet files, read back first."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.errors import StoreError
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.archive.folder import ArchivePart
    from counterfoil.archive.run import DateResult, Day
    from counterfoil.storage import Store
    from counterfoil.zone import Zone

SECONDS: Final = 30.0
DAYS: Final = 35
FEWEST, MOST = 12, 36_500
"""Days any return may take (seven working days), an exception of a terminal that fell silent (24 h), and one more."""
EPILOG: Final = """\b
What is not at rest stays: an open sale, a reversal that is owed, a case for a
person, a message not delivered, the newest sale of each terminal. Accounts and
their entries stay too. `counterfoil why` finds what left.
Interrupted, or killed at any point: run it again.

\b
Examples:
  counterfoil archive --dry-run
  counterfoil archive
  counterfoil archive --before 2026-01-01 --station switch
  counterfoil archive list --json
  counterfoil archive verify
"""
TOO_YOUNG: Final = Text(
    "--before {date}: nothing younger than {days} days is archived (the latest date is {latest}; --days lowers it)",
    "--before {date}：不归档 {days} 天以内的数据（最晚日期为 {latest}；可用 --days 调低）",
)
NO_DATE: Final = Text("--before {date} is no date: write YYYY-MM-DD", "--before {date} 不是日期：请写成 YYYY-MM-DD")
NO_STATION: Final = Text("there is no station {name}: {known}", "没有站点 {name}：{known}")
NO_STORE: Final = Text("the store of {name} cannot be read", "无法读取 {name} 的数据库")
STATION_OPTION: Final = click.option("--station", metavar="NAME", help="One station only: terminal, switch, issuer-a …")


@click.group(name="archive", invoke_without_command=True, epilog=EPILOG)
@click.option("--before", metavar="DATE", help="Business dates before this one only (YYYY-MM-DD).")
@click.option(
    "--days",
    type=click.IntRange(FEWEST, MOST),
    default=DAYS,
    show_default=True,
    help="Keep this many days in the stores.",
)
@STATION_OPTION
@click.option("--dry-run", is_flag=True, help="Say what would be archived; write and remove nothing.")
@verb
def command(session: Session, before: str | None, days: int, station: str | None, dry_run: bool) -> int:
    """Move closed business dates out of the stations' stores into DIR/archive, as Parquet files.

    Needs the running stack: only a station removes rows of its own. Each file is read back and compared before
    anything is removed, a hundred transactions at a time, so that no sale waits.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return Exit.OK
    limit = limit_of(session.clock, before, days)
    chosen = stations_of(station)
    if dry_run:
        from counterfoil.archive.shapes import room_of

        def look(store: Store, name: str) -> list[dict[str, Any]]:
            return days_of(session.clock, store, name, limit, room_of(name))

        rows = [row for name in chosen for row in looked(session, name, look)]
        wrong: list[Text] = []
    else:
        rows, wrong = archived(session, chosen, limit)
    value: dict[str, Any] = {"dry_run": dry_run, "dates": rows, **told_wrong(wrong)}

    def people() -> None:
        tell(session, value)
        for text in wrong:
            print(session.word(text))

    session.answer(value, people)
    return Exit.BREAKS if wrong else Exit.OK


def told_wrong(wrong: list[Text]) -> dict[str, Any]:
    """What is wrong with parts of the archive, where anything is."""
    return {"wrong": [text.both() for text in wrong]} if wrong else {}


def limit_of(clock: Zone, before: str | None, days: int) -> int:
    """The instant before which a business date may leave; Failure for a date that is none, or too young."""
    from counterfoil.cli.stack import now
    from counterfoil.step import DAY

    latest = clock.date(now() - days * DAY)
    if before is None:
        return clock.starts(latest)
    try:
        limit = clock.starts(before)
    except ValueError:
        raise Failure(Exit.USAGE, "usage", NO_DATE.filled(date=before)) from None
    if limit > clock.starts(latest):
        raise Failure(Exit.USAGE, "too_young", TOO_YOUNG.filled(date=before, days=days, latest=latest))
    return limit


def stations_of(station: str | None) -> list[str]:
    """The stations that were asked for; Failure for a name that is none."""
    from counterfoil.stack.layout import STATIONS

    if station is not None and station not in STATIONS:
        raise Failure(Exit.NOT_FOUND, "no_station", NO_STATION.filled(name=station, known=", ".join(STATIONS)))
    return [station] if station else list(STATIONS)


def looked(session: Session, name: str, look: Callable[[Store, str], list[Any]]) -> list[Any]:
    """What a look into one station's store gives; Failure when it cannot be read."""
    from counterfoil.cli.stack import stores

    with stores(session) as opened:
        store = opened.of(name)
        if store is None:
            raise Failure(Exit.FAILED, "unreadable", NO_STORE.filled(name=name))
        return look(store, name)


def days_of(clock: Zone, store: Store, name: str, limit: int, room: Any) -> list[dict[str, Any]]:
    """What would leave a station, by business date."""
    from counterfoil.archive.run import days

    return [
        {"station": name, "date": day.date, "transactions": len(day.keys), "open": day.open}
        for day in days(store, room, limit, clock)
    ]


def archived(session: Session, chosen: list[str], limit: int) -> tuple[list[dict[str, Any]], list[Text]]:
    """Archive, station by station: what earlier runs left undone first. What was done, and parts that are damaged."""
    from counterfoil.archive.files import pyarrow
    from counterfoil.archive.folder import writer
    from counterfoil.cli.stack import layout_of, running

    pyarrow()
    for name in chosen:
        running(session, name)
    with writer(layout_of(session).archive), progress(session) as step:
        wrong: list[Text] = []
        work = worker(session, limit, step, wrong)
        return [row._asdict() for name in chosen for row in looked(session, name, work)], wrong


def worker(
    session: Session, limit: int, step: Callable[[str, Day | None, int], None], wrong: list[Text]
) -> Callable[[Store, str], list[DateResult]]:
    """What archives one station."""
    from counterfoil.archive.run import archive, days, resume
    from counterfoil.archive.shapes import room_of
    from counterfoil.cli.stack import ask, layout_of, now
    from counterfoil.verdict.finding import iso

    folder = layout_of(session).archive

    def damaged(error: StoreError) -> None:
        wrong.append(Text(str(error), error.zh))

    def work(store: Store, name: str) -> list[DateResult]:
        def owner(args: dict[str, Any]) -> dict[str, Any]:
            begun = time.monotonic()
            answer = ask(session, name, "archive", args, SECONDS)
            time.sleep(time.monotonic() - begun)  # half of the station's time is the sales'
            return answer

        room = room_of(name)
        told = list(resume(folder, name, room, owner, lambda count: step(name, None, count), damaged))
        for day in days(store, room, limit, session.clock):
            if day.keys:
                made_at = iso(now()) or ""
                count = step_of(step, name, day)
                told.append(archive(store, folder, name, room, day, made_at, owner, count))
        return told

    return work


def step_of(step: Callable[[str, Day | None, int], None], name: str, day: Day) -> Callable[[int], None]:
    """The step of one date."""
    return lambda count: step(name, day, count)


@contextmanager
def progress(session: Session) -> Iterator[Callable[[str, Day | None, int], None]]:
    """A bar for each date on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    from counterfoil.cli.screen import console, words

    columns = (words(), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        at: list[str] = []

        def step(name: str, day: Day | None, count: int) -> None:
            what = f"{name} {day.date if day else session.word(Text('unfinished', '未完成'))}"
            if at != [what]:
                at[:] = [what]
                bar.reset(task, description=what, total=2 * len(day.keys) if day else None)
            bar.advance(task, count)

        yield step


def tell(session: Session, value: dict[str, Any]) -> None:
    """A line a date."""
    for row in value["dates"]:
        count, still = row["transactions"], row["open"]
        if value["dry_run"]:
            text = Text(f"{count} transactions could leave", f"{count} 笔交易可以归档")
        else:
            text = Text(f"{row['left']} transactions archived", f"已归档 {row['left']} 笔交易")
        line = f"{row['station']:<9} {row['date']}  {session.word(text)}"
        if still:
            line += session.word(Text(f", {still} not at rest stay", f"，{still} 笔尚未静止，保留"))
        if row.get("kept"):
            kept = row["kept"]
            line += session.word(Text(f", {kept} changed meanwhile and stay", f"，{kept} 笔在此期间有变化，保留"))
        print(line)
    if not value["dates"]:
        print(session.word(Text("nothing is old enough", "没有足够久的数据")))


# --- what is there ----------------------------------------------------------------------------------------------------


@command.command(name="list", epilog="\b\nExample: counterfoil archive list --station switch --json")
@STATION_OPTION
@verb
def list_command(session: Session, station: str | None) -> int:
    """What the archive holds, by station and business date: counts, states, sums by currency, size."""
    from counterfoil.archive.folder import parts, stations
    from counterfoil.cli.stack import layout_of
    from counterfoil.money import BY_NUMBER, written

    folder = layout_of(session).archive
    rows, wrong = [], list[Text]()
    for part in (one for name in stations(folder) if station in (None, name) for one in parts(folder, name)):
        try:
            rows.append(row(part))
        except StoreError as error:  # the others are there all the same
            wrong.append(Text(str(error), error.zh))

    def people() -> None:
        for one in rows:
            codes = ((BY_NUMBER.get(code, code), minor) for code, minor in one["sums"].items())
            sums = ", ".join(f"{written(minor, code)} {code}" if code else str(minor) for code, minor in codes)
            mark = "" if one["finished"] else session.word(Text("  unfinished: run it again", "  未完成：请再次运行"))
            print(f"{one['station']:<9} {one['part']:<12} {one['transactions']:>9}  {one['bytes']:>11} B  {sums}{mark}")
        for text in wrong:
            print(session.word(text))
        if not rows and not wrong:
            print(session.word(Text("the archive is empty", "归档为空")))

    session.answer({"parts": rows, **told_wrong(wrong)}, people)
    return Exit.BREAKS if wrong else Exit.OK


def row(part: ArchivePart) -> dict[str, Any]:
    """One part as `list` shows it."""
    manifest, done = part.manifest, part.done
    return {
        "station": part.station,
        "date": part.date,
        "part": part.path.name,
        "transactions": manifest.transactions,
        "states": manifest.states,
        "sums": manifest.sums,
        "bytes": sum(table.bytes for table in manifest.tables.values()),
        "made_at": manifest.made_at,
        "finished": done is not None,
        "kept": len(done.kept) if done is not None else 0,
    }


@command.command(epilog="\b\nExample: counterfoil archive verify\n\nExit code 7: a part is not what its manifest says.")
@STATION_OPTION
@verb
def verify(session: Session, station: str | None) -> int:
    """Read every file again: digests, counts and sums are what the manifests say, and nothing is there twice."""
    from counterfoil.archive import checking
    from counterfoil.archive.files import pyarrow
    from counterfoil.cli.stack import layout_of

    pyarrow()

    def step(part: ArchivePart) -> None:
        if sys.stderr.isatty():
            click.echo(f"{part.station} {part.path.name}", err=True)

    told = checking.verify(layout_of(session).archive, step, station or "")
    value = {"parts": told.parts, "transactions": told.transactions, "wrong": [text.both() for text in told.wrong]}

    def people() -> None:
        for text in told.wrong:
            print(session.word(text))
        sound = Text(
            f"{told.parts} parts with {told.transactions} transactions were read, {len(told.wrong)} wrong",
            f"已读取 {told.parts} 个分部、{told.transactions} 笔交易，{len(told.wrong)} 处有误",
        )
        print(session.word(sound))

    session.answer(value, people)
    return Exit.BREAKS if told.wrong else Exit.OK
