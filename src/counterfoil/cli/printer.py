"""`counterfoil printer`: how the printer is, a test page that proves that it prints, and why nothing came out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import value_of
from counterfoil.cli.on_paper import asked, needed
from counterfoil.cli.printer_diagnose import diagnose
from counterfoil.cli.printer_list import list_command
from counterfoil.cli.printer_page import is_code, send_page
from counterfoil.cli.printer_tickets import tickets
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    pass

ADDRESS: Final = click.option(
    "--printer", metavar="second|ADDRESS", help="Another printer than the first: tcp://HOST:9100?profile=MODEL, …"
)
TERMINAL: Final = click.option("--terminal", metavar="ID", help="Whose printer [default: the first terminal's].")
SENT: Final = Text(
    "a test page was sent ({state}): read its four digits and type them",
    "测试页已发送（{state}）：请输入纸上的四位数字",
)
CODE: Final = Text("code", "数字")
RIGHT: Final = Text("the code is right: this printer prints", "数字正确：打印机正常出字")
WRONG: Final = Text(
    "that is not the code of the last test page: if the paper is blank, ask `{diagnose}`",
    "数字与最近的测试页不符：如为白纸，请执行 `{diagnose}`",
)
READY: Final = Text("ready", "就绪")
NEAR_END: Final = Text(", paper is near its end", "，纸将用尽")
SPOOLER: Final = Text("a spooler gives no status", "打印队列不提供状态")
UNPROVEN: Final = Text("reports no fault, but proves nothing it prints", "未报告故障，但无法证明已打印")


@click.group(name="printer", epilog="\b\nExample: counterfoil printer status --printer tcp://127.0.0.1:9100")
def command() -> None:
    """The receipt printer: status, test page, diagnosis, maintenance tickets."""


@command.command(epilog="\b\nExample: counterfoil printer status --json")
@ADDRESS
@TERMINAL
@verb
def status(session: Session, printer: str | None, terminal: str | None) -> int:
    """Ask the printer how it is, without printing anything."""
    from counterfoil.inquiry.printers import advice
    from counterfoil.verdict.reasons import printer_word

    address = needed(session, printer, terminal)
    found = asked(session, address)
    health, ready, todo = found.health, found.ready, advice(found, address)
    told: dict[str, Any] = {
        "printer": str(address),
        "profile": address.profile.name,
        "ready": ready,
        "asked": address.way != "cups",
        "holds": found.use.job if found.use is not None else "",
        **msgspec.to_builtins(health),
    }
    if todo is not None:
        told["advice"] = todo.both()

    def people() -> None:
        well = SPOOLER if address.way == "cups" else READY if ready else UNPROVEN
        known = session.word(printer_word(health.trouble) if health.trouble else well)
        near = session.word(NEAR_END) if health.near_end and not health.trouble else ""
        print(f"{address} ({address.profile.title}): {known}{near}")
        if todo is not None:
            print(session.word(todo))

    session.answer(told, people)
    return Exit.OK if ready else Exit.UNREACHABLE


@command.command(
    epilog="""\b
Examples:
  counterfoil printer test               # prints a page and asks for its code
  counterfoil printer test --code 4711   # the code of the last page
Exit code 3: the page did not come out, or nobody knows
"""
)
@ADDRESS
@TERMINAL
@click.option("--code", metavar="DIGITS", help="The four digits on the last test page.")
@verb
def test(session: Session, printer: str | None, terminal: str | None, code: str | None) -> int:
    """Print a page whose code is nowhere but on it, and have the code typed back."""
    if code is None:
        state, trouble = send_page(session, needed(session, printer, terminal))
        text = SENT.filled(state=value_of("receipt_state", state))
        if session.json or not sys.stdin.isatty():
            answer: dict[str, Any] = {"state": state, "trouble": trouble, "message": text.both()}
            session.answer(answer, lambda: print(session.word(text)))
            return Exit.OK
        print(session.word(text))
        code = str(click.prompt(session.word(CODE)))
    if not is_code(session, code):
        raise Failure(Exit.FAILED, "wrong_code", WRONG.filled(diagnose=session.typed("printer diagnose")))
    session.answer({"code": "right"}, lambda: print(session.word(RIGHT)))
    return Exit.OK


command.add_command(list_command)
command.add_command(diagnose)
command.add_command(tickets)
