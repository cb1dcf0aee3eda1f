"""The UnionPay terminal line as a pyiso8583 specification, written from the published tables alone."""

from __future__ import annotations

from typing import Any


def fixed_digits(length: int, desc: str, pad: str = "left_pad") -> dict[str, Any]:
    spec = {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": length, "len_count": "nibbles", "desc": desc}
    return {**spec, pad: "0"} if length % 2 else spec


def digits(length_bytes: int, longest: int, desc: str) -> dict[str, Any]:
    return {
        "data_enc": "b", "len_enc": "bcd", "len_type": length_bytes, "max_len": longest, "len_count": "nibbles",
        "right_pad": "0", "desc": desc,
    }  # fmt: skip


def text(length: int, desc: str, length_bytes: int = 0) -> dict[str, Any]:
    return {"data_enc": "gb18030", "len_enc": "bcd", "len_type": length_bytes, "max_len": length, "desc": desc}


def raw(length: int, desc: str, length_bytes: int = 0) -> dict[str, Any]:
    return {"data_enc": "b", "len_enc": "bcd", "len_type": length_bytes, "max_len": length, "desc": desc}


SPEC: dict[str, dict[str, Any]] = {
    "h": raw(11, "TPDU and header"),
    "t": {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": 2, "desc": "message type"},
    "p": raw(8, "bitmap"),
    "1": raw(8, "not used on this line"),
    "2": digits(1, 19, "card number"),
    "3": fixed_digits(6, "processing code"),
    "4": fixed_digits(12, "amount"),
    "11": fixed_digits(6, "trace number"),
    "12": fixed_digits(6, "time"),
    "13": fixed_digits(4, "date"),
    "14": fixed_digits(4, "expiry"),
    "15": fixed_digits(4, "settlement date"),
    "22": fixed_digits(3, "entry mode", "right_pad"),
    "23": fixed_digits(3, "card sequence number"),
    "25": fixed_digits(2, "condition"),
    "26": fixed_digits(2, "PIN capture"),
    "32": digits(1, 11, "acquirer"),
    "35": digits(1, 37, "track 2"),
    "36": digits(2, 104, "track 3"),
    "37": text(12, "retrieval reference"),
    "38": text(6, "authorization code"),
    "39": text(2, "response code"),
    "41": text(8, "terminal"),
    "42": text(15, "merchant"),
    "43": text(40, "merchant name"),
    "44": text(25, "institutions", 1),
    "48": digits(2, 322, "additional data"),
    "49": text(3, "currency"),
    "52": raw(8, "PIN block"),
    "53": fixed_digits(16, "security control"),
    "54": text(40, "additional amounts", 2),
    "55": raw(255, "chip data", 2),
    "60": digits(2, 17, "type, batch, network code"),
    "61": digits(2, 29, "original transaction"),
    "62": raw(999, "keys and more", 2),
    "63": text(163, "custom", 2),
    "64": raw(8, "MAC"),
}
