"""`counterfoil decode`: read one packet. Needs no stack and no data directory."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.errors import DecodeError, FramingError, OurError
from counterfoil.step import UNREADABLE
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.iso8583 import Dialect, Message

NO_OVERRIDE: Final = Text(
    "--override is a JSON object: DE number → any of type, max, prefix, align, pad and charset",
    "--override 应为 JSON 对象：域号 → type、max、prefix、align、pad、charset 中的若干项",
)
UNFIT: Final = Text("--override does not fit: {why}", "--override 不可用：{why}")
LEFT_UNREAD: Final = Text(
    "not all of this is pairs of hex digits; --guess reads what is, and says how much it leaves unread",
    "内容不全是成对的十六进制数字；--guess 会解析其中的部分，并说明有多少未被读取",
)
BODY: Final = "080000200000008000000000213132333435363736"
"""A sign-on of a terminal, as short as one can be: a STAN and DE41."""
PACKET: Final = f"6000030000603100315432{BODY}"
TEXT: Final = b"0800822000000000000004000000000000000918114737000021001".hex()
EPILOG: Final = f"""\b
Examples:
  counterfoil decode {PACKET}
  counterfoil decode --framing body --json {BODY}
  counterfoil decode --override '{{"60": {{"max": 19}}}}' --reveal {PACKET}
  counterfoil decode --dialect iso87-ascii --override '{{"43": {{"charset": "gbk"}}}}' {TEXT}
  counterfoil decode - < packet.hex
  counterfoil decode --guess capture.txt   # a dump of any kind: what it is, and what tshark needs
  counterfoil decode --guess --framing len+tpdu+header {BODY}   # which of these settings is wrong
  counterfoil decode --diff answer.hex request.hex
  counterfoil decode --strip --reveal packet.hex | text2pcap -T 40000,8583 - packet.pcap
"""


class Framing(click.ParamType[str]):
    """What stands before a message: a length's form, TPDU, header, or "body" for none of them, joined with +."""

    name = "framing"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, when it is one."""
        from counterfoil.inspector.wire import FRAMINGS

        if value not in FRAMINGS:
            self.fail(f"{value!r} is not one of {', '.join(map(repr, FRAMINGS))}.", param, ctx)
        return value


@click.command(epilog=EPILOG)
@click.argument("packet", metavar="HEX")
@click.option("--dialect", type=click.Choice(["cup-pos", "iso87-ascii"]), default="cup-pos", show_default=True)
@click.option(
    "--framing", type=Framing(), help="What stands before the MTI, as in len+tpdu+header [default: found out]."
)
@click.option("--override", metavar="JSON", default="{}", help="DE number → what differs from the dialect.")
@click.option("--reveal", is_flag=True, help="Show card data that is masked otherwise.")
@click.option("--guess", is_flag=True, help="Find out dialect, length, TPDU and header; say which setting is wrong.")
@click.option("--diff", "other", metavar="HEX", help="Compare with another packet, field by field.")
@click.option("--strip", is_flag=True, help="Write the message as Wireshark's text2pcap reads it (with --reveal).")
@verb
def command(
    session: Session,
    packet: str,
    dialect: str,
    framing: str | None,
    override: str,
    reveal: bool,
    guess: bool,
    other: str | None,
    strip: bool,
) -> int:
    """Read one ISO 8583 packet given in hex, as a file, or on stdin ("-")."""
    from counterfoil.cli import decode_guess

    given = decode_guess.pasted(packet, stdin() if packet == "-" else b"")
    if strip:
        return decode_guess.strip(session, given, reveal=reveal)
    if other is not None:
        return decode_guess.diff(session, given, decode_guess.pasted(other, stdin() if other == "-" else b""))
    if guess:
        return decode_guess.guess(session, given, dialect, framing)
    return fields(session, given, dialect, framing, override, reveal)


def stdin() -> bytes:
    """All of it, bytes or text."""
    stream = getattr(sys.stdin, "buffer", None)
    return stream.read() if stream is not None else sys.stdin.read().encode()


def fields(session: Session, given: str | bytes, dialect: str, framing: str | None, override: str, reveal: bool) -> int:
    """The fields of a packet whose dialect is known."""
    spoken, data = choose(dialect, override), unhex(given)
    try:
        tpdu, header, body = split(data, framing if dialect == "cup-pos" else framing or "body")
        message = spoken.decode(body)
    except (DecodeError, FramingError) as error:
        found = None if framing else otherwise(given, dialect, override)
        if found is None:
            raise unsplit(error, spoken, reveal) from None
        (tpdu, header, body), spoken = found
        message = spoken.decode(body)
    fields = spoken.flat(message, reveal=reveal)
    value = {
        "tpdu": tpdu.hex().upper(),
        "header": header.hex().upper(),
        "mti": message.mti,
        "fields": {number: text for number, text in fields.items() if number.isdigit()},
        "nested": spoken.nested(message),
    }
    session.answer(value, lambda: table(session, spoken, value))
    return Exit.OK


def otherwise(given: str | bytes, dialect: str, override: str) -> tuple[tuple[bytes, bytes, bytes], Dialect] | None:
    """TPDU, header and body as the inspector finds them out, and the dialect with the habits of that link.

    None where it finds nothing sound in this dialect, or leaves something unread.
    """
    from counterfoil.inspector import best
    from counterfoil.inspector.wire import take_apart

    found = best(given)
    if found is None or not found.sound or found.unread or found.wire.dialect != dialect:
        return None
    switches = msgspec.json.decode(override, type=dict[str, dict[str, str | int]])
    if found.wire.size or (found.wire.overrides and found.wire.overrides != switches):
        return None
    parts = take_apart(found.data, found.wire)
    spoken = msgspec.structs.replace(found.wire, overrides=switches).spoken()
    try:
        spoken.decode(parts.body)
    except DecodeError:
        return None
    return (parts.tpdu, parts.header, parts.body), spoken


def unhex(given: str | bytes) -> bytes:
    """The bytes that were given, in hex or any dress the inspector knows; Failure when something is left unread."""
    from counterfoil.inspector import dumps

    every = dumps(given)
    if not every:
        raise Failure(Exit.USAGE, "usage", Text("HEX must be pairs of hex digits", "HEX 必须是成对的十六进制数字"))
    if every[0].unread:
        raise Failure(Exit.USAGE, "usage", LEFT_UNREAD)
    return every[0].data


def choose(name: str, override: str) -> Dialect:
    """The dialect with the overrides applied; Failure when the overrides make no sense."""
    from counterfoil.iso8583 import CUP_POS, ISO87_ASCII
    from counterfoil.iso8583.chinese import told

    dialect = CUP_POS if name == "cup-pos" else ISO87_ASCII
    try:
        switches = msgspec.json.decode(override, type=dict[str, dict[str, str | int]])
        return dialect.override(switches) if switches else dialect
    except OurError as error:
        text = UNFIT.filled(why=told(error))
        raise Failure(Exit.USAGE, "usage", text) from None
    except UNREADABLE:
        raise Failure(Exit.USAGE, "usage", NO_OVERRIDE) from None


def split(data: bytes, framing: str | None) -> tuple[bytes, bytes, bytes]:
    """TPDU, header and body of a packet in the given framing, or in the one that fits."""
    from counterfoil.inspector.wire import named, take_apart
    from counterfoil.iso8583.framing import split_cup

    if framing is not None:
        parts = take_apart(data, named(framing))
        return parts.tpdu, parts.header, parts.body
    if int.from_bytes(data[:2], "big") == len(data) - 2:
        data = data[2:]
    elif data[:1] != b"\x60":
        return b"", b"", data
    return split_cup(data, None)


def unsplit(error: DecodeError | FramingError, dialect: Dialect, reveal: bool) -> Failure:
    """A packet that cannot be taken apart, or a message that cannot be read."""
    from counterfoil.iso8583.chinese import told

    if isinstance(error, DecodeError):
        return unreadable(error, dialect, reveal)
    return Failure(Exit.FAILED, "framing", Text(str(error), f"无法拆分报文：{told(error).zh}"))


def unreadable(error: DecodeError, dialect: Dialect, reveal: bool) -> Failure:
    """A packet that cannot be read: where, why, and what was read before."""
    from counterfoil.iso8583.chinese import told

    partial: Message | None = error.partial
    read = dialect.flat(partial, reveal=reveal) if partial is not None else {}
    return Failure(
        Exit.FAILED,
        "decode",
        Text(str(error), f"报文无法解析：{told(error).zh}"),
        path=error.path,
        offset=error.offset,
        fields={number: text for number, text in read.items() if number.isdigit()},
    )


def table(session: Session, dialect: Dialect, value: dict[str, Any]) -> None:
    """The fields as a table on a terminal, called as the pages of the console call them."""
    from rich.text import Text as Cell

    from counterfoil.cli.screen import console
    from counterfoil.cli.screen import table as table_of
    from counterfoil.inspector.names import label, name_of, shown

    screen = console(soft_wrap=True)
    header = session.word(Text("header", "报文头"))
    screen.print(f"MTI {value['mti']}   TPDU {value['tpdu'] or '–'}   {header} {value['header'] or '–'}")
    grid = table_of(3)
    for number, text in value["fields"].items():
        inside = value["nested"].get(number)
        name = session.word(name_of(dialect, number))
        grid.add_row(Cell(label(number), style="bold"), Cell(name), Cell(session.word(shown(str(text)))))
        if inside:
            grid.add_row(Cell(""), Cell(""), Cell(msgspec.json.encode(inside).decode(), style="dim"))
    screen.print(grid)
