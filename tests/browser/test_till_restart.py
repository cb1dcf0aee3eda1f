"""A terminal that died after an approval asks what became of the goods; the till shows that before anything else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.browsing import Console, add_people
from loop.running import stack

pytestmark = pytest.mark.loop


@pytest.fixture(scope="module")
def silent_printer() -> Iterator[int]:
    """A printer that takes everything and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def listen() -> None:
            try:
                while True:
                    kept.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


@pytest.fixture(scope="module")
def stage(chrome: Browser, silent_printer: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    data = tmp_path_factory.mktemp("stack") / "data"
    add_people(data)
    (data / "counterfoil.toml").write_text(f'printer = "tcp://127.0.0.1:{silent_printer}"\n')
    with stack(data) as running:
        console = Console(running, chrome)
        yield console
        console.close()


def test_the_goods_were_kept_and_the_money_comes_back(console: Console) -> None:
    running = console.running
    before = running.balance("carol")
    with running.begin(*running.sale_words("T0000001", card="carol")) as sale:
        running.until(lambda: running.ask("terminal", "status", "T0000001").json["terminals"][0]["phase"] == "printing")
        running.kill("terminal")
        page = console.open("/till", "cashier")
        asked = page.locator("#heart li")
        expect(asked).to_contain_text("What became of the goods?", timeout=30_000)
        sale.wait(60)
    assert running.balance("carol") == before - 1250
    console.look_once(page, "till-goods", shown=True)
    page.get_by_role("button", name="Not handed over: return the money").click()
    expect(page.locator(".last li").first).to_contain_text("RETURN")
    running.until(lambda: running.balance("carol") == before)
