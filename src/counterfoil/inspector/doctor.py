"""The wire-format doctor: which setting of a link is wrong, in a sentence, and what Wireshark has to be told."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.inspector.around import claimed, known_before
from counterfoil.inspector.guess import Guess
from counterfoil.inspector.walk import Span, walk
from counterfoil.inspector.wire import Wrapping, lrc, take_apart
from counterfoil.iso8583.chinese import reason
from counterfoil.words import Text

_LENGTHS: Final = {
    "none": Text("no length", "无长度"),
    "binary": Text("a 2-byte big-endian length", "2 字节大端长度"),
    "binary+2": Text("a 2-byte big-endian length that counts itself", "包含自身的 2 字节大端长度"),
    "little": Text("a 2-byte little-endian length", "2 字节小端长度"),
    "digits": Text("a length of four digits", "4 位数字长度"),
    "digits+4": Text("a length of four digits that counts itself", "包含自身的 4 位数字长度"),
    "bcd": Text("a length of four packed digits", "4 位 BCD 长度"),
    "stx-bcd": Text("STX, a length of four packed digits, ETX and LRC", "STX、4 位 BCD 长度、ETX 和 LRC"),
    "stx-binary": Text("STX, a 2-byte length, ETX and LRC", "STX、2 字节长度、ETX 和 LRC"),
}
_DIALECTS: Final = {
    "cup-pos": Text("UnionPay POS (packed digits)", "银联 POS 格式（压缩 BCD）"),
    "iso87-ascii": Text("ISO 8583:1987 in characters", "ISO 8583:1987 字符格式"),
}
_HOWS: Final = {
    "hex": Text("hex digits", "十六进制数字"),
    "offsets": Text("a dump with offsets", "带偏移量的转储"),
    "twice": Text("hex digits of hex digits", "二次十六进制编码"),
    "array": Text("a list of numbers", "数字列表"),
    "escaped": Text("a string with escapes", "带转义的字符串"),
    "base64": Text("base64", "base64 编码"),
    "characters": Text("the characters of the message itself", "报文字符原文"),
    "bytes": Text("bytes", "字节"),
}

RIGHT: Final = Text("The settings fit this packet.", "设置与此报文相符。")
DIALECT: Final = Text("Dialect: set to {set}; the packet is {found}.", "报文格式：设置为{set}，实际为{found}。")
LENGTH: Final = Text("Length: set to {set}; the packet has {found}.", "长度：设置为{set}，实际为{found}。")
NO_TPDU: Final = Text("TPDU: the settings expect one; the packet has none.", "TPDU：设置为有，实际没有。")
A_TPDU: Final = Text(
    "TPDU: the settings expect none; the packet has one of 5 bytes.", "TPDU：设置为无，实际有 5 字节。"
)
NO_HEADER: Final = Text("Header: the settings expect one; the packet has none.", "报文头：设置为有，实际没有。")
A_HEADER: Final = Text(
    "Header: the settings expect none; the packet has one of 6 bytes.", "报文头：设置为无，实际有 6 字节。"
)
TEXT: Final = Text(
    "Bitmap and binary fields: here they are written as hex characters.", "位元表和二进制域：此处以十六进制字符表示。"
)
RAW: Final = Text("Bitmap and binary fields: here they are raw bytes.", "位元表和二进制域：此处为原始字节。")
BEFORE: Final = Text(
    "{count} bytes stand before the packet, as in a capture with its own headers.",
    "报文前有 {count} 个字节，例如抓包自带的协议头。",
)
STRANGE: Final = Text(
    "{count} bytes stand before what was read, and nothing explains them.", "所读内容之前有 {count} 个无法解释的字节。"
)
BEHIND: Final = Text("{count} bytes stand behind the packet.", "报文后有 {count} 个字节。")
SWITCH: Final = Text("Dialect switch: DE{path} needs {change}.", "格式开关：DE{path} 需要 {change}。")
CUT: Final = Text(
    "The length says that {said} bytes follow, and {there} do: the packet was cut short, or bytes of it were lost.",
    "长度表明后续有 {said} 字节，实际只有 {there} 字节：报文不完整或丢失了字节。",
)
GREW: Final = Text(
    "The length says that {said} bytes follow, and {there} do: bytes came in, or something else stands behind.",
    "长度表明后续有 {said} 字节，实际有 {there} 字节：报文中多出了字节，或其后还有其他内容。",
)
ENDS_INSIDE: Final = Text(
    "The bytes end inside {path}: the packet was cut short, or bytes of it were lost.",
    "字节在 {path} 内结束：报文不完整或丢失了字节。",
)
STOPS: Final = Text(
    "No setting reads this to its end. The best one stops at {path}, byte {at}: {reason}.",
    "没有任何设置能完整解析此报文。最接近的设置停在 {path}，第 {at} 字节：{reason}。",
)
GUESSED: Final = Text(
    "Nothing reads this for certain: what is said of it here is a guess.",
    "没有任何方式能可靠解析此内容：以下只是推测。",
)
CHECK: Final = Text(
    "The check byte (LRC) is {there}; these bytes make {wanted}.",
    "校验字节（LRC）为 {there}，按内容计算应为 {wanted}。",
)
LINES_UNREAD: Final = Text(
    "{count} lines of what was pasted are not part of this dump and were not read.",
    "粘贴内容中有 {count} 行不属于此转储，未被读取。",
)
UNREAD: Final = Text("{count} characters of what was pasted were not read.", "粘贴内容中有 {count} 个字符未被读取。")
PASTED: Final = Text("What was pasted is {how}.", "粘贴的内容是{how}。")

NIBBLES: Final = "Digits represented in nibbles"
ASCII: Final = "Digits represented as ASCII Characters"
PLAIN_BYTES: Final = "Bin data not encoded"
HEX_BYTES: Final = "Bin data represented as Hex Ascii characters"
REFRAMED: Final = "counterfoil decode --strip --reveal - < packet.hex | text2pcap -T 40000,8583 - packet.pcap"
NO_SETTING: Final = Text(
    f"Wireshark has no setting for what stands between the length and the message type: take it out first "
    f"(`{REFRAMED}`).",
    f"Wireshark 没有针对长度与消息类型之间内容的设置：请先将其去除（`{REFRAMED}`）。",
)
TWO_BYTES: Final = Text(
    f"Wireshark wants a plain length of two bytes before the message type: write it that way first (`{REFRAMED}`).",
    f"Wireshark 要求消息类型之前为普通两字节长度：请先改成该格式（`{REFRAMED}`）。",
)
STOPS_AT: Final = Text(
    "Wireshark reads this message up to DE{path}, which its ISO 8583 table writes in another way.",
    "Wireshark 只能解析到 DE{path} 之前：其 ISO 8583 域表对该域的写法不同。",
)
# Wireshark 4.0 takes tracks for bytes where binary fields are raw, and UnionPay's packed DE48, 60 and 61 for text.
OTHERWISE: Final = {"cup-pos": (35, 36, 48, 60, 61), "iso87-ascii": (35, 36)}


class Remedy(NamedTuple):
    """What is wrong and what to tell Wireshark. `right`: the settings that were given read the packet to its end."""

    findings: tuple[Text, ...]
    tshark: tuple[str, ...]
    notes: tuple[Text, ...]
    right: bool


def advice(found: Guess, given: Wrapping | None = None) -> Remedy:
    """What the doctor says of a dump whose best reading is `found`, to whoever has set `given` (None: nothing)."""
    wire, said = found.wire, []
    if found.how not in ("hex", "bytes"):
        said.append(PASTED.filled(how=_HOWS[found.how]))
    if found.unread:
        said.append((LINES_UNREAD if found.how == "offsets" else UNREAD).filled(count=found.unread))
    wrong = _wrong(given, wire) if given is not None else _switched(wire)
    if not found.sound:
        said.append(GUESSED)
    said += [*wrong, *_around(found)]
    if not found.sound:
        said += _stops(found)
    right = given is not None and found.sound and not (wrong or wire.skip)
    return Remedy((RIGHT,) if right and not said else tuple(said), preferences(wire), _notes(found), right)


def _wrong(given: Wrapping, found: Wrapping) -> list[Text]:
    said = []
    if given.dialect != found.dialect:
        said.append(DIALECT.filled(set=_DIALECTS[given.dialect], found=_DIALECTS[found.dialect]))
    if given.length != found.length:
        said.append(LENGTH.filled(set=_LENGTHS[given.length], found=_LENGTHS[found.length]))
    if given.tpdu != found.tpdu:
        said.append(A_TPDU if found.tpdu else NO_TPDU)
    if given.header != found.header:
        said.append(A_HEADER if found.header else NO_HEADER)
    if given.text != found.text:
        said.append(TEXT if found.text else RAW)
    return said + [text for text in _switched(found) if text not in _switched(given)]


def _switched(wire: Wrapping) -> list[Text]:
    return [SWITCH.filled(path=path, change=_change(change)) for path, change in wire.overrides.items()]


def _change(change: dict[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in change.items())


def _around(found: Guess) -> list[Text]:
    """What stands before and behind the packet, and whether a length there counts something else."""
    parts = take_apart(found.data, found.wire)
    before, behind = parts.at, len(found.data) - parts.end
    said = []
    other = claimed(found.data, before) if before and not (found.sound or parts.length) else None
    if other is not None:
        size, there = other
        said.append((CUT if size > there else GREW).filled(said=size, there=there))
    elif before:
        said.append((BEFORE if known_before(found.data, before) else STRANGE).filled(count=before))
    if behind:
        said.append(BEHIND.filled(count=behind))
    if parts.tail:
        wanted = lrc(parts.length, parts.tpdu + parts.header + parts.body)
        if parts.tail[1] != wanted:
            said.append(CHECK.filled(there=f"{parts.tail[1]:02X}", wanted=f"{wanted:02X}"))
    return said


def _stops(found: Guess) -> list[Text]:
    """Where the reading stops, if it does, and that the bytes end there."""
    parts = take_apart(found.data, found.wire)
    flaws = walk(found.wire.spoken(), parts.body).flaws
    if not flaws:
        return []
    first, last = flaws[0], next((flaw for flaw in flaws if _runs_out(flaw)), None)
    said = [STOPS.filled(path=_path(first), at=parts.body_at + first.start, reason=reason(first.flaw))]
    return said if last is None else [*said, ENDS_INSIDE.filled(path=_path(last))]


def _path(span: Span) -> str:
    return f"DE{span.path}" if span.path.isdecimal() else span.path


def _runs_out(flaw: Span) -> bool:
    """Whether a flaw is that the bytes end too early."""
    return flaw.flaw.endswith(" left") or flaw.flaw.startswith("cut off")


def preferences(wire: Wrapping) -> tuple[str, ...]:
    """What `tshark -o` has to be given so that its ISO 8583 dissector takes messages of this kind."""
    return (
        f"iso8583.len_endian:{'Little endian' if wire.length == 'little' else 'Big endian'}",
        f"iso8583.charset:{NIBBLES if wire.dialect == 'cup-pos' else ASCII}",
        f"iso8583.binencode:{HEX_BYTES if wire.text else PLAIN_BYTES}",
    )


def _notes(found: Guess) -> tuple[Text, ...]:
    wire, said = found.wire, []
    if wire.tpdu or wire.header:
        said.append(NO_SETTING)
    elif wire.length not in ("binary", "little"):
        said.append(TWO_BYTES)
    if not wire.text:
        message = walk(wire.spoken(), take_apart(found.data, wire).body).message
        stops = [number for number in OTHERWISE[wire.dialect] if message.get(number) is not None]
        if stops:
            said.append(STOPS_AT.filled(path=stops[0]))
    return tuple(said)


def told(one: Remedy) -> dict[str, object]:
    """For JSON."""
    return {
        "right": one.right,
        "findings": [text.both() for text in one.findings],
        "tshark": list(one.tshark),
        "notes": [text.both() for text in one.notes],
    }
