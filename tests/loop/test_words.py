"""What customer and cashier are told at a running stack: of a refusal, and of a charge on its way back."""

from __future__ import annotations

import contextlib
import io

import pytest

from counterfoil.cli.app import run
from counterfoil.cli.failure import Exit
from counterfoil.iso8583.responses import RESPONSES
from loop.running import Running
from papers import contradictions, inside

pytestmark = pytest.mark.loop

CARDS = [
    ("stolen", "12.50", "43", False), ("lost", "12.50", "41", False), ("blocked", "12.50", "62", False),
    ("expired", "12.50", "54", False), ("poor", "12.50", "51", False), ("limit", "120.00", "61", False),
    ("unknown", "12.50", "14", False), ("noroute", "12.50", "15", False),
]  # fmt: skip


@pytest.mark.parametrize(("card", "amount", "code", "again"), CARDS)
def test_a_refused_card_is_told_by_its_code_to_two_people(
    running: Running, card: str, amount: str, code: str, again: bool
) -> None:
    answer = running.sell("T0000041", amount, card).json
    assert (answer["outcome"], answer["response_code"]) == ("declined", code)
    advice = RESPONSES[code].advice
    found = running.why(answer["ref"])
    for told in (answer, found):
        assert advice.customer.en in told["sentence"]["en"]
        assert advice.customer.zh in told["sentence"]["zh"]
        assert f"({code}): {advice.cashier.en}." in told["cashier"]["en"]
        assert not inside(told["sentence"]["en"] + told["sentence"]["zh"])
        assert ("try again" in told["sentence"]["en"]) is again
    assert found["next"]["action"] == found["cashier"]
    for kind in ("not-charged", "explanation"):
        for lang in ("en", "zh"):
            slip = running.tell("receipt", "show", answer["ref"], "--copy", kind, "--lang", lang)
            assert not inside(slip), slip
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([*running.sale_words("T0000041", amount, card), "--data", str(running.data)]) == Exit.DECLINED
    said = out.getvalue()
    assert advice.customer.en in said
    assert f"Cashier: {RESPONSES[code].text.en} ({code})" in said


def test_a_wrong_pin_is_tried_again_and_a_blocked_one_is_not(running: Running) -> None:
    wrong = running.sell("T0000042", card="bob", pin="0000").json
    assert "Please try again with your PIN." in wrong["sentence"]["en"]
    assert running.sell("T0000042", card="bob").status == 0


def test_a_charge_on_its_way_back_is_paid_at_another_till_while_this_one_owes_its_reversal(running: Running) -> None:
    """The sentence is tried: this terminal sells nothing before its reversal is through; another does; then it does."""
    running.break_leg(4, "drop", "0210")
    running.break_leg(1, "drop", "0400", "--times", "100")
    answer = running.sell("T0000043").json
    assert answer["outcome"] == "unknown"
    running.until(lambda: running.why(answer["ref"])["verdict"] == "RETURNING")
    found = running.why(answer["ref"])
    assert "You may pay at another till now, or wait until this one is free." in found["sentence"]["en"]
    assert 'once its display says "Auto reversal succeeded"' in found["cashier"]["en"]
    assert not contradictions([answer["sentence"]["en"], found["sentence"]["en"]])
    assert running.sell("T0000044").status == 0
    behind = running.sell("T0000043").json
    assert behind["outcome"] == "not_sent"
    assert "pay at another one" in behind["sentence"]["en"]
    assert running.why(behind["ref"])["sentence"] == behind["sentence"]
    running.ask("fault", "clear")
    running.until(lambda: not running.pending(answer["ref"]))
    display = running.ask("terminal", "status", "T0000043").json["terminals"][0]["display"]
    assert "Auto reversal succeeded" in [line["en"] for line in display]
    assert running.sell("T0000043").status == 0
