"""An outside terminal on the running switch: signs on, buys, loses an answer, reverses; `why` knows all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from interop.outsider import Lost, Outsider
from loop.running import Running, stack

pytestmark = pytest.mark.loop


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with stack(tmp_path_factory.mktemp("outside") / "data") as started:
        yield started


@pytest.fixture
def card(running: Running) -> dict[str, Any]:
    return dict(running.ask("cards").json[0])


@pytest.fixture
def outsider(running: Running) -> Iterator[Outsider]:
    listed = running.ask("terminal", "list").json
    assert listed[-1]["ours"] is False
    assert all(one["ours"] for one in listed[:-1])
    exported = running.ask("terminal", "export", listed[-1]["terminal"]).json
    assert exported["port"] == running.ready["terminals"]["port"]
    with Outsider(exported, seconds=3.0) as terminal:
        terminal.stan = highest_stan(running)
        assert terminal.sign_on() == "00"
        yield terminal


STANS: dict[str, int] = {}


def highest_stan(running: Running) -> int:
    """A vendor's terminal remembers its last number; so do these tests, in steps wide enough for each."""
    STANS[str(running.data)] = STANS.get(str(running.data), 0) + 100
    return STANS[str(running.data)]


def ref_of(outsider: Outsider, stan: str) -> str:
    return f"{outsider.exported['terminal']}/{outsider.batch}/{stan}"


def test_it_buys_and_the_next_sale_proves_that_it_closed_this_one(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    request, answer = outsider.buy(card, 1250, card["pin"])
    assert (answer["39"], answer["4"], answer["11"]) == ("00", request["4"], request["11"])
    found = running.why(ref_of(outsider, request["11"]))
    assert found["verdict"] == "PAID_RECEIPT_OPEN"
    assert found["evidence"]["terminal"] == "not ours"
    assert running.balance(card["name"]) == card["balance"] - 1250
    second, _ = outsider.buy(card, 100, card["pin"])
    assert running.why(answer["37"])["verdict"] == "PAID"
    assert running.why(ref_of(outsider, second["11"]))["verdict"] == "PAID_RECEIPT_OPEN"


SALE, VOID, BALANCE = "0200 000000 00 22", "0200 200000 00 23", "0200 310000 00 01"
PREAUTH, PREAUTH_VOID, COMPLETION = "0100 030000 06 10", "0100 200000 06 11", "0200 000000 06 20"


def available(answer: dict[str, str]) -> int:
    """The available balance in DE54, minor units: items of 20 characters, account 20, amount 02."""
    items = [answer["54"][at : at + 20] for at in range(0, len(answer["54"]), 20)]
    (found,) = [item for item in items if item[2:4] == "02"]
    assert found[4:8] == "156C"
    return int(found[8:])


def test_it_voids_pre_authorises_completes_and_asks_what_is_left(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    pin, begun = card["pin"], running.balance(card["name"])
    sale = outsider.ask(SALE, card, 1250, pin)
    void = outsider.ask(VOID, card, 1250, of=sale)
    assert (sale[1]["39"], void[1]["39"], void[1]["4"]) == ("00", "00", sale[1]["4"])
    assert running.balance(card["name"]) == begun
    assert outsider.ask(VOID, card, 1250, of=sale)[1]["39"] == "12"
    asked, told = outsider.ask(BALANCE, card, None, pin)
    assert (told["39"], told["11"], "4" in told) == ("00", asked["11"], False)
    assert available(told) == begun

    first = outsider.ask(PREAUTH, card, 5000, pin)
    assert (first[1]["t"], first[1]["39"]) == ("0110", "00")
    assert available(outsider.ask(BALANCE, card, None, pin)[1]) == begun - 5000
    assert outsider.ask(PREAUTH_VOID, card, 5000, of=first)[1]["39"] == "00"
    assert available(outsider.ask(BALANCE, card, None, pin)[1]) == begun

    second = outsider.ask(PREAUTH, card, 5000, pin)
    assert outsider.ask(COMPLETION, card, 5751, of=second)[1]["39"] == "64"
    done, told = outsider.ask(COMPLETION, card, 4200, of=second)
    assert told["39"] == "00"
    assert running.balance(card["name"]) == begun - 4200
    assert available(outsider.ask(BALANCE, card, None, pin)[1]) == begun - 4200
    running.at_rest(ref_of(outsider, done["11"]))


def test_it_loses_the_answer_to_a_void_and_reverses_it(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    begun = running.balance(card["name"])
    sale = outsider.buy(card, 1250, card["pin"])
    running.break_leg(4, "drop", "0210")
    with pytest.raises(Lost):
        outsider.ask(VOID, card, 1250, of=sale)
    void = outsider.request
    assert outsider.reverse(card, void, "98")["39"] == "00"
    running.at_rest(ref_of(outsider, void["11"]))
    assert running.balance(card["name"]) == begun - 1250
    assert outsider.ask(VOID, card, 1250, of=sale)[1]["39"] == "00"
    assert running.balance(card["name"]) == begun


def test_it_loses_the_answer_and_reverses(running: Running, outsider: Outsider, card: dict[str, Any]) -> None:
    running.break_leg(4, "drop", "0210")
    with pytest.raises(Lost):
        outsider.buy(card, 1250, card["pin"])
    request = outsider.request
    reversal = outsider.reverse(card, request, "98")
    assert (reversal["39"], reversal["11"]) == ("00", request["11"])
    found = running.at_rest(ref_of(outsider, request["11"]))
    assert (found["verdict"], found["stopped_at"]["leg"]) == ("RETURNED", 4)
    assert found["evidence"]["terminal"] == "not ours"
    assert running.balance(card["name"]) == card["balance"]
    again = outsider.reverse(card, request, "98")
    assert again["39"] == "00"
    assert running.balance(card["name"]) == card["balance"]


def test_a_repeated_request_gets_the_stored_answer_with_a_fresh_mac(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    request, first = outsider.buy(card, 777, card["pin"])
    again = outsider.exchange("0200", request)
    assert {n: again[n] for n in ("37", "38", "39")} == {n: first[n] for n in ("37", "38", "39")}
    assert running.balance(card["name"]) == card["balance"] - 777
    other = outsider.exchange("0200", {**request, "4": "000000000778"})
    assert other["39"] == "94"
    assert running.balance(card["name"]) == card["balance"] - 777


def test_an_original_that_comes_after_its_reversal_is_refused(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    running.break_leg(1, "drop", "0200")
    with pytest.raises(Lost):
        outsider.buy(card, 500, card["pin"])
    request = outsider.request
    assert outsider.reverse(card, request, "98")["39"] == "25"
    assert outsider.reverse(card, request, "98")["39"] == "25"
    late = outsider.exchange("0200", request)
    assert late["39"] not in {"00", "94"}
    assert running.why(ref_of(outsider, request["11"]))["verdict"] == "NOT_CHARGED"
    assert running.balance(card["name"]) == card["balance"]


def test_a_reversed_sale_stays_reversed_when_it_is_asked_again(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    request, answer = outsider.buy(card, 333, card["pin"])
    assert answer["39"] == "00"
    assert outsider.reverse(card, request, "17")["39"] == "00"
    assert outsider.exchange("0200", request)["39"] != "00"
    assert running.at_rest(ref_of(outsider, request["11"]))["verdict"] == "RETURNED"
    assert running.balance(card["name"]) == card["balance"]


def test_a_wrong_pin_counts_once_however_often_it_is_repeated(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    for _ in range(2):
        request, answer = outsider.buy(card, 100, "0000")
        assert answer["39"] == "55"
        assert outsider.exchange("0200", request)["39"] == "55"
    _, answer = outsider.buy(card, 100, card["pin"])
    assert answer["39"] == "00"


def test_without_its_key_or_with_a_wrong_mac_it_gets_a0(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    good, outsider.mac_key = outsider.mac_key, bytes(8)
    with pytest.raises(AssertionError, match="MAC is wrong"):  # the refusal is MACed with the true key
        outsider.buy(card, 100, card["pin"])
    outsider.mac_key = good
    request, answer = outsider.buy(card, 100, card["pin"])
    assert answer["39"] == "00"
    assert running.why(ref_of(outsider, request["11"]))["verdict"] == "PAID_RECEIPT_OPEN"


def test_answers_follow_the_connection_of_the_request_not_of_the_sign_on(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    outsider.reconnect()
    _, answer = outsider.buy(card, 100, card["pin"])
    assert answer["39"] == "00"
    assert outsider.echo()["39"] == "00"


def test_a_device_that_starts_again_from_one_gets_a_new_batch(
    running: Running, outsider: Outsider, card: dict[str, Any]
) -> None:
    before = outsider.batch
    request, _ = outsider.buy(card, 100, card["pin"])
    outsider.stan = 0
    assert outsider.sign_on() == "00"
    assert outsider.batch != before
    fresh, answer = outsider.buy(card, 100, card["pin"])
    assert answer["39"] == "00"
    assert ref_of(outsider, fresh["11"]) != f"{outsider.exported['terminal']}/{before}/{request['11']}"


def test_only_demo_terminals_are_exported(running: Running) -> None:
    register = ("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16)
    assert running.ask(*register).status == 0
    answer = running.ask("terminal", "export", "10000161")
    assert (answer.status, answer.json["error"]) == (5, "unknown_terminal")


def bought(outsider: Outsider, **fields: str | None) -> str:
    """DE39 of a purchase without a PIN, with some of its fields changed or (None) left out."""
    request = {"3": "000000", "4": "000000000100", "11": outsider.next(), "22": "022", "25": "00", "49": "156"}
    request |= {"60": f"22{outsider.batch}000"}
    request |= {name.removeprefix("de"): value for name, value in fields.items() if value is not None}
    return outsider.exchange("0200", request)["39"]


def test_a_bare_number_buys_nothing_on_a_card_without_a_pin(running: Running, outsider: Outsider) -> None:
    carol = running.card("carol")
    number, rest = carol["track2"].split("=")
    before = running.balance("carol")
    date, wrong = rest[:4], f"{(int(rest[12:15]) + 1) % 1000:03d}"
    assert bought(outsider, de35=f"{number}D{date}2210000000000") == "59"
    assert bought(outsider, de35=f"{number}D{rest[:12]}{wrong}{rest[15:]}") == "59"
    assert bought(outsider, de35=f"{number}D{date}") == "59"
    assert bought(outsider, de2=number, de14=date) == "30"
    assert bought(outsider, de2=number, de14=date, de22="012") == "58"
    assert bought(outsider, de2=number, de14=date, de22="052") == "12"
    assert running.balance("carol") == before
    assert bought(outsider, de35=f"{number}D{rest}") == "00"
    assert running.balance("carol") == before - 100
