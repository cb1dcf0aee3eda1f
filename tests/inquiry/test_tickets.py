"""Maintenance tickets: a number is given once, however many open one at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
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
    with pytest.raises(NoTicket):
        close_ticket(tmp_path, ticket.number, AT, "07", "")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"number": "\xff"}', b"[]"])
def test_one_that_cannot_be_read_hides_no_other_and_is_listed_as_open(tmp_path: Path, damage: bytes) -> None:
    first, second, third = (open_ticket(tmp_path, opened_at=AT, cause=cause) for cause in ("a", "b", "c"))
    (tmp_path / f"{second.number}.json").write_bytes(damage)
    found = tickets(tmp_path)
    assert [ticket.number for ticket in found] == [first.number, second.number, third.number]
    assert [ticket.cause for ticket in found] == ["a", "unreadable", "c"]
    with pytest.raises(StoreError):
        close_ticket(tmp_path, second.number, AT, "07", "")


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tickets").write_text("not a folder")
    with pytest.raises(StoreError) as error:
        open_ticket(tmp_path / "tickets", opened_at=AT)
    assert error.value.zh
