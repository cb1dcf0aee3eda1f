"""What the page of a sale rests on: never a word that is older than the verdict beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from archive.shop import Shop
from counterfoil.console import till_sale
from counterfoil.console.counter import Counter
from counterfoil.console.looks import LOOKS
from counterfoil.console.reach import Reach
from counterfoil.kinds import TABLE
from counterfoil.step import Frame, Send
from counterfoil.terminal import stubs
from counterfoil.transaction import TerminalStub
from counterfoil.verdict import Verdict

KEY = "K1"
AT = "T0000000"
NOBODY = cast(Reach, None)  # a counter that has begun no sale asks nobody


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, terminals=1, days=0)
    yield made
    made.close()


def sold(shop: Shop) -> Send:
    """A sale that is asked; its answer, on its way."""
    answers: list[Send] = []

    def on_its_way(item: Send) -> bool:
        answers.extend([item] if item.link == "terminals" else [])
        return item.link == "terminals"

    shop.drops["switch"] = on_its_way
    shop.sell([AT])
    del shop.drops["switch"]
    (answer,) = answers
    return answer


def arrive(shop: Shop, answer: Send) -> None:
    """The answer reaches its terminal, and the receipt comes out."""
    shop.inbox["terminal"].append(Frame("switch", answer.conn, answer.data, shop.now))
    shop.run()


def shown(shop: Shop, sale: till_sale.StoredSale | None, *, waits: bool = False) -> dict[str, Any]:
    return till_sale.values(Counter(NOBODY), KEY, sale, None, shop.now, waits=waits)


def test_an_answer_between_two_reads_is_in_the_word_or_the_page_goes_on_asking(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by a till that said "processing" for good: its sale was read, then answered, then judged."""
    answer = sold(shop)

    def then_it_arrives(store: Any, key: str) -> TerminalStub | None:
        found = keyed(store, key)
        arrive(shop, answer)
        return found

    keyed = stubs.keyed
    monkeypatch.setattr(stubs, "keyed", then_it_arrives)
    with shop.opened() as stores:
        sale = till_sale.known(stores, KEY, shop.now)
    page = shown(shop, sale)
    assert (page["verdict"], page["done"]) == (Verdict.PAID.value, True)
    assert (page["shown"].tone, page["shown"].sign) == LOOKS["PAID"]


def test_a_word_that_is_not_the_last_is_never_rested_on(shop: Shop) -> None:
    """A verdict can be final while the terminal still waits, and while its answer to this till is on its way."""
    answer = sold(shop)
    with shop.opened() as stores:
        asked = till_sale.known(stores, KEY, shop.now)
    arrive(shop, answer)
    with shop.opened() as stores:
        closed = till_sale.known(stores, KEY, shop.now)
    assert asked is not None
    assert closed is not None
    assert (asked.stub.state, closed.stub.state) == ("sent", "closed")
    assert shown(shop, closed)["done"]
    assert not shown(shop, closed, waits=True)["done"]
    assert not shown(shop, closed._replace(stub=asked.stub))["done"]


def test_what_is_no_payment_is_not_taken_again_by_a_sale(shop: Shop) -> None:
    arrive(shop, sold(shop))
    with shop.opened() as stores:
        sale = till_sale.known(stores, KEY, shop.now)
    assert sale is not None
    fallen = sale._replace(
        stub=msgspec.structs.replace(sale.stub, state="declined"),
        told=msgspec.structs.replace(sale.told, verdict=Verdict.NOT_CHARGED),
    )
    found = {
        kind.name
        for kind in TABLE
        if till_sale.again(fallen._replace(stub=msgspec.structs.replace(fallen.stub, kind=kind.name)))
    }
    assert found == {kind.name for kind in TABLE if kind.pays}
