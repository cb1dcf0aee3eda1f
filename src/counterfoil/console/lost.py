"""An administrator's lost password: reset by whoever may write the data directory, whether the console runs or not.

A running console owns its store, and is asked on its control channel, whose token lies in that directory. Only the hash
of the new password travels. Where no console runs, the caller opens the store as its owner and does it there.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import argon2
import msgspec

from counterfoil.console.audit import reader
from counterfoil.console.lines import deed
from counterfoil.console.people import FIND, LIST, SHORTEST, TOO_SHORT, NotAllowed, People, Role
from counterfoil.errors import NothingSentError, StoreError
from counterfoil.links.control import Answer, Serve, refusal
from counterfoil.links.control import ask as ask_channel
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.step import Instant
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.words import Text

VERB: Final = "password.reset"
SECONDS: Final = 10.0
UNKNOWN: Final = Text(
    "There is nobody named {name}. Administrators: {admins}.", "没有名为 {name} 的用户。管理员：{admins}。"
)
NO_ADMIN: Final = Text(
    "{name} is no administrator ({role}): an administrator gives them a new password in the console. "
    "Administrators: {admins}.",
    "{name} 不是管理员（{role}）：请由管理员在控制台为其设置新密码。管理员：{admins}。",
)
DISABLED: Final = Text(
    "{name} is disabled and may not log in, with no password. Administrators: {admins}.",
    "{name} 已停用，任何密码都不能登录。管理员：{admins}。",
)
NO_HASH: Final = Text("That is not the hash of a password.", "这不是密码的哈希值。")

NO_RESET: Final = Text("name, kept and by are texts, and nothing else is said", "须且只须给出 name、kept、by 三项文本")


class NotReset(NotAllowed):
    """The password stays as it is. `code` is for programs."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text)
        self.code = code


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for: whose password, the hash of the new one (argon2), and who asks."""

    name: str
    kept: str
    by: str


def hash_of(password: str) -> str:
    """What is kept of a new password; NotReset when it is too short."""
    if len(password) < SHORTEST:
        raise NotReset("too_short", TOO_SHORT)
    return argon2.PasswordHasher().hash(password)


def operator() -> str:
    """Who works on this machine, for the audit log: a user of the system, not one of the console."""
    number = os.getuid()
    try:
        return f"{pwd.getpwuid(number).pw_name}@machine"
    except KeyError:
        return f"uid-{number}@machine"


def refuse(store: Store, name: str) -> None:
    """NotReset, with a sentence, where this name is not that of an administrator who may log in."""
    admins = ", ".join(one for one, role, _, off in store.query(LIST) if role == Role.ADMIN and not off)
    rows = store.query(FIND, (name,))
    if not rows:
        raise NotReset("unknown_person", UNKNOWN.filled(name=name, admins=admins))
    _, role, _, disabled = rows[0]
    if disabled:
        raise NotReset("disabled", DISABLED.filled(name=name, admins=admins))
    if role != Role.ADMIN:
        said = deed(role)
        filled = [text.format(name=name, role=word, admins=admins) for text, word in zip(NO_ADMIN, said, strict=True)]
        raise NotReset("not_administrator", Text(*filled))


def refuse_early(layout: Layout, name: str) -> None:
    """`refuse` before anybody has typed a password, read beside whoever owns the store."""
    with reader(layout.store(CONSOLE)) as store:
        refuse(store, name)


def reset(people: People, asked: Reset) -> None:
    """Another password for an administrator: sessions, known browsers and lock-outs of that name end with it.

    NotReset when there is no such administrator or `kept` is no hash, UnwritableError when the audit log cannot be
    written; nothing is changed then.
    """
    refuse(people.store, asked.name)
    try:
        argon2.extract_parameters(asked.kept)
    except argon2.exceptions.InvalidHashError:
        raise NotReset("bad_request", NO_HASH) from None
    people.replace_password(asked.name, asked.kept, by=asked.by, what="password reset")


def server(people: People) -> Serve:
    """What the control channel of a running console does: this, and nothing else."""

    def serve(verb: str, args: dict[str, Any], answer: Answer) -> None:
        if verb != VERB:
            answer(refusal("unknown_verb", "the console has no command of that name", "控制台没有此命令"))
            return
        try:
            reset(people, msgspec.convert(args, Reset))
            answer({"reset": args["name"]})
        except msgspec.ValidationError:
            answer(refusal("bad_request", *NO_RESET))
        except NotReset as no:
            answer({"error": no.code, "message": no.text.both()})
        except StoreError as error:
            answer(refusal("not_written", str(error), error.zh))

    return serve


def ask(layout: Layout, asked: Reset, now: Callable[[], Instant]) -> None:
    """Have a console's owner do it, or be the owner where none runs.

    NotReset with the sentence of the console; OutcomeUnknown when it did not say; StoreError where its store is in use
    and nobody answers, or cannot be written.
    """
    found = layout.find(CONSOLE)
    if found is not None:
        try:
            reply = ask_channel(found.host, found.port, found.token, VERB, msgspec.to_builtins(asked), SECONDS)
        except NothingSentError:
            pass  # what a console that was killed left behind; if it is not, the store is in use and says so
        else:
            if "error" in reply:
                raise NotReset(reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
            return
    with closing(open_store(layout.store(CONSOLE), migrations_of("counterfoil.console"))) as store:
        reset(People(store, now), asked)
