"""A run as a pytest file: it needs nothing but Counterfoil and pytest, and starts a stack of its own."""

from __future__ import annotations

from typing import Final

from counterfoil.console.lab.breaks import LabBreak, PlannedFault, StationAct
from counterfoil.console.lab.records import Run
from counterfoil.console.lab.run import CHARGED
from counterfoil.money import plain

TIMERS: Final = (600_000, 1_200_000, 2_500_000)
SLOWER: Final = (2_000_000, 4_000_000, 8_000_000)
"""The time-outs of the stack that the test starts: short, so that it is quick; longer where a station has to be caught
in the act by a command line that takes half a second to start. Times of the break scale with them.
"""

TEMPLATE: Final = '''"""{title}

Exported from the fault lab: run {number}, seed {seed}, {outcome}, {story}.
Run it with `pytest {name}`. It starts a stack of its own and asks it through the command line only.
"""

import json
import subprocess
import sys
import time

import pytest

TIMERS = "{timers}"
AMOUNT = "{amount}"  # {currency}
MINOR = {minor}
CARD = "{card}"
FAULTS = {faults}
ACT = {act}
ENDS = {ends}  # the verdicts it may come to rest in
LEG = {leg}  # where it stops; 0: not said
MOVING = {{"sent", "reversing", "asked"}}
LATE = {late}  # seconds after which what was held back has come


class Stack:
    def __init__(self, data):
        self.data = str(data)
        words = [sys.executable, "-m", "counterfoil", "up", "--lab", "--data", self.data, "--timers", TIMERS, "--json"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline())["ready"]

    def begin(self, *words):
        words = [sys.executable, "-m", "counterfoil", *words, "--data", self.data, "--json"]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        return json.loads(self.begin(*words).communicate(timeout=60)[0])

    def stop(self):
        with self.process:
            self.process.terminate()


@pytest.fixture
def stack(tmp_path):
    running = Stack(tmp_path / "data")
    yield running
    running.stop()


def balance(stack, card):
    return next(each["balance"] for each in stack.ask("cards") if each["name"] == card)


def test_{test}(stack):
    card = next(each for each in stack.ask("cards") if each["name"] == CARD)
    for words in FAULTS:
        stack.ask("fault", "set", *words)
    began = time.monotonic()
    pin = ["--pin", card["pin"]] if card["pin"] else []
    selling = stack.begin("sale", "--amount", AMOUNT, "--card", CARD, *pin)
    if ACT:
        after, words = ACT
        time.sleep(after)
        stack.ask("fault", *words)
    sale = json.loads(selling.communicate(timeout=60)[0])
    if any(kind in ("refuse", "hang") for _, kind, *_ in FAULTS):
        stack.ask("fault", "clear")
    ends = began + LATE + 60
    while True:
        found = stack.ask("why", sale["ref"])
        stubs = [stub for stub in found["evidence"].values() if isinstance(stub, dict)]
        moving = any(stub["state"] in MOVING for stub in stubs)
        if found["verdict"] in ENDS and not moving and time.monotonic() > began + LATE:
            break
        assert time.monotonic() < ends, found
        time.sleep(0.2)
    assert not LEG or found["stopped_at"]["leg"] == LEG
    assert card["balance"] - balance(stack, CARD) == (MINOR if found["verdict"].startswith("PAID") else 0)
    assert set(stack.ask("accounts")["sum"].values()) == {{0}}
'''


def name_of(run: Run) -> str:
    """What the file is called."""
    return f"test_lab_{run.number}_{run.key.replace('-', '_')}.py"


def exported(run: Run, chosen: LabBreak) -> str:
    """The file."""
    timers = SLOWER if chosen.act else TIMERS
    holds = [fault.hold.seconds(timers) for fault in chosen.faults if fault.hold]
    return TEMPLATE.format(
        title=chosen.says.en,
        number=run.number,
        seed=run.seed,
        outcome=f"the cashier heard {run.outcome or 'nothing'}",
        story=" → ".join(f"{seen.verdict} at {seen.ms} ms" for seen in run.seen) or "no verdict",
        name=name_of(run),
        timers=",".join(f"{timer // 100_000 / 10:g}" for timer in timers),
        amount=plain(run.amount, run.currency),
        currency=run.currency,
        minor=run.amount,
        card=run.card,
        faults=repr([_fault(fault, timers) for fault in chosen.faults]),
        act=repr(_act(chosen.act, run, timers)),
        ends=repr(chosen.ends if not CHARGED & set(chosen.ends) else tuple(sorted(CHARGED))),
        leg=chosen.leg,
        late=f"{max(holds, default=0.0) + 0.5:g}",
        test=run.key.replace("-", "_"),
    )


def _fault(fault: PlannedFault, timers: tuple[int, ...]) -> list[str]:
    words = [str(fault.leg), fault.kind]
    words += ["--mti", fault.mti] if fault.mti else []
    return words + (["--seconds", f"{fault.hold.seconds(timers):g}"] if fault.hold else [])


def _act(act: StationAct | None, run: Run, timers: tuple[int, ...]) -> tuple[float, list[str]] | None:
    if act is None:
        return None
    words = [act.verb, act.station if act.station != "issuer" else run.issuer]
    words += ["--seconds", f"{act.hold.seconds(timers):g}"] if act.hold else []
    return act.after.seconds(timers), words
