"""Whose word about origins counts, which names the console answers to, and when cookies are Secure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlencode

import pytest

from console.desk import PASSWORD, Desk
from counterfoil.console.doorstep import Trusted
from counterfoil.console.origin import place_of
from counterfoil.stack.config import Config, load, parse_timers

PROXY, PROXY_2, STRANGER, CUSTOMER, FORGED = "192.0.2.1", "10.1.2.3", "198.51.100.7", "203.0.113.5", "9.9.9.9"
TRUSTED = Trusted((ip_network(PROXY), ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))
LOG_IN = urlencode({"name": "cashier", "password": PASSWORD}).encode()


@pytest.mark.parametrize(
    ("peer", "forwarded", "origin"),
    [
        (STRANGER, [], STRANGER),
        (STRANGER, [FORGED], STRANGER),
        ("127.0.0.1", [FORGED], "127.0.0.1"),  # local, and no proxy of the settings
        (PROXY, [], PROXY),
        (PROXY, [CUSTOMER], CUSTOMER),
        (PROXY, [f"{FORGED}, {CUSTOMER}"], CUSTOMER),
        (PROXY, [FORGED, CUSTOMER], CUSTOMER),
        (PROXY, [f"{FORGED}, {CUSTOMER}, {PROXY_2}"], CUSTOMER),
        (PROXY, [f"{PROXY_2}, {PROXY_2}"], PROXY_2),
        (PROXY, [f"{CUSTOMER}, unknown"], PROXY),
        (PROXY, [f"{CUSTOMER}, {FORGED}:1234"], PROXY),
        (PROXY, [f"{CUSTOMER}, "], PROXY),
        (f"::ffff:{PROXY}", [CUSTOMER], CUSTOMER),
        ("2001:db8::1", [f"::ffff:{CUSTOMER}"], CUSTOMER),
        (PROXY, ["2001:db9::1"], "2001:db9::1"),
        ("", [CUSTOMER], ""),
    ],
)
def test_the_origin_is_the_right_most_address_that_is_no_proxy_of_ours(
    peer: str, forwarded: list[str], origin: str
) -> None:
    assert TRUSTED.origin(peer, forwarded) == origin


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_address(origin: str, place: str) -> None:
    assert place_of(origin) == place


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    trusted = TRUSTED._replace(hosts=TRUSTED.hosts | {"pay.example"})
    with closing(Desk(tmp_path_factory.mktemp("desk"), trusted=trusted)) as made:
        yield made


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["127.0.0.1"], 200),
        (["127.0.0.1:24501"], 200),
        (["localhost:1"], 200),
        (["LocalHost."], 200),
        (["[::1]:24501"], 200),
        (["pay.example"], 200),
        (["PAY.example:443"], 200),
        ([], 400),
        ([""], 400),
        (["127.0.0.1", "127.0.0.1"], 400),
        (["rebound.example"], 400),
        (["pay.example.evil.test"], 400),
        (["evil.test/pay.example"], 400),
        (["pay.example@evil.test"], 400),
        (["evil.test@pay.example"], 400),
        (["127.0.0.1:99999"], 400),
        (["127.0.0.1:x"], 400),
        (["[::1"], 400),
        (["127.0.0.1#pay.example"], 400),
        (["192.0.2.9"], 400),
        (["\xe9"], 400),
    ],
)
def test_a_host_that_is_none_of_ours_is_refused_everywhere(desk: Desk, hosts: list[str], status: int) -> None:
    for path in ("/login", "/healthz", "/static/console.css", "/api/v1/openapi.json"):
        assert desk.call("GET", path, hosts=hosts).status == status, path
    token, _ = desk.session("cashier")
    answer = desk.call("GET", "/api/v1/me", headers={"cookie": f"counterfoil_session={token}"}, hosts=hosts)
    assert answer.status == status
    if status == 400:
        assert (answer.json["code"], answer.headers["content-type"]) == ("wrong_host", "application/problem+json")


@pytest.mark.parametrize(
    ("origin", "headers", "kept", "secure"),
    [
        (STRANGER, {"x-forwarded-for": FORGED, "x-forwarded-proto": "https"}, STRANGER, False),
        ("127.0.0.1", {"x-forwarded-for": FORGED, "x-forwarded-proto": "https"}, "127.0.0.1", False),
        (PROXY, {"x-forwarded-for": f"{FORGED}, {CUSTOMER}"}, CUSTOMER, False),
        (PROXY, {"x-forwarded-for": CUSTOMER, "x-forwarded-proto": "https"}, CUSTOMER, True),
        (PROXY, {"x-forwarded-for": CUSTOMER, "x-forwarded-proto": "gopher"}, CUSTOMER, False),
    ],
)
def test_the_audit_log_has_the_real_origin_and_cookies_are_secure_under_tls(
    desk: Desk, origin: str, headers: dict[str, str], kept: str, secure: bool
) -> None:
    answer = desk.call("POST", "/login", LOG_IN, headers, origin)
    assert answer.status == 303
    assert [(one.what, one.origin) for _, one in desk.people.log.history(1)] == [("log-in", kept)]
    assert len(answer.cookies) == 2
    for cookie in answer.cookies:
        assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
        assert ("Secure" in cookie.split("; ")) == secure


def test_the_door_of_a_stack_has_the_names_of_its_settings(tmp_path: Path) -> None:
    (tmp_path / "counterfoil.toml").write_text(
        'proxies = ["192.0.2.1", "2001:db8::/32"]\nhosts = ["Pay.example"]\nreceipt_url = "https://slips.example/x"\n'
    )
    trusted = Trusted.of(load(tmp_path, environ={}))
    assert trusted.hosts == {"127.0.0.1", "localhost", "::1", "pay.example", "slips.example"}
    assert trusted.proxies == (ip_network("192.0.2.1"), ip_network("2001:db8::/32"))
    outside = Trusted.of(Config(tmp_path, parse_timers("1,2,3"), "192.0.2.7"))
    assert outside.hosts == {"192.0.2.7"}
    assert outside.proxies == ()
