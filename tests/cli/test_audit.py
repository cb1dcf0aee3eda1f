"""`counterfoil audit`: the log of the console on stopped data, and the line that was altered."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from cli.calling import said
from counterfoil.console.deeds import AuditedAct
from counterfoil.console.people import People, Role
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.storage import migrations_of, open_store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    layout = Layout(tmp_path)
    layout.prepare()
    with closing(open_store(layout.store(CONSOLE), migrations_of("counterfoil.console"))) as opened:
        people = People(opened, lambda: 1_790_000_000_000_000)
        people.add("lin", Role.CASHIER, "a long password", by="ada", origin="192.0.2.1")
        people.log.did(AuditedAct("lin", "goods kept", "T0000001/000001/000001", "torn"))
    return layout.store(CONSOLE)


def test_the_log_is_shown_and_its_chain_checked(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = said(capsys, "audit", "--data", str(tmp_path), "--json")
    assert (answer.status, answer.json["broken"], len(answer.json["newest"])) == (0, None, 64)
    assert [entry["what"] for entry in answer.json["entries"]] == ["goods kept", "person added"]
    people = said(capsys, "audit", "--data", str(tmp_path), "--lang", "zh", "--last", "1")
    assert "lin: 商品未交付 (成功)  T0000001/000001/000001 · torn" in people.out
    assert "未被改动" in people.out


def test_a_line_that_was_altered_is_named_with_exit_code_7(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(apsw.Connection(str(store))) as other:
        other.execute("UPDATE audit SET line = replace(line, 'torn', 'born') WHERE seq = 2")
    answer = said(capsys, "audit", "--data", str(tmp_path))
    assert answer.status == 7
    assert "line 2 was altered" in answer.out


def test_there_is_no_log_before_there_is_a_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "audit", "--data", str(tmp_path), "--json").json["error"] == "no_console"
