"""The preferences the doctor prints, given to tshark itself: it reads the message with them, and not with its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from counterfoil.inspector import advice, best, reframed
from counterfoil.inspector.doctor import NO_SETTING, TWO_BYTES
from counterfoil.inspector.names import FORMS
from counterfoil.inspector.wire import wrapped, written
from counterfoil.iso8583 import ISO87_ASCII
from inspector.packets import HOST, NAMED, PURCHASE
from system import needed, runs

PORT = "8583"
NO_TRACK = HOST.copy(de35=None)
ISO = ISO87_ASCII.encode(NO_TRACK)
TEXT = ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True).encode(NO_TRACK)


def decoded(data: bytes, folder: Path, *preferences: str) -> dict[str, str]:
    """What tshark makes of a packet on a TCP connection: message type and fields, and whether it stumbled."""
    tshark = needed("tshark", lambda: runs("tshark", "--version"), "tshark")
    text2pcap = needed("text2pcap", lambda: runs("text2pcap", "--version"), "wireshark-common")
    text, capture = folder / "packet.txt", folder / "packet.pcap"
    text.write_text(f"000000 {data.hex(' ')}\n")
    made = subprocess.run(
        [text2pcap, "-q", "-T", f"40000,{PORT}", str(text), str(capture)], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr
    fields = [
        "iso8583.mti",
        "iso8583.map1",
        "iso8583.bit3",
        "iso8583.bit4",
        "iso8583.bit11",
        "iso8583.bit41",
        "_ws.malformed",
    ]
    words = [tshark, "-r", str(capture), "-d", f"tcp.port=={PORT},iso8583", "-T", "fields"]
    words += [word for name in fields for word in ("-e", name)]
    words += [word for preference in preferences for word in ("-o", preference)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(fields, done.stdout.rstrip("\n").split("\t"), strict=True))


@pytest.mark.parametrize(
    ("packet", "default_reads"),
    [
        (bytes.fromhex(NAMED["0800-signon-request-minimal"]["hex"]), False),
        (bytes.fromhex(NAMED["yuantu-0210-chip-purchase-approved"]["hex"]), False),
        (written("binary", len(ISO)) + ISO, False),
        (written("binary", len(TEXT)) + TEXT, False),
        (written("little", len(TEXT)) + TEXT, True),
    ],
    ids=["sign-on", "purchase answer", "characters and raw bytes", "all text", "all text, little endian"],
)
def test_tshark_reads_the_message_with_these_preferences(packet: bytes, default_reads: bool, tmp_path: Path) -> None:
    found = best(packet)
    assert found is not None
    told = advice(found)
    plain = reframed(packet, found.wire) if told.notes else packet
    message = found.wire.spoken().flat(found.wire.spoken().decode(reframed(packet, found.wire)[2:]))
    seen = decoded(plain, tmp_path, *told.tshark)
    for number in ("3", "4", "11", "41"):
        assert seen[f"iso8583.bit{number}"].strip() == message.get(number, "").strip()
    stumbles = any("reads this message up to" in note.en for note in told.notes)
    assert (seen["_ws.malformed"] != "") == stumbles
    assert bool(decoded(packet, tmp_path)["iso8583.bit41"]) == default_reads


def test_what_wireshark_cannot_read_is_said(tmp_path: Path) -> None:
    found = best(PURCHASE["hex"])
    assert found is not None
    told = advice(found)
    notes = " ".join(text.en for text in told.notes)
    assert "up to DE35" in notes
    assert "no setting for what stands between" in notes
    seen = decoded(reframed(found.data, found.wire), tmp_path, *told.tshark)
    assert (seen["iso8583.mti"], seen["iso8583.bit11"]) == ("0200", PURCHASE["expected_fields"]["11"])
    assert seen["_ws.malformed"] != ""
    assert decoded(found.data, tmp_path, *told.tshark)["iso8583.mti"] == ""


@pytest.mark.parametrize("length", FORMS)
def test_what_is_to_be_done_first_is_what_this_packet_needs(length: str) -> None:
    for around in (b"", bytes.fromhex("6000030000")):
        found = best(wrapped(length, around + ISO))
        assert found is not None
        assert (found.wire.length, found.wire.tpdu) == (length, around != b"")
        wanted = [NO_SETTING] if around else [] if length in ("binary", "little") else [TWO_BYTES]
        assert [note for note in advice(found).notes if note in (NO_SETTING, TWO_BYTES)] == wanted
