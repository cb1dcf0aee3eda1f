"""Sales and a day of a real stack, ended by a signal at several moments: what is said is what `why` then finds."""

from __future__ import annotations

import json
import signal
import time

import pytest

from counterfoil.stack.layout import Layout
from counterfoil.stack.reading import stores_of
from counterfoil.terminal.stubs import keyed
from loop.running import Running

pytestmark = pytest.mark.loop


def of_days(running: Running) -> set[str]:
    """The till's keys of the sales that cashiers of a day have made here."""
    with stores_of(Layout(running.data)) as opened:
        assert opened.terminal is not None
        return {key for (key,) in opened.terminal.query("SELECT till_key FROM attempt WHERE till_key LIKE 'day-%'")}


def known(running: Running, key: str) -> str:
    """The reference the terminal has given to the till's key."""
    with stores_of(Layout(running.data)) as opened:
        stub = keyed(opened.terminal, key) if opened.terminal is not None else None
    return stub.ref if stub is not None else ""


@pytest.mark.parametrize(("leg", "mti"), [(1, "0200"), (2, "0200"), (3, "0210"), (4, "0210")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_sale_that_is_interrupted_names_its_reference(
    running: Running, leg: int, mti: str, number: signal.Signals
) -> None:
    key, terminal = f"till-{number}-{leg}", f"T000000{leg}" if number is signal.SIGINT else f"T000001{leg}"
    running.break_leg(leg, "drop", mti)
    process = running.begin(*running.sale_words(terminal, key=key))
    running.until(lambda: known(running, key) != "")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    told = json.loads(out)
    assert (process.returncode, told["error"], told["key"]) == (3, "interrupted", key)
    assert told["ref"] == known(running, key)
    assert f" why {told['ref']} --data {running.data}" in err
    assert running.at_rest(told["ref"])["verdict"] in {"NOT_CHARGED", "RETURNED", "PAID"}


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.35, 0.5, 0.65])
def test_a_sale_interrupted_at_any_moment_stands_only_where_it_was_said(running: Running, seconds: float) -> None:
    key = f"moment-{seconds}"
    process = running.begin(*running.sale_words("T0000021", key=key))
    time.sleep(seconds)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    if known(running, key):
        assert process.returncode in {0, 3}, err
        assert json.loads(out).get("ref") in {known(running, key), None}
    else:
        assert process.returncode in {3, 130, -signal.SIGTERM}, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_day_that_is_interrupted_says_so_and_the_stack_comes_to_rest(
    running: Running, number: signal.Signals
) -> None:
    before = of_days(running)
    process = running.begin("day", "--baskets", "3000", "--faults", "0.02")
    running.until(lambda: len(of_days(running) - before) > 5, 60.0)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert (process.returncode, told["error"]) == (3, "interrupted"), err
    assert {key.rpartition("-")[0] for key in of_days(running) - before} == {told["run"]}
    assert told["ask"].endswith(f" reconcile --data {running.data}")
    running.until(lambda: running.ledger_is_sound() and running.ask("reconcile", "--full").json["open"] == 0, 60.0)
