"""`counterfoil terminal`: what the terminals are and do, and the questions only a person can answer them."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import lines, value_of
from counterfoil.cli.sale import turned_down
from counterfoil.cli.screen import padded
from counterfoil.cli.session import ALIKE, ALL_OPTION, Session, verb
from counterfoil.cli.terminal_setup import export_command, list_command, register_command
from counterfoil.words import Text

SECONDS: Final = 10.0
DEFAULT: Final = "default"
WIDE: Final = 20
"""Columns for what a terminal does."""
GOODS: Final = {"handed-over": "handed_over", "kept": "kept"}


@click.group(name="terminal", epilog="\b\nExample: counterfoil terminal last T0000001")
def command() -> None:
    """The terminals: list, status, last sale, goods, printers, export, register."""


command.add_command(list_command)
command.add_command(export_command)
command.add_command(register_command)


def told(session: Session, what: str, args: dict[str, Any]) -> dict[str, Any]:
    """What the terminal station answers; Failure for its refusals."""
    from counterfoil.cli.stack import ask

    reply = ask(session, "terminal", what, args, SECONDS)
    if "error" in reply:
        raise turned_down(reply)
    return reply


def show(session: Session, reply: dict[str, Any]) -> int:
    """Any reply of the station, as JSON or as `name: value` lines."""
    session.answer(reply, lambda: lines(session, reply))
    return Exit.OK


@command.command(epilog="\b\nExample: counterfoil terminal status T0000001")
@click.argument("terminal", required=False)
@ALL_OPTION
@verb
def status(session: Session, terminal: str | None, *, whole: bool) -> int:
    """What one terminal, or the whole station, is doing. Terminals at rest are counted, not listed."""
    reply = told(session, "status", {"terminal": terminal} if terminal else {})
    if terminal:
        return show(session, reply)
    session.answer(reply, lambda: rows(session, reply["terminals"], whole=whole))
    return Exit.OK


def at_rest(one: dict[str, Any]) -> bool:
    """Whether nothing of a terminal is worth a line: signed on, nothing under way, nobody waiting."""
    return one["phase"] == "idle" and one["signed_on"] and not one["waiting"]


def rows(session: Session, terminals: list[dict[str, Any]], *, whole: bool) -> None:
    """A terminal in one line: what it does, its batch and STAN, and the last line of its display; then how many are at
    rest. With `whole`, or when it is one only, those are lines too.
    """
    resting = sum(map(at_rest, terminals))
    counted = resting > 1 and not whole
    for one in terminals:
        if counted and at_rest(one):
            continue
        phase = session.word(value_of("phase", one["phase"]))
        display = session.pick(one["display"][-1]) if one["display"] else ""
        print(f"{one['terminal']}  {padded(phase, WIDE)}  {one['batch']}/{one['stan']}  {display}".rstrip())
    if counted:
        print(session.word(Text(f"{resting} idle {ALIKE.en}", f"{resting} 台空闲{ALIKE.zh}")))


@command.command(
    epilog="""\b
Examples:
  counterfoil terminal printer T0000002 --printer 'tcp://192.0.2.8?profile=epson-tm-t20iii' --second usb:/dev/usb/lp0
  counterfoil terminal printer T0000002 --second none     # no second one, although the stack has one
  counterfoil terminal printer T0000002 --printer default --second default
"""
)
@click.argument("terminal")
@click.option("--printer", metavar="ADDRESS|none|default", help="Its first one: its own, none (files), the stack's.")
@click.option("--second", metavar="ADDRESS|none|default", help="Tried when not a byte left for the first.")
@verb
def printer(session: Session, terminal: str, printer: str | None, second: str | None) -> int:
    """Give a terminal printers of its own, from its next slip on; without options, say which it has."""
    args = {name: own(word) for name, word in (("printer", printer), ("printer2", second)) if word is not None}
    reply = told(session, "printers", {"terminal": terminal, **args})
    return show(session, {**reply, **{name: reply[name] or DEFAULT for name in ("printer", "printer2")}})


def own(word: str) -> str:
    """A terminal's own printer as the station is told; Failure for what is no address."""
    from counterfoil.errors import InputError
    from counterfoil.stack.printers import parse_own

    try:
        return "" if word == DEFAULT else parse_own(word)
    except InputError as error:
        raise Failure(Exit.USAGE, "usage", Text(str(error), error.zh)) from None


@command.command(epilog="\b\nExample: counterfoil terminal last T0000001 --json")
@click.argument("terminal", required=False)
@verb
def last(session: Session, terminal: str | None) -> int:
    """The last sale of a terminal, as the terminal itself knows it."""
    from counterfoil.cli.stack import first_terminal

    reply = told(session, "last", {"terminal": terminal or first_terminal(session)})
    return show(session, reply)


@command.command(
    epilog="""\b
Example: counterfoil terminal goods T0000001/000001/000002 handed-over
Exit code 3: the goods are noted as handed over, and the receipt is not out, or nobody knows
"""
)
@click.argument("ref")
@click.argument("answer", type=click.Choice(list(GOODS)))
@verb
def goods(session: Session, ref: str, answer: str) -> int:
    """Say what became of the goods of a sale that a restart found approved."""
    from counterfoil.cli.reprint import came_of

    reply = told(session, "goods", {"ref": ref, "answer": GOODS[answer]})
    show(session, reply)
    return came_of(reply)


@command.command(epilog="\b\nExample: counterfoil terminal cancel T0000001")
@click.argument("terminal")
@verb
def cancel(session: Session, terminal: str) -> int:
    """Cancel the sale that waits for its answer: it is reversed, reason 17."""
    return show(session, told(session, "cancel", {"terminal": terminal}))


@command.command(
    epilog="\b\nExample: counterfoil terminal escalate T0000001/000001/000002 --operator 00 --reason 'host gone'"
)
@click.argument("ref")
@click.option("--operator", required=True, help="The supervisor's number.")
@click.option("--reason", required=True, help="Why a person takes it over.")
@verb
def escalate(session: Session, ref: str, operator: str, reason: str) -> int:
    """Hand a reversal that nobody answers to a person; the terminal may sell again."""
    return show(session, told(session, "escalate", {"ref": ref, "operator": operator, "reason": reason}))
