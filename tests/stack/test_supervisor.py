"""The stack as a whole: real processes, real signals, a real kill."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterfoil import __version__
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.links.control import ask
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import CONSOLE, RECONCILIATION, STATIONS, Layout
from counterfoil.storage.lock import OwnerLock
from stack.stacks import Stack, gone, launch, refused, wait_for

pytestmark = [pytest.mark.loop, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack") / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def healed(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").call("up", "fault.clear")


def test_the_ready_line_says_where_outside_terminals_connect(stack: Stack) -> None:
    assert stack.ready == {
        "ready": True,
        "data": str(stack.data),
        "terminals": {"host": "127.0.0.1", "port": stack.ready["terminals"]["port"]},
        "version": __version__,
        "console": stack.ready["console"],
        "password": stack.ready["password"],  # of the administrator, on a first start only
    }
    with socket.create_connection(("127.0.0.1", stack.ready["terminals"]["port"]), timeout=5):
        pass


def test_when_it_is_ready_a_sale_can_be_taken(stack: Stack) -> None:
    reply = stack.sale("alice")
    assert (reply["outcome"], reply["response_code"]) == ("approved", "00")
    assert list(stack.layout.receipts.glob(f"{reply['ref'].replace('/', '-')}.*.txt"))
    wait_for(lambda: list(stack.layout.sms.iterdir()))


def test_stations_are_processes_of_their_own(stack: Stack) -> None:
    pids = stack.pids()
    assert set(pids) == set(STATIONS)
    assert len({stack.process.pid, *pids.values()}) == 5
    status = stack.call("up", "status")
    assert {name: each["state"] for name, each in status["stations"].items()} == dict.fromkeys(STATIONS, "up")
    assert all(status["links"].values())


def test_the_stores_can_be_read_while_it_runs(stack: Stack) -> None:
    assert stack.count("switch", "terminal") == 101
    assert stack.count("terminal", "device") == 100
    assert stack.count("issuer-a", "card") + stack.count("issuer-b", "card") == 89


def test_a_second_stack_on_the_same_data_is_refused(stack: Stack) -> None:
    sentence = refused(stack.data)
    assert f"already running on {stack.data}" in sentence
    assert str(stack.process.pid) in sentence
    assert stack.sale()["outcome"] == "approved"


def test_the_control_channel_wants_the_token(stack: Stack) -> None:
    running = stack.layout.find("up")
    assert running is not None
    assert ask(running.host, running.port, "guess", "stop", {}, 5.0)["error"] == "forbidden"
    assert stack.call("up", "status")["ready"] is True


@pytest.mark.parametrize("station", STATIONS)
def test_a_killed_station_is_back_within_moments_and_sells(stack: Stack, station: str) -> None:
    before = stack.pids()[station]
    assert stack.call("up", "fault.kill", station=station) == {"station": station, "killed": before}
    wait_for(lambda: stack.pids().get(station, before) != before, 10.0)
    assert gone(before)
    wait_for(lambda: all(stack.call("up", "status")["links"].values()))

    def sold() -> bool:
        reply = stack.sale(terminal="T0000002")
        if reply.get("error") == "open_sale":
            stack.call("terminal", "goods", ref=reply["sale"]["ref"], answer="handed_over")
        return reply.get("outcome") == "approved"

    wait_for(sold, 30.0)


def test_a_paused_station_does_nothing_until_it_is_woken(stack: Stack) -> None:
    before = stack.pids()["switch"]
    assert stack.call("up", "fault.pause", station="switch", seconds=3600)["paused"] == before
    running = stack.layout.find("switch")
    assert running is not None
    with pytest.raises(OutcomeUnknown):
        ask(running.host, running.port, running.token, "status", {}, 0.3)
    stack.call("up", "fault.clear")
    assert "issuers" in stack.call("switch", "status")
    assert stack.pids()["switch"] == before


def test_a_pause_ends_by_itself(stack: Stack) -> None:
    assert stack.call("up", "fault.pause", station="issuer-a", seconds=0.2)["seconds"] == 0.2
    assert stack.call("issuer-a", "status")


@pytest.mark.parametrize("link", ["terminals", "to-issuer-a", "to-issuer-b"])
def test_a_killed_link_is_back_within_moments(stack: Stack, link: str) -> None:
    assert stack.call("up", "fault.kill", station=link) == {"link": link, "cut": True}
    wait_for(lambda: all(stack.call("up", "status")["links"].values()))


@pytest.mark.parametrize(
    ("verb", "args", "code"),
    [
        ("fault.kill", {"station": "nobody"}, "unknown_station"),
        ("fault.pause", {"station": "nobody", "seconds": 1}, "unknown_station"),
        ("fault.pause", {"station": "switch", "seconds": 0}, "bad_request"),
        ("fault.pause", {"station": "switch"}, "bad_request"),
        ("fault.set", {"leg": 9, "kind": "drop"}, "bad_request"),
        ("fault.set", {"leg": 1, "kind": "explode"}, "bad_request"),
        ("fault.set", {"leg": "one"}, "bad_request"),
        ("fault.set", {"leg": 1, "kind": "drop", "colour": "red"}, "bad_request"),
        ("fault.set", {"rate": 7}, "bad_request"),
        ("dance", {}, "unknown_verb"),
    ],
)
def test_what_the_supervisor_cannot_do_is_an_error_in_both_languages(
    stack: Stack, verb: str, args: dict[str, object], code: str
) -> None:
    reply = stack.call("up", verb, **args)
    assert reply["error"] == code
    assert set(reply["message"]) == {"en", "zh"}
    assert reply["message"]["en"] != reply["message"]["zh"]
    assert not {"Expected", "Object"} & set(reply["message"]["en"].split())  # a library's own words


@pytest.mark.parametrize(
    ("leg", "outcome", "code"), [(1, "not_sent", ""), (2, "declined", "91")], ids=["terminal link", "issuer links"]
)
def test_a_refused_link_is_known_not_to_have_carried_anything(stack: Stack, leg: int, outcome: str, code: str) -> None:
    stack.call("up", "fault.set", leg=leg, kind="refuse")
    if leg == 2:
        wait_for(lambda: not any(each["connected"] for each in stack.call("switch", "status")["issuers"].values()))
    reply = stack.sale(terminal="T0000003")
    assert (reply["outcome"], reply["response_code"]) == (outcome, code)
    stack.call("up", "fault.clear")  # answers when it is so
    assert stack.sale(terminal="T0000003")["outcome"] == "approved"


def test_a_broken_leg_is_counted_and_heals(stack: Stack) -> None:
    counted = stack.call("up", "fault.counts")["faults"].get("4", {}).get("drop", 0)
    stack.call("up", "fault.set", leg=4, kind="drop", mti="0210")
    assert stack.sale(terminal="T0000004")["outcome"] == "unknown"
    assert stack.call("up", "fault.counts")["faults"]["4"]["drop"] == counted + 1
    wait_for(lambda: stack.sale(terminal="T0000004")["outcome"] == "approved", 30.0)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are a Linux thing")
def test_a_disk_that_fills_up_ends_the_station_and_the_next_one_goes_on_from_the_disk(stack: Stack) -> None:
    assert stack.sale(terminal="T0000007")["outcome"] == "approved"
    before, attempts = stack.pids()["switch"], stack.count("switch", "attempt")
    resource.prlimit(before, resource.RLIMIT_FSIZE, (4096, 4096))
    assert stack.sale(terminal="T0000007")["outcome"] == "unknown"
    wait_for(lambda: stack.pids().get("switch", before) != before)
    assert '"code": 74' in stack.layout.log("up").read_text()
    assert stack.count("switch", "attempt") >= attempts
    wait_for(lambda: stack.sale(terminal="T0000007").get("outcome") == "approved", 30.0)


@pytest.mark.parametrize("garbage", [b"\xff\xff" + b"A" * 70_000, b"\x00\x00", os.urandom(300)])
def test_garbage_at_the_door_does_not_stop_it(stack: Stack, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", stack.ready["terminals"]["port"]), timeout=5) as peer:
        try:
            peer.sendall(garbage)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(1000):
                pass
        except OSError:
            pass
    assert stack.sale(terminal="T0000005")["outcome"] == "approved"


def test_a_thousand_idle_terminals_do_not_stop_it(stack: Stack) -> None:
    idle = [socket.create_connection(("127.0.0.1", stack.ready["terminals"]["port"]), timeout=5) for _ in range(1000)]
    assert stack.sale(terminal="T0000006")["outcome"] == "approved"
    for each in idle:
        each.close()


def test_no_secret_lies_about_in_clear(stack: Stack) -> None:
    demo = Demo.of(stack.layout)
    terminals = demo.terminals()
    secrets = [bytes.fromhex(terminals[0].tmk), terminals[0].tmk.encode(), demo.zone_mac_key("issuer-a")]
    secrets += [card.pan.encode() for card in demo.cards()] + [card.track2.encode() for card in demo.cards()]
    for path in stack.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [number for number, secret in enumerate(secrets) if secret in content], path


# --- stacks of their own: how one begins and ends ---


def sigint_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_it_stops_on_sigint_even_when_that_was_ignored_and_goes_on_where_it_was(tmp_path: Path) -> None:
    with Stack(tmp_path / "data", before=sigint_ignored) as first:
        ref = first.sale()["ref"]
        pids, port = first.pids(), first.ready["terminals"]["port"]
        began = time.monotonic()
        assert first.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        assert all(gone(pid) for pid in pids.values())
        assert not list(first.layout.run.glob("*.json"))
        with pytest.raises(NothingSentError):
            first.call("terminal", "status")
    with Stack(tmp_path / "data") as second:
        assert second.ready["terminals"]["port"] == port
        assert second.call("terminal", "last", terminal="T0000001")["ref"] == ref
        assert second.sale()["ref"] > ref
        reply = second.call("up", "stop")
        assert reply == {"stopping": True}
        assert second.process.wait(20) == 0


def test_children_do_not_outlive_a_killed_supervisor_and_a_killed_seed_is_repaired(tmp_path: Path) -> None:
    for written in ("demo.key", "switch/lmk.key", "switch/store.db", "issuer-a/store.db", "switch/seeded"):
        process = launch(tmp_path / "data")
        wait_for((tmp_path / "data" / written).exists)
        process.kill()
        process.communicate()
    with Stack(tmp_path / "data") as stack_of:
        pids = stack_of.pids()
        assert stack_of.sale()["outcome"] == "approved"
        stack_of.process.kill()
        stack_of.process.communicate()
        wait_for(lambda: all(gone(pid) for pid in pids.values()), 5.0)
    with Stack(tmp_path / "data") as again:
        assert again.call("switch", "status")["terminals"] == 101
        assert again.sale(terminal="T0000002")["outcome"] == "approved"


def disk_full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


@pytest.mark.parametrize("kind", ["full", "file in the way", "bad timers", "damaged store"])
def test_what_keeps_a_stack_from_starting_is_one_sentence_and_exit_1(tmp_path: Path, kind: str) -> None:
    data, timers, before = tmp_path / "data", "1,2,4", None
    if kind == "full":
        before = disk_full
    elif kind == "file in the way":
        data.write_text("")
    elif kind == "bad timers":
        timers = "4,2,1"
    else:
        (data / "switch").mkdir(parents=True)
        (data / "switch" / "store.db").write_bytes(b"not a store" * 1000)
    sentence = refused(data, timers, before=before)
    assert sentence.startswith("counterfoil: ")
    assert len(sentence.splitlines()) == 1
    assert "Traceback" not in sentence


def test_a_taken_port_moves_and_says_so(tmp_path: Path) -> None:
    with Stack(tmp_path / "data") as first:
        port = first.ready["terminals"]["port"]
    with socket.create_server(("127.0.0.1", port)), Stack(tmp_path / "data") as second:
        assert second.ready["terminals"]["port"] != port
        assert second.sale()["outcome"] == "approved"
        second.process.terminate()
        said = second.process.communicate(timeout=20)[1]
        assert "the port kept for terminals is taken" in said


@pytest.fixture
def held(tmp_path: Path) -> Iterator[None]:
    """Stores that verbs on stopped data hold while a stack starts, until their own processes have looked for them."""
    layout = Layout(tmp_path / "data")
    locks = []
    for name in (CONSOLE, RECONCILIATION):
        layout.store(name).parent.mkdir(parents=True)
        locks.append(OwnerLock(layout.store(name)))

    def let_go() -> None:
        wait_for(layout.log("terminal").exists)
        time.sleep(1.5)
        for lock in locks:
            lock.release()

    thread = threading.Thread(target=let_go)
    thread.start()
    yield
    thread.join()


@pytest.mark.usefixtures("held")
def test_the_ready_line_is_one_json_line_on_stdout(tmp_path: Path) -> None:
    process = launch(tmp_path / "data")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["ready"] is True
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert (out, process.returncode) == ("", 0)
