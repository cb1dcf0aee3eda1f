"""What this issuer's store says, for whoever may only read it: the verdict, the command line, the day's judge.

Every function takes an open store (read-only will do) and reads in one short transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, Final

from counterfoil.issuer import chart, notices
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.rows import Txn, read_line
from counterfoil.issuer.sql import selecting, walking
from counterfoil.ledger import Account, Entry, Violation, check
from counterfoil.storage import Store, in_parts
from counterfoil.transaction import Happened, IssuerStub

TXN_COLUMNS: Final = Txn.__struct_fields__
STATE: Final = TXN_COLUMNS.index("state")
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
ADVISED: Final = "SELECT rrn, original FROM advice"
STATION: Final = "SELECT name FROM station"
BEGUN: Final = "SELECT started_at, received, request, answered FROM txn WHERE key = ? AND received <> ''"
HISTORY: Final = "SELECT at, what, message, answered FROM trail WHERE txn = ? ORDER BY seq"
CARDHOLDERS: Final = "SELECT id, currency, balance FROM account ORDER BY id"
ENTRIES: Final = selecting(chart.ENTRY_COLUMNS, "entry", "ORDER BY at, id")
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
    "SELECT card.token, card.name, card.first6, card.last4, card.expiry, card.status, account.pin_failures, "
    "account.id, account.currency, account.balance "
    "FROM card JOIN account ON account.id = card.account ORDER BY card.name, card.token"
)


def stub(store: Store, rrn: str, asked: tuple[str, str] = ("", ""), *, history: bool = True) -> IssuerStub | None:
    """What is known under a retrieval reference number, with its history if it is wanted; None when nothing is.

    Anybody can repeat a number: a damaged copy of a request is kept under another key, one that was made up under any.
    `asked` is DE7 and DE11 of the request as the switch sent it, which say whose row is meant.
    """
    with store.reading():
        rows = store.query(BY_RRN, (rrn,)) or store.query(BY_ADVICE, (rrn,))
        txn = _meant(list(map(_txn, rows)), asked)
        return _stub(store.query(STATION)[0][0], txn, _history(store, txn) if history else ()) if txn else None


def every(store: Store) -> Callable[[str, tuple[str, str]], IssuerStub | None]:
    """What `stub` says of each number, without history: read once, in a small store, not on the way."""
    with store.reading():
        station = store.query(STATION)[0][0]
        txns = list(map(_txn, store.query(EVERY)))
        advised = store.query(ADVISED)
    by_key = {txn.key: txn for txn in txns}
    by_rrn, by_advice = defaultdict[str, list[Txn]](list), defaultdict[str, list[Txn]](list)
    for txn in txns:
        by_rrn[txn.rrn].append(txn)
    for rrn, key in advised:
        if key in by_key:
            by_advice[rrn].append(by_key[key])

    def of(rrn: str, asked: tuple[str, str]) -> IssuerStub | None:
        txn = _meant(by_rrn.get(rrn) or by_advice.get(rrn, []), asked)
        return _stub(station, txn, ()) if txn else None

    return of


def _meant(txns: list[Txn], asked: tuple[str, str]) -> Txn | None:
    """The row of this request; else the first that the switch vouched for, or the first."""

    def worse(txn: Txn) -> tuple[bool, bool]:
        return tuple(txn.key.split("/")[1:]) != asked, not txn.authentic

    return min(txns, key=worse, default=None)


def find(store: Store, *, last4: str, amount: int | None = None) -> list[IssuerStub]:
    """The purchases of the cards that end so, of this amount (minor units) when one is given, oldest first."""
    with store.reading():
        if amount is None:
            rows = store.query(BY_DIGITS, (last4,))
        else:
            rows = store.query(BY_DIGITS_AND_AMOUNT, (last4, amount))
        return _stubs(store, rows)


def accounts(store: Store) -> dict[str, Any]:
    """Every account with its balance in minor units, and per currency what they add up to: zero."""
    with store.reading():
        listed = [
            {"id": name, "kind": "cardholder", "currency": currency, "balance": balance}
            for name, currency, balance in store.query(CARDHOLDERS)
        ]
        listed += [
            {"id": name, "kind": name.partition(":")[0], "currency": currency, "balance": balance}
            for name, currency, balance in store.query(SUMS)
        ]
    total: Counter[str] = Counter()
    for account in listed:
        total[str(account["currency"])] += int(account["balance"])
    return {"accounts": listed, "sum": dict(total)}


def unbalanced(store: Store) -> list[str]:
    """The cards' accounts whose balance is not what their entries add up to, and the currencies whose sum is not zero.

    Adds up in the store: what `violations` checks besides takes every entry into memory.
    """
    with store.reading():
        wrong = [str(name) for (name,) in store.query(UNBALANCED)]
        sums = accounts(store)["sum"]
    return wrong + [currency for currency, total in sums.items() if total]


def head(store: Store) -> dict[str, str]:
    """How far this store has come: up to where its lines of evidence may be numbered."""
    return {"evidence": str(store.query(RESERVED)[0][0])}


def balance_by_token(store: Store) -> dict[str, int]:
    """The balance of every card, in minor units, by its token."""
    with store.reading():
        return {row[0]: row[9] for row in store.query(BALANCES)}


def cards(store: Store) -> list[dict[str, Any]]:
    """The cards, masked, with their balances."""
    with store.reading():
        rows = store.query(BALANCES)
    return [
        {
            "name": name,
            "pan": f"{first6}******{last4}",
            "last4": last4,
            "expiry": expiry,
            "status": status,
            "pin_failures": failures,
            "account": account,
            "currency": currency,
            "balance": balance,
        }
        for _, name, first6, last4, expiry, status, failures, account, currency, balance in rows
    ]


def statement(store: Store, account: str) -> list[dict[str, Any]]:
    """What happened on a cardholder's account, in order: debit and reversal both stand there (R051, R056)."""
    with store.reading():
        rows = store.query(STATEMENT, (account,))
    lines, balance = [], 0
    for entry in map(chart.entry_of, rows):
        change = entry.amount if entry.credit == account else -entry.amount
        balance += change
        what = "returned" if entry.reverses else "debited" if change < 0 else "funded"
        line = {"at": entry.at, "what": what, "amount": change, "currency": entry.currency, "ref": entry.ref}
        lines.append({**line, "balance": balance})
    return lines


def violations(store: Store) -> list[Violation]:
    """Every broken invariant of the ledger, [] when it is sound."""
    with store.reading():
        owned = [chart.cardholder(name, currency, balance) for name, currency, balance in store.query(CARDHOLDERS)]
        entries = [chart.entry_of(row) for row in store.query(ENTRIES)]
    return check([*owned, *_contra_accounts(entries)], entries)


def _contra_accounts(entries: list[Entry]) -> list[Account]:
    names = {name for entry in entries for name in (entry.debit, entry.credit)}
    return [chart.contra(name) for name in sorted(names) if not chart.is_cardholders(name)]


def _stubs(store: Store, rows: list[tuple[Any, ...]], *, history: bool = True) -> list[IssuerStub]:
    if not rows:
        return []
    station = store.query(STATION)[0][0]
    return [_stub(station, txn, _history(store, txn) if history else ()) for txn in map(_txn, rows)]


def _history(store: Store, txn: Txn) -> tuple[Happened, ...]:
    rows = store.query(BEGUN, (txn.key,)) + store.query(HISTORY, (txn.key,))
    return tuple(happened for row in rows for happened in read_line(*row))


def _txn(row: tuple[Any, ...]) -> Txn:
    return Txn(**{**dict(zip(TXN_COLUMNS, row, strict=True)), "state": State(row[STATE])})


def _stub(station: str, txn: Txn, history: tuple[Happened, ...]) -> IssuerStub:
    _, transmitted, stan = txn.key.split("/")
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
        stan=stan,
        transmitted=transmitted,
        response_code=txn.code,
        auth_code=txn.auth_code,
        debited=txn.amount if txn.debited_at else 0,
        returned=txn.amount if txn.returned_at else 0,
        debited_at=txn.debited_at,
        returned_at=txn.returned_at,
        notices=notices.names(station, txn),
        case=txn.case_number,
        history=history,
    )
