"""TLS on a link: 1.2 at least; the side that connects verifies the other's certificate, and where told so both do.

A link keeps its own hands on the kernel's buffer (links/wire.py), because a message past its time must never leave. So
TLS is done here in memory, between the bytes of the wire and those of the messages, and not by the event loop.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Final, NamedTuple

from counterfoil.words import Text

OLDEST: Final = ssl.TLSVersion.TLSv1_2
READ: Final = 1 << 16
VERIFYING: Final = {
    9: "证书尚未生效",
    10: "证书已过期",
    18: "证书为自签名",
    19: "证书链中有自签名证书",
    20: "找不到签发机构的证书",
    21: "无法验证签发机构",
    24: "签发机构的证书无效",
    26: "证书不允许此用途",
    62: "证书与名称不符",
    64: "证书与地址不符",
    66: "证书密钥过短",
    68: "证书的摘要算法过弱",
}
"""OpenSSL's X509_V_ERR_*, in Chinese."""
REFUSING: Final = {
    "NO_START_LINE": "不是 PEM 文件",
    "PEM_LIB": "不是有效的 PEM 文件",
    "BAD_BASE64_DECODE": "PEM 内容已损坏",
    "KEY_VALUES_MISMATCH": "私钥与证书不符",
    "KEY_TYPE_MISMATCH": "私钥与证书的类型不符",
    "EE_KEY_TOO_SMALL": "证书密钥过短",
    "CA_MD_TOO_WEAK": "证书的摘要算法过弱",
    "CA_KEY_TOO_SMALL": "签发机构的密钥过短",
    "NO_CERTIFICATE_OR_CRL_FOUND": "其中没有证书",
    "CERTIFICATE_VERIFY_FAILED": "证书校验未通过",
}
"""OpenSSL's reasons, in Chinese."""


class Identity(NamedTuple):
    """A certificate with what stands above it, and its private key: two PEM files, or twice the one."""

    certificate: str
    key: str


class Caller(NamedTuple):
    """What a connecting side does under TLS: its context, and the name the other side's certificate must have."""

    context: ssl.SSLContext
    name: str


def listening(identity: Identity, callers: str = "") -> ssl.SSLContext:
    """The context of a port. With `callers`, a PEM file, only those get through whose certificate it has signed.

    ssl.SSLError or OSError when the files are not what they should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if callers:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(callers)
    return _hardened(context, identity)


def calling(authority: str, identity: Identity | None = None) -> ssl.SSLContext:
    """The context of a connecting side: it trusts what `authority`, a PEM file, has signed, and shows `identity`.

    ssl.SSLError or OSError when the files are not what they should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    return _hardened(context, identity)


def _hardened(context: ssl.SSLContext, identity: Identity | None) -> ssl.SSLContext:
    context.minimum_version = OLDEST
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key, password="")
    return context


def told(error: ssl.SSLError) -> str:
    """What was wrong, in the library's words; never a byte of what was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    return str(error.reason or type(error).__name__)


def spoken(error: ssl.SSLError) -> Text:
    """What was wrong, for people: in Chinese what kind of fault it is, or the library's name of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Text(told(error), VERIFYING.get(error.verify_code, f"证书校验未通过（{error.verify_code}）"))
    return Text(told(error), REFUSING.get(told(error), f"TLS 错误 {told(error)}"))


class TlsSession:
    """One connection's TLS. Bytes of the wire go in and come out; `up` once both sides have agreed."""

    def __init__(self, context: ssl.SSLContext, name: str | None = None) -> None:
        self.up = False
        self.over = False
        """The other side said that it sends no more."""
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=name is None, server_hostname=name)

    @classmethod
    def of(cls, caller: Caller) -> TlsSession:
        """The session of a connecting side."""
        return cls(caller.context, caller.name)

    def outgoing(self) -> bytes:
        """What is to be written on the wire."""
        return self._out.read()

    def begin(self) -> None:
        """Say the first word, when it is ours."""
        self._agree()

    def opened(self, data: bytes) -> bytes:
        """What the bytes of the wire say; ssl.SSLError when they are not what TLS, or a certificate, should be."""
        self._in.write(data)
        if not self.up and not self._agree():
            return b""
        said = bytearray()
        try:
            while piece := self._tls.read(READ):
                said += piece
            self.over = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.over = True
        return bytes(said)

    def sealed(self, data: bytes) -> bytes:
        """What goes on the wire for these bytes, and for what had to be said before."""
        at = 0
        while at < len(data):
            at += self._tls.write(data[at:])
        return self._out.read()

    def farewell(self) -> bytes:
        """The last word: the other side knows then that nothing was cut off."""
        if self.up:
            with contextlib.suppress(ssl.SSLError):  # the other's last word is not waited for
                self._tls.unwrap()
        return self._out.read()

    def _agree(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.up = True
        return True
