"""A stranger sits on the terminals' line, with no key: copies, damages and replays what goes by, on a real stack.

Judged from outside only: what the till was told, what `why` says, what the cardholder's account holds, and that the
comparison of all stubs finds nothing open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from loop.relay import REQUEST, SIGN_ON, Relay, Spoil, between
from loop.running import Running, stack

pytestmark = pytest.mark.loop

MINOR = 1250


class Relayed(NamedTuple):
    running: Running
    relay: Relay


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    """A stack whose terminals were restarted with the relay's port for the switch's."""
    with stack(tmp_path_factory.mktemp("relay") / "data", lab=False) as running, between(running, Relay) as relay:
        yield Relayed(running, relay)


def seal_damaged(frame: bytes) -> bytes:
    """Another last byte of DE64."""
    return frame[:-1] + bytes([frame[-1] ^ 1])


def de60_damaged(at: int, by: int) -> Callable[[bytes], bytes]:
    """Another byte of DE60, which stands before DE64: length (2), kind (1), batch (3), and three digits (2)."""

    def damaged(frame: bytes) -> bytes:
        start = len(frame) - 8 - 8
        assert frame[start : start + 3] == b"\x00\x11\x22", frame[start:].hex()
        place = start + 2 + at
        return frame[:place] + bytes([frame[place] ^ by]) + frame[place + 1 :]

    return damaged


DAMAGES = {
    "DE64": seal_damaged,
    "DE60 kind": de60_damaged(0, 0x01),
    "DE60 batch": de60_damaged(3, 0x01),
    "DE60 no digit": de60_damaged(3, 0xF0),
}


class Case(NamedTuple):
    """What the relay makes of a request, what the till hears of it, and the verdict at rest."""

    spoil: Spoil
    heard: str
    rests: str


def after(damage: Callable[[bytes], bytes]) -> Spoil:
    return lambda frame, _old: [frame, damage(frame)]


def before(damage: Callable[[bytes], bytes]) -> Spoil:
    return lambda frame, _old: [damage(frame), frame]


BURNT = ("unknown", "NOT_CHARGED")  # the key that the damaged copy carries is that of the intact one
SOLD = ("approved", "PAID")
CASES = {
    **{f"{name} damaged after the intact one": Case(after(damage), *SOLD) for name, damage in DAMAGES.items()},
    "DE64 damaged before the intact one": Case(before(DAMAGES["DE64"]), *BURNT),
    "DE60 kind damaged before the intact one": Case(before(DAMAGES["DE60 kind"]), *BURNT),
    "DE60 batch damaged before the intact one": Case(before(DAMAGES["DE60 batch"]), *SOLD),
    "DE60 no digit before the intact one": Case(before(DAMAGES["DE60 no digit"]), *SOLD),
    "DE64 damaged, the intact one lost": Case(lambda frame, _old: [seal_damaged(frame)], *BURNT),
    "an old 0200 and 0800 before": Case(lambda frame, old: [old[REQUEST], old[SIGN_ON], frame], *SOLD),
    "an old 0200 and 0800 after": Case(lambda frame, old: [frame, old[SIGN_ON], old[REQUEST]], *SOLD),
}


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES, 1)), ids=list(CASES))
def test_whatever_a_stranger_does_on_the_line_no_charge_is_one_sided(relayed: Relayed, number: int, case: str) -> None:
    running, relay = relayed
    terminal = f"T{number:07d}"
    first = running.sell(terminal, "1.00")
    assert first.json["outcome"] == "approved", first
    held, done = running.balance("alice"), relay.spoilt

    relay.spoil = (terminal.encode(), CASES[case].spoil)
    sale = running.sell(terminal)
    told = running.why(sale.json["ref"])["verdict"]
    assert (relay.spoilt, sale.json["outcome"]) == (done + 1, CASES[case].heard), sale
    found = running.at_rest(sale.json["ref"])
    assert found["verdict"] == CASES[case].rests, found
    charged = held - running.balance("alice")
    assert charged == (MINOR if CASES[case].rests == "PAID" else 0)
    if sale.json["outcome"] == "unknown":
        assert told in ("UNKNOWN", found["verdict"])  # nobody hears a no before it is one
    else:
        assert told == found["verdict"]

    assert running.at_rest(first.json["ref"])["verdict"] == "PAID"  # a replay touches no earlier sale
    again = running.sell(terminal, "1.00")
    assert again.json["outcome"] == "approved", again  # and the terminal works on


def test_the_comparison_of_all_stubs_finds_nothing_and_the_ledger_adds_up(relayed: Relayed) -> None:
    found = relayed.running.ask("reconcile", "--full")
    assert (found.status, found.json["open"]) == (0, 0), found
    assert relayed.running.ledger_is_sound()
