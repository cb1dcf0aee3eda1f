"""`counterfoil people`: who may use the console, as far as the operator of the machine must help."""

from __future__ import annotations

import secrets
import sys
from typing import Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.cli.standing import Standing
from counterfoil.words import Text

EPILOG: Final = """\b
The new password is asked for twice on a terminal; otherwise, or with --make, one
is made and said once. It is never an argument, which others could read.
Sessions, known browsers and lock-outs of that name end. The line in the audit
log names the user of this machine.

\b
Examples:
  counterfoil people reset-password admin
  counterfoil people reset-password admin --make --json
Exit code 5: there is nobody of this name.
"""
NEW: Final = Text("New password for {name}", "{name} 的新密码")
AGAIN: Final = Text("Once more", "再次输入")
DONE: Final = Text(
    "{name} has a new password; whoever was logged in by this name no longer is.",
    "{name} 的密码已重置；以此用户名登录的会话均已结束。",
)
ONCE: Final = Text("The password, said once: {password}", "密码（仅显示一次）：{password}")
NO_CONSOLE: Final = Text("{data} has no console yet", "{data} 尚无控制台数据")
NO_ANSWER: Final = Text(
    "the console did not say whether the password was changed: run it again",
    "控制台未答复密码是否已更改：请再执行一次",
)
MAY: Final = Text(
    "the password of {name} may be changed, and nobody was told the new one: run it again",
    "{name} 的密码可能已更改，而新密码未告知任何人：请再执行一次",
)
STATUS: Final = {"unknown_person": Exit.NOT_FOUND, "too_short": Exit.USAGE}


@click.group(name="people", epilog="\b\nExample: counterfoil people reset-password admin")
def command() -> None:
    """Help somebody back into the console."""


@command.command("reset-password", epilog=EPILOG)
@click.argument("name")
@click.option("--make", is_flag=True, help="Make a password and say it once, also on a terminal.")
@verb
def reset_password(session: Session, name: str, make: bool) -> int:
    """Give the administrator NAME a new password, whether the stack runs or not."""
    from counterfoil.cli.stack import layout_of, now
    from counterfoil.console import lost
    from counterfoil.errors import OutcomeUnknown
    from counterfoil.stack.layout import CONSOLE

    layout = layout_of(session)
    if not layout.store(CONSOLE).exists():
        raise Failure(Exit.NOT_FOUND, "no_console", NO_CONSOLE.filled(data=session.data))
    made = make or not sys.stdin.isatty()
    try:
        lost.refuse_early(layout, name)
        password = secrets.token_urlsafe(12) if made else _typed(session, name)
        session.may_stand(lambda: Standing(MAY.filled(name=name), session.line("audit"), {"person": name}))
        lost.ask(layout, lost.Reset(name, lost.hash_of(password), lost.operator()), now)
    except lost.NotReset as no:
        raise Failure(STATUS.get(no.code, Exit.FAILED), no.code, no.text) from None
    except OutcomeUnknown:
        raise Failure(Exit.UNKNOWN, "outcome_unknown", NO_ANSWER) from None

    def people() -> None:
        print(session.word(DONE.filled(name=name)))
        if made:
            print(session.word(ONCE.filled(password=password)))

    session.answer({"person": name, "password": password if made else None}, people)
    return Exit.OK


def _typed(session: Session, name: str) -> str:
    """What somebody types twice, unseen."""
    asked, again = session.word(NEW.filled(name=name)), session.word(AGAIN)
    return str(click.prompt(asked, hide_input=True, confirmation_prompt=again, err=True))
