"""The signed code: genuine and unaltered is accepted, everything else is refused with its own reason."""

from __future__ import annotations

import base64
import contextlib
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counterfoil.receipts import agreement
from counterfoil.receipts.document import Copy, sale_slip
from counterfoil.receipts.proof import (
    PREFIX,
    BadKey,
    CodeProblem,
    NotProven,
    facts_of,
    found_in,
    pem,
    public_key,
    read,
    read_key,
    sealer,
    verified,
)
from counterfoil.receipts.render import svg
from counterfoil.receipts.render.text import WIDTHS, Language, render
from receipts.slips import SLIP

SEED: Final = bytes(range(32))
SEAL: Final = sealer(SEED)
KEY: Final = public_key(SEED)
CODE: Final = SEAL(SLIP)
OTHER_KIND: Final = generate_private_key(SECP256R1()).public_key()
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


def problem(text: str, seed: bytes = SEED) -> CodeProblem:
    with pytest.raises(NotProven) as caught:
        verified(read(text), public_key(seed))
    return caught.value.problem


def changed(code: str, position: int, by: int = 1) -> str:
    raw = bytearray(base64.b32decode(code[4:] + "=" * (-len(code[4:]) % 8)))
    raw[position] ^= by
    return PREFIX + base64.b32encode(bytes(raw)).decode().rstrip("=")


def test_a_genuine_code_gives_its_facts_back() -> None:
    assert verified(read(CODE), KEY) == facts_of(SLIP)


def test_the_same_slip_always_has_the_same_code() -> None:
    assert SEAL(SLIP) == sealer(SEED)(SLIP) == CODE


def test_a_code_fits_a_small_qr_and_holds_its_letters_only() -> None:
    assert len(CODE) < 300
    assert set(CODE) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567:1")


@pytest.mark.parametrize("how", [str.lower, lambda code: "\n".join(code), lambda code: f"  {code}\t"])
def test_blanks_and_small_letters_do_not_matter(how: object) -> None:
    assert verified(read(how(CODE)), KEY) == facts_of(SLIP)  # type: ignore[operator]


@pytest.mark.parametrize("position", range(len(base64.b32decode(CODE[4:] + "=" * (-len(CODE[4:]) % 8)))))
def test_no_byte_can_be_changed(position: int) -> None:
    for bit in (1, 2, 0x10, 0x80):
        assert problem(changed(CODE, position, bit)) in {CodeProblem.FORGED, CodeProblem.OTHER_KEY, CodeProblem.DAMAGED}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", CodeProblem.NO_CODE),
        ("hello", CodeProblem.NO_CODE),
        ("六", CodeProblem.NO_CODE),
        ("CF2:ABCD", CodeProblem.NEWER),
        ("CF1:", CodeProblem.DAMAGED),
        ("CF01:ABCD", CodeProblem.DAMAGED),
        ("CF1:ABC1", CodeProblem.DAMAGED),
        (CODE[:-1], CodeProblem.DAMAGED),
        (CODE + "A", CodeProblem.DAMAGED),
        (CODE * 10, CodeProblem.NO_CODE),
        (changed(CODE, 0), CodeProblem.OTHER_KEY),
        (changed(CODE, -1), CodeProblem.FORGED),
        (changed(CODE, 60, 0x40), CodeProblem.DAMAGED),
    ],
)
def test_every_refusal_has_its_reason(text: str, expected: CodeProblem) -> None:
    assert problem(text) is expected


def test_another_key_proves_nothing() -> None:
    assert problem(CODE, bytes(32)) is CodeProblem.OTHER_KEY


def test_a_forger_with_a_key_of_his_own_and_our_key_id_is_refused() -> None:
    forged = sealer(bytes(32))(replace(SLIP, amount=1))
    raw = base64.b32decode(forged[4:] + "=" * (-len(forged[4:]) % 8))
    ours = base64.b32decode(CODE[4:] + "=" * (-len(CODE[4:]) % 8))
    assert problem(PREFIX + base64.b32encode(ours[:4] + raw[4:]).decode().rstrip("=")) is CodeProblem.FORGED


@given(
    st.text(max_size=300) | st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567 \n=", max_size=400).map(PREFIX.__add__)
)
def test_any_text_is_a_code_or_our_own_refusal(text: str) -> None:
    with contextlib.suppress(NotProven):
        read(text)


@given(st.binary(min_size=70, max_size=400))
def test_any_bytes_are_a_code_or_our_own_refusal(raw: bytes) -> None:
    with pytest.raises(NotProven):
        read(PREFIX + base64.b32encode(raw).decode().rstrip("="))


@pytest.mark.parametrize(
    "slip",
    [
        replace(SLIP, rrn="", auth_code=""),
        replace(SLIP, kind="refund", amount=0),
        replace(SLIP, merchant="M 1", terminal="T1", card="****"),
        replace(SLIP, amount=10**14, currency="JPY"),
    ],
)
def test_what_a_sale_lacks_does_not_hinder(slip: object) -> None:
    assert verified(read(SEAL(slip)), KEY) == facts_of(slip)  # type: ignore[arg-type]


def test_facts_that_have_no_shape_get_no_code() -> None:
    assert SEAL(replace(SLIP, voucher="42\n")) == ""


def test_a_public_key_is_read_back_in_both_ways() -> None:
    raw = KEY.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    assert pem(read_key(pem(KEY))) == pem(read_key(f" {raw.upper()}\n")) == pem(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 63,
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        OTHER_KIND.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    ],
    ids=["empty", "short", "damaged", "another kind"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        read_key(text)


# --- a receipt around a code -----------------------------------------------------------------------------------------


def receipts(language: Language, width: int) -> list[str]:
    document = sale_slip(SLIP, Copy.CARDHOLDER, code=CODE)
    return [
        render(document, language, width),
        svg.render(document, language, width),
        svg.page(document, language, width),
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_is_found_in_every_receipt_that_is_text_and_agrees_with_it(language: Language, width: int) -> None:
    for receipt in receipts(language, width):
        code = found_in(receipt)
        assert code is not None
        agreement.compare(receipt, verified(read(code), KEY))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("RMB 12.50", "RMB 912.50", "amount"),
        ("RMB 12.50", "RMB 12.50  RMB 99.00", "amount"),
        ("000042", "000043", "voucher"),
        ("2026/03/14", "2026/03/15", "date"),
        ("0013", "0021", "last4"),
        ("T0000001", "T0000002", "terminal"),
        ("607312000042", "607312000043", "rrn"),
        ("消费", "退货", "kind"),
    ],
)
def test_a_receipt_that_says_something_else_is_altered(old: str, new: str, what: str) -> None:
    for receipt in receipts("zh", 48):
        assert old in receipt
        with pytest.raises(NotProven) as caught:
            agreement.compare(receipt.replace(old, new), facts_of(SLIP))
        assert caught.value.problem is CodeProblem.DIFFERS
        assert what in str(caught.value)


@pytest.mark.parametrize("card", ["499990*********0011", "629999******0013"])
def test_the_last_four_are_found_however_they_are_grouped(card: str) -> None:
    slip = replace(SLIP, card=card)
    agreement.compare(render(sale_slip(slip, Copy.MERCHANT), "en"), facts_of(slip))


@given(st.text(max_size=200))
def test_any_text_beside_a_code_agrees_or_is_refused(text: str) -> None:
    with pytest.raises(NotProven):
        agreement.compare(text, facts_of(SLIP))
    found_in(text)
