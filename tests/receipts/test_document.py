"""What each slip says, to whom, and what it never says."""

from __future__ import annotations

import msgspec
import pytest

from counterfoil.receipts.document import (
    Copy,
    Document,
    Heading,
    Note,
    Row,
    Signature,
    Slip,
    amount_text,
    card_of,
    fault_slip,
    reversal_slip,
    sale_slip,
)
from receipts.slips import SLIP


def rows(document: Document) -> dict[str, str]:
    """Label and value of the rows, in English."""
    return {node.label.en: node.value.en for node in document.nodes if isinstance(node, Row)}


def headings(document: Document) -> list[str]:
    return [node.text.en for node in document.nodes if isinstance(node, Heading)]


def test_the_merchant_copy_has_the_fields_of_the_reference_in_its_order() -> None:
    assert list(rows(sale_slip(SLIP, Copy.MERCHANT)).items()) == [
        ("MERCHANT NAME", "老街茶馆 Old Street Tea"),
        ("MERCHANT NO", "103000058140001"),
        ("TERMINAL NO", "T0000001"),
        ("OPERATOR NO", "01"),
        ("ISSUER", "01030000"),
        ("ACQUIRER", "00010344"),
        ("CARD NO", "**** **** **** 0013 S"),
        ("TRANS TYPE", "SALE"),
        ("EXP DATE", "2030/12"),
        ("BATCH NO", "000726"),
        ("VOUCHER NO", "000042"),
        ("AUTH NO", "123456"),
        ("DATE/TIME", "2026/03/14 12:01:02"),
        ("REF NO", "607312000042"),
        ("AMOUNT", "RMB 12.50"),
        ("REMARKS", "CUP"),
    ]


def test_every_copy_shows_the_last_four_only_and_the_cardholder_s_no_expiry() -> None:
    merchant, cardholder = rows(sale_slip(SLIP, Copy.MERCHANT)), rows(sale_slip(SLIP, Copy.CARDHOLDER))
    assert cardholder["CARD NO"] == merchant["CARD NO"] == "**** **** **** 0013 S"
    assert set(merchant) - set(cardholder) == {"EXP DATE"}


@pytest.mark.parametrize("make", [reversal_slip, fault_slip])
def test_the_other_slips_show_no_more_than_the_cardholder_copy(make: object) -> None:
    document = make(SLIP)  # type: ignore[operator]
    assert rows(document)["CARD NO"] == "**** **** **** 0013 S"
    assert "EXP DATE" not in rows(document)
    assert "THIS IS NOT A RECEIPT" in headings(document)


def test_the_signature_line_is_on_the_merchant_copy_only() -> None:
    kinds = {copy: {type(node) for node in sale_slip(SLIP, copy).nodes} for copy in Copy}
    assert Signature in kinds[Copy.MERCHANT]
    assert Signature not in kinds[Copy.CARDHOLDER]


def test_a_small_amount_needs_no_signature_and_says_so() -> None:
    document = sale_slip(msgspec.structs.replace(SLIP, signature=False), Copy.MERCHANT)
    assert Signature not in {type(node) for node in document.nodes}
    assert any("免密免签" in node.text.zh for node in document.nodes if isinstance(node, Note))


@pytest.mark.parametrize(("number", "marks"), [(0, 0), (1, 2), (3, 2)])
def test_a_duplicate_is_marked_at_both_ends(number: int, marks: int) -> None:
    marked = [said for said in headings(sale_slip(SLIP, Copy.CARDHOLDER, number)) if "DUPLICATE" in said]
    assert marked == [f"****DUPLICATE {number}****"] * marks


@pytest.mark.parametrize("field", ["issuer", "acquirer", "auth_code", "rrn", "expiry"])
def test_what_the_host_did_not_send_is_left_out(field: str) -> None:
    full = rows(sale_slip(SLIP, Copy.MERCHANT))
    lacking = rows(sale_slip(msgspec.structs.replace(SLIP, **{field: ""}), Copy.MERCHANT))
    assert len(full) - len(lacking) == 1


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1250, "CNY", "RMB 12.50"), (5, "CNY", "RMB 0.05"), (1250, "JPY", "JPY 1,250"), (1250, "KWD", "KWD 1.250")],
)
def test_amounts_are_written_with_their_currency(amount: int, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ("************0013", "**** **** **** 0013"),
        ("629999******0013", "**** **** **** 0013"),  # as slips of before have kept it
        ("499990*********0011", "**** **** **** ***0 011"),
        ("****", "****"),
    ],
)
def test_card_numbers_show_four_digits_and_are_grouped_by_four(card: str, shown: str) -> None:
    assert card_of(card) == shown


def test_a_slip_survives_its_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SLIP), type=Slip) == SLIP
    document = sale_slip(SLIP, Copy.MERCHANT)
    assert msgspec.json.decode(msgspec.json.encode(document), type=Document) == document
