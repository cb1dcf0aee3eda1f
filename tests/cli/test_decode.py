"""`decode` reads every published packet, says where a broken one breaks, and shows card data only when told to."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.calling import said
from counterfoil.inspector.names import name_of
from counterfoil.iso8583 import CUP_POS

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8")
)
PURCHASE = next(v for v in VECTORS if v["name"] == "0200-chip-purchase-request-with-track2")


def words(vector: dict[str, Any]) -> tuple[str, ...]:
    return ("decode", vector["hex"], "--override", json.dumps(vector["dialect_overrides"]), "--json")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
@pytest.mark.parametrize("named", [True, False], ids=["framing named", "framing found out"])
def test_every_packet_decodes_to_its_expected_fields(
    capsys: pytest.CaptureFixture[str], vector: dict[str, Any], named: bool
) -> None:
    framing = ("--framing", vector["framing"]) if named else ()
    answer = said(capsys, *words(vector), *framing, "--reveal")
    assert (answer.status, answer.err) == (0, "")
    expected = vector["expected_fields"]
    assert answer.json["fields"] == {number: text for number, text in expected.items() if number.isdigit()}
    assert answer.json["mti"] == expected["mti"]
    assert answer.json["tpdu"] == expected.get("tpdu", "")
    assert answer.json["header"] == expected.get("header", "")


def test_without_reveal_no_card_number_track_or_pin_block_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, *words(PURCHASE))
    fields = PURCHASE["expected_fields"]
    assert answer.status == 0
    for number in ("2", "35", "52", "55"):
        assert fields[number] not in answer.out, number
    assert answer.json["fields"]["11"] == fields["11"]


def test_people_get_a_table_and_the_parts_of_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "decode", PURCHASE["hex"])
    assert answer.status == 0
    assert "F11 " in answer.out
    assert name_of(CUP_POS, "11").en in answer.out
    assert name_of(CUP_POS, "11").zh in said(capsys, "decode", PURCHASE["hex"], "--lang", "zh").out
    assert PURCHASE["expected_fields"]["11"] in answer.out
    assert PURCHASE["expected_fields"]["2"] not in answer.out


def test_a_packet_cut_short_names_the_field_and_the_byte(capsys: pytest.CaptureFixture[str]) -> None:
    body = bytes.fromhex(PURCHASE["hex"])[13:-20]
    answer = said(capsys, "decode", "--framing", "body", body.hex(), "--json")
    assert answer.status == 1
    assert answer.json["error"] == "decode"
    assert answer.json["path"] == "55"
    assert answer.json["offset"] > 0
    assert answer.json["fields"]["11"] == PURCHASE["expected_fields"]["11"]
    assert PURCHASE["expected_fields"]["2"] not in answer.out + answer.err


def test_a_wrong_length_prefix_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "decode", "--framing", "len+tpdu+header", "0001" + PURCHASE["hex"][4:], "--json")
    assert answer.status == 1
    assert answer.json["error"] == "framing"
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("zz",), ("123",), ("",), ("0800", "--override", "[]"), ("0800", "--override", "{"),
     ("0800", "--override", '{"2":' + "[" * 3000), ("0800", "--override", '{"60": {"typ": "n"}}'),
     ("0800", "--override", '{"60": 7}'), ("0800", "--override", '{"60": {"max": null}}'),
     ("0800", "--override", '{"x": {"max": 7}}'), ("0800", "--override", "9" * 6000),
     ("0800", "--dialect", "base24"), ("0800", "--framing", "len")],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_usage_error(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    answer = said(capsys, "decode", *arguments, "--json")
    assert answer.status == 2
    assert answer.json["error"] == "usage"
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err


def test_a_packet_can_come_from_stdin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PURCHASE["hex"] + "\n"))
    assert said(capsys, "decode", "-", "--json").json["mti"] == "0200"


def test_the_line_between_switch_and_issuer_is_read_too(capsys: pytest.CaptureFixture[str]) -> None:
    from counterfoil.iso8583 import ISO87_ASCII, Message

    body = ISO87_ASCII.encode(Message("0800", de7="1122233000", de11="000001", de70="301"))
    answer = said(capsys, "decode", "--dialect", "iso87-ascii", body.hex(), "--json")
    assert answer.json["fields"] == {"7": "1122233000", "11": "000001", "70": "301"}
