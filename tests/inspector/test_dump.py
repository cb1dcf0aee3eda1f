"""Hex in any dress, dumps with offsets, hex of hex, and a message as its own characters."""

from __future__ import annotations

import time

import pytest

from counterfoil.inspector import best, dumps
from counterfoil.inspector.listing import LONGEST
from counterfoil.iso8583 import ISO87_ASCII
from inspector.packets import HOST, PURCHASE

DATA = bytes.fromhex(PURCHASE["hex"])


def xxd(data: bytes) -> str:
    return "\n".join(
        f"{at:08x}: {data[at : at + 16].hex(' ', 2)}  {'.' * len(data[at : at + 16])}" for at in range(0, len(data), 16)
    )


def wireshark(data: bytes) -> str:
    return "\n".join(
        f"{at:04x}   {data[at : at + 16].hex(' ')}   {'.' * len(data[at : at + 16])}" for at in range(0, len(data), 16)
    )


def tcpdump(data: bytes) -> str:
    return "\n".join(
        f"\t0x{at:04x}:  {data[at : at + 16].hex(' ', 2)}  {'.' * len(data[at : at + 16])}"
        for at in range(0, len(data), 16)
    )


def hexdump(data: bytes) -> str:
    def line(at: int) -> str:
        row = data[at : at + 16]
        return f"{at:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{'.' * len(row)}|"

    return "\n".join(line(at) for at in range(0, len(data), 16))


DRESSES = {
    "plain": DATA.hex(),
    "spaced": DATA.hex(" "),
    "lines": "\r\n".join(DATA.hex()[at : at + 32] for at in range(0, len(DATA) * 2, 32)),
    "colons": DATA.hex(":"),
    "0x": ", ".join(f"0x{byte:02x}" for byte in DATA),
    "escaped": "".join(f"\\x{byte:02x}" for byte in DATA),
    "xxd": xxd(DATA),
    "wireshark": wireshark(DATA),
    "tcpdump": tcpdump(DATA),
    "hexdump": hexdump(DATA),
    "twice": DATA.hex().upper().encode().hex(),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_the_same_bytes_come_out_of_every_dress(dress: str) -> None:
    found = best(DRESSES[dress])
    assert found is not None
    assert (found.sound, found.data) == (True, DATA)


def test_a_file_may_hold_the_bytes_themselves() -> None:
    found = best(DATA)
    assert found is not None
    assert (found.how, found.data) == ("bytes", DATA)


def test_a_message_of_characters_may_be_pasted_as_it_is() -> None:
    text = ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True).encode(HOST).decode("ascii")
    found = best(text)
    assert found is not None
    assert (found.how, found.sound, found.data.decode()) == ("characters", True, text)


@pytest.mark.parametrize("given", ["", "   ", "xyz", "1", "0x", "q" * 200_000, b"\x00\xff" * 20_000])
def test_what_is_no_dump_is_none(given: str | bytes) -> None:
    assert dumps(given) == []


LINE = "60 00 03 00 00 60 31 00 31 13 00 02 00 70 24 04"
HOSTILE = {
    "a star for as many bytes as there are": f"00000000 {LINE}\n00000010 {LINE}\n*\nfffffffffffffff0 60\n",
    "an end that far away": f"00000000 {LINE}\nfffffffffffffff0\n",
    "one long line": "00000000 " + "60 " * 15_000,
    "one long line of hex and a word": "60 " * 15_000 + "zz",
    "blanks": "00000000" + " " * 130_000 + "60",
    "tabs": "\t" * 131_072,
    "comments that do not end": "/*" * 65_536,
    "quotes": "\"'" * 65_536,
    "brackets": "[1," * 40_000,
    "an odd run": "0" * 131_071 + "g",
    "a thousand listings": "0000 60\n" * 2_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_take_for_ever_is_left(name: str) -> None:
    begun = time.process_time()
    assert all(len(dump.data) <= LONGEST for dump in dumps(HOSTILE[name]))
    best(HOSTILE[name])
    assert time.process_time() - begun < 20
