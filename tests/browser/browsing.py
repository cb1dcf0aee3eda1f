"""A console looked at as people look at it: in Chromium, in both languages, on a desk and on a phone, light and dark.

    def test_search(console: Console) -> None:
        page = console.open("/search", "support")
        console.look(page, "search")

`look` goes through every combination, sees that nothing is wider than the screen, and runs axe. Whatever happens, a
console error or a request that leaves this machine fails the test. COUNTERFOIL_PICTURES=1 writes the pictures of the
documentation anew; COUNTERFOIL_LOOK=DIR keeps every combination for whoever wants to see them, each under axe.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import argon2
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from both_languages import untranslated, without_data
from counterfoil.console.people import People, Role
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.storage import migrations_of, open_store
from loop.running import Running
from system import needed, runs

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
Seen: TypeAlias = tuple[str, str, str]
"""Language, size, theme."""
PATIENCE_MS: Final = 15_000  # of a page on a busy machine
SIZES: Final = {"desktop": (1280, 800), "phone": (390, 844)}
LANGUAGES: Final = ("en", "zh")
THEMES: Final = ("light", "dark")
SHOWN: Final = (("en", "desktop", "light"), ("zh", "phone", "dark"))
"""The two combinations the documentation shows of a screen."""
AXED: Final = tuple(product(LANGUAGES, SIZES, THEMES)) if os.environ.get("COUNTERFOIL_LOOK") else SHOWN
"""Where axe looks: each language, size and theme once; everywhere when somebody wants to see everything."""
PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures" / "console"
PASSWORD: Final = "correct horse battery"
PEOPLE: Final = {
    "cashier": Role.CASHIER,
    "supervisor": Role.SUPERVISOR,
    "supervisor-2": Role.SUPERVISOR,
    "support": Role.SUPPORT,
    "admin": Role.ADMIN,
}
QUICK: Final = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
SERIOUS: Final = {"serious", "critical"}
SHOWN_TEXT: Final = """() => {
    const said = document.body.cloneNode(true);
    const data = "pre, code, textarea, svg, script, style, option, .mono, .me, footer, [lang=en]";
    said.querySelectorAll(data).forEach((one) => one.remove());
    const names = ["aria-label", "title", "placeholder", "alt"];
    const more = [...said.querySelectorAll("*")].flatMap((one) => names.map((name) => one.getAttribute(name) ?? ""));
    said.querySelectorAll("*").forEach((one) => one.append(" "));
    return [said.textContent, ...more].join(" ");
}"""
"""All that a page says, what is folded in and what only a screen reader says too."""
WIDER: Final = """() => {
    const most = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > most + 1
        && !one.closest(".scrolls, .hidden, .skip, dialog:not([open])") && one.getClientRects().length);
    return document.documentElement.scrollWidth > most
        ? wide.map((one) => one.outerHTML.slice(0, 120)).concat(`page ${document.documentElement.scrollWidth}`) : [];
}"""


@cache
def chromium() -> str:
    """The distribution's Chromium."""
    return needed("Chromium", lambda: runs("chromium", "--version"), "chromium")


@cache
def driver() -> None:
    """Playwright's own program, a Node.js that asks for a library of the system; to be called before Playwright."""
    node, script = compute_driver_executable()
    needed("library for Playwright", lambda: runs(str(node), str(script), "--version"), "libatomic1")


def launched(playwright: Playwright) -> Browser:
    """A browser that makes no request of its own."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))


def add_people(data: Path) -> None:
    """One person of every role, before the console begins."""
    layout = Layout(data)
    layout.prepare()
    with closing(open_store(layout.store(CONSOLE), migrations_of("counterfoil.console"))) as store:
        people = People(store, lambda: 1, QUICK)
        for name, role in PEOPLE.items():
            people.add(name, role, PASSWORD, by="test")


@dataclass
class Console:
    """The console of a running stack, and the browser that looks at it."""

    running: Running
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    _contexts: dict[tuple[str, str], BrowserContext] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """http://host:port without a slash at the end."""
        return str(self.running.ready["console"]).rstrip("/")

    def open(self, path: str, who: str = "support", *, language: str = "en", size: str = "desktop") -> Page:
        """A new page, with somebody logged in; `who` "" is nobody."""
        page = self.context(who, language).new_page()
        self.resize(page, size)
        page.goto(self.address + path)
        return page

    def context(self, who: str, language: str) -> BrowserContext:
        """The browser of one person in one language; logged in once."""
        found = self._contexts.get((who, language))
        if found is None:
            locale = {"en": "en-GB", "zh": "zh-CN"}[language]
            found = self.browser.new_context(locale=locale, timezone_id="Asia/Shanghai")
            found.set_default_timeout(PATIENCE_MS)
            found.on("request", self._requested)
            found.on("console", self._console)
            found.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))
            self._contexts[who, language] = found
            self._speak(found, language)
            if who:
                self._log_in(found, who)
        return found

    def _speak(self, context: BrowserContext, language: str) -> None:
        context.add_cookies([{"name": "counterfoil_lang", "value": language, "url": self.address}])

    def _log_in(self, context: BrowserContext, who: str) -> None:
        page = context.new_page()
        page.goto(f"{self.address}/login")
        page.locator("#name").fill(who)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()

    def resize(self, page: Page, size: str) -> None:
        """Another screen."""
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})

    # --- looking --------------------------------------------------------------------------------------------------

    def look(self, page: Page, name: str, *, shown: tuple[Seen, ...] = SHOWN, typed: str = "") -> None:
        """This page in every language, size and theme; `shown` become pictures of the documentation, `typed` is what
        people wrote on it.
        """
        language = self.language(page)
        for speaks in LANGUAGES:
            if speaks != self.language(page):
                self._speak(page.context, speaks)
                page.reload()
            for size, theme in product(SIZES, THEMES):
                self.resize(page, size)
                page.emulate_media(color_scheme="light" if theme == "light" else "dark")
                where = f"{name} ({speaks}, {size}, {theme})"
                if speaks == "zh":
                    words = untranslated(without_data(page.evaluate(SHOWN_TEXT)), *typed.split())
                    assert not words, f"{where} says in English: {words}"
                too_wide = page.evaluate(WIDER)
                assert not too_wide, f"{where} is wider than the screen: {too_wide}"
                if (speaks, size, theme) in AXED:
                    found = violations(page)
                    assert not found, f"{where}: {found}"
                self._keep(page, name, (speaks, size, theme), shown)
        page.emulate_media(color_scheme="light")
        self.resize(page, "desktop")
        if self.language(page) != language:
            self._speak(page.context, language)
            page.reload()

    def look_once(self, page: Page, name: str, *, shown: bool = False) -> None:
        """This page as it stands, for a state that another load would end: axe and the width; a picture if `shown`."""
        too_wide = page.evaluate(WIDER)
        assert not too_wide, f"{name} is wider than the screen: {too_wide}"
        found = violations(page)
        assert not found, f"{name}: {found}"
        size = next(
            size for size, (width, _) in SIZES.items() if page.viewport_size and page.viewport_size["width"] == width
        )
        which = (self.language(page), size, "light")
        self._keep(page, name, which, (which,) if shown else ())

    def language(self, page: Page) -> str:
        """The language a page is in."""
        return "zh" if page.locator("html").get_attribute("lang") == "zh-CN" else "en"

    def _keep(
        self, page: Page, name: str, which: tuple[str, str, str], shown: tuple[tuple[str, str, str], ...]
    ) -> None:
        speaks, size, theme = which
        folders = [Path(folder) for folder in (os.environ.get("COUNTERFOIL_LOOK"),) if folder]
        folders += [PICTURES] if os.environ.get("COUNTERFOIL_PICTURES") == "1" and which in shown else []
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            smaller(page.screenshot(full_page=True)).save(folder / f"{name}.{speaks}.{size}.{theme}.png", optimize=True)

    # --- what must never happen -----------------------------------------------------------------------------------

    def expect(self, *texts: str) -> None:
        """Console errors that belong to the test: a page that refuses says so there too."""
        self.expected += texts

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1":
            self.wrong.append(f"a request left this machine: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self.expected):
            self.wrong.append(f"console: {message.text} ({message.location.get('url', '')})")

    def checked(self) -> Iterator[Console]:
        """Around a test: nothing went wrong in any page, and no page is left open."""
        self.wrong.clear()
        self.expected.clear()
        yield self
        for context in self._contexts.values():
            for page in context.pages:
                page.close()
        assert not self.wrong, self.wrong

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts.values():
            context.close()


def violations(page: Page) -> list[str]:
    """What axe finds serious or worse, each with the first place."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:160]})" for one in found if one["impact"] in SERIOUS
    ]


def smaller(picture: bytes) -> Image.Image:
    """A screen in 128 colours: a quarter of the size, and nobody sees it."""
    return Image.open(io.BytesIO(picture)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
