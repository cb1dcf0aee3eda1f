"""The link to an issuer: sign-on when it comes up, echo after silence, alarms when it does not answer."""

from __future__ import annotations

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Closed, Connected, Hangup
from switch.scene import TIMER, Scene, scene

IDLE = 60 * SECOND


def network(made: Scene, since: int = 0) -> list[tuple[str, Message]]:
    read = [(send.link, made.read(send)) for send in made.to_issuers(since)]
    return [(link, message) for link, message in read if message.mti.startswith("08")]


def alone() -> Scene:
    """One issuer up and signed on, the other down."""
    made = Scene(up=False)
    made.step(Connected("issuer-a", ""))
    made.step(*[made.signed_on(send) for send in made.to_issuers()])
    made.sent.clear()
    return made


def test_a_link_that_comes_up_is_signed_on() -> None:
    made = Scene(up=False)
    assert made.switch.wakes_at() is None
    made.step(Connected("issuer-a", ""))
    ((link, message),) = network(made)
    assert (link, message.mti, message.de70) == ("issuer-a", "0800", "001")
    status = made.command("status")["issuers"]
    assert status["issuer-a"] == {"connected": True, "signed_on": False, "heard_at": made.now, "owed": 0}
    assert status["issuer-b"] == {"connected": False, "signed_on": False, "heard_at": 0, "owed": 0}
    made.step(*[made.signed_on(send) for send in made.to_issuers()])
    assert made.command("status")["issuers"]["issuer-a"]["signed_on"]


def registered() -> Scene:
    """A switch whose link to an issuer has just come up, and a terminal that is signed on."""
    made = Scene(up=False)
    made.command("register", terminals=[made.registration("T0000001")])
    made.step(Connected("issuer-a", ""))
    made.sign_on()
    return made


def test_money_waits_for_the_sign_on_answer() -> None:
    made = registered()
    assert made.codes(made.frame(made.purchase())) == ["91"]
    (asked,) = network(made)
    assert asked[1].de70 == "001"
    made.step(*[made.signed_on(send) for send in made.to_issuers()])
    made.asked()


def test_an_issuer_that_answers_no_sign_on_is_used_after_one_timer_and_asked_again_later() -> None:
    made = registered()
    made.step(after=TIMER)
    made.sent.clear()
    for _ in range(6):
        request, forwarded = made.asked()
        made.step(made.reply(forwarded, "00"), after=IDLE // 6)
        assert made.state(request) == "approved"
    ((_, message),) = network(made)
    assert message.de70 == "001"
    assert made.alarms() == ["issuer_silent"]
    made.step(*[made.signed_on(send) for send in made.to_issuers() if made.read(send).mti == "0800"])
    assert made.command("status")["issuers"]["issuer-a"]["signed_on"]


def test_a_silent_link_without_a_sign_on_is_tested_and_closed() -> None:
    made = registered()
    made.step(after=TIMER)
    made.sent.clear()
    made.step(after=IDLE)
    ((_, message),) = network(made)
    assert message.de70 == "301"
    assert any(isinstance(item, Hangup) for item in made.step(after=TIMER))


def test_a_sign_on_that_is_refused_is_an_alarm() -> None:
    made = Scene(up=False)
    made.step(Connected("issuer-a", ""))
    ((_, message),) = network(made)
    refusal = Message("0810", de7=message.de7, de11=message.de11, de39="91", de70="001")
    made.step(made.from_issuer(refusal))
    assert made.alarms() == ["issuer_refuses"]
    assert not made.command("status")["issuers"]["issuer-a"]["signed_on"]


def test_a_sign_on_that_is_not_answered_is_an_alarm_and_the_link_stays() -> None:
    made = Scene(up=False)
    made.step(Connected("issuer-a", ""))
    assert made.switch.wakes_at() == made.now + TIMER
    assert made.step(after=TIMER) == []
    assert made.alarms() == ["issuer_silent"]
    assert made.switch.wakes_at() == made.now + IDLE


def test_an_echo_goes_out_after_a_minute_of_silence_only() -> None:
    made = alone()
    made.step(after=IDLE - 1)
    assert not network(made)
    made.step(after=1)
    ((_, message),) = network(made)
    assert message.de70 == "301"
    made.step(*[made.signed_on(send) for send in made.to_issuers()])
    assert made.switch.wakes_at() == made.now + IDLE
    assert not made.alarms()


def test_traffic_puts_the_echo_off() -> None:
    made = scene()
    _, forwarded = made.asked()
    made.now += 5 * SECOND
    made.step(made.reply(forwarded, "00"))
    made.step(after=IDLE - 6 * SECOND)
    made.step(after=2 * SECOND)
    assert [link for link, _ in network(made)] == ["issuer-b"]


def test_an_echo_without_an_answer_closes_the_connection() -> None:
    made = alone()
    made.step(after=IDLE)
    assert made.step(after=TIMER) == [Hangup("issuer-a", "")]
    assert made.alarms() == ["issuer_silent"]
    made.step(Closed("issuer-a", ""))
    assert made.switch.wakes_at() is None


def test_an_answer_to_another_network_request_is_none() -> None:
    made = alone()
    made.step(after=IDLE)
    ((_, message),) = network(made)
    made.step(made.from_issuer(Message("0810", de7=message.de7, de11="999999", de39="00", de70="301")))
    assert made.step(after=TIMER) == [Hangup("issuer-a", "")]


def test_the_issuers_own_echo_is_answered() -> None:
    made = alone()
    made.step(made.from_issuer(Message("0800", de7="0314040000", de11="000077", de70="301")))
    ((_, answer),) = network(made)
    assert (answer.mti, answer.de7, answer.de11, answer.de39, answer.de70) == (
        "0810",
        "0314040000",
        "000077",
        "00",
        "301",
    )


def test_anything_else_from_an_issuer_is_an_alarm() -> None:
    made = alone()
    made.step(made.from_issuer(Message("0200", de7="0314040000", de11="000077", de3="000000")))
    assert made.alarms() == ["unexpected"]
    assert not made.sent


def test_a_link_nobody_configured_is_ignored() -> None:
    made = alone()
    assert made.step(Connected("issuer-z", ""), Closed("terminals", 4)) == []
