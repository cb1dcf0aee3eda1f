"""Published packets sent to the switch: each request gets the code of the reviewed table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from counterfoil.iso8583 import CUP_POS, Message, framing, nested
from counterfoil.step import Frame, Outbound, Send
from switch.scene import CLEAR, HEADER, TPDU, Scene

HERE: Final = Path(__file__).parent.parent
VECTORS: Final = {
    vector["name"]: vector
    for vector in json.loads((HERE / "vectors" / "wire_vectors.json").read_text("utf-8"))
    if int(vector["expected_fields"]["mti"][2]) % 2 == 0
}
PUBLISHED_KEY: Final = next(
    entry["mak"]
    for entry in json.loads((HERE / "vectors" / "crypto_vectors.json").read_text("utf-8"))
    if "cnblogs-0200-with-mac-key" in entry["name"]
)
WITH_KEY: Final = "cnblogs-0200-with-mac-key"


def table() -> dict[str, str]:
    lines = (HERE / "tables" / "vector_answers.txt").read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 3 for row in rows)
    return {name: code for name, code, _ in rows}


ANSWERS: Final = table()
SILENCE: Final = "--"


def packet_of(vector: dict[str, Any]) -> bytes:
    data = bytes.fromhex(vector["hex"])
    if vector["framing"].startswith("len+"):
        data = data[2:]
    return TPDU + HEADER + data if vector["framing"] == "body" else data


def registration(vector: dict[str, Any]) -> dict[str, Any]:
    fields = vector["expected_fields"]
    keys = {"mak": PUBLISHED_KEY} if vector["name"] == WITH_KEY else {"tmk": CLEAR["tmk"][1].hex()}
    own = {"terminal": fields["41"], "merchant": fields["42"], "dialect": vector["dialect_overrides"]}
    return {**own, **keys, "raw": vector["name"] == "0220-refund-request"}


def said(made: Scene, packet: bytes) -> list[Outbound]:
    return made.step(Frame("terminals", 1, packet, made.now))


def sent(made: Scene, vector: dict[str, Any], packet: bytes) -> tuple[framing.CupPacket, Message]:
    (send,) = said(made, packet)
    assert isinstance(send, Send)
    answer = framing.split_cup(send.data, None)
    return answer, CUP_POS.override(vector["dialect_overrides"]).decode(answer.body)


def test_the_table_has_a_line_for_every_request() -> None:
    assert list(ANSWERS) == list(VECTORS)


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_request_gets_its_code(name: str) -> None:
    vector = VECTORS[name]
    made = Scene(up=False)
    assert made.command("register", **registration(vector)) == {"registered": [vector["expected_fields"]["41"]]}
    packet = packet_of(vector)
    if ANSWERS[name] == SILENCE:
        assert said(made, packet) == []
        return
    answer, message = sent(made, vector, packet)
    asked = framing.split_cup(packet, None)
    assert (answer.tpdu, answer.header) == (framing.swap_tpdu(asked.tpdu), asked.header)
    assert (message.de39, message.de41, message.de42) == (
        ANSWERS[name],
        vector["expected_fields"]["41"],
        vector["expected_fields"]["42"],
    )
    assert message.de11 == vector["expected_fields"].get("11")


@pytest.mark.parametrize("name", [name for name, code in ANSWERS.items() if code == "00"])
def test_a_published_sign_on_gets_fresh_keys(name: str) -> None:
    vector = VECTORS[name]
    made = Scene(up=False)
    made.command("register", **registration(vector))
    _, first = sent(made, vector, packet_of(vector))
    made.now += 3600 * 1_000_000
    _, second = sent(made, vector, packet_of(vector))
    keys = [nested.de62_keys(answer.de62) for answer in (first, second)]
    assert keys[0].pik != keys[1].pik
    assert keys[0].mak != keys[1].mak


PLAIN: Final = [name for name, v in VECTORS.items() if v["expected_fields"].get("11") and not v["dialect_overrides"]]


@pytest.mark.parametrize("name", PLAIN)
def test_unregistered_it_is_an_unknown_terminal_and_only_a_sign_on_is_told_so(name: str) -> None:
    made, packet = Scene(up=False), packet_of(VECTORS[name])
    if VECTORS[name]["expected_fields"]["mti"] == "0800":
        assert sent(made, VECTORS[name], packet)[1].de39 == "97"
    else:
        assert said(made, packet) == []
    assert made.alarms() == ["unknown_terminal"]


def test_the_published_mac_verifies_and_one_bit_less_does_not() -> None:
    vector = VECTORS[WITH_KEY]
    made = Scene(up=False)
    made.command("register", **registration(vector))
    packet = packet_of(vector)
    _, message = sent(made, vector, packet)
    assert message.de39 != "A0"
    assert message.de64 is not None
    assert said(made, packet[:-1] + bytes([packet[-1] ^ 1])) == []
