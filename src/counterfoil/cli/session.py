"""What every verb has in common: --json, --data, --lang, and how an answer is said."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeAlias

import click
import msgspec

from counterfoil.words import Text

P = ParamSpec("P")
Lang: TypeAlias = Literal["en", "zh"]

DATA_OPTION: Final = click.option(
    "--data",
    metavar="DIR",
    help="The data directory of the stack [default: COUNTERFOIL_DATA, else the XDG state directory].",
)
LANG_OPTION: Final = click.option(
    "--lang", type=click.Choice(["en", "zh"]), help="Language of what people read [default: COUNTERFOIL_LANG]."
)
JSON_OPTION: Final = click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout, nothing else.")


def language(chosen: str | None) -> Lang:
    """The language of this run: the flag, else COUNTERFOIL_LANG, else the locale, else English."""
    names = (chosen, *(os.environ.get(name) for name in ("COUNTERFOIL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")))
    found = next((name for name in names if name), "en")
    return "zh" if found.lower().startswith("zh") else "en"


class Session:
    """One call of one verb: where the stack is, and how to answer."""

    def __init__(self, data: Path, *, json: bool, lang: Lang) -> None:
        self.data = data
        self.json = json
        self.lang = lang

    def word(self, text: Text) -> str:
        """The sentence in the reader's language."""
        return text.zh if self.lang == "zh" else text.en

    def pick(self, both: Any) -> str:
        """The same from its JSON form {"en", "zh"}."""
        return str(both[self.lang])

    def answer(self, value: Any, people: Callable[[], None]) -> None:
        """Say the answer: the JSON value with --json, otherwise whatever `people` prints."""
        if self.json:
            sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
            sys.stdout.flush()
        else:
            people()


def verb(function: Callable[Concatenate[Session, P], int]) -> Callable[P, int]:
    """Give a verb its --json, --data and --lang, and a Session as first argument."""

    @JSON_OPTION
    @DATA_OPTION
    @LANG_OPTION
    @functools.wraps(function)
    def with_session(*args: Any, **kwargs: Any) -> int:
        context = click.get_current_context()
        above = context.find_root().params
        from counterfoil.stack.config import data_directory

        chosen = kwargs.pop("data") or above.get("data")
        session = Session(
            data_directory(chosen),
            json=kwargs.pop("as_json"),
            lang=language(kwargs.pop("lang") or above.get("lang")),
        )
        return function(session, *args, **kwargs)

    return with_session
