"""One browser and one running stack for the tests of a file, and nothing wrong in any page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.browsing import PATIENCE_MS, Console, add_people, driver, launched
from loop.running import stack


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Of one file only: while Playwright runs, its event loop does, and no other test could have one."""
    driver()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def stage(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The stack and its console; tests take `console`, which also sees that nothing went wrong."""
    data = tmp_path_factory.mktemp("stack") / "data"
    add_people(data)
    with stack(data) as running:
        console = Console(running, chrome)
        yield console
        console.close()


@pytest.fixture
def console(stage: Console) -> Iterator[Console]:
    yield from stage.checked()
    stage.running.ask("fault", "clear")
