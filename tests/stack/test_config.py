import os
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from counterfoil import issuer
from counterfoil.security import SoftHsm
from counterfoil.stack import seed
from counterfoil.stack.config import (
    DEFAULT_TYPED,
    TOML,
    Config,
    ConfigError,
    Timers,
    data_directory,
    load,
    parse_reconcile,
    parse_timers,
)
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import ISSUERS, Layout, formats
from counterfoil.step import SECOND
from counterfoil.storage import open_store


@pytest.mark.parametrize(
    ("text", "timers"),
    [
        ("5,12,30", Timers(5 * SECOND, 12 * SECOND, 30 * SECOND)),
        (" 1, 2 ,4", Timers(SECOND, 2 * SECOND, 4 * SECOND)),
        ("0.5,1,1.25", Timers(500_000, SECOND, 1_250_000)),
    ],
)
def test_timers_are_seconds(text: str, timers: Timers) -> None:
    assert parse_timers(text) == timers
    assert parse_timers(str(timers)) == timers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5,12",
        "5,12,30,40",
        "12,5,30",
        "5,5,30",
        "0,1,2",
        "5,12,99999",
        "a,b,c",
        "-1,2,3",
        "1e1,20,30",
        "５,12,30",
    ],
)
def test_timers_that_do_not_nest_or_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="timers"):
        parse_timers(text)


@pytest.mark.parametrize("text", ["", "60", "60,30", "0,60", "60,99999", "a,b", "1,2,3", "-1,60"])
def test_how_often_everything_is_compared_is_two_numbers_of_seconds(text: str) -> None:
    assert parse_reconcile("60,3600") == (60, 3600)
    assert parse_reconcile(" 5 , 5 ") == (5, 5)
    with pytest.raises(ConfigError, match="reconcile"):
        parse_reconcile(text)


@pytest.mark.parametrize("text", ["0", "181", "-7", "7.5", "1e2", "٧", "seven", "9999", " 7"])
def test_card_numbers_are_kept_for_a_number_of_days_somebody_wrote_down(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, environ={}).card_numbers_kept_days == 7
    for days in (1, 7, 180):
        assert load(tmp_path, environ={"COUNTERFOIL_CARD_NUMBERS_KEPT_DAYS": f"{days}"}).card_numbers_kept_days == days
    with pytest.raises(ConfigError, match="card_numbers_kept_days"):
        load(tmp_path, environ={"COUNTERFOIL_CARD_NUMBERS_KEPT_DAYS": text})


@pytest.mark.parametrize("text", ["12345", "1234 56", "密码密码密码", "x" * 65])
def test_the_supervisors_password_is_kept_as_a_digest_and_never_repeated(text: str, tmp_path: Path) -> None:
    known = load(tmp_path, environ={}).supervisor
    assert known is not None
    assert known.matches("123456")
    assert not known.matches("123457")
    own = load(tmp_path, environ={"COUNTERFOIL_SUPERVISOR_PASSWORD": "other-one"}).supervisor
    assert own is not None
    assert own.matches("other-one")
    assert "other-one" not in repr(own)
    assert known.salt != own.salt
    with pytest.raises(ConfigError, match="supervisor_password") as failed:
        load(tmp_path, environ={"COUNTERFOIL_SUPERVISOR_PASSWORD": text})
    assert text not in str(failed.value)


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    def timers(flag: str | None, environ: dict[str, str]) -> str:
        return str(load(tmp_path, flag, environ).timers)

    assert timers(None, {}) == "5,12,30"
    (tmp_path / "counterfoil.toml").write_text('timers = "2,3,4"\n')
    assert timers(None, {}) == "2,3,4"
    assert timers(None, {"COUNTERFOIL_TIMERS": "3,4,5"}) == "3,4,5"
    assert timers("4,5,6", {"COUNTERFOIL_TIMERS": "3,4,5"}) == "4,5,6"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timers = [1, 2, 3]", "text in quotes"),
        ('timer = "1,2,3"', "unknown setting: timer; there are timers, host"),
        ('6299991234567890 = "1,2,3"', r"unknown setting: \?; there"),
        ('timer29DDDE0DEDDDD = "1,2,3"', r"unknown setting: \?; there"),
        ("timers = ", "cannot be read as TOML"),
        ("timers = " + "[" * 5000, "cannot be read as TOML"),
        ('host = "0.0.0.0"', "loopback only"),
        ('proxies = ["localhost"]', "proxies are addresses"),
        ('proxies = ["10.0.0.1/8"]', "proxies are addresses"),
        ("proxies = [1]", "text in quotes"),
        ('hosts = ["pay.example:443"]', "hosts are names"),
        ('hosts = ["*"]', "hosts are names"),
        ('timers = ["1", "2", "3"]', "text in quotes"),
        ("timers = " + "9" * 5000, "cannot be read as TOML"),
        ('typed = ["898001"]', "typed are merchant numbers"),
        ('typed_issuers = ["issuer-c"]', "typed_issuers are issuer-a, issuer-b"),
        ('typed_issuers = "issuer-a;issuer-b"', "typed_issuers are issuer-a, issuer-b"),
        ('printer = "tcp://["', "printer: a printer is tcp:"),
        ('audit_anchor = "/media/\\u0000/anchor"', "audit_anchor holds a character that cannot be printed"),
        ('hosts = ["pay.example\\n"]', "hosts holds a character that cannot be printed"),
    ],
)
def test_a_settings_file_that_makes_no_sense_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "counterfoil.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load(tmp_path, None, {})


def test_lists_come_from_the_file_or_with_commas_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "counterfoil.toml").write_text('proxies = ["192.0.2.1"]\nhosts = ["pay.example", "::1"]\n')
    told = load(tmp_path, None, {})
    assert ([str(each) for each in told.proxies], told.hosts) == (["192.0.2.1/32"], ("pay.example", "::1"))
    told = load(tmp_path, None, {"COUNTERFOIL_PROXIES": "10.0.0.0/8,2001:db8::1", "COUNTERFOIL_HOSTS": "a.example"})
    assert ([str(each) for each in told.proxies], told.hosts) == (["10.0.0.0/8", "2001:db8::1/128"], ("a.example",))


SHOP: Final = "898001054120009"


@pytest.mark.parametrize(
    ("text", "environ", "merchants", "issuers"),
    [
        ("", {}, {DEFAULT_TYPED}, {"issuer-a"}),
        (f'typed = ["{SHOP}"]\ntyped_issuers = ["issuer-b", "issuer-a"]', {}, {SHOP}, {"issuer-a", "issuer-b"}),
        ('typed = "none"\ntyped_issuers = "none"', {}, set(), set()),
        ("typed = []\ntyped_issuers = []", {}, set(), set()),
        ("typed = []", {"TYPED": SHOP, "TYPED_ISSUERS": "issuer-b"}, {SHOP}, {"issuer-b"}),
        ("", {"TYPED": "none", "TYPED_ISSUERS": "none"}, set(), set()),
    ],
)
def test_who_may_type_and_who_takes_it_is_said_by_name_and_an_empty_list_is_nobody(
    tmp_path: Path, text: str, environ: dict[str, str], merchants: set[str], issuers: set[str]
) -> None:
    (tmp_path / TOML).write_text(text)
    told = load(tmp_path, None, {f"COUNTERFOIL_{name}": value for name, value in environ.items()})
    assert (set(told.typed), set(told.typed_issuers)) == (merchants, issuers)


@pytest.mark.parametrize("takes", [set[str](), {"issuer-b"}, {"issuer-a", "issuer-b"}])
def test_an_issuer_takes_typed_numbers_where_the_settings_name_it(
    tmp_path: Path, takes: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[issuer.Settings] = []
    monkeypatch.setattr(issuer, "Issuer", lambda _records, _hsm, settings, _entropy: told.append(settings))
    config = load(tmp_path, None, {"COUNTERFOIL_TYPED_ISSUERS": ",".join(takes) or "none"})
    layout = Layout(tmp_path)
    layout.prepare()
    demo = Demo.of(layout, make=True)
    for name in ISSUERS:
        with closing(open_store(layout.store(name), formats(name))) as store:
            seed.plan(name, store, SoftHsm(bytes(32), os.urandom), demo, config.timers, config)
    assert {one.name for one in told if one.typed} == takes
    assert [one.name for one in told] == list(ISSUERS)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", "localhost.example"])
def test_demo_data_listens_on_loopback_only(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        load(tmp_path, None, {"COUNTERFOIL_HOST": host})


def test_loopback_may_be_either_family(tmp_path: Path) -> None:
    assert load(tmp_path, None, {}).host == "127.0.0.1"
    assert load(tmp_path, None, {"COUNTERFOIL_HOST": "::1"}).host == "::1"


@pytest.mark.parametrize(
    ("chosen", "environ", "expected"),
    [
        ("/d", {"COUNTERFOIL_DATA": "/e"}, Path("/d")),
        (None, {"COUNTERFOIL_DATA": "/e"}, Path("/e")),
        (None, {"XDG_STATE_HOME": "/x"}, Path("/x/counterfoil")),
        (None, {"XDG_STATE_HOME": "not/absolute"}, Path.home() / ".local/state/counterfoil"),
        (None, {}, Path.home() / ".local/state/counterfoil"),
        ("relative", {}, Path.cwd() / "relative"),
    ],
)
def test_where_the_data_directory_is(chosen: str | None, environ: dict[str, str], expected: Path) -> None:
    assert data_directory(chosen, environ) == expected


def written(tmp_path: Path, text: str) -> Config:
    (tmp_path / TOML).write_text(text)
    return load(tmp_path, environ={})


def test_two_printers_where_customers_find_their_receipts_and_in_which_language(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        'printer = "tcp://192.0.2.7?profile=epson-tm-t88"\nprinter2 = "usb:/dev/usb/lp0"\npaper = "required"\n'
        'receipt_url = "https://receipts.example/"\nlanguage = "en"\n',
    )
    assert (str(found.printer), str(found.printer2)) == ("tcp://192.0.2.7:9100", "usb:/dev/usb/lp0")
    assert (found.paper, found.receipt_url, found.language) == ("required", "https://receipts.example", "en")


OWN = """printer = "tcp://192.0.2.7"
[printers]
T0000002 = "tcp://192.0.2.8?profile=epson-tm-t88"
T0000003 = ["", "usb:/dev/usb/lp0"]
T0000004 = "none"
T0000005 = "file:/tmp"
"""


@pytest.mark.parametrize(
    ("terminal", "given", "tried"),
    [
        ("T0000001", ("", ""), ["tcp://192.0.2.7:9100"]),
        ("T0000002", ("", ""), ["tcp://192.0.2.8:9100"]),
        ("T0000002", ("usb:/dev/usb/lp9", ""), ["usb:/dev/usb/lp9"]),
        ("T0000003", ("", ""), ["tcp://192.0.2.7:9100", "usb:/dev/usb/lp0"]),
        ("T0000003", ("", "none"), ["tcp://192.0.2.7:9100"]),
        ("T0000004", ("", ""), []),
        ("T0000004", ("usb:/dev/usb/lp9", ""), ["usb:/dev/usb/lp9"]),
        ("T0000005", ("", ""), []),
    ],
)
def test_a_terminal_has_printers_of_its_own_and_else_the_stacks(
    tmp_path: Path, terminal: str, given: tuple[str, str], tried: list[str]
) -> None:
    assert [str(one) for one in written(tmp_path, OWN).printers_of(terminal, given)] == tried


def test_the_printers_of_terminals_come_from_the_environment_too(tmp_path: Path) -> None:
    told = load(tmp_path, None, {"COUNTERFOIL_PRINTERS": "T0000002=tcp://192.0.2.8,usb:/dev/usb/lp0 T0000003=none"})
    assert told.printers == {"T0000002": ("tcp://192.0.2.8", "usb:/dev/usb/lp0"), "T0000003": ("none", "")}


@pytest.mark.parametrize(
    "text",
    [
        "[printers]\nT0000002 = 5",
        "[printers]\nT0000002 = [1]",
        '[printers]\nT0000002 = ["tcp://192.0.2.8", "none", "none"]',
        "[printers]\nT0000002 = []",
        '[printers]\nT0000002 = "lpt1"',
        '[printers]\nT0000002 = "tcp://192.0.2.8 T0000003=none"',
        '[printers]\nT0000002 = "tcp://192.0.2.8,none"',
        '[printers]\n"T 2" = "tcp://192.0.2.8"',
        '[printers]\n6299991234567890 = "tcp://192.0.2.8"',
        '[printers]\nT0000002 = ["", "usb:/dev/usb/lp0"]',
        '[printers]\nT0000002 = ["none", "usb:/dev/usb/lp0"]',
        'printer = "tcp://192.0.2.7"\npaper = "required"\n[printers]\nT0000002 = "none"',
        'printers = "T0000002"',
        "printers = [1]",
        'printer2 = "usb:/dev/usb/lp0"',
        'paper = "required"',
        'paper = "sometimes"',
        'language = "fr"',
        'receipt_url = "receipts.example"',
        'receipt_url = "https://[receipts"',
        'receipt_url = "https://receipts.example?shop=1"',
    ],
)
def test_settings_of_receipts_that_make_no_sense(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as error:
        written(tmp_path, text)
    assert error.value.zh
    assert "6299991234567890" not in str(error.value)
