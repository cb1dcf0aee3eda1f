"""The inbox: what is open with its owner and age; a reversal nobody answers is handed to a person by two people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.browsing import Console

pytestmark = pytest.mark.loop


def test_an_empty_inbox_says_what_would_stand_here(console: Console) -> None:
    page = console.open("/inbox")
    expect(page.locator("main")).to_contain_text("Nothing is open.")


def test_a_pending_reversal_is_listed_and_two_people_hand_it_over(console: Console) -> None:
    running = console.running
    running.break_leg(4, "drop", "0210")
    running.break_leg(1, "drop", "0400", "--seconds", "600")
    ref = running.sell("T0000001").json["ref"]
    page = console.open("/inbox", "support")
    row = page.locator("tr", has_text=ref)
    expect(row).to_contain_text("terminal")
    expect(row.locator("[data-since]")).to_have_text(re.compile(r"0:00:\d\d"))
    page.locator("#reason").fill("the line has been down since noon")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("status").filter(has_text="A second person must approve it")).to_be_visible()
    assert page.get_by_role("button", name="Approve and do it").count() == 0  # support may ask, not decide
    console.look(page, "inbox", typed="the line has been down since noon")
    boss = console.open("/inbox", "supervisor")
    expect(boss.locator("q")).to_have_text("the line has been down since noon")
    boss.get_by_role("button", name="Approve and do it").click()
    expect(boss.get_by_role("status").filter(has_text="Done.")).to_be_visible()
    found = running.why(ref)
    assert found["verdict"] == "EXCEPTION"
    assert found["evidence"]["terminal"]["case"]
    expect(boss.locator("#group-EXCEPTION")).to_be_visible()


def test_who_asked_cannot_approve(console: Console) -> None:
    running = console.running
    running.break_leg(4, "drop", "0210")
    running.break_leg(1, "drop", "0400", "--seconds", "600")
    ref = running.sell("T0000002", card="bob").json["ref"]
    page = console.open("/inbox", "supervisor")
    page.locator("#ref").select_option(ref)
    page.locator("#reason").fill("waited long enough")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.locator("q")).to_have_text("waited long enough")
    assert page.get_by_role("button", name="Approve and do it").count() == 0
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status").filter(has_text="Refused.")).to_be_visible()
    running.ask("fault", "clear")
    assert running.at_rest(ref)["verdict"] == "RETURNED"
    expect(page.locator("#heart")).not_to_contain_text(ref)
