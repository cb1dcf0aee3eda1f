"""Logging in, finding a payment by anything that is on a slip, and what every page shares."""

from __future__ import annotations

import pytest

from browser.browsing import Console

pytestmark = pytest.mark.loop


def test_the_log_in_page(console: Console) -> None:
    page = console.open("/login", "")
    console.look(page, "login", shown=())


def test_a_page_is_seen_after_logging_in_and_no_more_after_logging_out(console: Console) -> None:
    page = console.open("/search", "")
    assert "/login" in page.url
    page.locator("#name").fill("support")
    page.locator("#password").fill("not the password")
    console.expect("403")
    page.locator("main form button").click()
    assert page.get_by_role("alert").inner_text() == "The name or the password is wrong."
    page.locator("#name").fill("support")
    page.locator("#password").fill("correct horse battery")
    page.locator("main form button").click()
    page.wait_for_url("**/search")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto(f"{console.address}/search")
    assert "/login" in page.url


def test_a_card_number_in_the_search_box_is_shortened_before_it_is_an_address(console: Console) -> None:
    running = console.running
    running.sell("T0000001", "9.90", card="carol")
    pan = running.card("carol")["pan"]
    page = console.open("/search")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#q").fill(f"{pan[:4]} {pan[4:8]} {pan[8:12]} {pan[12:]} 9.90")
    with page.expect_navigation():
        page.locator("#q").press("Enter")
    assert page.url.startswith(console.address)
    assert not [url for url in asked if pan[4:12] in url]
    assert page.get_by_role("row").count() or "/payments/" in page.url


@pytest.mark.parametrize(("who", "first"), [("cashier", "/till"), ("supervisor", "/till"), ("support", "/inbox")])
def test_the_first_page_is_the_one_of_the_role(console: Console, who: str, first: str) -> None:
    page = console.open("/", who)
    assert page.url == console.address + first


def test_a_payment_is_found_by_everything_a_slip_says(console: Console) -> None:
    running = console.running
    first, second = (running.sell("T0000001", "8.80", card="carol").json for _ in range(2))
    last4 = running.card("carol")["pan"][-4:]
    page = console.open("/search")

    def find(words: str) -> None:
        page.keyboard.press("/")
        page.keyboard.type(words)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    terminal, _, stan = first["ref"].split("/")
    for words in (first["ref"], first["rrn"], f"{terminal} {stan}"):
        find(words)
        assert page.url.endswith(f"/payments/{first['ref']}")
    find(f"{last4} 8.80")
    assert page.locator("main tbody a").all_inner_texts() == [second["ref"], first["ref"]]
    console.look(page, "search")
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/payments/{first['ref']}")


def test_the_e_receipt_on_a_telephone_of_somebody_who_is_nobody_here(console: Console) -> None:
    running = console.running
    ref = running.sell("T0000002", "6.60").json["ref"]
    address = running.ask("receipt", "link", ref).json["address"]
    assert address.startswith(console.address)
    page = console.open(address.removeprefix(console.address), "", size="phone")
    assert page.get_by_role("img").get_attribute("aria-label") == "POS SALES SLIP"
    assert page.get_by_text("RMB 6.60").is_visible()
    console.look(page, "ereceipt", shown=())
    page.get_by_role("button", name="I have this receipt").click()
    assert page.get_by_role("status").inner_text() == "Thank you. This receipt is yours now."
    assert page.get_by_role("button").count() == 0
