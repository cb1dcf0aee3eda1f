"""What stands in an address or was typed comes back in a page or a redirect, but never a card number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Final
from urllib.parse import quote

import pytest

from console.desk import PASSWORD, REF, Answer, Desk
from console.hostile import CARD, GROUPED, shows

PLACES: Final = [CARD, GROUPED, CARD[:13], f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with closing(Desk(tmp_path_factory.mktemp("desk"))) as made:
        yield made


def got(desk: Desk, path: str, who: str = "cashier") -> Answer:
    return desk.call("GET", path, headers={"cookie": f"counterfoil_session={desk.session(who)[0]}"})


def hides(answer: Answer) -> bool:
    return not shows(answer.text + "".join(answer.headers.values()))


def test_an_amount_comes_back_and_no_card_number(desk: Desk) -> None:
    assert 'value="9999999999.99"' in got(desk, "/till?amount=9999999999.99").text
    assert (
        "amount=12.50"
        in desk.form("/till/release", "supervisor", ref=REF, reason="x", amount="12.50").headers["location"]
    )
    assert 'value="12,50"' in desk.form("/till/sale", "cashier", amount="12,50").text
    for odd in PLACES:
        assert hides(got(desk, f"/till?amount={quote(odd, safe='')}"))
        assert hides(desk.form("/till/sale", "cashier", amount=odd))
        assert hides(desk.form("/till/release", "supervisor", ref=REF, reason="x", amount=odd))


def test_a_place_to_go_back_to_is_kept_and_no_card_number(desk: Desk) -> None:
    assert got(desk, "/language/en?next=/inbox").headers["location"] == "/inbox"
    assert 'name="next" value="/inbox"' in got(desk, "/login?next=/inbox").text
    assert (
        desk.form("/till/act", "cashier", act="kept", ref=REF, back="/inbox").headers["location"].startswith("/inbox?")
    )
    for odd in PLACES:
        place = f"/search?q={quote(odd, safe='')}"
        for page in (f"/language/en?next={quote(place, safe='')}", f"/login?next={quote(place, safe='')}"):
            assert hides(got(desk, page)), page
        assert hides(desk.form("/till/act", "cashier", act="kept", ref=REF, back=f"/search/{odd}"))
        assert hides(desk.form("/login", "cashier", name="cashier", password="wrong", next=place))
        desk.reach.at += 20_000_000


def test_an_address_with_a_slash_too_many_is_not_repeated(desk: Desk) -> None:
    answer = got(desk, f"/search/?q={CARD}")
    assert (answer.status, answer.headers.get("location")) == (404, None)


def test_the_key_of_a_sale_is_no_card_number(desk: Desk) -> None:
    assert (
        desk.form("/till/sale", "cashier", amount="12.50", card="carol", key="k-1").headers["location"]
        == "/till/sale/k-1"
    )
    before = len(desk.reach.deeds)
    for odd in (CARD, GROUPED):
        answer = desk.form("/till/sale", "cashier", amount="12.50", card="carol", key=odd)
        assert (answer.status, hides(answer)) == (409, True)
    assert len(desk.reach.deeds) == before


def test_nobody_and_no_program_is_called_like_a_card(desk: Desk) -> None:
    def named(path: str, what: str, name: str) -> Answer:
        return desk.form(path, "admin", what=what, name=name, role="cashier", password=PASSWORD)

    assert named("/people", "add", "lin-20260101").status == 303
    assert named("/tokens", "make", "till-20260101").status == 200
    for path, what in (("/people", "add"), ("/tokens", "make")):
        answer = named(path, what, CARD)
        assert (answer.status, hides(answer)) == (422, True)
        assert hides(got(desk, path, "admin"))
