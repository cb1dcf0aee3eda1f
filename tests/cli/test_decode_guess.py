"""`decode --guess`, `--diff` and `--strip`: from stdin, a file or the command line, masked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.calling import said

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8")
)
PURCHASE = next(v for v in VECTORS if v["name"] == "0200-chip-purchase-request-with-track2")
REQUEST, ANSWER = (
    next(v for v in VECTORS if v["name"] == name)
    for name in ("easy8583-0800-signon-request", "easy8583-0810-signon-response")
)
CARD = PURCHASE["expected_fields"]["2"]


def test_the_settings_of_a_packet_are_found_out(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "decode", "--guess", PURCHASE["hex"], "--json")
    assert answer.status == 0
    assert answer.json["wire"]["length"] == "binary"
    assert answer.json["sound"] is True
    assert "iso8583.len_endian:Big endian" in answer.json["tshark"]
    assert CARD not in answer.out


def test_the_wrong_setting_is_named_in_the_reader_s_language(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ("decode", "--guess", "--framing", "len+tpdu", PURCHASE["hex"])
    assert "Header: the settings expect none; the packet has one of 6 bytes." in said(capsys, *wrong).out
    assert "报文头：设置为无，实际有 6 字节。" in said(capsys, *wrong, "--lang", "zh").out


@pytest.mark.parametrize("raw", [True, False], ids=["bytes", "hex"])
def test_a_packet_may_be_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, raw: bool) -> None:
    file = tmp_path / "packet"
    file.write_bytes(bytes.fromhex(PURCHASE["hex"]) if raw else PURCHASE["hex"].encode())
    assert said(capsys, "decode", "--guess", str(file), "--json").json["mti"] == "0200"


def test_people_read_places_fields_and_meanings(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "decode", "--guess", PURCHASE["hex"])
    assert "(chip, contact, with PIN)" in answer.out
    assert "9F26 application cryptogram" in answer.out
    assert "tshark -o 'iso8583.len_endian:Big endian'" in answer.out
    assert CARD not in answer.out


def test_two_packets_are_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "answer.hex"
    file.write_text(ANSWER["hex"])
    monkeypatch.setattr("sys.stdin", io.StringIO(REQUEST["hex"]))
    answer = said(capsys, "decode", "-", "--diff", str(file), "--json")
    what = {each["path"]: each["what"] for each in answer.json["differences"]}
    assert (what["MTI"], what["39"], what["63"]) == ("changed", "only-right", "only-left")
    expected = REQUEST["expected_fields"], ANSWER["expected_fields"]
    assert (what["11"] == "same") == (expected[0]["11"] == expected[1]["11"])
    table = said(capsys, "decode", REQUEST["hex"], "--diff", str(file)).out
    assert "≠ MTI    message type: 0800  →  0810" in table


def test_stripping_needs_a_word_because_it_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    refused = said(capsys, "decode", "--strip", PURCHASE["hex"], "--json")
    assert (refused.status, refused.json["error"]) == (2, "usage")
    assert CARD not in refused.out + refused.err
    line = said(capsys, "decode", "--strip", "--reveal", PURCHASE["hex"]).out
    assert line.startswith("000000 01 02 02 00 70 24")


@pytest.mark.parametrize("packet", ["zz", "00" * 30, "nothing here"])
def test_what_holds_no_message_is_said_to_hold_none(capsys: pytest.CaptureFixture[str], packet: str) -> None:
    answer = said(capsys, "decode", "--guess", packet, "--json")
    assert (answer.status, answer.json["error"]) == (1, "nothing")
