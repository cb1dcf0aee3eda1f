"""The tokens of programs that use the API. A token is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import re
import secrets
from typing import Final, NamedTuple

from counterfoil.console.deeds import AuditedAct
from counterfoil.console.masks import repeated
from counterfoil.console.people import LONGEST_NAME, NotAllowed, People, Person, Role, hashed
from counterfoil.step import Instant
from counterfoil.words import Text

PREFIX: Final = "cf_"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
ROLES: Final = (Role.CASHIER, Role.SUPPORT)
"""What a program can be: it sells, or it looks and breaks. It never decides, approves, reveals or manages."""

BY_HASH: Final = "SELECT name, role FROM token WHERE hash = ? AND ended_at = 0"
BY_NAME: Final = "SELECT ended_at FROM token WHERE name = ?"
ALL: Final = "SELECT name, role, made_by, made_at, ended_at FROM token ORDER BY name"
INSERT: Final = "INSERT INTO token (name, hash, role, made_by, made_at, ended_at) VALUES (?, ?, ?, ?, ?, 0)"
END: Final = "UPDATE token SET ended_at = ? WHERE name = ? AND ended_at = 0"

BAD_NAME: Final = Text(
    "A token's name is taken, or is not 1 to 32 small letters, digits, dots and dashes, or looks like a card number.",
    "令牌名称已存在，或不是 1 至 32 个小写字母、数字、点和连字符，或形似卡号。",
)
BAD_ROLE: Final = Text("A token is for a cashier's or a support program.", "令牌只能用于收银员或客服程序。")
NO_TOKEN: Final = Text("There is no such token in use.", "没有该名称的有效令牌。")


class Known(NamedTuple):
    """One token as a list shows it: never the token itself. `ended_at` 0 is one in use."""

    name: str
    role: str
    made_by: str
    made_at: Instant
    ended_at: Instant


class Tokens:
    """The tokens of one console."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._store = people.store

    def make(self, name: str, role: Role, *, by: str, origin: str = "") -> str:
        """A new token, to be shown once. NotAllowed when the name is taken or the role none for a program."""
        if role not in ROLES:
            raise NotAllowed(BAD_ROLE)
        if not NAME.fullmatch(name) or not repeated(name, LONGEST_NAME) or self._store.query(BY_NAME, (name,)):
            raise NotAllowed(BAD_NAME)
        token = PREFIX + secrets.token_urlsafe(32)
        with self._people.log.writing() as store:
            store.execute(INSERT, (name, hashed(token), role.value, by, self._people.now()))
            self._people.log.note(AuditedAct(by, "token made", name, role.value, origin))
        return token

    def end(self, name: str, *, by: str, why: str = "", origin: str = "") -> None:
        """It is worth nothing from now on. NotAllowed when there is none."""
        rows = self._store.query(BY_NAME, (name,))
        if not rows or rows[0][0]:
            raise NotAllowed(NO_TOKEN)
        with self._people.log.writing() as store:
            store.execute(END, (self._people.now(), name))
            self._people.log.note(AuditedAct(by, "token ended", name, why, origin))

    def of(self, token: str) -> Person | None:
        """The program that holds it; None when it is none in use."""
        rows = self._store.query(BY_HASH, (hashed(token),)) if token.startswith(PREFIX) else []
        return Person(f"token {rows[0][0]}", Role(rows[0][1]), program=True) if rows else None

    def every(self) -> list[Known]:
        """All there ever were."""
        return [Known(*row) for row in self._store.query(ALL)]
