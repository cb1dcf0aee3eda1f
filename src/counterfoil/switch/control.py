"""What can be asked of the switch on its control channel: register terminals, tell how it is doing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from counterfoil.errors import OurError
from counterfoil.fields import called
from counterfoil.money import MAX_MINOR
from counterfoil.security import Hsm, KeyUsage, KeyUsageError, MacAlgorithm, StoredKey
from counterfoil.step import Instant, wrong_field
from counterfoil.storage import Store
from counterfoil.storage.archiving import BAD_KEYS
from counterfoil.storage.forgotten import BAD_ENDING, open_counts
from counterfoil.switch import archiving, forgotten
from counterfoil.switch.honour import honoured
from counterfoil.switch.memory import Memory
from counterfoil.switch.records import Records
from counterfoil.switch.rows import TerminalRow
from counterfoil.switch.wire import dialect_of
from counterfoil.switch.work import Work
from counterfoil.words import Text

REGISTER: Final = "register"
STATUS: Final = "status"
LINKS: Final = "links"

BATCH: Final = re.compile(r"(?!000000)[0-9]{6}")
TERMINAL_SIZE: Final = 8
MERCHANT_SIZE: Final = 15

UNKNOWN_VERB: Final = Text(en="the switch has no command of that name", zh="交换中心没有此命令")
BAD_TERMINAL: Final = Text(
    en="terminal {number} of the list cannot be registered: {field} is missing or makes no sense",
    zh="列表中第{number}台终端无法登记：{field}缺失或无效",
)
BAD_SHAPE: Final = Text(
    en="terminal {number} of the list cannot be registered: it has a field that is not known, or is no object",
    zh="列表中第{number}台终端无法登记：含有未知字段，或不是对象",
)
BATCH_BEHIND: Final = Text(
    en="terminal {number} of the list has come to batch {batch}: a lower one would let keys of its sales come round",
    zh="列表中第{number}台终端已用到批次{batch}：更小的批次号会使交易键重复",
)
COUNTS: Final = (
    "SELECT (SELECT count(*) FROM terminal), (SELECT count(*) FROM attempt), (SELECT count(*) FROM outbox), "
    "(SELECT count(*) FROM exception_case), (SELECT count(*) FROM alarm), (SELECT count(*) FROM quarantine)"
)
LAST_ALARMS: Final = "SELECT tick, what, subject, rrn, detail FROM alarm ORDER BY tick DESC LIMIT 10"


class Registration(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A terminal as an operator or the seed describes it; keys in hex.

    `tmk` is what it signs on with. A `mak` (and `pik`) makes it signed on at once, as an injected working key does.
    `dialect` is how its messages differ (DE number → type, max, prefix, align, pad, charset), `mac` the algorithm,
    `raw` whether DE64 holds the 8 bytes themselves, `mak_bytes` the length of the MAC keys it is given, `limit` its
    highest amount in minor units (0: none).
    """

    terminal: str
    merchant: str
    tmk: str = ""
    mak: str = ""
    pik: str = ""
    batch: str = ""
    dialect: dict[str, dict[str, str | int]] = {}
    mac: MacAlgorithm = MacAlgorithm.CUP_ECB
    raw: bool = False
    mak_bytes: int = 8
    limit: int = 0


class Unfit(Exception):  # noqa: N818 - names what the terminal is
    """A terminal that cannot be registered; carries the name of the field, never its value, "" for one unknown here."""


def terminal_of(described: Any, hsm: Hsm) -> TerminalRow:
    """A registration as a row; Unfit names the field that is wrong."""
    try:
        asked = msgspec.convert(described, Registration)
    except msgspec.ValidationError as error:
        raise Unfit(wrong_field(error, Registration)) from None
    _must("terminal", len(asked.terminal) == TERMINAL_SIZE and _plain(asked.terminal))
    _must("merchant", len(asked.merchant) == MERCHANT_SIZE and _printed(asked.merchant))
    _must("batch", not asked.batch or BATCH.fullmatch(asked.batch) is not None)
    _must("mak_bytes", asked.mak_bytes in (8, 16))
    _must("limit", 0 <= asked.limit <= MAX_MINOR)
    _must("mac", asked.mac is not MacAlgorithm.AES_CMAC)
    overrides = msgspec.json.encode(asked.dialect).decode() if asked.dialect else ""
    try:
        _must("dialect", honoured(dialect_of(overrides)))
    except OurError:
        raise Unfit("dialect") from None
    keys: dict[str, StoredKey] = {}
    for name, usage in (("tmk", KeyUsage.TMK), ("mak", KeyUsage.MAC), ("pik", KeyUsage.PIN)):
        text = getattr(asked, name)
        if text:
            try:
                keys[name] = hsm.import_clear(usage, bytes.fromhex(text))
            except (KeyUsageError, ValueError):
                raise Unfit(name) from None
    terminal = TerminalRow(
        terminal=asked.terminal,
        merchant=asked.merchant,
        batch=asked.batch or "000001",
        overrides=overrides,
        mac_algorithm=asked.mac,
        mac_raw=asked.raw,
        mak_size=asked.mak_bytes,
        amount_limit=asked.limit,
    )
    return replace(terminal, **keys)


def register(args: Mapping[str, Any], work: Work, hsm: Hsm) -> dict[str, Any]:
    """Register one terminal, or {"terminals": [Registration, …]}, all or none → {"registered"}.

    A terminal that is known is registered anew: see `_anew`.
    """
    listed = args["terminals"] if isinstance(args.get("terminals"), list) else [args]
    made = []
    for number, described in enumerate(listed, start=1):
        try:
            made.append(terminal_of(described, hsm))
        except Unfit as error:
            return refused((BAD_TERMINAL if str(error) else BAD_SHAPE).filled(number=number, field=called(str(error))))
        known = work.terminals.get(made[-1].terminal)
        if known is not None and described.get("batch") and described["batch"] < known.batch:
            return refused(BATCH_BEHIND.filled(number=number, batch=known.batch))
        if known is not None:
            made[-1] = _anew(made[-1], known, own_batch=bool(described.get("batch")))
    for terminal in made:
        work.put_terminal(terminal)
    return {"registered": [terminal.terminal for terminal in made]}


def _anew(terminal: TerminalRow, known: TerminalRow, *, own_batch: bool) -> TerminalRow:
    """A registration with what stays of the earlier registration, so that a seed may run again.

    The batch, unless one is named, because the keys of its attempts must not come round again; and the sign-on, when
    the device (merchant and master key) is the same one and no working key is brought in.
    """
    if not own_batch:
        terminal = replace(terminal, batch=known.batch)
    if terminal.mak is None and (terminal.merchant, _check(terminal.tmk)) == (known.merchant, _check(known.tmk)):
        terminal = replace(
            terminal,
            pik=known.pik,
            mak=known.mak,
            tdk=known.tdk,
            signed_on_at=known.signed_on_at,
            offers=known.offers,
        )
    return terminal


def _check(key: StoredKey | None) -> bytes:
    return key.kcv if key is not None else b""


def named(args: Mapping[str, Any]) -> list[str]:
    """The terminals a registration is about, as far as they can be told."""
    listed = args["terminals"] if isinstance(args.get("terminals"), list) else [args]
    names = [described.get("terminal") for described in listed if isinstance(described, Mapping)]
    return [name for name in names if isinstance(name, str)]


def links(work: Work) -> dict[str, Any]:
    """How the issuer links are doing, and what is open: from memory alone, so it costs the same after any history."""
    return {
        "at": work.now,
        "issuers": {
            name: {
                "connected": session.up,
                "signed_on": session.signed_on,
                "heard_at": session.heard_at,
                "owed": len(work.memory.outboxes[name].owed),
            }
            for name, session in work.sessions.items()
        },
        "open": len(work.memory.waiting),
    }


def status(work: Work, store: Store) -> dict[str, Any]:
    """How the switch is doing: issuer links, open intents, reversals owed, counts and the latest alarms."""
    terminals, attempts, owed, cases, alarms, quarantined = store.query(COUNTS)[0]
    latest = store.query(LAST_ALARMS)
    return {
        **links(work),
        "terminals": terminals,
        "attempts": attempts,
        "reversals_owed": owed,
        "cases": cases,
        "alarms": alarms,
        "quarantined": quarantined,
        "ignored": work.memory.ignored,
        "forgotten": {station: count for station, (count, _) in open_counts(store).items()},
        "latest_alarms": [dict(zip(("at", "what", "subject", "rrn", "detail"), row, strict=True)) for row in latest],
    }


def archived(records: Records, args: Mapping[str, Any]) -> dict[str, Any]:
    """Let attempts go that an archive holds."""
    left = archiving.let_go(records, args)
    return left.to_json() if left is not None else refused(BAD_KEYS)


def ended(records: Records, memory: Memory, args: Mapping[str, Any], now: Instant) -> dict[str, Any]:
    """End rows of what was forgotten."""
    done = forgotten.ended(records, memory, args, now)
    return done if done is not None else refused(BAD_ENDING)


def refused(why: Text, error: str = "bad_request") -> dict[str, Any]:
    """An error reply."""
    return {"error": error, "message": why.both()}


def _must(field: str, fits: bool) -> None:
    if not fits:
        raise Unfit(field)


def _plain(text: str) -> bool:
    return _printed(text) and not set(text) & set(" /")


def _printed(text: str) -> bool:
    return text.isascii() and text.isprintable() and not text.isspace()


def answer_to(verb: str, args: Mapping[str, Any], work: Work, store: Store, hsm: Hsm) -> dict[str, Any]:
    """The reply to one command."""
    if verb == REGISTER:
        return register(args, work, hsm)
    if verb == LINKS:
        return links(work)
    if verb == STATUS:
        return status(work, store)
    return refused(UNKNOWN_VERB, "unknown_verb")
