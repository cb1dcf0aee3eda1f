"""`counterfoil decode --guess, --diff, --strip`: the inspector on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.inspector import Found, advice, best, differences, read, reframed
from counterfoil.inspector.doctor import told
from counterfoil.inspector.wire import named
from counterfoil.words import Text

NOTHING: Final = Text("nothing in this looks like a message", "其中没有可识别的报文")
NEEDS_REVEAL: Final = Text(
    "--strip writes the whole message, card data included: say --reveal as well",
    "--strip 会输出完整报文（含卡数据）：请同时指定 --reveal",
)
SIGNS: Final = {"same": " ", "changed": "≠", "only-left": "−", "only-right": "+"}


def pasted(packet: str, stdin: bytes) -> str | bytes:
    """What the argument means: stdin for "-", the content of a file that is there, else its own text."""
    if packet == "-":
        return stdin
    try:
        return Path(packet).read_bytes() if len(packet) < 256 and Path(packet).is_file() else packet
    except OSError as error:
        from counterfoil.links.reasons import reason

        why = reason(error)
        raise Failure(Exit.USAGE, "usage", Text(f"{packet}: {why.en}", f"{packet}：{why.zh}")) from None


def found_in(given: str | bytes) -> Found:
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
        parts = [wire.dialect, f"length {wire.length}", *["TPDU"] * wire.tpdu, *["header"] * wire.header]
        print(", ".join([*parts, *["all text"] * wire.text]))
        for text in (*one.findings, *one.notes):
            print(f"  {session.word(text)}")
        for row in reading.rows:
            name = f"DE{row.path}" if row.path.isdecimal() else row.path
            means = f"  ({session.word(row.means)})" if row.means else ""
            print(f"{row.start:>4}–{row.end:<4} {name:<7} {row.value or row.flaw}{means}")
            for part in row.parts:
                name = f"{part.path} {session.word(part.name)}" if part.end else part.path
                means = f"  ({session.word(part.means)})" if part.means else ""
                print(f"{'':17} {name}: {part.value}{means}")
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
            name = f"DE{each.path}" if each.path.isdecimal() else each.path
            values = each.left if each.what == "same" else f"{each.left or '–'}  →  {each.right or '–'}"
            print(f"{SIGNS[each.what]} {name:<6} {values}")

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
