"""Maintenance tickets: a number is given once, however many open one at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from counterfoil.errors import StoreError
from counterfoil.inquiry import tickets as module
from counterfoil.inquiry.tickets import NoTicket, close_ticket, open_ticket, tickets

AT = "2026-03-14T04:00:00+00:00"


def test_many_open_one_at_the_same_time_and_each_has_a_number_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "tickets"
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda cause: open_ticket(folder, opened_at=AT, cause=cause), map(str, range(20))))
    assert len({ticket.number for ticket in opened}) == 20
    assert {ticket.cause for ticket in tickets(folder)} == {str(number) for number in range(20)}
    assert len(list(folder.iterdir())) == 20, "no draft is left"


def test_a_closed_one_keeps_what_it_was_and_says_who_closed_it(tmp_path: Path) -> None:
    ticket = open_ticket(tmp_path, opened_at=AT, cause="head", printer="usb:/dev/usb/lp0", contact="Ms Li")
    closed = close_ticket(tmp_path, ticket.number, AT, "07", "head replaced")
    assert (closed.state, closed.closed_by, closed.note, closed.cause) == ("closed", "07", "head replaced", "head")
    assert tickets(tmp_path) == []
    assert tickets(tmp_path, closed=True) == [closed]
    with pytest.raises(NoTicket) as no:
        close_ticket(tmp_path, ticket.number, AT, "07", "")
    assert (str(no.value), no.value.zh) == ("ticket M-000001 is closed already", "工单 M-000001 已关闭")
    with pytest.raises(NoTicket) as no:
        close_ticket(tmp_path, "M-000002", AT, "07", "")
    assert (str(no.value), no.value.zh) == ("there is no ticket M-000002", "没有工单 M-000002")


def test_a_number_is_one_higher_than_the_highest_there_is_and_the_file_is_for_people_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "tickets"
    first = open_ticket(
        folder, opened_at=AT, cause="head", advice={"en": "clean it", "zh": "请清洁"}, record={"steps": 3}
    )
    assert (first.number, first.state, first.owner) == ("M-000001", "open", "service")
    assert (folder.stat().st_mode & 0o777) == 0o700
    text = (folder / "M-000001.json").read_text("utf-8")
    assert text.endswith("}\n")
    assert text.count("\n") > 10
    assert msgspec.json.decode(text) == {
        "number": "M-000001",
        "opened_at": AT,
        "state": "open",
        "owner": "service",
        "contact": "",
        "printer": "",
        "ref": "",
        "cause": "head",
        "advice": {"en": "clean it", "zh": "请清洁"},
        "closed_at": "",
        "closed_by": "",
        "note": "",
        "record": {"steps": 3},
    }
    (folder / "M-000041.json").write_bytes((folder / "M-000001.json").read_bytes())
    (folder / "M-next.json").write_text("{}")
    assert open_ticket(folder, opened_at=AT).number == "M-000042"
    closed = close_ticket(folder, "M-000042", "2026-03-15T04:00:00+00:00", "07", "none found")
    assert (closed.opened_at, closed.closed_at) == (AT, "2026-03-15T04:00:00+00:00")
    assert [ticket.number for ticket in tickets(folder)] == ["M-000001", "M-000001", "M-next"]
    assert [ticket.number for ticket in tickets(folder, closed=True)][2] == "M-000042"


def test_a_printer_keeps_its_open_ticket_for_a_cause_with_the_newest_contact(tmp_path: Path) -> None:
    def again(printer: str, cause: str, contact: str = "") -> str:
        return open_ticket(tmp_path, opened_at=AT, printer=printer, cause=cause, contact=contact).number

    assert [again("tcp://a", "wet"), again("tcp://a", "wet", "Ms Li"), again("tcp://a", "wet")] == ["M-000001"] * 3
    assert [ticket.contact for ticket in tickets(tmp_path)] == ["Ms Li"]
    assert [again("tcp://b", "wet"), again("tcp://a", "head"), again("", "wet")] == ["M-000002", "M-000003", "M-000004"]
    assert again("", "wet") == "M-000005", "nobody knows that it is the same printer"
    close_ticket(tmp_path, "M-000001", AT, "07", "")
    assert again("tcp://a", "wet") == "M-000006", "a closed one is not opened again"


@pytest.mark.parametrize("damage", [b"", b"{", b'{"number": "\xff"}', b"[]"])
def test_one_that_cannot_be_read_hides_no_other_and_is_listed_as_open(tmp_path: Path, damage: bytes) -> None:
    first, second, third = (open_ticket(tmp_path, opened_at=AT, cause=cause) for cause in ("a", "b", "c"))
    (tmp_path / f"{second.number}.json").write_bytes(damage)
    found = tickets(tmp_path)
    assert [ticket.number for ticket in found] == [first.number, second.number, third.number]
    assert [ticket.cause for ticket in found] == ["a", "unreadable", "c"]
    assert (found[1].opened_at, found[1].state) == ("", "open")
    with pytest.raises(StoreError) as no:
        close_ticket(tmp_path, second.number, AT, "07", "")
    path = tmp_path / f"{second.number}.json"
    assert (str(no.value), no.value.zh) == (f"{path} cannot be read as a ticket", f"{path} 不是有效的工单")


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tickets").write_text("not a folder")
    with pytest.raises(StoreError) as error:
        open_ticket(tmp_path / "tickets", opened_at=AT)
    path = tmp_path / "tickets"
    assert str(error.value).startswith(f"{path} cannot be written: ")
    assert error.value.zh.startswith(f"无法写入 {path}：")
    assert "?" not in str(error.value)


@pytest.mark.parametrize("failing", [("write_file", "make_file"), ("sync_directory",)])
def test_a_ticket_that_cannot_be_written_is_not_closed_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: tuple[str, ...]
) -> None:
    ticket = open_ticket(tmp_path, opened_at=AT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in failing:
        monkeypatch.setattr(module, name, full)
    attempts: list[Callable[[], object]] = [
        lambda: close_ticket(tmp_path, ticket.number, AT, "07", ""),
        lambda: open_ticket(tmp_path, opened_at=AT),
    ]
    for attempt in attempts:
        with pytest.raises(StoreError) as error:
            attempt()
        assert str(error.value) == f"{tmp_path} cannot be written: no space left on device"
        assert error.value.zh == f"无法写入 {tmp_path}：磁盘空间不足"
    monkeypatch.undo()
    for name in failing:
        monkeypatch.setattr(module, name, nameless)
    with pytest.raises(StoreError, match=r"cannot be written: OSError$"):
        open_ticket(tmp_path, opened_at=AT)


def nameless(*_: object) -> None:
    raise OSError


def test_every_ticket_is_on_the_disk_before_its_number_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(module, "sync_directory", synced.append)
    ticket = open_ticket(tmp_path, opened_at=AT)
    close_ticket(tmp_path, ticket.number, AT, "07", "")
    assert synced == [tmp_path, tmp_path]
