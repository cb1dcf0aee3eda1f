"""Random schedules of faults between a till and a printer: never two ORIGINALs, never a lost receipt unreported.

    PYTHONPATH=tests python -m printers.schedules --count 10000 --seed 1 --json

The jobs and the rule are the product's; the printer, the lines between and the clock are the fake's. After its last
print every schedule gets its faults mended and time to print what is left, then the paper is compared with what the
till says. A schedule that fails is made smaller, and the line that plays it again is said.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from counterfoil.receipts.copies import PROOFS, Copies, CopyState
from printers.desk import Desk, order
from printers.fake import BLOCKS, Printer
from printers.plan import MODELS, NOT_THERE, TIMINGS, Fault, Plan, drawn

TYPES: tuple[str, ...] = ("kept", "naive", "hopeful", "trusting")
"""How a till decides what a print is: by the rule; and three that do not. naive: sends the same again until it is
told that it was printed; hopeful: what is not known to be printed was not; trusting: what has left was printed."""


@dataclass
class Sale:
    """One sale's copy: what the till knows, and what it printed."""

    copy: Copies = field(default_factory=Copies)
    prints: int = 0
    slips: list[tuple[str, ...]] = field(default_factory=list)


class Play:
    """One schedule, played. `broken` says what must never happen and did."""

    def __init__(self, plan: Plan, till: str = "kept") -> None:
        self.plan = plan
        self.till = till
        self.broken: list[str] = []
        self.states: Counter[str] = Counter()
        self.desk = Desk(Printer(replace(plan.habits)), MODELS[plan.model], TIMINGS, serial=plan.serial)
        self.sales: dict[int, Sale] = {}
        self.none_of: list[tuple[str, ...]] = []  # slips of which the till has proof that nothing came out

    def run(self) -> Play:
        for number, (sale, pause) in enumerate(self.plan.prints):
            self.desk.idle(pause)
            self._print(number, self.sales.setdefault(sale, Sale()), sale)
        self._mend_all()
        self._judge()
        return self

    # --- one print ---

    def _print(self, number: int, sale: Sale, name: int) -> None:
        sale.prints += 1
        duplicate = self._role(sale)
        sale.copy = sale.copy.started(sale.prints)
        role = f"DUPLICATE {duplicate}" if duplicate else "ORIGINAL"
        slip = (*(f"sale {name} print {number} line {line}" for line in range(self.plan.lines)), f"{role} sale {name}")
        what = order(b"NOT VALID WITHOUT THE LAST LINE\n", [f"{line}\n".encode() for line in slip])
        sale.slips.append(slip)
        self._plan_faults([fault for fault in self.plan.faults if fault.during == number])
        before = len(self.desk.printer.paper)
        result = self.desk.print(what=what)
        self.desk.listening = True
        if result is None:
            self.states["crashed"] += 1
            sale.copy = sale.copy.lost()
            return
        self.states[result.state.value] += 1
        state = CopyState(result.state.value)
        if state is CopyState.PRINTED and not holds(self.desk.printer.paper[before:], slip):
            self.broken.append(f"print {number} is said to be printed and is not on the paper")
        if state in PROOFS:
            self.none_of.append(slip)
        sale.copy = sale.copy.heard(sale.prints, self._news(state))

    def _role(self, sale: Sale) -> int:
        if self.till == "naive":
            return 0 if sale.copy.state is not CopyState.PRINTED else sale.prints - 1
        return sale.prints - 1 if sale.copy.original else 0

    def _news(self, state: CopyState) -> CopyState:
        if self.till == "hopeful" and state is CopyState.UNKNOWN:
            return CopyState.FAILED
        if self.till == "trusting" and state in (CopyState.SENT, CopyState.UNKNOWN):
            return CopyState.PRINTED
        return state

    # --- what goes wrong ---

    def _plan_faults(self, faults: list[Fault]) -> None:
        for fault in faults:
            self._plan_fault(fault)

    def _plan_fault(self, fault: Fault) -> None:
        desk, printer = self.desk, self.desk.printer
        if fault.kind == NOT_THERE:
            desk.listening = False
        elif fault.kind in BLOCKS and fault.lines:
            printer.plan.append((printer.printed + fault.lines, fault.kind))
            desk.mend_after(fault.at + fault.lasts, fault.kind)
        elif fault.kind in BLOCKS:
            desk.after(fault.at, lambda: printer.set(fault.kind))
            desk.mend_after(fault.at + fault.lasts, fault.kind)
        elif fault.kind == "mute":
            desk.after(fault.at, lambda: self._mute(on=True))
            desk.after(fault.at + fault.lasts, lambda: self._mute(on=False))
        else:
            desk.after(fault.at, self._once(fault))

    def _once(self, fault: Fault) -> Callable[[], None]:
        desk, printer = self.desk, self.desk.printer
        stale = bytes.fromhex("12 10 00 00 00") + b"".join(b"\x37\x22%03dE\x00" % number for number in range(9))
        what: dict[str, Callable[[], None]] = {
            "power cycle": desk.power_cycle,
            "line lost": desk.cut_off,
            "line closed": lambda: desk.cut_off(lose=False),
            "crash": desk.crash,
            "give up": desk.give_up,
            "noise": lambda: printer.said.extend(stale if desk.jobs > len(b"123456789") else b"\x12\x10\x00\x00\x00"),
            "cutter_sticks": lambda: printer.set("cutter_sticks"),
        }
        return what[fault.kind]

    def _mute(self, *, on: bool) -> None:
        self.desk.printer.habits.mute = on or self.plan.habits.mute

    def _mend_all(self) -> None:
        """Whatever is planned happens, everything is put right, and the printer prints what it still has."""
        self.desk.idle(300)
        self.desk.printer.plan.clear()
        for trouble in sorted(self.desk.printer.troubles):
            self.desk.printer.mend(trouble)
        self.desk.idle(900)

    # --- what must hold ---

    def _judge(self) -> None:
        paper = self.desk.printer.paper
        for name, sale in self.sales.items():
            originals = sum(line == f"ORIGINAL sale {name}" for line in paper)
            if originals > 1:
                self.broken.append(f"sale {name} has {originals} ORIGINALs")
            if originals and not sale.copy.original:
                self.broken.append(f"sale {name} has an ORIGINAL of which the till says that there is none")
            if sale.copy.state is CopyState.PRINTED and not any(holds(paper, slip) for slip in sale.slips):
                self.broken.append(f"sale {name} is said to be printed and no slip of it is on the paper")
        for slip in self.none_of:
            if slip[-1].startswith("DUPLICATE") and holds(paper, slip[:-1]) and self.plan.lines:
                self.broken.append(f"a print of which nothing can have come out is on the paper: {slip[0]}")

    def on_paper(self) -> tuple[int, int]:
        """Sales with an ORIGINAL, and DUPLICATEs."""
        paper = self.desk.printer.paper
        return sum(line.startswith("ORIGINAL") for line in paper), sum(line.startswith("DUPLICATE") for line in paper)

    def lost(self) -> int:
        """Sales no slip of which is on the paper: each of them is open at the till, or the judge has said so."""
        paper = self.desk.printer.paper
        return sum(not any(holds(paper, slip) for slip in sale.slips) for sale in self.sales.values())


def holds(paper: list[str], slip: tuple[str, ...]) -> bool:
    """Whether a whole slip is on the paper, in one piece but for cuts."""
    lines = [line for line in paper if line != "-- cut --"]
    return any(tuple(lines[start : start + len(slip)]) == slip for start in range(len(lines) - len(slip) + 1))


def smaller(plan: Plan, till: str) -> Plan:
    """A plan that fails alike, with fewer faults and fewer prints."""
    found = True
    while found:
        found = False
        for candidate in _less(plan):
            if Play(candidate, till).run().broken:
                plan, found = candidate, True
                break
    return plan


def _less(plan: Plan) -> Iterator[Plan]:
    yield from (plan.without(index) for index in range(len(plan.faults)))
    if len(plan.prints) > 1:
        yield replace(
            plan, prints=plan.prints[:-1], faults=tuple(f for f in plan.faults if f.during + 1 < len(plan.prints))
        )


def campaign(
    count: int, seed: int, till: str = "kept", first: int = 0
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Play so many; figures, and the failures made small (the first three)."""
    states: Counter[str] = Counter()
    paper: Counter[str] = Counter()
    failures: list[dict[str, object]] = []
    broken = 0
    for number in range(first, first + count):
        play = Play(drawn(seed, number), till).run()
        states += play.states
        originals, duplicates = play.on_paper()
        paper.update(sales=len(play.sales), originals=originals, duplicates=duplicates, lost_and_open=play.lost())
        broken += bool(play.broken)
        if play.broken and len(failures) < 3:
            less = smaller(play.plan, till)
            again = (
                f"PYTHONPATH=tests python -m printers.schedules --seed {seed} --first {number} --count 1 --till {till}"
            )
            failures.append({"replay": again, "broken": play.broken, "smallest": repr(less)})
    figures = {
        "schedules": count, "seed": seed, "till": till, "prints": dict(sorted(states.items())), **paper,
        "broken": broken,
    }  # fmt: skip
    return figures, failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m printers.schedules", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first schedule")
    parser.add_argument("--till", choices=TYPES, default="kept", help="the rule, or one that breaks it")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    started = time.monotonic()
    figures, failures = campaign(args.count, args.seed, args.till, args.first)
    told = {**figures, "failures": failures, "seconds": round(time.monotonic() - started, 1)}
    lines = [f"{name}: {value}" for name, value in told.items() if name != "failures"]
    lines += [json.dumps(failure) for failure in failures]
    sys.stdout.write((json.dumps(told, indent=1) if args.json else "\n".join(lines)) + "\n")
    return 1 if told["broken"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
