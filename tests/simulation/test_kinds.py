"""Every kind of the table in simulated worlds: drawn, expected, and each rule about it missed when it is taken out.

A rule is often asked twice on the way. Where the terminal, or the switch, refuses first, they are made careless in this
table: they send on whatever they are asked, and nobody expects them not to.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from counterfoil.drawing import drawing
from counterfoil.issuer import decide as issuer_decide
from counterfoil.issuer import originals as at_issuer
from counterfoil.issuer import rules
from counterfoil.issuer.records import Records as IssuerRecords
from counterfoil.issuer.refusal import Refusal
from counterfoil.kinds import BY_NAME, TABLE, Needs
from counterfoil.ledger import Book, BookRefusal, Hold
from counterfoil.simulation import WorldJob, play, wanted
from counterfoil.simulation.expected import objections
from counterfoil.simulation.expected.till import Till
from counterfoil.simulation.plant import cards
from counterfoil.simulation.scene import Scene
from counterfoil.switch import forward
from counterfoil.switch import originals as at_switch
from counterfoil.switch import undo as switch_undo
from counterfoil.terminal import lifecycle, outcome, supervisor
from counterfoil.terminal import originals as at_terminal
from counterfoil.terminal.lifecycle import State
from counterfoil.terminal.work import Work as TerminalWork

undoing = importlib.import_module("counterfoil.ledger.undo")  # the package has a function of that name
Patch = pytest.MonkeyPatch
Mutation = Callable[[Patch], None]
SEED = 11
WORLDS = 16
SALES = 75


def setting(module: object, name: str, value: object) -> Mutation:
    return lambda patch: patch.setattr(module, name, value)


def item(mapping: Any, key: object, value: object) -> Mutation:
    return lambda patch: patch.setitem(mapping, key, value)


def careless_terminal(patch: Patch) -> None:
    patch.setattr(at_terminal, "unfit", lambda *_: at_terminal.FIT)
    patch.setattr(Till, "_refers", lambda *_: None)


def careless_switch(patch: Patch) -> None:
    careless_terminal(patch)
    asked = objections.of_original
    patch.setattr(at_switch, "objection", lambda *_: "")
    patch.setattr(objections, "of_original", lambda *about: [one for one in asked(*about) if one is None])


def both(*mutations: Mutation) -> Mutation:
    def mutation(patch: Patch) -> None:
        for one in mutations:
            one(patch)

    return mutation


def unasked(rule: str) -> Mutation:
    left = {kind: tuple(one for one in asked if one.__name__ != rule) for kind, asked in rules.RULES.items()}
    return setting(rules, "RULES", left)


def test_the_people_draw_every_kind_and_get_it_wrong_in_every_way() -> None:
    rng, drawn = drawing("people"), Counter[str]()
    good = cards()[0]
    told = {
        f"T0000001/000001/{number:06}": wanted.RememberedSale(kind.name, good, 1000, "CNY", approved=number % 3 > 0)
        for number, kind in enumerate(TABLE * 3, 1)
    }
    for _ in range(20_000):
        wish = wanted.drawn(rng, "T0000001", told)
        drawn[wish.kind.name] += 1
        one = told.get(wish.original)
        fits = one is not None and wish.kind.original is not None and one.kind in wish.kind.original.of
        drawn["fitting"] += fits
        drawn["wrong original"] += bool(wish.original) and not fits
        drawn["fallen"] += one is not None and not one.approved
        drawn["another card"] += one is not None and wish.card is not one.card
        drawn["above"] += wish.amount > 1150 and fits
        drawn["part"] += wish.amount < 1000 and fits
        drawn["wrong PIN"] += wish.pin == "9999"
        drawn["wrong password"] += wish.supervisor == "wrong"
        assert (not wish.pin) or Needs.PIN in wish.kind.needs
        assert wish.kind.movements or not wish.amount
    wrong = ("fitting", "wrong original", "fallen", "another card", "above", "part", "wrong PIN", "wrong password")
    assert min(drawn[name] for name in (*wrong, *BY_NAME)) > 10


def test_worlds_have_every_kind_and_come_to_rest() -> None:
    outcomes = [play(WorldJob(SEED, "kinds", world, SALES)) for world in range(3)]
    assert [outcome.broken for outcome in outcomes] == [""] * 3
    assert all(any(f"asked: {kind.name}" in outcome.faults for outcome in outcomes) for kind in TABLE)


@pytest.mark.parametrize("careless", [careless_terminal, careless_switch])
def test_nothing_rests_on_the_care_of_those_who_ask(careless: Mutation, monkeypatch: Patch) -> None:
    Scene(SEED, "kinds", 0, 1)
    careless(monkeypatch)
    assert [play(WorldJob(SEED, "kinds", world, SALES)).broken for world in range(2)] == [""] * 2


def other_kinds(module: Any, **changes: Any) -> Mutation:
    """In this module alone every kind that has an original has another rule for it."""
    changed = {
        name: kind._replace(original=kind.original._replace(**changes)) if kind.original is not None else kind
        for name, kind in BY_NAME.items()
    }
    return setting(module, "BY_NAME", changed)


def any_kind_is_an_original(patch: Patch) -> None:
    found = at_terminal.found

    def anything(work: Any, lane: Any, kind: Any, ref: object) -> Any:
        original, why = found(work, lane, kind, ref)
        return (work.attempt(ref), at_terminal.FIT) if why.code == "original_other_kind" else (original, why)

    patch.setattr(at_terminal, "found", anything)


def another_original_named(patch: Patch) -> None:
    named = at_terminal.named
    patch.setattr(at_terminal, "named", lambda *about: named(*about)._replace(de61="000001000001"))


def void_not_taken_back(patch: Patch) -> None:
    reverse = Book.reverse

    def without(self: Book, entry_id: str, of: Any, at: int) -> Any:
        return None if of.original else reverse(self, entry_id, of, at)

    patch.setattr(Book, "reverse", without)


def holds_stand_again_for_longer(patch: Patch) -> None:
    again = Hold.standing_again

    def longer(self: Hold, hold_id: str, at: int) -> Hold:
        return replace(again(self, hold_id, at), expires_at=self.expires_at + 1)

    patch.setattr(Hold, "standing_again", longer)


def balances_swapped(patch: Patch) -> None:
    told = issuer_decide.balances

    def swapped(book: Any, txn: Any) -> Any:
        ledger, available = told(book, txn)
        return ledger._replace(amount=available.amount), available._replace(amount=ledger.amount)

    patch.setattr(issuer_decide, "balances", swapped)


class AnyAmount:
    """A rule that lets every amount pass."""

    @staticmethod
    def fits(*_: int) -> bool:
        return True


ANYTHING = AnyAmount()
NOBODY_ASKED = "for which no terminal asked"
ROWS: dict[str, tuple[Mutation, str]] = {
    "terminal: an original that has fallen": (setting(at_terminal, "PAID", frozenset(State)), "which "),
    "terminal: an original that was closed": (setting(TerminalWork, "child_of", lambda *_: None), "was closed before"),
    "terminal: an original of another batch": (other_kinds(at_terminal, same_batch=False), "refers to another batch"),
    "terminal: more than the original allows": (other_kinds(at_terminal, amount=ANYTHING), "is for more than"),
    "terminal: an original of another kind": (any_kind_is_an_original, "original_other_kind is due"),
    "terminal: another original named": (another_original_named, "says something else than the till in [61"),
    "terminal: any password": (setting(supervisor, "refused", lambda *_: False), "wrong_supervisor is due"),
    "terminal: an inquiry reversed": (
        item(lifecycle.BY_KIND, "balance", lifecycle.TRANSITIONS),
        "is reversed, which moved nothing",
    ),
    "terminal: balances kept to itself": (setting(outcome, "balances_of", lambda _: ()), "is told with the balances"),
    "switch: an original of another card": (setting(at_switch, "_is_of_the_same", lambda *_: True), NOBODY_ASKED),
    "switch: an original that has fallen": (
        both(careless_terminal, setting(at_switch, "stands", lambda _: True)),
        NOBODY_ASKED,
    ),
    "switch: an original that was closed": (
        both(careless_terminal, setting(at_switch, "is_closed", lambda *_: False)),
        NOBODY_ASKED,
    ),
    "switch: an original of another batch": (
        both(careless_terminal, other_kinds(at_switch, same_batch=False)),
        NOBODY_ASKED,
    ),
    "switch: more than the original allows": (
        both(careless_terminal, other_kinds(at_switch, amount=ANYTHING)),
        NOBODY_ASKED,
    ),
    "switch: an inquiry undone": (
        setting(switch_undo, "books", lambda _: True),
        "is undone, which moved nothing",
    ),
    "switch: no original named upstream": (setting(forward, "_original", lambda *_: {}), "with other words in ["),
    "issuer: an original of another card": (
        both(careless_switch, setting(at_issuer, "belongs", lambda *_: True)),
        " 25 is due",
    ),
    "issuer: an original that was closed": (
        both(careless_switch, item(at_issuer.ENDED, BookRefusal.ALREADY_POSTED, Refusal.ORIGINAL_EXPIRED)),
        " 12 is due",
    ),
    "issuer: another amount than the original's": (
        both(careless_switch, other_kinds(issuer_decide, amount=ANYTHING)),
        " 64 is due",
    ),
    "issuer: a hold whose time is over": (
        item(at_issuer.ENDED, BookRefusal.ALREADY_EXPIRED, Refusal.ORIGINAL_CLOSED),
        " 22 is due",
    ),
    "issuer: more than there is, above a hold": (unasked("funds_suffice_above_hold"), "Refused at effect.py"),
    "issuer: a PIN for every kind": (setting(rules, "WITHOUT_PIN", frozenset()), " 55, where "),
    "issuer: every kind counted": (setting(rules, "COUNTED", frozenset(BY_NAME)), "of its day"),
    "issuer: balances swapped": (balances_swapped, "with the balances"),
    "issuer: holds kept for ever": (setting(IssuerRecords, "expiring", lambda *_: []), "is kept beyond its time"),
    "undo: a hold that is not released": (setting(undoing, "_released", lambda *_: []), "a contradiction"),
    "undo: a hold that does not stand again": (setting(undoing, "_again", lambda *_: []), " is due"),
    "undo: a hold that stands again for longer": (holds_stand_again_for_longer, "is kept until"),
    "undo: a void that is not taken back": (void_not_taken_back, "a contradiction"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_station_without_one_of_its_rules_is_seen(name: str, monkeypatch: Patch) -> None:
    mutation, seen = ROWS[name]
    Scene(SEED, "kinds", 0, 1)  # the plant is enrolled by the real stations
    mutation(monkeypatch)
    outcomes = (play(WorldJob(SEED, "kinds", world, SALES)) for world in range(WORLDS))
    assert any(seen in outcome.broken for outcome in outcomes)
