"""What arrives at the running switch from outside: published packets, garbage, half messages, crowds."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import iso8583
from interop.outsider import Outsider
from interop.spec import SPEC
from loop.running import Running, stack

pytestmark = pytest.mark.loop

TESTS = Path(__file__).parents[1]
VECTORS = {v["name"]: v for v in json.loads((TESTS / "vectors" / "wire_vectors.json").read_text("utf-8"))}
ANSWERS = [
    line.split(" | ")
    for line in (TESTS / "tables" / "vector_answers.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
SILENCE = "--"
PUBLISHED_MAC_KEY = "0723C80DB5F4CD3D"
FRONT = bytes.fromhex("6000030000603100311300")
SIGN_ON = bytes.fromhex(VECTORS["0800-signon-request-minimal"]["hex"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with stack(tmp_path_factory.mktemp("wire") / "data") as started:
        yield started


@pytest.fixture(autouse=True)
def still_sells(running: Running) -> Iterator[None]:
    """Whatever a test sent, the stack takes a sale afterwards and its ledger adds up."""
    yield
    assert running.sell("T0000100", card="carol").status == 0
    assert running.ledger_is_sound()


def connect(running: Running, seconds: float = 5.0) -> socket.socket:
    at = running.ready["terminals"]
    return socket.create_connection((at["host"], at["port"]), timeout=seconds)


def packet(vector: dict[str, Any]) -> bytes:
    data = bytes.fromhex(vector["hex"])
    if vector["framing"].startswith("len+"):
        return data
    data = FRONT + data if vector["framing"] == "body" else data
    return struct.pack(">H", len(data)) + data


def received(line: socket.socket) -> bytes:
    """One packet, or b"" when the connection was closed."""
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
        piece = line.recv(4096)
        if not piece:
            return b""
        data += piece
    return data[2:]


def answered(running: Running, data: bytes) -> bytes:
    with connect(running) as line:
        line.sendall(data)
        return received(line)


def only_the_next_is_answered(running: Running, data: bytes) -> None:
    """Silence is heard by what follows on the same line: its answer is the first to come."""
    running.ask("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16)
    with connect(running) as line:
        line.sendall(data + SIGN_ON)
        first = received(line)
        assert (first[11:13].hex(), code_of(first)) == ("0810", "00")


def code_of(answer: bytes, skipped: int = 11) -> str:
    decoded, _ = iso8583.decode(answer[skipped:], {**SPEC, "h": {**SPEC["h"], "max_len": 0}})
    return str(decoded["39"])


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, code, _ in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_published_request_gets_the_code_of_the_reviewed_table(running: Running, name: str, code: str) -> None:
    vector = VECTORS[name]
    fields = vector["expected_fields"]
    words = ["terminal", "register", fields["41"], "--merchant", fields["42"]]
    words += ["--mak", PUBLISHED_MAC_KEY] if name == "cnblogs-0200-with-mac-key" else ["--tmk", "40" * 16]
    words += ["--dialect", json.dumps(vector["dialect_overrides"])] if vector["dialect_overrides"] else []
    assert running.ask(*words, *(["--mac-raw"] if name == "0220-refund-request" else [])).status == 0
    if code == SILENCE:
        only_the_next_is_answered(running, packet(vector))
        return
    answer = answered(running, packet(vector))
    framing = "tpdu+header" if vector["framing"] != "len+tpdu" else "len+tpdu"
    whole = answer if framing == "tpdu+header" else struct.pack(">H", len(answer)) + answer
    override = json.dumps(vector["dialect_overrides"])
    decoded = running.ask("decode", whole.hex(), "--framing", framing, "--override", override)
    assert decoded.status == 0, decoded
    assert decoded.json["fields"]["39"] == code
    assert decoded.json["mti"] == f"{int(fields['mti']) + 10:04d}"


GARBAGE = {
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "64 KiB": b"\xff\xff" + b"\x60" * 200,
    "bytes": bytes(range(256)) * 8,
    "tpdu only": b"\x00\x05" + FRONT[:5],
    "mti only": b"\x00\x0d" + FRONT + b"\x02\x00",
    "bitmap of everything": b"\x00\x17" + FRONT + b"\x02\x00" + b"\xff" * 10,
    "wrong tpdu": b"\x00\x15" + b"\x61" + FRONT[1:] + b"\x08\x00" + bytes(8),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_gets_a_hang_up_or_a_refusal_never_silence_for_others(running: Running, garbage: bytes) -> None:
    with connect(running, 1.0) as line:
        line.sendall(garbage)
        try:
            answer = received(line)
        except TimeoutError:
            return  # it may wait for the rest of what was announced
        except ConnectionResetError:
            return
        assert answer == b"" or code_of(answer) not in {"00", "10", "11"}


def test_a_keep_alive_in_the_same_read_costs_neither_the_request_nor_the_line(running: Running) -> None:
    running.ask("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16)
    with connect(running) as line:
        for _ in range(2):
            line.sendall(SIGN_ON + b"\x00\x00")
            assert code_of(received(line)) == "00"


def test_half_a_message_waits_and_the_other_half_completes_it(running: Running) -> None:
    running.ask("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16)
    with connect(running) as line:
        line.sendall(SIGN_ON[:20])
        time.sleep(0.3)
        line.sendall(SIGN_ON[20:])
        assert code_of(received(line)) == "00"


def test_a_slow_writer_is_served_byte_by_byte(running: Running) -> None:
    running.ask("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16)
    with connect(running) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in SIGN_ON:
            line.sendall(bytes([byte]))
        assert code_of(received(line)) == "00"


def test_a_disconnect_at_any_byte_leaves_nothing_behind(running: Running) -> None:
    for cut in range(0, len(SIGN_ON), 3):
        with connect(running) as line:
            line.sendall(SIGN_ON[:cut])


def test_a_thousand_idle_connections_do_not_stop_a_sale(running: Running) -> None:
    lines = []
    try:
        for _ in range(1000):
            lines.append(connect(running))
        assert running.sell("T0000099", card="carol").status == 0
    finally:
        for line in lines:
            line.close()


def test_an_unknown_message_type_and_a_wrong_merchant_are_refused(running: Running) -> None:
    exported = running.ask("terminal", "export", "OUTSIDE1").json
    with Outsider(exported) as outsider:
        assert outsider.sign_on() == "00"
        unknown = outsider.exchange("0300", {"3": "000000", "11": "000050", "60": f"22{outsider.batch}000"})
        assert unknown["39"] == "40"
    with Outsider({**exported, "merchant": "898001099990001"}) as outsider:
        assert outsider.exchange("0800", {"11": "000051", "60": "00000001003", "63": "001"}, mac=False)["39"] == "03"
    with Outsider({**exported, "terminal": "NOBODY99"}) as outsider:
        assert outsider.exchange("0800", {"11": "000001", "60": "00000001003", "63": "001"}, mac=False)["39"] == "97"
