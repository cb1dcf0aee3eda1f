"""What a verb says when it cannot do what was asked: one sentence, and the exit code the issue names."""

from __future__ import annotations

import enum
import sys
from typing import Any

import click
import msgspec

from counterfoil.words import Text


class Exit(enum.IntEnum):
    """The exit codes of every verb."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNKNOWN = 3
    DECLINED = 4
    NOT_FOUND = 5
    UNREACHABLE = 6
    BREAKS = 7


class Failure(click.ClickException):
    """A verb's no. `code` is for programs, `text` for people, `more` joins the JSON object."""

    def __init__(self, status: Exit, code: str, text: Text, **more: Any) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text
        self.more = more


def complain(error: click.ClickException, json: bool) -> int:
    """Say what is wrong and return the exit code."""
    if isinstance(error, Failure):
        return unexpected(error.code, error.text, json, error.status, **error.more)
    text = error.format_message().replace("\n", " ").strip()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text = f"{text} (try '{error.ctx.command_path} --help')"
    return unexpected("usage" if error.exit_code == Exit.USAGE else "failed", Text(text, text), json, error.exit_code)


def unexpected(code: str, text: Text, json: bool, status: int, **more: Any) -> int:
    """One sentence on stderr; with --json also an object on stdout. Returns `status`."""
    if json:
        sys.stdout.write(msgspec.json.encode({"error": code, "message": text.both(), **more}).decode() + "\n")
    sentence = text.zh if speaks_chinese() else text.en
    click.echo(f"counterfoil: {sentence}", err=True)
    return status


def speaks_chinese() -> bool:
    """The language of the running verb, as its session was told."""
    from counterfoil.cli.session import language

    context = click.get_current_context(silent=True)
    return language(context.params.get("lang") if context else None) == "zh"
