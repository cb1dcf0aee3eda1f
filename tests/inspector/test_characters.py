"""A message in characters is read the same however it is given: as text, as a file, in hex, in hex of hex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from counterfoil.errors import OurError
from counterfoil.inspector import advice, best, read
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII
from inspector.packets import HOST, NAMED

DUMPS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "wire_dumps.json").read_text("utf-8"))
TEXT = ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True)
MESSAGES = {
    dump["name"]: bytes.fromhex(dump["hex"]).decode()
    for dump in DUMPS
    if dump["kind"] in ("iso87-ascii-text", "base24") and bytes.fromhex(dump["hex"]).isascii()
}
MESSAGES |= {
    "our own": TEXT.encode(HOST).decode(),
    "BASE24": "ISO0234000700800822200000200000004000000000000000918114737000001091800001",
}
GBK = {"43": {"charset": "gbk"}}
SHOP = HOST.copy(de43="上海市第一百货商店  上海 CN")


@pytest.mark.parametrize("name", MESSAGES)
def test_characters_are_read_the_same_in_every_dress(name: str) -> None:
    text = MESSAGES[name]
    dresses: list[str | bytes] = [text, text + "\r\n", text.encode(), text.encode().hex()]
    one = best(text)
    assert one is not None
    if one.sound:  # else hex of hex is a guess among others
        dresses.append(text.encode().hex().encode().hex())
    found = [best(given) for given in dresses]
    for other in found:
        assert other is not None
        assert (other.data, other.wire, other.sound) == (text.encode(), one.wire, one.sound)


def test_a_header_of_base24_is_known_and_said() -> None:
    found = best(MESSAGES["BASE24"])
    assert found is not None
    assert (found.sound, found.wire.skip, found.wire.text) == (True, 12, True)
    assert read(found.data, found.wire).mti == "0800"


@pytest.mark.parametrize("text", [True, False])
def test_a_merchant_s_name_in_gbk_is_found_out(text: bool) -> None:
    dialect = (TEXT if text else ISO87_ASCII).override(GBK)
    body = dialect.encode(SHOP)
    found = best(body)
    assert found is not None
    assert (found.sound, found.wire.overrides, found.wire.text) == (True, GBK, text)
    assert any("DE43 needs charset=gbk" in each.en for each in advice(found).findings)
    rows = {row.path: row.value for row in read(found.data, found.wire).rows}
    assert rows["43"].startswith("上海市第一百货商店")


def test_characters_that_are_no_ascii_may_be_pasted_as_they_are() -> None:
    found = best(TEXT.override(GBK).encode(SHOP).decode("gbk"))
    assert found is not None
    assert (found.how, found.sound, found.wire.overrides) == ("characters", True, GBK)


def test_a_field_may_have_a_charset_of_its_own_and_only_text_has_one() -> None:
    assert ISO87_ASCII.override(GBK).decode(ISO87_ASCII.override(GBK).encode(SHOP)).de43 == str(SHOP.de43).ljust(
        40 - len(str(SHOP.de43).encode("gbk")) + len(str(SHOP.de43))
    )
    assert ISO87_ASCII.override(GBK).fields[43].charset == "gbk"
    assert CUP_POS.override({"43": {"charset": "ascii"}}).fields[43].charset == "ascii"
    for change in ({"4": {"charset": "gbk"}}, {"43": {"charset": "klingon"}}, {"39": {"charset": "gbk"}}):
        with pytest.raises(OurError):
            ISO87_ASCII.override(change)


def test_a_known_packet_needs_no_charset() -> None:
    for name in ("vfwz-0810-key-download-response", "vfwz-0920-esign-upload-request"):
        found = best(NAMED[name]["hex"])
        assert found is not None
        assert found.wire.overrides == {}
