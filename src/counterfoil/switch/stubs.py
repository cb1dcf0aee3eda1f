"""What the switch's store says of one attempt, for whoever asks: read-only, in one short transaction each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from counterfoil.kinds import PURCHASE
from counterfoil.money import BY_NUMBER
from counterfoil.security import last4_only
from counterfoil.step import Instant
from counterfoil.storage import MOST_COUNTED, NumbersHeld, Store, arrival, held, in_parts
from counterfoil.switch import evidence
from counterfoil.switch.lifecycle import State
from counterfoil.switch.rows import SEALED, Case, unpacked
from counterfoil.switch.settings import Settings
from counterfoil.transaction import Against, AttemptKey, CaseStub, Happened, SwitchStub, parse_ref

# What the terminal of an attempt asked next. Same batch, higher STAN: another batch may be another device, an earlier
# STAN a request that was late. The next one is enough; asking for the earliest of all would read the rest of the batch.
NEXT: Final = " ".join(
    (
        "SELECT later.started_at FROM attempt AS later WHERE later.terminal = {} AND later.batch = {}",
        "AND later.stan > {} AND later.started_at >= {} AND later.rrn > {} AND",
        SEALED.format("later"),
        "ORDER BY later.stan LIMIT 1",
    )
)
HELD: Final = "SELECT count(*) FROM (SELECT 1 FROM attempt WHERE length(pan) > 0 LIMIT ?) AS held"
FIRST_SIX: Final = "SELECT first6, last4 FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?"
OLDEST_HELD: Final = "SELECT min(started_at) FROM attempt WHERE length(pan) > 0"
FOLLOWED: Final = NEXT.format(*"?????")
ACQUIRER: Final = Settings().acquirer
THIS: Final = [f"attempt.{name}" for name in ("terminal", "batch", "stan", "started_at", "rrn")]
COLUMNS: Final = (
    "attempt.terminal, batch, stan, attempt.rrn, state, merchant, amount, currency, last4, attempt.issuer, "
    "attempt.transmitted, attempt.trace, forwarded, deadline, response_code, auth_code, started_at, updated_at, "
    "reversal_reason, reversal_tries, reversal_code, case_number, attempt.kind, attempt.original, outbox.tries, "
    "outbox.next_at"
)
STUB: Final = f"SELECT {COLUMNS}, ({NEXT.format(*THIS)}) FROM attempt LEFT JOIN outbox ON outbox.rrn = attempt.rrn "  # noqa: S608 - constants
BY_KEY: Final = STUB + "WHERE attempt.terminal = ? AND batch = ? AND stan = ?"
BY_RRN: Final = STUB + "WHERE attempt.rrn = ?"
BY_CARD: Final = (
    f"{STUB}WHERE attempt.rrn IN ({in_parts('attempt', 'rrn', 'last4 = ? AND amount = ?')}) "
    "ORDER BY attempt.started_at, attempt.rrn LIMIT ?"
)
OWED: Final = "".join((STUB, "WHERE attempt.rrn IN (SELECT rrn FROM outbox) ORDER BY attempt.started_at, attempt.rrn"))
DEPTHS: Final = "SELECT issuer, count(*) FROM outbox GROUP BY issuer"
OPEN: Final = STUB + "WHERE state = 'asked' ORDER BY attempt.started_at, attempt.rrn"
EVERY: Final = STUB + "ORDER BY attempt.terminal, batch, stan"
THESE: Final = STUB + "WHERE (attempt.terminal, batch, stan) IN ({marks})"
NUMBERED: Final = STUB + "WHERE attempt.rrn IN ({marks})"
BEHIND: Final = arrival.behind(STUB, "attempt")
ARCHIVED: Final = "SELECT terminal, batch, stan FROM archived WHERE (terminal, batch, stan) IN ({marks})"
HISTORY: Final = (
    "SELECT tick, what, message, then_after, then_what, then_message FROM trail WHERE rrn = ? ORDER BY tick"
)
# The index is of the few rows that have an original, which the condition must say for it to be taken.
AGAINST: Final = (
    "SELECT original, started_at, kind, amount, terminal, batch, stan FROM attempt "
    "WHERE original IN ({marks}) AND original <> '' AND state = 'approved'"
)
CHECKS: Final = "SELECT terminal, pik_kcv, mak_kcv, signed_on_at, offers FROM terminal"
RESERVED: Final = "SELECT up_to FROM reserved WHERE what = 'tick'"
CASES: Final = f"SELECT {', '.join(Case._fields)} FROM exception_case "  # noqa: S608 - names of ours
OPEN_CASES: Final = CASES + "WHERE ended_at = 0 ORDER BY at, number LIMIT ?"
ENDED_CASES: Final = CASES + "WHERE ended_at >= ? AND ended_at > 0 ORDER BY ended_at DESC, number LIMIT ?"
CASES_OF: Final = CASES + "WHERE rrn = ? ORDER BY at, number"


def stub(store: Store, ref: AttemptKey | str, *, history: bool = True) -> SwitchStub | None:
    """The stub of an attempt by its key, by TERMINAL/BATCH/STAN or by RRN; None when this switch never saw it."""
    key = parse_ref(ref) if isinstance(ref, str) else ref
    with store.reading():
        rows = store.query(BY_RRN, (ref,)) if key is None else store.query(BY_KEY, tuple(key))
        if not rows:
            return None
        lines = store.query(HISTORY, (rows[0][3],)) if history else []
        opened = [case_stub(Case(*row)) for row in store.query(CASES_OF, (rows[0][3],))] if history else []
        against = _children(store, [_ref(rows[0])]).get(_ref(rows[0]), ())
    return _stub(rows[0], tuple(_happened(lines)), tuple(opened), against)


def every(store: Store) -> list[SwitchStub]:
    """All attempts in the order of their keys, without history: what is read once in a small store, not on the way."""
    return _stubs(store, store.query(EVERY))


def followed(store: Store, key: AttemptKey, one: SwitchStub) -> Instant:
    """When the same terminal asked next, by this store; 0 when it knows of nothing."""
    rows = store.query(FOLLOWED, (*key, one.started_at, one.rrn))
    return int(rows[0][0]) if rows else 0


def find(store: Store, *, last4: str, amount: int, limit: int = 50) -> list[SwitchStub]:
    """Stubs by last four digits and amount (minor units), oldest first, without history."""
    return _stubs(store, store.query(BY_CARD, (last4, amount, limit)))


def pending(store: Store) -> list[SwitchStub]:
    """Every attempt whose reversal the issuer has not acknowledged yet, oldest first, without history."""
    return _stubs(store, store.query(OWED))


def numbers_held(store: Store, most: int = MOST_COUNTED) -> NumbersHeld:
    """The sealed card numbers in this store, counted up to `most`."""
    return held.asked(store, HELD, OLDEST_HELD, most)


def first_six(store: Store, key: AttemptKey) -> str:
    """First six and last four digits of the card of an attempt, the others starred; "" when they are not known.

    For whoever has a reason, and has written it down.
    """
    rows = store.query(FIRST_SIX, key)
    first, last = rows[0] if rows else ("", "")
    return f"{first}******{last}" if first and last else ""


def owed(store: Store) -> dict[str, int]:
    """How many reversals wait in the outbox for each issuer."""
    return dict(store.query(DEPTHS))


def asked(store: Store) -> list[SwitchStub]:
    """Every attempt an issuer still owes an answer for, oldest first, without history."""
    return _stubs(store, store.query(OPEN))


def cases(store: Store, limit: int = 1000) -> list[Case]:
    """What a person must decide and nobody has yet, oldest first, at most `limit`."""
    return [Case(*row) for row in store.query(OPEN_CASES, (limit,))]


def ended_cases(store: Store, since: Instant, limit: int = 1000) -> list[Case]:
    """The cases that ended since then, the latest first, at most `limit`."""
    return [Case(*row) for row in store.query(ENDED_CASES, (since, limit))]


def case_stub(case: Case) -> CaseStub:
    """A case as every station's are shown."""
    return CaseStub(**{name: value for name, value in case._asdict().items() if name != "rrn"})


def _happened(lines: list[tuple[Any, ...]]) -> Iterator[Happened]:
    requests: dict[Instant, dict[str, Any]] = {}
    for at, what, text, after, said, said_text in lines:
        heard = _message(text)
        requests[at - after] = heard or {}
        yield Happened(at - after, what, heard)
        if said:
            added = _message(said_text)
            yield Happened(at, said, evidence.whole(said, added, heard or {}, requests) if added else added)


def _message(text: str) -> dict[str, Any] | None:
    return msgspec.json.decode(last4_only(text), type=dict[str, Any]) if text else None


def _stubs(store: Store, rows: Sequence[tuple[Any, ...]]) -> list[SwitchStub]:
    """Rows as stubs without history."""
    children = _children(store, [_ref(row) for row in rows])
    return [_stub(row, against=children.get(_ref(row), ())) for row in rows]


def _ref(row: tuple[Any, ...]) -> str:
    return str(AttemptKey(*row[:3]))


def _stub(
    row: tuple[Any, ...],
    history: tuple[Happened, ...] = (),
    opened: tuple[CaseStub, ...] = (),
    against: tuple[Against, ...] = (),
) -> SwitchStub:
    (terminal, batch, stan, rrn, state, merchant, amount, currency, last4, issuer, transmitted, trace) = row[:12]
    (forwarded, deadline, code, auth, started, updated, reason, tries, reversal_code, case, kind, original) = row[12:24]
    owed, next_at, next_one = row[24:]
    due = deadline if state == State.ASKED else next_at or 0
    return SwitchStub(
        ref=str(AttemptKey(terminal, batch, stan)),
        terminal=terminal,
        merchant=merchant,
        amount=amount,
        currency=BY_NUMBER.get(currency, currency),
        last4=last4,
        state=state,
        started_at=started,
        updated_at=updated,
        forwarded=bool(forwarded),
        issuer=issuer,
        rrn=rrn,
        acquirer=ACQUIRER if transmitted else "",
        stan=trace,
        transmitted=transmitted,
        response_code=code,
        auth_code=auth,
        reversal_reason=reason,
        reversal_tries=tries if owed is None else owed,
        reversal_code=reversal_code,
        case=case,
        due=due,
        followed_at=next_one or 0,
        history=history,
        cases=opened,
        kind=kind or PURCHASE.name,
        original=original,
        against=against,
    )


def _children(store: Store, refs: Sequence[str]) -> dict[str, tuple[Against, ...]]:
    """What stands against these (TERMINAL/BATCH/STAN), the oldest first."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for original, started, *child in store.select_in(AGAINST, refs) if refs else ():
        found.setdefault(original, []).append((started, *child))
    return {
        ref: tuple(Against(kind, str(AttemptKey(*key)), amount) for _, kind, amount, *key in sorted(rows))
        for ref, rows in found.items()
    }


def key_checks(store: Store) -> dict[str, dict[tuple[bytes, bytes], Instant]]:
    """Of every terminal the check values of a PIN and a MAC key that go together, and when its sign-on was told them.

    Of those it works with, and of those that a sign-on was told and no message has come under yet.
    """
    found = {}
    for name, pik, mak, at, offers in store.query(CHECKS):
        pairs = {(bytes(pik), bytes(mak)): at} if mak else {}
        found[name] = pairs | {(offer.pik.kcv, offer.mak.kcv): offer.at for offer in unpacked(offers)}
    return found


def head(store: Store) -> dict[str, str]:
    """How far this store has come: up to where its numbers are given out, in microseconds (UTC)."""
    return {"tick": str(store.query(RESERVED)[0][0])}


# --- for whoever compares all stations, some attempts at a time -------------------------------------------------------


def behind(store: Store, place: int, limit: int) -> list[tuple[int, SwitchStub]]:
    """The attempts behind a place, in the order they were written, each with its own place; without history."""
    rows = store.query(BEHIND, (place, limit))
    return list(zip((row[0] for row in rows), _stubs(store, [row[1:] for row in rows]), strict=True))


def these(store: Store, keys: Sequence[AttemptKey]) -> dict[str, SwitchStub]:
    """Those of the attempts that are here, by reference; without history."""
    return {stub.ref: stub for stub in _stubs(store, store.select_in(THESE, keys))}


def numbered(store: Store, rrns: Sequence[str]) -> dict[str, SwitchStub]:
    """The attempts to which this switch gave these numbers, by number; without history."""
    return {stub.rrn: stub for stub in _stubs(store, store.select_in(NUMBERED, rrns))}


def placed(store: Store, place: int | None = None) -> tuple[int, str]:
    """What lies at a place, or the newest: its place and number; (0, "") for nothing."""
    return arrival.placed(store, "rrn", "attempt", place)


def archived(store: Store, keys: Sequence[AttemptKey]) -> set[AttemptKey]:
    """Those of the keys whose attempts left for the archive."""
    return {AttemptKey(*key) for key in store.select_in(ARCHIVED, keys)}
