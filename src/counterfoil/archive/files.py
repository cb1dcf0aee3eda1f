"""Parquet files, through pyarrow: rows out, and the same rows in again.

Each row group holds the rows of the same transactions in every file of a part, so that a part of any size is read one
group at a time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from counterfoil.errors import StoreError
from counterfoil.reasons import reason
from counterfoil.storage import Store
from counterfoil.storage.archiving import Row
from counterfoil.words import Text

COMPRESSION: Final = "zstd"
CHUNK: Final = 1 << 20
MISSING: Final = Text(
    "the archive needs pyarrow: pip install 'counterfoil[archive]'",
    "归档需要 pyarrow：pip install 'counterfoil[archive]'",
)
NOT_PARQUET: Final = Text("it cannot be read as one", "无法按该格式读取")
DAMAGED: Final = Text("{path} is missing or no Parquet file: {why}", "{path} 缺失或不是 Parquet 文件：{why}")


def pyarrow() -> tuple[Any, Any]:
    """pyarrow and its Parquet; StoreError with the command that installs them."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise StoreError(*MISSING) from None
    return arrow, parquet


def schema_of(store: Store, table: str) -> Any:
    """A table's columns as Arrow knows them."""
    arrow, _ = pyarrow()
    types = {"text": arrow.string(), "bigint": arrow.int64(), "bytea": arrow.binary()}
    columns = store.query("SELECT name, lower(type) FROM pragma_table_info(?) ORDER BY cid", (table,))
    return arrow.schema([arrow.field(name, types[kind], nullable=False) for name, kind in columns])


class TableWriter:
    """One file while it is written. Leaving the block closes it; it is on the disk after `sync`."""

    def __init__(self, path: Path, schema: Any) -> None:
        arrow, parquet = pyarrow()
        self.rows = 0
        self._path, self._schema, self._table = path, schema, arrow.Table
        self._writer = parquet.ParquetWriter(path, schema, compression=COMPRESSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()

    def write(self, rows: Sequence[Row]) -> None:
        """One row group, of no rows too."""
        values = zip(*rows, strict=True) if rows else ((),) * len(self._schema)
        self._writer.write_table(
            self._table.from_pydict(dict(zip(self._schema.names, map(list, values), strict=True)), schema=self._schema)
        )
        self.rows += len(rows)


def sync(path: Path) -> None:
    """Make a file durable, readable by its owner only."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def groups(path: Path) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """The row groups of a file in order: its columns, and the rows."""
    arrow, parquet = pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
            for number in range(file.num_row_groups):
                yield columns, _rows(file.read_row_group(number, use_threads=False))
    except (OSError, arrow.ArrowException) as error:
        raise StoreError(*DAMAGED.filled(path=path, why=_why(error))) from None


def matching(path: Path, where: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, ...], list[Row]]:
    """The rows whose columns have one of the values: the file's columns, and the rows.

    Most files hold none, so the columns asked for are read first, and the others where a row fits.
    """
    arrow, parquet = pyarrow()
    found: list[Row] = []
    try:
        with parquet.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
            for number in range(file.num_row_groups):
                fits = _fits(file.read_row_group(number, columns=list(where), use_threads=False), where)
                if fits:
                    found += _rows(file.read_row_group(number, use_threads=False).take(fits))
    except (OSError, arrow.ArrowException) as error:
        raise StoreError(*DAMAGED.filled(path=path, why=_why(error))) from None
    return columns, found


def _fits(table: Any, where: Mapping[str, Sequence[Any]]) -> list[int]:
    """The places of the rows that fit."""
    from pyarrow import compute

    mask = None
    for column, values in where.items():
        field = table.column(column)
        one = compute.is_in(field, value_set=pyarrow()[0].array(list(values), type=field.type))
        mask = one if mask is None else compute.and_(mask, one)
    return list(compute.indices_nonzero(mask).to_pylist()) if mask is not None else []


def _why(error: Exception) -> Text:
    """The system's reason; of a file that is there and is none of ours, that it cannot be read."""
    return reason(error) if isinstance(error, OSError) and error.errno is not None else NOT_PARQUET


def _rows(table: Any) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def sha256(path: Path) -> str:
    """Of the file, in hex; StoreError when it cannot be read."""
    told = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                told.update(piece)
    except OSError as error:
        raise StoreError(*DAMAGED.filled(path=path, why=reason(error))) from None
    return told.hexdigest()
