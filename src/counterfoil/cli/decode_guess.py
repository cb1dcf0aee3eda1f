"""`counterfoil decode --guess, --diff, --strip`: the inspector on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.inspector import Guess, advice, best, differences, read, reframed
from counterfoil.inspector.doctor import told
from counterfoil.inspector.names import DIALECTS, FORMS, label, shown
from counterfoil.inspector.wire import named
from counterfoil.iso8583.chinese import reason
from counterfoil.words import Text

NOTHING: Final = Text("nothing in this looks like a message", "其中没有可识别的报文")
NEEDS_REVEAL: Final = Text(
    "--strip writes the whole message, card data included: say --reveal as well",
    "--strip 会输出完整报文（含卡数据）：请同时指定 --reveal",
)
LENGTH: Final = Text("length: {form}", "长度：{form}")
TPDU, HEADER, ALL_TEXT = Text("TPDU", "TPDU"), Text("header", "报文头"), Text("all text", "全字符")
COMMA: Final = Text(", ", "，")
SIGNS: Final = {"same": " ", "changed": "≠", "only-left": "−", "only-right": "+"}


def pasted(packet: str, stdin: bytes) -> str | bytes:
    """What the argument means: stdin for "-", the content of a file that is there, else its own text."""
    if packet == "-":
        return stdin
    try:
        return Path(packet).read_bytes() if len(packet) < 256 and Path(packet).is_file() else packet
    except OSError as error:
        from counterfoil.reasons import named as refused

        raise Failure(Exit.USAGE, "usage", refused(error, packet)) from None


def found_in(given: str | bytes) -> Guess:
    """The best reading; Failure when there is none."""
    found = best(given)
    if found is None:
        raise Failure(Exit.FAILED, "nothing", NOTHING)
    return found


def guess(session: Session, given: str | bytes, dialect: str, framing: str | None) -> int:
    """Say what the packet is and which of the settings that were named is wrong."""
    found = found_in(given)
    settings = msgspec.structs.replace(named(framing), dialect=dialect) if framing else None
    one = advice(found, settings)
    reading = read(found.data, found.wire)
    value = {**reading.plain(), "how": found.how, "unread": found.unread, **told(one)}

    def people() -> None:
        wire = found.wire
        length = LENGTH.filled(form=FORMS[wire.length])
        parts = [DIALECTS[wire.dialect], length, *[TPDU] * wire.tpdu, *[HEADER] * wire.header, *[ALL_TEXT] * wire.text]
        print(session.word(COMMA).join(map(session.word, parts)))
        for text in (*one.findings, *one.notes):
            print(f"  {session.word(text)}")
        for row in reading.rows:
            means = f"  ({session.word(row.means)})" if row.means else ""
            value = session.word(shown(row.value) if row.value else reason(row.flaw))
            print(f"{row.start:>4}–{row.end:<4} {label(row.path):<7} {session.word(row.name)}: {value}{means}")
            for part in row.parts:
                name = f"{label(part.path)} {session.word(part.name)}".rstrip()
                means = f"  ({session.word(part.means)})" if part.means else ""
                print(f"{'':17} {name}: {session.word(shown(part.value))}{means}")
        print("tshark " + " ".join(f"-o '{preference}'" for preference in one.tshark))

    session.answer(value, people)
    return Exit.OK if found.sound else Exit.FAILED


def diff(session: Session, left: str | bytes, right: str | bytes) -> int:
    """Two messages field by field."""
    one, other = found_in(left), found_in(right)
    every = differences(one.data, one.wire, other.data, other.wire)
    rows: list[dict[str, Any]] = [{**each._asdict(), "name": each.name.both()} for each in every]

    def people() -> None:
        for each in every:
            left, right = (session.word(shown(side)) or "–" for side in (each.left, each.right))
            values = left if each.what == "same" else f"{left}  →  {right}"
            print(f"{SIGNS[each.what]} {label(each.path):<6} {session.word(each.name)}: {values}")

    session.answer({"differences": rows}, people)
    return Exit.OK


def strip(session: Session, given: str | bytes, *, reveal: bool) -> int:
    """The message behind a plain 2-byte length, as a line text2pcap reads."""
    if not reveal:
        raise Failure(Exit.USAGE, "usage", NEEDS_REVEAL)
    found = found_in(given)
    data = reframed(found.data, found.wire)
    session.answer({"hex": data.hex().upper()}, lambda: print(f"000000 {data.hex(' ')}"))
    return Exit.OK
