"""Transactions that leave a store for an archive: which rows belong to one, what they are, their going in one commit.

Each station says in a `TransactionShape` what a transaction is in its tables and when it is at rest. Whoever writes an
archive reads with `older` and `rows_of`, which change nothing. Only the owner lets rows go, by `leave`: a transaction
goes when it is at rest and its rows are, to the byte, the ones the archive says it holds; what changed meanwhile stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from counterfoil.step import Instant
from counterfoil.storage.store import Store
from counterfoil.words import Text

Key: TypeAlias = tuple[str, ...]
Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, list[Row]]
"""The rows of one transaction by table, each with all columns of its table."""

VERB: Final = "archive"
BAD_KEYS: Final = Text(en="these are no keys with digests of an archive", zh="参数不是归档的交易键与摘要")
AT_ONCE: Final = 100
"""Transactions in one commit of the owner: some thousand rows, so that no sale waits for long."""


class Belonging(NamedTuple):
    """Table whose rows belong to a transaction: its columns `link` equal the transaction's columns `of`."""

    table: str
    link: tuple[str, ...]
    of: tuple[str, ...]
    order: tuple[str, ...]


class TransactionShape(NamedTuple):
    """Description of a transaction in a station's tables.

    `rest` is the SQL condition, on `t`, of one that is at rest. `remember` is written for each that leaves, with the
    values that `remembered` picks from its row: enough to know its key again. `sealed` columns hold a card number and
    never leave. The successor of a transaction is found among its `neighbours`, which agree with it in these columns.
    """

    table: str
    key: tuple[str, ...]
    belongings: tuple[Belonging, ...]
    rest: str
    remember: str
    remembered: Callable[[Mapping[str, Any]], Row | None]
    sealed: frozenset[str] = frozenset()
    neighbours: tuple[str, ...] = ()


class Old(NamedTuple):
    """Transaction of a page of `older`. `place` is the start of the next page."""

    place: int
    started_at: Instant
    at_rest: bool
    key: Key


class Left(NamedTuple):
    """Result of an archive's request that the owner let transactions go.

    `left` are gone now (with the row each had); `gone` were gone before; `kept` are not at rest, or differ from the
    archive.
    """

    left: dict[Key, dict[str, Any]]
    gone: list[Key]
    kept: list[Key]

    def to_json(self) -> dict[str, Any]:
        """Answer for the control channel."""
        return {"left": len(self.left), "gone": len(self.gone), "kept": self.kept}


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """Request of an archive to the owner: keys, and for each the digest of the rows it holds."""

    keys: list[tuple[str, ...]]
    digests: list[str]


def older(store: Store, shape: TransactionShape, place: int, limit: int) -> list[Old]:
    """Transactions behind `place` in the order they were written, at rest or not."""
    key = ", ".join(f"t.{column}" for column in shape.key)
    sql = f"SELECT t.rowid, t.started_at, ({shape.rest}), {key} FROM {shape.table} t "  # noqa: S608 - names of ours
    sql += "WHERE t.rowid > ? ORDER BY t.rowid LIMIT ?"
    rows = store.query(sql, (place, limit))
    return [Old(at, started, bool(rest), tuple(key)) for at, started, rest, *key in rows]


def columns_of(store: Store, table: str) -> tuple[str, ...]:
    """Columns of a table in this store."""
    return tuple(str(name) for (name,) in store.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,)))


def rows_of(store: Store, shape: TransactionShape, keys: Sequence[Key]) -> dict[Key, Rows]:
    """All rows of these transactions, those of each table in a fixed order; an unknown key is left out."""
    columns = columns_of(store, shape.table)
    places = [columns.index(column) for column in shape.key]
    found: dict[Key, Rows] = {}
    owners: dict[str, dict[Row, Key]] = {one.table: {} for one in shape.belongings}
    for row in _select(store, shape, shape.table, shape.key, keys):
        key = tuple(row[place] for place in places)
        found[key] = {shape.table: [row], **{one.table: [] for one in shape.belongings}}
        for one in shape.belongings:
            owners[one.table][tuple(row[columns.index(column)] for column in one.of)] = key
    for one in shape.belongings:
        theirs = columns_of(store, one.table)
        link, order = ([theirs.index(column) for column in names] for names in (one.link, one.order))
        rows = _select(store, shape, one.table, one.link, list(owners[one.table]))
        for row in sorted(rows, key=lambda row: tuple(row[place] for place in order)):
            found[owners[one.table][tuple(row[place] for place in link)]][one.table].append(row)
    return found


def _select(store: Store, shape: TransactionShape, table: str, by: tuple[str, ...], keys: Sequence[Row]) -> list[Row]:
    if not keys:
        return []
    picked = ", ".join(f"x'' AS {c}" if c in shape.sealed else c for c in columns_of(store, table))
    where = by[0] if len(by) == 1 else f"({', '.join(by)})"
    sql = f"SELECT {picked} FROM {table} WHERE {where} IN ({{marks}})"  # noqa: S608 - names of ours
    return store.select_in(sql, [key[0] for key in keys] if len(by) == 1 else list(keys))


def digest(rows: Rows) -> str:
    """SHA-256 of a transaction's rows, in hex."""
    return hashlib.sha256(msgspec.json.encode(sorted(rows.items()))).hexdigest()


def leave(store: Store, shape: TransactionShape, wanted: Wanted, busy: Collection[Key] = ()) -> Left:
    """Remove transactions in one commit; for the owner only. `busy` are those in use just now.

    A repeat finds them gone.
    """
    asked = dict(zip(wanted.keys, wanted.digests, strict=True))
    with store.transaction():
        found = rows_of(store, shape, list(asked))
        resting = _at_rest(store, shape, list(found)) - set(busy)
        going = [key for key, rows in found.items() if key in resting and digest(rows) == asked[key]]
        columns = columns_of(store, shape.table)
        left = {key: dict(zip(columns, found[key][shape.table][0], strict=True)) for key in going}
        for one in shape.belongings:
            links = {tuple(row[column] for column in one.of) for row in left.values()}
            store.executemany(_delete(one.table, one.link), sorted(links))
        store.executemany(_delete(shape.table, shape.key), going)
        remembered = [row for one in left.values() if (row := shape.remembered(one)) is not None]
        store.executemany(shape.remember, remembered)
        if going:
            store.commit()
    gone = [key for key in asked if key not in found]
    return Left(left, gone, [key for key in found if key not in left])


def _at_rest(store: Store, shape: TransactionShape, keys: Sequence[Key]) -> set[Key]:
    if not keys:
        return set()
    picked = ", ".join(f"t.{column}" for column in shape.key)
    where = f"t.{shape.key[0]}" if len(shape.key) == 1 else f"({picked})"
    sql = f"SELECT {picked} FROM {shape.table} t WHERE {where} IN ({{marks}}) AND ({shape.rest})"  # noqa: S608 - names of ours
    rows = store.select_in(sql, [key[0] for key in keys] if len(shape.key) == 1 else list(keys))
    return set(map(tuple, rows))


def _delete(table: str, by: tuple[str, ...]) -> str:
    return f"DELETE FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in by)}"  # noqa: S608 - names of ours


def wanted_of(args: Mapping[str, Any]) -> Wanted | None:
    """Request in the arguments of the verb; None when they are malformed, or too many for one commit."""
    try:
        wanted = msgspec.convert(dict(args), Wanted)
    except msgspec.ValidationError:
        return None
    fits = len(wanted.keys) == len(wanted.digests) <= AT_ONCE
    return wanted if fits else None
