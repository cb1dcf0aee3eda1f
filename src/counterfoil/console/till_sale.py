"""One sale as the cashier sees it: a status word, the customer's sentence, the hops, the terminal's display."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from counterfoil.console.counter import Counter
from counterfoil.console.hops import way
from counterfoil.console.looks import LOOKS, Look
from counterfoil.console.reach import Reach
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.inquiry import Stores, finding
from counterfoil.inquiry.search import Candidate, candidate
from counterfoil.iso8583 import responses
from counterfoil.kinds import BY_NAME, PAYING, Total
from counterfoil.step import Instant
from counterfoil.terminal import causes, stubs
from counterfoil.transaction import TerminalStub
from counterfoil.verdict import Finding, Verdict
from counterfoil.verdict.finding import iso
from counterfoil.verdict.names import VERDICTS
from counterfoil.words import Text, Told

LOOK_SECONDS: Final = 3.0
FINAL: Final = frozenset({Verdict.PAID, Verdict.NOT_CHARGED, Verdict.RETURNED})
AGAIN: Final = frozenset({Verdict.NOT_CHARGED, Verdict.RETURNING, Verdict.RETURNED})
"""After these a payment may be taken again, where the terminal is free."""
NO: Final = Look("failed", "✕")
AT_THE_TILL: Final = {Verdict.NOT_CHARGED: NO, Verdict.RETURNED: Look("info", "↺")}
"""Where goods change hands, green is what was paid and nothing else."""
CODED: Final = frozenset({"declined"})
FALLEN: Final = frozenset({"declined", "reversed", "not_sent"})
"""States of a sale that the terminal has closed and that does not stand: it may be taken again."""
BUSY: Final = frozenset({"sent", "reversing"})
"""States in which its terminal takes no other sale."""

ASKING: Final = Text("PROCESSING", "处理中")
QUEUED: Final = Text("WAITING FOR THE TERMINAL", "等待终端")
ASKING_TOLD: Final = Told(
    Text("The bank is being asked. Please wait.", "正在向银行请求授权，请稍候。"),
    Text("Wait for the answer.", "请等待应答。"),
)
QUEUED_TOLD: Final = Told(
    Text("This till finishes something else first. Please wait.", "此收银台正在完成其他操作，请稍候。"),
    Text(
        "The terminal finishes something else first: sign-on, a reversal or a receipt.",
        "终端正在先完成其他操作：签到、冲正或打印。",
    ),
)
DO_NOT_CHARGE: Final = Text("UNKNOWN – do not charge again", "结果未知 – 请勿再次收款")
NEVER_CAME: Final = Told(
    Text("Your card was not charged.", "您的卡未被扣款。"),
    Text("This sale did not reach the terminal: take it again.", "本笔交易未到达终端：请重新收款。"),
)
NOT_BEGUN: Final = Text("Your card was not charged.", "您的卡未被扣款。")
NOT_KNOWN: Final = Text("The result is not known yet. Please do not pay again yet.", "结果尚不清楚。请暂勿再次付款。")


class Status(NamedTuple):
    """The word of the till with its colour and sign, and what customer and cashier are told."""

    word: Text
    tone: str
    sign: str
    told: Told


class StoredSale(NamedTuple):
    """A sale the terminal has on its disk."""

    stub: TerminalStub
    one: Candidate
    told: Finding


def known(stores: Stores, key: str, now: Instant) -> StoredSale | None:
    """The sale under this key of the till; None while the terminal has not stored it.

    Its stub is the one the verdict was found with: of one read a moment earlier the word would still be "processing"
    beside a verdict that is final, and the page would rest there.
    """
    stub = stubs.keyed(stores.terminal, key) if stores.terminal is not None else None
    if stub is None:
        return None
    one = candidate(stub.ref, stub)
    told = finding(stores, one, now)
    judged = told.evidence.terminal
    return StoredSale(judged if isinstance(judged, TerminalStub) else stub, one, told)


def status_of(sale: StoredSale, now: Instant) -> Status:
    """What the till shows of a stored sale. An answer that takes a quarter of its time is no longer just awaited."""
    verdict, stub = sale.told.verdict, sale.stub
    if stub.state == "sent" and 4 * (now - stub.started_at) < stub.due - stub.started_at:
        return Status(ASKING, "info", "…", ASKING_TOLD)
    if verdict is Verdict.PAID_RECEIPT_OPEN and stub.receipt == "sending":
        kind = BY_NAME[stub.kind]
        return Status(kind.headings.stands, *LOOKS["PAID"], kind.words.printing)
    told = Told(sale.told.sentence, sale.told.cashier)
    return Status(word_of(sale.told), *AT_THE_TILL.get(verdict, LOOKS[verdict.value]), told)


def word_of(told: Finding) -> Text:
    """What the till calls a verdict: of what would be charged twice, while its terminal has not closed it, to wait."""
    terminal = told.evidence.terminal
    closed = isinstance(terminal, TerminalStub) and terminal.state in FALLEN
    charges = BY_NAME[told.kind].total is Total.DEBIT
    return DO_NOT_CHARGE if told.verdict is Verdict.UNKNOWN and charges and not closed else told.word


def again(sale: StoredSale) -> bool:
    """Whether its terminal takes this payment again now: it has fallen, nothing is owed, it was paid nowhere else. What
    is no payment is not taken again by a sale.
    """
    twice = causes.word(sale.stub.cause) == causes.PAID
    return sale.stub.kind in PAYING and sale.told.verdict in AGAIN and sale.stub.state not in BUSY and not twice


def status_without(counter: Counter, key: str, lane: dict[str, Any] | None) -> Status:
    """What the till shows of a sale the terminal has not stored."""
    answer = counter.answer(key)
    if answer is not None and answer.get("error") == "unknown":
        return Status(DO_NOT_CHARGE, *LOOKS["UNKNOWN"], Told(NOT_KNOWN, Text(**answer["message"])))
    if answer is not None and "message" in answer:
        return Status(VERDICTS["NOT_CHARGED"], *NO, Told(NOT_BEGUN, Text(**answer["message"])))
    if counter.waits(key) or answer is not None or lane is None or lane["waiting"]:
        return Status(QUEUED, "info", "…", QUEUED_TOLD)
    return Status(VERDICTS["NOT_CHARGED"], *NO, NEVER_CAME)


async def lane_of(reach: Reach, terminal: str) -> dict[str, Any] | None:
    """What a terminal is doing; None when it cannot be asked."""
    try:
        reply = await reach.look("terminal", "status", {"terminal": terminal}, LOOK_SECONDS)
    except (NothingSentError, OutcomeUnknown):
        return None
    lanes = reply.get("terminals", [])
    return lanes[0] if lanes else None


def values(
    counter: Counter, key: str, sale: StoredSale | None, lane: dict[str, Any] | None, now: Instant, *, waits: bool
) -> dict[str, Any]:
    """Everything the page of a sale shows.

    `waits` is whether its answer was awaited before the rest was read: what the page rests on is never older.
    """
    if sale is None:
        status = status_without(counter, key, lane)
        done = status.tone == "failed"
        return {"key": key, "shown": status, "sale": None, "lane": lane, "done": done}
    told = sale.told
    return {
        "key": key,
        "shown": status_of(sale, now),
        "sale": sale.stub,
        "verdict": told.verdict.value,
        "way": way(told),
        "reason": responses.shown(sale.stub.response_code) if sale.stub.state in CODED else None,
        "again": again(sale),
        "discreet": sale.stub.state in CODED and responses.advice(sale.stub.response_code).discreet,
        "until": iso(told.next.by) if told.next.by and told.verdict is Verdict.UNKNOWN else "",
        "lane": lane,
        "done": told.verdict in FINAL and sale.stub.state != "sent" and not waits,
    }
