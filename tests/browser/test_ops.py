"""Terminals, links and printers, live: what breaks is seen by itself, and no secret with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.browsing import Console
from printers.fake import Habits, Printer
from printers.server import Server

pytestmark = pytest.mark.loop


def test_everything_is_up_and_both_ends_hold_the_same_keys(console: Console) -> None:
    sale = console.running.sell("T0000001", card="carol")
    assert sale.json["outcome"] == "approved"
    page = console.open("/ops")
    processes = page.locator("section", has=page.locator("#processes"))
    for name in ("terminal", "switch", "issuer-a", "issuer-b"):
        expect(processes.locator("tr", has_text=name)).to_contain_text("up")
    page.get_by_role("link", name="show all").click()
    page.wait_for_url("**/ops/all")
    row = page.locator("tr", has_text="T0000001")
    expect(row).to_contain_text("signed on")
    expect(row).to_contain_text("same at the switch")
    expect(row).to_contain_text(sale.json["ref"].split("/")[1])
    page.goto(f"{console.address}/ops")
    console.look(page, "ops")


def test_a_refused_link_and_a_killed_station_are_seen_without_loading_the_page_again(console: Console) -> None:
    page = console.open("/ops")
    links = page.locator("section", has=page.locator("#links"))
    down = links.locator("tr", has_text="issuer-a").first
    expect(down).to_contain_text("signed on")
    console.running.ask("fault", "set", "2", "refuse", "--seconds", "60")
    expect(down).to_contain_text("down", timeout=15_000)
    console.running.ask("fault", "clear")
    expect(down).to_contain_text("signed on", timeout=15_000)
    processes = page.locator("section", has=page.locator("#processes"))
    console.running.ask("fault", "kill", "issuer-b")
    expect(processes.locator("tr", has_text="issuer-b").locator(".amount").first).to_have_text("2", timeout=15_000)


def test_the_printer_is_asked_when_somebody_wants_to_know(console: Console) -> None:
    page = console.open("/ops", "cashier")
    printer = page.locator("section", has=page.locator("#printer"))
    expect(printer).to_contain_text("No printer is configured")
    with Server(Printer(Habits(line_time=500))) as server:
        settings = console.running.data / "counterfoil.toml"
        settings.write_text(f'printer = "tcp://127.0.0.1:{server.port}?profile=epson-tm-t20iii"\n')
        page.reload()
        page.get_by_role("button", name="Ask it how it is").click()
        expect(printer).to_contain_text("✓ ready", use_inner_text=True)
        server.set("paper_out")
        page.get_by_role("button", name="Ask it how it is").click()
        expect(printer).to_contain_text("not ready")
        expect(printer).to_contain_text("paper")
        assert server.connections == 2
        given = console.running.ask("terminal", "printer", "T0000004", "--printer", "usb:/dev/no-such-printer")
        assert given.json["printer"] == "usb:/dev/no-such-printer"
        page.reload()
        expect(printer).to_contain_text("first of T0000004")
        page.get_by_role("button", name="usb:/dev/no-such-printer").click()
        expect(printer).to_contain_text("cannot be reached")
        expect(printer).to_contain_text("paper")
        console.running.ask("terminal", "printer", "T0000004", "--printer", "default")
        settings.unlink()
