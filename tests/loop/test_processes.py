"""Processes that die, start twice, or are told to stop: what `up` promises, and what a restart finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import argon2
import pytest

from cli.calling import called
from counterfoil.stack.layout import RECONCILIATION, Layout, formats
from counterfoil.storage import migrations_of, open_store
from loop.running import Running, stack

pytestmark = pytest.mark.loop

STATIONS = ("terminal", "switch", "issuer-a", "issuer-b")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


def test_people_read_words_in_their_language_and_never_a_card_number(running: Running) -> None:
    card = running.card("alice")
    said = running.tell(*running.sale_words("T0000020"))
    assert "Approved" in said
    ref = running.ask("terminal", "last", "T0000020").json["ref"]
    assert "You have paid 12.50 CNY." in running.tell("why", ref, "-v")
    assert "您已付款 12.50 CNY。" in running.tell("why", ref, "--lang", "zh")
    assert ref in running.tell("terminal", "last", "T0000020")
    assert "T0000020" in running.tell("terminal", "status", "T0000020")
    assert "OUTSIDE1  898001054110001  not ours" in running.tell("terminal", "list").splitlines()[-2]
    assert "sum 0.00 CNY" in running.tell("accounts")
    assert "CARDHOLDER COPY" in running.tell("receipt", "show", ref)
    assert "商户存根" in running.tell("receipt", "show", ref, "--copy", "merchant", "--lang", "zh")
    assert running.ask("receipt", "print", ref).json["receipt_state"] == "printed"
    assert len(list((running.data / "receipts").glob(f"{ref.replace('/', '-')}.cardholder.*"))) == 2
    for words in (("why", ref, "-v"), ("terminal", "last", "T0000020"), ("receipt", "show", ref), ("accounts",)):
        assert card["pan"] not in running.tell(*words), words
    assert card["pan"] in running.tell("cards")  # demo cards are there to be used


def test_the_console_at_work_gives_its_administrator_a_new_password(running: Running) -> None:
    before = running.pid("console")
    made = running.ask("people", "reset-password", "admin", "--make")
    assert made.status == 0, made
    store = running.data / "console" / "store.db"
    with closing(open_store(store, migrations_of("counterfoil.console"), readonly=True)) as opened:
        ((kept,),) = opened.query("SELECT password FROM person WHERE name = 'admin'")
    assert argon2.PasswordHasher().verify(kept, made.json["password"])
    assert running.ask("audit", "--last", "1").json["entries"][0]["what"] == "password reset"
    assert running.pid("console") == before
    assert running.ask("people", "reset-password", "nobody").status == 5


@pytest.mark.parametrize("station", STATIONS)
def test_a_station_killed_in_the_middle_of_a_sale_leaves_no_money_behind(running: Running, station: str) -> None:
    terminal = f"T{STATIONS.index(station) + 1:07d}"
    card = "bob" if station == "issuer-b" else "alice"
    before = running.balance(card)
    running.break_leg(3, "delay", "0210", "--seconds", "0.8")
    with running.begin(*running.sale_words(terminal, card=card)) as sale:
        running.until(lambda: running.ask("terminal", "last", terminal).status == 0, 10.0)
        time.sleep(0.2)
        running.kill(station)
        assert sale.wait(60) in {0, 3, 4, 6}
    running.until(lambda: running.ask("terminal", "last", terminal).status == 0, 10.0)
    last = running.ask("terminal", "last", terminal).json
    found = running.at_rest(last["ref"])
    assert found["verdict"] in {"PAID", "PAID_RECEIPT_OPEN", "NOT_CHARGED", "RETURNED"}
    stands = found["verdict"].startswith("PAID")
    running.until(lambda: running.balance(card) == before - (1250 if stands else 0), 10.0)
    assert running.ledger_is_sound()


def test_an_approval_whose_receipt_is_open_is_shown_first_after_a_crash(running: Running) -> None:
    terminal, receipts = "T0000010", running.data / "receipts"
    aside = running.data / "receipts.aside"
    receipts.rename(aside)
    receipts.write_text("not a folder")  # the printer is gone
    try:
        answer = running.sell(terminal)
        assert (answer.status, answer.json["outcome"]) == (0, "approved")
        ref = answer.json["ref"]
        found = running.why(ref)
        assert (found["verdict"], found["stopped_at"]["leg"]) == ("PAID_RECEIPT_OPEN", 5)
        assert found["next"]["owner"] == "cashier"
    finally:
        receipts.unlink()
        aside.rename(receipts)
    assert running.ask("terminal", "goods", ref, "handed-over").status == 0
    running.until(lambda: running.why(ref)["verdict"] == "PAID", 10.0)
    assert running.ask("receipt", "show", ref).status == 0


def test_the_supervisor_kills_on_request_and_starts_again(running: Running) -> None:
    before = running.pid("issuer-b")
    assert running.ask("fault", "kill", "issuer-b").status == 0
    running.until(lambda: (running.data / "run" / "issuer-b.json").exists() and running.pid("issuer-b") != before, 15.0)
    assert running.ask("fault", "kill", "printer").status == 5
    running.until(lambda: running.sell("T0000011", card="bob").status == 0, 20.0)


def test_a_second_stack_on_live_data_is_one_sentence_and_exit_1(running: Running) -> None:
    answer = called("up", "--data", str(running.data), "--json", seconds=30)
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    assert "already running" in answer.err


def test_without_json_it_says_in_words_that_it_is_ready_and_how_to_sell_here(tmp_path: Path) -> None:
    data = tmp_path / "data"
    words = [sys.executable, "-m", "counterfoil", "up", "--data", str(data), "--timers", "0.6,1.2,2.5"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    sale = f" -m counterfoil sale --amount 12.50 --card alice --pin 1234 --data {data}\n"
    assert said[0].startswith("ready for sales")
    assert said[1].startswith("可以受理交易")
    assert said[0].endswith(sale)
    assert said[1].endswith(sale)
    assert said[2].startswith("console / 控制台: http")
    assert said[3].startswith("first log-in: admin ")
    assert "{" not in "".join(said)


@pytest.mark.parametrize("ignored", [False, True], ids=["SIGINT", "SIGINT inherited as ignored"])
def test_it_stops_on_sigint_takes_its_children_along_and_continues_on_stopped_data(
    tmp_path: Path, ignored: bool
) -> None:
    data = tmp_path / "data"
    words = [sys.executable, "-m", "counterfoil", "up", "--data", str(data), "--timers", "0.6,1.2,2.5", "--json"]
    prepare = (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignored else None
    first = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=prepare)
    with first:
        assert first.stdout is not None
        ready = json.loads(first.stdout.readline())
        pids = [json.loads((data / "run" / f"{name}.json").read_text())["pid"] for name in STATIONS]
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 0
    assert set(ready) == {"ready", "data", "terminals", "version", "console", "password"}
    assert not any(alive(pid) for pid in pids)
    with stack(data) as again:
        assert again.ready["terminals"] == ready["terminals"]
        assert again.sell("T0000001").status == 0
        # and without any warning at all:
        assert again.process is not None
        children = [again.pid(name) for name in STATIONS]
        os.kill(again.process.pid, signal.SIGKILL)
        again.process.wait(10)
        again.until(lambda: not any(alive(pid) for pid in children), 10.0)


def test_nobody_at_home_is_exit_6(tmp_path: Path) -> None:
    for words in (("sale", "--amount", "1", "--card", "alice"), ("terminal", "status"), ("fault", "clear"), ("cards",)):
        answer = called(*words, "--json", "--data", str(tmp_path / "nothing"))
        assert answer.status == 6, words
        assert answer.json["error"] in {"unreachable", "no_data"}


def test_data_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = called("up", "--data", str(tmp_path / "file" / "data"), seconds=30)
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    if os.getuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        answer = called("up", "--data", str(locked / "data"), seconds=30)
        assert (answer.status, answer.err.count("\n")) == (1, 1)


def test_why_reads_stopped_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with stack(data) as once:
        ref = once.sell("T0000001").json["ref"]
    stopped = Running(data)
    assert stopped.why(ref)["verdict"] == "PAID"
    assert "12.50" in stopped.ask("receipt", "show", ref).json["text"]
    shutil.rmtree(data / "terminal")
    assert stopped.why(ref)["verdict"] == "PAID_RECEIPT_OPEN"
    assert stopped.why(ref)["evidence"]["terminal"] == "no record"


def test_a_comparison_that_is_just_starting_is_waited_for(tmp_path: Path) -> None:
    """It has its store and cannot be asked yet: the verb neither fails nor compares beside it."""
    data = tmp_path / "data"
    with stack(data) as once:
        once.sell("T0000001")
    layout = Layout(data)
    held = open_store(layout.store(RECONCILIATION), formats(RECONCILIATION))
    threading.Timer(1.0, held.close).start()
    assert Running(data).ask("reconcile").status == 0


def test_whoever_finds_the_audit_log_finds_the_key_of_its_anchors(tmp_path: Path) -> None:
    """Asked while the console still reads its pages."""
    with stack(tmp_path / "data") as running:
        assert running.ask("audit", "anchor").status == 0
