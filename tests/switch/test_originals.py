"""What a request refers to: found with its step, closed once, kept as long as something may refer to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from counterfoil.iso8583 import Message
from counterfoil.kinds import BY_NAME, TABLE, AmountRule, Kind
from counterfoil.step import SECOND
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.storage.archiving import older
from counterfoil.switch.archiving import SHAPE
from counterfoil.switch.originals import CLOSING
from counterfoil.switch.records import PACKAGE, SELECT_CHILDREN
from counterfoil.switch.stubs import AGAINST
from switch.kinds_scene import KindsScene, kinds_scene
from switch.scene import ALICE, START, TERMINALS, codes

PURCHASE, VOID, PREAUTH, COMPLETION = (BY_NAME[name] for name in ("purchase", "void", "preauth", "completion"))


def request(made: KindsScene, kind: Kind, original: Message | None = None, amount: int = 1250) -> Message:
    return made.request(kind, amount, card=ALICE, terminal=TERMINALS[0], pin=original is None, original=original)


def approved(made: KindsScene, kind: Kind, original: Message | None = None) -> Message:
    asked, since = request(made, kind, original), len(made.sent)
    made.step(made.frame(asked))
    forwarded = made.forwarded(since, kind, asked, original)
    assert forwarded is not None
    (answer,) = made.told(made.answer(forwarded, "00"))
    made.remember(answer)
    return asked


def test_of_two_voids_of_one_sale_in_one_step_the_first_goes_on() -> None:
    made = kinds_scene()
    sale = approved(made, PURCHASE)
    first, second = request(made, VOID, sale), request(made, VOID, sale)
    assert codes(made.told(made.frame(first), made.frame(second))) == ["12"]
    assert (made.state(first), made.state(second)) == ("asked", "declined")
    assert [one.kind for one in made.stub(sale).against] == []


def test_a_step_asks_the_store_as_often_for_many_originals_as_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kinds_scene()
    sales = [approved(made, PURCHASE) for _ in range(9)]
    asked = list[str]()
    query = Store.query

    def counted(self: Store, sql: str, params: Any = ()) -> Any:
        asked.append(sql)
        return query(self, sql, params)

    monkeypatch.setattr(Store, "query", counted)
    made.step(made.frame(request(made, VOID, sales[0])))
    for_one = len(asked)
    asked.clear()
    made.step(*[made.frame(request(made, VOID, sale)) for sale in sales[1:]])
    assert 0 < len(asked) <= for_one
    asked.clear()
    made.step(made.frame(request(made, PURCHASE)))
    assert asked == []


@pytest.mark.parametrize("sql", [SELECT_CHILDREN, AGAINST])
def test_what_stands_against_a_transaction_is_found_by_its_index(sql: str) -> None:
    made = kinds_scene()
    plan = made.store.query("EXPLAIN QUERY PLAN " + sql.format(marks="?"), ("T0000001/000001/000001",))
    assert "attempt_original (original=?)" in " ".join(str(row[-1]) for row in plan)


def test_a_hold_that_lives_is_not_for_the_archive_and_one_whose_time_is_over_is() -> None:
    made = kinds_scene()
    hold = approved(made, PREAUTH)
    approved(made, PURCHASE)
    approved(made, PURCHASE)

    def resting() -> bool:
        found = {one.key: one.at_rest for one in older(made.store, SHAPE, 0, 100)}
        return found[tuple(made.stub(hold).ref.split("/"))]

    assert not resting()
    made.now += PREAUTH.keeps_for * SECOND - SECOND
    approved(made, PURCHASE)
    assert not resting()
    made.now += 70 * SECOND
    approved(made, PURCHASE)
    assert resting()


def test_an_amount_is_measured_as_the_rule_of_its_kind_says() -> None:
    assert {kind.name for kind in TABLE if kind.original is not None} == CLOSING
    for kind in TABLE:
        if kind.original is None:
            continue
        above = kind.original.amount is AmountRule.AT_MOST_ABOVE
        for amount, fits in ((9999, above), (10_000, True), (10_001, above), (11_500, above), (11_501, False)):
            assert kind.original.amount.fits(amount, 10_000, 15) is fits
    assert AmountRule.AT_MOST_ABOVE.fits(115, 100, 15)
    assert not AmountRule.AT_MOST_ABOVE.fits(2, 1, 15)


def test_reversals_that_were_owed_before_keep_their_order_by_what_began_them(tmp_path: Path) -> None:
    old = open_store(tmp_path / "old.db", migrations_of(PACKAGE)[:11])
    with old.transaction():
        for table, values in (
            ("attempt", {"terminal": "T0000001", "batch": "000001", "stan": "000007", "rrn": "607300000900"}),
            ("outbox", {"rrn": "607300000900", "issuer": "issuer-a", "family": "607300000900", "owed_at": START}),
        ):
            described = old.query("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", (table,))
            row = [values.get(name, {"bigint": 0, "bytea": b""}.get(kind, "")) for name, kind in described]
            old.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        old.commit()
    old.close()
    new = open_store(tmp_path / "old.db", migrations_of(PACKAGE))
    assert new.query("SELECT family FROM outbox") == [("T0000001/000001/000007",)]
    assert new.query("SELECT original, balances FROM attempt") == [("", "")]
    new.close()
