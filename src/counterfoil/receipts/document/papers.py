"""Papers around a sale: the list of a batch, the explanation for the customer, the declaration of no dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from counterfoil import money
from counterfoil.kinds import Total
from counterfoil.receipts.document.nodes import Cells, Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.receipts.document.notices import NO_VOUCHER
from counterfoil.receipts.document.slip import AMOUNT, Copy, Slip, about, amount_text, card_of, kind_text, same, titled
from counterfoil.words import Text

DETAILS_TITLE: Final = Text("TRANSACTION LIST", "交易明细")
VOUCHER, TYPE, AUTH = Text("VOUCHER", "凭证号"), Text("TYPE", "类型"), Text("AUTH", "授权码")
TOTAL: Final = Text("TOTAL ({n})", "合计({n}笔)")
DEBITS, CREDITS = Text("DEBIT ({n})", "借记({n}笔)"), Text("CREDIT ({n})", "贷记({n}笔)")
NET: Final = Text("NET", "净额")
FIRST_LINE: Final = (8, 7, 7, -10)
SECOND_LINE: Final = (22, -10)

EXPLANATION_TITLE: Final = Text("ABOUT YOUR PAYMENT", "付款情况说明")
DECLARATION_TITLE: Final = Text("NO-DISPUTE DECLARATION", "不拒付声明")
DECLARATION: Final = Text(
    "I made the transaction above myself and have received the goods or services. I will not deny it to my bank or ask "
    "for the amount back. Should my account not have been debited, I will pay the amount when the merchant asks.",
    "以上交易系本人所为，商品或服务已收讫。本人承诺不向发卡行否认或拒付该笔交易；如经核实本人账户未被扣款，本人将应商户要求补付该款项。",
)
BY_HAND: Final = (
    Text("NAME", "姓名"),
    Text("TELEPHONE", "联系电话"),
    Text("SIGNATURE AS ON THE CARD", "签名(与卡背面一致)"),
    Text("DATE", "日期"),
)


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What an explanation says. `word` the verdict as customers read it, `sentence` what it means for them; `contact`
    whom to call ("" where there is nobody).
    """

    ref: str
    amount: int
    currency: str
    last4: str
    at: str
    word: Text
    sentence: Text
    contact: str = ""


def detail_list(slips: Sequence[Slip], terminal: str, batch: str, printed_at: str) -> Document:
    """交易明细: the transactions of a batch, two lines each, and what they add up to per currency.

    Each counts in the column of its kind, or in none; where something was given back, the columns are told apart.
    """
    nodes: list[Node] = [
        *titled(DETAILS_TITLE),
        Rule(),
        Row(Text("TERMINAL NO", "终端编号"), same(terminal)),
        Row(Text("BATCH NO", "批次号"), same(batch)),
        Row(Text("DATE/TIME", "日期/时间"), same(printed_at)),
        Rule(),
        Cells((VOUCHER, TYPE, AUTH, AMOUNT), FIRST_LINE),
        Rule(),
    ]
    debits: dict[str, list[int]] = {}
    given_back: dict[str, list[int]] = {}
    for slip in (one for one in slips if one.amount):  # a balance that was told is no transaction of the batch
        amount = same(money.written(slip.amount, slip.currency))
        kind = kind_text(slip.kind)
        fits = max(len(kind.en), 2 * len(kind.zh)) < FIRST_LINE[1]
        nodes.append(Cells((same(slip.voucher), kind if fits else same(""), same(slip.auth_code), amount), FIRST_LINE))
        if not fits:
            nodes.append(Cells((kind,), (sum(map(abs, FIRST_LINE)),)))
        nodes.append(Cells((same(card_of(slip.card)), same(slip.time)), SECOND_LINE))
        total = slip.described.total
        if total is not Total.NONE:
            (debits if total is Total.DEBIT else given_back).setdefault(slip.currency, []).append(slip.amount)
    nodes.append(Rule())
    for currency in sorted(debits.keys() | given_back.keys()):
        nodes += _totals(currency, debits.get(currency, []), given_back.get(currency, []))
    nodes += [Rule()] if debits or given_back else []
    return Document((*nodes, Heading(NO_VOUCHER)))


def _totals(currency: str, debits: Sequence[int], given_back: Sequence[int]) -> list[Node]:
    """What the transactions in one currency add up to."""

    def row(name: Text, amounts: Sequence[int]) -> Row:
        return Row(name.filled(n=len(amounts)), same(amount_text(sum(amounts), currency)))

    if not given_back:
        return [row(TOTAL, debits)]
    net = same(amount_text(sum(debits) - sum(given_back), currency))
    return [row(DEBITS, debits), row(CREDITS, given_back), Row(NET, net)]


def explanation(told: Explained) -> Document:
    """A hand-out for the customer: what became of the payment, and what they can do."""
    nodes: list[Node] = [
        *titled(EXPLANATION_TITLE),
        Rule(),
        Row(Text("TRANSACTION", "交易"), same(told.ref)),
        Row(Text("CARD NO", "卡号"), same(f"**** {told.last4}")),
        Row(AMOUNT, same(amount_text(told.amount, told.currency))),
        Row(Text("DATE/TIME", "日期/时间"), same(told.at)),
        Rule(),
        Heading(told.word, big=True),
        Note(told.sentence),
        Rule(),
    ]
    if told.contact:
        nodes += [Row(Text("CONTACT", "联系方式"), same(told.contact)), Rule()]
    return Document((*nodes, Heading(NO_VOUCHER)))


def declaration(slip: Slip) -> Document:
    """不拒付声明: the cardholder acknowledges a sale in writing, with what is needed to reach them."""
    lines: list[Node] = [Signature(label) for label in BY_HAND]
    return Document((*titled(DECLARATION_TITLE), *about(slip, Copy.MERCHANT), Note(DECLARATION), *lines))
