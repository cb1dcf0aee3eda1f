"""`counterfoil fault`: break the loop on purpose. The proxies and the supervisor do it; no station knows."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import lines
from counterfoil.cli.session import Session, verb
from counterfoil.iso8583.mti import answer_of
from counterfoil.kinds import PURCHASE
from counterfoil.words import Text

KINDS: Final = ("drop", "delay", "duplicate", "corrupt", "close", "hang", "refuse")
SECONDS: Final = 15.0
STATUS: Final = {"unknown_station": Exit.NOT_FOUND, "no_lab": Exit.FAILED}


@click.group(
    name="fault",
    epilog="""\b
The stack must have been started for it: counterfoil up --lab

\b
Legs: 1 terminal → switch, 2 switch → issuer, 3 issuer → switch, 4 switch → terminal

\b
Examples:
  counterfoil fault set 4 drop --times 1
  counterfoil fault set 3 delay --seconds 20 --mti 0210
  counterfoil fault kill switch
  counterfoil fault pause issuer-a --seconds 8
  counterfoil fault clear
""",
)
def command() -> None:
    """Break a leg of the loop, kill or pause a station, heal."""


def done(session: Session, what: str, args: dict[str, Any]) -> int:
    """Ask the supervisor and show its answer."""
    from counterfoil.cli.stack import ask
    from counterfoil.stack.layout import SUPERVISOR

    reply = ask(session, SUPERVISOR, what, args, SECONDS)
    if "error" in reply:
        status = STATUS.get(reply["error"], Exit.USAGE)
        raise Failure(status, reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
    session.answer(reply, lambda: lines(session, reply))
    return Exit.OK


@command.command("set", epilog="\b\nExample: counterfoil fault set 4 drop --times 1 --mti 0210")
@click.argument("leg", type=click.IntRange(1, 4))
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--times", type=click.IntRange(1), help="How many messages it hits [default: 1, or as --seconds says].")
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), help="How long; with delay: how long a message is held."
)
@click.option(
    "--mti",
    metavar=answer_of(PURCHASE.wire.mti),
    help="Only messages of this type [default: any but network management].",
)
@verb
def set_command(
    session: Session, leg: int, kind: str, times: int | None, seconds: float | None, mti: str | None
) -> int:
    """Break messages on one leg."""
    if mti is not None and not (len(mti) == 4 and mti.isascii() and mti.isdigit()):
        raise Failure(Exit.USAGE, "usage", Text("--mti has four digits", "--mti 应为四位数字"))
    args: dict[str, Any] = {"leg": leg, "kind": kind}
    args |= {k: v for k, v in (("times", times), ("seconds", seconds), ("mti", mti)) if v is not None}
    return done(session, "fault.set", args)


@command.command("kill", epilog="\b\nExample: counterfoil fault kill issuer-a")
@click.argument("station")
@verb
def kill_command(session: Session, station: str) -> int:
    """Kill a station's process (SIGKILL), or a link as if its process died; the supervisor starts it again."""
    return done(session, "fault.kill", {"station": station})


@command.command("pause", epilog="\b\nExample: counterfoil fault pause switch --seconds 20")
@click.argument("station")
@click.option("--seconds", type=click.FloatRange(0, 3600, min_open=True), default=5.0, show_default=True)
@verb
def pause_command(session: Session, station: str, seconds: float) -> int:
    """Stop a station's process where it is (SIGSTOP) and let it go on after a while."""
    return done(session, "fault.pause", {"station": station, "seconds": seconds})


@command.command("clear", epilog="\b\nExample: counterfoil fault clear")
@verb
def clear_command(session: Session) -> int:
    """End every fault."""
    return done(session, "fault.clear", {})
