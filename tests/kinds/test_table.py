"""Every kind of the table is whole, and is found by how it is spelt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from counterfoil.issuer.effect import PARTIES
from counterfoil.issuer.rules import AFTER_PIN
from counterfoil.kinds import (
    BY_NAME,
    PURCHASE,
    REQUESTS,
    TABLE,
    Deed,
    Kind,
    Saying,
    Spellings,
    forwarded,
    spelt,
)
from counterfoil.words import Text, Told

VOID, BALANCE = BY_NAME["void"], BY_NAME["balance"]
KINDS = pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)


@KINDS
def test_a_kind_is_found_by_its_name_and_by_each_of_its_spellings(kind: Kind) -> None:
    assert BY_NAME[kind.name] is kind
    assert spelt(*kind.wire) is kind
    assert forwarded(*kind.wire[:3]) is kind
    assert kind.wire.mti in REQUESTS


@KINDS
def test_a_spelling_is_of_the_right_length_and_in_digits(kind: Kind) -> None:
    assert [len(part) for part in kind.wire] == [4, 6, 2, 2]
    assert all(re.fullmatch("[0-9]+", part) for part in kind.wire)


@KINDS
def test_the_issuer_knows_every_rule_and_every_party_a_kind_names(kind: Kind) -> None:
    assert set(kind.rules) <= AFTER_PIN.keys()
    assert len(set(kind.rules)) == len(kind.rules)
    assert {party for movement in kind.movements for party in (movement.debit, movement.credit)} <= PARTIES.keys()


@KINDS
def test_what_a_cardholder_is_told_of_a_kind_names_card_and_amount_in_both_languages(kind: Kind) -> None:
    for told in kind.notices or ():
        for said in told:
            assert {"{last4}", "{amount}", "{merchant}"} == set(re.findall(r"\{\w+\}", said))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (("0200", "000000", "00", "22"), PURCHASE),
        (("0200", None, "00", "22"), PURCHASE),
        (("0200", "000000", None, None), PURCHASE),
        (("0200", None, None, None), PURCHASE),
        (("0100", None, None, None), BY_NAME["preauth"]),
        (("0100", "000000", "00", "22"), None),
        (("0200", "200000", "00", "22"), None),
        (("0200", "200000", None, "22"), None),
        (("0200", "000000", "06", "22"), None),
        (("0200", "000000", "00", "23"), None),
        (("0200", None, None, "23"), BY_NAME["void"]),
        (("0200", None, "06", None), BY_NAME["completion"]),
        (("0200", "310000", None, None), BY_NAME["balance"]),
        (("0220", None, None, None), None),
    ],
)
def test_what_is_missing_agrees_with_any_kind_and_what_is_there_with_its_own(
    told: tuple[str, str | None, str | None, str | None], found: Kind | None
) -> None:
    assert Spellings(TABLE).spelt(*told) is found
    assert Spellings((PURCHASE,)).spelt(*told) is (found if found is PURCHASE else None)


@pytest.mark.parametrize(
    ("mti", "processing", "found"),
    [
        ("0200", "000000", PURCHASE),
        ("0200", "001020", PURCHASE),  # from and to which accounts does not matter
        ("0200", "200000", VOID),
        ("0200", "310000", BALANCE),
        ("0100", "000000", None),
        ("0100", "200000", None),
        ("0200", "", None),
    ],
)
def test_an_issuer_looks_at_the_type_and_at_what_is_done(mti: str, processing: str, found: Kind | None) -> None:
    assert forwarded(mti, processing, "00") is found


PLACES: Final[dict[str, set[str]]] = {
    "nothing busy": {"display"},
    "nothing twice": {"other"},
    "refused": {"why", "advice", "more"},
    "going_back free": {"back"},
    "going_back busy": {"back", "display"},
    "going_back twice": {"back", "other"},
    "back": {"refund"},
    "came_back": {"returned"},
    "undone free": {"returned"},
    "undone busy": {"returned", "display"},
    "undone twice": {"returned", "other"},
    "unknown free": {"by"},
    "unknown busy": {"by"},
    "exception": {"case"},
    "unsent reversal": {"display"},
    "ended": {"taken", "other"},
}
"""The places that are filled in what is said of each verdict."""


def texts(said: Any, name: str = "") -> Iterator[tuple[str, Text]]:
    """Every text in what is said, with its place."""
    if isinstance(said, Text):
        yield name, said
    elif isinstance(said, Told):
        yield from ((name, text) for text in said)
    elif isinstance(said, Saying):
        yield from texts(said._asdict(), name)
    elif said is not None:
        for key, one in said.items():
            yield from texts(one, f"{name} {key}".strip())


def ended(kind: Kind) -> Iterator[tuple[str, Text]]:
    """What is said of an original that this kind ended, and of one whose time is over."""
    if kind.original is not None:
        yield from texts(kind.original.ended.told, "ended")
    if kind.expired is not None:
        yield from texts(kind.expired.told, "expired")


@KINDS
def test_what_is_said_of_a_kind_has_only_places_that_are_filled(kind: Kind) -> None:
    for name, text in (*texts(kind.words._asdict()), *ended(kind)):
        places = [set(re.findall(r"\{(\w+)\}", said)) for said in text]
        assert places[0] == places[1], name
        assert places[0] <= {"amount"} | PLACES.get(name, set()), name


@KINDS
def test_a_kind_that_ends_a_hold_or_gives_back_has_an_original(kind: Kind) -> None:
    ends = any(movement.deed in {Deed.POST, Deed.RELEASE} for movement in kind.movements)
    assert not ends or kind.original is not None
    assert (kind.keeps_for > 0) == any(movement.deed is Deed.HOLD for movement in kind.movements)


def test_a_purchase_takes_from_the_card_what_its_acquirer_is_owed() -> None:
    (movement,) = PURCHASE.movements
    assert (movement.deed, movement.debit, movement.credit, movement.forced) == (Deed.MOVE, "card", "clearing", False)
