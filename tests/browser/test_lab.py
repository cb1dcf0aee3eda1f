"""The fault lab: a leg is clicked, broken, a sale is run, and what was expected stands beside what happened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.browsing import Console

pytestmark = pytest.mark.loop


def test_a_leg_is_clicked_broken_and_what_comes_of_it_is_seen(console: Console) -> None:
    page = console.open("/lab")
    expect(page.locator("main")).to_contain_text("Nothing was broken yet")
    page.get_by_role("link", name="leg 3, issuer → switch").click()
    page.wait_for_url("**/lab?at=leg-3")
    console.look(page, "lab")
    page.get_by_label("drop it").check()
    page.locator("#seed").fill("7")
    page.get_by_role("button", name="Break it and sell").click()
    page.wait_for_url("**/lab/runs/1")
    expect(page.get_by_role("heading", level=1)).to_contain_text("as expected", timeout=30_000)
    table = page.locator("table.versus")
    expect(table).to_contain_text("RETURNED")
    expect(table).to_contain_text("every entry sound, sum zero")
    expect(page.locator(".loop .stopped .number")).to_have_text("×")
    console.look(page, "lab-run")
    page.goto(f"{console.address}/lab")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("as expected")


def test_a_run_is_exported_as_a_test_that_passes(console: Console, tmp_path: Path) -> None:
    page = console.open("/lab?at=leg-4")
    page.get_by_label("spoil its MAC").check()
    page.get_by_role("button", name="Break it and sell").click()
    page.get_by_role("heading", level=1).get_by_text("as expected").wait_for(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as a test").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_everything_broken_is_healed_by_one_button(console: Console) -> None:
    running = console.running
    running.break_leg(4, "drop", "0210", "--seconds", "600")
    page = console.open("/lab")
    page.get_by_role("button", name="Heal everything").click()
    page.wait_for_load_state()
    sale = running.sell("T0000090", card="carol")
    assert sale.json["outcome"] == "approved"


def test_a_cashier_may_not_break_anything(console: Console) -> None:
    console.expect("403")
    page = console.open("/lab", "cashier")
    expect(page.locator("h1")).to_have_text("Your role does not allow this.")
    assert page.get_by_role("link", name="Fault lab").count() == 0
