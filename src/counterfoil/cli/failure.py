"""What a verb says when it cannot do what was asked: one sentence, and the exit code the issue names."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import click

from counterfoil.cli.language import language
from counterfoil.cli.screen import json_text
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
    INTERRUPTED = 130
    """Ended by Ctrl-C, as shells say it."""


class Failure(click.ClickException):
    """A verb's no. `code` is for programs, `text` for people, `more` joins the JSON object."""

    def __init__(self, status: Exit, code: str, text: Text, **more: Any) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text
        self.more = more


class Complaint:
    """Where complaints go: one sentence on stderr in the reader's language, and an object on stdout with --json."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._json = "--json" in arguments
        self._lang = language(after("--lang", arguments))

    def about(self, error: click.ClickException) -> int:
        """Say what is wrong and return the exit code."""
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return Exit.USAGE
        if isinstance(error, Failure):
            return self.say(error.code, error.text, error.status, **error.more)
        from counterfoil.cli.usage import said

        return self.say("usage" if error.exit_code == Exit.USAGE else "failed", said(error), error.exit_code)

    def say(self, code: str, text: Text, status: int, **more: Any) -> int:
        """The sentence, the object, the exit code. A stream that takes nothing takes no complaint either."""
        if self._json:
            with suppress(OSError):
                sys.stdout.write(json_text({"error": code, "message": text.both(), **more}) + "\n")
                sys.stdout.flush()
        with suppress(OSError):
            click.echo(f"counterfoil: {text.zh if self._lang == 'zh' else text.en}", err=True)
        return status


def after(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an option on a command line that may not even parse."""
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if word == option:
            return following
        if word.startswith(option + "="):
            return word.partition("=")[2]
    return None
