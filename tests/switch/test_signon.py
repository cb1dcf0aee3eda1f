"""Sign-on, sign-off, echo: keys under the master key, the batch number the host issues."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import CUP_POS, Message, framing, nested
from counterfoil.security import KeyUsage
from counterfoil.step import SECOND, Send
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


def test_a_sign_on_gives_fresh_keys_that_take_effect_with_the_first_message_under_them() -> None:
    made = scene()
    made.approved()
    old = made.lines[T1]
    made.now += 10 * SECOND
    made.sign_on()
    assert made.outside.mac(old.mak, b"x") != made.outside.mac(made.lines[T1].mak, b"x")
    new, made.lines[T1] = made.lines[T1], old
    made.approved()  # until then the old ones hold
    made.lines[T1] = new
    made.approved()
    late = made.purchase()
    assert made.codes(made.frame(late, mac=old.mak)) == ["A0"]
    assert "signed_on" in [what for (what,) in made.store.query("SELECT what FROM trail")]


def test_a_sign_on_doubled_by_the_network_gets_the_same_keys() -> None:
    made = Scene()
    frame = made.frame(management("0800", "003", de11="000001"))
    first, second = made.told(frame, frame)
    assert first.de62 == second.de62
    (later,) = made.told(frame, after=10 * SECOND)
    assert later.de62 != first.de62


def test_a_fresh_device_is_no_repeat_of_the_old_one_after_the_clock_went_back() -> None:
    """Its sign-on has the STAN of an old one that is "recent" for as long as the clock was behind (swarm 1000/31)."""
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
    (answer,) = made.told(made.frame(Message("0800", de11="000001", de41=T1, de42=MERCHANT, de60="00000000003")))
    assert nested.de60(answer.de60).batch == "000002"


def test_a_wiped_terminal_does_not_meet_its_old_keys_again() -> None:
    made = scene()
    request, _ = made.approved()
    made.stans.clear()
    made.now += 10 * SECOND
    made.sign_on(batch="000000")
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


def claimed(made: Scene, stan: str, batch: str) -> str:
    """What anybody's sign-on in the terminal's name is told: the batch."""
    (answer,) = made.told(made.frame(Message("0800", de11=stan, de41=T1, de42=MERCHANT, de60=f"00{batch}003")))
    return nested.de60(answer.de60).batch


@pytest.mark.parametrize("named", ["000002", "000001", "000077"], ids=["told and not used", "of before", "of nowhere"])
def test_a_terminal_that_names_another_batch_does_not_go_on_in_this_one(named: str) -> None:
    """Its STAN is above all that is known of this batch; what another device did in it may not have come through."""
    made = scene()
    for _ in range(2 if named == "000001" else 1):
        made.stans[T1] = 100
        made.sign_on(batch="000000")
        made.approved()
    batch = f"{int(made.lines[T1].batch) + 1:06d}"
    made.now += 60 * SECOND
    assert claimed(made, "000900", made.lines[T1].batch) == made.lines[T1].batch
    assert claimed(made, "000901", named if named != "000002" else batch) == batch


def test_who_was_told_the_next_batch_and_begins_anew_since_gets_the_one_behind_it() -> None:
    """Its STANs ran out before anything of the next batch was heard: it can take that as little as the one before, and
    waited for ever (simulator, swarm 203/3)."""
    made = scene()
    made.approved()
    assert claimed(made, "999988", "000000") == "000002"
    made.now += 60 * SECOND
    assert [claimed(made, stan, "000000") for stan in ("000001", "000002")] == ["000003", "000003"]
    assert claimed(made, "999989", "000000") == "000002"
    for stan in ("000002", "000001"):  # nobody spins batches
        made.now += 60 * SECOND
        assert int(claimed(made, stan, "000000")) <= 1 + made.settings.offers


def test_a_new_terminal_that_names_any_batch_begins_with_the_first() -> None:
    assert claimed(Scene(), "000400", "000077") == "000001"


@pytest.mark.parametrize("strangers", [1, 5])
def test_what_a_stranger_says_of_a_terminal_does_not_come_true_when_it_signs_on(strangers: int) -> None:
    """He names its batch and a low STAN, as a terminal does that was put back (simulator, forger 3/3)."""
    made = scene()
    made.stans[T1] = 50
    made.approved()
    for number in range(strangers):
        made.now += 10 * SECOND
        assert claimed(made, f"{2 + number:06d}", "000001") == "000002"
    made.stans.clear()
    assert made.sign_on(batch="000000").de39 == "00"
    made.approved()
    assert "forgotten" not in made.alarms()


@pytest.mark.parametrize("stan", ["000009", "000030"])
def test_nor_does_he_hide_that_it_was_put_back(stan: str) -> None:
    made = scene()
    made.stans[T1] = 40
    for _ in range(3):
        made.approved()
    for number in range(6):
        made.now += 10 * SECOND
        claimed(made, f"{number + 2:06d}", "000000")
        claimed(made, "000043", "000001")
    made.now += 10 * SECOND
    made.stans[T1] = int(stan)
    made.sign_on(stan=stan)
    assert made.codes(made.frame(made.purchase())) == ["96"]
    rows = made.store.query("SELECT count(*) FROM forgotten WHERE terminal = ?", (T1,))
    assert rows == [(3,)]  # all that it does not know, not only what the stranger named


def test_batch_numbers_never_come_round() -> None:
    """A key of an attempt would come round with them, and an old sale be answered again without a debit."""
    made = Scene()
    made.command("register", **made.registration(T1, batch="999999"))
    made.sign_on()
    sale, _ = made.approved()
    made.now += 10 * SECOND
    assert made.sign_on(stan="000001").de39 == "A7"
    assert made.alarms() == ["batches_used_up"]
    assert made.codes(made.frame(sale)) == ["00"]  # what stands, stands, and its terminal goes on where it was
    assert nested.de60(made.sign_on(stan="000009", batch="999999").de60).batch == "999999"
    made.approved()


def test_no_registration_takes_a_batch_back() -> None:
    made = Scene()
    made.command("register", **made.registration(T1, batch="000009"))
    reply = made.command("register", **made.registration(T1, batch="000008"))
    assert (reply["error"], "000009" in reply["message"]["en"]) == ("bad_request", True)
    assert made.command("register", **made.registration(T1, batch="000009")) == {"registered": [T1]}
    assert nested.de60(made.sign_on().de60).batch == "000009"


def test_a_sign_off_drops_no_key_and_an_echo_is_answered() -> None:
    """Anybody can send either."""
    made = scene()
    made.approved()
    assert made.codes(made.frame(management("0820", "301"))) == ["00"]
    assert made.codes(made.frame(management("0820", "002"))) == ["00"]
    made.approved()


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


# --- a stranger ------------------------------------------------------------------------------------------------------


def claim(number: int = 1, code: str = "003", batch: str = "000001") -> Message:
    """A sign-on anybody can send."""
    return Message("0800", de11=f"{number:06d}", de41=T1, de42=MERCHANT, de60=f"00{batch}{code}")


def flood(made: Scene, times: int = 200) -> list[Message]:
    """A stranger signs on and off, with every STAN, code and batch."""
    said = []
    for number in range(1, times):
        codes = ("003", "001", "004", "005")
        frames = [made.frame(claim(number * 4999 % 999_999 + 1, codes[number % 4], f"{number % 3:06d}"))]
        frames.append(made.frame(management("0820", "002")))
        said += [answer for answer in made.told(*frames) if answer.mti == "0810"]
    return said


def test_a_running_sale_survives_any_number_of_strangers() -> None:
    made = scene()
    made.approved()
    request, forwarded = made.asked()
    flood(made, 5)
    (send,) = made.step(made.reply(forwarded, "00"))
    assert isinstance(send, Send)
    assert made.key_of(send) == made.lines[T1].mak
    flood(made)
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    made.approved()
    made.asked()


@pytest.mark.parametrize("when", ["before", "between", "around"])
def test_a_stranger_locks_nobody_out(when: str) -> None:
    """Whatever a stranger asked before or after, the keys that the terminal was told take effect when it uses them."""
    made = scene()
    made.approved()
    made.now += 10 * SECOND
    if when != "between":
        flood(made)
    made.sign_on(stan=made.stan(T1))
    if when != "before":
        flood(made)
    request, _ = made.approved()
    assert (request.de60 or "")[2:8] == "000001"
    assert made.alarms() == []


@pytest.mark.parametrize("code", ["001", "003", "004", "005"])
def test_above_a_number_of_them_a_sign_on_is_told_the_same_again(code: str) -> None:
    made = scene()
    made.approved()
    keys = []
    for number in range(500, 1000):
        (answer,) = made.told(made.frame(claim(number, code)), after=10 * SECOND)
        keys.append((answer.de60, answer.de62, answer.de37))
    assert len(set(keys)) == 4
    assert len(set(keys[3:])) == 1
    made.sign_on(code=code, stan="001000")
    made.stans[T1] = 1000
    made.approved()  # taken: the next ones are other keys
    (answer,) = made.told(made.frame(claim(1001, code)), after=10 * SECOND)
    assert answer.de62 not in [key for _, key, _ in keys]


def test_what_a_sign_on_of_one_kind_is_told_is_not_told_to_another() -> None:
    """A stranger who asks for single-length keys does not have the terminal use them."""
    made = Scene()
    for number in range(1, 50):
        made.step(made.frame(claim(number, "001")))
    answer = made.sign_on(code="003", stan="000050")
    assert len(nested.de62_keys(answer.de62).pik) == 16


def test_a_stranger_advances_no_batch() -> None:
    made = scene()
    made.approved()
    offered = {nested.de60(answer.de60).batch for answer in flood(made)}
    assert offered == {"000001", "000002"}
    made.approved()
    assert made.store.query("SELECT batch FROM terminal WHERE terminal = ?", (T1,)) == [("000001",)]


def test_a_wiped_device_gets_its_batch_after_a_flood_and_meets_no_key_of_before() -> None:
    made = scene()
    made.approved()
    flood(made)
    made.stans.clear()
    made.sign_on(stan=made.stan(T1))
    request, _ = made.approved()
    batch = int((request.de60 or "")[2:8])
    assert 1 < batch <= 1 + made.settings.offers
    # A second device that was told the same batch, with other keys, may not sell in it as well.
    (answer,) = made.told(made.frame(claim(1)), after=10 * SECOND)
    assert int(nested.de60(answer.de60).batch) == batch + 1


def test_of_two_devices_that_were_told_one_batch_only_one_gets_it() -> None:
    made = scene()
    made.approved()
    made.now += 10 * SECOND
    made.sign_on(stan="000001", batch="000000")
    first = made.lines[T1]
    made.now += 10 * SECOND
    made.sign_on(stan="000001", batch="000000")
    second, made.lines[T1] = made.lines[T1], first
    assert first.batch == second.batch == "000002"
    made.stans[T1] = 1
    request, _ = made.approved()
    made.lines[T1] = second
    assert made.told(made.frame(request)) == []  # nothing is told of the other's sale
    assert made.codes(made.frame(request.copy(de11="000009"))) == ["A0"]


def test_a_message_of_before_does_not_bring_back_what_a_later_sign_on_replaced() -> None:
    made = scene()
    made.approved()
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1))
    held = made.frame(made.purchase())
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1))
    made.approved()
    made.step(held)
    made.approved()
    assert made.alarms() == ["wrong_mac"]


def test_a_stranger_writes_nothing_after_the_first_few() -> None:
    made = scene()
    made.approved()
    flood(made)
    before = made.store.query("SELECT total_changes()")
    flood(made)
    assert made.store.query("SELECT total_changes()") == before


def test_offers_outlive_a_restart() -> None:
    made = scene()
    made.approved()
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1))
    again = made.restarted()
    again.comes_up()
    again.approved()


def test_a_new_master_key_drops_what_was_offered_under_the_old_one() -> None:
    made = scene()
    assert made.command("register", **made.registration(T1, tmk="40" * 16)) == {"registered": [T1]}
    (send,) = made.step(made.frame(made.purchase()))
    assert isinstance(send, Send)
    answer = CUP_POS.decode(framing.split_cup(send.data, None).body)
    assert (answer.de39, answer.de64) == ("A0", None)


def test_a_batch_that_was_changed_on_its_way_opens_no_old_sale() -> None:
    """The number travels without a MAC: what a device believes to be its batch may have been another one's."""
    made = scene()
    old, _ = made.approved()
    made.stans.clear()
    made.now += 10 * SECOND
    made.sign_on(stan=made.stan(T1), batch="000000")
    again = made.purchase().copy(de60=old.de60)
    assert (again.de11, again.de4) == (old.de11, old.de4)
    assert made.codes(made.frame(again)) == ["77"]
    assert made.alarms() == ["other_batch"]
    assert made.state(old) == "approved"
