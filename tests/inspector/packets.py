"""Packets for the inspector's tests: the published ones, and one between switch and issuer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from counterfoil.iso8583 import ISO87_ASCII, Message

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8")
)
NAMED = {vector["name"]: vector for vector in VECTORS}
PURCHASE = NAMED["0200-chip-purchase-request-with-track2"]
SIGN_ON = NAMED["easy8583-0800-signon-request"]
CARD = "6299991000000008"
TRACK = f"{CARD}D31122010000012345"
HOST = Message(
    "0200", de2=CARD, de3="000000", de4="000000001250", de7="1122233000", de11="000042", de18="5411", de22="021",
    de25="00", de32="12345678", de35=TRACK, de37="612345678901", de41="T0000001", de42="123456789012345",
    de49="156", de52=bytes.fromhex("3D87C8B8FA17C67C"), de64=bytes.fromhex("0011223344556677"),
)  # fmt: skip
HOST_BODY = ISO87_ASCII.encode(HOST)


def secrets_of(vector: dict[str, Any]) -> list[str]:
    """What must never be seen of a packet: digits and hex of its card number, tracks, PIN block and chip secrets."""
    fields = vector["expected_fields"]
    found = [fields[number] for number in ("2", "35", "36", "52") if number in fields]
    return [one for one in found if len(one) >= 12]
