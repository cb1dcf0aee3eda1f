"""A request again: absorbed while open, told again when finished, refused when reversed, 94 when it differs."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.step import SECOND, Send
from switch.scene import BOB, TERMINALS, TIMER, scene


def test_while_it_is_open_one_answer_goes_to_the_newest_connection() -> None:
    made = scene()
    request, forwarded = made.asked(conn=1)
    assert made.step(made.frame(request, 2), made.frame(request, 3)) == []
    assert len(made.to_issuers()) == 1
    (send,) = made.step(made.reply(forwarded, "00"))
    assert isinstance(send, Send)
    assert send.conn == 3


def test_twice_in_one_step_it_goes_upstream_once() -> None:
    made = scene()
    request = made.purchase()
    made.step(made.frame(request, 1), made.frame(request, 2))
    assert len(made.to_issuers()) == 1
    (send,) = [item for item in made.step(after=TIMER) if isinstance(item, Send) and item.link == "terminals"]
    assert send.conn == 2


@pytest.mark.parametrize("code", ["00", "51", "55"])
def test_when_it_is_finished_the_stored_result_is_told_again(code: str) -> None:
    made = scene()
    request, forwarded = made.asked()
    (first,) = made.told(made.reply(forwarded, code))
    (again,) = made.told(made.frame(request, 5), after=30 * SECOND)
    assert first == again
    assert len(made.to_issuers()) == 1


def test_the_stored_result_is_macced_under_the_keys_of_today() -> None:
    made = scene()
    request, answer = made.approved()
    made.now += 10 * SECOND
    made.sign_on()
    (again,) = made.told(made.frame(request))
    assert (again.de39, again.de37, again.de12) == ("00", answer.de37, answer.de12)


def test_an_answer_is_macced_under_the_key_of_its_request_whatever_sign_ons_came_meanwhile() -> None:
    made = scene()
    key = made.lines[TERMINALS[0]].mak
    _, forwarded = made.asked()
    made.now += 2 * SECOND
    made.sign_on()
    (send,) = made.step(made.reply(forwarded, "00"))
    assert isinstance(send, Send)
    assert made.heard(send).de39 == "00"
    assert made.key_of(send) == key
    # Even after the new keys have taken effect.
    _, forwarded = made.asked()
    new = made.lines[TERMINALS[0]].mak
    made.now += 10 * SECOND
    made.sign_on()
    made.step(made.frame(made.reversal(made.purchase())))
    (send,) = made.step(made.reply(forwarded, "00"))
    assert isinstance(send, Send)
    assert made.key_of(send) == new


def test_after_the_deadline_it_is_told_98_again() -> None:
    made = scene()
    request, _ = made.asked()
    made.step(after=TIMER)
    assert made.codes(made.frame(request)) == ["98"]
    made.acknowledge()
    assert made.codes(made.frame(request)) == ["98"]
    assert made.state(request) == "reversed"


@pytest.mark.parametrize("acknowledged", [True, False])
def test_after_a_reversal_it_is_refused(acknowledged: bool) -> None:
    made = scene()
    request, _ = made.approved()
    made.step(made.frame(made.reversal(request)))
    if acknowledged:
        made.acknowledge()
    (answer,) = made.told(made.frame(request))
    assert (answer.de39, answer.de38) == ("12", None)


@pytest.mark.parametrize(
    "changes",
    [{"de4": "000000009999"}, {"de35": f"{BOB}=30122010000000000"}, {"de49": "840"}, {"de22": "051"}],
    ids=["amount", "card", "currency", "entry mode"],
)
@pytest.mark.parametrize("finished", [True, False])
def test_the_same_key_with_other_content_is_94_and_an_alarm(changes: dict[str, Any], finished: bool) -> None:
    made = scene()
    request, _ = made.approved() if finished else made.asked()
    before = made.stub(request)
    assert made.codes(made.frame(request.copy(**changes))) == ["94"]
    assert made.alarms() == ["other_content"]
    after = made.stub(request)
    assert (after.state, after.amount, after.last4) == (before.state, before.amount, before.last4)
    assert len(made.to_issuers()) == 1


def test_an_open_intent_is_not_taken_over_by_other_content() -> None:
    made = scene()
    request, forwarded = made.asked(conn=1)
    made.step(made.frame(request.copy(de4="000000009999"), 2))
    (send,) = made.step(made.reply(forwarded, "00"))
    assert isinstance(send, Send)
    assert send.conn == 1
