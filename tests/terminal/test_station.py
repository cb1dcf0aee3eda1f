"""The step itself: one commit, nothing said before it, nothing moved when it fails, offenders kept masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from counterfoil.errors import StoreError
from counterfoil.step import Closed, Command, CommitFailed, Connected, Frame, NotSent, Performed
from counterfoil.terminal import TerminalStation
from counterfoil.terminal.records import Records
from terminal.counter import MERCHANT, PAN, PIN, T1, T2, TIMER, TMK, TRACK, Counter

CARD = {"pan": PAN, "track2": TRACK}


@pytest.fixture
def counter() -> Counter:
    return Counter(terminals=(T1, T2)).open_for_business()


def commits(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows by one with every commit from now on."""
    log: list[str] = []
    commit = counter.store.commit

    def counted() -> None:
        log.append("commit")
        commit()

    monkeypatch.setattr(counter.store, "commit", counted)
    return log


def sale(number: int, terminal: str = T1, **more: Any) -> Command:
    args = {"terminal": terminal, "amount": number, "currency": "CNY", "card": CARD, "pin": PIN, **more}
    return Command(number, "sale", args)


def test_one_step_is_one_commit_whatever_arrived(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    log = commits(counter, monkeypatch)
    counter.step(sale(901, key="a"), sale(902, T2, key="b"), sale(903), Command(904, "cancel", {"terminal": T2}))
    assert log == ["commit"]


def test_a_step_with_nothing_to_write_does_not_commit(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    log = commits(counter, monkeypatch)
    counter.ask("status")
    counter.ask("sale", terminal="nobody")
    counter.step(Connected("switch", T1), Closed("switch", T1), NotSent("switch", T1, 999))
    counter.step()
    assert log == []


def test_a_failed_commit_says_nothing(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise CommitFailed("disk full")

    monkeypatch.setattr(counter.store, "commit", fail)
    before = len(counter.said)
    with pytest.raises(CommitFailed):
        counter.sale()
    assert counter.said[before:] == []


def test_an_exception_leaves_the_station_as_it_was(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("constraint")

    with monkeypatch.context() as patch:
        patch.setattr(counter.station._records, "write", refuse)
        with pytest.raises(StoreError):
            counter.step(sale(901, key="k"), sale(902, T2))
    assert counter.ask("status", terminal=T1)["terminals"][0]["stan"] == "000001"
    assert counter.station.wakes_at() is None
    counter.step(sale(901, key="k"))
    assert counter.request("0200").de11 == "000002"


def test_an_attempt_is_never_written_over(counter: Counter) -> None:
    counter.sale(amount=7)
    counter.answer()
    counter.store.execute("UPDATE device SET stan = 1 WHERE terminal = ?", (T1,))
    counter.restart()
    counter.station._lanes[T1].signed_on = True
    counter.station._started = True
    with pytest.raises(StoreError):
        counter.sale(amount=8)
    assert counter.newest().amount == 7


@pytest.mark.parametrize(
    "offender",
    [
        sale(901),
        Frame("switch", T1, b"\x60" + bytes(40), 1),
        Frame("switch", T1, b"", 1),
        Frame("switch", "nobody", b"\x60" + bytes(40), 1),
        Performed("receipt", "a name", True),
        Closed("switch", T1),
    ],
)
def test_an_offender_is_kept_without_its_secrets(counter: Counter, offender: Any) -> None:
    counter.station.quarantine(counter.now, offender, "ValueError")
    counter.station.quarantine(counter.now, offender, "ValueError")
    rows = counter.store.query("SELECT kind, reason, detail FROM quarantine")
    assert [row[:2] for row in rows] == [(type(offender).__name__, "ValueError")] * 2
    for secret in (PAN, TRACK, PIN):
        assert secret not in str(rows)
    assert isinstance(json.loads(rows[0][2]), dict)


def test_a_readable_offender_is_kept_masked(counter: Counter) -> None:
    counter.sale()
    packet = counter.host.answer(counter.request(), de2=PAN)
    counter.station.quarantine(counter.now, Frame("switch", T1, packet, 1), "KeyError")
    detail = json.loads(counter.store.query("SELECT detail FROM quarantine")[0][0])
    assert (detail["mti"], detail["2"], detail["39"]) == ("0210", "************0013", "00")
    assert "64" not in detail


def test_print_jobs_of_nobody_change_nothing(counter: Counter) -> None:
    names = [f"{T1}-000001-000777.cardholder.1", "NOBODY01-000001-000002.merchant.1", f"{T1}-000001-000002.notice.1"]
    assert counter.step(*[Performed("receipt", name, True) for name in names]) == []
    assert counter.step(Performed("sms", "whatever", True)) == []


def test_it_wakes_for_the_nearest_of_all_terminals(counter: Counter) -> None:
    counter.sale(terminal=T2)
    first = counter.now
    counter.step(after=1000)
    counter.sale(terminal=T1)
    assert counter.station.wakes_at() == first + TIMER
    counter.line.pop(0)
    counter.step(after=TIMER - 1000)
    assert counter.newest(T2).state == "reversing"
    assert counter.newest(T1).state == "sent"


def test_a_new_store_gets_its_own_keys_once(counter: Counter) -> None:
    keys = counter.store.query("SELECT usage, blob FROM own_key ORDER BY usage")
    assert [row[0] for row in keys] == ["DATA", "TOKEN"]
    TerminalStation(Records(counter.store), counter.hsm)
    assert counter.store.query("SELECT usage, blob FROM own_key ORDER BY usage") == keys


def test_a_terminal_without_a_header_speaks_without_one() -> None:
    counter = Counter(terminals=())
    counter.tell("enrol", terminal=T1, merchant=MERCHANT, tmk=TMK.hex(), header="")
    assert counter.line[0].data[:7].hex() == "60000300000800"


def test_an_offender_that_breaks_the_reader_too_is_kept_by_its_size(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("counterfoil.terminal.wire.read", broken)
    counter.station.quarantine(counter.now, Frame("switch", T1, bytes(9), 1), "ValueError")
    assert json.loads(counter.store.query("SELECT detail FROM quarantine")[0][0]) == {"bytes": 9}
