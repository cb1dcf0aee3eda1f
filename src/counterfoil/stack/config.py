"""What was asked for: a flag wins over COUNTERFOIL_* in the environment, that over DIR/counterfoil.toml, that over the
default.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast
from urllib.parse import urlsplit

from counterfoil.errors import InputError, OurError
from counterfoil.links.address import PrinterAddress, resolved
from counterfoil.security import SALT_BYTES, Password, password
from counterfoil.security.keeping import FEWEST_DAYS, KEPT_DAYS, MOST_DAYS
from counterfoil.stack.layout import ISSUERS, Layout
from counterfoil.stack.printers import Printers, in_a_line, read_printers
from counterfoil.step import SECOND, Instant
from counterfoil.zone import DEFAULT
from counterfoil.zone import zone as named

TOML: Final = "counterfoil.toml"
TLS_KNOWN: Final = ("console_tls", "console_key", "links_tls", "links_key", "links_ca", "links_name", "links_clients")
KNOWN: Final = (
    "timers",
    "host",
    "printer",
    "printer2",
    "printers",
    "paper",
    "receipt_url",
    "language",
    "typed",
    "typed_issuers",
    "lab",
    "reconcile",
    "proxies",
    "hosts",
    "audit_anchor",
    "zone",
    "card_numbers_kept_days",
    "supervisor_password",
    *TLS_KNOWN,
)
WHO: Final = ("typed", "typed_issuers")
"""Lists whose empty one says nobody, and not the default."""

LISTS: Final = ("proxies", "hosts", *WHO)
NAME: Final = re.compile(r"(?!-)[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63}){0,20}|[0-9a-fA-F:]{2,39}")
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
GENERATED: Final = "generated"
WORD: Final = re.compile("[a-zA-Z_-]{1,40}[0-9]?")
DEFAULT_TIMERS: Final = "5,12,30"
DEFAULT_RECONCILE: Final = "60,3600"
LONGEST_RECONCILE: Final = 86_400
DEFAULT_TYPED: Final = "898001054120002"
"""One merchant of the demo: Lantern Books sells by telephone."""

DEFAULT_TYPED_ISSUERS: Final = ISSUERS[0]
NOBODY: Final = "none"
DEFAULT_SUPERVISOR: Final = "123456"
PASSWORD: Final = re.compile("[!-~]{6,64}")
MERCHANT: Final = re.compile("[A-Za-z0-9]{15}")
DEFAULT_HOST: Final = "127.0.0.1"
LONGEST: Final = 3600 * SECOND


class ConfigError(OurError):
    """A setting that makes no sense; the text is for the person who made it."""


class Timers(NamedTuple):
    """How long each station waits, in microseconds. They nest: issuer < switch < terminal."""

    issuer: Instant
    switch: Instant
    terminal: Instant

    def __str__(self) -> str:
        return ",".join(f"{each / SECOND:g}" for each in self)


class Reconcile(NamedTuple):
    """How often the stubs of all stations are compared, in seconds: what is `new`, and the `whole` of the stores."""

    new: int
    whole: int


class Tls(NamedTuple):
    """A certificate and its key, as PEM files; "" for one that is made here."""

    certificate: str = ""
    key: str = ""


class LinksTls(NamedTuple):
    """TLS on the links. `authority` is the file with what connecting sides trust ("": the certificate itself), `name`
    whose certificate it must be ("": the address), `clients` at which ports they must show one too.
    """

    own: Tls
    authority: str = ""
    name: str = ""
    clients: Literal["off", "issuers", "all"] = "off"


NONE_OWN: Final[Mapping[str, tuple[str, str]]] = {}


class Config(NamedTuple):
    """A stack as it was asked for."""

    data: Path
    timers: Timers
    host: str
    printer: PrinterAddress | None = None
    paper: Literal["optional", "required"] = "optional"
    printer2: PrinterAddress | None = None
    printers: Mapping[str, tuple[str, str]] = NONE_OWN
    """The first and the second printer of terminals with their own: an address, NO_PRINTER, or "" for the stack's."""
    receipt_url: str = ""
    language: Literal["en", "zh"] = "zh"
    zone: str = DEFAULT
    """In which people read times, and days begin and end: a name of the tz database."""
    lab: bool = False
    """Whether legs and stations of this stack may be broken on purpose."""
    reconcile: Reconcile = Reconcile(60, 3600)
    proxies: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    audit_anchor: Path | None = None
    """Where the anchors of the audit log are kept; None for `Layout.audit_anchor`."""
    card_numbers_kept_days: int = KEPT_DAYS
    """Whole days after the end of its business day for which the stations hold the card number of a sale."""
    console_tls: Tls | None = None
    links_tls: LinksTls | None = None
    supervisor: Password | None = None
    """The password of the shops' supervisors at the terminals, as it is recognised."""
    typed: frozenset[str] = frozenset()
    """The merchants (DE42) that may type a card number."""
    typed_issuers: frozenset[str] = frozenset()
    """The issuers whose programme takes numbers that were typed."""

    @property
    def usual(self) -> tuple[PrinterAddress, ...]:
        """The stack's printers, in the order they are tried."""
        return tuple(one for one in (self.printer, self.printer2) if one is not None)

    def printers_of(self, terminal: str, given: tuple[str, str] = ("", "")) -> tuple[PrinterAddress, ...]:
        """A terminal's printers in the order they are tried; `given` are those it was registered with. InputError when
        one of those is no address.
        """
        first, second = self.printers.get(terminal, ("", ""))
        return resolved((given[0] or first, given[1] or second), self.usual)


def data_directory(chosen: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The data directory: `chosen`, else COUNTERFOIL_DATA, else `counterfoil` in the XDG state directory."""
    named = chosen or environ.get("COUNTERFOIL_DATA")
    if named:
        return whole(named)
    state = environ.get("XDG_STATE_HOME", "")
    return whole(f"{state}/counterfoil" if state.startswith("/") else "~/.local/state/counterfoil")


def whole(named: str | Path) -> Path:
    """A path a person gave, from the root on; ConfigError when it begins at the home of nobody here."""
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(f"{named}: there is no such home directory", f"{named}：没有该主目录") from None


def parse_timers(text: str) -> Timers:
    """ "5,12,30" as Timers; ConfigError when they are not three numbers of seconds that nest."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", part) for part in parts):
        raise ConfigError(
            "timers are three numbers of seconds: ISSUER,SWITCH,TERMINAL", "timers 是三个秒数：发卡行,交换中心,终端"
        )
    timers = Timers(*(_micros(part) for part in parts))
    if not 0 < timers.issuer < timers.switch < timers.terminal <= LONGEST:
        raise ConfigError(
            "timers must nest, issuer < switch < terminal, between 0 and 3600 seconds",
            "timers 必须嵌套：发卡行 < 交换中心 < 终端，在 0 到 3600 秒之间",
        )
    return timers


def _micros(seconds: str) -> Instant:
    whole, _, fraction = seconds.partition(".")
    return int(whole) * SECOND + int(fraction.ljust(6, "0") or "0")


def load(
    data: Path,
    timers: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    lab: bool = False,
    zone: str | None = None,
) -> Config:
    """Put the four sources together; ConfigError for a setting that makes no sense. `timers`, `lab`
    and `zone` are the flags.

    Everything there is today is demo data, with keys a tester can read: it listens on loopback and nowhere else.
    """
    written = _written(data / TOML)
    host = environ.get("COUNTERFOIL_HOST") or written.get("host") or DEFAULT_HOST
    if not _is_loopback(host):
        raise ConfigError(
            "demo data listens on loopback only: set host to 127.0.0.1 or ::1",
            "演示数据只能在本机监听：请将 host 设为 127.0.0.1 或 ::1",
        )
    chosen = timers or environ.get("COUNTERFOIL_TIMERS") or written.get("timers") or DEFAULT_TIMERS

    def said(name: str) -> str:
        return environ.get(f"COUNTERFOIL_{name.upper()}") or written.get(name) or ""

    paper, url = parse_paper(said("paper") or "optional"), parse_url(said("receipt_url"))
    printers = _printers(said, paper)
    lab = parse_switch("lab", said("lab") or "off") or lab
    reconcile = parse_reconcile(said("reconcile") or DEFAULT_RECONCILE)
    links = parse_links(data, said)
    if lab and links is not None:
        raise ConfigError(
            "links_tls and the lab exclude each other: the lab's proxies read the messages",
            "links_tls 不能与 lab 同时使用：故障代理需要读取报文",
        )
    return Config(
        data,
        parse_timers(chosen),
        host,
        printer=printers.first,
        paper=paper,
        printer2=printers.second,
        printers=printers.own,
        receipt_url=url,
        language=parse_language(said("language") or "zh"),
        zone=parse_zone(zone or said("zone"), Layout(data)),
        lab=lab,
        reconcile=reconcile,
        proxies=parse_networks(said("proxies")),
        hosts=parse_names(said("hosts")),
        audit_anchor=parse_anchor(said("audit_anchor")),
        card_numbers_kept_days=parse_kept_days(said("card_numbers_kept_days") or str(KEPT_DAYS)),
        console_tls=parse_tls(data, "console", said),
        links_tls=links,
        supervisor=parse_supervisor(said("supervisor_password") or DEFAULT_SUPERVISOR),
        typed=parse_merchants(said("typed") or DEFAULT_TYPED),
        typed_issuers=parse_issuers(said("typed_issuers") or DEFAULT_TYPED_ISSUERS),
    )


def parse_zone(text: str, layout: Layout) -> str:
    """The zone of a stack; ConfigError for none, or for another than the one its numbers and days are counted in."""
    kept = layout.zone_name() or (DEFAULT if layout.store("switch").exists() else "")
    try:
        chosen = named(text or kept or DEFAULT).name
    except InputError as error:
        raise ConfigError(str(error), error.zh) from None
    if kept and chosen != kept:
        raise ConfigError(
            f"this stack began in the zone {kept} and keeps it: its numbers and business dates are counted in it",
            f"本系统的时区为 {kept}，不能更改：参考号和营业日按该时区计算",
        )
    return chosen


def _printers(said: Callable[[str], str], paper: str) -> Printers:
    try:
        return read_printers(said, needed=paper == "required")
    except InputError as error:
        raise ConfigError(str(error), error.zh) from None


def parse_merchants(text: str) -> frozenset[str]:
    """Merchant numbers with commas between, "none" for no merchant; ConfigError for what is no merchant number."""
    named = _who(text)
    if not all(MERCHANT.fullmatch(merchant) for merchant in named):
        raise ConfigError(
            f'typed are merchant numbers of 15 letters and digits, as in ["{DEFAULT_TYPED}"], or "{NOBODY}"',
            f'typed 应为 15 位字母或数字的商户编号，例如 ["{DEFAULT_TYPED}"]，或 "{NOBODY}"',
        )
    return named


def parse_issuers(text: str) -> frozenset[str]:
    """Names of issuers with commas between, "none" for no issuer; ConfigError for what is no issuer of this stack."""
    named = _who(text)
    if not named <= frozenset(ISSUERS):
        raise ConfigError(
            f'typed_issuers are {", ".join(ISSUERS)}, as in ["{ISSUERS[0]}"], or "{NOBODY}"',
            f'typed_issuers 应为 {"、".join(ISSUERS)}，例如 ["{ISSUERS[0]}"]，或 "{NOBODY}"',
        )
    return named


def _who(text: str) -> frozenset[str]:
    return frozenset(text.replace(",", " ").split()) if text != NOBODY else frozenset()


def parse_anchor(text: str) -> Path | None:
    """The file an anchor goes to, None for the usual one; ConfigError for a path that depends on where one stands."""
    if text and not text.startswith("/"):
        raise ConfigError(
            "audit_anchor is the whole path of a file, as in /media/safe/audit.anchor",
            "audit_anchor 应为文件的完整路径，例如 /media/safe/audit.anchor",
        )
    return Path(text) if text else None


def parse_reconcile(text: str) -> Reconcile:
    """ "60,3600" as seconds; ConfigError when they are not two whole numbers of seconds, the second no less."""
    parts = [part.strip() for part in text.split(",")]
    fits = len(parts) == 2 and all(re.fullmatch("[0-9]{1,5}", part) for part in parts)
    found = Reconcile(*map(int, parts)) if fits else Reconcile(0, 0)
    if not 0 < found.new <= found.whole <= LONGEST_RECONCILE:
        raise ConfigError(
            f"reconcile is two numbers of seconds: NEW,WHOLE, from 1 to {LONGEST_RECONCILE}",
            f"reconcile 应为两个秒数 NEW,WHOLE，范围为 1 到 {LONGEST_RECONCILE}",
        )
    return found


def parse_kept_days(text: str) -> int:
    """How many days card numbers are held; ConfigError for what is no whole number from FEWEST_DAYS to MOST_DAYS."""
    days = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise ConfigError(
            f"card_numbers_kept_days is a whole number of days from {FEWEST_DAYS} to {MOST_DAYS}",
            f"card_numbers_kept_days 应为 {FEWEST_DAYS} 到 {MOST_DAYS} 的整数天数",
        )
    return days


def parse_supervisor(text: str) -> Password:
    """The supervisors' password, salted anew and digested; ConfigError, which does not repeat it, for none."""
    if not PASSWORD.fullmatch(text):
        raise ConfigError(
            "supervisor_password is 6 to 64 printable characters without blanks",
            "supervisor_password 应为 6 到 64 个可打印字符，不含空格",
        )
    return password(text, os.urandom(SALT_BYTES))


def parse_tls(data: Path, name: str, said: Callable[[str], str]) -> Tls | None:
    """Certificate and key of the console or the links; None without TLS. Files are beside the settings unless absolute.

    ConfigError for a key without a certificate, or a word that is none of off, generated and a file.
    """
    chosen, key = said(f"{name}_tls") or "off", said(f"{name}_key")
    if chosen in ("off", GENERATED):
        if key:
            raise ConfigError(
                f"{name}_key needs a certificate file in {name}_tls",
                f"设置 {name}_key 前须先在 {name}_tls 中指定证书文件",
            )
        return Tls() if chosen == GENERATED else None
    if "/" not in chosen and "." not in chosen:
        raise ConfigError(
            f"{name}_tls is off, generated, or a certificate file", f"{name}_tls 应为 off、generated 或证书文件"
        )
    certificate = str(data / Path(chosen).expanduser())
    return Tls(certificate, str(data / Path(key).expanduser()) if key else certificate)


def parse_links(data: Path, said: Callable[[str], str]) -> LinksTls | None:
    """TLS on the links; ConfigError for a setting that makes no sense, or that needs links_tls."""
    tls, clients = parse_tls(data, "links", said), said("links_clients") or "off"
    authority, name = said("links_ca"), said("links_name")
    if clients not in ("off", "issuers", "all"):
        raise ConfigError("links_clients is off, issuers or all", "links_clients 应为 off、issuers 或 all")
    if tls is None:
        if authority or name or clients != "off":
            raise ConfigError(
                "links_ca, links_name and links_clients need links_tls",
                "设置 links_ca、links_name、links_clients 前须先设置 links_tls",
            )
        return None
    who = cast(Literal["off", "issuers", "all"], clients)
    return LinksTls(tls, str(data / Path(authority).expanduser()) if authority else "", name, who)


def parse_switch(name: str, text: str) -> bool:
    """A setting that is on or off; ConfigError for another word."""
    if text not in ("on", "off"):
        raise ConfigError(f"{name} is on or off", f"{name} 应为 on 或 off")
    return text == "on"


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks with commas between, as proxies are named; ConfigError for what is none."""
    try:
        return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise ConfigError(
            'proxies are addresses or networks, as in ["192.0.2.1", "10.0.0.0/8"]',
            'proxies 应为地址或网段，例如 ["192.0.2.1", "10.0.0.0/8"]',
        ) from None


def parse_names(text: str) -> tuple[str, ...]:
    """Names of this machine with commas between, without ports; ConfigError for what is none."""
    names = tuple(text.replace(",", " ").split())
    if not all(NAME.fullmatch(name) for name in names):
        raise ConfigError(
            'hosts are names without a port, as in ["pay.example"]', 'hosts 应为不带端口的主机名，例如 ["pay.example"]'
        )
    return names


def parse_language(text: str) -> Literal["en", "zh"]:
    """The language of the receipts; ConfigError for another word."""
    if text == "en":
        return "en"
    if text != "zh":
        raise ConfigError("language is zh or en", "language 应为 zh 或 en")
    return "zh"


def parse_url(text: str) -> str:
    """Where customers reach the e-receipts, "" for nowhere but here; ConfigError for what is no http address."""
    try:
        url = urlsplit(text)
        good = not text or (url.scheme in ("http", "https") and bool(url.hostname) and not url.query + url.fragment)
    except ValueError:
        good = False
    if not good:
        raise ConfigError(
            "receipt_url is an address like https://receipts.example",
            "receipt_url 应为形如 https://receipts.example 的地址",
        )
    return text.rstrip("/")


def parse_paper(text: str) -> Literal["optional", "required"]:
    """Whether a sale needs a printer that is ready; ConfigError for another word."""
    if text == "required":
        return "required"
    if text != "optional":
        raise ConfigError("paper is optional or required", "paper 应为 optional 或 required")
    return "optional"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _written(path: Path) -> dict[str, str]:
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):  # a number of 5,000 digits is no TOMLDecodeError
        raise ConfigError(f"{path} cannot be read as TOML", f"{path} 不是有效的 TOML") from None
    unknown = sorted(set(found) - set(KNOWN))
    if unknown:
        # What is no plain word may be anything that was pasted there, a card number included.
        name = unknown[0] if WORD.fullmatch(unknown[0]) else "?"
        known = ", ".join(KNOWN)
        raise ConfigError(
            f"{path} has an unknown setting: {name}; there are {known}",
            f"{path} 有未知的设置：{name}；可用的有 {known}",
        )
    own = found.get("printers")
    if isinstance(own, dict):
        found["printers"] = in_a_line(own)
    for name in LISTS:
        if isinstance(found.get(name), list) and all(isinstance(each, str) for each in found[name]):
            found[name] = ",".join(found[name]) or (NOBODY if name in WHO else "")
    if not all(isinstance(value, str) for value in found.values()):
        raise ConfigError(
            f'{path}: a setting is a text in quotes, as in timers = "{DEFAULT_TIMERS}"; {", ".join(LISTS)} are lists',
            f'{path}：设置应为带引号的文本，例如 timers = "{DEFAULT_TIMERS}"；{"、".join(LISTS)} 可为列表',
        )
    unprinted = next((name for name, value in found.items() if not value.isprintable()), "")
    if unprinted:  # no path, name or address of ours has one, and a NUL breaks whoever opens it
        raise ConfigError(
            f"{path}: {unprinted} holds a character that cannot be printed", f"{path}：{unprinted} 含有不可打印的字符"
        )
    return found
