"""Whose store it is, and what is never in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.issuer import Issuer, Records, Settings
from issuer.bank import PANS, Bank, track


def test_a_store_without_keys_or_of_another_issuer_is_refused(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    with pytest.raises(StoreError, match="the store of issuer-a, not of issuer-b"):
        Issuer(Records(bank.store), bank.switch, Settings(name="issuer-b"), lambda size: bytes(size))
    bank.store.execute("DELETE FROM station_key WHERE name = 'pvk'")
    with pytest.raises(StoreError, match="does not hold the keys"):
        bank.restart()
    bank.store.execute("DELETE FROM station_key")
    with pytest.raises(StoreError, match="never set up"):
        bank.restart()


def test_no_card_data_ever_reaches_the_disk(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    stripe = track("alice")
    purchase = bank.purchase(de35=stripe, de36="99" + PANS["alice"], de55=b"\x9f\x26\x08CANARYAC", de18="5411")
    assert purchase.de52 is not None
    odd = bank.purchase("unknown", de48=PANS["unknown"])
    bank.ask(purchase, odd, bank.advice(purchase), bank.sealed(bank.purchase("bob"))[:-1])
    bank.issuer.quarantine(bank.now, bank.frame(purchase), "boom")
    bank.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"T0000001" in kept
    canaries = [PANS["alice"], PANS["bob"], PANS["unknown"], stripe[17:], stripe[-8:], purchase.de52.hex(), "CANARYAC"]
    for canary in canaries:
        assert canary.encode() not in kept
        assert canary.upper().encode() not in kept
    assert purchase.de52 not in kept
    assert b"CANARYAC".hex().encode() not in kept.lower()
