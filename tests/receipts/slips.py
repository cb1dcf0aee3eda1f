"""Slips the receipt tests share."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from counterfoil.iso8583 import responses
from counterfoil.receipts.document import (
    Copy,
    Document,
    Explained,
    FurtherCopy,
    Slip,
    declaration,
    detail_list,
    explanation,
    fault_slip,
    not_charged_slip,
    reversal_slip,
    sale_slip,
)
from counterfoil.words import Text

SLIP: Final = Slip(
    merchant_name="老街茶馆 Old Street Tea",
    merchant="103000058140001",
    terminal="T0000001",
    operator="01",
    card="629999******0013",
    entry="S",
    batch="000726",
    voucher="000042",
    amount=1250,
    currency="CNY",
    date="2026/03/14",
    time="12:01:02",
    expiry="3012",
    issuer="01030000",
    acquirer="00010344",
    auth_code="123456",
    rrn="607312000042",
    remarks=("CUP",),
)

CODE: Final = "CF1:" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 8
AGAIN: Final = FurtherCopy("2026/03/14 12:05", "12:01")
TOLD: Final = Explained(
    ref="T0000001/000726/000042",
    amount=1250,
    currency="CNY",
    last4="0013",
    at="2026/03/14 12:01",
    word=Text("NOT COMPLETED", "交易未完成"),
    sentence=Text(
        "The sale did not go through. If your bank shows a charge it is being returned. You may pay again now.",
        "交易未成功。如银行显示已扣款,正在退回。您现在可以重新付款。",
    ),
    contact="400-000-0000",
)
DOCUMENTS: Final[dict[str, Document]] = {
    "sale-merchant": sale_slip(SLIP, Copy.MERCHANT, code=CODE),
    "sale-cardholder": sale_slip(SLIP, Copy.CARDHOLDER, code=CODE),
    "sale-bank": sale_slip(SLIP, Copy.BANK),
    "sale-duplicate": sale_slip(SLIP, Copy.CARDHOLDER, 1, again=AGAIN, code=CODE),
    "reversal": reversal_slip(SLIP),
    "fault": fault_slip(SLIP),
    "not-charged": not_charged_slip(SLIP, responses.declined("51").customer),
    "details": detail_list([SLIP, replace(SLIP, voucher="000043", amount=99900)], "T0000001", "000726", "2026/03/14"),
    "declaration": declaration(SLIP),
    "explanation": explanation(TOLD),
}
