"""Sign-on, sign-off, echo: keys under the master key, the batch number the host issues."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import Message, nested
from counterfoil.security import KeyUsage
from counterfoil.step import SECOND
from switch.scene import MERCHANT, TERMINALS, Scene, scene

T1 = TERMINALS[0]


def management(mti: str, code: str, **fields: str) -> Message:
    return Message(mti, de41=T1, de42=MERCHANT, de60=f"00000001{code}", **fields)


@pytest.mark.parametrize(
    ("code", "total", "pik", "mak", "tdk"),
    [("001", 24, 8, 8, 0), ("003", 40, 16, 8, 0), ("004", 60, 16, 8, 16), ("005", 40, 16, 8, 0)],
)
def test_de62_holds_the_keys_the_code_asks_for(code: str, total: int, pik: int, mak: int, tdk: int) -> None:
    made = Scene()
    answer = made.sign_on(code=code)
    assert answer.de39 == "00"
    assert answer.de62 is not None
    keys = nested.de62_keys(answer.de62)
    assert (len(answer.de62), len(keys.pik), len(keys.mak), len(keys.tdk)) == (total, pik, mak, tdk)
    made.asked()  # the keys work, single length too


def test_a_terminal_registered_for_double_length_mac_keys_gets_them() -> None:
    made = Scene()
    made.command("register", **made.registration(T1, mak_bytes=16))
    answer = made.sign_on()
    assert len(nested.de62_keys(answer.de62).mak) == 16
    made.asked()


def test_the_answer_names_batch_time_and_reference_and_has_no_mac() -> None:
    answer = Scene().sign_on()
    assert (answer.mti, answer.de60, answer.de12, answer.de13) == ("0810", "00000001003", "120000", "0314")
    assert answer.de37 is not None
    assert answer.de64 is None


def test_every_sign_on_gives_fresh_keys_and_the_old_ones_stop_working() -> None:
    made = scene()
    old = made.lines[T1]
    request = made.purchase()
    made.now += 10 * SECOND
    made.sign_on()
    assert made.codes(made.frame(request, mac=old.mak)) == ["A0"]
    assert made.outside.mac(old.mak, b"x") != made.outside.mac(made.lines[T1].mak, b"x")


def test_a_sign_on_doubled_by_the_network_gets_the_same_keys() -> None:
    made = Scene()
    frame = made.frame(management("0800", "003", de11="000001"))
    first, second = made.told(frame, frame)
    assert first.de62 == second.de62
    (later,) = made.told(frame, after=10 * SECOND)
    assert later.de62 != first.de62


def test_a_fresh_device_is_no_repeat_of_the_old_one_after_the_clock_went_back() -> None:
    """The same STAN, "recent" for as long as the clock was behind (simulator, swarm 1000/31)."""
    made = Scene()
    made.sign_on(stan="000002")
    made.stans[T1] = 2
    made.approved()
    made.now -= 3600 * SECOND
    (answer,) = made.told(made.frame(Message("0800", de11="000002", de41=T1, de42=MERCHANT, de60="00000000003")))
    assert nested.de60(answer.de60).batch == "000002"


@pytest.mark.parametrize(
    ("stans", "batch"),
    [(["000005"], "000001"), (["000002"], "000002"), (["000001", "000001"], "000002"), (["000003"], "000001")],
    ids=["went on", "the same again", "wiped, and its repeat", "next"],
)
def test_the_batch_advances_when_the_stan_went_backwards(stans: list[str], batch: str) -> None:
    made = scene()
    made.approved()  # STAN 000002 of batch 000001
    for stan in stans:
        made.now += 10 * SECOND
        answer = made.sign_on(stan=stan)
    assert nested.de60(answer.de60).batch == batch


@pytest.mark.parametrize(
    ("told", "stan", "batch"),
    [("000001", "000003", "000001"), ("000000", "000003", "000002"), ("000000", "000002", "000002")],
    ids=["goes on", "a fresh device whose first sign-ons were lost", "a fresh device"],
)
def test_a_terminal_without_a_batch_is_given_the_next_one(told: str, stan: str, batch: str) -> None:
    """Its STAN may have come far enough meanwhile not to go backwards (simulator, swarm 200/63)."""
    made = scene()
    made.approved()
    (answer,) = made.told(made.frame(Message("0800", de11=stan, de41=T1, de42=MERCHANT, de60=f"00{told}003")))
    assert nested.de60(answer.de60).batch == batch


def test_a_new_terminal_without_a_batch_begins_with_the_first() -> None:
    made = Scene()
    (answer,) = made.told(made.frame(Message("0800", de11="000001", de41=T1, de42=MERCHANT, de60="00000000003")))
    assert nested.de60(answer.de60).batch == "000001"


def test_stans_that_ran_out_before_any_attempt_came_through_bring_the_next_batch() -> None:
    """Otherwise the terminal waits for another batch for ever (simulator, swarm 200/16)."""
    made = Scene()
    made.sign_on(stan="999999")
    answer = made.sign_on(stan="000001")
    assert nested.de60(answer.de60).batch == "000002"


def test_a_wiped_terminal_does_not_meet_its_old_keys_again() -> None:
    made = scene()
    request, _ = made.approved()
    made.stans.clear()
    made.now += 10 * SECOND
    made.sign_on()
    made.stans[T1] = 1
    again = made.purchase()
    assert (again.de11, again.de60) == (request.de11, "2200000200050")
    made.step(made.frame(again))
    assert made.state(again) == "asked"


def test_a_purchase_of_the_same_step_counts_for_the_batch() -> None:
    made = scene()
    request = made.purchase()
    answers = made.told(made.frame(request), made.frame(management("0800", "003", de11=request.de11 or "")))
    assert [nested.de60(answer.de60).batch for answer in answers] == ["000002"]


def test_batch_numbers_go_round_without_a_batch_zero() -> None:
    made = Scene()
    made.command("register", **made.registration(T1, batch="999999"))
    made.sign_on()
    made.approved()
    made.now += 10 * SECOND
    assert nested.de60(made.sign_on(stan="000001").de60).batch == "000001"


def test_sign_off_ends_the_keys_and_echo_is_answered() -> None:
    made = scene()
    request = made.frame(made.purchase())
    assert made.codes(made.frame(management("0820", "301"))) == ["00"]
    assert made.codes(made.frame(management("0820", "002"))) == ["00"]
    made.lines.clear()  # answers carry no MAC any more
    assert made.codes(request) == ["A0"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (management("0800", "420"), "40"),
        (management("0800", "960"), "40"),
        (management("0800", "301", de11="000009"), "40"),
        (management("0820", "362"), "40"),
        (management("0800", "003"), "30"),
        (management("0800", "003", de11="000009").copy(de41="NOBODY01"), "97"),
        (management("0800", "003", de11="000009").copy(de42="123456789012345"), "03"),
    ],
    ids=["remote key", "card bins", "echo as 0800", "status", "no STAN", "unknown terminal", "other merchant"],
)
def test_what_else_is_asked_gets_a_definite_code(request_: Message, code: str) -> None:
    made = Scene()
    assert made.codes(made.frame(request_)) == [code]


def test_a_terminal_without_a_master_key_cannot_sign_on() -> None:
    made = Scene()
    made.command("register", terminal="T0000009", merchant=MERCHANT)
    assert made.sign_on("T0000009").de39 == "A7"


def test_clear_keys_are_in_no_row() -> None:
    made = Scene()
    made.sign_on(code="004")
    line = made.lines[T1]
    for key in (line.mak, line.pik):
        cryptogram, _ = made.outside.wrap(key, made.keys["tmk"])
        rows = made.store.query("SELECT * FROM terminal") + made.store.query("SELECT * FROM trail")
        assert all(cryptogram not in value for row in rows for value in row if isinstance(value, bytes))
    assert line.mak.usage is KeyUsage.MAC
