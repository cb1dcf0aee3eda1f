"""`decode` reads every wrapping and dress that `decode --guess` finds out, named or not, and finds the same fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.calling import said
from counterfoil.inspector import FORMS
from counterfoil.inspector.wire import FRAMINGS, wrapped

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8")
)
SIGN_ON = next(v for v in VECTORS if v["name"] == "0800-signon-request-minimal")
TPDU, HEADER, BODY = (
    bytes.fromhex(SIGN_ON["hex"])[at:behind] for at, behind in ((2, 7), (7, 13), (13, len(SIGN_ON["hex"]) // 2))
)
FIELDS = {number: text for number, text in SIGN_ON["expected_fields"].items() if number.isdigit()}
BASE24 = "ISO0234000700800822200000200000004000000000000000918114737000001091800001"


def test_there_is_a_name_for_every_way_to_wrap_a_message() -> None:
    assert {length for length, _, _ in FRAMINGS.values()} == set(FORMS)
    assert len(FRAMINGS) == 3 * len(FORMS)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "found out"])
def test_every_wrapping_is_read(capsys: pytest.CaptureFixture[str], framing: str, named: bool) -> None:
    length, tpdu, header = FRAMINGS[framing]
    packet = wrapped(length, TPDU * tpdu + HEADER * header + BODY)
    answer = said(capsys, "decode", packet.hex(), *(("--framing", framing) if named else ()), "--json", "--reveal")
    assert (answer.status, answer.err) == (0, "")
    assert answer.json["fields"] == FIELDS
    assert answer.json["tpdu"] == (TPDU * tpdu).hex().upper()
    assert answer.json["header"] == (HEADER * header).hex().upper()


@pytest.mark.parametrize("given", [BASE24, BASE24.encode().hex()], ids=["text", "hex"])
def test_a_message_in_characters_is_read_from_hex_and_as_text(capsys: pytest.CaptureFixture[str], given: str) -> None:
    answer = said(capsys, "decode", "--dialect", "iso87-ascii", given, "--json")
    assert answer.status == 0
    assert (answer.json["mti"], answer.json["fields"]["70"]) == ("0800", "001")


def test_a_dump_in_a_file_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = bytes.fromhex(SIGN_ON["hex"])
    file = tmp_path / "dump.txt"
    file.write_text(
        "\n".join(f"{at:08x}  {data[at : at + 16].hex(' ')}" for at in range(0, len(data), 16)) + f"\n{len(data):08x}\n"
    )
    assert said(capsys, "decode", str(file), "--json", "--reveal").json["fields"] == FIELDS


def test_a_charset_of_a_field_is_a_switch_like_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    from counterfoil.iso8583 import ISO87_ASCII, Message

    switch = {"43": {"charset": "gbk"}}
    body = ISO87_ASCII.override(switch).encode(Message("0200", de11="000001", de43="上海市第一百货商店"))
    words = ("decode", "--dialect", "iso87-ascii", body.hex(), "--json")
    assert said(capsys, *words).status == 1
    assert said(capsys, *words, "--override", json.dumps(switch)).json["fields"]["43"].startswith("上海市")


@pytest.mark.parametrize("packet", [SIGN_ON["hex"] + "0", f"packet: {SIGN_ON['hex']}"])
def test_what_would_leave_something_unread_is_not_read(capsys: pytest.CaptureFixture[str], packet: str) -> None:
    assert said(capsys, "decode", packet, "--json").status == 2
