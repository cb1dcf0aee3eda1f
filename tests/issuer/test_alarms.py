"""Every alarm of an issuer: when it rang, which purchase it is about, what it is, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.iso8583.recollection import NOTHING, RecollectionQuery, build_question
from counterfoil.issuer.archiving import SHAPE
from counterfoil.issuer.desk import case_number
from counterfoil.step import HOUR, SECOND
from counterfoil.storage.archiving import digest, rows_of
from issuer.bank import ACQUIRER, Bank

LATER: Final = 7 * SECOND
STATION: Final = "issuer-a"
KEY: Final = "10344/0314120000/000001"
"""Of the first purchase of a bank."""
ADVICE: Final = "10344/0314120030/000002"
"""Of the first advice, of a bank that has asked one purchase."""
CASE: Final = f"case {case_number(STATION, ADVICE)}"


def spoilt(bank: Bank, message: Message) -> bytes:
    """The message under a MAC that is not its own."""
    data = bank.sealed(message)
    return data[:-1] + bytes([data[-1] ^ 1])


def sign_on(question: RecollectionQuery | None = None) -> Message:
    text = build_question(question) if question is not None else None
    return Message("0800", de7="0314120000", de11="000900", de32=ACQUIRER, de48=text, de70="001")


def purchase_without_a_mac(bank: Bank, purchase: Message) -> None:
    bank.ask(spoilt(bank, purchase))


def repeated_without_a_mac(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.ask(spoilt(bank, purchase))


def repeated_with_other_content(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.ask(purchase.copy(de4="000000000001"))


def advice_without_a_mac(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.ask(spoilt(bank, bank.advice(purchase)))


def advice_about_nothing(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.ask(bank.advice(purchase, de90="0" * 42))


def advice_with_other_content(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    advice = bank.advice(purchase)
    bank.ask(advice)
    bank.ask(advice.copy(de4="000000000001"))


def advice_that_differs(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.ask(bank.advice(purchase, de4="000000000001", de41="T0000002"))


def sign_on_without_a_mac(bank: Bank, _: Message) -> None:
    bank.ask(spoilt(bank, sign_on()))


def unanswerable(bank: Bank, _: Message) -> None:
    bank.ask(b"garbage!")


def strangers(bank: Bank, _purchase: Message) -> None:
    """Two of an hour are kept, three are counted, and the next hour says so."""
    for _ in range(5):
        bank.ask(spoilt(bank, sign_on()))
    bank.now += HOUR
    bank.ask(spoilt(bank, sign_on()))


def never_delivered(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    (told,) = bank.performs()
    for _ in range(10):
        bank.deliver(told.name, ok=False)
        bank.now += 60 * SECOND
        bank.step()


def quarantined(bank: Bank, purchase: Message) -> None:
    bank.issuer.quarantine(bank.now, bank.frame(purchase), "boom")


def forgotten_here(bank: Bank, purchase: Message) -> None:
    """The switch has answers to two requests that are not in this store, and to one that is; it says so twice."""
    bank.ask(purchase)
    known = (f"{purchase.de7}{purchase.de11}", "0314120000000777", "0314120000000778")
    for _ in range(2):
        bank.ask(sign_on(RecollectionQuery(known, (), NOTHING)))


def forgotten_there(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    for _ in range(2):
        bank.ask(sign_on(RecollectionQuery((), (f"{purchase.de7}{purchase.de11}",), NOTHING)))


def left_for_the_archive(bank: Bank, purchase: Message) -> None:
    bank.ask(purchase)
    bank.deliver(*(told.name for told in bank.performs()))
    bank.now += SECOND
    bank.step()
    rows = rows_of(bank.store, SHAPE, [(KEY,)])[KEY,]
    assert bank.command("archive", keys=[[KEY]], digests=[digest(rows)])["left"] == 1
    advice = bank.advice(purchase)
    bank.ask(purchase)
    bank.ask(advice)


NETWORK: Final = (0, "", "mac_wrong", "network message: do both sides hold the same key?")
STORIES: Final[list[tuple[Callable[[Bank, Message], None], list[tuple[int, str, str, str]]]]] = [
    (purchase_without_a_mac, [(0, KEY, "mac_wrong", "")]),
    (repeated_without_a_mac, [(0, KEY, "mac_wrong", "")]),
    (repeated_with_other_content, [(0, KEY, "other_content", "")]),
    (advice_without_a_mac, [(0, KEY, "mac_wrong", "")]),
    (advice_about_nothing, [(0, "", "format", "")]),
    (advice_with_other_content, [(0, KEY, "other_content", "")]),
    (advice_that_differs, [(0, KEY, "reversal_differs", f"DE4, DE41; {CASE}")]),
    (sign_on_without_a_mac, [NETWORK]),
    (unanswerable, [(0, "", "unanswerable", "8 bytes")]),
    (
        strangers,
        [
            NETWORK,
            NETWORK,
            (HOUR, "", "strangers", "3 more messages without a valid MAC before this hour"),
            (HOUR, *NETWORK[1:]),
        ],
    ),
    (never_delivered, [(9 * 60 * SECOND, "", "notice_undelivered", "issuer-a-1: ")]),
    (quarantined, [(0, "", "quarantine", "boom")]),
    (
        forgotten_here,
        [(0, "", "forgotten", "the switch holds answers of this issuer to 2 requests that are not in its store")],
    ),
    (forgotten_there, [(0, "", "forgotten", "the switch does not know 1 requests that were decided here")]),
    (
        left_for_the_archive,
        [(SECOND, KEY, "archived_repeated", ""), (SECOND, KEY, "archived_reversal", CASE)],
    ),
]


@pytest.mark.parametrize(("story", "rung"), STORIES, ids=[story.__name__ for story, _ in STORIES])
def test_every_alarm_says_when_about_what_and_why(
    story: Callable[[Bank, Message], None], rung: list[tuple[int, str, str, str]]
) -> None:
    bank = Bank(stranger_lines=2)
    bank.now += LATER
    since = bank.now
    story(bank, bank.purchase())
    found = bank.store.query("SELECT at - ?, txn, what, detail FROM alarm ORDER BY seq", (since,))
    assert found == rung
    told = bank.command("status")["last_alarms"]
    assert told == [
        {"at": since + at, "what": what, "txn": txn, "detail": detail} for at, txn, what, detail in reversed(rung)
    ]
