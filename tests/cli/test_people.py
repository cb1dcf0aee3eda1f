"""`counterfoil people reset-password`: who gets a new password, who is refused, and what ends with the old one."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from cli.calling import said
from console.desk import PASSWORD, QUICK
from counterfoil.console import audit, lost
from counterfoil.console.guesses import PATIENCE
from counterfoil.console.people import NotAllowed, People, Role, TooManyError
from counterfoil.links.control import ControlServer
from counterfoil.links.control import ask as ask_channel
from counterfoil.stack.layout import CONSOLE, Layout, Running
from counterfoil.storage import migrations_of, open_store

AT = 1_790_000_000_000_000
HERE = "192.0.2.1"
NEW = "another long password"
VERB = ("people", "reset-password")


@contextmanager
def house(layout: Layout) -> Iterator[People]:
    """The people of a console, its store open as its owner's."""
    store = open_store(layout.store(CONSOLE), migrations_of("counterfoil.console"))
    try:
        yield People(store, lambda: AT, QUICK)
    finally:
        store.close()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.prepare()
    with house(made) as people:
        for name, role in {"ada": Role.ADMIN, "eve": Role.ADMIN, "bob": Role.ADMIN, "lin": Role.CASHIER}.items():
            people.add(name, role, PASSWORD, by="test")
        people.change("bob", Role.SUPERVISOR, by="ada")
        people.disable("eve", by="ada", why="left")
    return made


@contextmanager
def running(layout: Layout, people: People) -> Iterator[Running]:
    """The control channel of a console at work, in a thread of its own."""
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever)
    serving.start()
    control = ControlServer("127.0.0.1", 0, "a token", lost.server(people))
    try:
        asyncio.run_coroutine_threadsafe(control.start(), loop).result(30)
        layout.publish(CONSOLE, Running(control.port, control.token, 1))
        yield Running(control.port, control.token, 1)
    finally:
        asyncio.run_coroutine_threadsafe(control.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        serving.join(30)
        loop.close()
        layout.retract(CONSOLE)


def enter(people: People, password: str, device: str = "") -> tuple[str, str]:
    entered = asyncio.run(people.enter("ada", password, HERE, device))
    return entered.token, entered.device


def test_on_stopped_data_a_password_is_made_said_once_and_audited(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    with house(layout) as people:
        token, device = enter(people, PASSWORD)
    answer = said(capsys, *VERB, "ada", "--data", str(layout.data), "--json")
    assert (answer.status, answer.json["person"]) == (0, "ada")
    made = answer.json["password"]
    assert len(made) >= 16
    assert all(made.encode() not in file.read_bytes() for file in layout.data.rglob("*") if file.is_file())
    with audit.reader(layout.store(CONSOLE)) as store:
        (_, entry), *_ = audit.newest(store, 1)
    assert (entry.who, entry.what, entry.subject) == (lost.operator(), "password reset", "ada")
    assert audit.verify(layout.store(CONSOLE)) is None
    with house(layout) as people:
        assert people.of(token) is None
        assert people.store.query("SELECT count(*) FROM device WHERE person = 'ada'") == [(0,)]
        with pytest.raises(NotAllowed, match="wrong"):
            enter(people, PASSWORD, device)
        assert enter(people, made)


def test_a_console_at_work_does_it_and_ends_sessions_browsers_and_lock_outs_of_that_name(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    with house(layout) as people:
        token, device = enter(people, PASSWORD)
        for known in ("", device):
            for _ in range(PATIENCE):
                with pytest.raises(NotAllowed):
                    enter(people, "a wrong password", known)
            with pytest.raises(TooManyError):
                enter(people, PASSWORD, known)
        with running(layout, people):
            answer = said(capsys, *VERB, "ada", "--data", str(layout.data), "--lang", "zh")
        assert answer.status == 0, answer
        assert "仅显示一次" in answer.out
        assert people.of(token) is None
        assert enter(people, answer.out.split("：")[-1].strip())
        assert people.store.query("SELECT count(*) FROM device WHERE person = 'ada'") == [(1,)]
        assert "password reset" in [entry.what for _, entry in people.log.history(3)]


REFUSED = {
    "nobody": (5, "unknown_person", "There is nobody named nobody. Administrators: ada.", "没有名为 nobody 的用户"),
    "lin": (1, "not_administrator", "lin is no administrator (cashier)", "lin 不是管理员（收银员）"),
    "bob": (1, "not_administrator", "bob is no administrator (supervisor)", "bob 不是管理员（主管）"),
    "eve": (1, "disabled", "eve is disabled", "eve 已停用"),
    "": (5, "unknown_person", "There is nobody named", "没有名为"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anybody_else_is_refused_by_a_sentence_running_or_not(
    name: str, layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    status, code, en, zh = REFUSED[name]
    with house(layout) as people:
        before = people.store.query("SELECT name, password FROM person ORDER BY name")
        with running(layout, people) as at:
            asked = {"name": name, "kept": lost.hash_of(NEW), "by": "test"}
            reply = ask_channel(at.host, at.port, at.token, lost.VERB, asked, 30)
        assert (reply["error"], people.store.query("SELECT name, password FROM person ORDER BY name")) == (code, before)
    answer = said(capsys, *VERB, name, "--data", str(layout.data), "--json")
    assert (answer.status, answer.json["error"]) == (status, code)
    assert en in answer.json["message"]["en"]
    assert zh in answer.json["message"]["zh"]
    with house(layout) as people:
        assert people.store.query("SELECT name, password FROM person ORDER BY name") == before


BAD: dict[str, tuple[str, str, dict[str, object], str]] = {
    "wrong token": ("b token", lost.VERB, {"name": "ada", "kept": "x", "by": "x"}, "forbidden"),
    "another verb": ("a token", "password", {}, "unknown_verb"),
    "nothing said": ("a token", lost.VERB, {}, "bad_request"),
    "a number": ("a token", lost.VERB, {"name": 1, "kept": "x", "by": "x"}, "bad_request"),
    "one word too many": ("a token", lost.VERB, {"name": "ada", "kept": "x", "by": "x", "role": "x"}, "bad_request"),
    "no hash": ("a token", lost.VERB, {"name": "ada", "kept": NEW, "by": "x"}, "bad_request"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_control_channel_changes_nothing_for_what_it_cannot_take(case: str, layout: Layout) -> None:
    token, verb, args, code = BAD[case]
    with house(layout) as people, running(layout, people) as at:
        told = ask_channel(at.host, at.port, token, verb, args, 30)
    assert told["error"] == code
    assert told["message"]["zh"] != told["message"]["en"]
    with house(layout) as people:
        assert enter(people, PASSWORD)


TYPED = {
    "twice the same": ([NEW, NEW], 0, NEW),
    "then once more": ([NEW, "another", NEW, NEW], 0, NEW),
    "too short": (["short", "short"], 2, PASSWORD),
}


@pytest.mark.parametrize("case", TYPED)
def test_on_a_terminal_it_is_asked_for_twice_and_never_shown(
    case: str, layout: Layout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed, status, holds = TYPED[case]
    said_by_hand = iter(typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _asked: next(said_by_hand))
    answer = said(capsys, *VERB, "ada", "--data", str(layout.data))
    assert answer.status == status
    assert not any(word in answer.out + answer.err for word in typed if len(word) > len("another"))
    assert list(said_by_hand) == []
    with house(layout) as people:
        assert enter(people, holds)


def test_a_store_in_use_by_nobody_who_answers_is_a_sentence(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    with house(layout) as people:
        layout.publish(CONSOLE, Running(1, "a token", 1))
        answer = said(capsys, *VERB, "ada", "--data", str(layout.data), "--json")
        assert answer.status == 1
        assert "in use" in answer.json["message"]["en"]
        assert enter(people, PASSWORD)


def test_there_is_nobody_before_there_is_a_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, *VERB, "admin", "--data", str(tmp_path), "--json")
    assert (answer.status, answer.json["error"]) == (5, "no_console")


CHANGES: dict[str, Callable[[People], None]] = {
    "reset": lambda people: lost.reset(people, lost.Reset("ada", lost.hash_of(NEW), "test")),
    "new password": lambda people: people.new_password("ada", NEW, by="test"),
    "disabled": lambda people: people.disable("ada", by="test", why="left"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_old_password_that_is_being_hashed_meanwhile_begins_no_session(
    change: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(layout) as people:
        people.add("zoe", Role.ADMIN, PASSWORD, by="test")
        begun, go = threading.Event(), threading.Event()
        right = people._right

        def slow(kept: str, password: str) -> bool:
            begun.set()
            assert go.wait(30)
            return right(kept, password)

        monkeypatch.setattr(people, "_right", slow)

        async def meanwhile() -> None:
            entering = asyncio.create_task(people.enter("ada", PASSWORD, HERE))
            assert await asyncio.to_thread(begun.wait, 30)
            CHANGES[change](people)
            go.set()
            await entering

        with pytest.raises(NotAllowed, match="wrong"):
            asyncio.run(meanwhile())
        assert people.store.query("SELECT count(*) FROM session WHERE person = 'ada'") == [(0,)]
