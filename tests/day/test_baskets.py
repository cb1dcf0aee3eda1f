"""The baskets are the package's own, to the cent, and the same seed draws the same ones."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterfoil.day import baskets


@pytest.fixture(scope="module")
def all_baskets() -> list[baskets.Basket]:
    return baskets.read(1_000_000, 1)


def test_there_are_as_many_baskets_and_stores_as_the_package_says(all_baskets: list[baskets.Basket]) -> None:
    from pyarrow import parquet

    lines = parquet.read_table(baskets.source(), columns=["basket_id", "store_id"])
    assert len(lines["basket_id"].unique()) == 155_848
    assert len(lines["store_id"].unique()) == 457
    assert len({basket.number for basket in all_baskets}) == len(all_baskets) > 155_000


def test_amounts_are_the_sum_of_the_lines_to_the_cent(all_baskets: list[baskets.Basket]) -> None:
    from pyarrow import parquet

    wanted = all_baskets[12_345]
    lines = parquet.read_table(baskets.source(), filters=[("basket_id", "=", wanted.number)])
    exact = sum(Decimal(str(price)) for price in lines["sales_value"].to_pylist())
    assert wanted.amount == exact * 100


def test_the_same_seed_draws_the_same_baskets_and_none_that_cost_nothing() -> None:
    drawn = baskets.read(500, 7)
    assert drawn == baskets.read(500, 7)
    assert drawn != baskets.read(500, 8)
    assert len(drawn) == 500
    assert all(basket.amount > 0 for basket in drawn)
    assert drawn == sorted(drawn)


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets, "PACKAGE", "no_such_package_here")
    with pytest.raises(baskets.BasketsMissing, match="pip install"):
        baskets.read(1, 1)
