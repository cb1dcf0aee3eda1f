"""The inspector as an engineer uses it; whatever is done, no card number, track or PIN block is on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.browsing import Console

pytestmark = pytest.mark.loop

VECTORS: dict[str, dict[str, Any]] = {
    vector["name"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "vectors" / "wire_vectors.json").read_text("utf-8"))
}
PURCHASE = VECTORS["0200-chip-purchase-request-with-track2"]
SECRETS = [PURCHASE["expected_fields"][number] for number in ("2", "35", "52")]


def paste(console: Console, dump: str, **settings: str) -> Page:
    page = console.open("/inspector")
    page.locator("#dump").fill(dump)
    for name, value in settings.items():
        page.locator(f"#{name}").select_option(value)
    page.get_by_role("button", name="Inspect").click()
    page.wait_for_url("**/inspector/*")
    return page


def seen(page: Page) -> None:
    """Nothing of the card on the page: not in its source, not in its bytes, not in what can be edited."""
    cells = page.locator("#cells").input_value()
    source = page.content() + cells + re.sub(r"\s|··", "", cells)
    assert not [secret for secret in SECRETS if secret in source]
    assert "·· ··" in cells


def value(page: Page, path: str) -> str:
    return page.locator(f"tr[data-path='{path}'] .value").inner_text()


def test_a_dump_is_read_and_its_bytes_and_fields_belong_together(console: Console) -> None:
    page = paste(console, bytes.fromhex(PURCHASE["hex"]).hex(" "))
    expect(page.get_by_role("heading", level=1)).to_contain_text("0200 financial request")
    assert value(page, "11") == PURCHASE["expected_fields"]["11"]
    expect(page.locator("tr[data-path='22']")).to_contain_text("chip, contact, with PIN")
    expect(page.locator("tr[data-path='55'] + tr")).to_contain_text("application cryptogram")
    page.locator("tr[data-path='11']").hover()
    lit = page.locator(".dump .lit")
    assert "".join(lit.all_inner_texts()) == PURCHASE["expected_fields"]["11"]
    fields = [int(number) for number in PURCHASE["expected_fields"] if number.isdigit()]
    assert [int(one.split()[0]) for one in page.locator(".bits .set").all_inner_texts()] == fields
    seen(page)
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    console.look(page, "inspector")


def test_a_field_becomes_bytes_and_bytes_become_a_field(console: Console) -> None:
    page = paste(console, PURCHASE["hex"])
    page.get_by_role("button", name="edit 4", exact=True).click()
    expect(page.locator("#value")).to_have_value(PURCHASE["expected_fields"]["4"])
    page.locator("#value").fill("000000009900")
    page.get_by_role("button", name="Field to bytes").click()
    expect(page.locator("tr[data-path='4'] .value")).to_have_text("000000009900")
    expect(page.locator(".dump")).to_contain_text("00000000990")
    page.get_by_role("button", name="edit 4", exact=True).click()
    console.expect("422")
    page.locator("#value").fill("12.50")
    page.get_by_role("button", name="Field to bytes").click()
    expect(page.get_by_role("alert").first).to_contain_text("DE4")
    cells = page.locator("#cells")
    text = cells.input_value()
    stan = bytes.fromhex(PURCHASE["expected_fields"]["11"]).hex(" ").upper()
    assert text.replace("\n", " ").count(stan) >= 1
    cells.fill(text.replace("\n", " ").replace(f"00 99 00 {stan}", "00 99 00 12 34 56"))
    page.get_by_role("button", name="Bytes to fields").click()
    expect(page.locator("tr[data-path='11'] .value")).to_have_text("123456")
    seen(page)


def test_the_doctor_names_the_wrong_setting_and_two_messages_are_compared(console: Console) -> None:
    page = paste(console, PURCHASE["hex"], dialect="cup-pos", length="none")
    doctor = page.locator("section", has=page.locator("#doctor"))
    expect(doctor).to_contain_text("Length: set to no length; the packet has a 2-byte big-endian length.")
    alone = paste(console, PURCHASE["hex"], length="none")  # the dialect is left to be found out
    expect(alone.locator("section", has=alone.locator("#doctor"))).to_contain_text("Length: set to no length")
    page.get_by_text("What Wireshark has to be told").click()
    expect(doctor).to_contain_text("iso8583.len_endian:Big endian")
    other = VECTORS["mocredit-0210-purchase-response"]
    page.locator("#other").fill(other["hex"])
    page.get_by_role("button", name="Compare").click()
    table = page.locator("section", has=page.locator("#compared")).locator("tbody")
    expect(table).to_contain_text("only there")
    assert other["expected_fields"]["2"] not in page.content()
    seen(page)
    page.get_by_role("button", name="Forget this message").click()
    page.wait_for_url("**/inspector")
    console.look(page, "inspector-empty", shown=())


def test_what_is_no_message_is_said_to_be_none_and_others_messages_are_not_there(console: Console) -> None:
    console.expect("422", "404")
    page = console.open("/inspector")
    page.locator("#dump").fill("hello")
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("alert").first).to_have_text("Nothing in this looks like a message.")
    mine = paste(console, PURCHASE["hex"]).url
    others = console.open(mine.removeprefix(console.address), "admin")
    expect(others.locator("h1")).to_contain_text("This message is no longer here")
