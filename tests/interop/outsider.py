"""A payment terminal nobody of this project wrote: pyiso8583 for the messages, `cryptography` for keys, PIN and MAC.

It knows only what an acquirer hands to a terminal vendor: `terminal export`, a card, a host and a port.
"""

from __future__ import annotations

import socket
import ssl
import struct
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

import iso8583
from interop.spec import SPEC


def des_key(key: bytes) -> TripleDES:
    """A single- or double-length DES key as the triple-length one the library wants."""
    return TripleDES({8: key * 3, 16: key + key[:8], 24: key}[len(key)])


def encrypt(key: bytes, data: bytes) -> bytes:
    operation = Cipher(des_key(key), modes.ECB()).encryptor()
    return operation.update(data) + operation.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    operation = Cipher(des_key(key), modes.ECB()).decryptor()
    return operation.update(data) + operation.finalize()


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def ecb_mac(key: bytes, data: bytes) -> bytes:
    """The UnionPay ECB MAC: eight ASCII characters."""
    folded = bytes(8)
    for start in range(0, len(data), 8):
        folded = xor(folded, data[start : start + 8].ljust(8, b"\0"))
    characters = folded.hex().upper().encode()
    once = encrypt(key, characters[:8])
    twice = encrypt(key, xor(once, characters[8:]))
    return twice.hex().upper()[:8].encode()


def pin_block(key: bytes, pin: str, pan: str) -> bytes:
    """ANSI X9.8 with the card number (ISO format 0)."""
    clear = bytes.fromhex(f"0{len(pin)}{pin}".ljust(16, "F"))
    return encrypt(key, xor(clear, bytes.fromhex("0000" + pan[-13:-1])))


class Lost(Exception):  # noqa: N818 - what happened to the answer
    """No answer came."""


class Outsider:
    """One terminal on one connection."""

    def __init__(self, exported: dict[str, Any], seconds: float = 8.0) -> None:
        self.exported = exported
        self.batch: str = exported["batch"]
        self.stan = 0
        self.pin_key = b""
        self.mac_key = b""
        self._seconds = seconds
        self._line = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._line.close()

    # --- what a terminal does -----------------------------------------------------------------------------------

    def sign_on(self) -> str:
        """0800/0810: the working keys, proved by their check values."""
        answer = self.exchange("0800", {"11": self.next(), "60": f"00{self.batch}003", "63": "001"}, mac=False)
        if answer["39"] == "00":
            keys = bytes.fromhex(answer["62"])
            assert len(keys) == 40
            master = bytes.fromhex(self.exported["tmk"])
            self.pin_key = decrypt(master, keys[:16])
            assert encrypt(self.pin_key, bytes(8))[:4] == keys[16:20]
            wrapped = keys[20:28] if keys[28:36] == bytes(8) else keys[20:36]
            self.mac_key = decrypt(master, wrapped)
            assert encrypt(self.mac_key, bytes(8))[:4] == keys[36:40]
            self.batch = answer["60"][2:8]
        return answer["39"]

    def buy(self, card: dict[str, Any], minor: int, pin: str | None) -> tuple[dict[str, str], dict[str, str]]:
        """0200/0210 by magnetic stripe: the request (for a reversal) and the answer. Lost when none comes."""
        return self.ask("0200 000000 00 22", card, minor, pin)

    def ask(
        self,
        spelt: str,
        card: dict[str, Any],
        minor: int | None,
        pin: str | None = None,
        *,
        of: tuple[dict[str, str], dict[str, str]] | None = None,
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Any transaction by magnetic stripe: message type, DE3, DE25 and DE60.1; `of` are request and answer of its
        original.
        """
        mti, processing, condition, kind = spelt.split()
        request = {
            "3": processing, "11": self.next(), "22": "021" if pin else "022", "25": condition,
            "35": card["track2"].replace("=", "D"), "49": "156", "60": f"{kind}{self.batch}000",
        }  # fmt: skip
        if minor is not None:
            request["4"] = f"{minor:012d}"
        if of is not None:
            first, told = of
            request |= {"37": told["37"], "38": told["38"], "61": first["60"][2:8] + first["11"] + told["13"]}
        if pin:
            request |= {"26": "12", "52": pin_block(self.pin_key, pin, card["pan"]).hex().upper()}
            request["53"] = "2600000000000000"
        self.request = request
        return request, self.exchange(mti, request)

    def reverse(self, card: dict[str, Any], original: dict[str, str], reason: str) -> dict[str, str]:
        """0400/0410 for any of them, as the standard ties it to the original."""
        copied = {"3", "4", "11", "22", "25", "49", "60", "61"}
        kept = {number: value for number, value in original.items() if number in copied}
        return self.exchange("0400", {**kept, "2": card["pan"], "14": card["expiry"], "39": reason})

    def echo(self) -> dict[str, str]:
        """0820/0830 with network code 301."""
        return self.exchange("0820", {"11": self.next(), "60": f"00{self.batch}301"}, mac=False)

    # --- the line -----------------------------------------------------------------------------------------------

    def exchange(self, mti: str, fields: dict[str, str], *, mac: bool = True) -> dict[str, str]:
        """Send one message and wait for its answer, whose MAC is checked when the terminal has a key."""
        self.send(mti, fields, mac=mac)
        return self.receive(mac=mac)

    def send(self, mti: str, fields: dict[str, str], *, mac: bool = True) -> None:
        message = {"h": self.exported["tpdu"] + self.exported["header"], "t": mti, **fields}
        message |= {"41": self.exported["terminal"], "42": self.exported["merchant"]}
        if mac:
            message["64"] = "00" * 8
        packet, _ = iso8583.encode(message, SPEC)
        if mac:
            packet = packet[:-8] + ecb_mac(self.mac_key, bytes(packet[11:-8]))
        self._line.sendall(struct.pack(">H", len(packet)) + packet)

    def receive(self, *, mac: bool = True) -> dict[str, str]:
        packet = self._read(struct.unpack(">H", self._read(2))[0])
        answer, _ = iso8583.decode(packet, SPEC)
        if mac:
            assert bytes.fromhex(answer["64"]) == ecb_mac(self.mac_key, packet[11:-8]), "the answer's MAC is wrong"
        return dict(answer)

    def reconnect(self) -> None:
        self._line.close()
        self._line = self._connect()

    def _connect(self) -> socket.socket:
        line = socket.create_connection((self.exported["host"], self.exported["port"]), timeout=self._seconds)
        tls = self.exported.get("tls")
        if tls is None:
            return line
        return ssl.create_default_context(cadata=tls["ca"]).wrap_socket(line, server_hostname=tls["name"])

    def next(self) -> str:
        self.stan += 1
        return f"{self.stan:06d}"

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                piece = self._line.recv(count - len(data))
            except TimeoutError:
                raise Lost from None
            if not piece:
                raise Lost
            data += piece
        return data
