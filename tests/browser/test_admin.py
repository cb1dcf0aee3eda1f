"""The administrator's pages, and everybody's own password."""

from __future__ import annotations

import re

import pytest

from browser.browsing import PASSWORD, Console, violations

pytestmark = pytest.mark.loop


def test_people_tokens_and_the_audit_log(console: Console) -> None:
    page = console.open("/people", "admin")
    page.locator("#name").fill("lin")
    page.locator("#role").select_option("cashier")
    page.locator("#password").fill("a password of lin")
    page.locator("section form button").click()
    row = page.locator("tbody tr", has_text="lin")
    assert row.get_by_role("combobox").input_value() == "cashier"
    console.look(page, "people", typed="lin")
    row.get_by_role("textbox", name="Why not any more").fill("moved to another shop")
    row.get_by_role("button", name="Disable").click()
    assert "no longer" in page.locator("tbody tr", has_text="lin").inner_text()
    page.get_by_role("link", name="Tokens").click()
    page.locator("#name").fill("kiosk-1")
    page.locator("section form button").click()
    assert page.locator("#made").inner_text().startswith("cf_")
    assert not violations(page)
    page.get_by_role("link", name="Audit log").click()
    assert "none was altered" in page.locator("#chain").inner_text()
    assert "moved to another shop" in page.locator("tbody").inner_text()
    console.look(page, "audit", typed="lin moved to another shop test")
    chinese = console.open("/audit", "admin", language="zh")
    chosen = chinese.locator("tbody tr", has_text="kiosk-1")
    assert "创建令牌" in chosen.inner_text()
    assert re.search("收银员|支持", chosen.inner_text())


def test_six_digits_more_of_a_card_for_a_reason(console: Console) -> None:
    ref = console.running.sell("T0000031", "7.70", card="carol").json["ref"]
    card = console.running.card("carol")["pan"]
    page = console.open(f"/payments/{ref}", "support")
    assert card[:6] not in page.content()
    page.locator("summary", has_text="Card number").click()
    page.locator("#reason").fill("the bank asks which issuer")
    page.get_by_role("button", name="Show").click()
    assert page.locator("#card").inner_text() == f"{card[:6]}******{card[-4:]}"
    log = console.open("/audit", "admin")
    assert "the bank asks which issuer" in log.locator("tbody").inner_text()
    page = console.open(f"/payments/{ref}", "cashier")
    assert page.locator("summary", has_text="Card number").count() == 0


def test_ones_own_password(console: Console) -> None:
    page = console.open("/password", "cashier")
    assert not violations(page)
    page.locator("#old").fill("not this one")
    page.locator("#new").fill("another password")
    console.expect("422", "403")
    page.locator("main form button").click()
    assert page.get_by_role("alert").first.inner_text() == "The name or the password is wrong."
    page.locator("#old").fill(PASSWORD)
    page.locator("#new").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/login")


def test_nobody_else_sees_these_pages(console: Console) -> None:
    console.expect("403")
    for path in ("/people", "/tokens", "/audit"):
        page = console.open(path, "supervisor")
        assert page.locator("h1").inner_text() == "Your role does not allow this."
        assert page.get_by_role("link", name="Administration").count() == 0
