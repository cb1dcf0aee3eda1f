"""`counterfoil terminal list | export | register`: which terminals there are, and how one gets in from outside."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import click
import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import lines
from counterfoil.cli.session import ALIKE, ALL_OPTION, Session, verb
from counterfoil.step import UNREADABLE
from counterfoil.words import Text

ALGORITHMS: Final = {"cup-ecb": "cup_ecb", "x9.19": "x9_19", "x9.9": "x9_9"}
OURS: Final = Text("ours", "本系统")
REGISTERED: Final = Text("{terminal} is registered", "{terminal} 已登记")
NOT_OURS: Final = Text("not ours", "外部")


@click.command("list", epilog="\b\nExample: counterfoil terminal list --json")
@ALL_OPTION
@verb
def list_command(session: Session, *, whole: bool) -> int:
    """The terminals the switch was seeded with, a line for each merchant's; the one that is not ours stands last."""
    from counterfoil.cli.stack import terminals

    found = terminals(session)
    session.answer(found, lambda: rows(session, found, whole=whole))
    return Exit.OK


def rows(session: Session, found: list[dict[str, Any]], *, whole: bool) -> None:
    """One terminal a line when it is `whole`, else one merchant a line: its first and last terminal, and how many."""
    counted = False
    for (merchant, ours), alike in groupby(found, lambda one: (one["merchant"], one["ours"])):
        names = [one["terminal"] for one in alike]
        whose = session.word(OURS if ours else NOT_OURS)
        if whole or len(names) == 1:
            for name in names:
                print(f"{name:<9} {merchant:<16} {whose}")
        else:
            counted = True
            print(f"{names[0]:<9} {merchant:<16} {whose}  … {names[-1]} ({len(names)})")
    if counted:
        print(session.word(ALIKE))


@click.command("export", epilog="\b\nExample: counterfoil terminal export OUTSIDE1 --json")
@click.argument("terminal")
@verb
def export_command(session: Session, terminal: str) -> int:
    """What a terminal vendor needs to connect: keys, header, address. Demo terminals only."""
    from counterfoil.cli.stack import exported

    found = exported(session, terminal)
    tls = found["tls"] or {}
    told = {**found, "tls": tls.get("name", "-")} | ({"ca": f"\n{tls['ca']}"} if tls else {})
    session.answer(found, lambda: lines(session, told))
    return Exit.OK


@click.command(
    "register",
    epilog="""\b
Examples:
  counterfoil terminal register 10000161 --merchant 880210010210162 --tmk 404142434445464748494A4B4C4D4E4F
  counterfoil terminal register 00000001 --merchant 952718182217875 --mak 0723C80DB5F4CD3D --dialect '{"60":{"max":19}}'
""",
)
@click.argument("terminal")
@click.option("--merchant", required=True, help="DE42, up to 15 characters.")
@click.option("--tmk", metavar="HEX", help="The terminal master key, for a terminal that signs on.")
@click.option("--mak", metavar="HEX", help="A working MAC key, for a terminal that is signed on already.")
@click.option("--dialect", metavar="JSON", help="DE number → what differs from the dialect.")
@click.option("--mac", type=click.Choice(list(ALGORITHMS)), help="The MAC algorithm [default: cup-ecb].")
@click.option("--mac-raw", is_flag=True, help="DE64 holds eight raw bytes instead of eight hex characters.")
@verb
def register_command(
    session: Session,
    terminal: str,
    merchant: str,
    tmk: str | None,
    mak: str | None,
    dialect: str | None,
    mac: str | None,
    mac_raw: bool,
) -> int:
    """Let the switch know a terminal that is not ours."""
    args: dict[str, Any] = {"terminal": terminal, "merchant": merchant}
    args |= {name: value for name, value in (("tmk", tmk), ("mak", mak)) if value}
    if dialect:
        args["dialect"] = switches(dialect)
    if mac:
        args["mac"] = ALGORITHMS[mac]
    if mac_raw:
        args["raw"] = True
    from counterfoil.cli.stack import ask

    reply = ask(session, "switch", "register", args, 10.0)
    if "error" in reply:
        raise Failure(Exit.USAGE, reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
    session.answer(reply, lambda: print(session.word(REGISTERED.filled(terminal=terminal))))
    return Exit.OK


def switches(dialect: str) -> dict[str, Any]:
    """The --dialect argument; Failure when it is no JSON object."""
    try:
        return msgspec.json.decode(dialect, type=dict[str, Any])
    except UNREADABLE:
        text = Text("--dialect must be a JSON object", "--dialect 必须是 JSON 对象")
        raise Failure(Exit.USAGE, "usage", text) from None
