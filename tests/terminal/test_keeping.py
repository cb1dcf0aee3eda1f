"""Sealed card numbers leave the terminals' store: at the end of a sale, and on a date where its receipt stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.step import DAY
from counterfoil.terminal import keeping
from counterfoil.terminal.stubs import numbers_held
from terminal.counter import PAN, T1, Counter

REF = f"{T1}/000001/000002"
LATER = 8 * DAY


def held(counter: Counter) -> int:
    return numbers_held(counter.store).number


def unprinted(counter: Counter) -> Counter:
    """A sale that is approved, and whose printer says nothing."""
    counter.printer = None
    counter.sale()
    counter.answer()
    assert (counter.attempt(REF).state, held(counter)) == ("approved", 1)
    return counter


def test_the_number_of_a_sale_whose_receipt_stays_open_leaves_on_its_date() -> None:
    counter = unprinted(Counter(numbers_kept_days=7).open_for_business())
    counter.step(after=7 * DAY)
    assert held(counter) == 1
    before = counter.attempt(REF)
    wakes = counter.station.wakes_at()
    assert wakes is not None
    counter.step(after=wakes - counter.now)
    assert held(counter) == 0
    after = counter.attempt(REF)
    assert (after.pan, after.state, after.updated_at) == (b"", "approved", before.updated_at)


@pytest.mark.parametrize("late", [False, True])
def test_goods_that_were_kept_are_returned_also_after_the_date(late: bool) -> None:
    counter = unprinted(Counter().open_for_business())
    counter.restart()
    counter.printer = True
    counter.step(after=LATER if late else 0)
    counter.step(after=keeping.PAUSE)
    counter.answer(mti="0800")
    assert held(counter) == (0 if late else 1)
    counter.ask("goods", ref=REF, answer="kept")
    request = counter.request("0400")
    assert (request.de2, request.de11, request.de60) == (None if late else PAN, "000002", "22000001000")
    counter.receive(counter.host.answer(request))
    assert (counter.attempt(REF).state, held(counter)) == ("reversed", 0)


def test_what_owes_a_reversal_keeps_its_number_until_it_is_answered_or_a_supervisor_has_it() -> None:
    counter = Counter(tries=1).open_for_business()
    counter.sale()
    counter.time_out()
    counter.time_out()
    counter.step(after=LATER)
    assert (counter.attempt(REF).state, held(counter)) == ("reversing", 1)
    counter.ask("escalate", ref=REF, operator="02", reason="printer and line are gone")
    assert (counter.attempt(REF).state, held(counter)) == ("escalated", 0)


def test_an_escalated_sale_of_an_earlier_version_loses_its_number() -> None:
    counter = unprinted(Counter().open_for_business())
    counter.store.execute("UPDATE attempt SET state = 'escalated'")
    counter.restart()
    counter.step(after=LATER)
    assert held(counter) == 0


def test_a_step_looks_at_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    terminals = tuple(f"T000000{n}" for n in range(1, 6))
    counter = Counter(terminals=terminals).open_for_business()
    counter.printer = None
    for terminal in terminals:
        counter.sale(terminal=terminal)
        counter.answer()
    assert held(counter) == 5
    counter.restart()
    left = []
    counter.step()
    counter.step(after=LATER)
    while held(counter):
        left.append(held(counter))
        counter.step(after=keeping.PAUSE)
    assert left == [3, 1]


def test_no_sealed_number_remains_in_the_files_of_a_store(tmp_path: Path) -> None:
    counter = unprinted(Counter(str(tmp_path / "store.db")).open_for_business())
    sealed = counter.attempt(REF).pan
    counter.store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert sealed in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    counter.step(after=LATER)
    counter.step(after=keeping.PAUSE)
    counter.store.close()
    assert sealed not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
