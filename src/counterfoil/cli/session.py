"""What every verb has in common: --json, --data, --lang, and how an answer is said."""

from __future__ import annotations

import functools
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.language import Lang, language
from counterfoil.cli.screen import json_text
from counterfoil.cli.standing import INTERRUPTED, UNSAID, Standing
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.zone import Zone

P = ParamSpec("P")

DATA_OPTION: Final = click.option(
    "--data",
    metavar="DIR",
    help="The data directory of the stack [default: COUNTERFOIL_DATA, else the XDG state directory].",
)
LANG_OPTION: Final = click.option(
    "--lang", type=click.Choice(["en", "zh"]), help="Language of what people read [default: COUNTERFOIL_LANG]."
)
JSON_OPTION: Final = click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout, nothing else.")

ALL_OPTION: Final = click.option("--all", "whole", is_flag=True, help="Every row, also those that are all alike.")
ALIKE: Final = Text("(--all shows every row)", "（--all 显示全部）")


def nothing() -> None:
    """Nothing stands that the verb would have to tell."""


class Session:
    """One call of one verb: where the stack is, and how to answer."""

    def __init__(self, chosen: str | None, *, json: bool, lang: Lang) -> None:
        self._chosen = chosen
        self.json = json
        self.lang = lang
        self._standing: Callable[[], Standing | None] = nothing

    @property
    def data(self) -> Path:
        """The data directory: --data, else COUNTERFOIL_DATA, else the XDG state directory."""
        from counterfoil.stack.config import data_directory

        return data_directory(self._chosen)

    @cached_property
    def clock(self) -> Zone:
        """The zone in which people read times of this stack."""
        from counterfoil.stack.layout import Layout
        from counterfoil.stack.reading import clock_of

        return clock_of(Layout(self.data))

    def typed(self, words: str) -> str:
        """A command line for people to copy: this program, these words, and the --data of this call."""
        from counterfoil.cli.program import typed

        return typed(words, self._chosen)

    def may_stand(self, told: Callable[[], Standing | None]) -> Callable[[], Standing | None]:
        """From here on something may stand that the answer has yet to say; what told so before, to be put back."""
        before, self._standing = self._standing, told
        return before

    @contextmanager
    def last_word(self) -> Iterator[None]:
        """Whatever ends a verb before its answer is out: what may stand then, and how to ask."""
        try:
            yield
        except (KeyboardInterrupt, click.Abort):
            self._say_what_stands("interrupted", INTERRUPTED)
            raise
        except Failure as failure:
            if failure.code == "outcome_unknown":
                self._say_what_stands(failure.code, failure.text)
            raise

    def _say_what_stands(self, code: str, why: Text) -> None:
        standing = self._standing()
        if standing is not None and (standing.status is Exit.UNKNOWN or why is INTERRUPTED):
            raise standing.failure(code, why) from None

    def line(self, *words: str) -> str:
        """A command line for people to copy, of words that may hold anything."""
        return self.typed(shlex.join(words))

    def word(self, text: Text) -> str:
        """The sentence in the reader's language."""
        return text.zh if self.lang == "zh" else text.en

    def pick(self, both: Any) -> str:
        """A sentence in the reader's language, from its JSON form {"en", "zh"}."""
        return str(both[self.lang])

    def answer(self, value: Any, people: Callable[[], object]) -> None:
        """Say the answer: the JSON value with --json, otherwise whatever `people` prints."""
        try:
            if self.json:
                sys.stdout.write(json_text(value) + "\n")
            else:
                people()
            sys.stdout.flush()
        except OSError:
            self._say_what_stands("unsaid", UNSAID)
            raise
        self._standing = nothing


def verb(function: Callable[Concatenate[Session, P], int]) -> Callable[P, int]:
    """Give a verb its --json, --data and --lang, and a Session as first argument."""

    @JSON_OPTION
    @DATA_OPTION
    @LANG_OPTION
    @functools.wraps(function)
    def with_session(*args: Any, **kwargs: Any) -> int:
        context = click.get_current_context()
        above = context.find_root().params
        session = Session(
            kwargs.pop("data") or above.get("data"),
            json=kwargs.pop("as_json"),
            lang=language(kwargs.pop("lang") or above.get("lang")),
        )
        with session.last_word():
            return function(session, *args, **kwargs)

    return with_session
