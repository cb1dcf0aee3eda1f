"""Certificates for the console and the links: those in the files a setting names, or one that is made here and kept.

All of it is looked at before a station starts, down to a handshake in memory between our own two sides, so that what is
wrong with a file is a sentence that names it and not a link that does not come up.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from counterfoil.errors import OurError
from counterfoil.links.tls import Caller, Identity, TlsSession, calling, listening, spoken
from counterfoil.reasons import reason
from counterfoil.stack.config import Config, LinksTls, Tls
from counterfoil.stack.layout import ISSUERS, Layout
from counterfoil.words import Text

CONSOLE: Final = "console"
LINKS: Final = "links"
LASTS: Final = timedelta(days=825)
"""What browsers take at most of a certificate that a person trusts by hand."""
RENEWED: Final = timedelta(days=30)
"""A certificate made here is made anew at a start this long before its end; of another one `up` speaks then."""
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
TURNS: Final = 8

MISSING: Final = Text("{file}: there is no such file ({setting})", "{file}：没有此文件（{setting}）")
UNREADABLE: Final = Text("{file} cannot be read: {reason} ({setting})", "{file} 无法读取：{reason}（{setting}）")
NO_CERTIFICATE: Final = Text("{file} holds no certificate in PEM ({setting})", "{file} 中没有 PEM 证书（{setting}）")
NO_KEY: Final = Text(
    "{file} holds no private key in PEM that opens without a password ({setting})",
    "{file} 中没有无需口令即可使用的 PEM 私钥（{setting}）",
)
NOT_ITS_KEY: Final = Text("{file} is not the private key of {certificate}", "{file} 不是 {certificate} 的私钥")
EXPIRED: Final = Text("{file} expired on {date}: renew the certificate", "{file} 已于 {date} 过期：请更换证书")
NOT_YET: Final = Text("{file} is valid only from {date} on", "{file} 自 {date} 起才有效")
OTHER_NAME: Final = Text(
    "{file} is not a certificate of {name} but of {names}: set links_name, or use another one",
    "{file} 不是 {name} 的证书，而是 {names} 的：请设置 links_name，或换用其他证书",
)
NOT_SIGNED: Final = Text(
    "{file} is not signed by what is in {authority}: set links_ca",
    "{file} 未由 {authority} 中的机构签发：请设置 links_ca",
)
NOT_TAKEN: Final = Text("{file} is not accepted: {reason}", "{file} 不被接受：{reason}")
ENDS: Final = Text("{file} expires on {date}", "{file} 将于 {date} 过期")

_NAMES_DIFFER: Final = (62, 63, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, _EMAIL_MISMATCH, _IP_ADDRESS_MISMATCH
_UNSIGNED: Final = (18, 19, 20, 21)  # self-signed, or no issuer that is trusted


class CertificateError(OurError):
    """A certificate or key that cannot be used; the text names the file."""


# --- what the processes take -----------------------------------------------------------------------------------------


def console_port(config: Config, layout: Layout) -> ssl.SSLContext | None:
    """The context of the console's port; None without TLS."""
    return None if config.console_tls is None else _port(_identity(layout, CONSOLE, config.console_tls))


def link_port(config: Config, layout: Layout, station: str) -> ssl.SSLContext | None:
    """The context of the port that terminals, or the switch, connect to; None without TLS."""
    links = config.links_tls
    if links is None:
        return None
    verified = links.clients == "all" or (links.clients == "issuers" and station in ISSUERS)
    return _port(_identity(layout, LINKS, links.own), authority(layout, links) if verified else "")


def link_caller(config: Config, layout: Layout) -> Caller | None:
    """How our own connecting sides do it; None without TLS."""
    links = config.links_tls
    if links is None:
        return None
    shown = _identity(layout, LINKS, links.own) if links.clients != "off" else None
    file = authority(layout, links)
    try:
        return Caller(calling(file, shown), links.name or config.host)
    except (ssl.SSLError, OSError) as error:
        raise _not_taken(file, error) from None


def outside(config: Config, layout: Layout) -> dict[str, str] | None:
    """What a terminal that is not ours must know: whom to trust, and which name to find. None without TLS."""
    links = config.links_tls
    if links is None:
        return None
    return {
        "name": links.name or config.host,
        "ca": _read(authority(layout, links), "links_ca").decode("ascii", "replace"),
    }


def authority(layout: Layout, links: LinksTls) -> str:
    """The file with what connecting sides trust: set, or the certificate itself."""
    return links.authority or _identity(layout, LINKS, links.own).certificate


def _identity(layout: Layout, name: str, tls: Tls) -> Identity:
    if not tls.certificate:
        return Identity(str(layout.tls / f"{name}.pem"), str(layout.tls / f"{name}.key"))
    return Identity(tls.certificate, tls.key)


def _port(identity: Identity, callers: str = "") -> ssl.SSLContext:
    try:
        return listening(identity, callers)
    except (ssl.SSLError, OSError) as error:
        raise _not_taken(identity.certificate, error) from None


def _not_taken(file: str, error: OSError) -> CertificateError:
    why = spoken(error) if isinstance(error, ssl.SSLError) else reason(error)
    return CertificateError(*NOT_TAKEN.filled(file=file, reason=why))


# --- before anything starts ------------------------------------------------------------------------------------------


def prepare(config: Config, layout: Layout, now: datetime) -> list[Text]:
    """Make what is to be made, look at everything as of `now`; sentences about certificates that end soon.

    CertificateError for a file that is missing, no certificate or key, expired, another's key, or one that our own
    connecting sides would not accept.
    """
    soon: list[Text] = []
    links = config.links_tls
    for name, tls in ((CONSOLE, config.console_tls), (LINKS, links.own if links is not None else None)):
        if tls is None:
            continue
        identity = _identity(layout, name, tls)
        if not tls.certificate:
            _keep_made(layout, name, identity, {*LOCAL, config.host}, now)
        soon += _look(identity, name, now)
    if links is not None:
        _rehearse(config, layout, links)
    return soon


def _look(identity: Identity, name: str, now: datetime) -> list[Text]:
    """What a certificate and its key must be whoever connects."""
    found = _certificates(identity.certificate, f"{name}_tls")[0]
    ends, begins = found.not_valid_after_utc, found.not_valid_before_utc
    date = f"{ends:%Y-%m-%d}"
    if ends <= now:
        raise CertificateError(*EXPIRED.filled(file=identity.certificate, date=date))
    if begins > now:
        raise CertificateError(*NOT_YET.filled(file=identity.certificate, date=f"{begins:%Y-%m-%d %H:%M}Z"))
    setting = f"{name}_key"
    try:
        key = serialization.load_pem_private_key(_read(identity.key, setting), None)
    except (ValueError, TypeError):
        raise CertificateError(*NO_KEY.filled(file=identity.key, setting=setting)) from None
    if _public(key.public_key()) != _public(found.public_key()):
        raise CertificateError(*NOT_ITS_KEY.filled(file=identity.key, certificate=identity.certificate))
    return [ENDS.filled(file=identity.certificate, date=date)] if ends - now < RENEWED else []


def _rehearse(config: Config, layout: Layout, links: LinksTls) -> None:
    """Our own two sides agree with each other, in memory: whatever a connection would stumble over, it is said now."""
    file, trusted = _identity(layout, LINKS, links.own).certificate, authority(layout, links)
    _certificates(trusted, "links_ca")
    caller = link_caller(config, layout)
    assert caller is not None
    for station in ("switch", ISSUERS[0]):
        port = link_port(config, layout, station)
        assert port is not None
        ours, theirs = TlsSession.of(caller), TlsSession(port)
        try:
            ours.begin()
            for _ in range(TURNS):
                theirs.opened(ours.outgoing())
                ours.opened(theirs.outgoing())
        except ssl.SSLCertVerificationError as error:
            raise _unverified(error, file, trusted, caller.name) from None
        except ssl.SSLError as error:
            raise _not_taken(file, error) from None
        assert ours.up, "both have said all they have to say"


def _unverified(error: ssl.SSLCertVerificationError, file: str, trusted: str, name: str) -> CertificateError:
    if error.verify_code in _NAMES_DIFFER:
        names = ", ".join(_hosts(_certificates(file, "links_tls")[0])) or "-"
        return CertificateError(*OTHER_NAME.filled(file=file, name=name, names=names))
    if error.verify_code in _UNSIGNED:
        return CertificateError(*NOT_SIGNED.filled(file=file, authority=trusted))
    return CertificateError(*NOT_TAKEN.filled(file=file, reason=spoken(error)))


def _certificates(file: str, setting: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(file, setting))
    except ValueError:
        raise CertificateError(*NO_CERTIFICATE.filled(file=file, setting=setting)) from None


def _read(file: str, setting: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise CertificateError(*MISSING.filled(file=file, setting=setting)) from None
    except OSError as error:
        raise CertificateError(*UNREADABLE.filled(file=file, reason=reason(error), setting=setting)) from None


def _public(key: object) -> bytes:
    assert hasattr(key, "public_bytes")
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _hosts(certificate: x509.Certificate) -> list[str]:
    """The names and addresses a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(each.value) for each in found if isinstance(each, x509.DNSName | x509.IPAddress)]


# --- one of our own --------------------------------------------------------------------------------------------------


def _keep_made(layout: Layout, name: str, identity: Identity, hosts: set[str], now: datetime) -> None:
    """A certificate of our own, made when there is none, or none that is of use for long."""
    if Path(identity.certificate).exists() and Path(identity.key).exists():
        try:
            found = _certificates(identity.certificate, f"{name}_tls")[0]
            if not _look(identity, name, now) and hosts <= set(_hosts(found)):
                return
        except CertificateError:
            pass  # whatever is wrong with it, a new one is not
    layout.tls.mkdir(mode=0o700, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = _signed(key, f"counterfoil {name}", sorted(hosts), now)
    layout.write(Path(identity.key), secret.decode("ascii"))
    layout.write(Path(identity.certificate), made.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def _signed(key: ec.EllipticCurvePrivateKey, title: str, hosts: Sequence[str], now: datetime) -> x509.Certificate:
    """Signed by itself: whoever is to trust it is given it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    names = [_general(host) for host in hosts]
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
