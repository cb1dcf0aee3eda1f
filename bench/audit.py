"""After a run: what the client was told against what the stores hold. Every approval once, nothing else, sums equal.

Asked of the stores in SQL, so that millions of rows can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import apsw
from bench.frames import Kind, Outcome
from bench.history import Filled

APPROVED: Final = b"00"
SALES: Final = (Kind.PURCHASE, Kind.CUT_OFF)
# How a sale ended for the client.
YES, NO, OPEN, BACK = "yes", "no", "open", "back"

TOLD: Final = "CREATE TABLE told (ref text NOT NULL PRIMARY KEY, amount bigint NOT NULL, fate text NOT NULL)"
# The stations' side, one row per sale: `ref` as the client knows it.
AT_SWITCH: Final = (
    "CREATE TABLE held AS SELECT a.terminal || '/' || a.stan AS ref, a.amount AS amount, a.state AS state, "
    "t.state AS booked, t.amount AS charged, t.key AS txn FROM attempt a LEFT JOIN txn t ON t.rrn = a.rrn "
    "AND t.key LIKE '%/' || a.transmitted || '/' || a.trace"
)
AT_ISSUER: Final = (
    "CREATE TABLE held AS SELECT t.rrn AS ref, t.amount AS amount, 'approved' AS state, t.state AS booked, "
    "t.amount AS charged, t.key AS txn FROM txn t"
)
LOOKED_AT: Final = {"issuer": ("txn", "entry"), "switch": ("attempt",)}
# What must hold: a name, and how many rows say otherwise.
RULES: Final = {
    "an approval the client saw is booked exactly once": (
        "SELECT count(*) FROM told LEFT JOIN (SELECT ref, count(*) AS times FROM held WHERE state = 'approved' "
        "AND booked = 'posted' AND amount = charged GROUP BY ref) h ON h.ref = told.ref "
        "LEFT JOIN held g ON g.ref = told.ref WHERE fate = 'yes' AND (h.times IS NOT 1 OR g.amount <> told.amount)"
    ),
    "what the client saw refused is not booked": (
        "SELECT count(*) FROM told JOIN held ON held.ref = told.ref WHERE fate = 'no' AND booked = 'posted'"
    ),
    "what was reversed is not booked any more": (
        "SELECT count(*) FROM told JOIN held ON held.ref = told.ref WHERE fate = 'back' AND booked = 'posted'"
    ),
    "nothing is booked that the client did not send": (
        "SELECT count(*) FROM held LEFT JOIN told ON told.ref = held.ref WHERE booked = 'posted' AND told.ref IS NULL"
    ),
    "every posted sale has its one entry": (
        "SELECT (SELECT count(*) FROM held WHERE booked IN ('posted', 'reversed')) - "
        "(SELECT count(*) FROM entry WHERE reverses = '' AND ref <> 'opening')"
    ),
    "every reversed sale has its return": (
        "SELECT (SELECT count(*) FROM held WHERE booked = 'reversed') - (SELECT count(*) FROM entry "
        "WHERE reverses <> '')"
    ),
    "balances are their entries' sums": (
        "SELECT count(*) FROM issuer.account a LEFT JOIN side ON side.account = a.id "
        "WHERE a.balance <> coalesce(side.amount, 0)"
    ),
}
SUMS: Final = (
    "SELECT (SELECT coalesce(sum(amount), 0) FROM told WHERE fate IN ('yes', 'open')), "
    "(SELECT coalesce(sum(charged), 0) FROM held WHERE booked = 'posted'), "
    "(SELECT coalesce(sum(CASE WHEN credit LIKE 'clearing:%' THEN amount WHEN debit LIKE 'clearing:%' THEN -amount "
    "ELSE 0 END), 0) FROM entry), (SELECT sum(amount) FROM entry WHERE ref = 'opening') "
    "- (SELECT sum(balance) FROM issuer.account)"
)
SIDES: Final = (
    "CREATE TABLE side AS SELECT account, sum(amount) AS amount FROM (SELECT debit AS account, -amount AS amount "
    "FROM entry UNION ALL SELECT credit, amount FROM entry) GROUP BY account"
)


class Verdict(NamedTuple):
    """What a comparison came to; `broken` names every rule that does not hold, with its count."""

    told: dict[str, int]
    client: int
    booked: int
    clearing: int
    cardholders: int
    broken: dict[str, int]


def learn(
    found: dict[str, tuple[int, str]], outcomes: Iterable[Outcome], names: dict[tuple[int, int], str], *, issuer: bool
) -> None:
    """Every sale the client sent: its reference → amount and how it ended. A later outcome of a sale wins."""
    for one in outcomes:
        if one.state == 0 or one.kind in (Kind.SIGN_ON, Kind.REPEAT):
            continue
        ref = f"6{one.stan:011d}" if issuer else f"{names[one.connection, one.slot]}/{one.stan:06d}"
        if one.kind == Kind.REVERSAL:
            before = found.get(ref, (one.amount, OPEN))[1]
            undone = one.state == 2 and one.code in (APPROVED, b"25")
            now = BACK if undone else OPEN if one.state == 1 else before  # unanswered: it may have been undone
            found[ref] = (one.amount, before if before == NO else now)
        elif one.state == 1:
            found[ref] = (one.amount, OPEN)
        else:
            found[ref] = (one.amount, YES if one.code == APPROVED else NO)


def audit(
    told: dict[str, tuple[int, str]], issuer: Path, switch: Path | None, past: Mapping[str, Filled] | None = None
) -> Verdict:
    """Compare; the stations must have ended. `past` is what nobody was told of, by table: a history put there."""
    past = past or {}
    book = apsw.Connection(":memory:")
    for place, store in {"issuer": issuer, **({"switch": switch} if switch is not None else {})}.items():
        book.execute(f"ATTACH ? AS {place}", (str(store),))
        for table in LOOKED_AT[place]:
            put = past.get(table, Filled(0, 0, 0))
            where = f"rowid <= {put.above} OR rowid > {put.up_to}"
            book.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM {place}.{table} WHERE {where}")
    book.execute(TOLD)
    with book:
        book.executemany("INSERT INTO told VALUES (?, ?, ?)", [(ref, *rest) for ref, rest in told.items()])
    book.execute(AT_ISSUER if switch is None else AT_SWITCH)
    book.execute("CREATE INDEX held_ref ON held (ref)")
    book.execute(SIDES)
    broken = {name: int(str(book.execute(sql).fetchall()[0][0])) for name, sql in RULES.items()}
    client, booked, clearing, cardholders = (int(str(value)) for value in book.execute(SUMS).fetchall()[0])
    book.close()
    if not booked == clearing == cardholders:
        broken["sums are equal"] = 1
    counted = Counter(fate for _, fate in told.values())
    if not counted[OPEN] and client != booked:
        broken["the client's sum is the issuer's"] = client - booked
    return Verdict(dict(counted), client, booked, clearing, cardholders, {n: c for n, c in broken.items() if c})
