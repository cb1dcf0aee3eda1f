"""docs/loop.md's table of breaks, row by row, on real processes: break it, sell, ask `why` until it is at rest.

Not here: what needs a settlement, a chip, a printer or a dispute. (R046, R047, R050, R051, R081–R085, R087, R092)
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from loop.running import Running

pytestmark = pytest.mark.loop

AMOUNT = 1250


@pytest.fixture
def till(running: Running, request: pytest.FixtureRequest) -> Iterator[Till]:
    """A terminal no other test uses, and what alice had before."""
    names = [item.name for item in request.session.items if item.fspath == request.node.fspath]
    yield Till(running, f"T{names.index(request.node.name) + 1:07d}")
    assert running.ledger_is_sound()


class Till:
    def __init__(self, running: Running, terminal: str) -> None:
        self.running = running
        self.terminal = terminal
        self.before = running.balance("alice")
        self.messages = self.sms()

    def sms(self) -> int:
        return len(list((self.running.data / "sms").iterdir()))

    def settled(
        self, outcome: tuple[int, str], verdict: str, leg: int | None, *, charged: int = 0, sms: int = 0
    ) -> str:
        """Sell; check what the cashier hears, the verdict at rest, the leg, the balance, the messages sent."""
        answer = self.running.sell(self.terminal)
        assert (answer.status, answer.json["outcome"]) == outcome, answer
        ref = str(answer.json["ref"])
        found = self.running.at_rest(ref)
        assert found["verdict"] == verdict, found
        stop = found["stopped_at"]
        assert (stop and stop["leg"]) == leg, stop
        assert self.running.balance("alice") == self.before - charged
        self.running.until(lambda: self.sms() == self.messages + sms, 5.0)
        return ref


APPROVED, DECLINED, UNKNOWN, NOT_SENT = (0, "approved"), (4, "declined"), (3, "unknown"), (6, "not_sent")


def test_nothing_breaks(till: Till) -> None:
    ref = till.settled(APPROVED, "PAID", None, charged=AMOUNT, sms=1)
    slip = till.running.ask("receipt", "show", ref)
    assert slip.status == 0
    assert "12.50" in slip.json["text"]


def test_cannot_connect(till: Till) -> None:
    till.running.ask("fault", "set", "1", "refuse", "--seconds", "60")
    till.settled(NOT_SENT, "NOT_CHARGED", 1)


def test_leg_1_lost(till: Till) -> None:
    till.running.break_leg(1, "drop", "0200")
    ref = till.settled(UNKNOWN, "NOT_CHARGED", 1)
    assert till.running.why(ref)["evidence"]["switch"]["state"] == "tombstone"


def test_leg_1_lost_is_unknown_on_the_way(till: Till) -> None:
    till.running.break_leg(1, "drop", "0200")
    with till.running.begin(*till.running.sale_words(till.terminal)) as sale:
        ref = first_ref(till)
        assert till.running.why(ref)["verdict"] == "UNKNOWN"
        assert till.running.why(ref)["next"]["owner"] == "terminal"
        assert sale.wait(20) == 3
    assert till.running.at_rest(ref)["verdict"] == "NOT_CHARGED"


def test_the_switch_cannot_reach_the_issuer(till: Till) -> None:
    till.running.ask("fault", "set", "2", "refuse", "--seconds", "60")
    ref = till.settled(DECLINED, "NOT_CHARGED", 2)
    evidence = till.running.why(ref)["evidence"]
    assert (evidence["switch"]["response_code"], evidence["switch"]["forwarded"]) == ("91", False)
    till.running.ask("fault", "clear")
    till.running.until(lambda: till.running.sell("T0000100", card="carol").status == 0)  # the link is back


def test_leg_2_lost(till: Till) -> None:
    till.running.break_leg(2, "drop", "0200")
    ref = till.settled(DECLINED, "NOT_CHARGED", 2)
    assert till.running.why(ref)["evidence"]["issuer"]["state"] == "tombstoned"
    assert till.running.why(ref)["evidence"]["terminal"]["response_code"] == "98"


def test_leg_3_lost(till: Till) -> None:
    till.running.break_leg(3, "drop", "0210")
    ref = till.settled(DECLINED, "RETURNED", 3, sms=2)
    issuer = till.running.why(ref)["evidence"]["issuer"]
    assert (issuer["debited"], issuer["returned"]) == (AMOUNT, AMOUNT)


def test_leg_3_lost_is_returning_on_the_way(till: Till) -> None:
    till.running.break_leg(3, "drop", "0210")
    till.running.break_leg(3, "drop", "0430")
    answer = till.running.sell(till.terminal)
    assert "If your bank shows a charge, it is returned to your card" in answer.json["sentence"]["en"]
    found = till.running.why(answer.json["ref"])
    assert found["verdict"] == "RETURNING"
    assert found["next"]["owner"] == "switch"
    assert "You may pay again now" in found["sentence"]["en"]
    assert till.running.at_rest(answer.json["ref"])["verdict"] == "RETURNED"


def test_leg_3_late(till: Till) -> None:
    till.running.break_leg(3, "delay", "0210", "--seconds", "2")
    ref = till.settled(DECLINED, "RETURNED", 3, sms=2)
    time.sleep(1.5)  # the late yes has arrived by now: evidence, no more
    assert till.running.why(ref)["verdict"] == "RETURNED"


def test_leg_4_lost_with_an_approval(till: Till) -> None:
    till.running.break_leg(4, "drop", "0210")
    till.settled(UNKNOWN, "RETURNED", 4, sms=2)


def test_leg_4_lost_with_a_decline(till: Till) -> None:
    till.running.break_leg(4, "drop", "0210")
    answer = till.running.sell(till.terminal, card="poor")
    assert (answer.status, answer.json["outcome"]) == UNKNOWN
    found = till.running.at_rest(answer.json["ref"])
    assert (found["verdict"], found["stopped_at"]["leg"], found["money"]) == ("NOT_CHARGED", 4, [])


def test_leg_4_with_a_wrong_mac(till: Till) -> None:
    till.running.break_leg(4, "corrupt", "0210")
    ref = till.settled(UNKNOWN, "RETURNED", 4, sms=2)
    assert till.running.why(ref)["evidence"]["terminal"]["reversal_reason"] == "A0"


def test_leg_4_late(till: Till) -> None:
    till.running.break_leg(4, "delay", "0210", "--seconds", "4")
    ref = till.settled(UNKNOWN, "RETURNED", 4, sms=2)
    time.sleep(2)
    assert till.running.why(ref)["verdict"] == "RETURNED"
    assert till.running.ask("receipt", "show", ref).status == 5


def test_the_cashier_cancels_while_the_original_is_still_at_the_issuer(till: Till) -> None:
    till.running.break_leg(3, "delay", "0210", "--seconds", "1")
    with till.running.begin(*till.running.sale_words(till.terminal)) as sale:
        ref = first_ref(till)
        till.running.until(lambda: till.running.ask("terminal", "cancel", till.terminal).status == 0, 5.0)
        assert sale.wait(20) == 3
    found = till.running.at_rest(ref)
    assert found["verdict"] == "RETURNED"
    assert found["evidence"]["terminal"]["reversal_reason"] == "17"
    assert till.running.balance("alice") == till.before


def test_the_reversal_overtakes_its_original(till: Till) -> None:
    till.running.break_leg(1, "delay", "0200", "--seconds", "4")
    ref = till.settled(UNKNOWN, "NOT_CHARGED", 1)
    time.sleep(2)  # the original has arrived by now, and was refused
    assert till.running.why(ref)["verdict"] == "NOT_CHARGED"
    assert till.running.balance("alice") == till.before


def test_the_answer_to_the_reversal_is_lost(till: Till) -> None:
    till.running.break_leg(4, "drop", "0210")
    till.running.break_leg(4, "drop", "0410")
    till.settled(UNKNOWN, "RETURNED", 4, sms=2)


def test_the_advice_and_its_answer_are_lost_and_repeated(till: Till) -> None:
    till.running.break_leg(3, "drop", "0210")
    till.running.break_leg(2, "drop", "0420")
    till.running.break_leg(3, "drop", "0430")
    ref = till.settled(DECLINED, "RETURNED", 3, sms=2)
    assert till.running.why(ref)["evidence"]["switch"]["reversal_tries"] >= 2


def test_the_issuer_refuses_the_advice_and_it_is_sent_again(till: Till) -> None:
    till.running.break_leg(3, "drop", "0210")
    till.running.break_leg(2, "corrupt", "0420")
    till.settled(DECLINED, "RETURNED", 3, sms=2)


def test_one_advice_the_issuer_hangs_up_on_does_not_stop_the_sales_of_others(till: Till) -> None:
    running = till.running
    for mti in ("0420", "0421"):
        running.break_leg(2, "close", mti, "--seconds", "120")
    running.break_leg(3, "drop", "0210")
    sale = running.sell(till.terminal)
    assert (sale.status, sale.json["response_code"]) == (4, "98")
    codes = []
    for _ in range(12):  # over ten seconds: while the line is down, each time for two at most, there is no sale
        codes.append(running.sell("T0000099").json["response_code"])
        time.sleep(0.6)
    assert codes.count("00") >= 8, codes
    ref = sale.json["ref"]
    running.until(lambda: running.why(ref)["evidence"]["switch"]["reversal_tries"] >= 3)
    assert running.why(ref)["evidence"]["switch"]["reversal_tries"] <= 6
    running.ask("fault", "clear")
    assert running.at_rest(ref)["verdict"] == "RETURNED"
    till.before = running.balance("alice")


@pytest.mark.parametrize(("leg", "mti"), [(1, "0200"), (2, "0200"), (3, "0210"), (4, "0210")])
def test_a_duplicate_is_absorbed(till: Till, leg: int, mti: str) -> None:
    till.running.break_leg(leg, "duplicate", mti)
    till.settled(APPROVED, "PAID", None, charged=AMOUNT, sms=1)


@pytest.mark.parametrize(("leg", "mti"), [(1, "0400"), (2, "0420")])
def test_a_duplicate_reversal_returns_the_money_once(till: Till, leg: int, mti: str) -> None:
    till.running.break_leg(4, "drop", "0210")
    till.running.break_leg(leg, "duplicate", mti)
    till.settled(UNKNOWN, "RETURNED", 4, sms=2)


def test_the_same_key_never_sells_twice(till: Till) -> None:
    first = till.running.sell(till.terminal, key="till-1")
    again = till.running.sell(till.terminal, key="till-1")
    assert (first.status, again.status) == (0, 0)
    assert first.json["ref"] == again.json["ref"]
    assert till.running.balance("alice") == till.before - AMOUNT
    other = till.running.sell(till.terminal, "12.51", key="till-1")
    assert (other.status, other.json["error"]) == (2, "key_reused")


def test_a_retry_names_the_attempt_it_replaces(till: Till) -> None:
    till.running.break_leg(4, "drop", "0210")
    first = till.running.sell(till.terminal)
    retry = till.running.sell(till.terminal, retry_of=first.json["ref"])
    assert (retry.status, retry.json["outcome"]) == APPROVED
    assert till.running.at_rest(first.json["ref"])["verdict"] == "RETURNED"
    assert till.running.at_rest(retry.json["ref"])["verdict"] == "PAID"
    assert till.running.balance("alice") == till.before - AMOUNT
    once_more = till.running.sell(till.terminal, retry_of=retry.json["ref"])
    assert once_more.json["error"] == "already_paid"


@pytest.mark.parametrize(
    ("card", "more", "code"),
    [("poor", {}, "51"), ("expired", {}, "54"), ("lost", {}, "41"), ("stolen", {}, "43"), ("blocked", {}, "62"),
     ("unknown", {}, "14"), ("noroute", {}, "15"), ("bob", {"pin": "0000"}, "55")],
)  # fmt: skip
def test_a_decline_says_which_and_charges_nobody(till: Till, card: str, more: dict[str, str], code: str) -> None:
    answer = till.running.sell(till.terminal, card=card, **more)
    assert (answer.status, answer.json["outcome"], answer.json["response_code"]) == (*DECLINED, code)
    assert till.running.why(answer.json["ref"])["verdict"] == "NOT_CHARGED"


def test_a_sale_above_the_card_s_limit_is_declined(till: Till) -> None:
    answer = till.running.sell(till.terminal, "100.01", card="limit")
    assert (answer.status, answer.json["response_code"]) == (4, "61")


def test_why_lists_what_fits_the_last_four_and_the_amount(till: Till) -> None:
    digits = till.running.card("carol")["pan"][-4:]
    first = till.running.sell(till.terminal, "3.21", card="carol").json
    alone = till.running.ask("why", digits, "3.21")
    assert (alone.status, alone.json["ref"]) == (0, first["ref"])
    assert till.running.ask("why", first["rrn"]).json["ref"] == first["ref"]
    second = till.running.sell(till.terminal, "3.21", card="carol").json
    several = till.running.ask("why", digits, "3.21")
    assert (several.status, several.json["error"]) == (2, "ambiguous")
    assert [one["ref"] for one in several.json["candidates"]] == [second["ref"], first["ref"]]
    assert till.running.ask("why", f"{digits}+9.99").status == 5
    assert till.running.ask("why", "T0000001/999999/999999").status == 5


def first_ref(till: Till) -> str:
    """The reference of the sale that has just been started at this terminal."""
    found: list[str] = []

    def started() -> bool:
        answer = till.running.ask("terminal", "last", till.terminal)
        if answer.status == 0:
            found.append(str(answer.json["ref"]))
        return answer.status == 0

    till.running.until(started, 10.0)
    return found[-1]
