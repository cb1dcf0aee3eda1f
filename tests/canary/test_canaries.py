"""Card data at a live stack leaves no trace: in no store, log, print, answer or help page, whatever happened to it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from canary.needles import CANARIES, Canary, needles
from canary.scan import ON_THE_WIRE, scan
from canary.traffic import Birds, everything
from counterfoil.security import is_test_range, luhn_ok
from counterfoil.security.pin import build

CARD = CANARIES[0]
NEEDLES = needles(CARD)


@pytest.mark.loop
@pytest.mark.timeout(400)
def test_no_byte_of_a_card_is_left_anywhere(tmp_path: Path) -> None:
    stack: Birds = everything(tmp_path / "data")
    report = scan([tmp_path], stack.said, stack.needles)
    assert report.hits == []
    assert report.files > 100
    looked_at = {path.name for path in tmp_path.rglob("*")}
    assert {"store.db", "switch.log", "switch.stderr.log", "up.log"} <= looked_at
    assert any("PIN block" in needle.what and "clear" not in needle.what for needle in stack.needles)
    said = " ".join(stack.said.values())
    for happened in ("approved", "declined", "unknown", f"{'*' * 12}{CARD.pan[-4:]}"):
        assert happened in said, "the canaries did not fly"
    logged = "".join(path.read_text() for path in (tmp_path / "data" / "logs").glob("*.log"))
    for happened in ("quarantined", "framing_error", "station_failed", "ValueError"):
        assert happened in logged, "nothing broke"


# --- the control: what lies about is found ---


def test_the_canaries_are_cards_of_the_test_ranges_and_all_different() -> None:
    assert all(is_test_range(card.pan) and luhn_ok(card.pan) for card in CANARIES)
    assert len({card.pan[4:14] for card in CANARIES}) == len({card.track2 for card in CANARIES}) == len(CANARIES)


def swapped(card: Canary) -> bytes:
    return bytes.fromhex(card.track2.replace("=", "D").ljust(38, "0"))


PLANTED: dict[str, Callable[[Canary], bytes]] = {
    "text": lambda card: f"card {card.pan} was here".encode(),
    "grouped": lambda card: " ".join(card.pan[at : at + 4] for at in range(0, 16, 4)).encode(),
    "cut off": lambda card: card.pan[:15].encode(),
    "UTF-16": lambda card: card.pan.encode("utf-16"),
    "packed": lambda card: b"\x16" + bytes.fromhex(card.pan),
    "packed, shifted": lambda card: bytes.fromhex(f"0{card.pan}F"),
    "hex of text": lambda card: card.pan.encode().hex().encode(),
    "base64": lambda card: base64.b64encode(b"x" + card.pan.encode() + b"y"),
    "base64 of packed": lambda card: base64.b64encode(b"xy" + bytes.fromhex(card.pan)),
    "track": lambda card: card.track2.replace("=", "D").encode(),
    "packed track": swapped,
    "end of the track": lambda card: card.track2[-13:].encode(),
    "CVV of the stripe": lambda card: f"{card.track2[17:32]}99999".encode(),
    "CVV and what follows": lambda card: b"cvv and own " + card.track2[27:].encode(),
    "CVV": lambda card: b"cvv=" + card.cvv.encode(),
    "PIN": lambda card: b"pin=" + card.wrong_pin.encode(),
    "clear PIN block": lambda card: build(0, card.pin, card.pan, bytes),
    "clear PIN block in hex": lambda card: build(0, card.pin, card.pan, bytes).hex().encode(),
}


@pytest.mark.parametrize("form", PLANTED)
def test_a_planted_card_is_found_in_this_form(form: str, tmp_path: Path) -> None:
    file = tmp_path / "data" / "switch" / "core"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\0" * 5000 + PLANTED[form](CARD) + b"\xff" * 5000)
    (report) = scan([tmp_path / "data"], {}, NEEDLES)
    assert {hit["where"] for hit in report.hits} == {"data/switch/core"}
    assert (report.files, report.bytes) == (1, file.stat().st_size)
    assert CARD.pan not in str(report.hits)


def test_a_row_that_was_deleted_is_still_found(tmp_path: Path) -> None:
    """Free pages of a store are bytes like any other."""
    store = apsw.Connection(str(tmp_path / "store.db"))
    store.execute("CREATE TABLE sale (card text)")
    store.execute("INSERT INTO sale VALUES (?)", (CARD.pan,))
    store.execute("DELETE FROM sale")
    store.close()
    assert scan([tmp_path], {}, NEEDLES).hits


def test_what_was_said_is_looked_through_and_a_link_may_carry_the_number_but_no_track() -> None:
    said = {"why": f"paid with {CARD.pan}", f"{ON_THE_WIRE} 0210": f"16{CARD.pan} {CARD.track2}"}
    found = {(str(hit["where"]), str(hit["what"])) for hit in scan([], said, NEEDLES).hits}
    assert ("why", f"{CARD.name}: PAN text") in found
    assert (f"{ON_THE_WIRE} 0210", f"{CARD.name}: track 2") in found
    assert (f"{ON_THE_WIRE} 0210", f"{CARD.name}: PAN text") not in found


def test_what_a_mask_shows_is_no_hit() -> None:
    masked = f"{'*' * 12}{CARD.pan[-4:]}"
    assert scan([], {"receipt": masked}, NEEDLES).hits == []
