"""What shows that the end of the audit log was cut off: its head, signed and kept somewhere else.

An anchor says "at this instant the log had so many lines, and this was the hash of the last". It is signed with a key
that lies apart from the store, and written at intervals and at the end to a file outside the console's directory and to
the JSON log; printed, it outlives the machine. Whoever shortens, empties or replaces the log contradicts the anchors.
Whoever can also write the key and every copy of the anchors contradicts nobody: keep one where they cannot.

An anchor that the log contradicts is never written over: it is the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterfoil.console import audit
from counterfoil.errors import StoreError
from counterfoil.links.performers import sync_directory, write_file
from counterfoil.reasons import reason
from counterfoil.stack.config import Config
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.step import UNREADABLE, Instant
from counterfoil.storage import Store
from counterfoil.verdict.finding import iso
from counterfoil.words import Text

DOMAIN: Final = b"counterfoil audit anchor 1\n"
EVERY_SECONDS: Final = 60
EVENT: Final = "audit_anchor"
MOST: Final = 1 << 20
"""Anchors that are read out of one file."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a log: how many lines it had, the hash of the last, when (RFC 3339), by whom (public key), signed."""

    lines: int
    hash: str
    at: str
    key: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature is over."""
        return DOMAIN + f"{self.lines}\n{self.hash}\n{self.at}\n{self.key}".encode("utf-8", "surrogatepass")


class LogFault(NamedTuple):
    """One thing that is wrong with a log. `code` is for programs."""

    code: str
    text: Text


ALTERED: Final = Text(
    "Line {line} was altered, or a line before it is missing.", "第 {line} 行被改动，或其前有行缺失。"
)
CUT: Final = Text(
    "The end is missing: lines {first} to {last}, anchored at {at}, are not there.",
    "末尾缺失：第 {first} 至 {last} 行（锚定于 {at}）已不在。",
)
EMPTY: Final = Text("The log is empty: a console that has begun has lines.", "日志为空：已启动过的控制台必有记录。")
GONE: Final = Text(
    "The log is gone: {store} is missing, though a console has run here.",
    "日志已消失：{store} 缺失，但此处曾运行控制台。",
)
REPLACED: Final = Text(
    "Another log lies here: line {line} is not the one that was anchored at {at}.",
    "日志已被替换：第 {line} 行与锚定于 {at} 的不同。",
)
FORGED: Final = Text(
    "An anchor of {lines} lines is not signed by this installation's key.",
    "一份 {lines} 行的锚点不是由本系统密钥签名。",
)
NO_KEY: Final = Text(
    "The key of the anchors is missing: who signed them cannot be told.", "锚点密钥缺失：无法确认签名者。"
)


def signer(layout: Layout, *, make: bool) -> Ed25519PrivateKey:
    """What the anchors of a data directory are signed with; StoreError when it is missing or damaged."""
    return Ed25519PrivateKey.from_private_bytes(layout.secret(layout.audit_key, make=make))


def of(key: Ed25519PrivateKey, store: Store, now: Instant) -> Anchor:
    """The anchor of a log as it is now."""
    lines, newest = audit.head(store)
    bare = Anchor(lines=lines, hash=newest, at=iso(now), key=key.public_key().public_bytes_raw().hex())
    return msgspec.structs.replace(bare, signature=key.sign(bare.signed()).hex())


def read(text: str) -> list[Anchor]:
    """The anchors in a text, one a line: an anchor file, or a JSON log with other lines between."""
    found = []
    for line in text.splitlines()[:MOST]:
        try:
            found.append(msgspec.json.decode(line, type=Anchor))
        except UNREADABLE:
            continue  # another line of a log
    return found


def kept(layout: Layout, config: Config) -> list[Anchor]:
    """The anchors of a data directory where its settings put them. StoreError when they cannot be read."""
    path = config.audit_anchor or layout.audit_anchor
    return read_file(path) if path.exists() else []


def read_file(path: Path) -> list[Anchor]:
    """The anchors in a file; StoreError when it cannot be read."""
    try:
        if path.is_char_device():  # it may never end
            raise StoreError(f"{path} is a device, not a file", f"{path} 是设备，不是文件")
        return read(path.read_text("utf-8", "replace"))
    except OSError as error:
        why = reason(error)
        raise StoreError(f"{path} cannot be read: {why.en}", f"无法读取 {path}：{why.zh}") from None


def genuine(anchor: Anchor, key: Ed25519PrivateKey) -> bool:
    """Whether this key has signed it."""
    try:
        key.public_key().verify(bytes.fromhex(anchor.signature), anchor.signed())
    except (InvalidSignature, ValueError):
        return False
    return True


# --- looking ----------------------------------------------------------------------------------------------------------


def examine(layout: Layout, anchors: Sequence[Anchor]) -> tuple[int, list[LogFault]]:
    """How many lines the log of a data directory has, and all that is wrong with it by its chain and these anchors.

    It reads every line, with a reader of its own: not for the thread that serves. StoreError when it cannot.
    """
    found, trusted = _signatures(layout, anchors)
    path = layout.store(CONSOLE)
    if not path.exists():
        return 0, [*found, LogFault("gone", GONE.filled(store=path))]
    with audit.reader(path) as store, store.reading():
        broken = audit.first_broken(store.query(audit.ALL))
        lines, _ = audit.head(store)
        found += contradictions(store, trusted)
    if not lines:
        found.insert(0, LogFault("empty", EMPTY))
    if broken is not None:
        found.insert(0, LogFault("altered", ALTERED.filled(line=broken)))
    return lines, found


def _signatures(layout: Layout, anchors: Sequence[Anchor]) -> tuple[list[LogFault], list[Anchor]]:
    """What is wrong with the anchors themselves, and those to compare with: without the key, all of them."""
    try:
        key = signer(layout, make=False)
    except StoreError:
        return ([LogFault("no_key", NO_KEY)] if anchors else []), list(anchors)
    forged = [anchor for anchor in anchors if not genuine(anchor, key)]
    return (
        [LogFault("forged", FORGED.filled(lines=anchor.lines)) for anchor in forged[:1]],
        [anchor for anchor in anchors if anchor not in forged],
    )


def contradictions(store: Store, anchors: Iterable[Anchor]) -> list[LogFault]:
    """Where a log is not what these anchors say: the first line that is another, and what its end lacks."""
    lines, _ = audit.head(store)
    kept = sorted(anchors, key=lambda anchor: anchor.lines)
    there = [anchor for anchor in kept if anchor.lines <= lines]
    other = next((anchor for anchor in there if audit.hash_at(store, anchor.lines) != anchor.hash), None)
    found = [LogFault("replaced", REPLACED.filled(line=other.lines, at=other.at))] if other is not None else []
    if kept and kept[-1].lines > lines:
        last = kept[-1]
        found.append(LogFault("cut", CUT.filled(first=lines + 1, last=last.lines, at=last.at)))
    return found


# --- writing ----------------------------------------------------------------------------------------------------------


class Anchors:
    """Keeps the newest anchor of a running console in a file, and every one in its JSON log."""

    def __init__(self, layout: Layout, path: Path, store: Store, log: Callable[..., None]) -> None:
        self._key = signer(layout, make=True)
        self._path = path
        self._store = store
        self._log = log
        self._last = -1

    def write(self, now: Instant) -> None:
        """Write the head of the log when it has grown since the last time; never over an anchor it contradicts."""
        anchor = of(self._key, self._store, now)
        if anchor.lines == self._last:
            return
        try:
            before = read_file(self._path) if self._path.exists() else []
        except StoreError as error:
            self._log("audit_anchor_failed", reason=str(error))
            return
        wrong = contradictions(self._store, [one for one in before if genuine(one, self._key)])
        if wrong:
            self._log("audit_contradicts_anchor", found=[one.text.en for one in wrong])
            return
        self._keep(anchor)

    def _keep(self, anchor: Anchor) -> None:
        facts: dict[str, Any] = msgspec.to_builtins(anchor)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self._path, msgspec.json.encode(anchor).decode() + "\n")
            sync_directory(self._path.parent)
        except OSError as error:
            self._log("audit_anchor_failed", reason=str(error.strerror))
            return
        self._log(EVENT, **facts)
        self._last = anchor.lines
