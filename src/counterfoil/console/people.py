"""Who may use the console: people, their roles and their sessions. Passwords are argon2id hashes, tokens are hashed.

Every change is one commit together with its line in the audit log.
"""

from __future__ import annotations

import asyncio
import base64
import enum
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import argon2

from counterfoil.console.deeds import AuditedAct, AuditLog, UnwritableError
from counterfoil.console.guesses import Guesses, Try
from counterfoil.console.limits import RateLimits
from counterfoil.console.masks import repeated
from counterfoil.console.origin import place_of
from counterfoil.errors import PaymentError
from counterfoil.step import SECOND, Instant
from counterfoil.storage import Store
from counterfoil.words import Text

IDLE: Final[Instant] = 30 * 60 * SECOND
LONGEST_NAME: Final = 40
LONGEST: Final[Instant] = 12 * 3600 * SECOND
DEVICE: Final[Instant] = 180 * 24 * 3600 * SECOND  # a browser that was not seen for so long is a stranger again
DEVICES: Final = 20  # browsers one person is known in
NOTED: Final = 100  # log-ins refused with a line each, then one line a minute says how many more
SHORTEST: Final = 10  # characters of a password
ADMIN: Final = "admin"

FIND: Final = "SELECT name, role, password, disabled FROM person WHERE name = ?"
LIST: Final = "SELECT name, role, created_at, disabled FROM person ORDER BY name"
COUNT: Final = "SELECT count(*) FROM person"
INSERT: Final = "INSERT INTO person (name, role, password, created_at, disabled) VALUES (?, ?, ?, ?, 0)"
ROLE: Final = "UPDATE person SET role = ? WHERE name = ?"
DISABLE: Final = "UPDATE person SET disabled = 1 WHERE name = ?"
NEW_PASSWORD: Final = "UPDATE person SET password = ? WHERE name = ?"  # noqa: S105 - SQL
NEW_SESSION: Final = "INSERT INTO session (token, person, csrf, begun_at, seen_at) VALUES (?, ?, ?, ?, ?)"
FIND_SESSION: Final = (
    "SELECT person.name, person.role, csrf, begun_at, seen_at FROM session JOIN person ON person.name = session.person "
    "WHERE token = ? AND disabled = 0"
)
SEEN: Final = "UPDATE session SET seen_at = ? WHERE token = ?"
END: Final = "DELETE FROM session WHERE token = ?"
END_ALL: Final = "DELETE FROM session WHERE person = ?"
SWEEP: Final = "DELETE FROM session WHERE seen_at < ? OR begun_at < ?"
KNOWN: Final = "SELECT person FROM device WHERE token = ? AND seen_at > ?"
KNOW: Final = (
    "INSERT INTO device (token, person, seen_at) VALUES (?, ?, ?) "
    "ON CONFLICT (token, person) DO UPDATE SET seen_at = excluded.seen_at"
)
FORGET: Final = (
    "DELETE FROM device WHERE person = ? AND token NOT IN "
    "(SELECT token FROM device WHERE person = ? ORDER BY seen_at DESC LIMIT ?)"
)
FORGET_ALL: Final = "DELETE FROM device WHERE person = ?"


class Role(enum.StrEnum):
    """What somebody is here for."""

    CASHIER = "cashier"
    SUPERVISOR = "supervisor"
    SUPPORT = "support"
    ADMIN = "admin"


class May(enum.Enum):
    """What somebody may do; a page names what it needs."""

    SELL = frozenset({Role.CASHIER, Role.SUPERVISOR})
    LOOK = frozenset({Role.CASHIER, Role.SUPERVISOR, Role.SUPPORT, Role.ADMIN})
    PROPOSE = frozenset({Role.CASHIER, Role.SUPERVISOR, Role.SUPPORT})  # ask for what a second person must approve
    DECIDE = frozenset({Role.SUPERVISOR})  # approve what moves money out of its turn; see consent.py
    LEDGER = frozenset({Role.SUPERVISOR, Role.SUPPORT, Role.ADMIN})  # the issuers' accounts
    REVEAL = frozenset({Role.SUPPORT, Role.SUPERVISOR})
    BREAK = frozenset({Role.SUPPORT, Role.ADMIN})  # the fault lab
    MANAGE = frozenset({Role.ADMIN})


PERSONS_ONLY: Final = frozenset({May.PROPOSE, May.DECIDE, May.REVEAL, May.MANAGE})
"""What no program may do, whatever its role: else whoever reads its token is a second person."""


class Person(NamedTuple):
    """Somebody with a session, or a program with a token.

    `csrf` must come back with everything a session changes; a program has none.
    """

    name: str
    role: Role
    csrf: str = ""
    program: bool = False

    def may(self, what: May) -> bool:
        """Whether this role is allowed to."""
        return self.role in what.value and not (self.program and what in PERSONS_ONLY)


class NotAllowed(PaymentError):  # noqa: N818 - says what it is
    """A wrong name or password, too many tries, or a session that is over. The sentence is for the person."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class TooManyError(NotAllowed):
    """Too many tries; `seconds` until another is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(TOO_MANY.filled(seconds=seconds))
        self.seconds = seconds


class Entered(NamedTuple):
    """A session begun: the token for the browser, who it is, and what this browser is known by from now on."""

    token: str
    person: Person
    device: str


WRONG: Final = Text("The name or the password is wrong.", "用户名或密码不正确。")
TOO_MANY: Final = Text("Too many tries. Try again in {seconds} s.", "尝试次数过多，请 {seconds} 秒后再试。")
TOO_SHORT: Final = Text("A password has at least 10 characters.", "密码至少 10 个字符。")
LAST_ADMIN: Final = Text("Somebody must stay administrator.", "必须保留至少一名管理员。")
NOBODY: Final = Text("There is nobody of this name.", "没有该用户。")
TAKEN: Final = Text(
    "This name is taken, or has blanks or more than 40 characters, or looks like a card number.",
    "该用户名已存在，或含空格、超过 40 个字符，或形似卡号。",
)


def of_nobody(hasher: argon2.PasswordHasher) -> str:
    """What is kept of a password, with noise for the digest: none is right, and each takes as long to find wrong."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={argon2.low_level.ARGON2_VERSION}${cost}${salt}${digest}"


class People:
    """The people of one console. `now` gives UTC microseconds."""

    def __init__(self, store: Store, now: Callable[[], Instant], hasher: argon2.PasswordHasher | None = None) -> None:
        self.store = store
        self.log = AuditLog(store, now)
        self.now = now
        self._hasher = hasher or argon2.PasswordHasher()
        self._nobody = of_nobody(self._hasher)  # so that an unknown name takes as long as a known one
        self._guesses = Guesses(now)
        self._noted = RateLimits(NOTED, 60 * SECOND, now)
        self._unnoted = 0

    # --- first of all -----------------------------------------------------------------------------------------------

    def first_password(self) -> str:
        """Make the administrator when there is nobody yet; the password, to be shown once, or ""."""
        if self.store.query(COUNT)[0][0]:
            return ""
        password = secrets.token_urlsafe(12)
        self.add(ADMIN, Role.ADMIN, password, by="first start")
        return password

    def add(self, name: str, role: Role, password: str, *, by: str, origin: str = "") -> None:
        """Somebody new. NotAllowed when the name is taken or the password too short."""
        if len(password) < SHORTEST:
            raise NotAllowed(TOO_SHORT)
        fit = 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip() and " " not in name
        if not (fit and repeated(name, LONGEST_NAME)) or self.store.query(FIND, (name,)):
            raise NotAllowed(TAKEN)
        kept = self._hasher.hash(password)
        with self.log.writing() as store:
            store.execute(INSERT, (name, role.value, kept, self.now()))
            self.log.note(AuditedAct(by, "person added", name, role.value, origin))

    def disable(self, name: str, *, by: str, why: str, origin: str = "") -> None:
        """Somebody who may no longer; their sessions end. NotAllowed for the last administrator."""
        self._must_not_be_last(name, None)
        with self.log.writing() as store:
            store.execute(DISABLE, (name,))
            store.execute(END_ALL, (name,))
            store.execute(FORGET_ALL, (name,))
            self.log.note(AuditedAct(by, "person disabled", name, why, origin))

    def change(self, name: str, role: Role, *, by: str, origin: str = "") -> None:
        """Another role for somebody; their sessions end. NotAllowed when nobody would be an administrator any more."""
        self._must_not_be_last(name, role)
        with self.log.writing() as store:
            store.execute(ROLE, (role.value, name))
            store.execute(END_ALL, (name,))
            self.log.note(AuditedAct(by, "role changed", name, role.value, origin))

    def new_password(self, name: str, password: str, *, by: str, origin: str = "") -> None:
        """Another password for somebody; their sessions end. NotAllowed when it is too short."""
        if len(password) < SHORTEST:
            raise NotAllowed(TOO_SHORT)
        self.replace_password(name, self._hasher.hash(password), by=by, what="password changed", origin=origin)

    def replace_password(self, name: str, kept: str, *, by: str, what: str, origin: str = "") -> None:
        """Another password of somebody, by its hash. Sessions, known browsers and the tries counted for them end."""
        with self.log.writing() as store:
            store.execute(NEW_PASSWORD, (kept, name))
            store.execute(END_ALL, (name,))
            store.execute(FORGET_ALL, (name,))
            self.log.note(AuditedAct(by, what, name, origin=origin))
        self._guesses.forgive(name)

    async def own_password(self, person: Person, old: str, new: str, origin: str) -> None:
        """Somebody's own new password; NotAllowed when the old one is wrong. Their sessions end."""
        await self._checked(Try(person.name, place_of(origin), known="session"), old, origin)
        self.new_password(person.name, new, by=person.name, origin=origin)

    def _must_not_be_last(self, name: str, role: Role | None) -> None:
        others = [one for one, now, _, off in self.everybody() if now is Role.ADMIN and not off and one != name]
        if role is not Role.ADMIN and not others:
            raise NotAllowed(LAST_ADMIN)

    def everybody(self) -> list[tuple[str, Role, Instant, bool]]:
        """Name, role, since when, and whether they are disabled."""
        return [(name, Role(role), at, bool(off)) for name, role, at, off in self.store.query(LIST)]

    # --- sessions ---------------------------------------------------------------------------------------------------

    async def enter(self, name: str, password: str, origin: str, device: str = "") -> Entered:
        """Begin a session. NotAllowed when it must not be. `device` is what the browser says it is known by."""
        known = {person for (person,) in self.store.query(KNOWN, (hashed(device), self.now() - DEVICE))}
        browser = hashed(device) if name in known else ""
        one = Try(name if len(name) <= LONGEST_NAME else "", place_of(origin), browser)
        return self._begin(await self._checked(one, password, origin), origin, device if known else "")

    async def _checked(self, one: Try, password: str, origin: str) -> Person:
        """Whose password it is; NotAllowed when it is wrong, or was tried too often."""
        if seconds := self._guesses.take(one):
            raise TooManyError(seconds)
        rows = self.store.query(FIND, (one.name,))
        known = rows[0] if rows and not rows[0][3] else None
        async with self._guesses.turn(one):
            right = await asyncio.to_thread(self._right, known[2] if known else self._nobody, password)
        if known is None or not right or self.store.query(FIND, (one.name,)) != rows:  # changed while it was hashed
            self._note_refused(known[0] if known else "somebody", origin)
            raise NotAllowed(WRONG)
        self._guesses.right(one)
        return Person(known[0], Role(known[1]))

    def _note_refused(self, who: str, origin: str) -> None:
        """A line, or one for many: who guesses without end fills no disk."""
        if self._noted.take(""):
            self._unnoted += 1
            return
        more = f"and {self._unnoted} before it" if self._unnoted else ""
        self.log.did(AuditedAct(who, "log-in refused", why=more, origin=origin), "refused")
        self._unnoted = 0

    def _begin(self, person: Person, origin: str, device: str) -> Entered:
        now = self.now()
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        device = device or secrets.token_urlsafe(32)
        with self.log.writing() as store:
            store.execute(SWEEP, (now - IDLE, now - LONGEST))
            store.execute(NEW_SESSION, (hashed(token), person.name, csrf, now, now))
            store.execute(KNOW, (hashed(device), person.name, now))
            store.execute(FORGET, (person.name, person.name, DEVICES))
            self.log.note(AuditedAct(person.name, "log-in", origin=origin))
        return Entered(token, person._replace(csrf=csrf), device)

    def _right(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def of(self, token: str, *, present: bool = True) -> Person | None:
        """Who holds this token; None when the session is over or never was. `present` False: only a page asks again."""
        now = self.now()
        key = hashed(token)
        rows = self.store.query(FIND_SESSION, (key,))
        if not rows:
            return None
        name, role, csrf, begun_at, seen_at = rows[0]
        if now - seen_at > IDLE or now - begun_at > LONGEST:
            return None
        if present and now - seen_at > 60 * SECOND:
            with suppress(UnwritableError), self.log.writing() as store:  # it looks at a page, which changes nothing
                store.execute(SEEN, (now, key))
        return Person(name, Role(role), csrf)

    def leave(self, token: str) -> None:
        """End a session."""
        with self.log.writing() as store:
            store.execute(END, (hashed(token),))


def hashed(token: str) -> str:
    """What is kept of a token: enough to know it again."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
