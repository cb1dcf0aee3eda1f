"""A receipt as a text message: its words, who is answered, what a refusal says, and what the trail keeps."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.receipts.ereceipt import issue
from counterfoil.step import Perform, Performed
from terminal.counter import T1, Counter

REF = f"{T1}/000001/000002"
NUMBER = "+8613812345679"
WORDS = {
    "en": "Old Street Tea 老街茶馆: SALE RMB 12.50, card ending 0013, 2026/03/14 12:01:02 UTC+08:00, terminal T0000001 "
    "batch 000001 voucher 000002. Your signed receipt: {address}",
    "zh": "【Old Street Tea 老街茶馆】消费 RMB 12.50，卡尾号0013，2026/03/14 12:01:02 UTC+08:00，终端T0000001 "
    "批次000001 凭证号000002。您的电子签购单：{address}",
}


def sold(**settings: Any) -> Counter:
    counter = Counter(issue=issue(bytes(range(32)), "https://receipts.example"), **settings).open_for_business()
    counter.sale()
    counter.answer()
    counter.printer = None  # from here on the test says what becomes of what leaves
    return counter


@pytest.fixture
def counter() -> Counter:
    return sold()


def messages(counter: Counter) -> list[Perform]:
    return [item for item in counter.said if isinstance(item, Perform) and item.kind == "sms"]


def lines(counter: Counter) -> list[tuple[str, dict[str, Any] | None]]:
    return [(line.what, line.message) for line in counter.stub(REF).history if "SMS" in line.what]


@pytest.mark.parametrize("language", WORDS)
def test_every_word_is_of_the_language_of_the_slips(language: str) -> None:
    counter = sold(language=language)
    address = counter.ask("receipt_link", ref=REF)["address"]
    counter.tell("receipt_sms", ref=REF, to=NUMBER)
    (sent,) = messages(counter)
    assert sent.text == f"{NUMBER}\n{WORDS[language].format(address=address)}\n"


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_messages_under_way_each_answers_who_asked_for_it(counter: Counter, first: int) -> None:
    asked = [counter.tell("receipt_sms", ref=REF, to=NUMBER) for _ in range(2)]
    sent = messages(counter)
    assert len({one.name for one in sent}) == 2
    second = 1 - first
    counter.step(Performed("sms", sent[first].name, True))
    assert (asked[first] in counter.replies, asked[second] in counter.replies) == (True, False)
    counter.step(Performed("sms", sent[second].name, False, "no credit"))
    assert (counter.replies[asked[first]]["sent"], counter.replies[asked[second]]["error"]) == (True, "sms_refused")


@pytest.mark.parametrize("ok", [True, False])
def test_news_that_come_twice_answer_once(counter: Counter, ok: bool) -> None:
    counter.tell("receipt_sms", ref=REF, to=NUMBER)
    (sent,) = messages(counter)
    news = Performed("sms", sent.name, ok)
    counter.step(news)
    replies = dict(counter.replies)
    counter.step(news)  # the counter itself fails on a second reply to one command
    assert counter.replies == replies


def test_news_of_a_message_of_no_sale_change_nothing(counter: Counter) -> None:
    before = counter.stub(REF)
    counter.step(Performed("sms", f"{T1}-000001-000099.receipt-sms.7", True))
    assert counter.stub(REF) == before


def test_a_refusal_says_why_and_of_which_sale(counter: Counter) -> None:
    number = counter.tell("receipt_sms", ref=REF, to=NUMBER)
    counter.step(Performed("sms", messages(counter)[0].name, False, "no credit"))
    told = counter.replies[number]
    assert (told["error"], told["sale"]["ref"]) == ("sms_refused", REF)
    assert told["message"] == {"en": "The message was not sent: no credit.", "zh": "短信未能发送：no credit。"}


def test_a_message_that_was_taken_is_shown_and_is_told_with_its_sale(counter: Counter) -> None:
    number = counter.tell("receipt_sms", ref=REF, to=NUMBER)
    counter.step(Performed("sms", messages(counter)[0].name, True))
    told = counter.replies[number]
    assert (told["sent"], told["ref"], told["amount"]) == (True, REF, 1250)
    display = counter.ask("status", terminal=T1)["terminals"][0]["display"]
    assert display[-1] == {"en": "The e-receipt was sent by SMS", "zh": "电子签购单已短信发送"}


@pytest.mark.parametrize(("printed", "still_open"), [(True, False), (False, True)])
def test_a_message_that_was_taken_calls_no_receipt_open_that_is_in_a_hand(printed: bool, still_open: bool) -> None:
    counter = Counter(issue=issue(bytes(range(32)), "https://receipts.example")).open_for_business()
    counter.printer = None
    counter.sale()
    counter.answer()
    for job in [one for one in counter.said if isinstance(one, Perform) and one.kind == "receipt"]:
        counter.step(Performed("receipt", job.name, printed))
    number = counter.tell("receipt_sms", ref=REF, to=NUMBER)
    counter.step(Performed("sms", messages(counter)[0].name, True))
    told = counter.replies[number]
    assert ("stays open" in told["sentence"]["en"]) is still_open
    assert told["cashier"] == told["sentence"]


@pytest.mark.parametrize(
    ("ok", "detail", "said"),
    [
        (True, "", "SMS taken"),
        (True, "queue 7", "SMS taken: queue 7"),
        (False, "", "SMS refused"),
        (False, "no credit", "SMS refused: no credit"),
    ],
)
def test_the_trail_keeps_the_last_digits_of_the_number_and_what_became_of_it(
    counter: Counter, ok: bool, detail: str, said: str
) -> None:
    counter.tell("receipt_sms", ref=REF, to=NUMBER)
    counter.step(Performed("sms", messages(counter)[0].name, ok, detail))
    assert lines(counter) == [("e-receipt sent by SMS", {"number": "…5679"}), (said, None)]


@pytest.mark.parametrize("number", ["+861381", "10086", "138123456789", "+8613812345679"])
def test_what_is_a_telephone_number_is_written_to(counter: Counter, number: str) -> None:
    counter.tell("receipt_sms", ref=REF, to=number)
    assert [sent.text.partition("\n")[0] for sent in messages(counter)] == [number]
