"""The facts of a slip, and the blocks of lines that every slip about one transaction is made of.

Field order and wording are those of the UnionPay POS slip (签购单). Every copy shows the last four digits of
the card, the merchant's and the bank's its expiry too (docs/decisions/0023).
"""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import Final

import msgspec

from counterfoil import money
from counterfoil.kinds import BY_SLIP, PURCHASE, Kind
from counterfoil.receipts.document.nodes import Heading, Node, Row, Rule
from counterfoil.transaction import Balance
from counterfoil.words import Text


class Copy(enum.StrEnum):
    """Whose copy of a sales slip. The bank's is the optional third one."""

    MERCHANT = "merchant"
    CARDHOLDER = "cardholder"
    BANK = "bank"


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one slip. `card` is masked already; `expiry` YYMM; `date` YYYY/MM/DD and `time` hh:mm:ss, both the
    host's when it sent them; `entry` how the card was read (S stripe, I chip, C contactless, M keyed); `amount` minor
    units, 0 for none; `remarks` what the host wants printed; `kind` the type of transaction, a word of `kinds.BY_SLIP`;
    `original` what it says of the transaction it refers to, as `SlipOf.refers` has it; `balances` those it shows.
    """

    merchant_name: str
    merchant: str
    terminal: str
    operator: str
    card: str
    entry: str
    batch: str
    voucher: str
    amount: int
    currency: str
    date: str
    time: str
    expiry: str = ""
    issuer: str = ""
    acquirer: str = ""
    auth_code: str = ""
    rrn: str = ""
    signature: bool = True
    remarks: tuple[str, ...] = ()
    kind: str = "sale"
    original: str = ""
    balances: tuple[Balance, ...] = ()

    @property
    def described(self) -> Kind:
        """What kind of transaction it is of; a word of a later version is read as the first kind's."""
        return BY_SLIP.get(self.kind, PURCHASE)


PAPERS: Final = {word: kind.paper for word, kind in BY_SLIP.items() if kind.paper is not None}
KINDS: Final[dict[str, Text]] = {word: kind.says for word, kind in BY_SLIP.items()}
COPIES: Final = {
    Copy.MERCHANT: Text("merchant copy", "商户存根"),
    Copy.CARDHOLDER: Text("cardholder copy", "持卡人存根"),
    Copy.BANK: Text("bank copy", "银行存根"),
}
"""What a copy is called, on paper in capital letters."""
AMOUNT: Final = Text("AMOUNT", "金额")
MERCHANT_NAME: Final = Text("MERCHANT NAME", "商户名称")
MERCHANT_NO: Final = Text("MERCHANT NO", "商户编号")
TERMINAL_NO: Final = Text("TERMINAL NO", "终端编号")
OPERATOR_NO: Final = Text("OPERATOR NO", "操作员号")
ISSUER: Final = Text("ISSUER", "发卡行")
ACQUIRER: Final = Text("ACQUIRER", "收单行")
CARD_NO: Final = Text("CARD NO", "卡号")
TRANS_TYPE: Final = Text("TRANS TYPE", "交易类型")
EXP_DATE: Final = Text("EXP DATE", "卡有效期")
BATCH_NO: Final = Text("BATCH NO", "批次号")
VOUCHER_NO: Final = Text("VOUCHER NO", "凭证号")
AUTH_NO: Final = Text("AUTH NO", "授权码")
DATE_TIME: Final = Text("DATE/TIME", "日期/时间")
REF_NO: Final = Text("REF NO", "交易参考号")
BALANCES: Final[dict[str, Text]] = {
    "ledger": Text("LEDGER BALANCE", "账户余额"),
    "available": Text("AVAILABLE BALANCE", "可用余额"),
}


def same(value: str) -> Text:
    """A value that reads the same in both languages."""
    return Text(value, value)


def grouped(card: str) -> str:
    """A masked card number in groups of four."""
    return " ".join(card[start : start + 4] for start in range(0, len(card), 4))


def card_of(card: str) -> str:
    """A masked card number as slips show it: the last four digits, whatever else a slip of before has kept."""
    return grouped("*" * (len(card) - 4) + card[-4:])


def amount_text(amount: int, currency: str) -> str:
    """The amount as slips print it: RMB 1,234.50."""
    return f"{'RMB' if currency == 'CNY' else currency} {money.written(amount, currency)}"


def kind_text(kind: str) -> Text:
    """A type of transaction in words; one that has none speaks for itself."""
    return KINDS.get(kind) or same(kind.upper())


@lru_cache(maxsize=4096)  # a terminal prints the same block on every slip
def _merchant_block(name: str, number: str, terminal: str, operator: str) -> tuple[Node, ...]:
    return (
        Row(MERCHANT_NAME, same(name)),
        Row(MERCHANT_NO, same(number)),
        Row(TERMINAL_NO, same(terminal)),
        Row(OPERATOR_NO, same(operator)),
    )


def merchant_block(slip: Slip) -> tuple[Node, ...]:
    """Who was paid, where, and who served."""
    return _merchant_block(slip.merchant_name, slip.merchant, slip.terminal, slip.operator)


def card_block(slip: Slip, copy: Copy) -> list[Node]:
    """Which card, and what was done with it."""
    nodes: list[Node] = [Row(ISSUER, same(slip.issuer))] if slip.issuer else []
    if slip.acquirer:
        nodes.append(Row(ACQUIRER, same(slip.acquirer)))
    nodes.append(Row(CARD_NO, same(f"{card_of(slip.card)} {slip.entry}".rstrip())))
    nodes.append(Row(TRANS_TYPE, kind_text(slip.kind)))
    if copy is not Copy.CARDHOLDER and slip.expiry:
        nodes.append(Row(EXP_DATE, same(f"20{slip.expiry[:2]}/{slip.expiry[2:]}")))
    return nodes


def number_block(slip: Slip) -> list[Node]:
    """By which numbers it is found again."""
    nodes: list[Node] = [Row(BATCH_NO, same(slip.batch)), Row(VOUCHER_NO, same(slip.voucher))]
    if slip.auth_code:
        nodes.append(Row(AUTH_NO, same(slip.auth_code)))
    nodes.append(Row(DATE_TIME, same(f"{slip.date} {slip.time}")))
    if slip.rrn:
        nodes.append(Row(REF_NO, same(slip.rrn)))
    if slip.original and (paper := PAPERS.get(slip.kind)) is not None and paper.refers is not None:
        nodes.append(Row(paper.refers.called, same(slip.original)))
    return nodes


def amount_rows(slip: Slip, *, big: bool = False) -> list[Node]:
    """How much; of what has no amount, the balances it tells."""
    if slip.amount:
        return [Row(AMOUNT, same(amount_text(slip.amount, slip.currency)), big=big)]
    return [
        Row(BALANCES[balance.type], same(amount_text(balance.amount, balance.currency)), big=big)
        for balance in slip.balances
    ]


def titled(title: Text, copy: Copy | None = None) -> list[Node]:
    """How every slip begins."""
    if copy is None:
        return [Heading(title, big=True)]
    name = COPIES[copy]
    return [Heading(title, big=True), Heading(Text(name.en.upper(), name.zh))]


def about(slip: Slip, copy: Copy = Copy.CARDHOLDER) -> list[Node]:
    """The facts of a transaction between two rules, for slips that are no vouchers."""
    return [
        Rule(),
        *merchant_block(slip),
        Rule(),
        *card_block(slip, copy),
        *number_block(slip),
        *amount_rows(slip),
        Rule(),
    ]
