"""The till in a real browser: a sale by finger, by keyboard and by reader, and every way it can end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browser.browsing import Console

pytestmark = pytest.mark.loop


def choose(page: Page, console: Console, terminal: str) -> None:
    """The terminal of this browser."""
    page.context.add_cookies([{"name": "counterfoil_terminal", "value": terminal, "url": console.address}])
    page.goto(f"{console.address}/till")


def charge(page: Page, amount: str, card: str, pin: str = "") -> None:
    """A sale by keyboard."""
    page.locator("#amount").fill(amount)
    page.keyboard.press("Enter")
    page.locator(f"[name=card][value={card}]").check()
    page.locator("[data-go]").click()
    if pin:
        page.locator("#pin").fill(pin)
        page.keyboard.press("Enter")
    page.wait_for_url("**/till/sale/**")


def word(page: Page, text: str) -> None:
    """The status word turns to this by itself."""
    expect(page.locator(".result h1")).to_contain_text(text, timeout=20_000)


def test_a_sale_by_finger_on_a_phone(console: Console) -> None:
    before = console.running.balance("alice")
    page = console.open("/till", "cashier", size="phone")
    choose(page, console, "T0000001")
    console.look(page, "till")
    console.resize(page, "phone")
    for key in ("1", "2", ".", "5", "9", "Delete", "0"):
        page.locator("[data-pad=amount]").get_by_role("button", name=key, exact=True).click()
    small = [
        box for one in page.locator(".sale button:visible").all() if (box := one.bounding_box()) and box["height"] < 48
    ]
    assert not small
    page.get_by_role("button", name="Next").click()
    console.look_once(page, "till-card")
    page.get_by_text("alice").click()
    page.get_by_role("button", name="Next").click()
    for key in "1234":
        page.locator("[data-pad=pin]").get_by_role("button", name=key, exact=True).click()
    page.get_by_role("button", name="Charge 12.50 CNY").click()
    word(page, "PAID")
    assert "1234" not in page.url
    assert page.locator("main input:not([type=hidden])").count() == 0
    expect(page.locator(".paper img").first).to_have_js_property("complete", value=True)
    assert page.locator(".paper img").first.evaluate("one => one.naturalWidth") > 100
    expect(page.locator(".hops .done")).to_have_count(5)
    assert console.running.balance("alice") == before - 1250
    page.locator(".paper summary").click()
    expect(page.locator(".paper details img")).to_be_visible()
    console.look(page, "till-paid")


def test_a_sale_by_keyboard_alone_and_escape_cancels_nothing(console: Console) -> None:
    page = console.open("/till", "cashier")
    choose(page, console, "T0000002")
    page.keyboard.type("3.30")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    for _ in range(2):  # from alice to carol, who has no PIN
        page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    word(page, "PAID")
    ref = page.locator(".result .facts a").inner_text()
    assert console.running.why(ref)["verdict"] == "PAID"


def test_a_card_is_swiped_and_only_a_test_card_may_be(console: Console) -> None:
    card = console.running.card("carol")
    page = console.open("/till", "cashier")
    choose(page, console, "T0000003")
    console.expect("409")
    for typed in ("4" + 15 * "1", f";{card['pan'][:-1]}0=3112220?"):
        page.locator("#amount").fill("1")
        page.keyboard.press("Enter")
        page.get_by_text("Swipe", exact=True).click()
        page.keyboard.type(typed)
        if typed.isdecimal():
            page.locator("#expiry").fill("12/31")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text=re.compile("test card|read failed"))).to_be_visible()
        assert typed not in page.content()
    page.locator("#amount").fill("1.75")
    page.keyboard.press("Enter")
    page.get_by_text("Swipe", exact=True).click()
    page.keyboard.type(f";{card['track2']}?")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    word(page, "PAID")
    assert card["pan"] not in page.content()


@pytest.mark.parametrize(("terminal", "said"), [("T0000003", "NOT CHARGED"), ("T0000013", "PAID")])
def test_a_number_is_typed_where_the_shop_may_and_the_till_says_so_elsewhere(
    console: Console, terminal: str, said: str
) -> None:
    card = console.running.card("carol")
    page = console.open("/till", "cashier")
    choose(page, console, terminal)
    page.locator("#amount").fill("1.85")
    page.keyboard.press("Enter")
    page.get_by_text("Swipe", exact=True).click()
    page.keyboard.type(card["pan"])
    page.keyboard.press("Enter")  # the date is missing: the page stays where it is
    page.locator("#expiry").fill(f"{card['expiry'][2:]}/{card['expiry'][:2]}")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    word(page, said)
    if said == "NOT CHARGED":
        expect(page.get_by_text("may not type card numbers")).to_be_visible()
    assert card["pan"] not in page.content()


def test_pressed_twice_and_loaded_again_is_one_sale(console: Console) -> None:
    before = console.running.balance("carol")
    page = console.open("/till", "cashier")
    choose(page, console, "T0000004")
    fields = page.locator(".sale").evaluate("one => Object.fromEntries(new FormData(one))")
    form = {**fields, "amount": "2.20", "card": "carol"}
    for _ in range(3):
        assert page.request.post(f"{console.address}/till/sale", form=form).ok
    page.goto(f"{console.address}/till/sale/{fields['key']}")
    word(page, "PAID")
    page.reload()
    word(page, "PAID")
    assert console.running.balance("carol") == before - 220


NOES = [("poor", "3456", "51"), ("expired", "5678", "54"), ("stolen", "7890", "43")]


@pytest.mark.parametrize(("card", "pin", "reason"), NOES)
def test_a_no_is_a_no_with_its_reason(console: Console, card: str, pin: str, reason: str) -> None:
    page = console.open("/till", "cashier")
    choose(page, console, "T0000005")
    charge(page, "99.00", card, pin)
    word(page, "NOT CHARGED")
    assert f"({reason})" not in page.locator(".result").inner_text() or card != "stolen"
    assert not re.search("stolen|retain|keep", page.locator(".result").inner_text(), re.IGNORECASE)
    assert "您的卡未被扣款" in page.locator(".customer").inner_text()
    if card == "stolen":
        page.get_by_text("For the cashier").click()
    expect(page.locator(".cashier")).to_contain_text(f"({reason}):")
    if card == "poor":
        console.look_once(page, "till-declined")


def test_an_answer_that_is_lost_is_unknown_then_on_its_way_back_then_returned(console: Console) -> None:
    """The retry guard stops the same card and amount meanwhile; the display says what a terminal says."""
    before = console.running.balance("bob")
    console.running.break_leg(1, "drop", "0200")
    page = console.open("/till", "cashier")
    choose(page, console, "T0000006")
    charge(page, "6.66", "bob", "2345")
    word(page, "UNKNOWN – do not charge again")
    expect(page.locator(".result")).to_have_class(re.compile("unknown"))
    word(page, "NOT CHARGED")
    lane = ("terminal", "status", "T0000006")
    console.running.until(lambda: console.running.ask(*lane).json["terminals"][0]["phase"] == "idle")
    console.running.break_leg(4, "drop", "0210")
    console.running.break_leg(1, "drop", "0400", "--seconds", "600")
    choose(page, console, "T0000006")
    other = console.open("/till", "cashier")  # all but the last key before the sale: "unknown" lasts three seconds
    console.expect("409")
    other.locator("#amount").fill("7.77")
    other.keyboard.press("Enter")
    other.locator("[name=card][value=bob]").check()
    other.keyboard.press("Enter")
    other.locator("#pin").fill("2345")
    charge(page, "7.77", "bob", "2345")
    word(page, "UNKNOWN – do not charge again")
    with other.expect_response(lambda answer: answer.status == 409) as refused:
        other.keyboard.press("Enter")
    stop = other.locator(".stub.failed")
    expect(stop).to_contain_text("STOP – do not charge this card again")
    assert "UNKNOWN" in stop.inner_text()
    assert "UNKNOWN – do not charge again" in refused.value.text()
    console.look_once(other, "till-stop", shown=True)
    word(page, "RETURNING")
    expect(page.locator(".lcd")).to_contain_text("Auto reversal")
    console.running.ask("fault", "clear")
    word(page, "RETURNED")
    expect(page.locator(".lcd")).to_contain_text("Auto reversal succeeded")
    for said in page.locator(".customer .sentence").all():  # one zone on one page: the stack's
        expect(said).to_contain_text("UTC+08:00")
    assert console.running.balance("bob") == before
    console.look_once(page, "till-returned")


def test_a_sale_that_finds_another_on_its_way_back_replaces_it(console: Console) -> None:
    console.running.break_leg(4, "drop", "0210")
    page = console.open("/till", "cashier")
    choose(page, console, "T0000007")
    charge(page, "8.88", "carol")
    first = page.locator(".result .facts a")
    word(page, "RETURN")
    ref = first.inner_text()
    page.get_by_role("link", name="Take this payment again").click()
    expect(page.locator("#amount")).to_have_value("8.88")
    charge(page, "8.88", "carol")
    word(page, "PAID")
    assert console.running.why(first.inner_text())["evidence"]["terminal"]["retry_of"] == ref


def test_a_receipt_that_did_not_come_out_is_printed_again_or_closed_by_the_cashier(console: Console) -> None:
    receipts, aside = console.running.data / "receipts", console.running.data / "receipts.aside"
    page = console.open("/till", "cashier")
    receipts.rename(aside)
    receipts.write_text("not a folder")  # the printer is gone
    try:
        choose(page, console, "T0000008")
        charge(page, "5.00", "carol")
        word(page, "PAID, RECEIPT OPEN")
        choose(page, console, "T0000008")
        charge_again = page.locator(".open li")
        expect(charge_again).to_contain_text("5.00 CNY")
        page.locator("#amount").fill("5.00")
        page.keyboard.press("Enter")
        page.locator("[name=card][value=carol]").check()
        console.expect("409")
        page.locator("[data-go]").click()
        expect(page.locator(".stub.failed")).to_contain_text("PAID, RECEIPT OPEN")  # the guard: it is paid already
    finally:
        receipts.unlink()
        aside.rename(receipts)
    page.goto(f"{console.address}/till")
    page.get_by_role("button", name="Customer wants none").click()
    expect(page.locator(".open")).to_have_count(0)
    expect(page.locator(".last")).to_contain_text("PAID")


def test_print_again_prints_what_is_missing_and_closes_the_sale(console: Console) -> None:
    """Neither copy came out; once the printer is well, one button brings both, and says what became of it."""
    receipts, aside = console.running.data / "receipts", console.running.data / "receipts.aside"
    page = console.open("/till", "cashier")
    receipts.rename(aside)
    receipts.write_text("not a folder")  # the printer is gone
    try:
        choose(page, console, "T0000010")
        charge(page, "5.10", "carol")
        word(page, "PAID, RECEIPT OPEN")
        page.get_by_role("button", name="Print again").click()
        expect(page.get_by_role("alert").filter(has_text="folder cannot be written")).to_be_visible()
    finally:
        receipts.unlink()
        aside.rename(receipts)
    page.get_by_role("button", name="Print again").click()
    expect(page.get_by_role("status").filter(has_text="Printed")).to_be_visible()
    expect(page.locator(".result h1")).to_have_text(re.compile("PAID$"))
    ref = page.locator(".result .facts a").inner_text().replace("/", "-")
    assert {path.name.split(".")[1] for path in receipts.glob(f"{ref}.*")} == {"cardholder", "merchant"}
    page.get_by_role("button", name="Print again").click()
    expect(page.get_by_role("status").filter(has_text="Printed")).to_be_visible()


def test_while_the_terminal_is_away_the_till_says_so_and_comes_back(console: Console) -> None:
    page = console.open("/till", "cashier")
    choose(page, console, "T0000009")
    console.running.ask("fault", "pause", "terminal", "--seconds", "5")
    expect(page.locator("#heart")).to_contain_text("does not answer", timeout=20_000)
    expect(page.locator("#heart")).not_to_contain_text("does not answer", timeout=30_000)


def test_no_card_number_track_or_pin_is_in_anything_the_console_wrote(console: Console) -> None:
    """After all the sales above, one of them refused, one swiped."""
    written = b"".join(
        path.read_bytes()
        for folder in ("console", "logs")
        for path in (console.running.data / folder).glob("*")
        if path.is_file()
    )
    assert b"sale" in written
    for name in ("alice", "bob", "carol", "poor"):
        card = console.running.card(name)
        assert card["pan"].encode() not in written
        assert card["track2"].encode() not in written
    assert b"pin=" not in written
