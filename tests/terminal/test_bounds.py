"""Whatever a host does with reversals and sign-ons, a terminal that nobody touches sends a bounded number of them."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Callable
from typing import Final

import pytest

from counterfoil.step import SECOND
from counterfoil.terminal.lifecycle import State
from terminal.counter import START, TIMER, Counter

HOUR: Final = 3600 * SECOND
CYCLES: Final = HOUR // (2 * TIMER)  # a pause lies between any two bursts
BURST: Final = 3

Does = Callable[[Counter], object]


def signs_on_then(deed: Does) -> Does:
    """Answers every sign-on; what it does with a reversal."""

    def host(counter: Counter) -> None:
        if counter.host.read(counter.line[0]).mti == "0800":
            counter.answer(mti="0800")
        else:
            deed(counter)

    return host


HOSTS: Final[dict[str, Does]] = {
    "is silent": lambda counter: counter.line.pop(0),
    "hangs up on everything": lambda counter: counter.hang_up(),
    "is not there": lambda counter: counter.refuse(),
    "refuses the sign-on": lambda counter: counter.answer("91"),
    "sends garbage": lambda counter: (counter.line.pop(0), counter.receive(b"garbage")),
    "hangs up on reversals": signs_on_then(lambda counter: counter.hang_up()),
    "answers reversals with garbage": signs_on_then(lambda counter: (counter.line.pop(0), counter.receive(b"garbage"))),
    "answers with a wrong MAC": signs_on_then(lambda counter: counter.answer("00", mac="bad")),
    "answers A0": signs_on_then(lambda counter: counter.answer("A0")),
    "answers A0 without a MAC": signs_on_then(lambda counter: counter.answer("A0", mac="none")),
    "wants a sign-on after everything": signs_on_then(lambda counter: counter.answer("96", header="603113311300")),
    "refuses reversals": signs_on_then(lambda counter: counter.answer("96")),
    "answers 94": signs_on_then(lambda counter: counter.answer("94")),
}


@pytest.mark.parametrize("does", HOSTS)
def test_an_hour_alone_with_a_host_that_is_no_good(does: str) -> None:
    counter = Counter().open_for_business()
    counter.sale()
    counter.hang_up()  # the reversal is owed
    sent: Counted[str] = Counted()
    while counter.now < START + HOUR:
        while counter.line:
            sent[counter.host.read(counter.line[0]).mti] += 1
            assert sent.total() < 10 * CYCLES, f"a loop: {sent}"
            HOSTS[does](counter)
        counter.wait()
    assert counter.newest().state is State.REVERSING
    assert 0 < sent["0400"] <= BURST * (CYCLES + 1), sent
    assert sent["0800"] <= BURST * (CYCLES + 1), sent


LIMIT: Final = 5


@pytest.mark.parametrize("what", ["garbage", "a wrong MAC", "replays of its own answers", "of another sale"])
def test_who_can_write_on_a_terminals_line_fills_no_disk(what: str) -> None:
    counter = Counter(stray_lines=LIMIT).open_for_business()
    counter.sale()
    request = counter.request("0200")
    answer, other = counter.host.answer(request), counter.host.answer(request, de11="000777")
    counter.receive(answer)
    stray = {"garbage": b"garbage", "a wrong MAC": answer[:-1] + b"?", "of another sale": other}.get(what, answer)
    for _ in range(LIMIT):
        counter.receive(stray)
    before = counter.store.query("SELECT total_changes()")
    for _ in range(3):
        counter.receive(stray)
    assert counter.store.query("SELECT total_changes()") == before
    counter.now += HOUR
    counter.receive(stray)
    told = [what for (what,) in counter.store.query("SELECT what FROM trail ORDER BY line")]
    assert "3 more messages that nothing waited for" in told[-2:]
