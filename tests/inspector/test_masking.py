"""Nothing that leaves the inspector shows a card number, a track or a PIN block, as text or as bytes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from counterfoil.errors import FramingError
from counterfoil.inspector import Wrapping, best, differences, read
from counterfoil.inspector.mask import HIDDEN
from counterfoil.iso8583 import CUP_POS, Message, framing
from counterfoil.iso8583.nested import tlv
from inspector.packets import CARD, HOST_BODY, PURCHASE, TRACK, VECTORS, secrets_of

HOST = {"hex": framing.frame(HOST_BODY).hex(), "expected_fields": {"2": CARD, "35": TRACK, "52": "3D87C8B8FA17C67C"}}
WIRES = [
    Wrapping(dialect=dialect, length=length, tpdu=tpdu, header=header)
    for dialect in ("cup-pos", "iso87-ascii")
    for length in ("none", "binary")
    for tpdu in (True, False)
    for header in (True, False)
]


def everything(told: dict[str, Any]) -> str:
    """What somebody sees: the JSON, and the visible bytes as characters too."""
    visible = "".join(cell for cell in told["hex"].split() if cell != HIDDEN)
    return json.dumps(told) + visible + bytes.fromhex(visible).decode("latin-1")


@pytest.mark.parametrize("vector", [*VECTORS, HOST], ids=lambda v: v.get("name", "host"))
def test_the_best_reading_shows_no_card_data(vector: dict[str, Any]) -> None:
    found = best(vector["hex"])
    assert found is not None
    seen = everything(read(found.data, found.wire).plain())
    for secret in secrets_of(vector):
        assert secret not in seen
        assert len(set(secret[3:-3])) < 4 or secret[3:-3] not in seen


@pytest.mark.parametrize("vector", [*VECTORS, HOST], ids=lambda v: v.get("name", "host"))
def test_no_wrong_reading_shows_what_the_right_one_hides(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    found = best(vector["hex"])
    assert found is not None
    hidden = read(found.data, found.wire).hidden
    for wire in WIRES:
        try:
            seen = everything(read(data, wire, also_hidden=hidden).plain())
        except FramingError:
            continue
        assert not [secret for secret in secrets_of(vector) if secret in seen], wire


@pytest.mark.parametrize("cut", range(20, 270, 13))
def test_a_packet_cut_anywhere_shows_no_card_number(cut: int) -> None:
    found = best(PURCHASE["hex"][: 2 * cut])
    if found is not None:
        seen = everything(read(found.data, found.wire).plain())
        assert not [secret for secret in secrets_of(PURCHASE) if secret in seen]


def test_a_card_number_keeps_its_last_four_in_both_views() -> None:
    message = Message("0200", de2=CARD, de3="000000", de11="000001", de41="T0000001")
    reading = read(CUP_POS.encode(message), Wrapping(length="none", tpdu=False, header=False))
    row = next(row for row in reading.rows if row.path == "2")
    assert row.value == "************0008"
    assert reading.cells[row.start : row.end] == ("16", *[HIDDEN] * 6, "00", "08")


@pytest.mark.parametrize("number", ["62", "629999100000", "6299991000000000000"[:13], CARD, CARD + "123"])
def test_only_what_has_the_length_of_a_card_number_is_shown_in_part(number: str) -> None:
    message = Message("0200", de2=number, de3="000000", de11="000001", de41="T0000001")
    reading = read(CUP_POS.encode(message), Wrapping(length="none", tpdu=False, header=False))
    row = next(row for row in reading.rows if row.path == "2")
    visible = [cell for cell in reading.cells[row.start + 1 : row.end] if cell != HIDDEN]
    assert "".join(visible) == (
        "" if len(number) < 13 else number[len(number) - 4 + len(number) % 2 : len(number) // 2 * 2]
    )
    assert (row.value.count("*") > 0) == (len(number) >= 13)


def test_chip_data_names_every_element_and_hides_the_card_s() -> None:
    chip = tlv.build(
        [("5A", bytes.fromhex(CARD)), ("9F26", b"\x01" * 8), ("57", bytes.fromhex(TRACK)), ("9F27", b"\x80")]
    )
    message = Message("0200", de2=CARD, de3="000000", de11="000001", de41="T0000001", de55=chip)
    reading = read(CUP_POS.encode(message), Wrapping(length="none", tpdu=False, header=False))
    row = next(row for row in reading.rows if row.path == "55")
    parts = {part.path: part for part in row.parts}
    assert parts["9F26"].value == "0101010101010101"
    assert parts["9F27"].means is not None
    assert parts["9F27"].means.en == "asks online (ARQC)"
    assert {parts[tag].value for tag in ("5A", "57")} == {"[hidden, 8 bytes]", f"[hidden, {len(TRACK) // 2} bytes]"}
    for part in row.parts:
        value = reading.cells[part.end - len(bytes.fromhex(part.value)) : part.end] if part.value[0] != "[" else ()
        assert HIDDEN not in value
    assert not re.search(CARD, "".join(reading.cells))


def test_the_card_s_number_in_a_public_element_is_hidden_too() -> None:
    chip = tlv.build([("9F1E", bytes.fromhex(CARD))])
    message = Message("0200", de2=CARD, de3="000000", de11="000001", de41="T0000001", de55=chip)
    reading = read(CUP_POS.encode(message), Wrapping(length="none", tpdu=False, header=False))
    assert CARD not in everything(reading.plain())


def test_a_comparison_says_that_hidden_values_differ_and_shows_neither() -> None:
    other = Message("0200", de2="6299991000000016", de3="000000", de11="000001", de41="T0000001")
    one = other.copy(de2=CARD)
    wire = Wrapping(length="none", tpdu=False, header=False)
    found = {each.path: each for each in differences(CUP_POS.encode(one), wire, CUP_POS.encode(other), wire)}
    assert (found["2"].what, found["3"].what) == ("changed", "same")
    assert CARD not in repr(found)
