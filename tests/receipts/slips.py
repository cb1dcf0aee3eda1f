"""Slips the receipt tests share."""

from __future__ import annotations

from typing import Final

from counterfoil.receipts.document import Slip

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
