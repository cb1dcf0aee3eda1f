"""What must never be on the disk is not: canaries in every field that may carry it, then every byte of the store."""

from __future__ import annotations

from pathlib import Path

from counterfoil.step import SECOND, Frame
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import PACKAGE
from switch.scene import TERMINALS, TIMER, pan, scene

CARD = pan("62999910", 7_654_321)
TRACK_TAIL = "7531246809"
CANARIES = {
    "card number": CARD.encode(),
    "card number, packed": bytes.fromhex(CARD if len(CARD) % 2 == 0 else CARD + "0"),
    "track": TRACK_TAIL.encode(),
    "track 3": b"0246813579",
    "chip data": bytes.fromhex("9F2608DEADBEEFCAFEF00D"),
    "chip data as text": b"9F2608DEADBEEFCAFEF00D",
    "own field 62": b"canary in 62",
    "own field 46": b"canary in 46",
    "TDK cryptogram": b"",
}


def test_no_sensitive_byte_reaches_the_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", migrations_of(PACKAGE))
    made = scene(store=store)
    made.now += 10 * SECOND
    answer = made.sign_on(code="004")
    canaries = {**CANARIES, "TDK cryptogram": (answer.de62 or b"")[-20:]}
    message = made.purchase(card=CARD).copy(
        de35=f"{CARD}=3012201{TRACK_TAIL}",
        de36=f"01{CARD}=0246813579",
        de55=CANARIES["chip data"],
        de62=CANARIES["own field 62"],
        de46=CANARIES["own field 46"].decode(),
        de2=CARD,
    )
    assert message.de52 is not None
    canaries["PIN block"] = message.de52
    made.step(made.frame(message), made.frame(message.copy(de4="000000000001")))
    (forwarded,) = [made.read(send) for send in made.to_issuers() if made.read(send).mti == "0200"]
    assert forwarded.de52 is not None
    canaries["PIN block under the zone key"] = forwarded.de52
    made.step(after=TIMER)
    made.step(made.reply(forwarded, "00"), made.frame(made.reversal(message, card=CARD)))
    made.acknowledge("96")
    bad = made.frame(made.purchase(card=CARD).copy(de2=CARD), spoil=True)
    made.step(bad, Frame("terminals", 1, bad.data[:-3], made.now), Frame("terminals", 1, b"\x60" + bad.data, made.now))
    made.switch.quarantine(made.now, bad, "RuntimeError")
    made.store.execute("PRAGMA wal_checkpoint(FULL)")
    bytes_on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert TERMINALS[0].encode() in bytes_on_disk
    assert b"*" * 12 + CARD[-4:].encode() in bytes_on_disk
    found = {name for name, canary in canaries.items() if canary and canary in bytes_on_disk}
    assert not found
    store.close()
