"""What this issuer's store says, for whoever may only read it: the verdict, the command line, the day's judge.

Every function takes an open store (read-only will do) and reads in one short transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.issuer import chart, notices
from counterfoil.issuer.families import HOLD_COLUMNS, RESOLUTION_COLUMNS, hold_of, resolution_of
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.rows import TXN_COLUMNS, Case, Txn, read_line, txn_of
from counterfoil.issuer.wire import key_of
from counterfoil.kinds import TABLE, Deed, Kind, Party
from counterfoil.ledger import Account, Entry, Hold, Violation, check
from counterfoil.step import Instant
from counterfoil.storage import Store, arrival, in_parts
from counterfoil.storage.sql import selecting
from counterfoil.transaction import Against, CaseStub, Happened, IssuerStub, SwitchStub


def walking(chosen: str, then: str) -> str:
    """A query on `line`: id and place of the entries of the accounts `chosen` says, the last one at place 0.

    Before an entry is the one that its side of the account names.
    """
    before = "CASE WHEN entry.debit = {} THEN entry.before_debit ELSE entry.before_credit END"
    begin = f"SELECT entry.id, account.id, {before.format('account.id')}, 0 "
    begin += "FROM account JOIN entry ON entry.id = account.last_entry"
    back = f"SELECT entry.id, line.account, {before.format('line.account')}, place + 1 "
    back += "FROM line JOIN entry ON entry.id = line.previous"
    table = ("WITH RECURSIVE line (id, account, previous, place) AS (", begin, "WHERE", chosen, "UNION ALL", back, ")")
    return " ".join((*table, then))


BY_KEY: Final = selecting(TXN_COLUMNS, "txn", "WHERE key = ?")
BY_RRN: Final = selecting(TXN_COLUMNS, "txn", "WHERE rrn = ? ORDER BY started_at, key")
# A request that came corrupted is kept under what it said; the advice that reversed it says the number that was meant.
BY_ADVICE: Final = selecting(
    TXN_COLUMNS, "txn", "WHERE key IN (SELECT original FROM advice WHERE rrn = ?) ORDER BY started_at, key"
)
BY_DIGITS, BY_DIGITS_AND_AMOUNT = (
    selecting(TXN_COLUMNS, "txn", f"WHERE key IN ({in_parts('txn', 'key', where)}) ORDER BY started_at, key")
    for where in ("last4 = ?", "last4 = ? AND amount = ?")
)
EVERY: Final = selecting(TXN_COLUMNS, "txn", "ORDER BY started_at, key")
THESE: Final = selecting(TXN_COLUMNS, "txn", "WHERE key IN ({marks})")
BEHIND: Final = arrival.behind(selecting(TXN_COLUMNS, "txn"), "txn")
BOOKED: Final = "SELECT id, debit, credit, amount, currency, reverses FROM entry WHERE id IN ({marks})"
ARCHIVED: Final = "SELECT key FROM archived WHERE key IN ({marks})"
CASES: Final = selecting(Case._fields, "exception_case")
OPEN_CASES: Final = f"{CASES} WHERE ended_at = 0 ORDER BY at, number LIMIT ?"
ENDED_CASES: Final = f"{CASES} WHERE ended_at >= ? AND ended_at > 0 ORDER BY ended_at DESC, number LIMIT ?"
CASES_OF: Final = f"{CASES} WHERE txn = ? ORDER BY at, number"
OWNER: Final = "issuer"
RETURN: Final = "/reversal"
STATION: Final = "SELECT name FROM station"
BEGUN: Final = "SELECT started_at, received, request, answered FROM txn WHERE key = ? AND received <> ''"
HISTORY: Final = "SELECT at, what, message, answered FROM trail WHERE txn = ? ORDER BY seq"
CARDHOLDERS: Final = "SELECT id, currency, balance, held FROM account ORDER BY id"
ENTRIES: Final = selecting(chart.ENTRY_COLUMNS, "entry", "ORDER BY at, id")
HOLDS: Final = selecting(HOLD_COLUMNS, "hold", "ORDER BY at, id")
ENDS: Final = selecting(RESOLUTION_COLUMNS, "resolution", "ORDER BY at, hold")
# An account without a balance row is the sum of its entries: what it was credited minus what it was debited.
SUMS: Final = (
    "SELECT side.account, side.currency, sum(side.amount) FROM ("
    "SELECT credit AS account, currency, amount FROM entry UNION ALL "
    "SELECT debit AS account, currency, -amount AS amount FROM entry) AS side "
    "WHERE side.account NOT LIKE 'card:%' GROUP BY side.account, side.currency ORDER BY side.account"
)
UNBALANCED: Final = (
    "SELECT account.id FROM account LEFT JOIN (SELECT side.account, sum(side.amount) AS moved FROM ("
    "SELECT credit AS account, amount FROM entry UNION ALL SELECT debit AS account, -amount AS amount FROM entry"
    ") AS side GROUP BY side.account) AS sums ON sums.account = account.id "
    "WHERE account.balance <> coalesce(sums.moved, 0) ORDER BY account.id"
)
MISHELD: Final = (
    "SELECT account.id FROM account LEFT JOIN (SELECT debit, sum(amount) AS aside FROM hold "
    "WHERE id NOT IN (SELECT hold FROM resolution) GROUP BY debit) AS open ON open.debit = account.id "
    "WHERE account.held <> coalesce(open.aside, 0) ORDER BY account.id"
)
CHILDREN: Final = (
    "SELECT original, kind, key, amount FROM txn WHERE original IN ({marks}) AND original <> '' AND state = 'posted'"
)
ENDED_HOLDS: Final = (
    "SELECT resolution.id, hold.id, hold.amount FROM resolution JOIN hold ON hold.id = resolution.hold "
    "WHERE resolution.id IN ({marks})"
)
EXPIRED_FIRST: Final = "SELECT hold, at FROM resolution WHERE outcome = 'expired' AND hold IN ({marks})"
EXPIRED_AGAIN: Final = (
    "SELECT hold.original, resolution.at FROM hold JOIN resolution ON resolution.hold = hold.id "
    "WHERE hold.original IN ({marks}) AND hold.original <> '' AND resolution.outcome = 'expired'"
)
THESE_HOLDS: Final = "SELECT id FROM hold WHERE id IN ({marks})"
RESERVED: Final = "SELECT up_to FROM reserved WHERE what = 'seq'"
STATEMENT: Final = walking(
    "account.id = ?",
    selecting(
        [f"entry.{column}" for column in chart.ENTRY_COLUMNS],
        "line",
        "JOIN entry ON entry.id = line.id ORDER BY line.place DESC",
    ),
)
BALANCES: Final = (
    "SELECT card.name, card.last4, card.expiry, card.status, account.pin_failures, "
    "account.id, account.currency, account.balance, account.held "
    "FROM card JOIN account ON account.id = card.account ORDER BY card.name, card.token"
)


class Moved(NamedTuple):
    """What a kind does with the card's account: takes off it, gives to it, sets aside, ends what is set aside."""

    debits: bool
    credits: bool
    holds: bool
    ends: bool


class Freed(NamedTuple):
    """What the end of a hold released beyond what it took, and what of that its reversal has set aside again."""

    freed: int
    held_again: int


def _moved(kind: Kind) -> Moved:
    moves = [one for one in kind.movements if one.deed in (Deed.MOVE, Deed.POST)]
    deeds = {one.deed for one in kind.movements}
    return Moved(
        any(one.debit is Party.CARD for one in moves),
        any(one.credit is Party.CARD for one in moves),
        Deed.HOLD in deeds,
        bool(deeds & {Deed.POST, Deed.RELEASE}),
    )


MOVED: Final = {kind.name: _moved(kind) for kind in TABLE}
UNSAID: Final = TABLE[0].name
"""The kind of what nobody said the kind of: a tombstone, what could not be read."""
NOTHING_FREED: Final = Freed(0, 0)


def stub(store: Store, key: str, *, history: bool = True) -> IssuerStub | None:
    """What is known of a request by its key, DE32/DE7/DE11, with its history if it is wanted; None when nothing is."""
    with store.reading():
        stubs = _stubs(store, store.query(BY_KEY, (key,)), history=history)
    return stubs[0] if stubs else None


def asked(store: Store, sent: SwitchStub, *, history: bool = True) -> IssuerStub | None:
    """What is known of the request a switch sent upstream; None when nothing is, or it never sent one."""
    return stub(store, request_of(sent), history=history) if sent.transmitted else None


def request_of(sent: SwitchStub) -> str:
    """The key of the request a switch sent."""
    return key_of(sent.acquirer, sent.transmitted, sent.stan)


def numbered(store: Store, rrn: str) -> list[IssuerStub]:
    """Every request that said this retrieval reference number, or whose reversal did, oldest first, without history.

    Whoever sends a request says the number: another acquirer, or a switch that was restored, may say one again.
    """
    with store.reading():
        rows = {row[0]: row for row in store.query(BY_RRN, (rrn,)) + store.query(BY_ADVICE, (rrn,))}
        return _stubs(store, list(rows.values()), history=False)


def every(store: Store) -> dict[str, IssuerStub]:
    """What `stub` says of each key, without history: what is read once in a small store, not on the way."""
    with store.reading():
        return {one.request: one for one in _stubs(store, store.query(EVERY), history=False)}


def find(store: Store, *, last4: str, amount: int | None = None) -> list[IssuerStub]:
    """The purchases of the cards that end so, of this amount (minor units) when one is given, oldest first.

    Without history: a shop's usual price fits many.
    """
    with store.reading():
        if amount is None:
            rows = store.query(BY_DIGITS, (last4,))
        else:
            rows = store.query(BY_DIGITS_AND_AMOUNT, (last4, amount))
        return _stubs(store, rows, history=False)


def cases(store: Store, limit: int = 1000) -> list[Case]:
    """What a person must decide and nobody has yet, oldest first, at most `limit`."""
    return [Case(*row) for row in store.query(OPEN_CASES, (limit,))]


def ended_cases(store: Store, since: Instant, limit: int = 1000) -> list[Case]:
    """The cases that ended since then, the latest first, at most `limit`."""
    return [Case(*row) for row in store.query(ENDED_CASES, (since, limit))]


def case_stub(case: Case) -> CaseStub:
    """A case as every station's are shown."""
    number, _, _, at, what, detail, ended_at, how = case
    return CaseStub(number=number, what=what, at=at, owner=OWNER, detail=detail, ended_at=ended_at, how=how)


def accounts(store: Store) -> dict[str, Any]:
    """Every account with its balance in minor units and what of it is held, and per currency what the balances add up
    to: zero.
    """
    with store.reading():
        listed = [
            {"id": name, "kind": "cardholder", "currency": currency, "balance": balance, "held": held}
            for name, currency, balance, held in store.query(CARDHOLDERS)
        ]
        listed += [
            {"id": name, "kind": name.partition(":")[0], "currency": currency, "balance": balance, "held": 0}
            for name, currency, balance in store.query(SUMS)
        ]
    total: Counter[str] = Counter()
    for account in listed:
        total[str(account["currency"])] += int(account["balance"])
    return {"accounts": listed, "sum": dict(total)}


def unbalanced(store: Store) -> list[str]:
    """The cards' accounts whose balance is not what their entries add up to, or of which not what their open holds say
    is held, and the currencies whose sum is not zero.

    Adds up in the store: what `violations` checks besides takes every entry into memory.
    """
    with store.reading():
        wrong = [str(name) for (name,) in store.query(UNBALANCED) + store.query(MISHELD)]
        sums = accounts(store)["sum"]
    return wrong + [currency for currency, total in sums.items() if total]


def head(store: Store) -> dict[str, str]:
    """How far this store has come: up to where its lines of evidence may be numbered."""
    return {"evidence": str(store.query(RESERVED)[0][0])}


def cards(store: Store) -> list[dict[str, Any]]:
    """The cards, masked, with their balances."""
    with store.reading():
        rows = store.query(BALANCES)
    return [
        {
            "name": name,
            "pan": f"{'*' * 12}{last4}",
            "last4": last4,
            "expiry": expiry,
            "status": status,
            "pin_failures": failures,
            "account": account,
            "currency": currency,
            "balance": balance,
            "held": held,
        }
        for name, last4, expiry, status, failures, account, currency, balance, held in rows
    ]


WORDS: Final = {
    (False, True, False): "debited",
    (False, True, True): "debited",
    (False, False, False): "funded",
    (False, False, True): "credited",
    (True, False, False): "returned",
    (True, True, False): "withdrawn",
}
"""A line of a statement: by whether it undoes another, lessens the balance, stands against another."""


def statement(store: Store, account: str) -> list[dict[str, Any]]:
    """What happened on a cardholder's account, in order: debit and reversal both stand there (R051, R056)."""
    with store.reading():
        rows = store.query(STATEMENT, (account,))
    lines, balance = [], 0
    for entry in map(chart.entry_of, rows):
        change = entry.amount if entry.credit == account else -entry.amount
        balance += change
        what = WORDS[bool(entry.reverses), change < 0, bool(entry.original)]
        line = {"at": entry.at, "what": what, "amount": change, "currency": entry.currency, "ref": entry.ref}
        lines.append({**line, "balance": balance})
    return lines


def violations(store: Store) -> list[Violation]:
    """Every broken invariant of the ledger, [] when it is sound."""
    with store.reading():
        owned = [chart.cardholder(*row) for row in store.query(CARDHOLDERS)]
        entries = [chart.entry_of(row) for row in store.query(ENTRIES)]
        holds = [hold_of(row) for row in store.query(HOLDS)]
        ends = [resolution_of(row) for row in store.query(ENDS)]
    return check([*owned, *_contra_accounts([*entries, *holds])], entries, holds, ends)


def _contra_accounts(records: Sequence[Entry | Hold]) -> list[Account]:
    names = {name for one in records for name in (one.debit, one.credit)}
    return [chart.contra(name) for name in sorted(names) if not chart.is_cardholders(name)]


def _stubs(store: Store, rows: list[tuple[Any, ...]], *, history: bool = True) -> list[IssuerStub]:
    if not rows:
        return []
    station = store.query(STATION)[0][0]
    txns = [txn_of(row) for row in rows]
    against, freed, expired = _against(store, txns), _freed(store, txns), _expired(store, txns)
    stubs = [
        _stub(station, txn, freed.get(txn.key, NOTHING_FREED), against.get(txn.key, ()), expired.get(txn.key, 0))
        for txn in txns
    ]
    if not history:
        return stubs
    return [
        msgspec.structs.replace(stub, history=_history(store, txn), cases=_cases(store, txn))
        for stub, txn in zip(stubs, txns, strict=True)
    ]


def _against(store: Store, txns: Sequence[Txn]) -> dict[str, tuple[Against, ...]]:
    """What stands against these, by their keys."""
    found: dict[str, tuple[Against, ...]] = {}
    for original, kind, key, amount in sorted(store.select_in(CHILDREN, [txn.key for txn in txns])):
        found[original] = (*found.get(original, ()), Against(kind, key, amount))
    return found


def _expired(store: Store, txns: Sequence[Txn]) -> dict[str, Instant]:
    """When the holds of these were released because their time was over, by their keys."""
    holding = [txn.key for txn in txns if txn.debited_at and MOVED[txn.kind or UNSAID].holds]
    return dict(store.select_in(EXPIRED_FIRST, holding) + store.select_in(EXPIRED_AGAIN, holding))


def _freed(store: Store, txns: Sequence[Txn]) -> dict[str, Freed]:
    """What those of these have freed that end a hold, by their keys."""
    ending = {txn.key: txn for txn in txns if txn.debited_at and MOVED[txn.kind or UNSAID].ends}
    ended: dict[str, list[str]] = {}
    held: Counter[str] = Counter()
    for key, hold, amount in store.select_in(ENDED_HOLDS, list(ending)):
        ended.setdefault(key, []).append(hold)
        held[key] += amount
    again = {f"{ending[key].return_id}/again/{hold}": key for key, holds in ended.items() for hold in holds}
    standing = {again[name] for (name,) in store.select_in(THESE_HOLDS, list(again))}
    freed = {
        key: max(0, amount - ending[key].amount) if MOVED[ending[key].kind].debits else amount
        for key, amount in held.items()
    }
    return {key: Freed(amount, amount if key in standing else 0) for key, amount in freed.items()}


def _cases(store: Store, txn: Txn) -> tuple[CaseStub, ...]:
    return tuple(case_stub(Case(*row)) for row in store.query(CASES_OF, (txn.key,)))


def _history(store: Store, txn: Txn) -> tuple[Happened, ...]:
    rows = store.query(BEGUN, (txn.key,)) + store.query(HISTORY, (txn.key,))
    return tuple(happened for row in rows for happened in read_line(*row))


def _stub(station: str, txn: Txn, freed: Freed, against: tuple[Against, ...], expired_at: Instant) -> IssuerStub:
    moved = MOVED[txn.kind or UNSAID]
    # A reversal that came when the time of its hold was over found nothing to undo: that had released it.
    undone_at = txn.returned_at or (expired_at if txn.state is State.REVERSED else 0)
    done, undone = txn.amount if txn.debited_at else 0, txn.amount if undone_at else 0
    acquirer, transmitted, stan = txn.key.split("/")
    return IssuerStub(
        issuer=station,
        rrn=txn.rrn,
        terminal=txn.terminal,
        merchant=txn.merchant,
        amount=txn.amount,
        currency=txn.currency,
        last4=txn.last4,
        state=txn.state.value,
        started_at=txn.started_at,
        updated_at=txn.updated_at,
        acquirer=acquirer,
        stan=stan,
        transmitted=transmitted,
        response_code=txn.code,
        auth_code=txn.auth_code,
        debited=done if moved.debits else 0,
        returned=undone if moved.debits else 0,
        debited_at=txn.debited_at,
        returned_at=undone_at,
        notices=notices.names(station, txn),
        case=txn.case_number,
        kind=txn.kind or UNSAID,
        original=txn.original,
        against=against,
        credited=done if moved.credits else 0,
        withdrawn=undone if moved.credits else 0,
        held=done if moved.holds else 0,
        released=undone if moved.holds else 0,
        freed=freed.freed,
        held_again=freed.held_again,
        expired_at=expired_at,
    )


# --- for whoever compares all stations, some purchases at a time ------------------------------------------------------


class Booked(NamedTuple):
    """What the ledger's entries say of one transaction, in minor units: taken from the card's account and given back to
    it, or given to it and taken again.
    """

    debited: int = 0
    returned: int = 0
    currency: str = ""
    credited: int = 0
    withdrawn: int = 0


def behind(store: Store, place: int, limit: int) -> list[tuple[int, IssuerStub]]:
    """The purchases behind a place, in the order they were written, each with its own place; without history."""
    with store.reading():
        rows = store.query(BEHIND, (place, limit))
        stubs = _stubs(store, [row[1:] for row in rows], history=False)
    return [(row[0], stub) for row, stub in zip(rows, stubs, strict=True)]


def these(store: Store, requests: Sequence[str]) -> dict[str, IssuerStub]:
    """Those of the requests (DE32/DE7/DE11) that are here; without history."""
    with store.reading():
        stubs = _stubs(store, store.select_in(THESE, requests), history=False)
    return {stub.request: stub for stub in stubs}


def placed(store: Store, place: int | None = None) -> tuple[int, str]:
    """What lies at a place, or the newest: its place and request; (0, "") for nothing."""
    return arrival.placed(store, "key", "txn", place)


def booked(store: Store, requests: Sequence[str]) -> dict[str, Booked]:
    """What the ledger's entries say of these. An entry that touches no card, or undoes another one than its name says,
    counts as none.
    """
    ids = [name for request in requests for name in (request, f"{request}{RETURN}")]
    found: dict[str, Booked] = {}
    for name, debit, credit, amount, currency, reverses in store.select_in(BOOKED, ids):
        request = name.removesuffix(RETURN)
        known = found.get(request, Booked(currency=currency))
        if name == request and not reverses and chart.is_cardholders(debit):
            found[request] = known._replace(debited=amount, currency=currency)
        elif name != request and reverses == request and chart.is_cardholders(credit):
            found[request] = known._replace(returned=amount)
        elif name == request and not reverses and chart.is_cardholders(credit):
            found[request] = known._replace(credited=amount, currency=currency)
        elif name != request and reverses == request and chart.is_cardholders(debit):
            found[request] = known._replace(withdrawn=amount)
    return found


def archived(store: Store, requests: Sequence[str]) -> set[str]:
    """Those of the requests that left for the archive."""
    return {key for (key,) in store.select_in(ARCHIVED, requests)}
