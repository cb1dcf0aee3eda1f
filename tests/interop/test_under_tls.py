"""A real stack under TLS, asked by others: a terminal nobody here wrote, Python's `http.client`, and openssl."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from browser.browsing import PASSWORD, add_people
from counterfoil.stack import ports
from counterfoil.stack.layout import ISSUERS, Layout
from interop.outsider import Lost, Outsider
from loop.running import Running, stack

pytestmark = pytest.mark.loop
SETTINGS = 'console_tls = "generated"\nlinks_tls = "generated"\nlinks_clients = "issuers"\n'
OLDER = ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("sealed") / "data"
    data.mkdir()
    (data / "counterfoil.toml").write_text(SETTINGS)
    add_people(data)
    with stack(data, lab=False) as running:
        yield running


@pytest.fixture(scope="module")
def exported(sealed: Running) -> dict[str, Any]:
    listed = sealed.ask("terminal", "list").json
    found: dict[str, Any] = sealed.ask("terminal", "export", listed[-1]["terminal"]).json
    return found


def fetched(line: http.client.HTTPConnection, path: str, body: str | None = None) -> http.client.HTTPResponse:
    """One request on a connection of its own, and its whole answer."""
    with closing(line):
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        line.request("GET" if body is None else "POST", path, body, sent)
        answer = line.getresponse()
        answer.read()
    return answer


def own(running: Running, name: str) -> str:
    return str(running.data / "tls" / name)


def test_our_own_terminals_sell_and_everything_comes_back_after_a_kill(sealed: Running) -> None:
    assert sealed.sell("T0000001").json["outcome"] == "approved"
    for station in ("switch", "issuer-a"):
        sealed.kill(station)
    sealed.until(lambda: sealed.sell("T0000002").json.get("outcome") == "approved")
    assert "tls_failed" not in "".join(path.read_text() for path in (sealed.data / "logs").glob("*.log"))


def test_a_terminal_nobody_here_wrote_sells_under_tls(sealed: Running, exported: dict[str, Any]) -> None:
    assert exported["tls"]["name"] == "127.0.0.1"
    card = sealed.card("bob")
    with Outsider(exported) as terminal:
        assert terminal.sign_on() == "00"
        _, answer = terminal.buy(card, 1250, card["pin"])
        assert answer["39"] == "00"


@pytest.mark.parametrize("wrong", ["in the clear", "another name", "another authority"])
def test_a_terminal_that_does_it_otherwise_gets_no_further(
    sealed: Running, exported: dict[str, Any], wrong: str, tmp_path: Path
) -> None:
    tls = {
        "in the clear": None,
        "another name": {**exported["tls"], "name": "pos.example"},
        "another authority": {**exported["tls"], "ca": Path(own(sealed, "console.pem")).read_text()},
    }[wrong]
    with pytest.raises((Lost, ssl.SSLError, ConnectionError)), Outsider({**exported, "tls": tls}) as terminal:
        terminal.sign_on()


@pytest.mark.parametrize("issuer", ISSUERS)
def test_an_issuer_hears_nobody_without_the_switch_s_certificate(sealed: Running, issuer: str) -> None:
    port = ports.read(Layout(sealed.data))[issuer]
    context = ssl.create_default_context(cafile=own(sealed, "links.pem"))
    line = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        fetched(line, "/")
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in (sealed.data / "logs" / f"{issuer}.log").read_text()


# --- the console -----------------------------------------------------------------------------------------------------


def asked(running: Running, path: str, body: str | None = None) -> http.client.HTTPResponse:
    address = urlsplit(running.ready["console"])
    context = ssl.create_default_context(cafile=own(running, "console.pem"))
    return fetched(
        http.client.HTTPSConnection(address.hostname or "", address.port, timeout=60, context=context), path, body
    )


def test_the_console_s_cookies_are_for_tls_only_and_the_browser_is_told_to_stay_there(sealed: Running) -> None:
    assert sealed.ready["console"].startswith("https://")
    sealed.until(lambda: asked(sealed, "/readyz").status == 200)
    entered = asked(sealed, "/login", urlencode({"name": "support", "password": PASSWORD}))
    chosen = asked(sealed, "/language/zh")
    assert (entered.status, chosen.status) == (303, 303)
    for answer in (entered, chosen):
        cookie = answer.headers["Set-Cookie"]
        assert "; Secure" in cookie
        assert "samesite=strict" in cookie.lower()
    for answer in (
        entered,
        chosen,
        asked(sealed, "/healthz"),
        asked(sealed, "/static/console.css"),
        asked(sealed, "/no"),
    ):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_console_says_nothing_in_the_clear(sealed: Running) -> None:
    address = urlsplit(sealed.ready["console"])
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        fetched(line, "/healthz")


def test_where_a_customer_finds_a_receipt_is_under_tls_too(sealed: Running) -> None:
    sale = sealed.sell("T0000003").json
    link = sealed.ask("receipt", "link", sale["ref"]).json
    assert str(link["address"]).startswith(sealed.ready["console"])


# --- openssl ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
@pytest.mark.parametrize(("name", "certificate"), [("terminals", "links.pem"), ("console", "console.pem")])
@pytest.mark.parametrize(
    ("words", "gets_in"), [(("-tls1_3",), True), (("-tls1_2",), True), (OLDER, False)], ids=["1.3", "1.2", "1.1"]
)
def test_openssl_agrees(sealed: Running, name: str, certificate: str, words: tuple[str, ...], gets_in: bool) -> None:
    port = ports.read(Layout(sealed.data))[name]
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", own(sealed, certificate),
         "-verify_return_error", "-verify_ip", "127.0.0.1", *words],
        input=b"", capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode == 0) is gets_in, done.stderr.decode()
    assert (b"Verify return code: 0 (ok)" in done.stdout and b"Cipher is (NONE)" not in done.stdout) is gets_in
