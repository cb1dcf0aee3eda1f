"""Printers of single terminals: given at registration or later, told by status, used by every slip and question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from counterfoil.step import Perform, Performed
from counterfoil.storage import open_store
from counterfoil.terminal.records import migrations
from counterfoil.terminal.stubs import device
from terminal.counter import MERCHANT, T1, T2, TMK, Counter

FIRST, SECOND = "tcp://192.0.2.8?profile=epson-tm-t20iii", "usb:/dev/usb/lp0"
BOTH = {"printer": FIRST, "printer2": SECOND}
NAMED = {T1: ("tcp://192.0.2.1", "tcp://192.0.2.2")}


def own(counter: Counter, kind: str, terminal: str) -> set[tuple[str, str]]:
    """The printers that went with everything said to a printer for a terminal."""
    said = [one for one in counter.said if isinstance(one, Perform) and one.kind == kind]
    return {one.own for one in said if one.name.startswith(terminal)}


def shown(counter: Counter, terminal: str) -> tuple[str, str, bool]:
    told = counter.ask("status", terminal=terminal)["terminals"][0]
    return told["printer"], told["printer2"], told["second"]


def test_two_terminals_print_on_printers_of_their_own(tmp_path: Path) -> None:
    counter = Counter(str(tmp_path / "store.db"), terminals=(T1, T2), printer=True).open_for_business()
    assert counter.ask("printers", terminal=T2, **BOTH) == {"terminal": T2, **BOTH, "second": True}
    for terminal in (T1, T2):
        counter.sale(terminal=terminal)
        counter.answer(mti="0200")
    assert (own(counter, "receipt", T1), own(counter, "receipt", T2)) == ({("", "")}, {(FIRST, SECOND)})
    assert (own(counter, "printer", T1), own(counter, "printer", T2)) == ({("", "")}, {(FIRST, SECOND)})
    counter.restart()
    counter.step()
    assert shown(counter, T2) == (FIRST, SECOND, True), "it is on the disk"
    assert shown(counter, T1) == ("", "", False)


def test_a_terminal_is_registered_with_its_printers_and_a_repeat_without_them_keeps_them() -> None:
    counter = Counter(printer=True).open_for_business()
    args = {"terminal": T2, "merchant": MERCHANT, "name": "New", "tmk": TMK.hex()}
    assert counter.ask("enrol", **args, **BOTH)["enrolled"] is True
    counter.open_for_business()
    assert shown(counter, T2) == (FIRST, SECOND, True)
    counter.ask("enrol", **args)
    assert shown(counter, T2) == (FIRST, SECOND, True)
    counter.ask("enrol", **args, printer2="none")
    assert shown(counter, T2) == (FIRST, "none", False)
    counter.ask("enrol", **{**args, "name": "Newer"}, printer="")
    assert shown(counter, T2) == ("", "none", False), "registered again with another name"


@pytest.mark.parametrize(
    ("settings", "given", "told"),
    [
        ({}, {}, ("", "", False)),
        ({"printer": True}, {}, ("", "", False)),
        ({"printer": True, "printer2": True}, {}, ("", "", True)),
        ({"printer": True, "printer2": True}, {"printer2": "none"}, ("", "none", False)),
        ({"printer": True, "printer2": True}, {"printer": "none"}, ("none", "", False)),
        ({"printer": True, "printer2": True}, {"printer": FIRST}, (FIRST, "", True)),
        ({"printers": NAMED}, {}, (*NAMED[T1], True)),
        ({"printers": NAMED}, {"printer": FIRST}, (FIRST, NAMED[T1][1], True)),
        ({"printers": NAMED}, {"printer": FIRST, "printer2": "none"}, (FIRST, "none", False)),
    ],
)
def test_what_was_registered_comes_before_the_settings_and_each_printer_by_itself(
    settings: dict[str, Any], given: dict[str, str], told: tuple[str, str, bool]
) -> None:
    counter = Counter(**settings).open_for_business()
    assert counter.ask("printers", terminal=T1, **given)["terminal"] == T1
    assert shown(counter, T1) == told


def test_a_terminal_without_a_printer_is_asked_about_none_and_its_slips_are_files() -> None:
    counter = Counter(printer=True).open_for_business()
    counter.ask("printers", terminal=T1, printer="none")
    counter.sale()
    counter.answer(mti="0200")
    assert own(counter, "printer", T1) == set()
    slips = [one for one in counter.said if isinstance(one, Perform) and one.kind == "receipt"]
    assert slips
    assert all(one.text and not one.document for one in slips)


def test_a_terminal_with_the_only_printer_is_asked_about_it() -> None:
    counter = Counter().open_for_business()
    counter.ask("printers", terminal=T1, printer=FIRST)
    counter.sale()
    counter.answer(mti="0200")
    assert own(counter, "printer", T1) == {(FIRST, "")}
    slips = [one for one in counter.said if isinstance(one, Perform) and one.kind == "receipt"]
    assert all(one.document for one in slips)


@pytest.mark.parametrize(
    ("settings", "wrong", "detail"),
    [
        ({"printer": True}, {"printer": 5}, "printer"),
        ({"printer": True}, {"printer": "second"}, "printer"),
        ({"printer": True}, {"printer": "a\nb"}, "printer"),
        ({"printer": True}, {"printer2": "x" * 201}, "printer2"),
        ({}, {"printer2": SECOND}, "printer2"),
        ({"printer": True}, {"printer": "none", "printer2": SECOND}, "printer2"),
        ({"printer": True, "paper": "required"}, {"printer": "none"}, "printer"),
    ],
)
def test_printers_that_make_no_sense_change_nothing(
    settings: dict[str, Any], wrong: dict[str, Any], detail: str
) -> None:
    counter = Counter(**settings).open_for_business()
    before = shown(counter, T1)
    for verb, more in (("printers", {}), ("enrol", {"merchant": MERCHANT, "tmk": TMK.hex()})):
        told = counter.ask(verb, terminal=T1, **more, **wrong)
        assert (told["error"], told["message"]["en"].partition(": ")[2]) == ("bad_request", f"{detail}.")
        assert shown(counter, T1) == before
    assert counter.ask("printers", terminal="T0000099")["error"] == "unknown_terminal"


def test_printers_are_changed_while_a_slip_is_at_one_and_hold_from_the_next_on() -> None:
    counter = Counter(printer=True).open_for_business()
    counter.printer = None
    counter.sale()
    counter.answer(mti="0200")
    counter.ask("printers", terminal=T1, **BOTH)
    assert own(counter, "receipt", T1) == {("", "")}
    for copy in ("merchant", "cardholder"):
        counter.step(Performed("receipt", counter.receipts(copy)[0], True, state="printed"))
    counter.tell("receipt", ref=counter.newest().ref)
    assert own(counter, "receipt", T1) == {("", ""), (FIRST, SECOND)}


def test_a_store_of_before_has_the_printers_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations()[:8], lock=False)
    columns = old.query("SELECT name, type FROM pragma_table_info('device')")
    row = {name: {"text": "", "bytea": b""}.get(kind, 1) for name, kind in columns} | {
        "terminal": T1,
        "batch": "000004",
    }
    with old.transaction():
        marks = ", ".join("?" * len(row))
        old.execute(f"INSERT INTO device ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        old.commit()
    old.close()
    new = open_store(path, migrations(), lock=False)
    found = device(new, T1)
    new.close()
    assert found is not None
    assert (found.batch, found.printer, found.printer2) == ("000004", "", "")
