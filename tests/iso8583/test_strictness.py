"""What the codec refuses, and how it says so: field, byte offset, reason, and never a value."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message
from message_strategies import messages


def cup(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace(" ", ""))


def iso(mti: str, primary: str, rest: str, secondary: str = "") -> bytes:
    return mti.encode("latin-1") + bytes.fromhex(primary + secondary) + rest.encode("latin-1")


B2, B3, B22, B23, B35, B37, B39, B48, B56, B64 = (
    CUP_POS.encode_any(message)[2:].hex()[:16]
    for message in (
        Message("0200", de2="1"), Message("0200", de3="000000"), Message("0200", de22="012"),
        Message("0200", de23="001"), Message("0200", de35="1"), Message("0200", de37="0" * 12),
        Message("0200", de39="00"), Message("0200", de48="1"), Message("0200", de56=""), Message("0200", de64=bytes(8)),
    )
)  # fmt: skip

READ = [
    # body, path, offset, reason
    ("", "MTI", 0, "cut off"),
    ("02", "MTI", 0, "cut off"),
    ("0A00", "MTI", 0, "not four digits"),
    ("0200 00", "bitmap", 2, "cut off"),
    (f"0200 8{'0' * 15}", "bitmap", 2, "a secondary bitmap is not used here"),
    ("0200 0800000000000000", "5", 10, "not a field of this dialect"),
    (f"0200 {B3} 0000", "3", 10, "3 bytes wanted, 2 left"),
    (f"0200 {B3} 00000A", "3", 12, "not a digit"),
    (f"0200 {B3} 000000 00", "end", 13, "1 bytes left over"),
    (f"0200 {B2}", "2", 10, "cut off inside the length"),
    (f"0200 {B2} 1A 00", "2", 10, "the length is not a number"),
    (f"0200 {B2} 16 6299", "2", 11, "8 bytes wanted, 2 left"),
    (f"0200 {B2} 20 62999900000000000000", "2", 10, "longer than 19"),
    (f"0200 {B2} 00", "2", 10, "present but empty"),
    (f"0200 {B2} 13 62999900000001", "2", 17, "the filler nibble is neither 0 nor F"),
    (f"0200 {B2} 04 629E", "2", 12, "not a digit"),
    (f"0200 {B22} 0123", "22", 11, "the filler nibble is neither 0 nor F"),
    (f"0200 {B23} 1001", "23", 10, "the filler nibble is not 0"),
    (f"0200 {B23} 0A01", "23", 10, "not a digit"),
    (f"0200 {B23} 001A", "23", 11, "not a digit"),
    (f"0200 {B35} 04 62DDDD", "end", 13, "1 bytes left over"),
    (f"0200 {B37} 303030303030303030303087", "37", 10, "not printable text"),
    (f"0200 {B39} 301B", "39", 10, "not printable text"),
    (f"0200 {B48} 0A01 00", "48", 10, "the length is not a number"),
    (f"0200 {B48} 00", "48", 10, "cut off inside the length"),
    (f"0200 {B48} 1000 00", "48", 12, "500 bytes wanted, 1 left"),
    (f"0200 {B56} 0002 B3FF", "56", 12, "not printable text"),
    (f"0200 {B64} 00000000000000", "64", 10, "8 bytes wanted, 7 left"),
]


@pytest.mark.parametrize(("body", "path", "offset", "reason"), READ)
def test_the_terminal_link_refuses(body: str, path: str, offset: int, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        CUP_POS.decode(cup(body))
    error = caught.value
    assert (error.path, error.offset) == (path, offset)
    assert str(error).endswith(f"{path} at byte {offset}: {reason}")
    assert error.response_code == "30"


ISO_READ = [
    (b"020", "MTI", 0, "cut off"),
    (b"02\xb20", "MTI", 0, "not four digits"),
    (iso("0200", "80" + "00" * 7, ""), "bitmap", 12, "cut off"),
    (iso("0200", "80" + "00" * 7, "", "80" + "00" * 7), "bitmap", 12, "a third bitmap is not used here"),
    (iso("0200", "20" + "00" * 7, "00000\xb2"), "3", 17, "not a digit"),
    (iso("0200", "40" + "00" * 7, " 1"), "2", 12, "the length is not a number"),
    (iso("0200", "40" + "00" * 7, "0"), "2", 12, "cut off inside the length"),
    (iso("0200", "40" + "00" * 7, "20" + "1" * 20), "2", 12, "longer than 19"),
    (iso("0200", "00000000" + "20000000", "05629="), "35", 14, "5 bytes wanted, 4 left"),
    (iso("0200", "00000000" + "20000000", "04629A"), "35", 17, "not track data"),
    (iso("0200", "00000010" + "00000000", "X00000000"), "28", 12, "neither C nor D before the digits"),
    (iso("0200", "00000010" + "00000000", "C0000000x"), "28", 20, "not a digit"),
    (iso("0200", "00000000" + "00000000", "?"), "end", 12, "1 bytes left over"),
]


@pytest.mark.parametrize(("body", "path", "offset", "reason"), ISO_READ)
def test_the_issuer_link_refuses(body: bytes, path: str, offset: int, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ISO87_ASCII.decode(body)
    error = caught.value
    assert (error.path, error.offset) == (path, offset)
    assert str(error).endswith(f"{path} at byte {offset}: {reason}")


WRITE = [
    (Message("200"), "MTI", "not four digits"),
    (Message("02Ⅰ0"), "MTI", "not four digits"),
    (Message(b"0200"), "MTI", "not four digits"),  # type: ignore[arg-type]
    (Message("0200", de3="00000"), "3", "length is not 6"),
    (Message("0200", de3="00000A"), "3", "not a digit"),
    (Message("0200", de3="00000٣"), "3", "not a digit"),
    (Message("0200", de3=b"000000"), "3", "text is wanted here"),
    (Message("0200", de2=""), "2", "present but empty"),
    (Message("0200", de2="6" * 20), "2", "longer than 19"),
    (Message("0200", de35="62=x"), "35", "not track data"),
    (Message("0200", de39="0"), "39", "length is not 2"),
    (Message("0200", de39="成"), "39", "not printable text"),
    (Message("0200", de41="123456789"), "41", "length is not 8"),
    (Message("0200", de41="1\n"), "41", "not printable text"),
    (Message("0200", de43="测" * 21), "43", "length is not 40"),
    (Message("0200", de56="\ud800"), "56", "not printable text"),
    (Message("0200", de56="\u202e"), "56", "not printable text"),
    (Message("0200", de44="x" * 26), "44", "longer than 25"),
    (Message("0200", de52="00000000"), "52", "bytes are wanted here"),
    (Message("0200", de52=bytes(7)), "52", "length is not 8"),
    (Message("0200", de70="301"), "70", "not a field of this dialect"),
]


@pytest.mark.parametrize(("message", "path", "reason"), WRITE)
def test_values_that_do_not_fit_are_not_written(message: Message, path: str, reason: str) -> None:
    with pytest.raises(EncodeError) as caught:
        CUP_POS.encode(message)
    assert caught.value.path == path
    assert str(caught.value) == f"{'DE' if path[:1].isdigit() else ''}{path}: {reason}"


def test_a_misspelt_attribute_is_not_dropped_silently() -> None:
    message = Message("0200")
    message.de111x = "1"  # type: ignore[attr-defined]
    with pytest.raises(EncodeError, match="message: an attribute that is no field"):
        CUP_POS.encode(message)


@pytest.mark.parametrize(
    "message", [Message("0200", de28="X00000000"), Message("0200", de28=""), Message("0200", de35="A")]
)
def test_the_issuer_link_writes_no_wrong_value_either(message: Message) -> None:
    with pytest.raises(EncodeError):
        ISO87_ASCII.encode(message)


def test_tolerated_on_input_canonical_on_output() -> None:
    """A filler nibble F, a short `ans` value, the two separators of a track."""
    assert CUP_POS.decode(cup(f"0200 {B2} 13 6299990000000F")).de2 == "6299990000000"
    assert CUP_POS.decode(cup(f"0200 {B22} 012F")).de22 == "012"
    assert CUP_POS.decode(CUP_POS.encode(Message("0200", de41="T1"))).de41 == "T1      "
    assert CUP_POS.decode(CUP_POS.encode(Message("0200", de35="62=99"))).de35 == "62D99"
    for separator in "=D":
        track = ISO87_ASCII.decode(iso("0200", "0000000020000000", f"0562{separator}99"))
        assert track.de35 == "62D99"
        assert ISO87_ASCII.encode(track).endswith(b"0562=99")


def test_texts_may_hold_chinese_on_the_terminal_link_only() -> None:
    message = Message("0210", de43="测试商户" + " " * 32, de56="成功\u3000A")
    assert CUP_POS.decode(CUP_POS.encode(message)) == message
    with pytest.raises(EncodeError):
        ISO87_ASCII.encode(Message("0210", de43="测试商户" + " " * 32))


def test_all_text_links() -> None:
    """Bitmaps and bytes as hex characters (iso8583-1987, marks C)."""
    link = ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True)
    message = Message("0200", de3="000000", de52=bytes(range(8)), de55=b"\x9f\x36", de70="301")
    body = link.encode(message)
    assert (
        body
        == b"0200" + b"A000000000001200" + b"0400000000000000" + b"000000" + b"0001020304050607" + b"0029F36" + b"301"
    )
    assert link.decode(body) == message == link.decode(body.replace(b"9F36", b"9f36"))
    assert link is ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True)
    with pytest.raises(DecodeError, match="bitmap at byte 4: not hex characters"):
        link.decode(body.replace(b"A000", b"_000"))
    with pytest.raises(DecodeError, match="DE52 at byte 42: not a hex character"):
        link.decode(body.replace(b"0001020304050607", b"x001020304050607"))
    with pytest.raises(EncodeError, match="DE52: bytes are wanted here"):
        link.encode(Message("0200", de52="00"))
    sign_on = ISO87_ASCII.variant(hex_bitmap=True).encode(Message("0800", de7="0314101530", de11="000001", de70="301"))
    assert sign_on == b"0800" + b"82200000000000000400000000000000" + b"0314101530" + b"000001" + b"301"


def test_the_worked_reversal_of_the_reference() -> None:
    message = Message(
        "0420", de3="000000", de4="000000001000", de7="0314101602", de11="000124", de32="12345678", de39="68",
        de41="00000123", de42="000000000000123", de49="156",
        de90="02000001230314101530" + "12345678".rjust(11, "0") + "0" * 11,
    )  # fmt: skip
    body = ISO87_ASCII.variant(hex_bitmap=True).encode(message)
    assert body[:36] == b"0420B220000102C080000000004000000000"
    assert len(body) == 150
    assert ISO87_ASCII.decode(ISO87_ASCII.encode(message)) == message


SECRETS = ("6299991234567890", "6299991234567890D30121010000012300000", "\x01PIN!BLK")


def test_an_error_carries_no_value_not_even_behind_it() -> None:
    """str, repr, cause and context; the partial message shows itself masked."""
    card, track, pin = SECRETS
    message = Message("0200", de2=card, de35=track, de52=pin.encode("ascii"), de60="22000001000")
    body = CUP_POS.encode(message)
    for broken in (body[:-1], body + b"\x00", body[:-3] + b"\xaa\xbb\xcc", body[:-8] + b"\x99" + body[-7:]):
        with pytest.raises(DecodeError) as caught:
            CUP_POS.decode(broken)
        error = caught.value
        assert error.__cause__ is None
        assert error.__context__ is None
        text = "".join(traceback.format_exception(error)) + repr(error) + repr(error.partial) + repr(error.args)
        assert not [secret for secret in SECRETS if secret[6:12] in text]
    for wrong in ({"de2": card + "x"}, {"de43": card + "\ud800"}, {"de35": "x" + track}, {"de52": pin.encode() * 2}):
        with pytest.raises(EncodeError) as written:
            CUP_POS.encode(Message("0200", **wrong))
        assert written.value.__cause__ is None
        assert written.value.__context__ is None
        assert card[6:12] not in str(written.value)


def attempt(dialect: Dialect, data: bytes) -> Message | DecodeError:
    try:
        return dialect.decode(data)
    except DecodeError as error:
        return error


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    for dialect in (CUP_POS, ISO87_ASCII, ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True)):
        result = attempt(dialect, data)
        if isinstance(result, Message):
            assert dialect.decode(dialect.encode(result)) == result
        else:
            assert 0 <= result.offset <= len(data)
            assert result.__context__ is None
            shown = result.partial or Message("0000")
            dialect.flat(shown)
            dialect.nested(shown)


def plausible(dialect: Dialect) -> st.SearchStrategy[bytes]:
    """Bytes that begin well: a message type, a sparse bitmap of real fields, and then anything."""
    head = messages(dialect, most=6).map(dialect.encode_any)
    return st.tuples(head, st.integers(0, 120), st.binary(max_size=60)).map(
        lambda parts: parts[0][: parts[1]] + parts[2]
    )


@given(plausible(CUP_POS), plausible(ISO87_ASCII))
def test_plausible_bytes_are_read_or_refused(terminal: bytes, issuer: bytes) -> None:
    for dialect, data in ((CUP_POS, terminal), (ISO87_ASCII, issuer)):
        result = attempt(dialect, data)
        if isinstance(result, Message):
            dialect.nested(result)
        else:
            assert 0 <= result.offset <= len(data)


def test_what_stands_behind_a_flaw_is_read_while_its_place_is_certain() -> None:
    body = CUP_POS.encode(Message("0200", de3="000000", de11="000001", de41="T0000001", de42="M" * 15, de60="22000001"))
    with pytest.raises(DecodeError) as caught:
        CUP_POS.decode(body.replace(b"T0000001", b"T00\x000001"))
    assert caught.value.path == "41"
    assert (caught.value.partial.de41, caught.value.partial.de42) == (None, "M" * 15)
    with pytest.raises(DecodeError) as caught:
        CUP_POS.decode(body[:-6])
    assert caught.value.path == "60"
    assert caught.value.partial.de42 == "M" * 15
