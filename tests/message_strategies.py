"""Messages for hypothesis: any fields of a dialect, every value one its field may hold, in its canonical form."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st

from counterfoil.iso8583 import Dialect, Message
from counterfoil.iso8583.fields import Characters, Field, Prefix
from field_ranges import lines

DIGITS = "0123456789"
PLAIN = "".join(map(chr, range(0x20, 0x7F)))
EXISTING = {
    (line.dialect.fields[line.number].within, line.dialect.fields[line.number].size): line.exist for line in lines()
}
CHINESE = "测试商户甲公司成功消费撤销"


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=least, max_size=most)


def texts(field: Field, least: int, plain: bool) -> st.SearchStrategy[str]:
    """Text that counts at least `least` and at most `field.size` bytes; a Chinese character counts two."""
    ascii_only = st.text(PLAIN, min_size=least, max_size=field.size)
    if plain or field.kind is Characters.AN:
        return ascii_only
    mixed = st.text(CHINESE + PLAIN[:40], max_size=field.size // 2)
    return ascii_only | mixed.map(lambda text: text + " " * (least - len(text.encode("gb18030"))))


def values(field: Field, packed: bool, plain: bool) -> st.SearchStrategy[str | bytes]:
    """Any value of the field. `plain` leaves out what straight-line code hands to the generic loop."""
    fixed = field.prefix is Prefix.FIXED
    number = field.kind in (Characters.N, Characters.Z)
    least = field.size if fixed else int(number)
    if field.kind is Characters.B:
        return st.binary(min_size=least, max_size=field.size)
    if field.kind is Characters.N:
        return digits(least, field.size)
    if field.kind is Characters.Z:
        letters = "D" if plain or not packed else "ABCDEF"
        return st.text(DIGITS + letters, min_size=1, max_size=field.size)
    if field.kind is Characters.XN:
        return st.tuples(st.sampled_from("CD"), digits(field.size - 1, field.size - 1)).map("".join)
    return texts(field, least, plain or not packed)


@st.composite
def messages(
    draw: st.DrawFn, dialect: Dialect, plain: bool = False, among: Collection[int] | None = None, most: int = 12
) -> Message:
    """A message of the dialect with up to `most` of its fields (or of those in `among`); of some, all values exist."""
    numbers = sorted(set(dialect.fields) & set(among) if among is not None else dialect.fields)
    chosen = draw(st.lists(st.sampled_from(numbers), unique=True, max_size=most))
    message = Message(draw(digits(4, 4)))
    existing = draw(st.booleans())
    for number in chosen:
        field = dialect.fields[number]
        known = EXISTING.get((field.within, field.size), ()) if existing else ()
        message.set(number, draw(st.sampled_from(known) if known else values(field, dialect.style.packed, plain)))
    return message
