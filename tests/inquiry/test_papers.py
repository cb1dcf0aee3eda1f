"""Every paper about a sale says what the stores say, and one that would say more is refused with a code."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from counterfoil.inquiry import Search, finding, papers, search
from counterfoil.inquiry.papers import KINDS, NoPaper, details, paper
from counterfoil.receipts.document import (
    ELECTRONIC,
    SHOWN,
    Copy,
    Document,
    Explained,
    Slip,
    declaration,
    detail_list,
    explanation,
    fault_slip,
    not_charged_slip,
    reversal_slip,
    sale_slip,
)
from counterfoil.simulation.disk import Disk
from counterfoil.step import SECOND, Instant
from counterfoil.terminal.records import Records
from counterfoil.terminal.rows import Attempt
from counterfoil.transaction import AttemptKey, IssuerStub
from counterfoil.verdict import Evidence, Finding
from counterfoil.words import Text
from counterfoil.zone import zone
from inquiry.story import Story, story
from inquiry.world import World

AT: Instant = 1_773_460_800 * SECOND  # 2026-03-14 04:00 UTC, noon where slips are printed
NO_RECEIPT = ("no_receipt", "This sale has no receipt.", "该交易没有签购单。")
NO_NOTICE = ("no_notice", "No reversal of this sale ended like that.", "该交易的冲正没有此结果。")


def not_certain(en: str, zh: str) -> tuple[str, str, str]:
    return (
        "not_certain",
        f"No such slip: it is not certain that this card was not charged (verdict {en}).",
        f"不能出具该单：尚不能确定该卡未被扣款（结论：{zh}）。",
    )


@pytest.fixture
def told() -> Story:
    return story()


def printed(told: Story, what: str) -> Slip:
    """What the terminal kept for the slips of a sale."""
    slip = Records(told.town.node("tills-1").disk).slip(told.key(what))
    assert slip is not None
    return slip


def said(told: Story, what: str, kind: str, **how: Any) -> Document:
    return paper(told.town.stores, told.key(what), kind, told.town.now, **how)


def refused(told: Story, what: str, kind: str) -> tuple[str, str, str]:
    with pytest.raises(NoPaper) as no:
        said(told, what, kind)
    return (no.value.code, str(no.value), no.value.zh)


def local(at: Instant) -> str:
    """An instant in the time of the slips, to the second."""
    return f"{datetime.fromtimestamp(at // SECOND, timezone(timedelta(hours=8))):%Y/%m/%d %H:%M:%S}"


def held(told: Story, what: str) -> Attempt:
    sale = Records(told.town.node("tills-1").disk).one(told.key(what))
    assert sale is not None
    return sale


def facts(told: Story, what: str, **changes: Any) -> Slip:
    """What is known of a sale that was never approved: no issuer, no expiry, no approval code."""
    key = told.key(what)
    date, time = local(held(told, what).started_at).split()
    usual = {
        "merchant_name": "Corner Grocery", "merchant": "103441054110001", "terminal": key.terminal, "operator": "01",
        "card": "************0015", "entry": "S", "batch": key.batch, "voucher": key.stan, "amount": 1250,
        "currency": "CNY", "date": date, "time": time, "rrn": "",
    }  # fmt: skip
    return Slip(**{**usual, **changes})


def test_the_kinds_are_these_words() -> None:
    assert (
        *("merchant", "cardholder", "bank"),
        *("reversal", "fault", "not-charged", "explanation", "declaration"),
    ) == KINDS


def test_a_word_that_is_no_kind_is_a_mistake_of_the_caller(told: Story) -> None:
    with pytest.raises(AssertionError):
        said(told, "paid", "original")


@pytest.mark.parametrize("kind", Copy)
def test_a_sales_slip_is_a_copy_for_the_screen_or_the_e_receipt_signed_by_whoever_can(told: Story, kind: Copy) -> None:
    slip = printed(told, "paid")
    assert said(told, "paid", kind.value) == sale_slip(slip, kind, code="", mark_as=SHOWN)
    sealed: list[Slip] = []

    def seal(one: Slip) -> str:
        sealed.append(one)
        return "CF1:AAAA"

    given = said(told, "paid", kind.value, seal=seal, electronic=True)
    assert given == sale_slip(slip, kind, code="CF1:AAAA", mark_as=ELECTRONIC)
    assert sealed == [slip]
    assert given != said(told, "paid", kind.value, seal=seal)


def test_a_declaration_is_of_the_same_sale(told: Story) -> None:
    assert said(told, "paid", "declaration") == declaration(printed(told, "paid"))


@pytest.mark.parametrize(
    ("what", "kind", "why"),
    [
        *((what, "merchant", NO_RECEIPT) for what in ("declined", "unsent", "escalated", "reversed", "returning")),
        *(("declined", kind, NO_RECEIPT) for kind in ("cardholder", "bank", "declaration")),
        *((what, "reversal", NO_NOTICE) for what in ("paid", "declined", "escalated", "reversing", "returning")),
        *((what, "fault", NO_NOTICE) for what in ("paid", "declined", "reversed", "returning")),
        ("paid", "not-charged", not_certain("PAID", "已付款")),
        ("reversing", "not-charged", not_certain("UNKNOWN", "结果未知")),
        ("escalated", "not-charged", not_certain("EXCEPTION", "异常，人工处理")),
        ("returning", "not-charged", not_certain("RETURNING", "退回中")),
    ],
)
def test_a_paper_that_would_say_what_is_not_so_is_refused(
    told: Story, what: str, kind: str, why: tuple[str, str, str]
) -> None:
    assert refused(told, what, kind) == why


def test_a_sale_that_was_undone_after_its_approval_has_no_receipt_any_more(told: Story) -> None:
    """The slip is still in the store; the sale does not stand."""
    disk = Disk(told.town.image("tills-1"))
    disk.execute(
        "UPDATE attempt SET state = 'reversed' WHERE terminal = ? AND batch = ? AND stan = ?", told.key("paid")
    )
    stores = World(disk, told.town.node("switch").disk, {})
    for kind in ("merchant", "declaration"):
        with pytest.raises(NoPaper) as no:
            paper(stores, told.key("paid"), kind, told.town.now)
        assert no.value.code == "no_receipt"


@pytest.mark.parametrize(
    ("what", "kind", "draw"),
    [("reversed", "reversal", reversal_slip), ("reversing", "fault", fault_slip), ("escalated", "fault", fault_slip)],
)
def test_a_notice_of_a_reversal_says_what_is_known_of_a_sale_without_a_voucher(
    told: Story, what: str, kind: str, draw: Any
) -> None:
    assert said(told, what, kind) == draw(facts(told, what))


def test_a_terminal_that_is_registered_no_more_is_named_by_its_number_alone(told: Story) -> None:
    disk = Disk(told.town.image("tills-1"))
    disk.execute("DELETE FROM device")
    stores = World(disk, told.town.node("switch").disk, {})
    expected = facts(told, "reversed", merchant_name="", operator="")
    assert paper(stores, told.key("reversed"), "reversal", told.town.now) == reversal_slip(expected)


def test_not_charged_says_what_can_be_done_and_nothing_else(told: Story) -> None:
    sale = held(told, "declined")
    poor = {"card": "************0213", "amount": 29_999, "rrn": sale.rrn}
    assert len(sale.rrn) == 12
    slip = not_charged_slip(facts(told, "declined", **poor), POOR)
    assert said(told, "declined", "not-charged") == slip
    assert said(told, "unsent", "not-charged") == not_charged_slip(facts(told, "unsent"), FREE)
    assert said(told, "reversed", "not-charged") == not_charged_slip(facts(told, "reversed"), FREE)


POOR = Text(
    "Your card was not charged. The card does not have enough for this amount. Please use another card, or pay another "
    "way.",
    "您的卡未被扣款。卡内可用余额不足。请换卡，或改用其他方式付款。",
)
FREE = Text(
    "Your card was not charged. Please try again, or pay another way.",
    "您的卡未被扣款。请重试，或改用其他方式付款。",
)

EXPLAINED = {
    "paid": (1250, "0015", Text("PAID", "已付款"), Text("You have paid 12.50 CNY.", "您已付款 12.50 CNY。")),
    "declined": (29_999, "0213", Text("NOT CHARGED", "未扣款"), POOR),
    "unsent": (1250, "0015", Text("NOT CHARGED", "未扣款"), FREE),
    "reversing": (
        1250,
        "0015",
        Text("NOT KNOWN YET", "结果待定"),
        Text("Please do not pay again yet; we will know by {by}.", "请暂勿重复付款；最迟 {by} 会有结果。"),
    ),
    "escalated": (
        1250,
        "0015",
        Text("BEING LOOKED INTO", "正在核实"),
        Text("Case number {case}, we call you back.", "案件编号 {case}，我们会给您回电。"),
    ),
}


MINUTES = "%Y/%m/%d %H:%M"


@pytest.mark.parametrize("what", EXPLAINED)
def test_an_explanation_says_what_became_of_it_in_the_time_of_the_slips(told: Story, what: str) -> None:
    amount, last4, word, sentence = EXPLAINED[what]
    sale = held(told, what)
    until = sale.due or sale.started_at + 48 * 3600 * SECOND
    by = zone().spoken(until)
    values = {"by": by, "case": sale.case}
    expected = Explained(
        ref=told.refs[what],
        amount=amount,
        currency="CNY",
        last4=last4,
        at=zone().spoken(sale.started_at, MINUTES),
        word=word,
        sentence=sentence.filled(**values),
    )
    assert said(told, what, "explanation") == explanation(expected)


@pytest.mark.parametrize("gone", [("tills-1",), ("switch",), ("tills-1", "issuer-a")])
def test_an_explanation_needs_no_more_than_one_station_that_can_be_asked(told: Story, gone: tuple[str, ...]) -> None:
    stores = told.without(*gone)
    document = paper(stores, told.key("paid"), "explanation", told.town.now)
    rows = [node.value.en for node in document.nodes if hasattr(node, "value")]
    assert rows[:4] == [told.refs["paid"], "**** 0015", "RMB 12.50", "2026/01/01 08:00 UTC+08:00"]


def test_an_explanation_of_what_an_issuer_alone_knows_is_named_by_its_number(told: Story) -> None:
    stub = IssuerStub(
        issuer="issuer-a", rrn="600100000001", terminal="T9", merchant="M", amount=990, currency="USD", last4="9876",
        state="posted", started_at=AT, updated_at=AT,
    )  # fmt: skip
    (one,) = search(told.town.stores, Search(key=told.key("paid")))
    whole = finding(told.town.stores, one, AT)
    alone = Finding(
        verdict=whole.verdict,
        kind=whole.kind,
        word=whole.word,
        heading=whole.heading,
        sentence=Text("Known by 2026-03-14 04:00:00 UTC.", "最迟 2026-03-14 04:00:00 UTC。"),
        cashier=whole.cashier,
        stopped_at=None,
        money=(),
        next=whole.next,
        evidence=Evidence("not ours", None, stub),
    )
    explained = papers._explained(zone("Asia/Kolkata"), "9876", AT, alone)
    assert (explained.ref, explained.amount, explained.currency) == ("600100000001", 990, "USD")
    assert (explained.last4, explained.at) == ("9876", "2026/03/14 09:30 UTC+05:30")
    assert explained.sentence == alone.sentence


def test_what_nobody_knows_and_what_cannot_be_asked_are_told_apart(told: Story) -> None:
    nobody = AttemptKey("T0000001", "000009", "999999")
    now = told.town.now
    unreadable = ("unreadable", "The terminals' store cannot be read.", "无法读取终端的数据库。")
    unknown = ("unknown_sale", "The terminal does not know this sale.", "终端没有该交易的记录。")
    not_found = ("not_found", "No station knows this transaction.", "各站点均无此交易的记录。")
    cases: list[tuple[Any, str, tuple[str, str, str]]] = [
        (told.town.stores, "explanation", not_found),
        (told.town.stores, "merchant", unknown),
        (told.town.stores, "fault", unknown),
        (told.without("tills-1"), "merchant", unreadable),
        (told.without("tills-1"), "not-charged", unreadable),
    ]
    for stores, kind, why in cases:
        with pytest.raises(NoPaper) as no:
            paper(stores, nobody, kind, now)
        assert (no.value.code, str(no.value), no.value.zh) == why


def test_the_list_of_a_batch_is_of_the_sales_that_stand(told: Story) -> None:
    stores = told.town.stores
    slips = [printed(told, "paid"), printed(told, "other")]
    assert {slip.batch for slip in slips} == {"000001"}
    first = details(stores, "T0000001", "000001", AT)
    assert first == detail_list(slips, "T0000001", "000001", "2026/03/14 12:00 UTC+08:00")
    present = told.key("returning").batch
    assert present == "000002"
    assert details(stores, "T0000001", "", AT) == detail_list([], "T0000001", present, "2026/03/14 12:00 UTC+08:00")
    for asked, why in [
        (stores, ("unknown_terminal", "This terminal is not registered here.", "该终端未在此登记。")),
        (told.without("tills-1"), ("unreadable", "The terminals' store cannot be read.", "无法读取终端的数据库。")),
    ]:
        with pytest.raises(NoPaper) as no:
            details(asked, "T0000009", "", AT)
        assert (no.value.code, str(no.value), no.value.zh) == why
