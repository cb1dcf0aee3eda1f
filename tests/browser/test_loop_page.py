"""The page that alone must answer "my card was charged and nothing printed", and stay true while it is looked at."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from browser.browsing import Console

pytestmark = pytest.mark.loop


def verdict(page: Page, word: str) -> None:
    expect(page.locator(".stub h1")).to_have_text(re.compile(rf"{word}$"), timeout=20_000)


def begun(console: Console, terminal: str) -> str:
    """The reference of the sale that is under way at a terminal."""
    found: list[str] = []

    def there() -> bool:
        answer = console.running.ask("terminal", "last", terminal)
        found.extend([str(answer.json["ref"])] if answer.status == 0 else [])
        return bool(found)

    console.running.until(there, 10.0)
    return found[-1]


def test_a_paid_sale_shows_its_receipt_its_messages_and_who_holds_the_money(console: Console) -> None:
    ref = console.running.sell("T0000001").json["ref"]
    page = console.open(f"/payments/{ref}")
    verdict(page, "PAID")
    expect(page.get_by_role("row", name=re.compile("12.50 CNY issuer-a merchant"))).to_be_visible()
    assert page.locator(".paper img").evaluate("one => one.naturalWidth") > 100
    page.locator(".fall summary").first.click()
    bits = page.locator(".fall .bits").first
    assert "F4" in bits.inner_text()
    assert console.running.card("alice")["pan"] not in page.content()
    assert page.locator(".stubs .card").count() == 3
    page.locator(".fall summary").first.click()
    console.look(page, "payment")


def test_a_message_is_copied_as_json_and_opens_in_the_inspector(console: Console) -> None:
    """Every message of three stations, in both dialects: what opens says what the page says and hides what it hides."""
    ref = console.running.sell("T0000004").json["ref"]
    page = console.open(f"/payments/{ref}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".facts [data-copy]").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == ref
    expect(page.locator("#say")).to_have_text("Copied")
    messages = page.locator(".fall details:has(.hands a)")
    assert messages.count() >= 6
    links = []
    for message in messages.all():
        message.locator("summary").click()
        message.get_by_role("button", name="Copy as JSON").click()
        told = json.loads(page.evaluate("navigator.clipboard.readText()"))
        assert (told["ref"], len(told["mti"])) == (ref, 4)
        links.append((message.locator(".hands a").get_attribute("href"), told))
    pan = console.running.card("alice")["pan"]
    for link, told in links:
        page.goto(f"{console.address}{link}")
        assert told["mti"] in page.locator(".stub h1").inner_text()
        shown = {one.get_attribute("data-path"): one for one in page.locator(".tree tr[data-path]").all()}
        assert set(told["fields"]) <= set(shown)
        for number, value in told["fields"].items():
            text = str(shown[number].locator(".value").text_content()).strip()
            assert text == value.strip() or value.startswith("[hidden"), (link, number)
            assert "9999" not in text or "9999" in value
        assert pan not in page.content()
        expect(page.get_by_role("link", name=ref)).to_be_visible()


def test_a_message_that_is_not_there_and_one_that_may_not_be_looked_at(console: Console) -> None:
    ref = console.running.sell("T0000005").json["ref"]
    console.expected += ["404", "403"]
    for place in ("terminal/99", "terminal/x", "nobody/0"):
        page = console.open(f"/payments/{ref}/messages/{place}")
        expect(page.get_by_text("No station has kept such a message.")).to_be_visible()
    page = console.open(f"/payments/{ref}", "cashier")
    assert page.locator(".hands a").count() == 0
    assert page.locator(".hands button").count() > 0


def test_charged_and_nothing_printed_is_answered_by_this_page_alone(console: Console) -> None:
    """Leg 4 is cut: UNKNOWN, then RETURNING; the link returns, and seven open pages turn to RETURNED by themselves."""
    running = console.running
    before = running.balance("alice")
    running.break_leg(4, "drop", "0210")
    running.break_leg(1, "drop", "0400", "--seconds", "600")
    with running.begin(*running.sale_words("T0000002")) as sale:
        ref = begun(console, "T0000002")
        page = console.open(f"/payments/{ref}")
        verdict(page, "UNKNOWN")
        tabs = [page, *(console.open(f"/payments/{ref}") for _ in range(6))]
        assert sale.wait(20) == 3
    for tab in tabs:
        verdict(tab, "RETURNING")
    assert running.balance("alice") == before - 1250
    expect(page.locator(".stub")).to_contain_text("If your bank shows a charge of 12.50 CNY it is being returned")
    expect(page.locator(".hops .lost")).to_contain_text("switch → terminal")
    expect(page.locator("main")).to_contain_text("debited, on its way back to the card")
    console.look(page, "payment-returning")
    running.ask("fault", "clear")
    for tab in tabs:
        verdict(tab, "RETURNED")
    rrn = running.why(ref)["evidence"]["switch"]["rrn"]  # the terminal never heard it; the bank statement has it
    expect(page.locator(".stub .facts")).to_contain_text(f"RRN {rrn}")
    expect(page.locator(".stub .sentence")).to_contain_text("UTC+08:00")
    expect(page.locator("main")).to_contain_text("debited and returned to the card")
    assert running.balance("alice") == before
    console.look_once(page, "payment-returned")


def test_a_retry_and_what_it_replaces_lead_to_each_other(console: Console) -> None:
    console.running.break_leg(3, "drop", "0210")
    first = console.running.sell("T0000003").json["ref"]
    second = console.running.sell("T0000003", retry_of=first).json["ref"]
    page = console.open(f"/payments/{first}", language="zh")
    page.get_by_role("link", name=second).click()
    verdict(page, "已付款")
    page.get_by_role("link", name=first).click()
    verdict(page, "已退回")
    assert "替代本笔" in page.locator("main").inner_text()


def test_a_payment_nobody_knows_is_said_to_be_unknown_here(console: Console) -> None:
    console.expect("404")
    page = console.open("/payments/T0000001/999999/999999")
    expect(page.locator("h1")).to_have_text("No station knows this payment.")
