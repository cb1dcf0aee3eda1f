"""Every published vector of tests/vectors/crypto_vectors.json, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from counterfoil.security import KeyUsage, SoftHsm
from counterfoil.security.ciphers import DesKey
from counterfoil.security.mac import cup_ecb, fold
from counterfoil.security.pin import build, parse

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "crypto_vectors.json").read_text())


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(v, id=v["name"]) for v in VECTORS if v["kind"] == kind]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_no_kind_of_vector_is_left_out() -> None:
    assert {v["kind"] for v in VECTORS} == {"key-download", "mac-cup-ecb", "pin-block", "pin-block-clear"}


@pytest.mark.parametrize("vector", of_kind("key-download"))
def test_working_keys_come_out_of_de62_and_go_back_into_it(hsm: SoftHsm, vector: dict[str, str]) -> None:
    tmk = hsm.import_clear(KeyUsage.TMK, unhex(vector["tmk"]))
    de62 = unhex(vector["de62"])
    pik = hsm.unwrap(KeyUsage.PIN, de62[:16], de62[16:20], tmk)
    mak = hsm.unwrap(KeyUsage.MAC, de62[20:36], de62[36:], tmk)

    assert (pik.kcv, mak.kcv) == (unhex(vector["pik_kcv"]), unhex(vector["mak_kcv"]))
    assert hsm.wrap(pik, tmk) == (de62[:16], de62[16:20])
    assert hsm.wrap(mak, tmk) == (de62[20:28], de62[36:])
    assert hsm.wrap(mak, tmk, width=16) == (de62[20:36], de62[36:])
    # The clear keys never come out, so they are compared by what they do.
    assert same_key(hsm, mak, unhex(vector["mak_clear"]))
    clear_pik = hsm.import_clear(KeyUsage.PIN, unhex(vector["pik_clear"]))
    pan = "6299990000000009"
    assert hsm.encrypt_pin(pik, "1234", pan) == hsm.encrypt_pin(clear_pik, "1234", pan)


def same_key(hsm: SoftHsm, mak: Any, clear: bytes) -> bool:
    return hsm.mac(mak, b"some data", raw=True) == cup_ecb(DesKey(clear), b"some data")


@pytest.mark.parametrize("vector", of_kind("mac-cup-ecb"))
def test_unionpay_mac_step_by_step(hsm: SoftHsm, vector: dict[str, Any]) -> None:
    mab, key = unhex(vector["mab"]), DesKey(unhex(vector["mak"]))
    assert len(mab) == vector["mab_bytes"]
    assert [mab[i : i + 8].ljust(8, b"\0") for i in range(0, len(mab), 8)] == [unhex(b) for b in vector["blocks"]]

    text = f"{fold(mab):016X}"
    assert text == vector["xor_block"] == vector["hex16"]
    assert text[:8].encode() == unhex(vector["hex16_left_bytes"])
    assert text[8:].encode() == unhex(vector["hex16_right_bytes"])
    first = key.encrypt(text[:8].encode())
    assert first == unhex(vector["enc1"])
    second = bytes(a ^ b for a, b in zip(first, text[8:].encode(), strict=True))
    assert second == unhex(vector["xor2"])
    assert key.encrypt(second) == unhex(vector["enc2"]) == cup_ecb(key, mab)

    stored = hsm.import_clear(KeyUsage.MAC, unhex(vector["mak"]))
    assert hsm.mac(stored, mab) == unhex(vector["de64"]) == vector["mac_text"].encode()
    assert hsm.mac(stored, mab, raw=True) == unhex(vector["enc2"])
    assert hsm.verify_mac(stored, mab, unhex(vector["de64"]))


def test_a_wrapped_single_length_key_opens_under_its_master_key(hsm: SoftHsm) -> None:
    (vector,) = (v for v in VECTORS if "mak_enc" in v)
    assert DesKey(unhex(vector["tmk"])).decrypt(unhex(vector["mak_enc"])) == unhex(vector["mak"])


@pytest.mark.parametrize("vector", of_kind("pin-block"))
def test_pin_block_step_by_step(hsm: SoftHsm, vector: dict[str, str]) -> None:
    pik = DesKey(unhex(vector["tmk"])).decrypt(unhex(vector["pik_enc"]))
    assert pik == unhex(vector["pik"])
    clear = unhex(vector["clear_block"])
    fields = zip(unhex(vector["pin_field"]), unhex(vector["pan_field"]), strict=True)
    assert bytes(a ^ b for a, b in fields) == clear == build(0, vector["pin"], vector["pan"], bytes)
    assert parse(0, clear, vector["pan"]) == vector["pin"]
    key = hsm.import_clear(KeyUsage.PIN, pik)
    assert hsm.encrypt_pin(key, vector["pin"], vector["pan"]) == unhex(vector["de52"])


@pytest.mark.parametrize("vector", of_kind("pin-block-clear"))
def test_clear_pin_block(vector: dict[str, str]) -> None:
    clear = unhex(vector["clear_block"])
    assert build(0, vector["pin"], vector["pan"], bytes) == clear
    assert parse(0, clear, vector["pan"]) == vector["pin"]
