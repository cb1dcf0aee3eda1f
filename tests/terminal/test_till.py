"""What the cashier can ask besides selling, and how requests that make no sense are turned down."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.receipts.document import Copy
from counterfoil.terminal.sentences import ERRORS, NOT_SENT
from terminal.counter import MERCHANT, PAN, T1, T2, TMK, TRACK, Counter

REF = f"{T1}/000001/000002"
CARD = {"pan": PAN, "track2": TRACK}


@pytest.fixture
def counter() -> Counter:
    return Counter().open_for_business()


# --- cancel -----------------------------------------------------------------------------------------------------------


def test_cancel_while_the_answer_is_awaited_reverses_with_reason_17(counter: Counter) -> None:
    sale = counter.sale()
    counter.line.clear()
    told = counter.ask("cancel", terminal=T1)
    assert (told["cancelled"], told["ref"], told["state"]) == (1, REF, "reversing")
    assert counter.replies[sale]["outcome"] == "unknown"
    assert "取消" in counter.replies[sale]["sentence"]["zh"]
    assert counter.request("0400").de39 == "17"


def test_an_approval_after_the_cancel_is_not_printed(counter: Counter) -> None:
    counter.sale()
    packet = counter.host.answer(counter.request())
    counter.tell("cancel", terminal=T1)
    counter.receive(packet)
    assert counter.attempt(REF).state == "reversing"
    assert counter.receipts() == []


def test_cancel_before_anything_left_ends_as_not_sent() -> None:
    counter = Counter()
    sale = counter.sale(key="k")
    assert counter.ask("cancel", terminal=T1)["cancelled"] == 1
    assert counter.replies[sale]["outcome"] == "not_sent"
    assert "Cancelled" in counter.replies[sale]["sentence"]["en"]
    counter.answer(mti="0800")
    assert counter.line == []


def test_there_is_nothing_to_cancel_after_the_approval(counter: Counter) -> None:
    assert counter.ask("cancel", terminal=T1)["error"] == "nothing_to_cancel"
    counter.sale()
    counter.answer()
    told = counter.ask("cancel", terminal=T1)
    assert told["error"] == "nothing_to_cancel"
    assert "void" in told["message"]["en"]


# --- a sale repeated while its receipt is printed again ---------------------------------------------------------------


def test_a_repeat_during_a_reprint_is_answered_at_once(counter: Counter) -> None:
    """It joined the reprint, which answers nobody but who asked for it (simulator, disk 600/77)."""
    counter.sale(key="till-1")
    counter.answer()
    counter.printer = None
    counter.tell("receipt", ref=REF)
    again = counter.sale(key="till-1")
    assert (counter.replies[again]["outcome"], counter.replies[again]["ref"]) == ("approved", REF)


# --- receipts ---------------------------------------------------------------------------------------------------------


def test_a_failed_print_leaves_the_sale_paid_and_its_receipt_open(counter: Counter) -> None:
    counter.printer = False
    sale = counter.sale()
    counter.answer()
    told = counter.replies[sale]
    assert (told["outcome"], told["state"], told["receipt_state"]) == ("approved", "approved", "failed")
    assert "can be printed again" in told["sentence"]["en"]
    assert told["display"][-1]["en"] == "PAID - receipt pending"
    counter.sale()
    counter.request("0200")


def test_a_copy_that_definitely_failed_comes_again_as_the_original(counter: Counter) -> None:
    counter.printer = False
    counter.sale()
    counter.answer()
    counter.printer = True
    told = counter.ask("receipt", ref=REF)
    assert (told["state"], told["receipt_state"]) == ("approved", "failed")
    told = counter.ask("receipt", ref=REF, copy="merchant")
    assert (told["state"], told["receipt_state"]) == ("closed", "printed")
    assert not any("DUPLICATE" in text for text in counter.printed.values())


def test_goods_handed_over_closes_a_failed_receipt_too(counter: Counter) -> None:
    counter.printer = False
    counter.sale()
    counter.answer()
    counter.printer = True
    assert counter.ask("goods", ref=REF, answer="handed_over")["state"] == "closed"


def test_goods_kept_returns_a_sale_with_a_failed_receipt(counter: Counter) -> None:
    counter.printer = False
    counter.sale()
    counter.answer()
    assert counter.ask("goods", ref=REF, answer="kept")["state"] == "reversing"
    assert counter.request("0400").de39 == "17"


def test_goods_wait_while_the_terminal_is_busy(counter: Counter) -> None:
    counter.printer = False
    counter.sale()
    counter.answer()
    counter.sale()
    assert counter.ask("goods", ref=REF, answer="kept")["error"] == "busy"
    assert counter.ask("receipt", ref=REF)["error"] == "busy"


def test_a_second_print_is_a_duplicate(counter: Counter) -> None:
    counter.sale()
    counter.answer()
    told = counter.ask("receipt", ref=REF)
    assert told["state"] == "closed"
    assert "****DUPLICATE 1****" in counter.printed[f"{T1}-000001-000002.cardholder.2"]
    counter.ask("receipt", ref=REF, copy="merchant")
    assert "****DUPLICATE 2****" in counter.printed[f"{T1}-000001-000002.merchant.3"]


@pytest.mark.parametrize("copy", [Copy.MERCHANT, Copy.CARDHOLDER])
@pytest.mark.parametrize(("lang", "word"), [("en", "CARD NO"), ("zh", "卡号")])
def test_a_receipt_can_be_shown_in_either_language_without_paper(
    counter: Counter, copy: Copy, lang: str, word: str
) -> None:
    counter.sale()
    counter.answer()
    before = len(counter.printed)
    told = counter.ask("receipt", ref=REF, copy=copy.value, lang=lang, print=False)
    assert word in told["receipt"]
    assert ("2030/12" in told["receipt"]) == (copy is Copy.MERCHANT)
    assert "**** **** **** 0013" in told["receipt"]
    assert len(counter.printed) == before


def test_a_silent_printer_leaves_the_receipt_unsure(counter: Counter) -> None:
    counter.printer = None
    sale = counter.sale()
    counter.answer()
    assert sale not in counter.replies
    counter.wait()
    told = counter.replies[sale]
    assert (told["outcome"], told["receipt_state"]) == ("approved", "unknown")
    assert "not known" in told["sentence"]["en"]


def test_a_printer_that_answers_late_still_closes_the_sale(counter: Counter) -> None:
    from counterfoil.step import Performed

    counter.printer = None
    counter.sale()
    counter.answer()
    counter.wait()
    counter.step(*[Performed("receipt", name, True) for name in counter.printed])
    assert counter.attempt(REF).state == "closed"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"ref": "T0000001/000001/000777"}, "unknown_sale"),
        ({"ref": REF, "copy": "burnt"}, "bad_request"),
        ({"ref": REF, "printer": "x" * 300}, "bad_request"),
        ({"ref": REF, "lang": "fr"}, "bad_request"),
        ({"ref": f"{T1}/000001/000003"}, "no_receipt"),
    ],
)
def test_a_receipt_that_is_not_there(counter: Counter, args: dict[str, Any], error: str) -> None:
    counter.sale()
    counter.answer()
    counter.sale()
    counter.answer("51")
    assert counter.ask("receipt", **args)["error"] == error


# --- looking ----------------------------------------------------------------------------------------------------------


def test_list_status_last_and_find(counter: Counter) -> None:
    assert counter.ask("last", terminal=T1)["error"] == "unknown_sale"
    sale = counter.sale()
    counter.answer()
    rrn = counter.replies[sale]["rrn"]
    [row] = counter.ask("list")["terminals"]
    assert row == {"terminal": T1, "merchant": MERCHANT, "name": "Old Street Tea 老街茶馆", "ours": True}
    [state] = counter.ask("status")["terminals"]
    assert (state["phase"], state["waiting"], state["sale"], state["stan"]) == ("idle", 0, None, "000002")
    last = counter.ask("last", terminal=T1)
    assert (last["ref"], last["outcome"], last["open_sale"]) == (REF, "approved", False)
    assert "CARDHOLDER" in last["receipt"]
    for args in ({"rrn": rrn}, {"last4": PAN[-4:]}, {"last4": PAN[-4:], "amount": 1250}):
        assert [found["ref"] for found in counter.ask("find", **args)["sales"]] == [REF]
    assert counter.ask("find", last4=PAN[-4:], amount=1)["sales"] == []
    assert counter.ask("find")["error"] == "bad_request"
    for amount in (-1, "1250", 12.5, True):
        assert counter.ask("find", last4=PAN[-4:], amount=amount)["error"] == "bad_request"


def test_the_phase_follows_what_it_does(counter: Counter) -> None:
    def phase() -> str:
        return str(counter.ask("status", terminal=T1)["terminals"][0]["phase"])

    counter.sale()
    assert phase() == "asking"
    counter.time_out()
    assert phase() == "reversing"
    counter.hang_up()
    assert phase() == "reversal_pending"
    counter.wait()
    counter.answer(mti="0400")
    assert phase() == "idle"
    counter.printer = None
    counter.sale()
    counter.answer()
    assert phase() == "printing"


@pytest.mark.parametrize("verb", ["sale", "cancel", "status", "last"])
def test_a_terminal_that_is_not_ours(counter: Counter, verb: str) -> None:
    for terminal in ("OUTSIDE1", 7, ["x"]):
        assert counter.ask(verb, terminal=terminal, amount=1, card=CARD)["error"] == "unknown_terminal"


def test_an_unknown_verb(counter: Counter) -> None:
    assert counter.ask("dance")["error"] == "unknown_verb"


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": "12.50"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 10**12}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"entry": "dip"}, "entry"),
        ({"entry": "typed"}, "card"),
        ({"card": None}, "card"),
        ({"card": {"pan": PAN}}, "card"),
        ({"card": {"pan": "6299991000000021", "track2": TRACK}}, "card"),
        ({"card": {"track2": "garbage"}}, "card.track2"),
        ({"pin": "12"}, "pin"),
        ({"pin": "12a4"}, "pin"),
        ({"pin": 1234}, "pin"),
        ({"key": "k" * 65}, "key"),
        ({"key": "two words"}, "key"),
        ({"retry_of": 5}, "retry_of"),
    ],
)
def test_a_request_that_is_not_complete_or_not_valid(counter: Counter, changes: dict[str, Any], detail: str) -> None:
    told = counter.replies[counter.sale(**changes)]
    assert told["error"] == "bad_request"
    assert detail in told["message"]["en"]
    assert counter.line == []
    assert counter.station.wakes_at() is None


def test_a_card_that_cannot_be_read_shows_on_the_display(counter: Counter) -> None:
    counter.sale(card={"track2": ";="})
    assert counter.ask("status", terminal=T1)["terminals"][0]["display"][-1]["en"] == "Card read failed"


# --- enrolment --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal": "T1"},
        {"merchant": "short"},
        {"tmk": "xyz"},
        {"tmk": "00"},
        {"tmk": None},
        {"tpdu": "60"},
        {"header": "6"},
    ],
)
def test_an_enrolment_that_is_not_valid(counter: Counter, changes: dict[str, Any]) -> None:
    told = counter.ask("enrol", **{"terminal": T2, "merchant": MERCHANT, "tmk": TMK.hex(), **changes})
    assert told["error"] == "bad_request"
    assert next(iter(changes)) in told["message"]["en"].partition(": ")[2].rstrip(".").split(", ")
    assert TMK.hex() not in str(told)


def test_enrolling_twice_changes_nothing(counter: Counter) -> None:
    args = {"terminal": T1, "merchant": MERCHANT, "name": "Old Street Tea 老街茶馆", "tmk": TMK.hex()}
    assert counter.ask("enrol", **args)["enrolled"] is True
    assert counter.line == []


def test_another_master_key_means_another_sign_on(counter: Counter) -> None:
    counter.sale()
    args = {"terminal": T1, "merchant": MERCHANT, "tmk": bytes(range(16)).hex()}
    assert counter.ask("enrol", **args)["error"] == "busy"
    counter.answer()
    counter.ask("enrol", **args)
    assert counter.request("0800").de11 == "000003"


# --- the words --------------------------------------------------------------------------------------------------------


def test_every_sentence_has_both_languages() -> None:
    for text in (*ERRORS.values(), *(text for told in NOT_SENT.values() for text in told)):
        assert text.en.isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NAMES = ("terminal", "amount", "currency", "card", "pin", "key", "retry_of", "entry", "ref", "answer", "operator")
MORE = ("reason", "copy", "lang", "print", "last4", "rrn", "merchant", "tmk", "tpdu", "header", "name")
VERBS = ("sale", "cancel", "goods", "receipt", "escalate", "enrol", "status", "list", "last", "find")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verb=st.sampled_from(VERBS) | st.text(max_size=8),
    args=st.dictionaries(st.sampled_from((*NAMES, *MORE)), JSON | st.sampled_from([T1, REF, "kept"]), max_size=8),
)
def test_any_json_is_answered_or_sold(counter: Counter, verb: str, args: dict[str, Any]) -> None:
    number = counter.tell(verb, **args)
    assert number in counter.replies
