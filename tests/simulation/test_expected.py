"""What each station should have done is worked out a second time: a station that does something else is seen, and how.

Every row changes one rule, code, number or word of a station, and no account is wrong for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec
import pytest

from counterfoil.iso8583 import responses
from counterfoil.issuer import notices, rules
from counterfoil.issuer import refusal as refusals
from counterfoil.issuer.refusal import Refusal
from counterfoil.kinds import BY_NAME, PURCHASE
from counterfoil.simulation import WorldJob, plant, play
from counterfoil.simulation.expected import host
from counterfoil.simulation.scene import Scene
from counterfoil.switch import decide as requests
from counterfoil.switch import forward, saf, tell, undo
from counterfoil.switch import rules as switch_rules
from counterfoil.switch.desk import Desk
from counterfoil.switch.rows import Attempt
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.terminal import outcome, printing
from counterfoil.terminal.lifecycle import State
from counterfoil.words import Text, Told

judging = importlib.import_module("counterfoil.verdict.judge")  # the package has a function of that name
SEED = 11
NO = Told(Text("No.", "否。"), Text("No.", "否。"))
WELL = Told(Text("All is well.", "已付。"), Text("All is well.", "已付。"))
Patch = pytest.MonkeyPatch
Mutation = Callable[[Patch], None]


def setting(module: object, name: str, value: object) -> Mutation:
    return lambda patch: patch.setattr(module, name, value)


def item(mapping: Any, key: object, value: object) -> Mutation:
    return lambda patch: patch.setitem(mapping, key, value)


def around(module: Any, name: str, change: Callable[[Any], Any]) -> Mutation:
    """What a function returns, changed."""

    def mutation(patch: Patch) -> None:
        original = getattr(module, name)
        patch.setattr(module, name, lambda *args, **more: change(original(*args, **more)))

    return mutation


def without(module: object, name: str, rule: object) -> Mutation:
    rules_left = tuple(one for one in getattr(module, name) if one is not rule)
    return setting(module, name, rules_left)


def unasked(rule: str) -> Mutation:
    """No kind asks this rule any more."""
    left = {kind: tuple(one for one in asked if one.__name__ != rule) for kind, asked in rules.RULES.items()}
    return setting(rules, "RULES", left)


def said_as_if_decided_now(patch: Patch) -> None:
    def said(desk: Desk, work: Work, ask: Request, attempt: Attempt) -> None:
        again = copy(attempt)
        again.answered_at = work.now
        tell.result(desk, work, ask, again)

    patch.setattr(requests, "result", said)


def cheaper(slip: Any) -> Any:
    return msgspec.structs.replace(slip, amount=slip.amount - 1)


ROWS: dict[str, tuple[Mutation, str, str]] = {
    "a refusal under another code": (
        item(refusals.CODES, Refusal.CARD_LOST, "43"),
        "customers",
        "where 0210 41 is due",
    ),
    "no limit of one purchase": (
        unasked("within_limit_each"),
        "customers",
        "where 0210 61 is due",
    ),
    "no limit of a day's number": (
        unasked("within_count_day"),
        "customers",
        "where 0210 65 is due",
    ),
    "any date on the stripe": (
        without(rules, "BEFORE_PIN", rules.expiry_is_the_cards_own),
        "customers",
        "where 0210 54 is due",
    ),
    "a stripe that proves nothing": (setting(rules, "unproved", lambda *_: None), "customers", "59 is due"),
    "guesses without end": (setting(rules, "GUESSES", frozenset()), "customers", "the account of"),
    "a typed number that is guessed without end": (
        setting(rules, "GUESSES", frozenset({Refusal.STRIPE_WRONG})),
        "customers",
        "the account of",
    ),
    "typed for any issuer": (setting(plant, "TAKES_TYPED", "issuer-b"), "customers", "where 0210 "),
    "typed at any terminal": (setting(switch_rules, "TYPED", "99"), "customers", "for which no terminal asked"),
    "cash cards buy goods": (
        without(rules, "BEFORE_PIN", rules.service_is_for_goods),
        "customers",
        "where 0210 57 is due",
    ),
    "any currency": (without(rules, "BEFORE_PIN", rules.currency_is_held), "customers", "Refused at"),
    "a notice of another amount": (
        setting(notices, "BOOKED", {"purchase": "%(last4)s %(merchant)s"}),
        "calm",
        "notice",
    ),
    "a terminal's limit under another code": (
        setting(switch_rules, "OVER_LIMIT", "65"),
        "customers",
        "[['61']] is due",
    ),
    "no issuer, called unavailable": (setting(switch_rules, "NO_SUCH_ISSUER", "91"), "calm", "[['15']] is due"),
    "a wrong merchant category": (setting(forward, "MERCHANT_TYPE", slice(6, 10)), "calm", "other words in [18]"),
    "an answer that leaves out the batch": (
        setting(tell, "ECHOED", tuple(name for name in tell.ECHOED if name != "de60")),
        "loss",
        "does not repeat [60]",
    ),
    "a result that changes its time when it is said again": (said_as_if_decided_now, "copies", "0101, where ("),
    "a repeat that does not say so": (setting(saf, "REPEAT", saf.FIRST), "loss", "is undone by a 0420"),
    "an advice for another reason": (setting(undo, "ISSUER_TIMEOUT", "06"), "loss", "98"),
    "a decline called not sent": (
        item(outcome.OUTCOMES, State.DECLINED, "not_sent"),
        "calm",
        "a till is told not_sent",
    ),
    "a decline without its code": (setting(responses, "declined", lambda _: NO), "calm", "was refused with"),
    "a receipt of another amount": (around(printing, "slip_of", cheaper), "calm", "does not say ['RMB"),
    "a verdict in other words": (
        item(BY_NAME, PURCHASE.name, PURCHASE._replace(words=PURCHASE.words._replace(stands=WELL))),
        "calm",
        "does not say 'You have paid",
    ),
    "no money anywhere": (setting(judging, "holdings", lambda *_: ()), "calm", "is said to be somewhere"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_station_that_does_something_else_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutation, mix, seen = ROWS[name]
    Scene(SEED, mix, 0, 1)  # the plant is enrolled by the real stations
    mutation(monkeypatch)
    outcomes = (play(WorldJob(SEED, mix, world, 75)) for world in range(8))
    assert any(seen in outcome.broken for outcome in outcomes)


@pytest.mark.parametrize("mix", ["customers", "calm"])
def test_stations_as_they_are_do_what_is_expected(mix: str) -> None:
    outcome = play(WorldJob(SEED, mix, 0, 75))
    assert not outcome.broken
    if mix == "customers":
        assert outcome.faults["odd customer"] > 10
        assert sum(times for kind, times in outcome.faults.items() if kind.startswith("errand")) > 5


TOO_NARROW: dict[str, tuple[int, str, int, int]] = {
    "a sign-on's answer that was given no batch is not taken": (77, "relay", 3, 121),
    "of two copies with another header each has its answer": (77, "copies", 3, 76),
    "an answer is that of the damaged copy it repeats": (77, "copies", 3, 40),
    "a question is answered by what came before it in its step": (114, "customers", 3, 76),
    "a key that a stranger named is told what is true once its issuer was asked": (1, "copies", 115, 1500),
    "a second payment goes back, and its customer is not sent to another till": (1, "relay", 67, 1500),
    "a reversal damaged in two places that cancel out in its MAC is nobody's": (1, "swarm", 270, 75),
    "a no to another type under the numbers of a request is no answer to it": (1, "forger", 30, 75),
    "of what nothing waited for a terminal keeps so many lines an hour": (1, "swarm", 218, 75),
}


@pytest.mark.parametrize("what", TOO_NARROW)
def test_what_was_told_too_narrowly_once_is_no_broken_promise(what: str) -> None:
    """Each was called broken, and no station had done anything wrong."""
    job = WorldJob(*TOO_NARROW[what])
    outcome = play(job)
    assert (outcome.broken, outcome.transactions) == ("", job.transactions)


def test_what_a_restart_ended_has_the_time_of_the_restart_whenever_it_is_said() -> None:
    """Nobody waits for it then. A copy of the request that comes afterwards is told 98, and when that was decided."""
    scene = Scene(54, "relay", 3, 75, lambda drawn: msgspec.structs.replace(drawn, crash=10, relay=200))
    outcome = scene.play()
    assert not outcome.broken
    assert scene.host is not None
    assert any(ask.told == "98" and ask.reason == host.RESTARTED for ask in scene.host.asks.values())
