"""Of several sign-ons that were told something: which of it stands, and in which batch the terminal goes on."""

from __future__ import annotations

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Frame
from switch.scene import TERMINALS, Scene, scene

T1 = TERMINALS[0]


def sold_unheard() -> tuple[Scene, Message, Frame]:
    """A terminal whose STANs have run out was told the next batch and has sold in it; that request is still held."""
    made = scene()
    made.approved()
    made.stans[T1] = 1
    made.now += 10 * SECOND
    made.sign_on(stan="000001", batch="000000")
    sale = made.purchase()
    return made, sale, made.frame(sale)


def test_a_batch_two_devices_may_have_been_told_is_left_at_the_next_sign_on() -> None:
    """One that has used up its STANs is told the next batch, sells in it and is lost; a fresh one is told it as well,
    and then what the lost one had sold comes after all (simulator, relay 1/67): a request of the fresh one is no proof
    that the lost one closed its sale.
    """
    made, lost, late = sold_unheard()
    for stan in (2, 3):
        made.now += 10 * SECOND
        made.stans[T1] = stan
        made.sign_on(stan=f"{stan:06d}", batch="000000")
    made.step(late)
    made.stans[T1] = 5
    assert made.codes(made.frame(made.purchase())) == ["A0"]
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1), batch="000002")
    request, _ = made.approved()
    assert (request.de60 or "")[2:8] == "000003"
    assert made.stub(lost).followed_at == 0
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1), batch="000003")
    request, _ = made.approved()
    assert (request.de60 or "")[2:8] == "000003"


def test_a_device_that_signed_on_again_in_its_new_batch_keeps_it() -> None:
    made, _, late = sold_unheard()
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1), batch="000002")
    made.step(late)
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1), batch="000002")
    request, _ = made.approved()
    assert (request.de60 or "")[2:8] == "000002"


def test_what_was_told_later_in_one_batch_stands_until_a_message_comes_under_it() -> None:
    made = scene()
    made.approved()
    told = []
    for _ in range(3):
        made.now += 10 * SECOND
        made.sign_on(stan=made.stan(T1))
        told.append(made.lines[T1])
    for line in told:  # each of them after the one before was taken
        made.lines[T1] = line
        made.approved()
    made.lines[T1] = told[1]
    assert made.codes(made.frame(made.purchase())) == ["A0"]
