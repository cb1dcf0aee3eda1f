"""Certificates and keys that settings name: what is wrong with one is a sentence with its file in it."""

from __future__ import annotations

import re
import ssl
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certified import DAY, NOW, Authority
from counterfoil.links.tls import TlsSession
from counterfoil.stack.certificates import CertificateError, link_caller, link_port, prepare
from counterfoil.stack.config import Config, ConfigError, load
from counterfoil.stack.layout import Layout

Made = Callable[[Authority, Path], dict[str, str]]


def stack(data: Path, **settings: str) -> tuple[Config, Layout]:
    data.mkdir(exist_ok=True)
    layout = Layout(data)
    layout.prepare()
    lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
    (data / "counterfoil.toml").write_text("".join(lines))
    return load(data, environ={}), layout


def pair(made: tuple[Path, Path], which: str = "links") -> dict[str, str]:
    return {f"{which}_tls": str(made[0]), f"{which}_key": str(made[1])}


def good(authority: Authority) -> dict[str, str]:
    return {**pair(authority.signs("good")), "links_ca": str(authority.file)}


def other_key(authority: Authority) -> dict[str, str]:
    return {**good(authority), "links_key": str(authority.signs("another")[1])}


def under_password(authority: Authority) -> dict[str, str]:
    files = good(authority)
    key = serialization.load_pem_private_key(Path(files["links_key"]).read_bytes(), None)
    locked = authority.folder / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    return {**files, "links_key": str(locked)}


def but(**changed: str) -> Made:
    """What fits, and one thing else."""
    return lambda own, _: {**good(own), **changed}


def signed(name: str, *hosts: str, begins: timedelta = -DAY, ends: timedelta = 100 * DAY) -> Made:
    """What fits, with another certificate by the right authority."""
    return lambda own, _: {**good(own), **pair(own.signs(name, *hosts, begins=begins, ends=ends))}


WRONG: dict[str, tuple[Made, str, str]] = {
    "no file": (but(links_tls="/nowhere/a.pem"), "/nowhere/a.pem", "no such file (links_tls)"),
    "no key": (but(links_key="/nowhere/a.key"), "/nowhere/a.key", "no such file (links_key)"),
    "no authority": (but(links_ca="/nowhere/ca.pem"), "/nowhere/ca.pem", "no such file (links_ca)"),
    "a folder": (but(links_tls="/tmp"), "/tmp", "cannot be read: is a directory"),
    "no certificate": (but(links_tls="./counterfoil.toml"), "counterfoil.toml", "no certificate in PEM"),
    "a key as authority": (
        lambda own, _: {**good(own), "links_ca": good(own)["links_key"]},
        "good.key",
        "no certificate",
    ),
    "no key in it": (lambda own, _: {**good(own), "links_key": str(own.file)}, "authority.pem", "no private key"),
    "under a password": (lambda own, _: under_password(own), "locked.key", "that opens without a password"),
    "another's key": (lambda own, _: other_key(own), "another.key", "is not the private key of"),
    "expired": (signed("old", begins=-9 * DAY, ends=-DAY), "old.pem", "expired on 20"),
    "not yet": (signed("young", begins=DAY), "young.pem", "valid only from 20"),
    "another name": (
        signed("far", "pos.example", "192.0.2.9"),
        "far.pem",
        "not a certificate of 127.0.0.1 but of pos.example, 192.0.2.9: set links_name",
    ),
    "another name set": (but(links_name="a.example"), "good.pem", "not a certificate of a.example but of 127.0.0.1"),
    "another authority": (
        lambda own, data: {**good(own), "links_ca": str(Authority(data, "other").file)},
        "good.pem",
        "is not signed by what is in",
    ),
    "no authority set": (lambda own, _: pair(own.signs("leaf")), "leaf.pem", "set links_ca"),
    "a weak key": (lambda own, _: pair(own.signs("weak", weak=True)), "weak.pem", "is not accepted: "),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, which: str) -> None:
    made, file, said = WRONG[which]
    (tmp_path / "authority").mkdir()
    config, layout = stack(tmp_path / "data")
    config, layout = stack(tmp_path / "data", **made(Authority(tmp_path / "authority"), tmp_path / "data"))
    with pytest.raises(CertificateError) as caught:
        prepare(config, layout, NOW)
    assert said in str(caught.value)
    assert file in str(caught.value)
    assert file in caught.value.zh
    assert re.search("[\u4e00-\u9fff]", caught.value.zh)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda own: pair(own.signs("old", begins=-9 * DAY, ends=-DAY), "console"), "old.pem expired on"),
        (lambda own: {"console_tls": "gone.pem"}, "gone.pem: there is no such file (console_tls)"),
        (lambda own: {**pair(own.signs("one"), "console"), "console_key": str(own.signs("two")[1])}, "two.key is not"),
    ],
)
def test_the_console_s_too(tmp_path: Path, made: Callable[[Authority], dict[str, str]], said: str) -> None:
    config, layout = stack(tmp_path / "data", **made(Authority(tmp_path)))
    with pytest.raises(CertificateError, match=re.escape(said)):
        prepare(config, layout, NOW)


@pytest.mark.parametrize("clients", ["off", "issuers", "all"])
def test_files_that_fit_are_taken_for_ports_and_callers(tmp_path: Path, clients: str) -> None:
    config, layout = stack(tmp_path / "data", **good(Authority(tmp_path)), links_clients=clients)
    assert prepare(config, layout, NOW) == []
    caller = link_caller(config, layout)
    assert caller is not None
    for station, asks in (("switch", clients == "all"), ("issuer-b", clients != "off")):
        port = link_port(config, layout, station)
        assert port is not None
        assert (port.verify_mode is ssl.CERT_REQUIRED) is asks
        assert port.minimum_version >= ssl.TLSVersion.TLSv1_2
        agreed(TlsSession.of(caller), TlsSession(port))


def agreed(ours: TlsSession, theirs: TlsSession) -> None:
    ours.begin()
    for _ in range(5):
        theirs.opened(ours.outgoing())
        ours.opened(theirs.outgoing())
    assert (ours.up, theirs.up) == (True, True)


def test_one_made_here_is_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    config, layout = stack(tmp_path / "data", console_tls="generated", links_tls="generated")
    assert prepare(config, layout, NOW) == []
    files = sorted(layout.tls.iterdir())
    assert [file.name for file in files] == ["console.key", "console.pem", "links.key", "links.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(layout.tls.stat().st_mode) == 0o700
    before = {file.name: file.read_bytes() for file in files}
    prepare(config, layout, NOW)
    assert {file.name: file.read_bytes() for file in files} == before
    names = x509.load_pem_x509_certificate(before["links.pem"]).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert {str(each.value) for each in names.value} == {"localhost", "127.0.0.1", "::1"}
    (layout.tls / "console.pem").write_text("damaged")
    prepare(config, layout, NOW)
    assert (layout.tls / "console.pem").read_bytes() not in (before["console.pem"], b"damaged")
    assert (layout.tls / "links.pem").read_bytes() == before["links.pem"]


@pytest.mark.parametrize(("days", "anew"), [(1, False), (790, False), (800, True), (900, True)])
def test_one_made_here_is_made_anew_before_its_end(tmp_path: Path, days: int, anew: bool) -> None:
    config, layout = stack(tmp_path / "data", console_tls="generated")
    prepare(config, layout, NOW)
    before = (layout.tls / "console.pem").read_bytes()
    assert prepare(config, layout, NOW + days * DAY) == []
    assert ((layout.tls / "console.pem").read_bytes() != before) is anew


def test_a_certificate_that_ends_soon_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    config, layout = stack(
        tmp_path / "data", **pair(authority.signs("short", ends=20 * DAY)), links_ca=str(authority.file)
    )
    (text,) = prepare(config, layout, NOW)
    assert re.fullmatch(r".*/short\.pem expires on 20\d\d-\d\d-\d\d", text.en)
    assert "short.pem" in text.zh


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"links_tls": "yes"}, "links_tls is off, generated, or a certificate file"),
        ({"console_key": "a.key"}, "console_key needs a certificate file in console_tls"),
        ({"links_tls": "generated", "links_key": "a.key"}, "links_key needs a certificate file in links_tls"),
        ({"links_ca": "a.pem"}, "links_ca, links_name and links_clients need links_tls"),
        ({"links_clients": "issuers"}, "need links_tls"),
        ({"links_tls": "generated", "links_clients": "some"}, "links_clients is off, issuers or all"),
        ({"links_tls": "generated", "lab": "on"}, "links_tls and the lab exclude each other"),
    ],
)
def test_settings_that_make_no_sense_together(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        stack(tmp_path / "data", **settings)
    assert said in str(caught.value)
    assert re.search("[\u4e00-\u9fff]", caught.value.zh)


def test_files_are_beside_the_settings_and_the_environment_wins(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stack(data, console_tls="host.pem", links_tls="/etc/ssl/links.pem", links_key="links.key")
    config = load(data, environ={"COUNTERFOIL_CONSOLE_TLS": "other.pem"})
    assert config.console_tls is not None
    assert config.links_tls is not None
    assert (config.console_tls.certificate, config.console_tls.key) == (str(data / "other.pem"),) * 2
    assert tuple(config.links_tls.own) == ("/etc/ssl/links.pem", str(data / "links.key"))
