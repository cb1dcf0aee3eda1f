"""The retry guard is bounded: to its own merchant, to a day, and by a supervisor who says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import pytest

from console.desk import REF, Desk
from counterfoil.console import guard
from counterfoil.console.guard import GUARDS, Charge, Earlier
from counterfoil.inquiry import Stores
from counterfoil.kinds import TABLE, Kind
from counterfoil.step import SECOND, Instant
from counterfoil.verdict import Verdict
from terminal.counter import MERCHANT, PAN, T1, T2, TMK, Counter

OTHERS: Final = "103000058140002"
WISH: Final = Charge(MERCHANT, 1250, "CNY", PAN[-4:])
FIRST: Final = f"{T1}/000001/000002"


class Shop:
    """Two merchants at one terminal station, and who reads its store."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.counter = Counter(str(self.path), terminals=(T1,))
        self.counter.tell("enrol", terminal=T2, merchant=OTHERS, name="New Street Tea", tmk=TMK.hex())
        self.counter.open_for_business()
        self.released: set[str] = set()

    def earlier(self, wish: Charge = WISH, later: Instant = 0) -> Earlier | None:
        with Stores(self.path, self.path.with_name("no switch"), {}) as stores:
            return guard.earlier(stores, wish, self.released, self.counter.now + later)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.counter.store.close()


def unknown(shop: Shop) -> None:
    """A sale without an answer, its reversal pending."""
    shop.counter.sale()
    shop.counter.time_out()


def with_a_person(shop: Shop) -> None:
    """A sale without an answer, handed to a person."""
    unknown(shop)
    shop.counter.ask("escalate", ref=FIRST, operator="meng", reason="the switch is gone")


def paid_receipt_open(shop: Shop) -> None:
    """Approved, and no receipt came out."""
    shop.counter.printer = False
    shop.counter.sale()
    shop.counter.answer()


STOPPING: Final = [unknown, with_a_person, paid_receipt_open]


@pytest.mark.parametrize("what", STOPPING)
def test_an_unresolved_attempt_stops_its_own_merchant(shop: Shop, what: object) -> None:
    assert callable(what)
    what(shop)
    found = shop.earlier()
    assert found is not None
    assert (found.stops, found.one.ref) == (True, FIRST)


@pytest.mark.parametrize("what", STOPPING)
@pytest.mark.parametrize(
    "other", [WISH._replace(merchant=OTHERS), WISH._replace(amount=1251), WISH._replace(last4="0000")], ids=str
)
def test_it_stops_nobody_else(shop: Shop, what: object, other: Charge) -> None:
    """With another merchant's attempt there is nothing to link either, and no reference of it to be shown."""
    assert callable(what)
    what(shop)
    assert shop.earlier(other) is None


@pytest.mark.parametrize("kind", [kind for kind in TABLE if not kind.pays], ids=lambda kind: kind.name)
def test_what_is_no_payment_stops_none_and_is_replaced_by_none(shop: Shop, kind: Kind) -> None:
    if kind.original is not None:
        shop.counter.start(kind.original.of[0])
        shop.counter.answer()
        shop.counter.start(kind.name, original=FIRST)
    else:
        shop.counter.start(kind.name)
    shop.counter.time_out()
    assert shop.counter.newest().kind == kind.name
    assert shop.earlier(WISH._replace(amount=shop.counter.newest().amount)) is None


@pytest.mark.parametrize("what", STOPPING)
def test_it_stops_for_a_day(shop: Shop, what: object) -> None:
    assert callable(what)
    what(shop)
    begun = shop.counter.attempt(FIRST).started_at - shop.counter.now
    found = shop.earlier(later=begun + GUARDS - 1)
    assert found is not None
    assert found.stops
    assert shop.earlier(later=begun + GUARDS) is None


@pytest.mark.parametrize("what", [unknown, with_a_person])
def test_what_a_supervisor_released_stops_no_more_and_is_replaced(shop: Shop, what: object) -> None:
    assert callable(what)
    what(shop)
    shop.released.add(FIRST)
    found = shop.earlier()
    assert found is not None
    assert (found.stops, found.replaced, found.one.ref) == (False, True, FIRST)


def test_of_two_only_the_released_one_stops_no_more(shop: Shop) -> None:
    with_a_person(shop)
    del shop.counter.line[:-1]
    shop.counter.answer(mti="0800")
    shop.counter.sale()
    shop.counter.time_out()
    shop.released.add(FIRST)
    found = shop.earlier()
    assert found is not None
    assert found.stops
    assert found.one.ref != FIRST


@pytest.mark.parametrize(
    ("verdict", "stops", "replaced"),
    [
        (Verdict.UNKNOWN, True, True),
        (Verdict.EXCEPTION, True, True),
        (Verdict.PAID_RECEIPT_OPEN, True, False),  # who pays after that buys something else
        (Verdict.PAID, False, False),
        (Verdict.RETURNING, False, True),
        (Verdict.RETURNED, False, True),
        (Verdict.NOT_CHARGED, False, True),
    ],
)
def test_what_each_verdict_means_for_the_next_charge(shop: Shop, verdict: Verdict, stops: bool, replaced: bool) -> None:
    unknown(shop)
    found = shop.earlier()
    assert found is not None
    found = found._replace(told=msgspec.structs.replace(found.told, verdict=verdict))
    assert (found.stops, found.replaced) == (stops, replaced)
    assert not found._replace(released=True).stops


# --- a supervisor resolves it -----------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def released(desk: Desk) -> set[str]:
    return guard.released(desk.store, desk.reach.now())


def test_a_supervisor_releases_an_attempt_with_a_reason_and_it_is_in_the_audit_log(desk: Desk) -> None:
    answer = desk.form("/till/release", "supervisor", ref=REF, reason=" two coffees, really ", amount="12.50")
    assert (answer.status, answer.headers["location"]) == (303, "/till?said=released&amount=12.50")
    assert released(desk) == {REF}
    _, line = desk.people.log.history(1)[0]
    assert (line.who, line.what, line.subject, line.why) == (
        "supervisor",
        "retry guard released",
        REF,
        "two coffees, really",
    )


def test_a_card_number_in_the_reason_is_kept_nowhere(desk: Desk) -> None:
    desk.form("/till/release", "supervisor", ref=REF, reason=f"card {PAN} again")
    assert released(desk) == {REF}
    assert PAN not in str(desk.store.query("SELECT * FROM guard_release"))
    assert PAN not in str(desk.people.log.history(5))


@pytest.mark.parametrize(
    ("who", "fields", "status"),
    [
        ("cashier", {"ref": REF, "reason": "please"}, 403),
        ("support", {"ref": REF, "reason": "please"}, 403),
        ("admin", {"ref": REF, "reason": "please"}, 403),
        ("supervisor", {"ref": REF, "reason": " "}, 409),
        ("supervisor", {"ref": REF, "reason": "x" * 201}, 409),
        ("supervisor", {"ref": REF}, 409),
        ("supervisor", {"ref": "T1", "reason": "please"}, 409),
    ],
)
def test_nobody_else_and_nothing_without_a_reason(desk: Desk, who: str, fields: dict[str, str], status: int) -> None:
    assert desk.form("/till/release", who, **fields).status == status
    assert released(desk) == set()


def test_a_release_is_forgotten_when_what_it_released_stops_nobody_any_more(desk: Desk) -> None:
    desk.form("/till/release", "supervisor", ref=REF, reason="please")
    desk.reach.at += GUARDS
    assert released(desk) == {REF}
    desk.reach.at += SECOND
    assert released(desk) == set()


def test_what_cannot_be_written_down_is_not_released(desk: Desk) -> None:
    desk.session("supervisor")
    desk.fail()
    assert desk.form("/till/release", "supervisor", ref=REF, reason="please").status == 503
    desk.mend()
    assert released(desk) == set()


# --- a page that was used ---------------------------------------------------------------------------------------------


def test_the_same_form_again_is_the_same_sale_and_another_amount_in_it_is_refused(desk: Desk) -> None:
    sale = {"amount": "12.50", "card": "carol", "key": "till-of-this-page"}
    first = desk.form("/till/sale", "cashier", **sale)
    assert (first.status, first.headers["location"]) == (303, f"/till/sale/{quote('till-of-this-page')}")
    assert desk.form("/till/sale", "cashier", **sale).headers["location"] == first.headers["location"]
    for otherwise in ({"amount": "12.51"}, {"card": "alice"}):
        answer = desk.form("/till/sale", "cashier", **{**sale, **otherwise})
        assert answer.status == 409
        assert "was used for a sale of another amount or card" in answer.text
        assert "till-of-this-page" not in answer.text, "the page has a key of its own"
    assert desk.reach.deeds == [("terminal", "sale")]
