"""The whole tree of help for printers: every state of the world, every answer, and what each end may then say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from counterfoil.receipts.causes import OUTCOMES
from counterfoil.receipts.copies import CLOSED, CopyState
from counterfoil.receipts.diagnosis import PrinterFacts, diagnose
from counterfoil.receipts.printers.status import Trouble
from counterfoil.verdict.finding import Verdict
from counterfoil.words import Text

POWER = re.compile(r"(?i)(?<!not )switch (it|the printer) off|关机重开|关机后|(?<!勿)断电")
"""Words that tell somebody to take the power away: what is in the printer is lost."""
SERVICE = re.compile(r"(?i)\bservice\b")
SERVICE_ZH = re.compile("报修|维修")
TROUBLES = ("", "ours", *(each.value for each in Trouble))
IN_DOUBT = ("sending", "sent", "unknown")
LINE = ("unreachable", "lost", "refused", "mute")


class Path(NamedTuple):
    """One way through the tree: what the probes found, what was answered on the way, and the end."""

    facts: PrinterFacts
    said: dict[str, str]
    asked: tuple[Text, ...]
    cause: str
    advice: Text
    service: bool

    def __str__(self) -> str:
        return f"{self.facts} {self.said} -> {self.cause}"

    @property
    def holds(self) -> bool:
        """Whether a slip may be in the printer: it has not worked through everything, and one of ours is in doubt."""
        return self.facts.in_order is not True and (self.facts.holds or self.facts.receipt in IN_DOUBT)


def worlds() -> Iterator[PrinterFacts]:
    """Everything the probes can find."""
    sales = [("", False, 0, "")]
    for each, asked, prints in itertools.product(Verdict, (False, True), (0, 1)):
        sales += [(each.value, asked, prints, state.value) for state in CopyState]
    for (verdict, asked, prints, receipt), way in itertools.product(sales, ("tcp", "serial", "usb", "cups", "file")):
        known: dict[str, Any] = {"verdict": verdict, "asked": asked, "prints": prints, "receipt": receipt, "way": way}
        if way in ("cups", "file"):
            yield PrinterFacts(**known)
            continue
        for trouble, holds in itertools.product(TROUBLES, (False, True)):
            for in_order in (None, True, False) if not trouble else (None,):
                yield PrinterFacts(**known, trouble=trouble, holds=holds, in_order=in_order)


def walks(facts: PrinterFacts, said: dict[str, str], asked: tuple[Text, ...]) -> Iterator[Path]:
    """Every way on from here."""
    found = diagnose(facts, said)
    if found.question is None:
        assert found.outcome is not None
        end = found.outcome
        yield Path(facts, said, asked, end.cause, end.advice, end.service)
        return
    assert found.question.name not in said, "nobody is asked twice"
    for choice in found.question.choices or ("yes", "no"):
        yield from walks(facts, {**said, found.question.name: choice}, (*asked, found.question.text))


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    return [path for facts in worlds() for path in walks(facts, {}, ())]


def said(**words: str) -> Callable[[Path], bool]:
    return lambda path: all(path.said.get(name) == word for name, word in words.items())


def trouble(*words: str) -> Callable[[Path], bool]:
    return lambda path: path.facts.trouble in words


def both(*conditions: Callable[[Path], bool]) -> Callable[[Path], bool]:
    return lambda path: all(condition(path) for condition in conditions)


def paid(path: Path) -> bool:
    return path.facts.verdict.startswith("PAID")


def wanted(path: Path) -> bool:
    return bool(path.facts.verdict) and path.facts.receipt not in CLOSED


def no_fault(path: Path) -> bool:
    return not path.facts.trouble


def a_line(path: Path) -> bool:
    return path.facts.way not in ("cups", "file")


HOLDS: dict[str, Callable[[Path], bool]] = {
    "no_sale": lambda path: path.facts.verdict in ("NOT_CHARGED", "RETURNING", "RETURNED") and path.facts.asked,
    "undecided": lambda path: path.facts.verdict in ("UNKNOWN", "EXCEPTION") and path.facts.asked,
    "no_job": lambda path: paid(path) and not path.facts.prints and wanted(path),
    "no_printer": lambda path: path.facts.way == "file",
    "power": both(trouble(*LINE), said(lamp="off", smell="no", swap="none")),
    "supply": both(trouble(*LINE), said(lamp="off", smell="no", swap="on")),
    "repair": both(trouble(*LINE), said(lamp="off", smell="no", swap="off")),
    "wet": both(trouble(*LINE), said(lamp="off", smell="yes")),
    "cable": both(trouble("unreachable", "lost"), said(lamp="on", cable="no")),
    "network": both(trouble("unreachable", "lost"), said(lamp="on", cable="yes")),
    "starting": both(trouble("refused"), said(lamp="on")),
    "mute": both(trouble("mute"), said(lamp="on"), lambda path: not path.holds),
    "held": lambda path: path.holds and (said(lamp="on")(path) if trouble("mute")(path) else no_fault(path)),
    **{one: trouble(one) for one in ("busy", "ours", "cover_open", "paper_out", "jam", "cutter", "unrecoverable")},
    **{one: trouble(one) for one in ("hot_head", "feed_held", "offline")},
    "stuck": lambda path: no_fault(path) and path.facts.in_order is not True and not path.holds,
    "spooler": lambda path: path.facts.way == "cups" and path.said["paper"] == "nothing",
    "reprint": both(no_fault, wanted, lambda path: path.said.get("code") == "yes" or path.said.get("paper") == "good"),
    "fine": both(no_fault, lambda path: path.said.get("code") == "yes" or path.said.get("paper") == "good"),
    "another": both(a_line, no_fault, said(code="no", paper="good")),
    "no_paper": both(said(code="no", paper="nothing"), lambda path: path.facts.in_order is True),
    "settings": both(no_fault, said(paper="garbage")),
    "roll": both(no_fault, said(paper="blank", scratch="no")),
    "blank": both(no_fault, said(paper="blank", scratch="yes"), lambda path: path.holds),
    "head": both(no_fault, said(paper="blank", scratch="yes", self_test="no")),
    "data": both(no_fault, said(paper="blank", scratch="yes", self_test="yes")),
}
"""What must be so for an end to be said: what was found and answered, and nothing that excludes it."""

CASHIER = {
    "no_sale", "undecided", "no_job", "power", "cable", "starting", "busy", "ours", "mute", "cover_open", "paper_out",
    "jam", "cutter", "hot_head", "feed_held", "offline", "stuck", "spooler", "reprint", "roll", "another", "fine",
}  # fmt: skip
ADMINISTRATOR = {"no_printer"}
FOLLOWED_UP = {"power", "starting", "busy", "mute", "offline", "stuck", "spooler", "another"}
"""What a cashier does there may not help: then somebody is named."""


def test_every_end_is_reached_and_each_has_its_condition(paths: list[Path]) -> None:
    assert {path.cause for path in paths} == set(OUTCOMES) == set(HOLDS)


def test_no_end_contradicts_what_was_found_or_answered(paths: list[Path]) -> None:
    assert [str(path) for path in paths if not HOLDS[path.cause](path)] == []


def test_nobody_is_told_to_take_the_power_from_a_printer_that_may_hold_a_receipt(paths: list[Path]) -> None:
    lit = [path for path in paths if path.holds and path.said.get("lamp") != "off"]
    assert [str(path) for path in lit if any(POWER.search(text) for text in path.advice)] == []
    asked = [path for path in lit if any(POWER.search(text) for question in path.asked for text in question)]
    assert [str(path) for path in asked] == []
    assert any(POWER.search(path.advice.en) and POWER.search(path.advice.zh) for path in paths), "the words are known"


def test_what_a_cashier_mends_at_a_printer_that_holds_a_receipt_comes_with_the_warning(paths: list[Path]) -> None:
    mended = {"cover_open", "paper_out", "jam", "cutter", "hot_head", "feed_held", "offline", "cable"}
    for path in paths:
        if path.cause in mended:
            assert ("Do not switch it off" in path.advice.en) is path.holds, path
            assert ("请勿关机" in path.advice.zh) is path.holds, path


def test_every_end_is_a_cashiers_or_goes_to_somebody_who_is_named() -> None:
    service = {one.cause for one in OUTCOMES.values() if one.service}
    assert service | CASHIER | ADMINISTRATOR == set(OUTCOMES)
    assert not service & CASHIER
    assert not [cause for cause, one in OUTCOMES.items() if "客服" in one.advice.zh]  # that is support
    for cause in service | FOLLOWED_UP:
        assert SERVICE.search(OUTCOMES[cause].advice.en), cause
        assert SERVICE_ZH.search(OUTCOMES[cause].advice.zh), cause
    assert "administrator" in OUTCOMES["no_printer"].advice.en
