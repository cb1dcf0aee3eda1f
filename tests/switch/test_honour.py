"""A registration the switch cannot honour is refused; a terminal it takes signs on, and is answered, in its dialect."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.inspector import best
from counterfoil.iso8583 import CUP_POS, Message, framing
from counterfoil.step import Frame, Send
from switch.scene import HEADER, TPDU, Scene
from switch.test_control import GOOD
from switch.test_vectors import VECTORS

HONOURED: list[dict[str, dict[str, Any]]] = [
    {},
    {"60": {"max": 19}},
    {"63": {"type": "b"}},
    {"22": {"align": "right"}},
    {"48": {"type": "ans"}},
    {"49": {"type": "n"}},
    {"44": {"max": 22}},
    {"43": {"charset": "gbk"}},
    {"43": {"charset": "utf-8"}},
    {"35": {"pad": "F"}},
    {"46": {"type": "b", "max": 300}},
    {"60": {"type": "ans"}},
]
REFUSED: list[dict[str, dict[str, Any]]] = [
    {"60": {"type": "b"}},
    {"60": {"max": 7}},
    {"41": {"max": 16}},
    {"41": {"type": "b"}},
    {"42": {"max": 20}},
    {"2": {"type": "ans"}},
    {"11": {"prefix": "LL"}},
    {"22": {"max": 4}},
    {"24": {"type": "n", "max": 3}},
    {"35": {"type": "b"}},
    {"39": {"type": "b"}},
    {"52": {"max": 16}},
    {"53": {"type": "b", "max": 8}},
    {"62": {"type": "ans"}},
    {"64": {"type": "ans"}},
    {"70": {"type": "n", "max": 3}},
]


def registered(made: Scene, dialect: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return made.command("register", **GOOD, dialect=dialect)


@pytest.mark.parametrize("dialect", REFUSED, ids=str)
def test_a_dialect_in_which_nothing_could_be_said_is_refused(dialect: dict[str, dict[str, Any]]) -> None:
    reply = registered(Scene(up=False), dialect)
    assert reply["error"] == "bad_request"
    assert "dialect" in reply["message"]["en"]


@pytest.mark.parametrize("dialect", HONOURED, ids=str)
def test_a_terminal_with_a_dialect_that_was_taken_signs_on_in_it(dialect: dict[str, dict[str, Any]]) -> None:
    made = Scene(up=False)
    assert "registered" in registered(made, dialect)
    spoken = CUP_POS.override(dialect)
    asked = Message("0800", de11="000001", de41=GOOD["terminal"], de42=GOOD["merchant"], de60="00000000003")
    (send,) = made.step(Frame("terminals", 1, TPDU + HEADER + spoken.encode(asked), made.now))
    assert isinstance(send, Send)
    answer = spoken.decode(framing.split_cup(send.data, None).body)
    assert (answer.mti, answer.de39, answer.de41) == ("0810", "00", GOOD["terminal"])


@pytest.mark.parametrize("name", VECTORS)
def test_what_the_inspector_finds_out_of_a_packet_can_be_registered(name: str) -> None:
    found = best(VECTORS[name]["hex"])
    assert found is not None
    assert "registered" in registered(Scene(up=False), found.wire.overrides)
