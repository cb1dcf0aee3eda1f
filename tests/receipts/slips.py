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
from counterfoil.transaction import Balance
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
BALANCES: Final = (Balance("ledger", "CNY", 123450), Balance("available", "CNY", 100000))
VOID: Final = replace(SLIP, kind="void", voucher="000043", original="000042", expiry="")
PREAUTH: Final = replace(SLIP, kind="preauth", amount=30000)
PREAUTH_VOID: Final = replace(PREAUTH, kind="preauth-void", voucher="000043", original="123456")
COMPLETION: Final = replace(PREAUTH, kind="completion", voucher="000043", amount=31050, original="123456")
BALANCE: Final = replace(SLIP, kind="balance", amount=0, auth_code="", balances=BALANCES)
BY_KIND: Final = {"void": VOID, "preauth": PREAUTH, "preauth-void": PREAUTH_VOID, "completion": COMPLETION}
DOCUMENTS: Final[dict[str, Document]] = {
    "sale-merchant": sale_slip(SLIP, Copy.MERCHANT, code=CODE),
    "sale-cardholder": sale_slip(SLIP, Copy.CARDHOLDER, code=CODE),
    "sale-bank": sale_slip(SLIP, Copy.BANK),
    "sale-duplicate": sale_slip(SLIP, Copy.CARDHOLDER, 1, again=AGAIN, code=CODE),
    **{f"{word}-merchant": sale_slip(slip, Copy.MERCHANT, code=CODE) for word, slip in BY_KIND.items()},
    **{f"{word}-cardholder": sale_slip(slip, Copy.CARDHOLDER, code=CODE) for word, slip in BY_KIND.items()},
    "balance-cardholder": sale_slip(BALANCE, Copy.CARDHOLDER),
    **{f"{word}-reversal": reversal_slip(slip) for word, slip in BY_KIND.items()},
    "reversal": reversal_slip(SLIP),
    "fault": fault_slip(SLIP),
    "not-charged": not_charged_slip(SLIP, responses.declined("51").customer),
    "details": detail_list([SLIP, replace(SLIP, voucher="000043", amount=99900)], "T0000001", "000726", "2026/03/14"),
    "details-kinds": detail_list(
        [SLIP, VOID, BALANCE, replace(PREAUTH, voucher="000044"), replace(COMPLETION, voucher="000045")],
        "T0000001",
        "000726",
        "2026/03/14",
    ),
    "declaration": declaration(SLIP),
    "explanation": explanation(TOLD),
}
