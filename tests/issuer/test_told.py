"""What an issuer says and keeps, word for word, of cards, purchases and reversals."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.errors import StoreError
from counterfoil.iso8583 import Message
from counterfoil.issuer import Issuer, Records, Settings, complete, stubs
from counterfoil.money import MAX_MINOR, number
from counterfoil.security import SoftHsm, luhn_digit, write_track2
from counterfoil.step import Command
from counterfoil.storage import migrations_of, open_store
from counterfoil.transaction import SwitchStub
from issuer.bank import CLEAR, CVK, NOON, PANS, TAIL, Bank, described, entropy, miswritten, track
from issuer.scene import Scene

HOUR = 3600


def test_cards_are_enrolled_all_or_none() -> None:
    scene = Scene("enrolled")
    alice = described("alice")
    for change in (
        {"pan": "6299991000000000"},
        {"pan": 5},
        {"expiry": "3000"},
        {"expiry": "3013"},
        {"expiry": "30121"},
        {"currency": "XXX"},
        {"currency": ""},
        {"balance": -1},
        {"balance": MAX_MINOR + 1},
        {"balance": "many"},
        {"limit_each": -1},
        {"limit_day": MAX_MINOR + 1},
        {"count_day": -1},
        {"pin": "123"},
        {"pin": "12a4"},
        {"pin": "", "pvv": "123"},
        {"pin": "", "pvv": "12345"},
        {"pin": "", "pvv": "12a4"},
        {"pin": "", "pvv": "１２３４"},
        {"status": "asleep"},
        {"colour": "red"},
    ):
        scene.command("enrol", cards=[described("bob"), {**alice, **change}])
    scene.command("enrol", cards=["alice"])
    scene.command("enrol", cards=[{"pan": PANS["alice"]}])
    scene.command("enrol", cards={"0": alice})
    scene.command("enrol")
    scene.command("enrol", cards=[])
    scene.command("cards")
    scene.wait(2)
    edges = {"limit_each": MAX_MINOR, "limit_day": 0, "count_day": 7, "status": "blocked"}
    yen = {**described("nopin"), "name": "", "currency": "JPY", "balance": 0, "pvv": "0042", "expiry": "2901"}
    full = {**alice, **edges, "balance": MAX_MINOR}
    scene.step(
        "two lists in one step",
        Command(3, "enrol", {"cards": [full, yen, full, described("poor")]}),
        Command(4, "enrol", {"cards": [{**described("bob"), "balance": 7}]}),
    )
    scene.command("enrol", cards=[{**alice, "name": "mallory"}, described("daily")])
    scene.end(accounts=True)


def test_the_store_of_an_issuer_is_its_own() -> None:
    scene = Scene("keys")
    for name, usage, blob, kcv in scene.bank.rows("station_key", "name, usage, blob, kcv"):
        scene.note("key", name, usage, len(blob), "bytes", kcv)
    scene.note("station", scene.bank.rows("station"))
    scene.command("dance")
    scene.command("status")
    scene.command("accounts")
    scene.command("cards")
    scene.command("check")
    scene.command("statement")
    scene.command("statement", account=5)
    scene.command("statement", account="card:0000000000000000")
    scene.command("archive", keys=[["a"]], digests=[])
    scene.command("archive")
    scene.command("forgotten", numbers=[], by="Wang", reason="test")
    scene.command("forgotten", numbers=["C1"], by=" ", reason="test")
    scene.command("forgotten", numbers=["C1"], by="Wang", reason="nothing of that number")
    scene.end(accounts=True)


def test_purchases_of_two_cards_and_two_acquirers() -> None:
    scene = Scene("purchases", enrol=("alice", "bob"))
    one, other = scene.purchase(amount=123_45, de33="00000000007"), scene.elsewhere(amount=1, de38="654321")
    scene.wait(3)
    scene.ask("two in one step", one, other, conn=4)
    scene.wait(2)
    scene.ask("a track without DE14, no PIN block", scene.purchase("bob", pin=None, de14=None))
    scene.ask("a third of alice", scene.purchase(amount=5, de7="0314120006", de42=" M2 "))
    scene.ask("one behind the highest key of the acquirer", scene.purchase(amount=6, de7="0314115959"))
    scene.end(accounts=True, stories=True)


def test_every_refusal_in_its_order() -> None:
    scene = Scene("refused", enrol=("alice", "bob", "nopin", "poor", "lost", "stolen", "blocked", "old", "each"))
    ask, buy = scene.ask, scene.purchase
    for name in ("de2", "de3", "de4", "de22", "de37", "de41", "de42", "de49"):
        scene.wait()
        ask(f"without {name}", buy().copy(**{name: None}))
    ask("a card number that is none", buy(de2="123"))
    ask("a track that is none", buy(de35="62"))
    scene.stranger("nobody vouches for it", buy("bob", 77))
    ask("a deed nobody knows", buy(de3="280000"))
    ask("a balance", buy(de3="310000"))
    ask("a chip", buy(de22="051"))
    ask("typed, with a track", buy(de22="012"))
    ask("the track of another card", buy(de35=track("bob")))
    ask("typed", buy("bob", de22="012", de35=None))
    ask("no stripe", buy(de35=None))
    ask("a wrong value on the stripe", buy("bob", de35=miswritten(track("bob"))))
    ask("a stripe without a value", buy(de35=write_track2(PANS["alice"], "3012", "201", CVK, TAIL)[:25]))
    ask("no such card", buy("unknown", 42))
    for card in ("lost", "stolen", "blocked", "old"):
        ask(card, buy(card))
    ask("an expiry that is past", buy(de14="2602"))
    ask("another expiry", buy(de14="3101"))
    ask("another currency", buy(de49=number("USD")))
    ask("a currency of nobody, and its reversal", odd := buy(de49="000"), scene.bank.advice(odd))
    for service in ("203", "204"):
        ask(f"service {service}, for cash", buy(de35=track("alice", service=service)))
    ask("no PIN", buy(pin=None))
    ask("a PIN block of garbage", buy(de52=bytes(8)))
    ask("a wrong PIN", buy(pin="4321"))
    for service in ("200", "203", "205"):
        ask(f"a card without a PIN, service {service}", buy("nopin", pin=None, de35=track("nopin", service=service)))
    ask("a card without a PIN", buy("nopin", pin=None))
    ask("nothing", buy(amount=0))
    ask("at the limit", buy("each", 10_000))
    ask("one beyond the limit", buy("each", 10_001))
    ask("one beyond the money", buy("poor", 101))
    ask("all the money", buy("poor", 100))
    ask("one more", buy("poor", 1))
    scene.end(accounts=True)


def test_a_typed_number_must_know_its_expiry_and_is_guessed_so_often() -> None:
    scene = Scene("typed", enrol=("alice", "bob"), typed=True, guesses=2)
    typed: dict[str, Any] = {"de22": "012", "de35": None}
    scene.ask("right", scene.purchase(**typed))
    scene.ask("no expiry", scene.purchase(**typed, de14=None))
    scene.ask("a wrong expiry", scene.purchase(**{**typed, "de14": "3011"}))
    scene.ask("right, and too late", scene.purchase(**typed))
    scene.ask("a true stripe is refused as well", scene.purchase())
    scene.ask("another card is none the worse", scene.purchase("bob", **typed))
    scene.ask("no such card", scene.purchase("unknown", **typed))
    scene.ask("a stripe with a wrong value", scene.purchase("bob", de35=miswritten(track("bob"))))
    scene.ask("and again", scene.purchase("bob", de35=miswritten(track("bob"))))
    scene.ask("guessed", scene.purchase("bob"))
    scene.wait(12 * HOUR - 1)
    scene.ask("the last second of the day", scene.purchase(de7="0314235959"))
    scene.wait(1)
    scene.ask("another day", scene.purchase(de7="0315000000"), scene.purchase("bob", de7="0315000000"))
    scene.end()


def test_wrong_pins_lock_a_card_and_a_right_one_forgives() -> None:
    scene = Scene("pins", enrol=("alice", "bob"))
    for pin in ("9999", "9998", "1234", "9999", "9998", "9997", "1234"):
        scene.wait()
        scene.ask(f"PIN {pin}", scene.purchase(pin=pin))
    scene.ask("the other card", scene.purchase("bob", pin="9999"), scene.purchase("bob"))
    scene.command("cards")
    scene.bank.restart()
    scene.ask("still locked", scene.purchase())
    scene.end()


def test_limits_of_a_day() -> None:
    scene = Scene("limits", enrol=("daily", "twice", "alice"), zone="Etc/GMT-1")
    scene.wait(3 * HOUR)
    for amount in (2_000, 1_001, 1_000, 1):
        scene.wait()
        scene.ask(f"daily {amount}", scene.purchase("daily", amount))
    for _ in range(3):
        scene.ask("twice", scene.purchase("twice", 10))
    undone = scene.purchase("alice", 30)
    scene.ask("and alice", undone)
    scene.ask("given back", scene.bank.advice(undone))
    scene.wait(15 * HOUR)
    scene.wait(HOUR - 5, 999_999)
    scene.ask("a second before midnight", scene.purchase("daily", 1), scene.purchase("twice", 1))
    scene.wait(1)
    scene.ask("another day", scene.purchase("daily", 3_000), scene.purchase("twice", 1))
    scene.ask("within a step", scene.purchase("twice", 2), scene.purchase("twice", 3))
    scene.end()


def test_a_request_that_waited_too_long() -> None:
    scene = Scene("late", enrol=("alice",), timer=2_500_000)
    scene.ask("as old as may be", scene.purchase(), age=2_500_000)
    scene.ask("a microsecond older", scene.purchase(), age=2_500_001)
    scene.ask("of no age", scene.purchase(), age=NOON)
    again = scene.purchase(amount=7)
    scene.ask("in time", again)
    scene.ask("the repeat of it is never too late", again, age=9_000_000)
    scene.end()


def test_a_request_that_comes_again() -> None:
    scene = Scene("repeated", enrol=("alice", "bob"))
    sold, no = scene.purchase(), scene.purchase(amount=0)
    repeat = sold.copy()
    repeat.mti = "0201"
    scene.ask("a yes, a no", sold, no)
    scene.wait(9)
    scene.ask("both again", repeat, no)
    for name, value in (
        ("de2", PANS["bob"]),
        ("de3", "009000"),
        ("de4", "000000001251"),
        ("de37", "607399999999"),
        ("de41", "T0000009"),
        ("de42", "000010344000009"),
        ("de49", number("USD")),
        ("de22", None),
    ):
        scene.wait()
        scene.ask(f"with another {name}", sold.copy(**{name: value}))
    scene.stranger("nobody vouches for it", sold)
    scene.ask("cut off", scene.bank.sealed(sold)[:150])
    burnt = scene.purchase("bob", 31)
    scene.stranger("nobody vouches for the first", burnt)
    scene.wait()
    scene.ask("it stays refused", burnt)
    scene.ask("whatever it is now", burnt.copy(de4="000000000001"))
    short = scene.purchase("bob", 32)
    scene.ask("one that lacks a field", short.copy(de41=None))
    scene.ask("it is whole now", short)
    scene.end(stories=True)


def test_reversals_of_what_was_sold_and_refused() -> None:
    scene = Scene("reversed", enrol=("alice", "bob"))
    sold, other, no, both = scene.purchase(), scene.elsewhere(), scene.purchase(amount=0), scene.purchase(amount=8)
    scene.ask("two sales and a no", sold, other, no)
    scene.wait(30)
    back = scene.bank.advice(sold)
    scene.ask("given back", back)
    scene.wait()
    again = back.copy()
    again.mti = "0421"
    scene.ask("the answer was lost", again)
    for name, value in (
        ("de4", "000000001251"),
        ("de41", "T0000009"),
        ("de42", "000010344000009"),
        ("de90", back.de90 and f"0200999999{back.de90[10:]}"),
    ):
        scene.ask(f"its key with another {name}", back.copy(**{name: value}))
    scene.ask("the card of it does not matter then", back.copy(de2=PANS["bob"]))
    scene.ask("a second reversal of it", scene.bank.advice(sold))
    scene.wait()
    bare = {"de2": None, "de3": None, "de37": None, "de39": None, "de49": None}
    scene.ask("as bare as may be, of a repeat", scene.bank.advice(other, **bare, de90=_named(other, "0201")))
    scene.ask("of the no", scene.bank.advice(no, de39="96"))
    scene.ask("sold, asked again and given back in one step", both, both, scene.bank.advice(both))
    scene.ask("the reversed request again", sold, both)
    scene.end(accounts=True, stories=True)


def _named(of: Message, mti: str, acquirer: str | None = None) -> str:
    return f"{mti}{of.de11}{of.de7}{acquirer or of.de32 or '':0>11}{0:011d}"


def test_reversals_that_cannot_be_read_or_vouched_for() -> None:
    scene = Scene("advices", enrol=("alice", "bob"))
    sold = scene.purchase()
    scene.ask("a sale", sold)
    advice = scene.bank.advice(sold)
    for name in ("de4", "de41", "de42", "de90"):
        scene.ask(f"without {name}", advice.copy(**{name: None}))
    for name in ("de7", "de11", "de32"):
        scene.ask(f"without {name}: it has no key", advice.copy(**{name: None}))
    scene.ask("of what is no request", advice.copy(de90=_named(sold, "0300")))
    scene.ask("a card number that is none", advice.copy(de2="123"))
    scene.stranger("nobody vouches for it", advice)
    scene.stranger("nor for one that cannot be read", advice.copy(de4=None))
    scene.ask("cut off", scene.bank.sealed(advice)[:120])
    scene.wait(4)
    scene.ask("and now it is right", advice)
    scene.end()


def test_a_reversal_that_comes_before_its_request() -> None:
    scene = Scene("tombstones", enrol=("alice", "bob"))
    one, two, three = scene.purchase(), scene.elsewhere(), scene.purchase(amount=9)
    scene.ask("two orphans", scene.bank.advice(one), scene.bank.advice(two, de2=None, de49="000"))
    scene.ask("an orphan with a card number that nobody has", scene.bank.advice(three, de2=PANS["unknown"], de49=None))
    scene.wait(5)
    scene.ask("an orphan again", scene.bank.advice(one))
    scene.ask("another sale under the key", one.copy(de4="000000000001"))
    scene.ask("another card under the key", one.copy(de2=PANS["bob"], de35=track("bob")))
    scene.wait()
    scene.ask("the sales themselves", one, two)
    scene.wait()
    scene.ask("again", one, two)
    scene.ask("and reversed again", scene.bank.advice(one))
    scene.ask("of another place", scene.bank.advice(one, de42="000010344000009"))
    scene.ask("a reversal that says what the first left out", scene.bank.advice(two))
    scene.ask("in one step", scene.bank.advice(four := scene.purchase(amount=11)), four)
    scene.stranger("a burnt key", five := scene.purchase("bob", 12))
    scene.ask("is reversed by anything", scene.bank.advice(five, de4="000000000013"))
    scene.end(stories=True)


def test_a_reversal_that_differs_is_for_a_person_until_one_fits() -> None:
    scene = Scene("differs", enrol=("alice", "bob"))
    sold, other = scene.purchase(), scene.elsewhere()
    scene.ask("two sales", sold, other)
    for changes in (
        {"de2": PANS["bob"]},
        {"de3": "200000"},
        {"de4": "000000001249"},
        {"de38": "000000"},
        {"de41": "T0000009", "de42": "000010344000009"},
        {"de49": number("USD")},
        {"de49": "998"},
    ):
        scene.wait()
        scene.ask(f"another {', '.join(changes)}", scene.bank.advice(sold, **changes))
    scene.ask("of the other", scene.bank.advice(other, de4="000000000991"))
    scene.command("status")
    scene.wait()
    ((code,),) = scene.bank.rows("txn WHERE amount = 1250", "auth_code")
    scene.ask("and one fits", scene.bank.advice(sold, de38=code))
    scene.wait()
    third = scene.purchase(amount=13)
    wrong, right = scene.bank.advice(third, de4="0" * 12), scene.bank.advice(third)
    scene.ask("one that differs, twice, and one that fits in one step", third, wrong, wrong, right)
    store = scene.bank.store
    for case in (*stubs.cases(store, 1), *stubs.ended_cases(store, NOON + 9_000_000, 2)):
        scene.note("case", case, stubs.case_stub(case))
    scene.end(stories=True)


@pytest.mark.parametrize(("size", "enrolled"), [(12, 0), (13, 1), (19, 1)])
def test_a_card_number_has_at_least_thirteen_digits(size: int, enrolled: int) -> None:
    partial = f"62999910{1:0{size - 9}d}"
    reply = Bank(enrol=()).command("enrol", cards=[{"pan": partial + luhn_digit(partial), "expiry": "3001"}])
    assert reply.get("enrolled", 0) == enrolled


def test_an_issuer_starts_on_a_store_of_its_own_with_all_its_keys() -> None:
    bank, other = Bank(), open_store(":memory:", migrations_of("counterfoil.issuer"))
    hsm = SoftHsm(bank.lmk, entropy("hsm"))
    with pytest.raises(StoreError, match=r"^:memory: holds no keys: the issuer was never set up$"):
        Issuer(Records(other), hsm, bank.settings, entropy("issuer"))
    assert (Records(other).name(), Records(other).keys()) == ("", None)
    with pytest.raises(StoreError, match=r"^:memory: is the store of issuer-a, not of issuer-b$"):
        Issuer(Records(bank.store), hsm, Settings(name="issuer-b"), entropy("issuer"))
    assert Issuer(Records(bank.store), hsm, bank.settings, entropy("issuer")).name == "issuer-a"
    complete(bank.store, "cvk", lambda: hsm.import_clear(*CLEAR["pvk"]))
    complete(other, "cvk", lambda: hsm.import_clear(*CLEAR["cvk"]))
    assert Records(other).keys() is None
    keys = Records(bank.store).keys()
    with bank.store.transaction():
        bank.store.execute("DELETE FROM station_key WHERE name = 'cvk'")
        bank.store.commit()
    with pytest.raises(StoreError, match=r"^:memory: does not hold the keys an issuer needs$"):
        Issuer(Records(bank.store), hsm, bank.settings, entropy("issuer"))
    assert keys is not None
    complete(bank.store, "cvk", lambda: keys.cvk)
    assert Records(bank.store).keys() == keys


def test_a_request_is_asked_for_by_what_the_switch_sent() -> None:
    bank = Bank()
    sold = bank.purchase()
    bank.ask(sold)
    sent: dict[str, Any] = {
        "ref": "T0000001/000001/000001", "rrn": sold.de37, "terminal": "T0000001", "merchant": "M1", "amount": 1250,
        "currency": "CNY", "last4": "0015", "state": "approved", "forwarded": True, "started_at": NOON,
        "updated_at": NOON, "acquirer": sold.de32, "stan": sold.de11,
    }  # fmt: skip
    stub = SwitchStub(**sent, transmitted=sold.de7 or "")
    found = stubs.asked(bank.store, stub)
    assert found == stubs.stub(bank.store, bank.key(sold))
    assert found is not None
    assert [one.what for one in found.history] == ["0200 received", "0210 answered"]
    briefly = stubs.asked(bank.store, stub, history=False)
    assert briefly is not None
    assert briefly.history == ()
    assert stubs.asked(bank.store, SwitchStub(**sent)) is None
