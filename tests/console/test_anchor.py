"""The audit log shortened, emptied, replaced or gone: each is named by an anchor, and no anchor is written over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from cli.calling import said
from counterfoil.console.anchor import Anchors, examine, kept, read_file
from counterfoil.console.deeds import AuditedAct, AuditLog
from counterfoil.stack.config import load
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.storage import migrations_of, open_store

LINES = 6


class House:
    """A console's log of six lines and its anchor."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.layout = Layout(data)
        self.layout.prepare()
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.say(LINES)

    @property
    def store(self) -> Path:
        return self.layout.store(CONSOLE)

    def say(self, count: int, who: str = "lin") -> None:
        """So many lines more, then the console ends and anchors them."""
        with closing(open_store(self.store, migrations_of("counterfoil.console"))) as store:
            log = AuditLog(store, lambda: 10**15)
            for number in range(count):
                log.did(AuditedAct(who, "sale", str(number)))
            path = self.layout.audit_anchor
            Anchors(self.layout, path, store, lambda event, **facts: self.logged.append((event, facts))).write(10**15)

    def sql(self, text: str) -> None:
        with closing(apsw.Connection(str(self.store))) as other:
            other.execute(text)

    def codes(self) -> list[str]:
        return [one.code for one in examine(self.layout, kept(self.layout, load(self.data, environ={})))[1]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def replaced(house: House) -> None:
    """Another log in its place, as long as the first."""
    house.store.unlink()
    anchor = house.layout.audit_anchor.read_text()
    house.layout.audit_anchor.unlink()
    house.say(LINES, "eve")
    house.layout.audit_anchor.write_text(anchor)


def forged(house: House) -> None:
    found = json.loads(house.layout.audit_anchor.read_text())
    house.layout.audit_anchor.write_text(json.dumps({**found, "lines": 3}))


DAMAGE: dict[str, tuple[Callable[[House], object], list[str]]] = {
    "nothing": (lambda _: None, []),
    "the last line": (lambda house: house.sql(f"DELETE FROM audit WHERE seq = {LINES}"), ["cut"]),
    "the last three": (lambda house: house.sql("DELETE FROM audit WHERE seq > 3"), ["cut"]),
    "one in the middle": (lambda house: house.sql("DELETE FROM audit WHERE seq = 3"), ["altered"]),
    "one altered": (
        lambda house: house.sql("UPDATE audit SET line = replace(line, 'lin', 'eve') WHERE seq = 2"),
        ["altered"],
    ),
    "the last one renumbered": (lambda house: house.sql(f"UPDATE audit SET seq = 90 WHERE seq = {LINES}"), ["altered"]),
    "all lines": (lambda house: house.sql("DELETE FROM audit"), ["empty", "cut"]),
    "the store": (lambda house: house.store.unlink(), ["gone"]),
    "another log": (replaced, ["replaced"]),
    "a forged anchor": (forged, ["forged"]),
    "the key": (lambda house: house.layout.audit_key.unlink(), ["no_key"]),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_was_done_to_the_log_is_named(house: House, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage, codes = DAMAGE[what]
    damage(house)
    found = house.codes()
    assert set(codes) <= set(found)
    assert bool(found) == bool(codes)
    answer = said(capsys, "audit", "verify", "--data", str(house.data), "--json")
    assert answer.status == (7 if codes else 0)
    assert [one["code"] for one in answer.json["findings"]] == found


def test_a_cut_off_end_says_which_lines_in_both_languages(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.sql("DELETE FROM audit WHERE seq > 3")
    assert "lines 4 to 6" in said(capsys, "audit", "verify", "--data", str(house.data)).out
    assert "第 4 至 6 行" in said(capsys, "audit", "verify", "--data", str(house.data), "--lang", "zh").out


def test_an_emptied_log_is_no_success_for_the_bare_verb(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.sql("DELETE FROM audit")
    answer = said(capsys, "audit", "--data", str(house.data))
    assert (answer.status, "empty" in answer.out) == (7, True)


def test_an_anchor_grows_with_the_log_and_never_over_what_contradicts_it(house: House) -> None:
    house.say(2)
    assert read_file(house.layout.audit_anchor)[0].lines == LINES + 2
    house.sql("DELETE FROM audit WHERE seq > 3")
    house.say(1)
    assert read_file(house.layout.audit_anchor)[0].lines == LINES + 2
    assert [event for event, _ in house.logged] == ["audit_anchor", "audit_anchor", "audit_contradicts_anchor"]
    assert "cut" in house.codes() or "replaced" in house.codes()


def test_a_printed_anchor_and_a_json_log_are_anchors_too(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, "audit", "anchor", "--data", str(house.data)).out
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text('{"event": "started"}\nno JSON\n' + printed)
    house.layout.audit_anchor.unlink()
    assert house.codes() == []
    house.sql("DELETE FROM audit WHERE seq > 5")
    assert house.codes() == [], "nobody here kept an anchor"
    answer = said(capsys, "audit", "verify", "--anchor", str(elsewhere), "--data", str(house.data), "--json")
    assert (answer.status, answer.json["anchors"], answer.json["findings"][0]["code"]) == (7, 1, "cut")
    elsewhere.write_text("{}\n")
    assert said(capsys, "audit", "verify", "--anchor", str(elsewhere), "--data", str(house.data)).status == 5
