"""Fields to bytes and bytes to fields, with what is hidden kept as it was."""

from __future__ import annotations

import pytest

from counterfoil.inspector import EditError, Wrapping, best, differences, read, set_field, with_cells
from counterfoil.inspector.mask import HIDDEN
from counterfoil.inspector.wire import take_apart
from counterfoil.iso8583 import CUP_POS, Message, framing
from inspector.packets import PURCHASE, VECTORS

DATA = bytes.fromhex(PURCHASE["hex"])
WIRE = Wrapping()


def message(data: bytes) -> Message:
    return CUP_POS.decode(take_apart(data, WIRE).body)


@pytest.mark.parametrize(
    ("path", "value"),
    [("4", "000000009900"), ("11", "000777"), ("38", "A1B2C3"), ("2", "62999912345678904"), ("MTI", "0210")],
)
def test_a_field_set_anew_is_in_the_bytes_and_the_length_fits(path: str, value: str) -> None:
    changed = set_field(DATA, WIRE, path, value)
    assert framing.unwrap(changed, "len+tpdu+header")[0] == DATA[2:7]
    read_back = message(changed)
    assert (read_back.mti if path == "MTI" else read_back.get(int(path))) == value
    others = [each.path for each in differences(DATA, WIRE, changed, WIRE) if each.what != "same"]
    assert others == [path]


def test_a_field_is_taken_out_by_nothing() -> None:
    assert message(set_field(DATA, WIRE, "55", "")).de55 is None


def test_a_binary_field_is_set_in_hex() -> None:
    assert message(set_field(DATA, WIRE, "52", "0011223344556677")).de52 == bytes.fromhex("0011223344556677")


@pytest.mark.parametrize(
    ("path", "value"),
    [("4", "12.50"), ("4", "1"), ("11", "secret-track-6299"), ("52", "xyz"), ("52", "001"), ("65", "1"), ("130", "1"),
     ("MTI", "xx"), ("nothing", "1"), ("70", "301"), ("35", "no track")],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence_without_the_value(path: str, value: str) -> None:
    with pytest.raises(EditError) as refused:
        set_field(DATA, WIRE, path, value)
    assert len(value) < 3 or value not in refused.value.text.en
    assert refused.value.text.zh


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_shown_bytes_sent_back_unchanged_are_the_packet(vector: dict[str, str]) -> None:
    found = best(vector["hex"])
    assert found is not None
    reading = read(found.data, found.wire)
    assert with_cells(found.data, reading.hidden, " ".join(reading.cells)) == found.data


def test_bytes_edited_around_hidden_ones_leave_those_in_their_place() -> None:
    reading = read(DATA, WIRE)
    row = next(row for row in reading.rows if row.path == "11")
    cells = list(reading.cells)
    cells[row.start : row.end] = ["00", "12", "34"]
    changed = message(with_cells(DATA, reading.hidden, " ".join(cells)))
    assert (changed.de11, changed.de2, changed.de35) == ("001234", message(DATA).de2, message(DATA).de35)


def test_bytes_may_be_put_in_and_taken_out() -> None:
    reading = read(DATA, WIRE)
    shorter = with_cells(DATA, reading.hidden, " ".join(reading.cells[2:]))
    assert shorter == DATA[2:]
    assert with_cells(DATA, reading.hidden, "AB " + " ".join(reading.cells)) == b"\xab" + DATA


@pytest.mark.parametrize("text", ["", "zz", "0", HIDDEN, "00 11 22", "·"])
def test_cells_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(EditError):
        with_cells(DATA, read(DATA, WIRE).hidden, text)
