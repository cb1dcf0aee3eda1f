from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.security import is_test_range, luhn_ok, parse_track2
from counterfoil.stack.demo import OUTSIDE, RANGES, Demo
from counterfoil.stack.layout import Layout

DEMO = Demo(bytes(32))


def test_a_hundred_lanes_of_ours_and_last_the_one_that_is_not() -> None:
    terminals = DEMO.terminals()
    assert [each.terminal for each in terminals if not each.ours] == [OUTSIDE]
    assert terminals[-1].terminal == OUTSIDE
    assert len(terminals) == len({each.terminal for each in terminals}) == 101
    assert terminals[0].terminal == "T0000001"
    assert len({each.merchant for each in terminals}) == 10
    assert len({each.name for each in terminals}) == 51
    assert {(len(each.terminal), len(each.merchant), len(each.tmk)) for each in terminals} == {(8, 15, 32)}


def test_the_first_card_is_valid_with_a_pin_and_money() -> None:
    first = DEMO.cards()[0]
    assert (first.name, first.currency, first.status, len(first.pin)) == ("alice", "CNY", "active", 4)
    assert first.opening >= 10_000


def test_card_numbers_are_test_numbers_of_their_issuers_range() -> None:
    cards = DEMO.cards()
    assert len({card.pan for card in cards}) == len({card.name for card in cards}) == len(cards) == 91
    for card in cards:
        assert luhn_ok(card.pan)
        assert is_test_range(card.pan)
        assert card.pan.startswith(RANGES.get(card.issuer, "62999950"))
        track = parse_track2(card.track2, luhn=True)
        assert (track.pan, track.expiry) == (card.pan, card.expiry)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("bob", "issuer", "issuer-b"),
        ("carol", "pin", ""),
        ("poor", "opening", 100),
        ("limit", "limit_each", 10_000),
        ("expired", "expiry", "2001"),
        ("lost", "status", "lost"),
        ("unknown", "enrolled", False),
        ("noroute", "issuer", ""),
        ("shopper-080", "opening", 10_000_000),
    ],
)
def test_each_named_card_is_what_its_name_says(name: str, field: str, value: object) -> None:
    card = DEMO.card(name)
    assert card is not None
    assert getattr(card, field) == value


def test_shoppers_bank_at_both_issuers() -> None:
    issuers = [card.issuer for card in DEMO.cards() if card.name.startswith("shopper-")]
    assert sorted(set(issuers)) == ["issuer-a", "issuer-b"]
    assert issuers.count("issuer-a") == issuers.count("issuer-b") == 40


def test_keys_belong_to_one_data_directory() -> None:
    other = Demo(bytes([1]) * 32)
    mine, theirs = DEMO.terminals(), other.terminals()
    assert [each.terminal for each in mine] == [each.terminal for each in theirs]
    assert not {each.tmk for each in mine} & {each.tmk for each in theirs}
    assert DEMO.zone_mac_key("issuer-a") != other.zone_mac_key("issuer-a")
    assert len({DEMO.zone_mac_key(issuer) for issuer in RANGES} | {DEMO.zone_pin_key(issuer) for issuer in RANGES}) == 4


def test_the_same_directory_gives_the_same_demo(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert Demo.of(layout, make=True).terminals() == Demo.of(layout).terminals()
    assert Demo.of(layout).card("nobody") is None
    assert Demo.of(layout).terminal("nobody") is None


def test_a_directory_without_demo_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no demo data"):
        Demo.of(Layout(tmp_path))
