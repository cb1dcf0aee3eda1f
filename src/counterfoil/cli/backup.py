"""`counterfoil backup`: the whole data directory as it is at one instant, while the stack goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.session import Session, verb
from counterfoil.cli.standing import Standing
from counterfoil.words import Text

EPILOG: Final = """\b
All stores are copied as they were at one instant, the same for all, also under
load; then keys, settings and the archive. Everything is read again: pages,
references, ledgers, keys. Ctrl-C leaves nothing behind. What printers and
telephones put out, and the logs, are not in it.
Whoever can read a backup has the keys: guard it like the data directory.

\b
Examples:
  counterfoil backup /backups/monday
  counterfoil backup /backups/tuesday --json
Then, now and again: counterfoil restore /backups/monday --dry-run
"""
NOTHING: Final = Text(
    "nothing is left of the backup at {to}, and nothing was changed in {data}",
    "{to} 处未留下任何备份内容，{data} 未作更改",
)

WHOLE: Final = Text("the backup at {to} is there, and whole", "{to} 处的备份已完成")


def standing(session: Session, to: Path) -> Standing:
    """What is there when this ends early: a backup gets its name when it is whole."""
    if to.exists():
        return Standing(WHOLE.filled(to=to), session.line("restore", str(to), "--dry-run"), {"backup": str(to)})
    return Standing(NOTHING.filled(to=to, data=session.data), status=Exit.INTERRUPTED)


@click.command(epilog=EPILOG)
@click.argument("to", type=click.Path(path_type=Path))
@verb
def command(session: Session, to: Path) -> int:
    """Copy the data directory into the new folder TO, running or not, and verify the copy."""
    from counterfoil.cli.bytewise import progress, size
    from counterfoil.cli.stack import layout_of, now
    from counterfoil.stack.backup import backup
    from counterfoil.stack.config import whole
    from counterfoil.verdict.finding import iso

    to = whole(to)
    session.may_stand(lambda: standing(session, to))
    with progress() as step:
        manifest = backup(layout_of(session), to, lambda: iso(now()), step)
    heads = {name: kept.head for name, kept in manifest.files.items() if kept.head}
    value = {
        "backup": str(to),
        "made_at": manifest.made_at,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "heads": heads,
    }

    def people() -> None:
        whole, count = size(manifest.bytes), len(manifest.files)
        told = Text(f"{to}: {count} files, {whole}, all stores as they were at", f"{to}：{count} 个文件，{whole}，时刻")
        print(f"{session.word(told)} {session.clock.said(manifest.made_at)}")

    session.answer(value, people)
    return Exit.OK
