"""Receipts and notifications become files: whole, once, or known not to be there."""

import asyncio
import os
from pathlib import Path

import pytest

from counterfoil.links import performers
from counterfoil.links.performers import FileWriter, write_all, write_file
from counterfoil.step import Inbound, Perform, Performed
from links.stations import run


class Inbox:
    def __init__(self) -> None:
        self.items: list[Inbound] = []

    def arrive(self, item: Inbound) -> None:
        self.items.append(item)


def perform(tmp_path: Path, *items: Perform) -> list[Inbound]:
    """Carry items out and return what was reported."""
    for kind in ("receipts", "sms"):
        (tmp_path / kind).mkdir(exist_ok=True)
    inbox = Inbox()

    async def test() -> None:
        writer = FileWriter({"receipt": tmp_path / "receipts", "sms": tmp_path / "sms"}, inbox)
        for item in items:
            writer.perform(item)
            await asyncio.sleep(0)
        await writer.stop()

    run(test)
    return inbox.items


def test_what_was_performed_is_there_and_reported_in_order(tmp_path: Path) -> None:
    items = [Perform("receipt" if n % 2 else "sms", f"n{n}", f"文 {n}") for n in range(20)]
    assert perform(tmp_path, *items) == [Performed(item.kind, item.name, True) for item in items]
    assert (tmp_path / "sms" / "n4.txt").read_text("utf-8") == "文 4"
    assert (tmp_path / "receipts" / "n5.txt").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.rglob("*.tmp"))


def test_one_that_cannot_be_written_keeps_none_of_its_round_from_being_reported(tmp_path: Path) -> None:
    round_ = [Perform("sms", name, text) for name, text in (("a", "a"), ("half", "\ud83d"), ("b", "b"))]
    trouble = Performed("sms", "half", False, "not a text that can be written")
    assert perform(tmp_path, *round_) == [Performed("sms", "a", True), trouble, Performed("sms", "b", True)]


def test_a_round_that_ends_in_an_error_nobody_expected_is_reported_and_the_next_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(performers, "write_all", broken)
    inbox = Inbox()

    async def test() -> None:
        writer = FileWriter({"sms": tmp_path}, inbox)
        writer.perform(Perform("sms", "one", "text"))
        with pytest.raises(ZeroDivisionError):
            await writer.stop()
        monkeypatch.undo()
        writer.perform(Perform("sms", "one", "text"))
        await writer.stop()

    run(test)
    assert inbox.items == [Performed("sms", "one", False, "unwritable"), Performed("sms", "one", True)]


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    item = Perform("receipt", "same", "text")
    assert [each.ok for each in perform(tmp_path, item, item) if isinstance(each, Performed)] == [True, True]
    assert [path.name for path in (tmp_path / "receipts").iterdir()] == ["same.txt"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("receipt", "../escaped"),
        ("receipt", "a/b"),
        ("receipt", ""),
        ("receipt", ".hidden"),
        ("receipt", "x" * 200),
        ("fax", "fine"),
    ],
)
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    (done,) = perform(tmp_path, Perform(kind, name, "text"))
    assert isinstance(done, Performed)
    assert not done.ok
    assert not list(tmp_path.rglob("*.txt"))


def test_a_disk_that_refuses_one_does_not_refuse_the_others(tmp_path: Path) -> None:
    (tmp_path / "sms").mkdir()
    done = write_all(
        {"sms": tmp_path / "sms", "receipt": tmp_path / "missing"},
        [Perform("sms", "a", "x"), Perform("receipt", "b", "x"), Perform("sms", "c", "x")],
    )
    assert [each.ok for each in done] == [True, False, True]
    assert done[1].detail == "unwritable"


def test_a_file_that_could_not_be_written_whole_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.txt"
    write_file(path, "before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_file(path, "after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.txt"]


def test_what_is_done_together_is_written_each_under_its_name_and_reported_once(tmp_path: Path) -> None:
    texts = (("a", "one"), ("b", "two"))
    (done,) = perform(tmp_path, Perform("sms", "both", "", texts=texts))
    assert done == Performed("sms", "both", True)
    assert {path.stem: path.read_text() for path in (tmp_path / "sms").iterdir()} == dict(texts)


def test_nothing_is_written_when_one_of_those_done_together_has_no_file_name(tmp_path: Path) -> None:
    (done,) = perform(tmp_path, Perform("sms", "both", "", texts=(("a", "one"), ("../b", "two"))))
    assert isinstance(done, Performed)
    assert not done.ok
    assert list((tmp_path / "sms").iterdir()) == []


def test_one_that_cannot_be_written_does_not_keep_the_others_of_its_step(tmp_path: Path) -> None:
    (tmp_path / "sms" / "b.txt").mkdir(parents=True)
    (done,) = write_all(
        {"sms": tmp_path / "sms"}, [Perform("sms", "all", "", texts=(("a", "1"), ("b", "2"), ("c", "3")))]
    )
    assert not done.ok
    assert (tmp_path / "sms" / "a.txt").read_text() == "1"
    assert (tmp_path / "sms" / "c.txt").read_text() == "3"
