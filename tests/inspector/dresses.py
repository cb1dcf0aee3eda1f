"""Bytes in the dress in which programs and people write them down: what no tool of the distribution prints."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator


def rows(data: bytes, width: int = 16) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(data), width):
        yield at, data[at : at + width]


def shown(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)


def halves(row: bytes, gap: str = "  ") -> str:
    return f"{row[:8].hex(' ')}{gap}{row[8:].hex(' ')}".ljust(47 + len(gap) - 1)


def pairs(row: bytes) -> str:
    return row.hex(" ", -2).ljust(39) if len(row) % 2 == 0 else row.hex(" ", -2)


def netty(data: bytes) -> str:
    rule = "+--------+-------------------------------------------------+----------------+"
    lines = [f"|{at:08x}| {row.hex(' ').ljust(47)} |{shown(row).ljust(16)}|" for at, row in rows(data)]
    head = "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |"
    return "\n".join([f"         +{'-' * 49}+", head, rule, *lines, rule])


def powershell(data: bytes) -> str:
    head = "          Offset Bytes                                           Ascii"
    lines = [f"{at:016X} {row.hex(' ').upper().ljust(47)} {shown(row)}" for at, row in rows(data)]
    return "\r\n".join(["", "   Label: packet", "", head, "          ------ -----", *lines, ""])


def listing(data: bytes, line: Callable[[int, bytes], str], end: str = "\n") -> str:
    return end.join(line(at, row) for at, row in rows(data))


LISTINGS: dict[str, Callable[[bytes], str]] = {
    "jPOS": lambda data: listing(data, lambda at, row: f"{at:04X}  {halves(row).upper()}  {shown(row)}"),
    "netty": netty,
    "commons-io": lambda data: listing(data, lambda at, row: f"{at:08X} {row.hex(' ').upper().ljust(47)} {shown(row)}"),
    "sun.misc": lambda data: listing(data, lambda at, row: f"{at:04X}: {halves(row, '   ').upper()}   {shown(row)}"),
    "Go": lambda data: listing(data, lambda at, row: f"{at:08x}  {halves(row)}  |{shown(row)}|"),
    "Format-Hex": powershell,
    "certutil": lambda data: listing(data, lambda at, row: f"{at:04x}\t{halves(row)}   {shown(row)}", "\r\n"),
    "UltraEdit": lambda data: listing(data, lambda at, row: f"{at:08X}h: {row.hex(' ').ljust(47)} ; {shown(row)}"),
    "HxD": lambda data: (
        "Offset(h) 00 01 02 03\n\n"
        + listing(data, lambda at, row: f"{at:08X}  {row.hex(' ').upper().ljust(47)}  {shown(row)}", "\r\n")
    ),
    "010": lambda data: listing(data, lambda at, row: f"{at:04X}h: {row.hex(' ').ljust(47)}  {shown(row)}"),
    "debug": lambda data: listing(data, lambda at, row: f"0B3F:{at + 256:04X}  {halves(row, '-')}   {shown(row)}"),
    "a log": lambda data: listing(
        data, lambda at, row: f"11-30 10:00:00.123  1234  1234 D POS: {at:04X}: {row.hex(' ').ljust(47)}  {shown(row)}"
    ),
    "no offsets": lambda data: listing(data, lambda _, row: f"{row.hex(' ').ljust(47)}  {shown(row)}"),
}
LITERALS: dict[str, Callable[[bytes], str]] = {
    "C": lambda data: (
        "unsigned char packet[] = {\n"
        + "\n".join(f"  {', '.join(f'0x{byte:02X}' for byte in row)}, /* {at} */" for at, row in rows(data))
        + "\n};\nunsigned int packet_len = 12;"
    ),
    "Wireshark's C": lambda data: f"char peer0_0[] = {{ /* Packet 4 */\n{', '.join(f'0x{b:02x}' for b in data)} }};",
    "Java": lambda data: f"byte[] b = new byte[] {{{', '.join(f'(byte) 0x{byte:02x}' for byte in data)}}};",
    "Arrays.toString": lambda data: str([byte - 256 if byte > 127 else byte for byte in data]),
    "Kotlin": lambda data: f"byteArrayOf({', '.join(f'0x{byte:02x}.toByte()' for byte in data)})",
    "Python list": lambda data: str(list(data)),
    "Python bytes": repr,
    "Node": lambda data: f"<Buffer {data.hex(' ')}>",
    "JSON": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
    "JSON of hex": lambda data: json.dumps({"id": "12345678", "hex": data.hex()}),
    "BitConverter": lambda data: data.hex("-").upper(),
    "Visual Basic": lambda data: f"Dim b() As Byte = {{{', '.join(f'&H{byte:02X}' for byte in data)}}}",
    "Go": lambda data: (
        "p := []byte{\n" + "\n".join(" ".join(f"0x{b:02x}," for b in row) for _, row in rows(data)) + "}"
    ),
    "Pascal": lambda data: f"({', '.join(f'${byte:02X}' for byte in data)})",
    "Wireshark's string": lambda data: " \\\n".join(
        '"' + "".join(f"\\x{byte:02x}" for byte in row) + '"' for _, row in rows(data)
    ),
    "SQL": lambda data: f"X'{data.hex().upper()}'",
    "0x": lambda data: f"0x{data.hex()}",
    "0x each": lambda data: " ".join(f"0x{byte:02X}" for byte in data),
    "assembler": lambda data: " ".join(f"{byte:02X}h" for byte in data),
    "XML": lambda data: f"<packet>{data.hex()}</packet>",
    "base64": lambda data: base64.encodebytes(data).decode(),
    "brackets": lambda data: "".join(f"[{byte:02X}]" for byte in data),
    "bars": lambda data: "|".join(data.hex(" ").split()),
    "dots": lambda data: data.hex("."),
    "percent": lambda data: "".join(f"%{byte:02X}" for byte in data),
    "a line each": lambda data: "\n".join(data.hex(" ").split()),
    "a log line": lambda data: f"2026-11-30 10:00:00,123 INFO [pool-1] send: {data.hex(' ').upper()} (ok)",
}
