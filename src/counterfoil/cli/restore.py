"""`counterfoil restore`: a backup takes the place of the data directory, all stations together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.session import Session, verb
from counterfoil.cli.standing import Standing
from counterfoil.words import Text

EPILOG: Final = """\b
The backup is read whole first. A stack that runs is not touched; what is in the
data directory is kept beside it. Ctrl-C, or a kill, leaves the one or the other.
What happened after the backup is then known to no station: settle it by hand.

\b
Examples:
  counterfoil restore /backups/monday --dry-run
  counterfoil restore /backups/monday --data /tmp/drill
  counterfoil restore /backups/monday --force
"""
UNTOUCHED: Final = Text(
    "{data} was not replaced, and nothing is left of the copy beside it",
    "未替换 {data}，旁边的副本已清除",
)
SOUND: Final = Text(
    "the backup of {at} is sound: {count} files, {size}. Nothing was changed",
    "{at} 的备份完好：{count} 个文件，{size}。未作任何更改",
)
DONE: Final = Text("{data} is as it was at {at}", "{data} 已恢复到 {at} 的状态")
ASIDE: Final = Text("what was there before is kept in {aside}", "原有数据保留在 {aside}")
SINCE: Final = Text(
    "what happened since {at} is known to no station: compare receipts and others' statements",
    "{at} 之后的业务各站点均无记录：请核对签购单和他行对账单",
)

REPLACED: Final = Text(
    "the backup is in the place of {data}; what was there before is kept beside it",
    "备份已替换 {data}；原有数据保留在旁边",
)


def place(data: Path) -> int:
    """Which folder the data directory is; 0 for none. A restored one is another."""
    return data.stat().st_ino if data.exists() else 0


def standing(session: Session, before: int) -> Standing:
    """Whether the data directory was replaced, when this ends early."""
    if place(session.data) != before:
        return Standing(
            REPLACED.filled(data=session.data), session.line("terminal", "list"), {"data": str(session.data)}
        )
    return Standing(UNTOUCHED.filled(data=session.data), status=Exit.INTERRUPTED)


@click.command(epilog=EPILOG)
@click.argument("folder", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a data directory that is there; it is moved aside.")
@click.option("--dry-run", is_flag=True, help="Read and check the backup; change nothing.")
@verb
def command(session: Session, folder: Path, force: bool, dry_run: bool) -> int:
    """Put the backup FROM in the place of the data directory, all of it or nothing."""
    from counterfoil.cli.bytewise import progress, size
    from counterfoil.cli.stack import layout_of, now
    from counterfoil.stack.config import whole
    from counterfoil.stack.restore import Restored, checked, restore
    from counterfoil.verdict.finding import iso

    folder = whole(folder)
    layout = layout_of(session)
    before = place(session.data)
    session.may_stand(lambda: standing(session, before))
    with progress() as step:
        if dry_run:
            done = Restored(checked(folder, layout, step), None)
        else:
            label = iso(now())[:19].replace("-", "").replace(":", "")
            done = restore(folder, layout, label, step, force=force)
    manifest, at = done.manifest, session.clock.said(done.manifest.made_at)
    value = {
        "dry_run": dry_run,
        "made_at": manifest.made_at,
        "program": manifest.program,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "aside": str(done.aside) if done.aside is not None else None,
    }

    def people() -> None:
        if dry_run:
            print(session.word(SOUND.filled(at=at, count=len(manifest.files), size=size(manifest.bytes))))
            return
        print(session.word(DONE.filled(data=session.data, at=at)))
        if done.aside is not None:
            print(session.word(ASIDE.filled(aside=done.aside)))
        print(session.word(SINCE.filled(at=at)))

    session.answer(value, people)
    return Exit.OK
